"""Keys of encrypted and signed calls: ours to read, and clients' to give."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from assent.dialects.wise import caller
from assent.dialects.wise.errors import Said, Unreadable, said
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.jose import ALGORITHMS, RSA_OAEP_256, SIGNING, KeyScope
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.jose.keys import ServerKey, UnfitKey, public_key, spki
from assent.http.route import Call
from assent.http.shapes import one_of, read
from assent.kernel.refusals import Code, Refusal
from assent.ports.records import ClientKey
from assent.usecases.register_client_key import register_client_key

_UUID: Final = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\\Z"
_MOMENT: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\Z"
_FORM: Final = "%Y-%m-%d %H:%M:%S"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES: Final = {"RSA_OAEP_256": RSA_OAEP_256, **{name: name for name in SIGNING}}
_WIRE: Final = {name: wire for wire, name in _NAMES.items()}
_SCOPES: Final = ("PAYLOAD_SIGNING", "PAYLOAD_ENCRYPTION")


class Material(Struct, rename="camel"):
    """Base64 of a SubjectPublicKeyInfo in DER, with the algorithm it is for."""

    algorithm: str
    key_material: Annotated[str, Meta(min_length=1, max_length=2_000)]


class Upload(Struct, rename="camel"):
    """Moments are UTC."""

    key_id: Annotated[str, Meta(pattern=_UUID, max_length=36)]
    valid_from: Annotated[str, Meta(pattern=_MOMENT, max_length=19)]
    valid_till: Annotated[str, Meta(pattern=_MOMENT, max_length=19)]
    scope: Literal["PAYLOAD_SIGNING", "PAYLOAD_ENCRYPTION"]
    public_key_material: Material


async def ours(call: Call) -> Answer:
    """`GET /v1/auth/jose/response/public-keys`: the newest, or that of `version`."""
    scope = KeyScope(_asked(call, "scope", _SCOPES))
    offered = tuple(_WIRE[name] for name in ALGORITHMS[scope])
    algorithm = _NAMES[_asked(call, "algorithm", offered)]
    keys = call.house.jose
    key: ServerKey | None = await keys.current(call.world, scope, algorithm)
    version = call.request.query("version")
    if version is not None:
        if not version.isascii() or not version.isdigit() or len(version) > 9:
            raise Malformed([Invalid("version", "type", ("integer",))])
        key = await keys.version(call.world, scope, algorithm, int(version))
    if key is None:
        raise Refusal(Code.NOT_FOUND, "version")
    return json_answer(
        {
            "keyId": key.row.kid,
            "version": key.row.version,
            "keyMaterial": _material(algorithm, key.public),
            "scope": scope,
        }
    )


async def theirs(call: Call) -> Answer:
    """`POST /v1/auth/jose/request/public-keys`: 201 with what was understood."""
    body = read(await call.request.body(), Upload)
    valid_from, valid_till = _moments(body)
    algorithm = _algorithm(body)
    material = _der(body.public_key_material.key_material, algorithm)
    key = ClientKey(
        kid=body.key_id.lower(),
        programme_id=call.caller.programme.id,
        client=call.caller.client,
        scope=KeyScope(body.scope),
        algorithm=algorithm,
        material=material,
        valid_from=valid_from,
        valid_till=valid_till,
        created_at=call.world.clock.now(),
    )
    await register_client_key(call.world, call.caller, key)
    return json_answer(
        {
            "keyId": key.kid,
            "clientId": None,
            "validFrom": body.valid_from,
            "validTill": body.valid_till,
            "scope": key.scope,
            "publicKeyMaterial": _material(algorithm, material),
            "deactivationTimestamp": None,
        },
        201,
    )


def _asked(call: Call, name: str, values: tuple[str, ...]) -> str:
    value = call.request.query(name)
    if value is None:
        raise Malformed([Invalid(name, "required")])
    return one_of(value, name, values)


def _material(algorithm: str, der: bytes) -> dict[str, str]:
    return {"algorithm": _WIRE[algorithm], "keyMaterial": base64.b64encode(der).decode()}


def _moments(body: Upload) -> tuple[int, int]:
    """ms since 1970, in their order."""
    made = []
    for name, text in (("validFrom", body.valid_from), ("validTill", body.valid_till)):
        try:
            moment = datetime.strptime(text, _FORM).replace(tzinfo=UTC)
        except ValueError as error:
            raise Malformed([Invalid(name, "pattern", ("yyyy-MM-dd HH:mm:ss",))]) from error
        made.append((moment - _EPOCH) // timedelta(milliseconds=1))
    if made[0] >= made[1]:
        raise Malformed([Invalid("validTill", "range", (body.valid_from, ""))])
    return made[0], made[1]


def _algorithm(body: Upload) -> str:
    """In the core's words. Must be one of the scope's."""
    given, offered = body.public_key_material.algorithm, ALGORITHMS[KeyScope(body.scope)]
    name = _NAMES.get(given, given)  # a guide spells it as RFC 7518 does
    if name not in offered:
        values = tuple(_WIRE[name] for name in offered)
        raise Malformed([Invalid("publicKeyMaterial.algorithm", "one_of", values)])
    return name


def _der(text: str, algorithm: str) -> bytes:
    try:
        return spki(public_key(base64.b64decode(text, validate=True), algorithm))
    except UnfitKey as unfit:
        detail = f"keyMaterial {unfit}"
    except binascii.Error:
        detail = "keyMaterial must be base64 of DER, without PEM's lines"
    where = "publicKeyMaterial.keyMaterial"
    raise Unreadable(said(Said(400, "key.invalid", detail, where)), detail)


OPERATIONS = (
    Operation(
        method="GET",
        paths=(
            "/v1/auth/jose/response/public-keys",
            "/v1/auth/jwt-public-key",  # an older guide's
            *calendar("/auth/jose/response/public-keys"),
        ),
        handle=ours,
        identify=caller.application,
    ),
    Operation(
        method="POST",
        paths=(
            "/v1/auth/jose/request/public-keys",
            *calendar("/auth/jose/request/public-keys"),
        ),
        handle=theirs,
        identify=caller.application,
    ),
)
