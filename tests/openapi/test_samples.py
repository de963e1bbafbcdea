"""The samples, as somebody would paste them: a shell, Python and Node run them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest

from assent.dialects.weavr.examples.values import EMAIL, PROFILE, TYPED, USER
from tests.openapi.conformity import Document
from tests.support.client import Server
from tests.support.weavr import PASSWORD, Person, enrolled_person, new_person

RUNNERS = {
    "Shell": ["sh", "-e", "-c"],
    "Python": [sys.executable, "-W", "error", "-c"],
    "JavaScript": [shutil.which("node") or "node", "--input-type=module", "-e"],
}


@dataclass
class Shown:
    """The samples of a document, run against a server."""

    document: Document
    server: Server

    def source(self, operation_id: str, lang: str) -> str:
        (samples,) = [
            operation["x-codeSamples"]
            for _, _, operation in self.document.operations()
            if operation["operationId"] == operation_id
        ]
        (source,) = [one["source"] for one in samples if one["lang"] == lang]
        return str(source)

    def run(self, operation_id: str, lang: str, token: str = "", **changed: str) -> str:
        """With the example's values changed to ones that this server knows; its output."""
        source = self.source(operation_id, lang)
        for old, new in {TYPED: PASSWORD, **changed}.items():
            source = source.replace(old, new)
        done = subprocess.run(
            [*RUNNERS[lang], source],
            env={
                "PATH": os.environ["PATH"],
                "BASE": self.server.base_url.replace("localhost", "127.0.0.1"),
                "API_KEY": self.server.api["api-key"],
                "TOKEN": token,
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def shown(document: Document, server: Server) -> Shown:
    return Shown(document, server)


languages = pytest.mark.parametrize("lang", RUNNERS)


@languages
def test_a_person_is_made_and_logs_in(shown: Shown, lang: str):
    said = shown.run(
        "createConsumer", lang, **{PROFILE: shown.server.credentials["profiles"]["consumers"]}
    )
    made = json.loads(said[said.index("{") :])
    user = made["rootUser"]["id"]["id"]
    assert '"token"' in shown.run("createPassword", lang, **{USER: user})
    said = shown.run("loginWithPassword", lang)
    token = json.loads(said[said.index("{") :])["token"]
    person = Person(shown.server, EMAIL, "79000001", user, made["id"]["id"], token)
    shown.run("enrolOtp", lang, token)
    shown.run("verifyOtpEnrolment", lang, token)
    assert person.factors().json["factors"][0]["status"] == "ACTIVE"
    assert '"ACTIVE"' in shown.run("listAuthenticationFactors", lang, token)
    assert '"count":1' in shown.run("listIdentities", lang, token)
    assert "Augusta" in shown.run("updateConsumer", lang, token)


@languages
def test_a_session_is_stepped_up_and_ended(shown: Shown, lang: str):
    person = enrolled_person(shown.server)
    shown.run("startStepUp", lang, person.token)
    shown.run("verifyStepUp", lang, person.token)
    assert person.change_password().status == 200, "the sample has stepped the session up"
    other = new_person(shown.server)
    shown.run("logout", lang, other.token)
    assert other.factors().status == 401


def test_every_operation_has_all_three(document: Document):
    for _, _, operation in document.operations():
        assert [one["label"] for one in operation["x-codeSamples"]] == [
            "curl",
            "Python",
            "JavaScript",
        ]
