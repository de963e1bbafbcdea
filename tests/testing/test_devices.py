"""Devices of the people that the fixtures hand out: enrolled, asked, answering."""

import pytest

from assent.testing import NoQuestion, Person, Programme, Refused

ASK = "/multi/stepup/challenges/push/BIOMETRIC"


def stepped_up(person: Person) -> bool:
    change = {"oldPassword": {"value": person.password}, "newPassword": {"value": "Other-word2"}}
    return person.call("POST", "/multi/passwords/update", change).status == 200


def test_a_question_is_read_and_approved(assent_person: Person):
    ada = assent_person.enrol_device("Pixel")
    asked = ada.call("POST", ASK).json["id"]
    (question,) = ada.questions()
    assert (question.id, question.purpose, question.kind) == (asked, "step_up", "device_key")
    assert question.text == f"confirm that it is you at {ada.programme.name}"
    assert question.fields == {}
    assert not stepped_up(ada)
    assert ada.approve() == ""
    assert ada.questions() == []
    assert stepped_up(ada)


def test_a_question_is_declined(assent_person: Person):
    ada = assent_person.enrol_device()
    ada.call("POST", ASK).wanted()
    assert ada.decline(reason="changed_mind") is ada
    assert not stepped_up(ada)
    with pytest.raises(NoQuestion, match="Nothing is asked of"):
        ada.approve()


def test_the_number_of_the_other_screen(assent_person: Person):
    ada = assent_person.enrol_device()
    ada.programme.change_settings(number_matching=True)
    asked = ada.call("POST", ASK).json
    with pytest.raises(Refused, match="answer_wrong"):
        ada.approve(asked["id"])
    ada.approve(asked["id"], number=asked["number"])
    assert stepped_up(ada)


def test_one_device_of_two(assent_person: Person):
    ada = assent_person.enrol_device("one").enrol_device("two")
    path = f"/users/{ada.id}/devices"
    first, second = ada.programme.sandbox("GET", path).json["devices"]
    assert (first["name"], second["name"]) == ("one", "two")
    ada.call("POST", ASK).wanted()
    ada.approve(device=first["id"])
    held = {
        one["id"]: one["last_used_at"] for one in ada.programme.sandbox("GET", path).json["devices"]
    }
    assert held[first["id"]] > 0 == held[second["id"]]


def test_a_log_in_on_the_device(assent_programme: Programme, assent_person: Person):
    for person in (assent_person, assent_programme.new_corporate()):
        before = person.token
        assert stepped_up(person.enrol_device().log_in_on_device())
        assert person.token != before


def test_who_has_no_device_is_told_what_to_do(assent_person: Person):
    with pytest.raises(Refused, match="Enrol first"):
        assent_person.log_in_on_device()


def test_the_app_on_the_phone(assent_person: Person):
    with pytest.raises(Refused, match="Step up first"):
        assent_person.enrol_authy()
    ada = assent_person.enrol_sms().enrol_authy().log_in()
    asked = ada.call("POST", "/multi/stepup/challenges/push/AUTHY").json["id"]
    pushed = ada.messages()[0]
    assert (pushed.channel, pushed.challenge) == ("authy", asked)
    (question,) = ada.questions()
    assert (question.kind, question.text) == ("authy", pushed.subject)
    ada.approve()
    assert stepped_up(ada)
