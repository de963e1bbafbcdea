"""The ways of speaking, and the pages that belong to them."""

from assent.adapters.sql.stores import SqlStores
from assent.dialects.device.app import app as device_app
from assent.dialects.device.dialect import DeviceApi
from assent.dialects.device.hub import Hub as DeviceHub
from assent.dialects.device.means import Means as DeviceMeans
from assent.dialects.device.names import FIXED_CODE as DEVICE_CODE
from assent.dialects.device.openapi import PATH as DEVICE_DOCUMENT
from assent.dialects.device.openapi import openapi as device_document
from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.mock import Mock
from assent.dialects.weavr.reference import PATH as REFERENCE_PATH
from assent.dialects.weavr.reference import reference
from assent.dialects.weavr.simulator import FIXED_CODE as WEAVR_CODE
from assent.dialects.weavr.simulator import Simulator
from assent.dialects.weavr.webhooks import say as say_weavr
from assent.dialects.wise.approval_page import ApprovalPage
from assent.dialects.wise.consent_page import ConsentPage
from assent.dialects.wise.dialect import Wise
from assent.dialects.wise.hosted import Means as Hosted
from assent.dialects.wise.hosted import Pages
from assent.dialects.wise.names import FIXED_CODE as WISE_CODE
from assent.domain.capture import EmbeddersOf, origin_of
from assent.domain.device import DeviceLimits, relying_party
from assent.domain.programme import ProgrammeSettings
from assent.factors.password.settings import PROFILES
from assent.frames.envelope import KIND_OF_FIELD
from assent.http.document import Document


def device_api(
    stores: SqlStores,
    limits: DeviceLimits,
    base_url: str,
    embedders_of: EmbeddersOf,
    sandbox: bool,
    web_push_key: str,
) -> tuple[DeviceApi, DeviceHub, dict[str, Document]]:
    """The Device API, the table of the devices that wait, which is to be told of every commit of
    this process, and its OpenAPI document by path."""
    hub = DeviceHub(stores)
    means = DeviceMeans(
        base_url=base_url,
        party=relying_party(limits, origin_of(base_url)),
        limits=limits,
        hub=hub,
        embedders_of=embedders_of,
        fixed_code=DEVICE_CODE if sandbox else None,
        web_push_key=web_push_key,
    )
    made = DeviceApi(means)
    return made, hub, {DEVICE_DOCUMENT: device_document(made)}


def field_rules(settings: ProgrammeSettings) -> dict[str, dict[str, int | bool]]:
    """What new values of the secure fields must be like, for those the programme has."""
    profile = PROFILES[settings.password_profile]
    rules: dict[str, dict[str, int | bool]] = {
        "password": {
            "shortest": profile.shortest,
            "longest": profile.longest,
            "classes": profile.classes,
        },
        "passCode": {"digits": settings.passcode_digits},
    }
    return {
        field: rule for field, rule in rules.items() if KIND_OF_FIELD[field] in settings.credentials
    }


SAYING = (say_weavr,)
"""The dialects that tell firms' servers what happened. The SCA API's own are not published."""

__all__ = [
    "REFERENCE_PATH",
    "SAYING",
    "WEAVR_CODE",
    "WISE_CODE",
    "ApprovalPage",
    "ConsentPage",
    "Hosted",
    "Mock",
    "Pages",
    "Simulator",
    "Weavr",
    "Wise",
    "device_api",
    "device_app",
    "field_rules",
    "reference",
]
