"""Bodies of the SCA API that say more than they are asked for, and names in disguise."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from assent.domain.session import Caller
from assent.kernel.refusals import Refusal
from assent.kernel.secret import Secret
from assent.ports.stores import Stores
from assent.usecases.grant_access import sign_up
from tests.support.client import Answer, Server
from tests.support.processes import Sandbox
from tests.support.sandboxes import opened
from tests.support.weavr import consumer_body
from tests.support.wise import REGISTRATION_CODE, Partner, WiseUser
from tests.wise.people import asked, enrolled

EXTRA: dict[str, Any] = {
    "id": 1,
    "userId": 1,
    "subject_id": 1,
    "profileId": 1,
    "clientId": "another",
    "client": "another",
    "active": False,
    "verified": True,
    "emailVerified": True,
    "email_verified": True,
    "details": {"contactEmail": "thief@example.com", "email": "thief@example.com"},
    "name": "Mallory",
    "type": "SECONDARY",
    "role": "ADMIN",
    "programme_id": 1,
    "version": 99,
    "session_id": 1,
    "refresh_token": "x",
    "secret": "x",
    "slot": 7,
    "claim": "x",
    "state": "removed",
    "__class__": "Subject",
    "__proto__": {"active": False},
}
_numbers = itertools.count(1)


def _sign_up(bank: Partner, email: Any, **more: Any) -> Answer:
    body = {**more, "email": email, "registrationCode": REGISTRATION_CODE}
    return bank.call("POST", "/v1/user/signup/registration_code", body)


def _log_in(bank: Partner, email: str, user_id: int) -> WiseUser:
    user = WiseUser(bank, email, user_id)
    assert user.log_in().status == 200
    return user


def test_whoever_signs_up_is_born_as_everybody(bank: Partner) -> None:
    """CVE-2026-27946 (ZITADEL): people marked their own contacts as verified, through the call
    that is for something else."""
    plain = _sign_up(bank, "plain@example.com").json
    made = _sign_up(bank, "born@example.com", **EXTRA)
    assert made.status == 200, made.body
    assert {**made.json, "id": 0, "email": ""} == {**plain, "id": 0, "email": ""}
    assert made.json["id"] not in (0, 1)
    user = _log_in(bank, "born@example.com", made.json["id"])
    me = user.call("GET", "/v1/me").json
    assert me == made.json
    assert me["active"] is True
    path = f"/v1/users/{user.id}/contact-email"
    assert user.call("GET", path).json == {"email": "born@example.com"}
    assert user.call("GET", "/v2/profiles").json[0]["userId"] == user.id
    phones = bank.call("GET", f"/v1/application/users/{user.id}/phone-numbers")
    assert phones.json == []


def test_a_contact_address_is_no_more_than_that(bank: Partner) -> None:
    """The same through the call that changes the address for messages: neither the log-in nor
    what is verified goes with it, and warnings still reach the person."""
    user = enrolled(bank)
    before = user.call("GET", "/v1/me").json
    path = f"/v1/users/{user.id}/contact-email"
    changed = user.call("PUT", path, {**EXTRA, "email": "thief@example.com"})
    assert (changed.status, changed.json) == (200, {"email": "thief@example.com"})
    assert user.call("GET", "/v1/me").json == before
    assert user.log_in().status == 200
    assert _sign_up(bank, "thief@example.com").status == 200, "it is nobody's log-in"
    for _ in range(2):
        ott = asked(user)
        for _ in range(5):
            assert user.verify_pin(ott, "9999").status == 400
        user.server.advance(15 * 60)
    bodies = [mail["body"] for mail in bank.server.mails(user.email)]
    assert len([body for body in bodies if "wrong PIN" in body]) == 2
    assert bank.server.mails("thief@example.com") == []


def test_a_phone_number_is_no_more_than_that(bank: Partner) -> None:
    """Nor with a phone: its id, its owner and its state are not the caller's to say."""
    user, number = bank.sign_up(), f"+6585{next(_numbers):06d}"
    path = f"/v1/application/users/{user.id}/phone-numbers"
    made = bank.call("POST", path, {**EXTRA, "phoneNumber": number})
    wanted = {"phoneNumber": number, "type": "PRIMARY", "verified": True}
    assert made.status == 200
    assert made.json == {**wanted, "id": made.json["id"], "clientId": bank.client_id}
    assert made.json["id"] != 1
    other = f"+6585{next(_numbers):06d}"
    put = bank.call("PUT", f"{path}/{made.json['id']}", {**EXTRA, "phoneNumber": other})
    assert put.json == {**made.json, "phoneNumber": other}


