"""Access tokens for a service account (RFC 7523 2.1), kept as long as they are good."""

import asyncio
import json
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.jwk import RSAKey

from assent.adapters.fcm.settings import Account
from assent.domain.message import Channel
from assent.kernel.clock import HOUR, MINUTE, SECOND, Clock
from assent.kernel.log import Log
from assent.ports.delivery import Undelivered

log = Log()

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EARLY = MINUTE
"""A token is renewed this long before its end: a message may take a while."""
_MOST_OCTETS = 65_536


class Tokens:
    """One at a time, for however many messages need it."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._token = ""
        self._until = 0
        self._asking = asyncio.Lock()

    async def token(self, client: aiohttp.ClientSession) -> str:
        """Raises Undelivered where there is none to be had now."""
        async with self._asking:
            if not self._token or self._clock.wall() >= self._until:
                self._token, life = await self._asked(client)
                self._until = self._clock.wall() + max(0, life - _EARLY)
            return self._token

    def refused(self, token: str) -> None:
        """That one is no good any more, whatever was promised."""
        if token == self._token:
            self._token = ""

    async def _asked(self, client: aiohttp.ClientSession) -> tuple[str, int]:
        form = {"grant_type": GRANT, "assertion": self._assertion()}
        try:
            async with client.post(
                self._account.token_url, data=form, allow_redirects=False
            ) as answer:
                status, octets = answer.status, await answer.content.read(_MOST_OCTETS)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(f"no token: {type(error).__name__}") from None
        try:
            read: Any = json.loads(octets) if status == 200 else {}
            token, life = str(read["access_token"]), int(read.get("expires_in", 0)) * SECOND
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            if 400 <= status < 500 and status != 429:  # every message meets the same
                told = "fcm.account_file, fcm.token_url"
                log.error("gateway_refuses_us", channel=Channel.FCM, status=status, settings=told)
            raise Undelivered(f"no token: answered {status}") from None
        return token, life

    def _assertion(self) -> str:
        """https://developers.google.com/identity/protocols/oauth2/service-account"""
        account, wall = self._account, self._clock.wall()
        claims = {
            "iss": account.email,
            "scope": SCOPE,
            "aud": account.token_url,
            "iat": wall // SECOND,
            "exp": (wall + HOUR) // SECOND,
        }
        head = {"typ": "JWT", "alg": "RS256", "kid": account.key_id}
        return jwt.encode(head, claims, RSAKey.import_key(account.key), algorithms=["RS256"])
