"""Encrypted and signed calls from end to end, by a client with another implementation of JOSE."""

import json
import uuid
from typing import Any

import pytest

from assent.dialects.wise.names import VERSIONS
from assent.domain.jose import SIGNING
from assent.http.jose.compact import LONGEST
from assent.kernel.clock import DAY
from tests.jose.house import JOSE, Partner, Room
from tests.support.jose_client import JoseClient, KeyPair

HOME = "/v1/auth/jose/playground"
KID = str(uuid.UUID(int=7))
HELLO = b'{"message":"hello"}'
REPLY = {"message": "jose-playground-response-hello", "method": "POST"}
UNVERIFIED = {
    "error": "jws_error",
    "error_description": "Unable to verify the request signature",
}


async def give(bank: Partner, pair: KeyPair, kid: str = KID, **values: str) -> None:
    encrypts = pair.algorithm == "RSA-OAEP-256"
    body: dict[str, Any] = {
        "keyId": kid,
        "validFrom": "2025-01-01 00:00:00",
        "validTill": "2027-01-01 00:00:00",
        "scope": "PAYLOAD_ENCRYPTION" if encrypts else "PAYLOAD_SIGNING",
        "publicKeyMaterial": {"algorithm": pair.algorithm, "keyMaterial": pair.public},
        **values,
    }
    assert (await bank.upload(**body)).status == 201


@pytest.mark.parametrize("home", [HOME, *(f"/{v}/auth/jose/playground" for v in VERSIONS)])
async def test_direct_encryption(bank: Partner, partner: JoseClient, home: str):
    """No key of the client's is needed."""
    path = f"{home}/jwe-direct-encryption"
    sent = partner.encrypt(HELLO, await bank.encryption_key(), url=path)
    answer = await bank.jose(path, sent.token)
    assert (answer.status, answer.headers["content-type"]) == (200, JOSE)
    read = partner.decrypt_direct(answer.text, sent.content_key)
    assert (read.json, read.header) == (REPLY, {"enc": "A256GCM", "alg": "dir"})


async def test_encryption_to_the_client_s_key(bank: Partner, partner: JoseClient):
    pair = partner.pair("RSA-OAEP-256")
    await give(bank, pair)
    sent = partner.encrypt(HELLO, await bank.encryption_key())
    answer = await bank.jose(f"{HOME}/jwe", sent.token)
    read = partner.decrypt(answer.text, pair)
    assert read.json == REPLY
    assert read.header == {"enc": "A256GCM", "alg": "RSA-OAEP-256", "kid": KID}


async def test_a_request_without_a_body(bank: Partner, partner: JoseClient):
    pair = partner.pair("RSA-OAEP-256")
    await give(bank, pair)
    answer = await bank.call("GET", f"{HOME}/jwe", accept=JOSE, x_tw_jose_method="jwe")
    assert partner.decrypt(answer.text, pair).json == {
        "message": "jose-playground-response-",
        "method": "GET",
    }


@pytest.mark.parametrize("algorithm", SIGNING)
async def test_signatures(bank: Partner, partner: JoseClient, algorithm: str):
    pair = partner.pair(algorithm)
    await give(bank, pair)
    token = partner.sign(HELLO, pair, url=f"{HOME}/jws", typ="JWT", kid=KID)
    answer = await bank.jose(f"{HOME}/jws", token, "jws")
    ours = await bank.key("PAYLOAD_SIGNING", algorithm)
    read = partner.verify(answer.text, ours["keyMaterial"]["keyMaterial"], algorithm)
    assert (read.json, read.header) == (REPLY, {"version": 1, "alg": algorithm})


