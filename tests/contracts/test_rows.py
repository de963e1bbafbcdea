"""What is put in comes out the same, and what is not there is not found."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from assent.domain.approval import ApprovalState
from assent.domain.challenge import ChallengeState, Purpose
from assent.domain.element import Element
from assent.domain.factor import FactorLine, FactorState
from assent.domain.jose import KeyScope
from assent.domain.message import Channel
from assent.domain.programme import CodeMode, KeyRole, ProgrammeSettings
from assent.domain.session import Scope, SessionLimits
from assent.domain.subject import Acting, Diligence, IdentityType, Membership, Role
from assent.kernel.clock import MINUTE, SystemClock
from assent.ports.admission import Admit, EndSessionsFor
from assent.ports.asking import DecideChallenge, WithdrawFactorChallenges
from assent.ports.changes import (
    Add,
    ChangeFactor,
    ChangeIdentity,
    ChangeProgramme,
    ChangeSubject,
    EndSession,
    GrantApproval,
    RetireKeys,
    SpendTry,
    StepUpSession,
)
from assent.ports.records import Asked, Credentials, DataKey
from assent.ports.upkeep import RetireSigningKeys, SetState, SpendCapture
from tests.conftest import Database, rows_of
from tests.contracts.rows import KIND, UNICODE, Scene, applied, scene, there

TEXT = UNICODE.replace("\0", "")
"""Unsealed columns are text, and PostgreSQL's text takes no NUL."""


async def test_a_programme_with_every_setting(person: Scene):
    settings = ProgrammeSettings(
        codes=CodeMode.FIXED,
        origins=("https://a.example", "https://b.example"),
        channels=(),
        countries=("MT", "GB"),
        webhook_url="https://hooks.example/é",
        plaintext_passwords=True,
        password_profile="vendor",
        password_days=90,
        multi_identity=True,
    )
    other = person.make.programme(
        name=TEXT, settings=settings, created_at=person.programme.created_at - 1
    )
    await person.add(other)
    assert await person.stores.programmes() == [other, person.programme]
    assert await person.stores.known_programmes() == [other, person.programme]
    changed = replace(other, name="Renamed", settings=ProgrammeSettings())
    await applied(person.stores, ChangeProgramme(changed))
    assert await person.stores.programmes() == [changed, person.programme]
    assert await person.stores.known_programmes() == [changed, person.programme]
    assert await person.stores.programme(changed.id) == changed
    assert await person.stores.programme(1) is None


async def test_keys_open_their_programme_until_they_are_retired(person: Scene):
    api, stores = person.make.key(person.programme.id), person.stores
    ui = person.make.key(person.programme.id, role=KeyRole.UI, text=TEXT)
    await person.add(api, ui)
    assert await stores.keys_of(person.programme.id) == [api, ui]
    assert await stores.programme_by_key(KeyRole.API, api.text) == person.programme
    assert await stores.programme_by_key(KeyRole.UI, TEXT) == person.programme
    assert await stores.programme_by_key(KeyRole.UI, api.text) is None
    assert await stores.programme_by_key(KeyRole.API, "unknown") is None
    await applied(stores, RetireKeys(person.programme.id, KeyRole.API, person.now))
    person.make.clock.advance(1_000)
    assert await stores.programme_by_key(KeyRole.API, api.text) is None
    assert await stores.programme_by_key(KeyRole.UI, TEXT) == person.programme
    assert await stores.keys_of(person.programme.id) == [ui]


async def test_an_unknown_key_is_found_as_soon_as_it_is_made(person: Scene):
    key = person.make.key(person.programme.id)
    assert await person.stores.programme_by_key(KeyRole.API, key.text) is None
    await person.add(key)
    assert await person.stores.programme_by_key(KeyRole.API, key.text) == person.programme


