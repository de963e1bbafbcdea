"""The server's own keys: made once, known everywhere, parsed once; and clients' public keys."""

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from assent.adapters.sql.stores import SqlStores
from assent.domain.jose import ALGORITHMS, KNOWN_EVERYWHERE, RSA_OAEP_256, SIGNING, KeyScope
from assent.http.jose.keys import ServerKeys, UnfitKey, public_key, spki
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add
from assent.ports.records import JoseKey
from assent.testing.frozen import FrozenClock
from assent.usecases.find_jose_key import find_jose_key, key_id, make_jose_key, new_private_key
from assent.usecases.world import World
from tests.conftest import Database
from tests.jose.house import AtOnce, world_of

ENCRYPTION, SIGNATURES, FACES = (
    KeyScope.PAYLOAD_ENCRYPTION,
    KeyScope.PAYLOAD_SIGNING,
    KeyScope.FACE_MAP,
)


@pytest.fixture
def world(stores: SqlStores, clock: FrozenClock) -> World:
    return world_of(stores, clock)


def made(world: World) -> int:
    assert isinstance(world.offload, AtOnce)
    return world.offload.done


def row_of(world: World, version: int, **values: Any) -> JoseKey:
    return JoseKey(
        **{
            "kid": key_id(world, SIGNATURES, "ES256", version),
            "version": version,
            "scope": SIGNATURES,
            "algorithm": "ES256",
            "private": new_private_key("ES256"),
            "created_at": world.clock.wall(),
            **values,
        }
    )


