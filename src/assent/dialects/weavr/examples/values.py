"""The people and companies of the examples."""

from typing import Any, Final

TOKEN: Final = (
    "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6IjVkMGM5ZjE3In0"
    ".eyJpc3MiOiJhc3NlbnQiLCJhdWQiOiI2NDA2OTk2NzU2MzU3OTIxIiwic3ViIjoiMTEyMzQ1Njc4OTAxMjM0NSJ9"
    ".q0s3Xo8nZy1vQm2Tt9bR4cLwE7uJkP5dHfA6gSxNiYI"
)
EMAIL: Final = "ada.lovelace@example.com"
TYPED: Final = "cap_0Myeni26fK66sNACKBb3D3kUiPPoWRXlM2aiVW5"
TYPED_AGAIN: Final = "cap_13QLc1XQ6zPWSENMigCZ3T7Tqxnx3X8ee4P6vEJ"
"""What the secure fields give in place of what is typed."""
USER: Final = "1123456789012345"
IDENTITY: Final = "2234567890123456"
PROFILE: Final = "1159868872099459"
CONSUMER: Final = {"type": "CONSUMER", "id": IDENTITY}
ROOT: Final = {"type": "ROOT", "id": USER}
MOBILE: Final = {"countryCode": "+356", "number": "79000001"}
BIRTH: Final = {"year": 1990, "month": 12, "day": 10}
ADDRESS: Final = {
    "country": "MT",
    "addressLine1": "12 Triq ir-Repubblika",
    "city": "Valletta",
    "postCode": "VLT 1112",
}
CODE: Final = {"verificationCode": "123456"}
SMS: Final = {"channel": "SMS"}
AUTHY: Final = {"channel": "AUTHY"}
BIOMETRIC: Final = {"channel": "BIOMETRIC"}
CHALLENGE: Final = "5567890123456789"
CREATED: Final = 1795251140500
COMPANY: Final = {
    "type": "LLC",
    "name": "Analytical Engines",
    "registrationNumber": "C 12345",
    "registrationCountry": "MT",
    "businessAddress": ADDRESS,
}
CORPORATE_PROFILE: Final = "5064770499480109"
CORPORATE_IDENTITY: Final = "3345678901234567"
OTHER_USER: Final = "4456789012345678"
OTHER_EMAIL: Final = "grace.hopper@example.com"
OTHER_MOBILE: Final = {"countryCode": "+356", "number": "79000002"}


def consumer(**root: Any) -> dict[str, Any]:
    """A consumer, its root user changed in these."""
    return {
        "id": {"type": "consumers", "id": IDENTITY},
        "profileId": PROFILE,
        "ipAddress": "203.0.113.7",
        "baseCurrency": "EUR",
        "rootUser": {
            "id": {"type": "consumers", "id": USER},
            "name": "Ada",
            "surname": "Lovelace",
            "email": EMAIL,
            "mobile": MOBILE,
            "dateOfBirth": BIRTH,
            "address": ADDRESS,
            "active": True,
            "emailVerified": False,
            "mobileNumberVerified": True,
            **root,
        },
        "creationTimestamp": CREATED,
    }


def corporate(**root: Any) -> dict[str, Any]:
    """A corporate, its root user changed in these."""
    return {
        "id": {"type": "corporates", "id": CORPORATE_IDENTITY},
        "profileId": CORPORATE_PROFILE,
        "ipAddress": "203.0.113.7",
        "baseCurrency": "EUR",
        "company": COMPANY,
        "rootUser": {
            "id": {"type": "corporates", "id": USER},
            "name": "Ada",
            "surname": "Lovelace",
            "email": EMAIL,
            "mobile": MOBILE,
            "companyPosition": "DIRECTOR",
            "active": True,
            "emailVerified": True,
            "mobileNumberVerified": True,
            **root,
        },
        "creationTimestamp": CREATED,
    }


def user(**changed: Any) -> dict[str, Any]:
    """An authorised user, changed in these."""
    return {
        "id": OTHER_USER,
        "identity": {"type": "corporates", "id": CORPORATE_IDENTITY},
        "name": "Grace",
        "surname": "Hopper",
        "email": OTHER_EMAIL,
        "mobile": OTHER_MOBILE,
        "active": True,
        "emailVerified": False,
        "mobileNumberVerified": False,
        "roles": ["FUNDS_MANAGEMENT_ROLE"],
        "creationTimestamp": CREATED,
        **changed,
    }


PASSWORD_SET: Final = {
    "passwordInfo": {"identityId": CONSUMER, "expiryDate": 0},
    "token": TOKEN,
}
