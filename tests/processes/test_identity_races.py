"""Identities and users from two servers at once: nothing twice, nobody let in again by a change."""

import itertools

from tests.processes.conftest import Pair
from tests.support.business import (
    corporate_body,
    enrolled_corporate,
    fresh_number,
    new_user,
    user_body,
)
from tests.support.client import Answer
from tests.support.volley import Shot, counted, shot, volley
from tests.support.weavr import Person, log_in

MANY = 30
_fresh = itertools.count(1)


def patched(pair: Pair, number: int, who: Person, user: Person, **fields: object) -> Shot:
    return Shot(
        pair.turn(number),
        "PATCH",
        f"/multi/users/{user.user_id}",
        fields,
        who.server.bearer(who.token),
    )


def test_one_address_makes_one_person(pair: Pair) -> None:
    root = enrolled_corporate(pair.left.server)
    email = f"one.{fresh_number()}@example.com"
    spellings = (email, email.upper())
    users = [
        shot(pair.turn(n), root, "/users", user_body(email=spellings[n % 4 // 2]))
        for n in range(MANY)
    ]
    corporates = [
        Shot(
            pair.turn(n),
            "POST",
            "/multi/corporates",
            corporate_body(root.server, spellings[n % 4 // 2]),
            root.server.api,
        )
        for n in range(MANY)
    ]
    counts = counted(volley([one for both in zip(users, corporates, strict=True) for one in both]))
    assert counts["200"] == 1
    assert set(counts) <= {"200", "EMAIL_NOT_UNIQUE", "ROOT_EMAIL_NOT_UNIQUE"}
    held = pair.rows(
        "SELECT count(*) FROM memberships m JOIN subjects s ON s.id = m.subject_id "
        "WHERE m.identity_id = $1 AND m.role = 'user'",
        int(root.identity_id),
    )
    assert held[0][0] in (0, 1)


def test_a_change_does_not_let_in_whom_another_shuts_out(pair: Pair) -> None:
    root = enrolled_corporate(pair.left.server)
    for turn in range(4):
        user = new_user(root)
        path = f"/users/{user.user_id}/deactivate"
        shots = [patched(pair, n, root, user, tag=f"{n}") for n in range(12)]
        shots.insert(3 * turn, shot(pair.turn(turn), root, path))
        answers = volley(shots)
        done = answers[3 * turn]
        if done.status != 204:  # it lost three times in a row, and was told to come again
            assert done.status == 503
            assert root.call("POST", path).status == 204
        assert {answer.status for answer in answers} <= {200, 204, 503}
        assert root.call("GET", f"/users/{user.user_id}").json["active"] is False
        for server in pair.servers:
            assert (
                server.call(
                    "GET", "/multi/authentication_factors", None, server.bearer(user.token)
                ).status
                == 401
            )
            assert log_in(server, user.email).status == 403


def test_one_look_at_a_time(pair: Pair) -> None:
    root = enrolled_corporate(pair.left.server)
    body = {"identity": {"type": "CORPORATE", "id": root.identity_id}}

    def shots() -> list[Shot]:
        path = "/multi/backoffice/access_token"
        return [Shot(pair.turn(n), "POST", path, body, root.server.api) for n in range(MANY)]

    for turn in range(3):
        answers = volley(shots())
        assert counted(answers) == {"200": 1, "ALREADY_IMPERSONATED": MANY - 1}
        assert pair.facts(root, "impersonated") == turn + 1
        (token,) = [one.json["token"]["token"] for one in answers if one.status == 200]
        headers = root.server.bearer(token)
        # the place of a look that was ended before its time is free at once, to one of them
        assert pair.turn(turn).call("POST", "/multi/logout", None, headers).status == 204


def test_a_manager_is_never_faster_than_a_persons_own_company(pair: Pair) -> None:
    """Registering takes the person as they were read; so does the change of an address. Whichever
    comes first, the manager must not move the address of somebody else's root."""
    server = pair.left.server.isolated()
    server.settings(multi_identity=False)
    root = enrolled_corporate(server)
    server.settings(multi_identity=True)
    for turn in range(6):
        user = new_user(root)
        path, address = "/multi/users/verification/email", {"email": user.email}
        assert server.call("POST", f"{path}/send", address, server.api).status == 204
        code = {**address, "verificationCode": "123456"}
        assert server.call("POST", f"{path}/verify", code, server.api).status == 204
        shots = [
            patched(pair, n, root, user, email=f"{next(_fresh)}.{user.email}") for n in range(4)
        ]
        own = corporate_body(server, user.email)
        shots.insert(turn % 5, Shot(pair.turn(turn), "POST", "/multi/corporates", own, server.api))
        answers = volley(shots)
        registered = answers.pop(turn % 5)
        moved = [answer.status for answer in answers]
        assert set(moved) <= {200, 403, 503}
        if registered.status == 200 and _root_id(registered) == user.user_id:
            # nobody came between: their address is the one that they registered with
            assert log_in(server, user.email).status == 200
            assert 200 not in moved
        else:  # a person of their own, once the address was free; or a manager was faster
            assert registered.status in (200, 409, 503)
            assert 200 in moved


def _root_id(registered: Answer) -> str:
    return str(registered.json["rootUser"]["id"]["id"])
