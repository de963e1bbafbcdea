"""Addresses: where the frames are, where the API is, and which pages may hold a frame."""

import pytest

from assent.settings import Settings, SettingsError, load
from tests.cli.conftest import Command, Place

API, FRAMES = "https://api.example.com", "https://frames.example.com"
PRODUCTION = "production"


def loaded(base_url: str, frames_url: str, environment: str = PRODUCTION) -> Settings:
    variables = {
        "ASSENT_SERVER_BASE_URL": base_url,
        "ASSENT_SERVER_FRAMES_URL": frames_url,
        "ASSENT_SERVER_ENVIRONMENT": environment,
    }
    return load(None, variables)


FIT = (
    *(("", ""), (API, ""), ("", FRAMES), (API, FRAMES), (f"{API}/v1/", FRAMES)),
    *((API, "http://localhost:9001"), (f"{API}:8443", FRAMES)),
    *((API, "http://localhost:8401"), ("http://127.0.0.1:8400", "http://localhost:8401")),
    *(("http://localhost:9000", ""), (API.upper(), FRAMES), (API, "http://127.0.0.1:9001")),
)


@pytest.mark.parametrize(("base_url", "frames_url"), FIT)
def test_two_origins_in_production(base_url: str, frames_url: str):
    server = loaded(base_url, frames_url).server
    assert (server.base_url, server.frames_url) == (base_url, frames_url)


ONE_ORIGIN = (
    *((API, API), (f"{API}/", API), (f"{API}:443", API), (f"{API}:443/", API)),
    *((API.upper(), API), ("HTTPS://API.example.com:443/v1/", API), (f"{API}/v1?a#b", API)),
    *((f"{API}:8443", f"{API}:8443"), ("https://ann@api.example.com", API)),
    *((API, f"{API}:8443"), (f"{API}:8443", API)),  # one host: ports share cookies
    *(("https://b\u00fccher.example", "https://xn--bcher-kva.example"),),
    *(("http://localhost:8400", "http://localhost:8400"), ("http://localhost:8401/", "")),
    *(("", "http://localhost:8400"), ("http://LOCALHOST:8401", "")),
)


@pytest.mark.parametrize(("base_url", "frames_url"), ONE_ORIGIN)
def test_one_origin_for_both_is_refused_however_it_is_spelt(base_url: str, frames_url: str):
    with pytest.raises(SettingsError, match="one origin"):
        loaded(base_url, frames_url)


NO_ORIGIN = (
    *("https://frames.example.com/", f"{FRAMES}/v1", f"{FRAMES}?a", f"{FRAMES}#a", f"{FRAMES}:443"),
    *("https://Frames.example.com", "https://ann@frames.example.com", "https://*.example.com"),
    *("frames.example.com", "ftp://frames.example.com", "https://", "null", "*", f"{FRAMES} {API}"),
    *(f"{FRAMES};a", '"https://a.example"', "https://b\u00fccher.example", "http://localhost:80"),
)


@pytest.mark.parametrize("environment", [PRODUCTION, "sandbox"])
@pytest.mark.parametrize("frames_url", NO_ORIGIN)
def test_an_address_of_the_frames_that_is_no_origin(frames_url: str, environment: str):
    """Browsers compare it with what they send, letter by letter: no envelope would be taken."""
    with pytest.raises(SettingsError, match="frames_url"):
        loaded(API, frames_url, environment)


@pytest.mark.parametrize("frames_url", ["http://frames.example.com", "http://192.0.2.7:8401"])
def test_frames_without_tls(frames_url: str):
    with pytest.raises(SettingsError, match=r"frames_url must be https://"):
        loaded(API, frames_url)


@pytest.mark.parametrize(
    "base_url",
    [
        *("http://api.example.com", "HTTP://api.example.com", "http://192.0.2.7:8400"),
        *("http://localhost.evil.example", "api.example.com", "ftp://api.example.com", "https://"),
        *("http://localhost@evil.example", "https://api.example.com:x"),
    ],
)
def test_an_api_without_tls_or_without_a_place(base_url: str):
    with pytest.raises(SettingsError, match="base_url"):
        loaded(base_url, FRAMES)


def test_a_sandbox_may_be_reached_without_tls():
    """From a phone in the same room, say; frames on such a page do not encrypt, and say so."""
    there = "http://192.168.1.7:8401"
    assert loaded("http://192.168.1.7:8400", there, "sandbox").server.frames_url == there


def test_one_port_for_both_is_refused(assent: Command):
    for command in ("serve", "config"):
        same = {"ASSENT_SERVER_PORT": "8400", "ASSENT_SERVER_FRAMES_PORT": "8400"}
        refused = assent(command, **same)
        assert refused.code == 1
        assert "two origins" in refused.err


def origins(place: Place, number: str, value: str) -> tuple[int, str]:
    done = place.run("programme", "set", number, f"origins={value}")
    return done.returncode, done.stderr


@pytest.fixture
def bank(place: Place) -> str:
    """The number of a programme."""
    told = place.done("programme", "create", "Bank")
    return told.split('"id": "')[1].split('"')[0]


def test_an_operator_registers_pages(place: Place, bank: str):
    for value, kept in (
        ("https://bank.example", "https://bank.example"),
        (
            " https://bank.example , https://app.bank.example:8443 ,",
            "https://bank.example,https://app.bank.example:8443",
        ),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("", ""),
    ):
        assert origins(place, bank, value) == (0, ""), value
        assert f"    origins={kept}\n" in place.done("programme", "list")


@pytest.mark.parametrize(
    "value",
    [
        *("*", "null", "bank.example", "http://bank.example", "https://bank.example/"),
        *("https://*.bank.example", "https://Bank.example", "https://bank.example:443"),
        *("https://bank.example;script-src *", "https://a.example https://b.example"),
        *("https://b\u00fccher.example", "http://localhost.evil.example", "https://[::1]:3000"),
        *("https://localhost@evil.example", "http://0x7f.1", "https://bank.example\nx", "'none'"),
    ],
)
def test_what_is_no_page_is_refused_and_changes_nothing(place: Place, bank: str, value: str):
    assert origins(place, bank, "https://good.example")[0] == 0
    code, told = origins(place, bank, f"https://bank.example,{value}")
    assert code == 1
    assert "is not an origin as browsers write it" in told
    assert "    origins=https://good.example\n" in place.done("programme", "list")


def test_there_are_not_more_origins_than_a_header_holds(place: Place, bank: str):
    many = [f"https://page{number}.bank.example" for number in range(51)]
    code, told = origins(place, bank, ",".join(many))
    assert (code, "up to 50" in told) == (1, True)
    assert origins(place, bank, ",".join(many[:50]))[0] == 0
