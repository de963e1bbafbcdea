"""What a programme may choose from."""

from assent.dialects.weavr.names import CHANNELS as WEAVR_CHANNELS
from assent.dialects.wise.names import CHANNELS as WISE_CHANNELS
from assent.domain.programme import PASSCODE, PASSWORD
from assent.factors.password.settings import PROFILES

CHANNELS = tuple(dict.fromkeys((*WISE_CHANNELS, *WEAVR_CHANNELS)))
"""What a programme may switch on, in either dialect's words."""

CREDENTIALS = (PASSWORD, PASSCODE)
"""The kinds of secret that a programme may have people log in with."""

PASSWORD_PROFILES = tuple(PROFILES)
