"""Bearers: signed JWTs with a session's id and no claim that can go stale (RFC 7519, 8037)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey

from assent.domain.session import Session
from assent.http.signing_key import ALGORITHM
from assent.kernel.clock import SECOND
from assent.kernel.refusals import Code, Refusal
from assent.ports.records import SigningKey

_REMEMBERED = 20_000
_KNOWN_EVERYWHERE_MS = 5 * SECOND
"""A new key signs once every server must have read it (they look each second): a bearer of it
would otherwise be unknown on a server that has not looked yet."""
_LONGEST = 1_024


class _OnlyOurs(jws.JWSRegistry):
    """The allow-list, and no warning that RFC 9864 calls the algorithm `Ed25519` by now: most
    clients know it by its older name."""

    def get_alg(self, name: str) -> Any:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_JWS = _OnlyOurs()


@dataclass(frozen=True, slots=True)
class Claims:
    """What a bearer says, once its signature was checked."""

    programme_id: int
    session_id: int
    """0: a client speaks for itself."""
    client_key: int = 0
    """The key of the client it was given to; 0: to none, it is an end user's own."""
    given_at: int = 0
    """In ms of business time."""


class Bearers:
    """Signs and reads. Checking a signature costs more than the rest of a request, so bearers
    that passed are remembered by their hash; whether the session lives is always asked of the
    store."""

    def __init__(self, issuer: str, keys: Sequence[SigningKey], wall: int) -> None:
        self._issuer = issuer
        self._checked: dict[bytes, Claims] = {}
        self._keys: dict[str, OKPKey] = {}
        self._signing = ""
        self.use(keys, wall)

    def use(self, keys: Sequence[SigningKey], wall: int) -> None:
        """The key set, newest first. A changed set empties the memory of checked bearers."""
        if [key.kid for key in keys] != list(self._keys):
            self._checked.clear()
            self._keys = {key.kid: OKPKey.import_key(key.private, {"kid": key.kid}) for key in keys}
        old_enough = [key for key in keys if wall - key.created_at >= _KNOWN_EVERYWHERE_MS]
        self._signing = (old_enough or keys[-1:])[0].kid if keys else ""

    def mint(self, session: Session, client_key: int = 0) -> str:
        """The bearer of a session: the end user's own, or a client's that acts for them."""
        claims = {
            "aud": str(session.programme_id),
            "sub": str(session.subject_id),
            "sid": str(session.id),
            "iat": session.created_at // 1_000,
        }
        return self._signed({**claims, "cky": str(client_key)} if client_key else claims)

    def mint_for_client(self, programme_id: int, client_key: int, now: int) -> str:
        """The bearer of a client that speaks for itself."""
        return self._signed(
            {
                "aud": str(programme_id),
                "cky": str(client_key),
                "iat": now // 1_000,
            }
        )

    def _signed(self, claims: dict[str, Any]) -> str:
        key = self._keys.get(self._signing)
        if key is None:
            raise Refusal(Code.UNAVAILABLE, "no signing key")
        claims = {"iss": self._issuer, **claims}
        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self._signing}
        return jws.serialize_compact(
            header, json.dumps(claims, separators=(",", ":")), key, registry=_JWS
        )

    def session_id(self, authorization: str | None, programme_id: int) -> int:
        """From `Bearer <token>` to the session's id. Refuses SESSION_GONE for anything else.

        Another programme's bearer is refused here, before its session is touched: a call that is
        answered 401 is no activity. So is a client's: it speaks another way.
        """
        claims = self.claims(authorization)
        if claims.programme_id != programme_id or claims.client_key:
            raise Refusal(Code.SESSION_GONE, "audience")
        return claims.session_id

    def claims(self, authorization: str | None) -> Claims:
        """From `Bearer <token>` to what it says. Refuses SESSION_GONE for anything else."""
        if authorization is None or authorization[:7].lower() != "bearer ":
            raise Refusal(Code.SESSION_GONE, "no bearer")
        token = authorization[7:]
        digest = hashlib.sha256(token.encode("latin-1")).digest()
        known = self._checked.get(digest)
        if known is None:
            known = self._read(token)
            if len(self._checked) >= _REMEMBERED:
                self._checked.pop(next(iter(self._checked)))
            self._checked[digest] = known
        return known

    def public_keys(self) -> dict[str, Any]:
        """The key set as JWKS (RFC 7517)."""
        return {
            "keys": [
                {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
                for key in self._keys.values()
            ]
        }

    def _read(self, token: str) -> Claims:
        if len(token) > _LONGEST:
            raise Refusal(Code.SESSION_GONE, "too long")
        try:
            read = jws.extract_compact(token.encode("latin-1"))
            kid = read.headers().get("kid")
            key = self._keys.get(kid) if isinstance(kid, str) else None
            if key is None:
                raise Refusal(Code.SESSION_GONE, "unknown key")
            if not jws.validate_compact(read, key, registry=_JWS):
                raise Refusal(Code.SESSION_GONE, "signature")
            claims = json.loads(read.payload)
            if claims["iss"] != self._issuer:
                raise Refusal(Code.SESSION_GONE, "issuer")
            client_key = int(claims.get("cky", 0))
            return Claims(
                programme_id=int(claims["aud"]),
                session_id=int(claims.get("sid", 0) if client_key else claims["sid"]),
                client_key=client_key,
                given_at=int(claims["iat"]) * SECOND,
            )
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Refusal(Code.SESSION_GONE, type(error).__name__) from error
