"""The pages that mails link to, as an operator names them; and how long their codes are good."""

import json

import pytest

from tests.support.processes import Installation

PAGE = "https://bank.example/set-password/{code}/{email}"


@pytest.fixture
def programme(place: Installation) -> str:
    return str(json.loads(place.done("programme", "create", "Bank"))["id"])


def test_a_programme_has_pages_of_its_own(place: Installation, programme: str) -> None:
    place.done(
        "programme", "set", programme, f"reset_url={PAGE}", "tells_unknown_emails=true"
    )  # fmt: skip
    listed = place.done("programme", "list")
    assert f"    reset_url={PAGE}\n" in listed
    assert "    tells_unknown_emails=true\n" in listed
    place.done("programme", "set", programme, "reset_url=")
    assert "    reset_url=\n" in place.done("programme", "list")


@pytest.mark.parametrize("name", ["verify_email_url", "reset_url", "invite_url"])
def test_what_is_no_page_is_refused(place: Installation, programme: str, name: str) -> None:
    for page in ("http://localhost:3000/{code}", "http://bank.example/{code}", "https://{email}/"):
        done = place.run("programme", "set", programme, f"{name}={page}")
        assert done.returncode != 0
        assert f"{name} is https:// and an address" in done.stderr
    assert f"    {name}=\n" in place.done("programme", "list")


def test_a_sandbox_may_link_to_this_machine(place: Installation, programme: str) -> None:
    page = "http://localhost:3000/set-password/{code}/{email}"
    sandbox = {"ASSENT_SERVER_ENVIRONMENT": "sandbox"}
    place.done("programme", "set", programme, f"reset_url={page}", **sandbox)
    assert f"    reset_url={page}\n" in place.done("programme", "list", **sandbox)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TRIES", "0"),
        ("TRIES", "6"),
        ("VERIFY_MS", "59999"),
        ("VERIFY_MS", "86400001"),
        ("RESET_MS", "59999"),
        ("RESET_MS", "3600001"),
        ("INVITE_MS", "59999"),
    ],
)
def test_limits_have_limits(place: Installation, variable: str, value: str) -> None:
    done = place.run("programme", "list", **{f"ASSENT_MAILED_CODES_{variable}": value})
    assert done.returncode != 0
    assert f"mailed_codes.{variable.lower()} is {value}" in done.stderr
