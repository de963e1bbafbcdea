"""Encrypted and signed calls: what comes in is opened, what goes out is sealed likewise."""

from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from assent.dialects.wise.errors import Said, System, Unreadable, said
from assent.domain.jose import KeyScope
from assent.http.answer import Answer, json_answer
from assent.http.jose.compact import LONGEST, BadJose, Why, malformed
from assent.http.jose.jwe import CONTENT_KEY, IV, Opened, open_jwe, read_jwe, seal_direct, seal_to
from assent.http.jose.jws import Verified, VerifyingKey, verify
from assent.http.jose.keys import public_key
from assent.http.route import Call
from assent.ports.records import ClientKey

JOSE: Final = "application/jose+json"
_NOUGHT: Final = ("q=0", "q=0.0", "q=0.00", "q=0.000")
_KEYS: Final = (
    "GET /v1/auth/jose/response/public-keys?algorithm=RSA_OAEP_256&scope=PAYLOAD_ENCRYPTION"
)


async def opened(call: Call) -> Opened:
    """The body of an encrypted operation. Refuses whatever is no JWE to a key of ours, plain JSON
    too; a body over the limit before any key is touched."""
    token = await compact(call, "jwe")
    try:
        return await unsealed(call, token)
    except BadJose as bad:
        raise unreadable(call, bad) from bad


def sealed(call: Call, message: Opened, answer: Answer) -> Answer:
    """The answer under the content key of its request. One without a body stays as it is; so does
    one to a caller who takes plain JSON and no JWE."""
    if not answer.body or not _takes_jose(call.request.header(b"accept")):
        return answer
    iv = call.world.randomness.octets(IV)
    return jose_answer(answer, seal_direct(answer.body, message.content_key, iv))


def jose_answer(answer: Answer, token: str) -> Answer:
    """The same answer, as a compact JWE or JWS."""
    return replace(answer, body=token.encode(), type=JOSE.encode())


async def compact(call: Call, method: str) -> str:
    """The body's text. Refuses where neither header says that it is JOSE, or another sort."""
    stated = (call.request.header(b"x-tw-jose-method") or "").strip().lower()
    kind = (call.request.header(b"content-type") or "").partition(";")[0].strip().lower()
    body = (await call.request.body(LONGEST)).strip()
    if stated not in ("", method) or not (stated or kind == JOSE) or body[:1] in (b"{", b""):
        sort, key = "JWE", f" The key to encrypt to is that of {_KEYS}."
        if method == "jws":
            sort, key = "JWS", ""
        raise unreadable(
            call,
            malformed(
                f"The body must be a compact {sort}, sent with X-TW-JOSE-Method: {method} and "
                f"Content-Type: {JOSE}.{key}"
            ),
        )
    return body.decode("latin-1")


async def unsealed(call: Call, token: str) -> Opened:
    """A JWE to the key it names, or to any of ours. Raises BadJose.

    `kid` may also name a key of the client's own: the one that a reply is to be encrypted to.
    """
    read = read_jwe(token, (call.request.path,))
    keys = call.house.jose
    kid = read.kid.lower() if read.kid is not None else None
    ours = await keys.opening(call.world, kid)
    if kid is not None and not ours:
        theirs = await client_keys(call, KeyScope.PAYLOAD_ENCRYPTION)
        if all(key.kid != kid for key in theirs):
            raise malformed('"kid" in the header of the JWE names no key of yours or ours.')
        ours = await keys.opening(call.world, None)
    if not ours:
        raise malformed(f"There is no key yet that this could be encrypted to: {_KEYS}.")
    return open_jwe(read, ours, call.world.randomness.octets(CONTENT_KEY))


async def verified(call: Call, token: str) -> Verified:
    """A JWS by one of the client's keys. Raises BadJose."""
    keys = [
        VerifyingKey(key.kid, key.algorithm, public_key(key.material, key.algorithm))
        for key in await client_keys(call, KeyScope.PAYLOAD_SIGNING)
    ]
    return verify(token, keys, (call.request.path,))


async def sealed_to_client(call: Call, payload: bytes, kid: str | None = None) -> str:
    """A JWE to the client's key of that id, or to its newest. Raises BadJose where it has none."""
    held = await client_keys(call, KeyScope.PAYLOAD_ENCRYPTION)
    chosen = [key for key in held if key.kid == (kid or "").lower()] or held
    if not chosen:
        raise malformed(
            "There is no valid PAYLOAD_ENCRYPTION key of yours to encrypt the response to: "
            "POST /v1/auth/jose/request/public-keys."
        )
    key = public_key(chosen[0].material, chosen[0].algorithm)
    if not isinstance(key, RSAPublicKey):
        raise TypeError(f"{chosen[0].kid} cannot be encrypted to")
    octets = call.world.randomness.octets
    return seal_to(payload, key, chosen[0].kid, octets(CONTENT_KEY), octets(IV))


async def client_keys(call: Call, scope: KeyScope) -> list[ClientKey]:
    """The client's keys that are valid now, newest first."""
    now, caller = call.world.clock.now(), call.caller
    held = await call.world.stores.client_keys(caller.programme.id, caller.client, now)
    return [key for key in held if key.scope is scope and key.valid_from <= now]


def unreadable(call: Call, bad: BadJose) -> Unreadable:
    """400 with what is wrong; or, where the programme wants it so, the vendor's bare 500 for what
    does not open."""
    if bad.why is Why.SIGNATURE:
        answer = said(System(400, "jws_error", bad.detail))
    elif bad.why is Why.ENCRYPTION and call.caller.programme.settings.faithful_errors:
        ref = call.request.ref.zfill(32)
        body = {"message": "An unexpected error occurred", "request_id": ref}
        answer = json_answer(body, 500)
    else:
        answer = said(Said(400, f"jose.{bad.why}", bad.detail))
    return Unreadable(answer, bad.detail)


def _takes_jose(accept: str | None) -> bool:
    """Whether the Accept header lets a JWE through (RFC 9110 12.5.1)."""
    if not accept:
        return True
    for line in accept.lower().split(","):
        kind, *params = (part.strip() for part in line.split(";"))
        refused = any(param.replace(" ", "") in _NOUGHT for param in params)
        if kind in (JOSE, "application/*", "*/*") and not refused:
            return True
    return False
