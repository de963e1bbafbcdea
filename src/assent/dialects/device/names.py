"""The dialect's words for what the core calls otherwise."""

from typing import Final

PREFIX: Final = "/device/v1"
APP: Final = "/device/"
"""Where the reference app is, which links lead to."""
FIXED_CODE: Final = "123456"
"""Of a sandbox whose programme has fixed codes: the Multi API's, for they are of one kind."""
CODE_KIND: Final = "sms_otp"
"""What proves the phone in an enrolment whose session is not stepped up."""
CODE_WRONG: Final = "code_wrong"
ANSWER_WRONG: Final = "answer_wrong"
PROOF_WRONG: Final = "proof_wrong"
MALFORMED: Final = "malformed"