@pytest.mark.parametrize(
    "spelt",
    [
        "+6584000001",
        "+65 8400 0001",
        "+65-8400-0001",
        "+65 (8400) 0001",
        "+65.8400.0001",
        " +6584000001 ",
        "0065 8400 0001",
        "006584000001",
        "65 8400 0001",
        "84000001",
        "+65 08400 0001",
        "\uff0b\uff16\uff15\uff18\uff14\uff10\uff10\uff10\uff10\uff10\uff11",  # full width
        "+\u0666\u0665\u0668\u0664\u0660\u0660\u0660\u0660\u0660\u0661",  # Arabic-Indic
        "+65\u00a08400\u200b0001",
        "tel:+65-8400-0001",
        "+6584000001;ext=1",
        "+6584000001x1",
    ],
)
def test_spellings_of_a_number_are_one_number(bank: Partner, spelt: str) -> None:
    """CVE-2025-6004 (Vault), CVE-2026-47203 (Authelia): each way to write a name was another name.
    One phone for two people would prove the one by the other."""
    owner, thief = bank.sign_up(), bank.sign_up()
    path = "/v1/application/users/{}/phone-numbers"
    first = bank.call("POST", path.format(owner.id), {"phoneNumber": "+6584000001"})
    assert first.status == 200
    again = bank.call("POST", path.format(owner.id), {"phoneNumber": spelt})
    assert again.status in (200, 422), again.body
    if again.status == 200:
        assert again.json == first.json
    taken = bank.call("POST", path.format(thief.id), {"phoneNumber": spelt})
    assert taken.status == 422
    code = taken.json["errors"][0]["code"]
    assert code == ("phone.number.repeated" if again.status == 200 else "UNEXPECTED")
    assert bank.call("GET", path.format(thief.id)).json == []


@pytest.mark.parametrize(
    "spelt",
    [
        "SAKARI.K@EXAMPLE.COM",
        "Sakari.K@example.com",
        "sakari.k@EXAMPLE.com",
        "s\uff41kari.k@example.com",  # full width
        "\u017fakari.k@example.com",  # long s
        "sakari.\u212a@example.com",  # Kelvin
        " sakari.k@example.com",
        "sakari.k@example.com ",
        "sakari.k@example.com\u0000",
        "\u200bsakari.k@example.com",
        "sakari.k@example.com\n",
    ],
)
def test_spellings_of_an_address_are_one_person(bank: Partner, spelt: str) -> None:
    """CVE-2025-6013 (Vault): a name with a space in it was another name to the check, and the
    same one to the directory."""
    owner = bank.sign_up("sakari.k@example.com")
    answer = _sign_up(bank, spelt)
    assert answer.status in (400, 409, 422), answer.body
    if answer.status == 409:
        exists = bank.call("POST", "/v1/users/exists", {"email": spelt})
        assert exists.json == {"exists": True}
        theirs = bank.oauth(
            grant_type="registration_code", email=spelt, registration_code=REGISTRATION_CODE
        )
        assert theirs.status == 200, "one person, however the address is written"
        head = {"authorization": f"Bearer {theirs.json['access_token']}"}
        assert bank.server.call("GET", "/v1/me", None, head).json["id"] == owner.id


