"""Whom browsers' keys belong to, and which pages may use them (WebAuthn 5.1.2, 13.4.9)."""

import pytest

from assent.domain.device import DeviceLimits, RelyingParty, relying_party, wrong_with_party
from assent.settings import SettingsError, load

OWN = "https://sca.bank.example"


def test_by_default_it_is_the_servers_own_host():
    assert relying_party(DeviceLimits(), OWN) == RelyingParty("sca.bank.example", (OWN,))
    port = "http://localhost:8400"
    assert relying_party(DeviceLimits(), port) == RelyingParty("localhost", (port,))
    assert wrong_with_party(DeviceLimits(), OWN) == wrong_with_party(DeviceLimits(), port) == ""


def test_a_domain_above_it_and_pages_below_that():
    limits = DeviceLimits(rp_id="bank.example", origins=("https://app.bank.example",))
    assert wrong_with_party(limits, OWN) == ""
    party = relying_party(limits, OWN)
    assert party == RelyingParty("bank.example", (OWN, "https://app.bank.example"))


@pytest.mark.parametrize(
    ("rp_id", "origins", "named"),
    [
        ("other.example", (), "server.base_url"),
        ("ca.bank.example", (), "server.base_url"),
        ("x.sca.bank.example", (), "server.base_url"),
        ("Bank.example", (), "devices.rp_id"),
        ("https://bank.example", (), "devices.rp_id"),
        ("bank.example:443", (), "devices.rp_id"),
        ("bank.example/", (), "devices.rp_id"),
        ("*.example", (), "devices.rp_id"),
        ("", ("https://evil.example",), "devices.origins"),
        ("bank.example", ("https://notbank.example",), "devices.origins"),
        ("bank.example", ("http://app.bank.example",), "devices.origins"),
        ("bank.example", ("https://app.bank.example/",), "devices.origins"),
        ("bank.example", ("app.bank.example",), "devices.origins"),
        ("bank.example", ("null",), "devices.origins"),
    ],
)
def test_what_no_browser_would_take(rp_id: str, origins: tuple[str, ...], named: str):
    told = wrong_with_party(DeviceLimits(rp_id=rp_id, origins=origins), OWN)
    assert told.startswith(named)


def test_a_server_with_such_settings_does_not_start():
    own = {"ASSENT_SERVER_BASE_URL": OWN, "ASSENT_SERVER_FRAMES_URL": "https://f.example"}
    right = {**own, "ASSENT_DEVICES_RP_ID": "bank.example"}
    assert load(None, right).devices.rp_id == "bank.example"
    both = {**right, "ASSENT_DEVICES_ORIGINS": "https://a.bank.example,https://b.bank.example"}
    assert len(load(None, both).devices.origins) == 2
    with pytest.raises(SettingsError, match=r"server\.base_url holds"):
        load(None, {**own, "ASSENT_DEVICES_RP_ID": "other.example"})
    with pytest.raises(SettingsError, match=r"devices\.proof_ms"):
        load(None, {**own, "ASSENT_DEVICES_PROOF_MS": "3600000"})
