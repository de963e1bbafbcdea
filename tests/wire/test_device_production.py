"""The Device API without a sandbox's help: no known code, budgets that bind, one address."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assent import foundation
from assent.domain.device import DEVICE_KEY, Device, Scheme
from assent.domain.factor import Factor, FactorState
from assent.kernel.secret import Secret
from assent.ports.changes import Add
from assent.settings import DatabaseSettings, Settings, VaultSettings
from tests.support.authenticator import SoftDevice
from tests.support.client import Server
from tests.support.device_client import API, Phone, code_of, link_of
from tests.support.processes import Installation, Running, installation
from tests.support.weavr import CODE, Person, new_person

CALLS, PASSWORD = 30, "correct horse staple"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder: Path = tmp_path_factory.mktemp("production")
    return installation(
        folder,
        f"sqlite:///{folder / 'assent.sqlite3'}",
        ASSENT_CALLS_ADDRESS="60/3600",
    )


@pytest.fixture
def running(place: Installation) -> Iterator[Running]:
    """A new process each time: budgets are its own."""
    with place.serve("production") as server:
        yield server
        assert "Traceback" not in server.log()


@pytest.fixture
def bank(place: Installation, running: Running) -> Server:
    return programme(place, running)


def programme(place: Installation, running: Running) -> Server:
    """A new tenant, as an operator makes it."""
    made = json.loads(place.done("programme", "create", "Bank"))
    place.done("programme", "set", made["id"], "plaintext_passwords=true")
    base_url = running.server.base_url
    told = {"programme": made, "profiles": made["profiles"], "base_url": base_url}
    return Server(told, base_url)


def test_there_is_no_fixed_code(bank: Server):
    person = new_person(bank, password=PASSWORD)
    phone, token = Phone(bank, SoftDevice()), link_of(person)
    assert phone.begin(token).json["codeSent"] is True
    assert code_of(phone.finish(token, code=CODE)) == (409, "code_wrong")
    assert phone.begun["webPush"] is None or set(phone.begun["webPush"]) == {"publicKey"}


async def put(place: Installation, person: Person, soft: SoftDevice) -> str:
    """A device that is enrolled, without the code that nobody here can read; its id."""
    settings = Settings(
        database=DatabaseSettings(Secret(place.settings["ASSENT_DATABASE_URL"])),
        vault=VaultSettings(place.settings["ASSENT_VAULT_FILE"]),
    )
    base = await foundation.found(settings)
    try:
        device = Device(name="x", scheme=Scheme.JWS, key=soft.public, proof=soft.proof_jwk)
        factor = Factor(
            id=base.world.ids.next(),
            programme_id=int(person.server.credentials["programme"]["id"]),
            subject_id=int(person.user_id),
            kind=DEVICE_KEY,
            state=FactorState.ACTIVE,
            details=device.details(),
            created_at=0,
            slot=base.world.randomness.below(1_000),
        )
        done = await base.stores.commit(Add(factor))
        assert done.failed is None
        return str(factor.id)
    finally:
        await base.close()


def test_a_device_has_a_budget_of_its_own(tmp_path: Path):
    """As large as a person's, beside theirs, and spent by nobody who has not its key."""
    url = f"sqlite:///{tmp_path / 'assent.sqlite3'}"
    place = installation(tmp_path, url, ASSENT_CALLS_USER=f"{CALLS}/3600")
    with place.serve("narrow") as running:
        person = new_person(programme(place, running), password=PASSWORD)
        phones = []
        for _ in range(2):
            soft = SoftDevice()
            phones.append(Phone(person.server, soft, asyncio.run(put(place, person, soft))))
        phone, other = phones
        stranger = Phone(phone.server, SoftDevice(), phone.id)
        for _ in range(CALLS + 2):
            assert code_of(stranger.call("GET", "/device")) == (401, "device_unknown")
        statuses = [phone.call("GET", "/device").status for _ in range(CALLS)]
        assert statuses == [200] * CALLS
        assert code_of(phone.call("GET", "/device")) == (429, "too_many_calls")
        assert person.factors().status == 200
        assert other.call("GET", "/device").status == 200


def test_an_address_has_a_budget_of_calls(bank: Server):
    """Whoever guesses at devices or links is slowed down, before anything is looked up."""
    answers = [bank.call("POST", f"{API}/enrolments", {"token": "enrol_x"}) for _ in range(70)]
    codes = [code_of(answer) for answer in answers]
    assert codes[0] == (404, "link_unknown")
    assert codes[-1] == (429, "too_many_calls")
    waits = answers[-1]
    assert 0 < waits.json["retryAfter"] <= 3_600
    assert waits.headers["retry-after"] == str(waits.json["retryAfter"])


def test_the_document_is_there_and_the_sandbox_is_not(bank: Server):
    assert bank.call("GET", f"{API}/openapi.json").status == 200
    answer = bank.call("POST", "/sandbox/users/1/devices", {}, {"sandbox-key": "x"})
    assert answer.status == 404
