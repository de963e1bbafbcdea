"""Our public keys to read, clients' to give."""

import base64
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from assent.dialects.wise.names import VERSIONS
from assent.domain.jose import SIGNING
from assent.http.jose.keys import public_key, spki
from assent.kernel.clock import DAY
from tests.jose.house import Partner, Room, encoded
from tests.support.jose_client import JoseClient

READ = "/v1/auth/jose/response/public-keys"
GIVE = "/v1/auth/jose/request/public-keys"
KID = "1C9D8C1E-5fd0-4a55-9b6e-0f7a3a3a8f10"
SIGN = {"scope": "PAYLOAD_SIGNING"}


def upload(partner: JoseClient, **values: Any) -> dict[str, Any]:
    return {
        "keyId": KID,
        "validFrom": "2025-12-31 23:59:59",
        "validTill": "2026-12-31 00:00:00",
        "scope": "PAYLOAD_SIGNING",
        "publicKeyMaterial": {
            "algorithm": "ES512",
            "keyMaterial": partner.pair("ES512").public,
        },
        **values,
    }


@pytest.mark.parametrize("algorithm", [*SIGNING, "RSA_OAEP_256"])
async def test_our_keys(bank: Partner, algorithm: str):
    scope = "PAYLOAD_ENCRYPTION" if algorithm == "RSA_OAEP_256" else "PAYLOAD_SIGNING"
    key = await bank.key(scope, algorithm)
    assert set(key) == {"keyId", "version", "keyMaterial", "scope"}
    assert (key["scope"], key["version"]) == (scope, 1)
    assert key["keyMaterial"]["algorithm"] == algorithm
    assert str(uuid.UUID(key["keyId"])) == key["keyId"]
    der = base64.b64decode(key["keyMaterial"]["keyMaterial"], validate=True)
    assert spki(public_key(der, algorithm.replace("_", "-"))) == der
    assert await bank.key(scope, algorithm) == key
    assert await bank.key(scope, algorithm, version=1) == key


async def test_the_other_paths_of_our_keys(bank: Partner):
    query = "?scope=PAYLOAD_SIGNING&algorithm=ES256"
    found = await bank.call("GET", READ + query)
    paths = ("/v1/auth/jwt-public-key", *(f"/{v}/auth/jose/response/public-keys" for v in VERSIONS))
    for path in paths:
        assert (await bank.call("GET", path + query)).json == found.json


@pytest.mark.parametrize(
    ("query", "status", "path"),
    [
        ("", 400, "scope"),
        ("?scope=PAYLOAD_SIGNING", 400, "algorithm"),
        ("?scope=FACE_MAP&algorithm=RSA_OAEP_256", 400, "scope"),
        ("?scope=PAYLOAD_SIGNING&algorithm=RSA_OAEP_256", 400, "algorithm"),
        ("?scope=X&algorithm=ES256", 400, "scope"),
        ("?scope=PAYLOAD_ENCRYPTION&algorithm=ES512", 400, "algorithm"),
        ("?scope=PAYLOAD_SIGNING&algorithm=HS256", 400, "algorithm"),
        ("?scope=PAYLOAD_SIGNING&algorithm=ES256&version=x", 400, "version"),
        ("?scope=PAYLOAD_SIGNING&algorithm=ES256&version=-1", 400, "version"),
        ("?scope=PAYLOAD_SIGNING&algorithm=ES256&version=9999999999", 400, "version"),
        ("?scope=PAYLOAD_SIGNING&algorithm=ES256&version=2", 404, None),
        ("?scope=PAYLOAD_SIGNING&algorithm=ES256&version=0", 404, None),
    ],
)
async def test_keys_that_are_not_there(bank: Partner, query: str, status: int, path: str | None):
    answer = await bank.call("GET", READ + query)
    assert answer.status == status
    assert answer.json["errors"][0].get("path") == path


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("", ["scope", "algorithm"]),
        ("?version=x", ["scope", "algorithm", "version"]),
        ("?scope=X&algorithm=X&version=x", ["scope", "algorithm", "version"]),
        ("?scope=PAYLOAD_SIGNING&algorithm=RSA_OAEP_256&version=x", ["algorithm", "version"]),
    ],
)
async def test_all_that_is_wrong_with_a_query_is_named(bank: Partner, query: str, paths: list[str]):
    answer = await bank.call("GET", READ + query)
    assert [error["path"] for error in answer.json["errors"]] == paths