async def test_signed_and_then_encrypted(bank: Partner, partner: JoseClient):
    path, pair, signer = f"{HOME}/jwsjwe", partner.pair("RSA-OAEP-256"), partner.pair("PS256")
    await give(bank, pair)
    await give(bank, signer, str(uuid.UUID(int=8)))
    inner = partner.sign(HELLO, signer, url=path)
    sent = partner.encrypt(inner.encode(), await bank.encryption_key(), url=path)
    answer = await bank.jose(path, sent.token, "JWS+JWE")
    ours = await bank.key("PAYLOAD_SIGNING", "PS256")
    signed = partner.decrypt(answer.text, pair).payload.decode()
    assert partner.verify(signed, ours["keyMaterial"]["keyMaterial"], "PS256").json == REPLY
    # nested garbage, and another's signature
    for payload in (HELLO, b"", b"\xff", sent.token.encode(), b"a.b.c"):
        bad = partner.encrypt(payload, await bank.encryption_key())
        assert (await bank.jose(path, bad.token, "jws+jwe")).error[:2] == (400, "jose.malformed")
    forged = partner.sign(HELLO, partner.pair("PS256", name="thief"), url=path)
    bad = partner.encrypt(forged.encode(), await bank.encryption_key())
    answer = await bank.jose(path, bad.token, "jws+jwe")
    assert (answer.status, answer.json) == (400, UNVERIFIED)


async def test_the_key_of_a_reply_is_the_one_that_is_named(bank: Partner, partner: JoseClient):
    old, new = partner.pair("RSA-OAEP-256"), partner.pair("RSA-OAEP-256", name="new")
    await give(bank, old)
    await give(bank, new, str(uuid.UUID(int=9)))
    ours = await bank.encryption_key()
    for kid, pair in ((KID, old), (KID.upper(), old), (str(uuid.UUID(int=9)), new)):
        sent = partner.encrypt(HELLO, ours, kid=kid)
        answer = await bank.jose(f"{HOME}/jwe", sent.token)
        assert partner.decrypt(answer.text, pair).json == REPLY


async def test_key_ids_of_requests(bank: Partner, other: Partner, partner: JoseClient):
    pair = partner.pair("RSA-OAEP-256")
    await give(other, pair)
    await give(bank, partner.pair("ES512"), str(uuid.UUID(int=8)))
    path, ours = (
        f"{HOME}/jwe-direct-encryption",
        await bank.key("PAYLOAD_ENCRYPTION", "RSA_OAEP_256"),
    )
    material = ours["keyMaterial"]["keyMaterial"]
    for kid in (ours["keyId"], ours["keyId"].upper()):
        sent = partner.encrypt(HELLO, material, kid=kid)
        assert (await bank.jose(path, sent.token)).status == 200
    signing = await bank.key("PAYLOAD_SIGNING", "ES256")
    for kid in ("", "x", KID, str(uuid.UUID(int=8)), signing["keyId"]):
        sent = partner.encrypt(HELLO, material, kid=kid)
        answer = await bank.jose(path, sent.token)
        assert answer.error == (
            400,
            "jose.malformed",
            '"kid" in the header of the JWE names no key of yours or ours.',
        )


async def test_keys_outside_their_time(bank: Partner, partner: JoseClient, room: Room):
    pair = partner.pair("ES256")
    await give(bank, pair, validFrom="2026-01-02 12:00:00", validTill="2026-01-02 18:00:00")
    token = partner.sign(HELLO, pair, url=f"{HOME}/jws")
    answers = []
    for ahead in (DAY - 1, 1, DAY // 4 - 1, 1):
        room.clock.now_ms += ahead
        bank.token = await room.token("bank")
        answers.append(await bank.jose(f"{HOME}/jws", token, "jws"))
    assert [answer.status for answer in answers] == [400, 200, 200, 400]
    assert answers[0].json == answers[3].json == UNVERIFIED


async def test_another_client_s_signature(bank: Partner, other: Partner, partner: JoseClient):
    pair = partner.pair("ES256")
    await give(other, pair)
    token = partner.sign(HELLO, pair, url=f"{HOME}/jws", kid=KID)
    assert (await other.jose(f"{HOME}/jws", token, "jws")).status == 200
    answer = await bank.jose(f"{HOME}/jws", token, "jws")
    assert (answer.status, answer.json) == (400, UNVERIFIED)


async def test_without_a_key_of_the_client_s_there_is_no_reply(bank: Partner, partner: JoseClient):
    sent = partner.encrypt(HELLO, await bank.encryption_key())
    answer = await bank.jose(f"{HOME}/jwe", sent.token)
    assert answer.error[:2] == (400, "jose.malformed")
    assert "POST /v1/auth/jose/request/public-keys" in answer.error[2]


async def test_before_our_key_was_read_nothing_can_be_encrypted_to_it(
    bank: Partner, partner: JoseClient
):
    sent = partner.encrypt(HELLO, partner.pair("RSA-OAEP-256").public)
    answer = await bank.jose(f"{HOME}/jwe-direct-encryption", sent.token)
    assert answer.status == 400
    assert "/v1/auth/jose/response/public-keys" in answer.error[2]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"x_tw_jose_method": "jwe", "content_type": JOSE}, HELLO),
        ({"x_tw_jose_method": "jwe", "content_type": JOSE}, b""),
        ({"x_tw_jose_method": "jwe", "content_type": JOSE}, b" \n" + HELLO),
        ({"content_type": "application/json"}, None),
        ({}, None),
        ({"x_tw_jose_method": "jws", "content_type": JOSE}, None),
        ({"x_tw_jose_method": "jws+jwe", "content_type": JOSE}, None),
    ],
)
async def test_plain_bodies_and_other_methods(
    bank: Partner, partner: JoseClient, headers: dict[str, str], body: bytes | None
):
    path = f"{HOME}/jwe-direct-encryption"
    sent = partner.encrypt(HELLO, await bank.encryption_key())
    answer = await bank.call("POST", path, sent.token if body is None else body, **headers)
    assert answer.error[:2] == (400, "jose.malformed")
    assert "X-TW-JOSE-Method: jwe" in answer.error[2]
    assert f"Content-Type: {JOSE}" in answer.error[2]


