"""From the settings to the matcher: a kind that is there or not, and keys that it learns of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from assent import foundation, wiring
from assent.domain.jose import RSA_OAEP_256, KeyScope
from assent.domain.kind import PresentedKind, Verdict
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add
from assent.ports.records import JoseKey
from assent.settings import load
from tests.adapters.test_face_vector import ADA, OURS, envelope, floats
from tests.factors.test_face_map import text
from tests.support.processes import Installation, installation


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("faces")
    return installation(folder, f"sqlite:///{folder / 'assent.sqlite3'}")


@asynccontextmanager
async def opened(place: Installation, **settings: str) -> AsyncIterator[foundation.Foundation]:
    base = await foundation.found(load(None, {**place.settings, **settings}))
    try:
        yield base
    finally:
        await base.close()


def face_map(base: foundation.Foundation) -> PresentedKind:
    kind = base.world.kind("face_map")
    assert isinstance(kind, PresentedKind)
    return kind


async def test_without_a_matcher_there_are_no_face_maps(place: Installation):
    async with opened(place) as base:
        with pytest.raises(Refusal) as refused:
            base.world.kind("face_map")
    assert refused.value.code is Code.KIND_SWITCHED_OFF


async def test_a_sandbox_s_faces_are_any_octets(place: Installation):
    shared = {"ASSENT_SERVER_ENVIRONMENT": "sandbox", "ASSENT_FACES_MATCHER": "bytes"}
    async with opened(place, **shared) as base:
        kind = face_map(base)
        details = kind.enrol(Secret(text(b"ada")), 0).details
        assert kind.check(details, 0, b"", text(b"ada"), 0).verdict is Verdict.RIGHT
        assert kind.check(details, 0, b"", text(b"bob"), 0).verdict is Verdict.WRONG


async def test_vectors_open_with_the_keys_in_the_store_until_they_are_retired(place: Installation):
    async with opened(place, ASSENT_FACES_MATCHER="vector") as base:
        kind, presented = face_map(base), text(envelope(floats(ADA)))
        await wiring.read_face_keys(base)
        with pytest.raises(Refusal) as refused:
            kind.enrol(Secret(presented), 0)
        assert refused.value.code is Code.FACTOR_UNFIT
        for kid, scope, retired_at, opens in (
            ("a", KeyScope.PAYLOAD_ENCRYPTION, None, False),
            ("b", KeyScope.FACE_MAP, 1, False),
            ("c", KeyScope.FACE_MAP, None, True),
        ):
            key = JoseKey(
                kid=kid,
                version=1,
                scope=scope,
                algorithm=RSA_OAEP_256,
                private=OURS,
                created_at=0,
                retired_at=retired_at,
            )
            await base.stores.commit(Add(key))
            await wiring.read_face_keys(base)
            details = {"template": text(floats(ADA))}
            checked = kind.check(details, 0, b"", presented, 0)
            assert (checked.verdict is Verdict.RIGHT) is opens, kid
