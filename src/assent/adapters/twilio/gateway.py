"""Messages and calls through Twilio's REST API."""

from assent.adapters.twilio.account import Account
from assent.adapters.twilio.form import form
from assent.adapters.twilio.receipt import state_of
from assent.adapters.twilio.settings import TwilioSettings
from assent.domain.message import Message, MessageState
from assent.ports.delivery import AT_ONCE, ReceiptCall


class Twilio:
    """`ports.delivery.Gateway` and `Receipts`. At least once: neither resource takes a key by which
    Twilio could tell a second try, so a message whose answer was lost arrives twice, or the phone
    rings twice.

    Taken means queued: whether it arrived is what receipts say.
    """

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._token = settings.signing_token
        self._account = Account(settings)
        self.timeout_seconds = float(settings.timeout_seconds)
        self.at_once = AT_ONCE
        self.receipts = bool(self._token)

    async def send(self, message: Message) -> None:
        """As `ports.delivery.settle` reads the answer."""
        settings = self._settings
        resource, fields = form(settings, message)
        url = f"{settings.base_url}/2010-04-01/Accounts/{settings.account_sid}/{resource}.json"
        await self._account.call("POST", url, message.content.channel, fields)

    def receipt(self, call: ReceiptCall) -> MessageState | None:
        """As `MessageStatus` or `CallStatus` says it: a call that nobody takes is undelivered."""
        return state_of(call, self._token)

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._account.close()
