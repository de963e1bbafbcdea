"""What an OTP verify asks of the database, as a script for pgbench.

Not written down here: one verify is carried out by the use cases themselves, and what they hand to
the engine is recorded. The script is those statements in that order, with the recorded parameters;
only the ids differ from one run of it to the next, and it knows nothing of Python, HTTP or crypto.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assent.adapters.sql import postgres
from assent.adapters.sql.engine import Engine, Records
from assent.adapters.sql.statement import Applied, Params, Query, Step, listed, numbered
from assent.adapters.sql.stores import SqlStores
from assent.catalogue.dialects import WEAVR_CODE
from assent.domain.challenge import Purpose
from assent.domain.session import Caller
from assent.usecases.answer_challenge import Right, answer_challenge
from assent.usecases.resume_session import resume_session
from benchmarks import rows
from benchmarks.house import House


@dataclass
class _Recorder:
    """Hands everything on, and remembers it: texts with numbers, and the values for them."""

    engine: Engine
    heard: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    async def read(self, query: Query, params: Params) -> Records:
        text, names = numbered(query.text)
        self.heard.append((text, [params[name] for name in names]))
        return await self.engine.read(query, params)

    async def apply(self, steps: Sequence[Step]) -> Applied:
        whole = listed(tuple(statement for statement, _ in steps))
        self.heard.append((whole.text, whole.arguments(steps)))
        return await self.engine.apply(steps)

    async def touch(self, session_id: int, now: int, idle_seconds: int) -> Any | None:
        second = now // 1_000
        text = postgres._TOUCH.replace("$1::bigint[]", "ARRAY[$1]::bigint[]")
        self.heard.append((text, (session_id, second - idle_seconds, second, now)))
        return await self.engine.touch(session_id, now, idle_seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@dataclass
class _OneId:
    """A verify makes one row, the line of the record; it gets the session's id."""

    number: int

    def next(self) -> int:
        return self.number


@dataclass(frozen=True)
class Script:
    """A script, and the variables it is to be started with."""

    text: str
    variables: dict[str, str]
    statements: int


async def recorded(house: House, number: int, clients: int) -> Script:
    """From the verify of the number-th session. The clients of pgbench take the following ones in
    turn, so that no two of them soon meet at the same person's counter."""
    base = house.base
    engine = _Recorder(base.stores._engine)
    stores = SqlStores(engine, base.world.vault, base.clock)
    number += house.place.users
    row = rows.ident(number)
    world = replace(base.world, stores=stores, ids=_OneId(row))
    session = await resume_session(world, house.programme, row)
    caller = Caller(
        programme=house.programme, session=session, address="127.0.0.1", request_ref="f" * 24
    )
    code = WEAVR_CODE
    done = await answer_challenge(world, caller, Purpose.STEP_UP, "sms_otp", code)
    assert isinstance(done, Right), done
    return _script(engine.heard, number, clients)


def _script(heard: Sequence[tuple[str, Sequence[Any]]], number: int, clients: int) -> Script:
    person = rows.ident(number % rows.READ)
    varying: dict[Any, str] = {
        rows.ident(number): "row",
        person: "person",
        str(person): "person",
        rows.ident(2 * (number % rows.READ) + 1): "factor",
    }
    lines = [
        f"\\set n {number + 1} + :i * {clients} + :client_id",
        "\\set i :i + 1",
        f"\\set row {rows.IDENT_SQL.format(':n')}",
        f"\\set person {rows.IDENT_SQL.format(f'(:n % {rows.READ})')}",
        f"\\set factor {rows.IDENT_SQL.format(f'(2 * (:n % {rows.READ}) + 1)')}",
    ]
    variables: dict[str, str] = {"i": "0"}
    for text, values in heard:
        # from the back, so that $1 is not found in $12
        for place in range(len(values), 0, -1):
            value = values[place - 1]
            name = varying.get(value)
            if name is None:
                name = f"c{len(variables)}"
                variables[name] = value.decode() if isinstance(value, bytes) else str(value)
            text = text.replace(f"${place}", f":{name}")
        lines.append(" ".join(text.split()) + ";")
    return Script("\n".join(lines) + "\n", variables, len(heard))
