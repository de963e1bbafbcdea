"""Consumers as the dialect prints them."""

from typing import Any

from assent.dialects.weavr import names
from assent.domain.subject import Acting


def display_name(acting: Acting) -> str:
    """A company's name, or the person's."""
    details = acting.subject.details
    return f"{details.get('name', '')} {details.get('surname', '')}".strip()


def consumer(acting: Acting) -> dict[str, Any]:
    """A consumer with its root user; what was never given is left out."""
    subject, identity = acting.subject, acting.identity
    mobile = subject.mobile
    root_user: dict[str, Any] = {
        "id": {"type": names.IDENTITY_PATH[identity.type], "id": str(subject.id)},
        **subject.details,
        "email": subject.email,
        "active": subject.active,
        "emailVerified": subject.email_verified,
        "mobileNumberVerified": subject.mobile_verified,
    }
    if mobile is not None:
        root_user["mobile"] = {"countryCode": mobile.country_code, "number": mobile.number}
    return {
        "id": {"type": names.IDENTITY_PATH[identity.type], "id": str(identity.id)},
        "profileId": str(identity.profile_id),
        **identity.details,
        "rootUser": root_user,
        "creationTimestamp": identity.created_at,
    }
