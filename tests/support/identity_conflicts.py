"""The 409s of identities, users, due diligence and the back office, for test_conflicts."""

from collections.abc import Callable
from typing import Any, Final

from tests.support.business import (
    corporate_body,
    enrol,
    enrolled_corporate,
    fresh_number,
    look_at,
    make_corporate,
    make_user,
    mobile,
    new_corporate,
    new_user,
)
from tests.support.client import Answer, Server
from tests.support.weavr import Person, enrolled_person, new_person

Scene = Callable[[Server], Answer]

CONSUMER, NEW, CHANGE = "PATCH /consumers", "POST /corporates", "PATCH /corporates"
NEW_USER, USER = "POST /users", "PATCH /users/{user_id}"
KYB, KYC, USER_KYC = "POST /corporates/kyb", "POST /consumers/kyc", "POST /users/kyc"
LOOKS = ("POST /backoffice/access_token", "POST /backoffice/impersonate_identity_login")

_NO_REGISTER = "no company register is asked: what is given is kept"
_NO_FEES = "there are no fees and no fee groups: any name is kept and given back"
_ALL_PLACES = "no country, currency or domain is closed to identities; `countries` closes messages"
_STEP_UP = "refused with 403 STEP_UP_REQUIRED, or allowed"
_OPERATOR = "only an operator sets it, and no operator speaks HTTP: see tests/cli"

NOT_PRODUCED: Final = {
    (NEW, "PAYMENT_MODEL_CONSTRAINTS_VIOLATED"): "there are no payment models",
    (NEW, "PROFILE_INACTIVE"): "both of a programme's profiles stay active",
    (NEW, "PROFILE_MISMATCH"): "a profile of the other type is PROFILE_NOT_FOUND",
    (NEW, "COMPANY_NOT_FOUND"): _NO_REGISTER,
    (NEW, "COMPANY_LOOKUP_FAILED"): _NO_REGISTER,
    (NEW, "COMPANY_TYPE_UNSUPPORTED"): _NO_REGISTER,
    (NEW, "KYC_APPROVAL_MISSING"): "a root who is known already needs a verified e-mail only",
    (NEW, "CURRENCY_UNSUPPORTED"): _ALL_PLACES,
    (NEW, "COUNTRY_UNSUPPORTED"): _ALL_PLACES,
    (NEW, "EMAIL_DOMAIN_NOT_ALLOWED"): _ALL_PLACES,
    (NEW, "FEE_GROUP_INVALID"): _NO_FEES,
    (CHANGE, "FEE_GROUP_INVALID"): _NO_FEES,
    (CHANGE, "COUNTRY_UNSUPPORTED"): _ALL_PLACES,
    (CHANGE, "EMAIL_DOMAIN_NOT_ALLOWED"): _ALL_PLACES,
    (CHANGE, "UNSUPPORTED_CURRENCY"): _ALL_PLACES,
    (CHANGE, "MOBILE_CHANGE_NOT_ALLOWED"): _STEP_UP,
    (CHANGE, "TERMINATION_DATE_IN_PAST"): "identities have no termination date",
    (NEW_USER, "EMAIL_DOMAIN_NOT_ALLOWED"): _ALL_PLACES,
    (NEW_USER, "CANNOT_MODIFY_OWN_ROLES"): "nobody makes themselves",
    (NEW_USER, "ADMIN_ROLE_REMOVAL_NOT_ALLOWED"): "nothing is taken from somebody new",
    (USER, "EMAIL_DOMAIN_NOT_ALLOWED"): _ALL_PLACES,
    (USER, "UNSUPPORTED_CURRENCY"): "users have no currency",
    (USER, "MOBILE_CHANGE_NOT_ALLOWED"): _STEP_UP,
    (KYB, "MANAGED_ONBOARDING_PENDING"): "there is no managed onboarding",
}
BY_AN_OPERATOR: Final = {
    (KYB, "KYB_PENDING_REVIEW"): _OPERATOR,
    (KYB, "KYB_PERMANENTLY_REJECTED"): _OPERATOR,
    (KYC, "KYC_PENDING_REVIEW"): _OPERATOR,
    (KYC, "KYC_REJECTED"): _OPERATOR,
    (USER_KYC, "KYC_PENDING_REVIEW"): _OPERATOR,
    (USER_KYC, "KYC_REJECTED"): _OPERATOR,
    (USER_KYC, "KYC_ALREADY_APPROVED"): _OPERATOR,
}
"""They do occur; tests/cli/test_identities.py shows how."""
LABELS: Final = {f"`{operation}`": operation for operation, _ in NOT_PRODUCED}
PRODUCED: dict[tuple[str, str], Scene] = {}