@pytest.mark.parametrize(
    "headers",
    [
        {"x_tw_jose_method": "jwe"},
        {"x_tw_jose_method": "JWE", "content_type": "text/plain"},
        {"content_type": "Application/JOSE+JSON; charset=utf-8"},
        {"x_tw_jose_method": "jwe", "accept_encoding": "*", "content_encoding": "identity"},
    ],
)
async def test_how_a_request_may_say_that_it_is_jose(
    bank: Partner, partner: JoseClient, headers: dict[str, str]
):
    sent = partner.encrypt(HELLO, await bank.encryption_key())
    path = f"{HOME}/jwe-direct-encryption"
    assert (await bank.call("POST", path, sent.token + "\r\n", **headers)).status == 200


@pytest.mark.parametrize("body", [b"[]", b'{"message":1}', b"{}", b"hello", b"", b"\xff"])
async def test_what_is_inside_has_a_form(bank: Partner, partner: JoseClient, body: bytes):
    sent = partner.encrypt(body, await bank.encryption_key())
    assert (await bank.jose(f"{HOME}/jwe-direct-encryption", sent.token)).status == 400


async def test_a_message_has_a_hundred_characters(bank: Partner, partner: JoseClient):
    key = await bank.encryption_key()
    for length, status in ((100, 200), (101, 400)):
        sent = partner.encrypt(json.dumps({"message": "a" * length}).encode(), key)
        assert (await bank.jose(f"{HOME}/jwe-direct-encryption", sent.token)).status == status


async def test_a_body_over_the_limit(bank: Partner, partner: JoseClient):
    sent = partner.encrypt(b" " * LONGEST, await bank.encryption_key())
    answer = await bank.jose(f"{HOME}/jwe-direct-encryption", sent.token)
    assert answer.status == 413


async def test_what_does_not_open(bank: Partner, partner: JoseClient, room: Room):
    await bank.encryption_key()
    sent = partner.encrypt(HELLO, partner.pair("RSA-OAEP-256", 3_072).public)
    path = f"{HOME}/jwe-direct-encryption"
    answer = await bank.jose(path, sent.token)
    assert answer.error[:2] == (400, "jose.encryption")
    await room.settle(faithful_errors=True)
    answer = await bank.jose(path, sent.token)
    assert answer.status == 500
    assert answer.json["message"] == "An unexpected error occurred"
    assert len(answer.json["request_id"]) == 32
    assert answer.json["request_id"].endswith(answer.headers["request-ref"])


async def test_nothing_secret_is_logged(
    bank: Partner, partner: JoseClient, capsys: pytest.CaptureFixture[str]
):
    sent = partner.encrypt(HELLO, partner.pair("RSA-OAEP-256", 3_072).public)
    await bank.encryption_key()
    await bank.jose(f"{HOME}/jwe-direct-encryption", sent.token)
    said = "".join(capsys.readouterr())
    assert "message_unreadable" in said
    assert sent.token[:20] not in said