async def test_a_subject_with_and_without_what_may_be_missing(person: Scene):
    bare = person.make.subject(person.programme.id, mobile=None, details={}, active=False)
    full = person.make.subject(
        person.programme.id,
        email="Ünï@bücher.example",
        email_verified=True,
        mobile_verified=True,
        version=9,
    )
    await person.add(bare, full)
    for subject in (bare, full, person.subject):
        assert await person.stores.subject(person.programme.id, subject.id) == subject
        assert await person.stores.subject_by_email(person.programme.id, subject.email) == subject


@pytest.mark.parametrize(
    "written",
    ["STRASSE@x.example", "straße@x.example", "\uff53trasse@X.EXAMPLE", " strasse@x.example"],
)
async def test_an_address_is_one_address_however_it_is_written(person: Scene, written: str):
    subject = person.make.subject(person.programme.id, email="Straße@x.example")
    await person.add(subject)
    assert await person.stores.subject_by_email(person.programme.id, written) == subject
    taken = Add(person.make.subject(person.programme.id, email=written))
    assert (await person.stores.commit(taken)).failed is taken


async def test_the_same_address_in_another_programme_is_another_person(person: Scene):
    programme = person.make.programme()
    subject = person.make.subject(programme.id, email=person.subject.email)
    await person.add(programme, subject)
    assert await person.stores.subject_by_email(programme.id, subject.email) == subject
    assert (
        await person.stores.subject_by_email(person.programme.id, subject.email) == person.subject
    )


async def test_what_belongs_to_another_programme_is_as_if_it_were_not(person: Scene):
    other = person.make.programme()
    await person.add(other, person.make.capture(person.programme.id, token="mine"))
    stores, subject, now = person.stores, person.subject, person.now
    await person.add(person.make.fact(person.programme.id, subject_id=subject.id))
    await applied(stores, person.attempt())
    assert await stores.subject(other.id, subject.id) is None
    assert await stores.subject_by_email(other.id, subject.email) is None
    assert await stores.root_of(other.id, person.identity.id) is None
    assert await stores.credentials(other.id, subject.email, KIND) is None
    assert await stores.asked_by_id(other.id, subject.id, person.challenge.id) is None
    assert await stores.open_challenges(other.id, subject.id, now) == []
    assert await stores.capture(other.id, "mine") is None
    assert await stores.facts(other.id, subject.id) == []
    assert await stores.keys_of(other.id) == []
    assert (await stores.attempts(other.id, person.challenge.holder, "otp")).failures == 0


async def test_a_changed_subject_keeps_what_may_not_change(person: Scene):
    changed = replace(
        person.subject,
        email="new@example.com",
        mobile=None,
        details={"name": "Eve"},
        email_verified=True,
        mobile_verified=True,
        active=False,
    )
    await applied(person.stores, ChangeSubject(replace(changed, created_at=1)))
    after = replace(changed, version=person.subject.version + 1)
    stores = person.stores
    assert await stores.subject(person.programme.id, person.subject.id) == after
    assert await stores.subject_by_email(person.programme.id, "new@example.com") == after
    assert await stores.subject_by_email(person.programme.id, person.subject.email) is None


async def test_a_subject_may_keep_its_own_address(person: Scene):
    await applied(person.stores, ChangeSubject(replace(person.subject, active=False)))


