"""Journeys that only the SCA API knows: a partner's backend, several factors, what money does."""

import pytest

from tests.support.client import Server
from tests.support.jose_client import JoseClient
from tests.support.wise import Partner, ott_of


@pytest.fixture
def bank(server: Server, partner: JoseClient) -> Partner:
    server.settings(codes="random", fingerprint_is_possession=True)
    return Partner(server, partner)


def test_from_the_first_call_to_the_last(bank: Partner):
    ada = bank.sign_up()
    balance = ada.new_balance("100.00")
    assert ada.fund(ada.new_transfer()).json["errors"][0]["code"] == "sca.factors.missing"
    assert (ada.set_pin().status, ada.set_phone().status) == (204, 200)
    transfer = ada.new_transfer("60.00")
    ott = ott_of(ada.fund(transfer))
    assert ada.verify_pin(ott, "4321").status == 400
    assert ada.verify_pin(ott).status == 200
    assert ada.trigger(ott, "whatsapp").status == 200
    cleared = ada.verify_code(ott, ada.newest_code(), "whatsapp")
    assert cleared.json["oneTimeTokenProperties"]["challenges"] == []
    assert ada.fund(transfer, ott).json["status"] == "COMPLETED"
    assert ada.fund(transfer, ott).status == 422

    ada.log_in()
    too_much = ada.new_transfer("60.00")
    ott = ott_of(ada.fund(too_much))
    assert (ada.set_face().status, ada.set_fingerprint().status) == (204, 200)
    assert ada.verify_face(ott).status == 200
    assert ada.verify_fingerprint(ott).status == 200
    assert ada.fund(too_much, ott).json == {
        "type": "BALANCE",
        "status": "REJECTED",
        "errorCode": "balance.payment-option-unavailable",
    }

    ott = ott_of(ada.statement(balance))
    assert ada.verify_face(ott).status == 200
    assert ada.verify_pin(ott).status == 200
    for approval in (ott, ""):
        assert ada.statement(balance, approval).status == 200


def test_a_new_phone(bank: Partner):
    ada = bank.sign_up()
    assert (ada.set_pin().status, ada.set_phone().status) == (204, 200)
    old, transfer = ada.phone, ada.new_transfer()
    ada.new_balance()
    ott = ott_of(ada.fund(transfer))
    assert ada.trigger(ott).status == 200
    stolen = ada.newest_code()
    path = f"/v1/application/users/{ada.id}/phone-numbers"
    id_ = bank.call("GET", path).json[0]["id"]
    ada.phone = "+6591234567"
    assert bank.call("PUT", f"{path}/{id_}", {"phoneNumber": ada.phone}).status == 200
    assert ada.verify_code(ott, stolen).status == 404
    ott = ott_of(ada.fund(transfer))
    assert ada.trigger(ott).status == 200
    assert len(ada.server.messages(old)) == 1, "nothing more goes to the old one"
    assert ada.verify_code(ott, ada.newest_code()).status == 200
    assert ada.verify_pin(ott).status == 200
    assert ada.fund(transfer, ott).status == 200
