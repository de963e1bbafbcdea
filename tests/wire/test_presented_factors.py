"""What an app presents in another dialect is no secret of the Multi API, and opens nothing here."""

from dataclasses import replace

import pytest

from assent.domain.attempts import Attempts
from assent.domain.factor import Factor, FactorState
from assent.domain.kind import PresentedKind
from assent.domain.session import Caller
from assent.kernel.secret import Secret
from assent.ports.changes import Add, AddOnce
from assent.usecases.count_attempt import warning
from tests.support.client import Server
from tests.support.processes import Sandbox
from tests.support.sandboxes import opened
from tests.support.weavr import PASSWORD, Person, log_in, new_person, set_password

FINGERPRINT = "6f1d2c3b-9a48-4d57-8e0c-2b7a51e4f390"


async def present(box: Sandbox, server: Server, person: Person, kind_name: str, text: str) -> None:
    """Enrols a factor that the Multi API cannot."""
    async with opened(box) as base:
        kind = base.world.kinds[kind_name]
        assert isinstance(kind, PresentedKind)
        now = base.world.clock.now()
        factor = Factor(
            id=base.world.ids.next(),
            programme_id=int(server.credentials["programme"]["id"]),
            subject_id=int(person.user_id),
            kind=kind_name,
            state=FactorState.ACTIVE,
            details=kind.enrol(Secret(text), now).details,
            created_at=now,
        )
        assert (await base.stores.commit(Add(factor))).failed is None


async def test_whoever_has_a_pin_may_set_a_first_password(box: Sandbox, server: Server):
    person = new_person(server, password="")
    await present(box, server, person, "pin", "1234")
    assert set_password(server, person.user_id, PASSWORD).status == 200


async def test_a_pin_is_no_reason_to_keep_anybody_from_a_first_password(
    box: Sandbox, server: Server
):
    """Somebody else has guessed at a password that does not exist yet."""
    person = new_person(server, password="")
    await present(box, server, person, "pin", "1234")
    for _ in range(5):
        assert log_in(server, person.email, "Wrong-word1").status == 403
    assert log_in(server, person.email, PASSWORD).status == 423
    assert set_password(server, person.user_id, PASSWORD).status == 200


async def test_nobody_logs_in_with_a_pin(box: Sandbox, server: Server):
    server.settings(credentials=["password", "passcode"])
    person = new_person(server, password="")
    await present(box, server, person, "pin", "1234")
    assert log_in(server, person.email, "1234").status == 403


async def test_whoever_has_a_device_needs_step_up_for_a_first_password(
    box: Sandbox, server: Server
):
    """RTS Article 24(2)(b): more than knowledge was proved, so the onboarding is over."""
    person = new_person(server, password="")
    await present(box, server, person, "device_fingerprint", FINGERPRINT)
    assert set_password(server, person.user_id, PASSWORD).status == 403


async def test_the_list_of_factors_shows_its_own_kinds(box: Sandbox, server: Server):
    person = new_person(server)
    before = person.factors().json
    for kind, text in (("pin", "1234"), ("device_fingerprint", FINGERPRINT)):
        await present(box, server, person, kind, text)
    assert person.factors().json == before


@pytest.mark.parametrize(
    ("proof", "word"),
    [
        ("otp", "one-time code"),
        ("pin", "PIN"),
        ("face_map", "face map"),
        ("device_fingerprint", "device"),
    ],
)
async def test_the_warning_before_a_lasting_block_says_what_was_wrong(
    box: Sandbox, server: Server, proof: str, word: str
):
    person = new_person(server)
    programme_id = int(server.credentials["programme"]["id"])
    async with opened(box) as base:
        programmes = {one.id: one for one in await base.stores.programmes()}
        subject = await base.stores.subject(programme_id, int(person.user_id))
        assert subject is not None
        caller = Caller(programme=replace(programmes[programme_id], name="Demo Bank"))
        added, recorded = warning(base.world, caller, subject, proof, Attempts(5, 2, 1))
    assert isinstance(added, AddOnce)
    assert isinstance(recorded, Add)
    assert f"entered a wrong {word} for your Demo Bank account" in added.row.content.body
