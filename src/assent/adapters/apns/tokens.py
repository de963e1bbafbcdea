"""Who we are, to APNs: a token that is signed anew every forty minutes.

https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns
"""

from joserfc import jwt
from joserfc.jwk import ECKey

from assent.adapters.apns.settings import ApnsSettings, signing_key
from assent.kernel.clock import MINUTE, SECOND, Clock

_LIFE = 40 * MINUTE
"""One that is older than an hour is refused."""
_LEAST = 20 * MINUTE
"""Whoever makes them more often than this is refused."""


class Tokens:
    """The one that is in use."""

    def __init__(self, settings: ApnsSettings, clock: Clock) -> None:
        self._settings = settings
        self._key = ECKey.import_key(signing_key(settings))
        self._clock = clock
        self._token = ""
        self._made_at = 0

    def token(self) -> str:
        """For the next request."""
        wall = self._clock.wall()
        if not self._token or not self._made_at <= wall < self._made_at + _LIFE:
            head = {"alg": "ES256", "kid": self._settings.key_id}
            claims = {"iss": self._settings.team_id, "iat": wall // SECOND}
            self._token = jwt.encode(head, claims, self._key, algorithms=["ES256"])
            self._made_at = wall
        return self._token

    def expired(self, token: str) -> bool:
        """APNs says that this one is too old; whether there may be another by now."""
        if token == self._token and self._clock.wall() >= self._made_at + _LEAST:
            self._token = ""
        return token != self._token