async def test_who_acts_for_whom(person: Scene):
    stores, root = person.stores, Role.ROOT
    later = person.make.identity(
        person.programme.id,
        type=IdentityType.CORPORATE,
        diligence=Diligence.APPROVED,
        created_at=person.now + 1,
    )
    user = person.make.subject(person.programme.id)
    await person.add(
        later,
        user,
        Membership(subject_id=person.subject.id, identity_id=later.id, role=root),
        Membership(subject_id=user.id, identity_id=later.id, role=Role.USER),
    )
    first = Acting(person.subject, person.identity, root)
    second = Acting(person.subject, later, root)
    assert await stores.actings_of(person.subject.id) == [first, second]
    assert await stores.acting(person.subject.id, later.id) == second
    assert await stores.acting(user.id, later.id) == Acting(user, later, Role.USER)
    assert await stores.acting(user.id, person.identity.id) is None
    assert await stores.root_of(person.programme.id, later.id) == second
    assert await stores.root_of(person.programme.id, 1) is None
    await applied(
        stores,
        ChangeIdentity(
            replace(later, details={"a": [None, 1]}, diligence=Diligence.PENDING_REVIEW)
        ),
    )
    changed = replace(
        later, details={"a": [None, 1]}, diligence=Diligence.PENDING_REVIEW, version=2
    )
    assert await stores.acting(user.id, later.id) == Acting(user, changed, Role.USER)


async def test_who_acts_for_nobody_now(person: Scene):
    """Their sessions for that identity are dead, whenever they were opened; others are not."""
    stores, make, subject, identity = person.stores, person.make, person.subject, person.identity
    other = make.identity(person.programme.id, created_at=person.now + 1)
    user = make.subject(person.programme.id)
    theirs = make.session(subject, identity_id=other.id)
    await person.add(
        other,
        user,
        Membership(subject_id=subject.id, identity_id=other.id, role=Role.USER),
        Membership(subject_id=user.id, identity_id=other.id, role=Role.USER, active=False),
        theirs,
    )
    limits = SessionLimits()
    ended = Admit(subject.id, other.id, False)
    await applied(stores, ended)
    assert (await stores.commit(ended)).failed is ended
    late = make.session(subject, identity_id=other.id)
    await person.add(late)
    for session in (theirs, late):
        assert await stores.session(session.id) is None
        assert await stores.touch(session.id, person.now, limits) is None
    assert await stores.touch(person.session.id, person.now, limits) is not None
    kept, gone = Acting(subject, identity, Role.ROOT), Acting(subject, other, Role.USER, False)
    assert await stores.actings_of(subject.id) == [kept]
    assert await stores.actings_of(subject.id, inactive=True) == [kept, gone]
    assert await stores.acting(subject.id, other.id) is None
    assert await stores.acting(subject.id, other.id, inactive=True) == gone
    assert await stores.count_members(other.id, active=False) == 2
    assert await stores.members_of(other.id, 0, 9, active=True) == []
    await applied(stores, EndSessionsFor(subject.id, other.id, "over", person.now))
    await applied(stores, Admit(subject.id, other.id, True))
    assert await stores.acting(subject.id, other.id) == replace(gone, admitted=True)
    assert await stores.count_members(other.id, active=True) == 1
    assert await stores.session(theirs.id) is None
    assert await stores.session(person.session.id) is not None


async def test_a_factor_through_its_life(person: Scene):
    stores, factor = person.stores, person.factor
    assert await stores.factor(person.subject.id, KIND) == factor
    assert await stores.factor(person.subject.id, "other") is None
    await applied(
        stores,
        ChangeFactor(
            replace(factor, state=FactorState.SUSPENDED, details={"é": None}, counter=2**53 - 1)
        ),
    )
    suspended = await stores.factor(person.subject.id, KIND)
    assert suspended == replace(
        factor, state=FactorState.SUSPENDED, details={"é": None}, counter=2**53 - 1, version=2
    )
    await applied(stores, ChangeFactor(replace(suspended, state=FactorState.REMOVED, slot=None)))
    assert await stores.factor(person.subject.id, KIND) is None
    again = person.make.factor(person.subject, created_at=person.now + 1)
    await person.add(again)
    assert await stores.factor(person.subject.id, KIND) == again
    assert await stores.factor_lines(person.subject.id) == [
        FactorLine(KIND, FactorState.REMOVED),
        FactorLine(KIND, FactorState.ACTIVE),
    ]


