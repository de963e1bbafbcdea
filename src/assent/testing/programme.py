"""A programme of a sandbox: its keys, its calls, its people, what its phones show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote

from assent.kernel.randomness import SystemRandomness
from assent.testing import calls
from assent.testing.calls import Answer
from assent.testing.person import PASSWORD, Person, create, create_root
from assent.testing.sca_person import ScaPerson, client_token, sign_up

LIKE_THE_DEMO: Mapping[str, object] = {
    "plaintext_passwords": True,
    "credentials": ["password", "passcode"],
    "password_profile": "weavr",
    "fingerprint_is_possession": True,
}
"""What tests want of a new programme; `docs/sandbox.md` has all settings."""


class NoCode(Exception):
    """No message with a code has come to that phone or mailbox."""


@dataclass(frozen=True)
class Message:
    """As a virtual phone or mailbox shows it. `sent_at` in ms since 1970; `code` may be empty.
    `subject` and `html` are an e-mail's; of what was pushed to the app on a phone, `subject` is
    what it shows and `challenge` the id of the question."""

    id: str
    sent_at: int
    channel: str
    body: str
    code: str
    subject: str = ""
    html: str = ""
    challenge: str = ""


@dataclass(frozen=True, kw_only=True)
class Programme:
    """Addresses and keys of one programme, as `assent sandbox --credentials` writes them."""

    base_url: str
    frames_url: str
    id: str
    name: str
    api_key: str = field(repr=False)
    ui_key: str = field(repr=False)
    consumers_profile: str
    corporates_profile: str
    wise_client_id: str
    wise_client_secret: str = field(repr=False)
    simulator_key: str = field(repr=False)
    sandbox_key: str = field(repr=False)

    @classmethod
    def of(cls, credentials: Mapping[str, Any], **more: Any) -> Self:
        """From the JSON that the sandbox writes. KeyError where a name is missing."""
        programme, wise = credentials["programme"], credentials["wise"]
        return cls(
            base_url=credentials["base_url"],
            frames_url=credentials["frames_url"],
            id=programme["id"],
            name=programme["name"],
            api_key=programme["api_key"],
            ui_key=programme["ui_key"],
            consumers_profile=credentials["profiles"]["consumers"],
            corporates_profile=credentials["profiles"]["corporates"],
            wise_client_id=wise["client_id"],
            wise_client_secret=wise["client_secret"],
            simulator_key=credentials["simulator_key"],
            sandbox_key=credentials["sandbox_key"],
            **more,
        )

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any call, with no key but what `headers` hold. Every status is an answer."""
        return calls.call(self.base_url, method, path, body, headers)

    def multi(self, method: str, path: str, body: object = None, token: str = "") -> Answer:
        """A call of the Multi API with the API key, and a person's token where one is given.
        `path` is the whole one, such as `/multi/consumers`."""
        bearer = {"authorization": f"Bearer {token}"} if token else {}
        return self.call(method, path, body, {"api-key": self.api_key, **bearer})

    def sandbox(self, method: str, path: str, body: object = None) -> Answer:
        """A call of the sandbox's own, `path` without `/sandbox`. Refused unless it is 2xx."""
        key = {"sandbox-key": self.sandbox_key}
        return self.call(method, f"/sandbox{path}", body, key).wanted("See docs/sandbox.md.")

    def simulate(self, path: str) -> Answer:
        """A call of the simulator, `path` without `/simulate/api`. Refused unless it is 2xx."""
        key = {"programme-key": self.simulator_key}
        return self.call("POST", f"/simulate/api{path}", None, key).wanted("See docs/sandbox.md.")

    def change_settings(self, **settings: object) -> None:
        """Any of the programme's settings, such as codes="random"."""
        self.sandbox("POST", "/settings", settings)

    def set_words(self, words: str | Mapping[str, object]) -> None:
        """What messages say from now on: a file of words as text (TOML), or its tables; empty: the
        house's. `docs/delivery.md` has the form. Refused with all that is wrong with it."""
        self.sandbox("PUT", "/words", words.encode() if isinstance(words, str) else words)

    def order_faults(self, count: int, status: int | None = None, delay_seconds: int = 0) -> None:
        """The next `count` calls with the API key are answered with 429, 500 or 503, or late."""
        body = {"calls": count, "delay_seconds": delay_seconds}
        self.sandbox("POST", "/faults", body if status is None else {**body, "status": status})

    def messages(self, address: str) -> list[Message]:
        """What came to an E.164 number or an e-mail address, newest first. Whatever was committed
        before is there: nothing to wait for."""
        box = "mailboxes" if "@" in address else "phones"
        held = self.sandbox("GET", f"/{box}/{quote(address, safe='+@')}/messages").json
        return [
            Message(**{**one, "code": one["code"] or "", "challenge": one.get("challenge") or ""})
            for one in held["messages"]
        ]

    def last_code(self, address: str) -> str:
        """The code of the newest message there that has one; NoCode where none has."""
        held = self.messages(address)
        for message in held:
            if message.code:
                return message.code
        raise NoCode(
            f"No code has come to {address}; {len(held)} messages without one have. Was the call "
            "that sends it answered with 2xx, and is that the address of the person it was for?"
        )

    def new_person(
        self, *, email: str = "", mobile: str = "", password: str = PASSWORD, verified: bool = True
    ) -> Person:
        """A consumer of the Multi API with a password, logged in; e-mail, mobile and due diligence
        `verified` by the simulator, no phone enrolled yet. Address and number are made up unless
        they are given, the number in E.164."""
        return create(self, email or self._email(), mobile or self._mobile(), password, verified)

    def new_corporate(
        self, *, email: str = "", mobile: str = "", password: str = PASSWORD, verified: bool = True
    ) -> Person:
        """The root of a new company, as `new_person` makes a consumer; `identity_id` is the
        corporate's."""
        return create_root(
            self, email or self._email(), mobile or self._mobile(), password, verified
        )

    def new_sca_person(self, *, email: str = "", mobile: str = "") -> ScaPerson:
        """A person of the SCA API with a phone, and a token of theirs."""
        return sign_up(self, email or self._email(), mobile or self._mobile())

    def client_token(self) -> str:
        """A token of the SCA API's client, for calls that act for nobody in particular."""
        return client_token(self)

    # by chance, because a sandbox that is shared keeps its people from one run to the next

    @staticmethod
    def _email() -> str:
        return f"ada.{SystemRandomness().octets(6).hex()}@example.com"

    @staticmethod
    def _mobile() -> str:
        return f"+35679{SystemRandomness().digits(6)}"