def scene(operation: str, name: str) -> Callable[[Scene], Scene]:
    def put(made: Scene) -> Scene:
        assert (operation, name) not in PRODUCED
        PRODUCED[operation, name] = made
        return made

    return put


def _posted(server: Server, body: Any) -> Answer:
    return server.call("POST", "/multi/corporates", body, server.api)


def _verified(person: Person, type: str = "corporates") -> Person:
    assert person.server.simulate(f"/{type}/{person.identity_id}/verify").status == 204
    return person


@scene(NEW, "PROFILE_NOT_FOUND")
def _(server: Server) -> Answer:
    return _posted(server, {**corporate_body(server), "profileId": "1"})


@scene(NEW, "ROOT_EMAIL_NOT_UNIQUE")
def _(server: Server) -> Answer:
    return make_corporate(server, email=new_person(server).email)


@scene(NEW, "COUNTRY_INVALID")
def _(server: Server) -> Answer:
    body = corporate_body(server)
    body["company"]["registrationCountry"] = "XX"
    return _posted(server, body)


@scene(NEW, "MOBILE_OR_COUNTRY_CODE_INVALID")
def _(server: Server) -> Answer:
    return make_corporate(server, mobile=mobile("1"))


@scene(NEW, "ROOT_USER_INACTIVE")
def _(server: Server) -> Answer:
    root = enrolled_corporate(server)
    user = new_user(root)
    assert root.call("POST", f"/users/{user.user_id}/deactivate").status == 204
    server.settings(multi_identity=True)
    return make_corporate(server, email=user.email)


@scene(NEW, "ROOT_EMAIL_NOT_VERIFIED")
def _(server: Server) -> Answer:
    server.settings(multi_identity=True)
    return make_corporate(server, email=new_person(server).email)


def _changes(operation: str, who: Callable[[Server], tuple[Person, str]]) -> None:
    """The conflicts of addresses, wherever they change."""

    @scene(operation, "EMAIL_NOT_UNIQUE")
    def taken(server: Server) -> Answer:
        person, path = who(server)
        return person.call("PATCH", path, {"email": new_person(server).email})

    @scene(operation, "MOBILE_OR_COUNTRY_CODE_INVALID")
    def impossible(server: Server) -> Answer:
        person, path = who(server)
        return person.call("PATCH", path, {"mobile": mobile("1")})

    _limits(operation, who)


def _limits(operation: str, who: Callable[[Server], tuple[Person, str]]) -> None:
    @scene(operation, "TOO_FREQUENT_EMAIL_CHANGES")
    def mails(server: Server) -> Answer:
        person, path = who(server)
        emails = [f"{fresh_number()}@example.com" for _ in range(11)]  # five of one day's two
        return [person.call("PATCH", path, {"email": email}) for email in emails][-1]

    @scene(operation, "MOBILE_NO_CHANGE_LIMIT_EXCEEDED")
    def mobiles(server: Server) -> Answer:
        person, path = who(server)
        numbers = [mobile(fresh_number()) for _ in range(11)]
        return [person.call("PATCH", path, {"mobile": number}) for number in numbers][-1]


def _user_of(server: Server) -> tuple[Person, str]:
    root = enrolled_corporate(server)
    made = make_user(root)
    return root, f"/users/{made.json['id']}"


_changes(CHANGE, lambda server: (new_corporate(server), "/corporates"))
_changes(USER, _user_of)
_limits(CONSUMER, lambda server: (new_person(server), "/consumers"))


@scene(CONSUMER, "CONSUMER_VERIFIED")
def _(server: Server) -> Answer:
    return _verified(new_person(server), "consumers").change(name="Mary")


@scene(CHANGE, "ROOT_USER_ALREADY_VERIFIED")
def _(server: Server) -> Answer:
    return _verified(new_corporate(server)).call("PATCH", "/corporates", {"name": "Mary"})