async def test_removed_factors_of_a_kind_may_be_many(person: Scene):
    gone = [
        person.make.factor(person.subject, state=FactorState.REMOVED, slot=None) for _ in range(3)
    ]
    await person.add(*gone)
    assert await person.stores.factor(person.subject.id, KIND) == person.factor


@pytest.mark.parametrize("state", FactorState)
async def test_only_an_active_factor_is_a_credential(person: Scene, state: FactorState):
    factor = person.make.factor(person.subject, kind="password", state=state)
    await person.add(factor)
    expected = factor if state is FactorState.ACTIVE else None
    found = await person.stores.credentials(
        person.programme.id, person.subject.email.title(), "password"
    )
    assert found == Credentials(person.subject, expected)
    assert await person.stores.credentials(person.programme.id, "no@x.example", "password") is None


async def test_a_challenge_with_its_factor_and_its_count(person: Scene):
    stores, make = person.stores, person.make
    older = make.challenge(person.session, person.factor, created_at=person.now - 1)
    other = make.challenge(person.session, person.factor, purpose=Purpose.ENROL, expected=b"")
    await person.add(older, other)
    await applied(stores, person.attempt(), SpendTry(person.challenge.id, 3, person.now))
    now = replace(person.challenge, tries=1)
    attempts = await stores.attempts(person.programme.id, person.challenge.holder, "otp")
    assert attempts.failures == 1
    asked = Asked(now, person.factor, attempts)
    ids = (person.programme.id, person.subject.id)
    assert await stores.asked(person.session.approval_id, Purpose.STEP_UP, "otp") == asked
    assert await stores.asked_by_id(*ids, person.challenge.id) == asked
    assert await stores.asked_by_id(ids[0], 1, person.challenge.id) is None
    assert await stores.asked(person.session.approval_id, Purpose.ENROL, "otp") == Asked(
        other, person.factor, attempts
    )
    assert await stores.asked(1, Purpose.ENROL, "otp") is None
    assert await stores.open_challenges(*ids, person.now) == [other, now, older]
    assert await stores.open_challenges(*ids, older.expires_at) == []
    await applied(stores, DecideChallenge(now.id, ChallengeState.EXPIRED, person.now))
    assert await stores.open_challenges(*ids, person.now) == [other, older]
    assert there(
        await stores.asked(person.session.approval_id, Purpose.STEP_UP, "otp")
    ).challenge == replace(now, state=ChallengeState.EXPIRED)
    await applied(stores, WithdrawFactorChallenges(person.factor.id, person.now))
    assert await stores.open_challenges(*ids, person.now) == []


async def test_an_approval_is_granted_and_granted_again(database: Database, person: Scene):
    approval = person.make.approval(person.subject)
    await person.add(approval)
    both = frozenset({Element.KNOWLEDGE, Element.POSSESSION})
    await applied(person.stores, GrantApproval(approval.id, both, person.now))
    await applied(person.stores, GrantApproval(approval.id, both, person.now + 1))
    rows = (await rows_of(person.stores, database.kind))["approvals"]
    row = next(row for row in rows if row[0] == approval.id)
    assert row[5:9] == (ApprovalState.GRANTED, "knowledge possession", person.now, person.now + 1)


async def test_a_session_as_it_is(person: Scene):
    session = person.make.session(
        person.subject, scope=Scope.CHANGE_PASSWORD, elements=frozenset(Element), stepped_up_at=5
    )
    none = person.make.session(person.subject, elements=frozenset())
    await person.add(session, none)
    for held in (session, none, person.session):
        assert await person.stores.session(held.id) == held
    await applied(person.stores, StepUpSession(none.id, person.now))
    assert await person.stores.session(none.id) == replace(none, stepped_up_at=person.now)
    await applied(person.stores, EndSession(session.id, "log-out", person.now))
    assert await person.stores.session(session.id) is None
    assert await person.stores.session(1) is None


