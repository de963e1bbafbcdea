"""The kind `authy`: whose phone it asks, and what its answers prove."""

from dataclasses import replace

import pytest

from assent.catalogue.kinds import Means, kinds
from assent.catalogue.rooms import CodeSettings, HashCosts
from assent.catalogue.store import FileVault
from assent.domain.attempts import AttemptLimits
from assent.domain.contact import Mobile
from assent.domain.deed import Deed
from assent.domain.element import Element
from assent.domain.kind import Kind, PresentedKind, SigningKind, Verdict
from assent.domain.subject import Subject
from assent.factors.authy.kind import Authy
from assent.kernel.randomness import SystemRandomness
from assent.kernel.refusals import Code, Refusal
from assent.testing.frozen import NOON, ScriptedRandomness
from tests.conftest import ROOTS

KIND: Kind = Authy()
ADA = Subject(
    id=2,
    programme_id=1,
    email="ada@example.com",
    mobile=Mobile("+356", "79000001"),
    details={},
    mobile_verified=True,
    created_at=NOON,
)


def test_possession_and_nothing_else():
    assert not isinstance(KIND, SigningKind | PresentedKind)
    assert KIND.elements == {Element.POSSESSION}


def test_it_goes_to_the_verified_phone():
    assert KIND.ready(ADA, ()) == {"mobile": "+35679000001"}
    assert KIND.ready(ADA, ("MT",)) == {"mobile": "+35679000001"}


@pytest.mark.parametrize(
    ("person", "countries", "code"),
    [
        (replace(ADA, mobile=None), (), Code.MOBILE_MISSING),
        (replace(ADA, mobile=Mobile("+356", "1")), (), Code.MOBILE_UNREACHABLE),
        (ADA, ("DE",), Code.MOBILE_COUNTRY_CLOSED),
        (replace(ADA, mobile_verified=False), (), Code.MOBILE_NOT_VERIFIED),
    ],
)
def test_who_cannot_be_asked(person: Subject, countries: tuple[str, ...], code: Code):
    with pytest.raises(Refusal) as refused:
        KIND.ready(person, countries)
    assert refused.value.code is code


def test_it_takes_no_code_and_sends_none():
    for answer in ("", "123456", "approve", "\ud800"):
        judged = KIND.check({"mobile": "+35679000001"}, 7, b"", answer, NOON)
        assert (judged.verdict, judged.elements) == (Verdict.WRONG, frozenset())
    with pytest.raises(Refusal) as refused:
        KIND.begin({}, NOON, ScriptedRandomness(), Deed("pay"))
    assert refused.value.code is Code.KIND_SWITCHED_OFF


def test_it_is_there_only_where_somebody_carries_it():
    vault = FileVault(ROOTS, SystemRandomness())
    means = Means(HashCosts(), CodeSettings(), AttemptLimits(), vault)
    assert "authy" not in kinds(means)
    assert "authy" in kinds(replace(means, authy=True))
