"""What may be set, and what is refused before a server starts."""

import sys
from dataclasses import replace

import pytest

from assent import wiring
from assent.adapters.otel.settings import TelemetrySettings, traces_url
from assent.kernel.clock import SystemClock
from assent.settings import Settings, SettingsError, load
from assent.unfit import Unfit


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "localhost", "", "169.254.1.1"])
def test_the_operators_port_is_on_this_machine_only(host: str) -> None:
    with pytest.raises(SettingsError, match="loopback"):
        load(None, {"ASSENT_ADMIN_HOST": host})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_any_loopback_address_will_do(host: str) -> None:
    assert load(None, {"ASSENT_ADMIN_HOST": host}).admin.host == host


@pytest.mark.parametrize(
    "same",
    [
        {"ASSENT_ADMIN_PORT": "8400"},
        {"ASSENT_ADMIN_PORT": "8401"},
        {"ASSENT_ADMIN_WORKER_PORT": "8402"},
        {"ASSENT_SERVER_PORT": "8403"},
    ],
)
def test_two_ports_that_are_one(same: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="must differ"):
        load(None, same)
    assert not load(None, {**same, "ASSENT_ADMIN_ENABLED": "false"}).admin.enabled
    sandbox = {**same, "ASSENT_SERVER_ENVIRONMENT": "sandbox"}
    if "ASSENT_ADMIN_WORKER_PORT" not in same and "ASSENT_SERVER_PORT" not in same:
        load(None, sandbox)  # it takes another when it starts


def test_ports_that_are_picked_may_be_the_same() -> None:
    assert load(None, {"ASSENT_ADMIN_PORT": "0", "ASSENT_ADMIN_WORKER_PORT": "0"}).admin.port == 0


@pytest.mark.parametrize(
    "url",
    [
        *("http://collector.example:4318", "ftp://127.0.0.1", "127.0.0.1:4318", "https://"),
        *(
            "https://user:canary@collector.example",
            "https://a.example/?key=canary",
            "http://[::2]/",
        ),
        *("https://a.example:99999", "https://a.example/#x", "http://127.0.0.1.evil.example"),
    ],
)
def test_traces_go_over_tls_or_stay_here(url: str) -> None:
    with pytest.raises(SettingsError, match=r"telemetry\.otlp_url") as refused:
        load(None, {"ASSENT_TELEMETRY_OTLP_URL": url})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "posted"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://[::1]:4318/", "http://[::1]:4318/v1/traces"),
        ("https://otlp.example/in/traces", "https://otlp.example/in/traces"),
    ],
)
def test_where_spans_are_posted_to(url: str, posted: str) -> None:
    assert traces_url(load(None, {"ASSENT_TELEMETRY_OTLP_URL": url}).telemetry) == posted


def test_without_the_libraries_a_sentence_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "assent.adapters.otel.traces", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)
    settings = replace(Settings(), telemetry=TelemetrySettings("http://127.0.0.1:1"))
    with pytest.raises(Unfit, match=r"pip install --require-hashes .*-telemetry\.lock") as no:
        wiring._watching(settings, SystemClock())
    assert "install 'assent" not in str(no.value)  # whose package that is, who knows
    assert wiring._watching(Settings(), SystemClock())  # nobody else needs them