async def test_a_wrong_value_gets_those_that_are_right(bank: Partner):
    answer = await bank.call("GET", READ + "?scope=X&algorithm=X")
    scope, algorithm = answer.json["errors"]
    assert scope["message"] == "must be one of: PAYLOAD_SIGNING, PAYLOAD_ENCRYPTION"
    for name in ("RSA_OAEP_256", *SIGNING):
        assert name in algorithm["message"]
        assert name in algorithm["arguments"]


async def test_without_a_token_there_are_none(bank: Partner, partner: JoseClient):
    stranger = Partner(bank.app, "nobody")
    for answer in (
        await stranger.call("GET", READ + "?scope=PAYLOAD_SIGNING&algorithm=ES256"),
        await stranger.upload(**upload(partner)),
    ):
        assert answer.status == 401


async def test_a_key_is_taken(bank: Partner, partner: JoseClient, room: Room):
    given = upload(partner)
    answer = await bank.upload(**given)
    assert answer.status == 201
    assert answer.json == {
        **given,
        "keyId": KID.lower(),
        "clientId": None,
        "deactivationTimestamp": None,
    }
    (held,) = await room.world.stores.client_keys(room.programme.id, "bank", room.world.clock.now())
    assert held.valid_till - held.valid_from == 364 * DAY + 1_000
    facts = await room.world.stores.facts(room.programme.id)
    assert [(fact.name, fact.details["kid"]) for fact in facts] == [
        ("client_key_registered", KID.lower())
    ]


async def test_a_key_id_is_taken_once(bank: Partner, other: Partner, partner: JoseClient):
    assert (await bank.upload(**upload(partner))).status == 201
    again = await bank.upload(**upload(partner, keyId=KID.lower()))
    assert again.error[:2] == (409, "key.already.exists")
    assert (await other.upload(**upload(partner))).status == 201
    ours = await bank.key("PAYLOAD_SIGNING", "ES256")
    assert (await bank.upload(**upload(partner, keyId=ours["keyId"]))).status == 409


async def test_a_client_has_a_hundred_keys(bank: Partner, partner: JoseClient):
    given = upload(partner)
    statuses = [
        (await bank.upload(**{**given, "keyId": str(uuid.UUID(int=i))})).status for i in range(101)
    ]
    assert statuses == [201] * 100 + [400]


async def test_a_key_that_has_expired_leaves_its_place(bank: Partner, partner: JoseClient):
    given = upload(partner)
    short = {**given, "validTill": "2026-01-01 00:00:00"}  # before the room's clock
    for i in range(101):
        assert (await bank.upload(**{**short, "keyId": str(uuid.UUID(int=i))})).status == 201
    assert (await bank.upload(**given)).status == 201
    again = await bank.upload(**{**given, "keyId": str(uuid.UUID(int=0))})
    assert again.error[:2] == (409, "key.already.exists"), "its name stays taken"


@pytest.mark.parametrize("path", [f"/{v}/auth/jose/request/public-keys" for v in VERSIONS])
async def test_the_other_paths_of_uploads(bank: Partner, partner: JoseClient, path: str):
    assert (await bank.call("POST", path, upload(partner))).status == 201


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no key id": ({"keyId": None}, "keyId"),
    "no UUID": ({"keyId": "my-key"}, "keyId"),
    "a UUID and a line": ({"keyId": KID + "\n"}, "keyId"),
    "no UTC text": ({"validFrom": "2025-12-31T23:59:59Z"}, "validFrom"),
    "no day": ({"validTill": "2026-02-30 00:00:00"}, "validTill"),
    "no hour": ({"validTill": "2026-02-28 24:00:00"}, "validTill"),
    "no year": ({"validFrom": "0000-01-01 00:00:00"}, "validFrom"),
    "other digits": ({"validFrom": "\u0662025-12-31 23:59:59"}, "validFrom"),
    "an end before its start": ({"validTill": "2025-12-31 23:59:58"}, "validTill"),
    "no time at all": ({"validTill": "2025-12-31 23:59:59"}, "validTill"),
    "a scope of ours": ({"scope": "FACE_MAP"}, "scope"),
    "no material": ({"publicKeyMaterial": None}, "publicKeyMaterial"),
    "an algorithm of the other scope": (
        {"scope": "PAYLOAD_ENCRYPTION"},
        "publicKeyMaterial.algorithm",
    ),
}


