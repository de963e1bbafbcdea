"""Events in the dialect's words: where each is posted, behind the firm's own address, and its body.

`POST .../authentication_factors/watch` and the others, as the Multi API's webhooks document them;
docs/webhooks.md says what was decided where that is silent.
"""

from typing import Any, Final

from assent.dialects.weavr import names, persons
from assent.domain.event import Event, EventName, EventWords, Outcome
from assent.domain.subject import Acting

_DECIDED: Final = {EventName.STEP_UP_DECIDED: "stepup", EventName.LOG_IN_DECIDED: "login"}
_STATUS: Final = {
    Outcome.ACTIVE: "ACTIVE",
    Outcome.INACTIVE: "INACTIVE",
    Outcome.VERIFIED: "VERIFIED",
    Outcome.DECLINED: "DECLINED",
    Outcome.EXPIRED: "EXPIRED",
}
_FACTOR_TYPE: Final = {kind: type for kind, (type, _) in names.FACTOR_TYPE.items()}
_REASONS: Final = (
    *("ACCOUNT_REVIEW", "ACCOUNT_SECURITY", "TEMPORARY"),
    *("ACCOUNT_CLOSURE", "ACCOUNT_ABANDONED"),
)


def say(event: Event, acting: Acting | None) -> EventWords | None:
    """None for a kind of factor that the Multi API does not know, and for somebody of whom nothing
    is known any more."""
    if event.name is EventName.USER_DEACTIVATED:
        return EventWords("/auth/users/user_deactivated/watch", _deactivated(event))
    kind_of = names.LOG_IN_TYPE if event.name is EventName.LOG_IN_DECIDED else _FACTOR_TYPE
    if event.kind not in kind_of or acting is None or event.outcome is None:
        return None
    credentials = persons.whose(acting)["credentials"]
    body = {
        "type": kind_of[event.kind],
        "status": _STATUS[event.outcome],
        "publishedTimestamp": str(event.at),
    }
    if event.name is EventName.FACTOR_CHANGED:
        return EventWords("/authentication_factors/watch", {"credentialId": credentials, **body})
    decided: dict[str, Any] = {"credential": credentials, "challengeId": str(event.challenge_id)}
    if event.name is EventName.LOG_IN_DECIDED:
        del decided["challengeId"]
    if event.identity_id or event.name is EventName.STEP_UP_DECIDED:
        decided["identity"] = persons.identity_id(acting.identity)
    return EventWords(f"/{_DECIDED[event.name]}/watch", {**decided, **body})


def _deactivated(event: Event) -> dict[str, Any]:
    reason = "_".join(event.reason.upper().split())
    return {
        "actionDoneBy": _done_by(event.by),
        "emailAddress": event.address,
        "reasonCode": reason if reason in _REASONS else "UNDEFINED_REASON",
    }


def _done_by(by: str) -> str:
    """Whoever runs the server, or the firm. A manager of the identity is neither."""
    if by.startswith("operator:"):
        return "ADMIN"
    return "UNDEFINED" if by.startswith("subject:") else "INNOVATOR"