@scene(CHANGE, "COUNTRY_INVALID")
def _(server: Server) -> Answer:
    body = {"companyBusinessAddress": {"country": "XX"}}
    return new_corporate(server).call("PATCH", "/corporates", body)


@scene(NEW_USER, "EMAIL_NOT_UNIQUE")
def _(server: Server) -> Answer:
    root = enrolled_corporate(server)
    return make_user(root, email=root.email)


@scene(NEW_USER, "MOBILE_OR_COUNTRY_CODE_INVALID")
def _(server: Server) -> Answer:
    return make_user(enrolled_corporate(server), mobile=mobile("1"))


@scene(NEW_USER, "COUNTRY_OF_RESIDENCE_INVALID")
def _(server: Server) -> Answer:
    return make_user(enrolled_corporate(server), countryOfResidence="XX")


@scene(NEW_USER, "ROLE_NOT_FOUND")
def _(server: Server) -> Answer:
    return make_user(enrolled_corporate(server), roles=["OWNER"])


@scene(USER, "ROLE_NOT_FOUND")
def _(server: Server) -> Answer:
    root, path = _user_of(server)
    return root.call("PATCH", path, {"roles": ["OWNER"]})


@scene(USER, "CANNOT_MODIFY_OWN_ROLES")
def _(server: Server) -> Answer:
    user = new_user(enrolled_corporate(server))
    return user.call("PATCH", f"/users/{user.user_id}", {"roles": ["ADMIN"]})


@scene(USER, "ADMIN_ROLE_REMOVAL_NOT_ALLOWED")
def _(server: Server) -> Answer:
    root = enrolled_corporate(server)
    one, other = enrol(new_user(root, "ADMIN")), new_user(root, "ADMIN")
    return one.call("PATCH", f"/users/{other.user_id}", {"roles": []})


@scene(KYB, "EMAIL_UNVERIFIED")
def _(server: Server) -> Answer:
    return new_corporate(server).call("POST", "/corporates/kyb")


@scene(KYC, "EMAIL_UNVERIFIED")
def _(server: Server) -> Answer:
    return new_person(server).call("POST", "/consumers/kyc")


@scene(KYB, "KYB_ALREADY_APPROVED")
def _(server: Server) -> Answer:
    return _verified(new_corporate(server)).call("POST", "/corporates/kyb")


@scene(KYC, "KYC_ALREADY_APPROVED")
def _(server: Server) -> Answer:
    return _verified(new_person(server), "consumers").call("POST", "/consumers/kyc")


def _verify_email(user: Person) -> None:
    path, body = "/multi/users/verification/email", {"email": user.email}
    server = user.server
    assert server.call("POST", f"{path}/send", body, server.api).status == 204
    body["verificationCode"] = "123456"
    assert server.call("POST", f"{path}/verify", body, server.api).status == 204


@scene(USER_KYC, "EMAIL_NOT_VERIFIED")
def _(server: Server) -> Answer:
    return new_user(enrolled_corporate(server)).call("POST", "/users/kyc")


@scene(USER_KYC, "MOBILE_NOT_VERIFIED")
def _(server: Server) -> Answer:
    user = new_user(enrolled_corporate(server))
    _verify_email(user)
    return user.call("POST", "/users/kyc")


@scene(USER_KYC, "KYB_IDENTITY_NOT_APPROVED")
def _(server: Server) -> Answer:
    user = enrol(new_user(enrolled_person(server).stepped_up()))
    _verify_email(user)
    return user.call("POST", "/users/kyc")


def _looks(operation: str) -> None:
    path = "/multi" + operation.removeprefix("POST ")

    @scene(operation, "UNRESOLVED_IDENTITY")
    def nobody(server: Server) -> Answer:
        body = {"identity": {"type": "CORPORATE", "id": "1"}}
        return server.call("POST", path, body, server.api)

    @scene(operation, "ALREADY_IMPERSONATED")
    def twice(server: Server) -> Answer:
        person = new_corporate(server)
        assert look_at(server, person).status == 200
        body = {"identity": {"type": "CORPORATE", "id": person.identity_id}}
        return server.call("POST", path, body, server.api)


for _operation in LOOKS:
    _looks(_operation)