@pytest.mark.parametrize(("values", "path"), BAD.values(), ids=BAD)
async def test_what_is_wrong_with_an_upload(
    bank: Partner, partner: JoseClient, values: dict[str, Any], path: str
):
    answer = await bank.upload(**upload(partner, **values))
    assert answer.status == 400
    assert path in [error.get("path") for error in answer.json["errors"]]


async def test_all_that_is_wrong_with_an_upload_is_named(bank: Partner):
    answer = await bank.upload(
        keyId="x",
        validFrom="2026-02-30 00:00:00",
        validTill="soon",
        scope="X",
        publicKeyMaterial={"algorithm": "X", "keyMaterial": "AAAA"},
    )
    wrong = {error["path"]: error["code"] for error in answer.json["errors"]}
    assert wrong == {
        "keyId": "Pattern",
        "validFrom": "Pattern",
        "validTill": "Pattern",
        "scope": "Enum",
        "publicKeyMaterial.algorithm": "Enum",
    }
    answer = await bank.upload(
        keyId=KID,
        validFrom="2026-02-30 00:00:00",
        validTill="2026-12-31 00:00:00",
        scope="PAYLOAD_ENCRYPTION",
        publicKeyMaterial={"algorithm": "ES512", "keyMaterial": "AAAA"},
    )
    assert [(error["path"], error["code"]) for error in answer.json["errors"]] == [
        ("validFrom", "Pattern"),
        ("publicKeyMaterial.algorithm", "Enum"),
        ("publicKeyMaterial.keyMaterial", "key.invalid"),
    ]


def small() -> str:
    return encoded(spki(rsa.generate_private_key(65_537, 1_024).public_key()))


@pytest.mark.parametrize(
    ("algorithm", "material", "said"),
    [
        ("ES512", "no base64!", "base64 of DER"),
        ("ES512", "-----BEGIN PUBLIC KEY-----", "base64 of DER"),
        ("ES512", "AAAA", "SubjectPublicKeyInfo"),
        ("ES512", "ES256", "secp521r1"),
        ("ES512", "PS256", "secp521r1"),
        ("PS256", "ES512", "RSA key"),
        ("PS256", "small", "2048 to 4096"),
    ],
)
async def test_material_that_is_refused(
    bank: Partner, partner: JoseClient, algorithm: str, material: str, said: str
):
    held = small() if material == "small" else material
    held = partner.pair(material).public if material in SIGNING else held
    answer = await bank.upload(
        **upload(partner, publicKeyMaterial={"algorithm": algorithm, "keyMaterial": held})
    )
    status, code, message = answer.error
    assert (status, code) == (400, "key.invalid")
    assert said in message


async def test_both_spellings_of_the_encryption_s_algorithm(bank: Partner, partner: JoseClient):
    for number, name in enumerate(("RSA_OAEP_256", "RSA-OAEP-256")):
        answer = await bank.upload(
            **upload(
                partner,
                keyId=str(uuid.UUID(int=number)),
                scope="PAYLOAD_ENCRYPTION",
                publicKeyMaterial={
                    "algorithm": name,
                    "keyMaterial": partner.pair("RSA-OAEP-256").public,
                },
            )
        )
        assert answer.status == 201
        assert answer.json["publicKeyMaterial"]["algorithm"] == "RSA_OAEP_256"
