"""Who calls in these tests: people with factors, and clients beside the first."""

from assent.domain.session import Caller
from assent.usecases.grant_access import authorise
from assent.usecases.manage_programme import add_client
from tests.support.client import Answer
from tests.support.processes import Sandbox
from tests.support.sandboxes import opened
from tests.support.wise import Partner, WiseUser, ott_of

FACTORS = ("pin", "phone", "face", "fingerprint")


def enrolled(bank: Partner, *factors: str) -> WiseUser:
    """A new person with these factors; with a PIN and a phone, where none are named."""
    user = bank.sign_up()
    for factor in factors or ("pin", "phone"):
        answer = getattr(user, f"set_{factor}")()
        assert answer.status in (200, 204), answer.body
    return user


def asked(user: WiseUser) -> str:
    """The token of a high-risk call, fresh."""
    return ott_of(user.fund(user.new_transfer()))


def code_of(answer: Answer) -> str:
    """What the only entry of `errors[]` is about."""
    (entry,) = answer.json["errors"]
    assert entry["message"]
    return str(entry["code"])


def refused(answer: Answer, status: int, code: str) -> None:
    """That status, and that entry of `errors[]`."""
    assert answer.status == status, answer.body
    assert code_of(answer) == code


async def another_client(box: Sandbox, bank: Partner) -> Partner:
    """A second client of the same programme."""
    async with opened(box) as base:
        wanted = int(bank.server.credentials["programme"]["id"])
        (programme,) = [one for one in await base.stores.programmes() if one.id == wanted]
        text = await add_client(base.world, programme, "a test")
    client_id, _, secret = text.partition(":")
    return Partner(bank.server, bank.jose, client_id, secret)


def another_programme(bank: Partner) -> Partner:
    """The only client of another programme."""
    return Partner(bank.server.isolated(), bank.jose)


async def agreed(box: Sandbox, user: WiseUser, bank: Partner, redirect_uri: str) -> str:
    """An authorisation code, as if the person had said yes on the page."""
    async with opened(box) as base:
        client = await base.stores.client_by_key(f"{bank.client_id}:{bank.secret}")
        assert client is not None
        caller = Caller(programme=client.programme)
        return await authorise(base.world, caller, user.id, bank.client_id, redirect_uri)