async def test_a_key_is_made_when_it_is_asked_for(world: World):
    key = await find_jose_key(world, ENCRYPTION, RSA_OAEP_256)
    assert await world.stores.jose_keys() == [key]
    assert await find_jose_key(world, ENCRYPTION, RSA_OAEP_256) == key
    assert await find_jose_key(world, ENCRYPTION, RSA_OAEP_256, 1) == key
    assert (key.version, uuid.UUID(key.kid).version, made(world)) == (1, 4, 1)
    private = load_der_private_key(key.private, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert private.key_size == 3_072


async def test_a_first_version_may_be_asked_for_by_number(world: World):
    assert (await find_jose_key(world, SIGNATURES, "ES512", 1)).version == 1


@pytest.mark.parametrize(
    ("scope", "algorithm", "version"),
    [
        *((ENCRYPTION, "ES256", None), (SIGNATURES, RSA_OAEP_256, None), (FACES, "PS256", None)),
        *((SIGNATURES, "HS256", None), (SIGNATURES, "ES256", 2), (SIGNATURES, "ES256", 0)),
    ],
)
async def test_keys_that_are_not_made(
    world: World, scope: KeyScope, algorithm: str, version: int | None
):
    with pytest.raises(Refusal) as refused:
        await find_jose_key(world, scope, algorithm, version)
    assert refused.value.code is Code.NOT_FOUND
    assert await world.stores.jose_keys() == []


async def test_each_scope_and_algorithm_has_a_key_of_its_own(world: World):
    kids = {key_id(world, scope, name, 1) for scope in KeyScope for name in ALGORITHMS[scope]}
    assert len(kids) == len(SIGNING) + 3


async def test_servers_that_make_a_key_at_once_end_with_one(database: Database, clock: FrozenClock):
    servers = [world_of(await database.open(), clock)]
    if database.kind == "postgres":
        servers += [world_of(await database.open(2), clock) for _ in range(3)]
    calls = [find_jose_key(world, SIGNATURES, "ES256") for world in servers for _ in range(5)]
    keys = await asyncio.gather(*calls)
    assert len({(key.kid, key.private) for key in keys}) == 1
    assert len(await servers[0].stores.jose_keys()) == 1


async def test_one_server_makes_a_key_once(world: World):
    keys = ServerKeys()
    found = await asyncio.gather(*(keys.current(world, SIGNATURES, "ES256") for _ in range(10)))
    assert len({key.row.kid for key in found}) == 1
    assert made(world) == 1


async def test_a_new_key_is_handed_out_once_all_servers_know_it(world: World, clock: FrozenClock):
    first = await find_jose_key(world, SIGNATURES, "ES256")
    clock.advance(KNOWN_EVERYWHERE)
    second = await make_jose_key(world, SIGNATURES, "ES256", 2)
    assert await find_jose_key(world, SIGNATURES, "ES256") == first
    clock.advance(KNOWN_EVERYWHERE - 1)
    assert await find_jose_key(world, SIGNATURES, "ES256") == first
    clock.advance(1)
    assert await find_jose_key(world, SIGNATURES, "ES256") == second
    assert await find_jose_key(world, SIGNATURES, "ES256", 1) == first


async def test_a_retired_key_opens_nothing_and_its_signatures_stay(
    world: World, clock: FrozenClock
):
    keys = ServerKeys()
    private = new_private_key(RSA_OAEP_256)
    retired = row_of(world, 1, retired_at=clock.wall())
    closed = row_of(
        world, 1, kid="closed", scope=ENCRYPTION, algorithm=RSA_OAEP_256, private=private
    )
    await world.stores.commit(Add(retired), Add(replace(closed, retired_at=clock.wall())))
    assert await keys.opening(world, None) == []
    assert await keys.opening(world, "closed") == []
    assert await keys.version(world, ENCRYPTION, RSA_OAEP_256, 1) is None
    found = await keys.version(world, SIGNATURES, "ES256", 1)
    assert found is not None
    assert found.row == retired


async def test_keys_of_another_server_are_found(world: World, clock: FrozenClock):
    """The first key at once; a later one within a second."""
    keys = ServerKeys()
    await keys.current(world, SIGNATURES, "ES256")
    first = await find_jose_key(world, ENCRYPTION, RSA_OAEP_256)
    assert len(await keys.opening(world, None)) == 1
    assert len(await keys.opening(world, first.kid)) == 1
    await make_jose_key(world, ENCRYPTION, RSA_OAEP_256, 2)
    assert len(await keys.opening(world, None)) == 1
    clock.advance(SECOND)
    assert len(await keys.opening(world, None)) == 2
    assert len(await keys.opening(world, first.kid)) == 1
    assert await keys.opening(world, "another") == []


async def test_a_key_is_parsed_once(world: World, clock: FrozenClock):
    keys = ServerKeys()
    await find_jose_key(world, ENCRYPTION, RSA_OAEP_256)
    (one,) = await keys.opening(world, None)
    clock.advance(SECOND)
    (again,) = await keys.opening(world, None)
    assert one is again


def der(key: Any) -> bytes:
    octets: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return octets


@pytest.mark.parametrize("algorithm", [*SIGNING, RSA_OAEP_256])
def test_a_public_key_of_the_right_sort(algorithm: str):
    private: Any = load_der_private_key(new_private_key(algorithm), None)
    whole = der(private.public_key())
    assert spki(public_key(whole, algorithm)) == whole
    for wrong in (whole + b"\0", whole[:-1], b"\0" + whole, b"", b"-----BEGIN PUBLIC KEY-----"):
        with pytest.raises(UnfitKey):
            public_key(wrong, algorithm)


P256 = der(ec.generate_private_key(ec.SECP256R1()).public_key())
P384 = der(ec.generate_private_key(ec.SECP384R1()).public_key())
K256 = der(ec.generate_private_key(ec.SECP256K1()).public_key())
EDWARDS = der(ed25519.Ed25519PrivateKey.generate().public_key())
RSA = der(rsa.generate_private_key(65_537, 2_048).public_key())


def numbers(n: int, e: int) -> bytes:
    return der(rsa.RSAPublicNumbers(e, n).public_key())


_N = 2**2_047 + 1


@pytest.mark.parametrize(
    ("material", "algorithm"),
    [
        *((P384, "ES256"), (P256, "ES384"), (P256, "ES512"), (K256, "ES256"), (EDWARDS, "ES256")),
        *((RSA, "ES256"), (P256, "PS256"), (P256, RSA_OAEP_256), (EDWARDS, RSA_OAEP_256)),
        *((numbers(2**1_023 + 1, 65_537), "PS256"), (numbers(2**2_046 + 1, 65_537), "PS256")),
        *((numbers(2**4_096 + 1, 65_537), "PS256"), (numbers(2**2_048 + 1, 65_537), "PS256")),
        *(
            (numbers(_N, 3), "PS256"),
            (numbers(_N, 65_535), "PS256"),
            (numbers(_N, 2**64 + 1), "PS256"),
        ),
    ],
)
def test_a_public_key_of_another_sort(material: bytes, algorithm: str):
    with pytest.raises(UnfitKey):
        public_key(material, algorithm)


def test_a_point_off_the_curve_is_no_key():
    with pytest.raises(UnfitKey):
        public_key(P256[:-1] + bytes([P256[-1] ^ 1]), "ES256")


def test_a_point_is_kept_in_one_spelling():
    private = ec.generate_private_key(ec.SECP256R1())
    whole = der(private.public_key())
    pressed = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    assert spki(public_key(head + pressed, "ES256")) == whole