async def test_a_capture_is_used_once(person: Scene):
    capture = person.make.capture(person.programme.id)
    await person.add(capture)
    read = person.stores.capture
    assert await read(person.programme.id, capture.token) == capture
    await applied(person.stores, SpendCapture(capture.id, capture.expires_at - 1))
    used = replace(capture, value=None, used_at=capture.expires_at - 1)
    assert await read(person.programme.id, capture.token) == used
    assert await read(person.programme.id, "another") is None


async def test_facts_in_their_order(person: Scene):
    make, programme = person.make, person.programme
    late = make.fact(
        programme.id,
        subject_id=person.subject.id,
        at=person.now + 2,
        address="::1",
        request_ref=TEXT,
        details={"é": TEXT, "": ""},
    )
    early = make.fact(programme.id, at=person.now + 1)
    await person.add(late, early)
    assert await person.stores.facts(programme.id) == [early, late]
    assert await person.stores.facts(programme.id, person.subject.id) == [late]
    assert await person.stores.facts(programme.id, 1) == []


async def test_deliveries_newest_first_and_a_hundred_of_them(person: Scene):
    make, programme = person.make, person.programme
    many = [make.delivery(programme.id, sent_at=person.now + i) for i in range(101)]
    plain = make.outgoing(channel=Channel.EMAIL, address="ada@example.com", code=None)
    letter = make.delivery(programme.id, content=plain)
    await person.add(*many, letter)
    read = person.stores.deliveries
    assert await read(programme.id, "+35679797979") == many[:0:-1]
    assert await read(programme.id, "ada@example.com") == [letter]
    assert await read(programme.id, "+35679797970") == []
    assert await read(1, "+35679797979") == []


async def test_a_phone_has_the_deliveries_of_all_channels(person: Scene):
    make, programme = person.make, person.programme
    channels = (Channel.VOICE, Channel.SMS, Channel.WHATSAPP)
    held = [
        make.delivery(programme.id, sent_at=person.now + i, content=make.outgoing(channel=channel))
        for i, channel in enumerate(channels)
    ]
    await person.add(*held)
    assert await person.stores.deliveries(programme.id, "+35679797979") == held[::-1]


async def test_capture_keys_until_they_expire(person: Scene):
    old = person.make.capture_key(expires_at=person.now + 1)
    new = person.make.capture_key(created_at=person.now + 1)
    await person.add(old, new)
    assert await person.stores.capture_keys(person.now) == [new, old]
    assert await person.stores.capture_keys(person.now + 1) == [new]
    await person.stores.sweep(person.now + 1)
    assert await person.stores.capture_keys(person.now) == [new], "it is gone, not just hidden"


async def test_keys_of_encrypted_calls_newest_first(person: Scene):
    make, stores = person.make, person.stores
    assert await stores.jose_keys() == []
    old = make.jose_key(retired_at=person.now)
    new = make.jose_key(version=2, scope=KeyScope.FACE_MAP, created_at=person.now + 1)
    await person.add(old, new)
    assert await stores.jose_keys() == [new, old]


async def test_a_key_of_encrypted_calls_is_made_once(person: Scene):
    key = person.make.jose_key()
    await person.add(key)
    done = await person.stores.commit(Add(replace(key, private=b"another")))
    assert done.failed is not None
    assert await person.stores.jose_keys() == [key]


async def test_a_client_s_keys_are_its_own(person: Scene):
    make, stores, programme = person.make, person.stores, person.programme.id
    old = make.client_key(programme, TEXT)
    new = make.client_key(programme, TEXT, created_at=person.now + 1)
    others = (
        replace(old, client="other"),
        replace(old, programme_id=programme + 1, algorithm="RSA-OAEP-256"),
    )
    await person.add(old, new, *others)
    assert await stores.client_keys(programme, TEXT, person.now) == [new, old]
    assert await stores.client_keys(programme, "other", person.now) == [others[0]]
    assert await stores.client_keys(programme + 1, TEXT, person.now) == [others[1]]
    assert await stores.client_keys(programme + 1, "other", person.now) == []
    done = await stores.commit(Add(replace(old, material=b"another")))
    assert done.failed is not None, "one name, one key"
    assert await stores.client_keys(programme, TEXT, person.now) == [new, old]


