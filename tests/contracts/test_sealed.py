"""Nothing that names a person or opens a door can be read in the database."""

from dataclasses import replace

import pytest

from assent.adapters.sql.statement import Statement
from assent.domain.contact import Mobile
from assent.domain.message import Channel
from assent.domain.payment import Payee
from assent.domain.programme import KeyRole
from assent.ports.changes import Add, AddOnce, ChangeFactor, ChangeIdentity, ChangeSubject
from assent.ports.upkeep import HoldCall, KeepAnswer
from tests.conftest import Database, rows_of
from tests.contracts.rows import Scene, applied

CANARIES = {
    "e-mail": "canary.ada@canary-mail.example",
    "second e-mail": "canary.bee@canary-mail.example",
    "mobile": "79123456",
    "second mobile": "79654321",
    "name": "Canaryname",
    "identity": "Canarytax 4711",
    "factor": "canary-factor-detail",
    "second factor": "canary-changed-detail",
    "code": "739184",
    "payee": "Canarypayee",
    "account": "GB00CANARY",
    "body": "canary body of a message",
    "password": "canary correct horse battery",
    "token": "canary-capture-token",
    "API key": "canary-api-key-text",
    "client secret": "canary-client:canary-client-secret",
    "what is approved": "canary: pay to Canarybee",
    "parameter": "canary-parameter",
    "answer": "canary-bearer-in-an-answer",
    "signing key": "canary-private-key",
    "capture key": "canary-envelope-key",
    "JOSE key": "canary-jose-key",
    "notice": "canary notice",
}


async def planted(person: Scene) -> None:
    """Every canary through every door that takes it."""
    make, c, programme = person.make, CANARIES, person.programme.id
    subject = make.subject(
        programme,
        email=c["e-mail"],
        mobile=Mobile("+356", c["mobile"]),
        details={"name": c["name"]},
    )
    identity = make.identity(programme, details={"tax": c["identity"]})
    factor = make.factor(subject, details={"x": c["factor"], "mobile": f"+356{c['mobile']}"})
    content = make.outgoing(address=f"+356{c['mobile']}", body=c["body"], code=c["code"])
    notice = make.outgoing(channel=Channel.EMAIL, address=c["e-mail"], body=c["notice"], code=None)
    await applied(
        person.stores,
        Add(subject),
        Add(identity),
        Add(factor),
        Add(make.message(subject, content=content)),
        AddOnce(make.message(subject, content=notice)),
        Add(make.delivery(programme, content=content)),
        Add(make.capture(programme, token=c["token"], value=c["password"])),
        Add(make.key(programme, text=c["API key"])),
        Add(make.key(programme, role=KeyRole.CLIENT, text=c["client secret"])),
        Add(make.asked(subject, text=c["what is approved"], parameters={"to": c["parameter"]})),
        Add(make.payment(identity, payee=Payee(c["payee"], c["account"]))),
        Add(make.signing_key(private=c["signing key"].encode())),
        Add(make.capture_key(private=c["capture key"].encode())),
        Add(make.jose_key(private=c["JOSE key"].encode())),
        HoldCall(b"k", b"f", 1, person.now + 1, person.now + 2, person.now),
    )
    changed = replace(subject, email=c["second e-mail"], mobile=Mobile("+356", c["second mobile"]))
    await applied(
        person.stores,
        ChangeSubject(changed),
        ChangeIdentity(replace(identity, details={"again": c["identity"]})),
        ChangeFactor(replace(factor, details={"x": c["second factor"]})),
        KeepAnswer(b"k", 1, c["answer"].encode()),
    )


def seen(held: bytes) -> list[str]:
    folded = held.lower()
    return [name for name, text in CANARIES.items() if text.lower().encode() in folded]


async def test_no_canary_is_in_any_table(database: Database, person: Scene):
    await planted(person)
    tables = await rows_of(person.stores, database.kind)
    values = [value for rows in tables.values() for row in rows for value in row]
    held = b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)
    assert person.programme.name.encode() in held, "this test looks in the wrong place"
    assert seen(held) == []


async def test_no_canary_is_in_the_file_or_its_log(database: Database, person: Scene):
    """What was deleted or changed stays in a file's free pages: it must have been sealed too."""
    await planted(person)
    files = list(database.path.parent.iterdir()) if database.kind == "sqlite" else []
    held = b"".join(path.read_bytes() for path in files)
    assert (person.programme.name.encode() in held) == (database.kind == "sqlite")
    assert seen(held) == []


async def test_a_sealed_value_does_not_open_in_another_row(database: Database, person: Scene):
    """Whoever can write to the table swaps two people's contents: neither opens."""
    other = person.make.factor(person.subject, slot=1)
    await person.add(other)
    engine = person.stores._engine
    swap = (
        "UPDATE factors SET sealed = (SELECT o.sealed FROM factors o WHERE o.slot = 1) "
        "WHERE slot = 0 RETURNING id"
    )
    await engine.apply([(Statement(swap), {})])
    with pytest.raises(ValueError, match="not what was sealed"):
        await person.stores.factor(person.subject.id, person.factor.kind)


async def test_nor_does_what_is_approved(database: Database, person: Scene):
    """Or the page would show one payment, and another would be made."""
    mine, other = person.make.asked(person.subject), person.make.asked(person.subject, text="else")
    await person.add(mine, other)
    swap = (
        f"UPDATE approvals SET sealed = (SELECT o.sealed FROM approvals o WHERE o.id = {other.id}) "
        f"WHERE id = {mine.id} RETURNING id"
    )
    await person.stores._engine.apply([(Statement(swap), {})])
    with pytest.raises(ValueError, match="not what was sealed"):
        await person.stores.approval(mine.lookup or b"")


async def test_two_programmes_tables_cannot_be_laid_side_by_side(database: Database, person: Scene):
    programme = person.make.programme()
    await person.add(programme, person.make.subject(programme.id, email=person.subject.email))
    rows = (await rows_of(person.stores, database.kind))["subjects"]
    lookups = {row[2] for row in rows}
    assert len(rows) == len(lookups) == 2