@pytest.mark.parametrize(
    "email",
    [
        ["ada@example.com", "thief@example.com"],
        {"to": "ada@example.com"},
        "ada@example.com,thief@example.com",
        "ada@example.com;thief@example.com",
        "ada@example.com\r\nbcc: thief@example.com",
        "<ada@example.com> thief@example.com",
    ],
)
def test_one_address_is_one_address(bank: Partner, email: Any) -> None:
    """CVE-2023-7028 (GitLab): an array of addresses, and the second got the mail too."""
    user = bank.sign_up()
    assert _sign_up(bank, email).status in (400, 422)
    path = f"/v1/users/{user.id}/contact-email"
    assert user.call("PUT", path, {"email": email}).status in (400, 422)
    assert user.call("GET", path).json == {"email": user.email}


def _said(answer: Answer) -> bytes:
    return b"\n".join((*(f"{k}: {v}".encode() for k, v in answer.headers.items()), answer.body))


def test_no_answer_holds_a_code(bank: Partner) -> None:
    """MTN, three reports: the one-time code stood in the response to the call that asked for it."""
    bank.server.settings(codes="random")
    user = enrolled(bank)
    user.new_balance()
    for channel in ("sms", "whatsapp", "voice"):
        transfer = user.new_transfer()
        rejected = user.fund(transfer)
        ott = rejected.headers["x-2fa-approval"]
        answers = [rejected, user.trigger(ott, channel)]
        code = user.newest_code()
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        answers += [
            user.status(ott),
            user.trigger(ott, channel),
            user.verify_code(ott, wrong, channel),
            user.verify_code(ott, code, channel),
            user.verify_code(ott, code, channel),
            user.status(ott),
            user.fund(transfer, ott),
        ]
        assert answers[5].status == 200
        for number, answer in enumerate(answers):
            assert code.encode() not in _said(answer), (channel, number)
            assert user.phone.encode() not in _said(answer)


def test_the_host_header_goes_nowhere(bank: Partner) -> None:
    """CVE-2025-64101 (ZITADEL), CVE-2025-25198 (mailcow): links were built from a header."""
    user = enrolled(bank)
    lies = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "forwarded": "host=evil.example",
        "x-original-url": "https://evil.example/",
    }
    transfer = user.new_transfer()
    path = f"/v3/profiles/{user.profile_id}/transfers/{transfer}/payments"
    answers = [
        user.call("POST", path, {"type": "BALANCE"}, headers=lies),
        user.call("GET", "/v1/me", headers=lies),
        user.server.call("GET", "/v1/me", None, lies),
        user.server.call("POST", "/oauth/token", None, {**bank.basic, **lies}, raw=b"x=1"),
        user.server.call("GET", "/approve-api-action/", None, lies),
    ]
    assert [answer.status for answer in answers] == [403, 200, 401, 400, 200]
    for answer in answers:
        assert b"evil.example" not in _said(answer)


class _AMomentBefore:
    """Stores in which nobody had the address when it was looked up first."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)

    async def subject_id(self, programme_id: int, email: str) -> int | None:
        return None


async def test_no_client_signs_up_somebody_who_is_there(box: Sandbox, server: Server) -> None:
    """CVE-2023-26481 (authentik): anybody's password set. Where one address may have several
    identities, a sign-up that comes at the same moment must not let the client act for a person
    whom somebody else has made."""
    server.settings(multi_identity=True)
    email = "first.come@example.com"
    made = server.call(
        "POST", "/multi/consumers", consumer_body(server, email, "79555555"), server.api
    )
    assert made.status == 200, made.body
    owner = int(made.json["rootUser"]["id"]["id"])
    async with opened(box) as base:
        known = server.credentials["wise"]
        client = await base.stores.client_by_key(f"{known['client_id']}:{known['client_secret']}")
        assert client is not None
        stores: Any = _AMomentBefore(base.stores)
        world = replace(base.world, stores=stores)
        caller = Caller(programme=client.programme, client=client.id, client_key=client.key_id)
        with pytest.raises(Refusal, match="email_taken"):
            await sign_up(world, caller, email, Secret(REGISTRATION_CODE))
        assert await base.stores.grant(client.id, owner) is None
        assert len(await base.stores.actings_of(owner)) == 1
