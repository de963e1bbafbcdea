"""What the sandbox's calls for devices say where they refuse, and what to do then."""

from typing import Any

from assent.http.answer import Answer, json_answer
from assent.kernel.refusals import Code

_LATER = "Nothing was done. Try again in a moment."
_SENTENCES = {
    Code.SUBJECT_INACTIVE: "The person is deactivated: activate them first.",
    Code.FACTORS_USED_UP: "The person has as many devices as are allowed: remove one with "
    "DELETE /sandbox/users/{user_id}/devices/{device_id}.",
    Code.FACTOR_UNFIT: "The device is not taken. Where the programme wants attested ones, which no "
    'virtual one is: POST /sandbox/settings {"attested_devices": false}. Otherwise the name is no '
    "device's: leave it out.",
    Code.KIND_SWITCHED_OFF: "The programme does not take this sort of device: see channels and "
    "number_matching at GET /sandbox/settings.",
    Code.FACTOR_NOT_ENROLLED: "The device was removed meanwhile: see "
    "GET /sandbox/users/{user_id}/devices.",
    Code.DEVICE_UNKNOWN: "The person has no such virtual device: see "
    "GET /sandbox/users/{user_id}/devices, or make one with POST. A real device answers for "
    "itself.",
    Code.CHALLENGE_NOT_OPEN: "The question was answered or withdrawn: ask anew, and see "
    "GET /sandbox/users/{user_id}/challenges.",
    Code.CHALLENGE_EXPIRED: "The question's time is over: ask anew, and answer within five minutes "
    "of the sandbox's clock.",
    Code.CHALLENGE_USED_UP: "There were too many wrong answers to this question: ask anew.",
    Code.ATTEMPTS_BLOCKED: "There were too many wrong answers of this person: wait with "
    "POST /sandbox/clock, or assent users unblock.",
    Code.SESSION_GONE: "The session that asked is over: log in and ask anew.",
    Code.APPROVAL_LOCKED: "Somebody answered before that it was not them: log in and ask anew.",
    Code.CHANGED_MEANWHILE: "Something else changed it in the same moment: try again.",
    Code.BUSY: _LATER,
    Code.UNAVAILABLE: _LATER,
}
_NO_USER = (
    "There is no such person in this programme, or nobody that they act for: {user_id} is the "
    "user's id (rootUser.id.id), and sandbox-key their programme's."
)
_NO_QUESTION = (
    "This person is asked no such question on a device: see "
    "GET /sandbox/users/{user_id}/challenges."
)
_NOT_ON_PHONE = (
    "No such question came to the app on this phone: see challenge at "
    "GET /sandbox/phones/{number}/messages."
)
_WRONG = "number is not what the other screen shows: send what the call that asked was answered."


def refused(path: str, code: Code, status: int) -> Answer:
    """A sentence beside the code; `path` is the route's."""
    return _answer(_sentence(path, code), code.value, status)


def wrong_number(left: str) -> Answer:
    """409; `left` says how often it may still be tried."""
    return _answer(_WRONG, "answer_wrong", 409, left=left)


def number_not_asked() -> Answer:
    """400: what was meant for another question would seem to have been compared."""
    text = (
        "This question asks for no number: leave it out, or switch number_matching on with "
        "POST /sandbox/settings before it is asked."
    )
    return _answer(text, "number_not_asked", 400)


def _sentence(path: str, code: Code) -> str:
    if code is not Code.NOT_FOUND:
        return _SENTENCES.get(code, "The person's state does not allow it; code says why.")
    if path.startswith("/phones/"):
        return _NOT_ON_PHONE
    return _NO_QUESTION if "{challenge_id}" in path else _NO_USER


def _answer(text: str, code: str, status: int, **more: Any) -> Answer:
    return json_answer({"message": text, "code": code, **more}, status)
