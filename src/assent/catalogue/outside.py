"""Whether what is outside is reached, and how: for those who look."""

from assent.adapters.apns.settings import tls_context as apns_tls
from assent.adapters.fcm.settings import account as fcm_account
from assent.adapters.fcm.settings import tls_context as fcm_tls
from assent.adapters.http_gateway.settings import tls_context as gateway_tls
from assent.adapters.reach.reach import Reached, reach
from assent.adapters.smtp.settings import tls_context as mail_tls
from assent.adapters.webhook.settings import may_call as may_call_firm
from assent.adapters.webhook.settings import tls_context as webhook_tls

__all__ = [
    "Reached",
    "apns_tls",
    "fcm_account",
    "fcm_tls",
    "gateway_tls",
    "mail_tls",
    "may_call_firm",
    "reach",
    "webhook_tls",
]
