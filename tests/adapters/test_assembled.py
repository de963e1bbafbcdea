"""What a server holds is made once and let go of at its end; what hears its commits is named."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from assent import carrying, foundation, serving, wiring
from assent.adapters.twilio.account import Account
from assent.ports.changes import Change
from assent.ports.upkeep import SetState
from assent.settings import load
from tests.support import twilio
from tests.support.processes import installation

BASE_URL = "http://localhost:8400"


@pytest.fixture
async def base(tmp_path: Path) -> AsyncIterator[foundation.Foundation]:
    """A house with Twilio for texts and for questions."""
    place = installation(tmp_path, f"sqlite:///{tmp_path / 'assent.sqlite3'}")
    given = {
        "ACCOUNT_SID": twilio.ACCOUNT,
        "KEY": twilio.KEY,
        "SECRET": twilio.SECRET,
        "AUTH_TOKEN": "t" * 32,
        "SMS_FROM": twilio.SMS_FROM,
        "VERIFY_SERVICE": f"VA{'0' * 32}",
    }
    named = {f"ASSENT_TWILIO_{name}": value for name, value in given.items()}
    opened = await foundation.found(load(None, {**place.settings, **named}))
    yield opened
    await opened.close()


async def _drain() -> None:
    """Nothing waits."""


async def _assembled(base: foundation.Foundation) -> None:
    await wiring.assemble(base, BASE_URL, "http://localhost:8401", _drain)


async def test_a_server_makes_its_gateways_once_and_lets_go_of_them(
    base: foundation.Foundation, monkeypatch: pytest.MonkeyPatch
):
    """Without a worker of its own too: a vendor's answer is asked for through one of them."""
    made, closed, gateways, close = Counter[str](), Counter[int](), carrying.gateways, Account.close

    def counted(*given: object) -> object:
        made["sets"] += 1
        return gateways(*given)  # type: ignore[arg-type]

    async def noted(account: Account) -> None:
        closed[id(account)] += 1
        await close(account)

    monkeypatch.setattr(carrying, "gateways", counted)
    monkeypatch.setattr(Account, "close", noted)
    serving._worker(base, BASE_URL)
    await _assembled(base)
    assert made["sets"] == 1
    await base.close()
    assert list(closed.values()) == [1, 1]  # texts, and questions


async def test_whoever_listens_to_commits_takes_nobodys_place(base: foundation.Foundation):
    heard: list[Sequence[Change]] = []
    base.stores.listeners.append(heard.append)
    await _assembled(base)
    assert len(base.stores.listeners) == 2
    before, last = len(heard), list[Sequence[Change]]()
    base.stores.listeners.append(last.append)
    change = SetState("x", "1")
    await base.stores.commit(change)
    assert heard[before:] == last == [(change,)]