async def test_a_client_s_keys_expire(person: Scene):
    make, stores, programme = person.make, person.stores, person.programme.id
    old = make.client_key(programme, TEXT, valid_till=person.now + 1)
    new = make.client_key(programme, TEXT, created_at=person.now + 1)
    await person.add(old, new)
    assert await stores.client_keys(programme, TEXT, old.valid_till - 1) == [new, old]
    assert await stores.client_keys(programme, TEXT, old.valid_till) == [new]
    done = await stores.commit(Add(replace(old, valid_till=new.valid_till)))
    assert done.failed is not None, "its name stays taken"


async def test_signing_keys_newest_first(person: Scene):
    old, new = person.make.signing_key(), person.make.signing_key(created_at=person.now + 1)
    await person.add(old, new)
    assert await person.stores.signing_keys() == [new, old]
    await applied(person.stores, RetireSigningKeys(new.kid, person.now + 2))
    assert await person.stores.signing_keys() == [new, replace(old, retired_at=person.now + 2)]


async def test_data_keys_and_state(person: Scene):
    stores = person.stores
    first = list(await stores.data_keys())
    more = DataKey(2, bytes(range(60)), person.now)
    await person.add(more)
    assert await stores.data_keys() == [*first, more]
    assert await stores.state("offset") is None
    await applied(stores, SetState("offset", TEXT))
    await applied(stores, SetState("offset", "2"))
    assert await stores.state("offset") == "2"


async def test_the_databases_clock_is_the_machines(person: Scene):
    """Both ask the same machine here; a unit or a zone mistaken would be far more than this."""
    assert abs(await person.stores.database_time() - SystemClock().now()) < MINUTE


async def test_reads_of_one_tick_each_get_their_own_answer(person: Scene):
    """They travel together: each row must find its caller, and nobody a stranger's."""
    stores, make = person.stores, person.make
    people = [await scene(stores, make) for _ in range(5)]
    await asyncio.gather(*(applied(stores, one.attempt()) for one in people[:2]))
    found: list[Any] = await asyncio.gather(
        *(stores.session(one.session.id) for one in people),
        stores.session(1),
        *(stores.subject(one.programme.id, one.subject.id) for one in people),
        *(stores.subject(people[0].programme.id, one.subject.id) for one in people),
        *(stores.asked(one.session.approval_id, Purpose.STEP_UP, "otp") for one in people),
        *(stores.factor_lines(one.subject.id) for one in people),
        *(stores.credentials(one.programme.id, one.subject.email, "none") for one in people),
    )
    assert found[:6] == [*(one.session for one in people), None]
    assert found[6:11] == [one.subject for one in people]
    assert found[11:16] == [people[0].subject, None, None, None, None]
    assert [asked.challenge for asked in found[16:21]] == [one.challenge for one in people]
    assert [asked.attempts.failures for asked in found[16:21]] == [1, 1, 0, 0, 0]
    assert found[21:26] == [[FactorLine(KIND, FactorState.ACTIVE)]] * 5
    assert found[26:] == [Credentials(one.subject, None) for one in people]


async def test_lists_of_one_tick_in_their_order_for_each_caller(person: Scene):
    stores, make = person.stores, person.make
    subject = make.subject(person.programme.id)
    await person.add(subject)
    factors = [make.factor(subject, kind=f"k{i}", created_at=person.now - i) for i in range(40)]
    await person.add(*factors)
    lines = [FactorLine(f"k{i}", FactorState.ACTIVE) for i in reversed(range(40))]
    found = await asyncio.gather(*(stores.factor_lines(subject.id) for _ in range(20)))
    assert found == [lines] * 20
