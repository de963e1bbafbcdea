"""Keys of encrypted and signed calls: ours to read, and clients' to give."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from assent.dialects.wise import caller, shapes
from assent.dialects.wise.operation import Operation, calendar
from assent.domain.jose import ALGORITHMS, RSA_OAEP_256, SIGNING, KeyScope
from assent.http.answer import Answer, json_answer
from assent.http.invalid import Invalid, Malformed
from assent.http.jose.keys import ServerKey, UnfitKey, public_key, spki
from assent.http.route import Call
from assent.http.shapes import at, both, one_of, read
from assent.kernel.refusals import Code, Refusal
from assent.ports.records import ClientKey
from assent.usecases.register_client_key import register_client_key

_UUID: Final = f"^{shapes.UUID}\\Z"
_MOMENT: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\Z"
_FORM: Final = "%Y-%m-%d %H:%M:%S"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES: Final = {"RSA_OAEP_256": RSA_OAEP_256, **{name: name for name in SIGNING}}
_WIRE: Final = {name: wire for wire, name in _NAMES.items()}
_SCOPES: Final = ("PAYLOAD_SIGNING", "PAYLOAD_ENCRYPTION")
_ALGORITHM: Final = "publicKeyMaterial.algorithm"
_KEY_MATERIAL: Final = "publicKeyMaterial.keyMaterial"
_LONGEST_KEY: Final = 2_000
_LAST: Final = "9999-12-31 23:59:59"


class Material(Struct, rename="camel"):
    """Base64 of a SubjectPublicKeyInfo in DER, with the algorithm it is for."""

    algorithm: str
    key_material: Annotated[str, Meta(min_length=1, max_length=_LONGEST_KEY)]


class Upload(Struct, rename="camel"):
    """Moments are UTC."""

    key_id: Annotated[str, Meta(pattern=_UUID, max_length=36)]
    valid_from: Annotated[str, Meta(pattern=_MOMENT, max_length=19)]
    valid_till: Annotated[str, Meta(pattern=_MOMENT, max_length=19)]
    scope: Literal["PAYLOAD_SIGNING", "PAYLOAD_ENCRYPTION"]
    public_key_material: Material


async def ours(call: Call) -> Answer:
    """`GET /v1/auth/jose/response/public-keys`: the newest, or that of `version`."""
    scope, (algorithm, version) = both(
        lambda: KeyScope(_asked(call, "scope", _SCOPES)),
        lambda: both(lambda: _asked_algorithm(call), lambda: _asked_version(call)),
    )
    keys = call.house.jose
    key: ServerKey | None = await keys.current(call.world, scope, algorithm)
    if version is not None:
        key = await keys.version(call.world, scope, algorithm, version)
    if key is None:
        raise Refusal(Code.NOT_FOUND, "version")
    return json_answer(
        {
            "keyId": key.row.kid,
            "version": key.row.version,
            "keyMaterial": _shown(algorithm, key.public),
            "scope": scope,
        }
    )


async def theirs(call: Call) -> Answer:
    """`POST /v1/auth/jose/request/public-keys`: 201 with what was understood."""
    body = read(await call.request.body(), Upload, _moments, _algorithm, _material)
    given = body.public_key_material
    algorithm = _NAMES.get(given.algorithm, given.algorithm)
    material = _der(given.key_material, algorithm)
    key = ClientKey(
        kid=body.key_id.lower(),
        programme_id=call.caller.programme.id,
        client=call.caller.client,
        scope=KeyScope(body.scope),
        algorithm=algorithm,
        material=material,
        valid_from=_ms(body.valid_from),
        valid_till=_ms(body.valid_till),
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
            "publicKeyMaterial": _shown(algorithm, material),
            "deactivationTimestamp": None,
        },
        201,
    )


def _asked(call: Call, name: str, values: tuple[str, ...]) -> str:
    value = call.request.query(name)
    if value is None:
        raise Malformed([Invalid(name, "required")])
    return one_of(value, name, values)


def _asked_algorithm(call: Call) -> str:
    """In the core's words; of any scope, where the scope itself is none."""
    return _NAMES[_asked(call, "algorithm", _offered(call.request.query("scope")))]


def _asked_version(call: Call) -> int | None:
    version = call.request.query("version")
    if version is None:
        return None
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise Malformed([Invalid("version", "type", ("integer",))])
    return int(version)


def _offered(scope: Any) -> tuple[str, ...]:
    """The wire's names of the scope's algorithms."""
    if scope not in _SCOPES:
        return tuple(_NAMES)
    return tuple(_WIRE[name] for name in ALGORITHMS[KeyScope(scope)])


def _shown(algorithm: str, der: bytes) -> dict[str, str]:
    return {"algorithm": _WIRE[algorithm], "keyMaterial": base64.b64encode(der).decode()}


def _ms(text: str) -> int:
    """Since 1970. Raises ValueError."""
    moment = datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _moments(body: dict[str, Any]) -> Iterator[Invalid]:
    """Days that there are, in their order."""
    made = []
    for name in ("validFrom", "validTill"):
        try:
            made.append(_ms(str(body.get(name))))
        except ValueError:
            yield Invalid(name, "pattern", ("yyyy-MM-dd HH:mm:ss",))
    if len(made) == 2 and made[0] >= made[1]:
        yield Invalid("validTill", "range", (f"after {body['validFrom']}", _LAST))


def _algorithm(body: dict[str, Any]) -> Iterator[Invalid]:
    """One of the scope's."""
    given, offered = at(body, _ALGORITHM), _offered(body.get("scope"))
    if isinstance(given, str) and _WIRE.get(given, given) not in offered:  # one guide: RFC 7518's
        yield Invalid(_ALGORITHM, "one_of", offered)


def _material(body: dict[str, Any]) -> Iterator[Invalid]:
    """A key for that algorithm, if it is one."""
    text, given = at(body, _KEY_MATERIAL), at(body, _ALGORITHM)
    if not isinstance(text, str) or not isinstance(given, str) or len(text) > _LONGEST_KEY:
        return
    name = _NAMES.get(given, given)
    if name in _WIRE:
        try:
            _der(text, name)
        except UnfitKey as unfit:
            yield Invalid(_KEY_MATERIAL, "key", (f"keyMaterial {unfit}",))


def _der(text: str, algorithm: str) -> bytes:
    """Raises UnfitKey."""
    try:
        der = base64.b64decode(text, validate=True)
    except ValueError:
        raise UnfitKey("must be base64 of DER, without PEM's lines") from None
    return spki(public_key(der, algorithm))


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
