"""What no route says of itself: the words and the example of each operation."""

from dataclasses import dataclass
from typing import Any, Final

from assent.http.openapi import Example

ENROLMENT: Final = "Enrolment"
CHALLENGES: Final = "Challenges"
DEVICE: Final = "The device itself"
PERSON: Final = "A person's devices"

TAGS: Final = {
    ENROLMENT: "A link, made in the person's session and opened once on the new device.",
    CHALLENGES: "What the person is asked on their devices, and what they answer.",
    DEVICE: "A device's own data, its push address, another key, its end.",
    PERSON: "For the person in their session: the list of their devices.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Of one operation."""

    id: str
    tag: str
    summary: str
    about: str
    """More, in CommonMark."""
    example: Example
    errors: tuple[int, ...] = ()
    """Beside those that any call of its sort may be answered."""


_TOKEN: Final = "enrol_0Myeni26fK66sNACKBb3D3kUiPPoWRXlM2aiVW5"
_DEVICE: Final = "3345678901234567"
_CHALLENGE: Final = "4456789012345678"
_ENROLMENT: Final = "5567890123456789"
_USER: Final = "1123456789012345"
_PROGRAMME: Final = {"id": "6406996756357921", "name": "Example Bank"}
_AT: Final = 1795251140500
_UNTIL: Final = 1795251440500
_NONCE: Final = "kWnGz1mE0xWc3m0yXv3Jc2m1b8l6QkqY7eYxOQ0wq1M"
_JWS: Final = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImFzc2VudCtqd3MifQ.eyJhIjoxfQ.c2lnbmF0dXJl"
_ID: Final = {"id": _CHALLENGE}
_PUSH_KEY: Final = (
    "BFhw1yjvqbm0cQDGHkNoHEhFWgmRV2r3-ovmvVgSS1bDAgE4rpRYzmwMk1d8MeaOUXLfCTZ6Kmy8vkyGGSBM2PE"
)
_QUESTION: Final = (
    '{"action":{"fingerprint":"7781234567890123","name":"session"},"challenge":"4456789012345678",'
    '"created_at":1795251140500,"display":{"fields":[],"text":"confirm that it is you at Example '
    'Bank"},"expires_at":1795251440500,"nonce":"' + _NONCE + '","number":false,"programme":'
    '{"id":"6406996756357921","name":"Example Bank"},"type":"assent/question/1"}'
)
_ENROLS: Final = (
    '{"challenge":"5567890123456789","created_at":1795251140500,"device":"3345678901234567",'
    '"expires_at":1795251440500,"nonce":"' + _NONCE + '","programme":{"id":"6406996756357921",'
    '"name":"Example Bank"},"type":"assent/enrolment/1","user":"1123456789012345"}'
)
_ROTATES: Final = (
    '{"challenge":"5567890123456789","created_at":1795251140500,"device":"3345678901234567",'
    '"expires_at":1795251440500,"nonce":"' + _NONCE + '","type":"assent/rotation/1"}'
)
_SHOWN: Final[dict[str, Any]] = {
    "id": _DEVICE,
    "name": "Ada's phone",
    "scheme": "jws",
    "createdAt": _AT,
    "lastUsedAt": None,
    "push": "fcm",
    "attested": False,
}
_PUSH: Final = {"transport": "fcm", "address": "dGhpcy1pcy1ub3QtYS10b2tlbg:APA91bExample"}
_CALL_PROOF: Final = "The proof is good for one call."

WORDS: Final[dict[str, Words]] = {
    "POST /links": Words(
        id="makeEnrolmentLink",
        tag=ENROLMENT,
        summary="Make a link that adds a device",
        about="For the person in their session. Show `qr` on the screen, or let them open `link` "
        "on the device. It is good once, for five minutes.",
        example=Example(
            reply={
                "token": _TOKEN,
                "link": f"https://sca.example.com/device/#enrol={_TOKEN}",
                "qr": "data:image/svg+xml;charset=utf-8,%3Csvg%3E%3C/svg%3E",
                "expiresAt": _UNTIL,
            }
        ),
        errors=(409,),
    ),
    "POST /enrolments": Words(
        id="beginEnrolment",
        tag=ENROLMENT,
        summary="Open a link, on the device",
        about="Answers what the new key is to sign. Where the session is not stepped up, a code "
        "goes to the person's phone (`codeSent`), and the next call must hold it.",
        example=Example(
            body={"token": _TOKEN},
            reply={
                "enrolment": _ENROLMENT,
                "device": _DEVICE,
                "content": _ENROLS,
                "programme": _PROGRAMME,
                "user": {"id": _USER},
                "codeSent": True,
                "webauthn": {
                    "rpId": "sca.example.com",
                    "rpName": "Example Bank",
                    "userHandle": _NONCE,
                    "attestation": "none",
                },
                "webPush": {"publicKey": _PUSH_KEY},
                "expiresAt": _UNTIL,
            },
        ),
        errors=(401, 403, 404, 409),
    ),
    "POST /enrolments/finish": Words(
        id="finishEnrolment",
        tag=ENROLMENT,
        summary="Finish the enrolment with the new key",
        about="Signed by the new key: RFC 8785 of `content` with `name` and `proof`, the public "
        "JWK of the key in the header of the call's proof (`kty`, `crv`, `x` and, for P-256, `y`). "
        "A native device sends `jws`, whose header holds its key as `jwk`; a browser sends "
        "`attestation`, whose challenge is the SHA-256 of these octets. A wrong code is 409 "
        "`code_wrong`, with `left`.",
        example=Example(
            body={
                "token": _TOKEN,
                "name": "Ada's phone",
                "code": "123456",
                "jws": _JWS,
                "push": _PUSH,
            },
            reply={"device": _DEVICE, "name": "Ada's phone"},
        ),
        errors=(401, 403, 404, 409, 422),
    ),
    "GET /challenges": Words(
        id="listChallenges",
        tag=CHALLENGES,
        summary="List what waits for an answer",
        about="With `wait`, it answers as soon as the open challenges are not those in `seen`, or "
        "when the time is up. Two calls of a device may wait at a time; a third ends the oldest.",
        example=Example(
            params={"wait": "25", "seen": _CHALLENGE},
            reply={
                "challenges": [{"id": _CHALLENGE, "createdAt": _AT, "expiresAt": _UNTIL}],
                "now": _AT,
            },
        ),
    ),
    "GET /challenges/{id}": Words(
        id="showChallenge",
        tag=CHALLENGES,
        summary="Get what is to be shown and signed",
        about="`content` is canonical JSON, as text. Show `display` as it stands, all of it, and "
        "keep the text: the answer is signed over it.",
        example=Example(params=_ID, reply={"id": _CHALLENGE, "content": _QUESTION}),
        errors=(404, 409),
    ),
    "POST /challenges/{id}/answer": Words(
        id="answerChallenge",
        tag=CHALLENGES,
        summary="Approve or decline",
        about="Signed: RFC 8785 of `content` with `type` `assent/answer/1` and `answer`: `device`, "
        "`decision`, `time`, and of `reason`, `number` and `counter` those that the body holds. "
        "`number` is what another screen shows, where the content asks for it. A native device's "
        "`counter` rises with each signature. What is not signed so, or holds the wrong number, is "
        f"409 `answer_wrong`, with `left`. {_CALL_PROOF}",
        example=Example(
            params=_ID,
            body={"decision": "approve", "time": _AT, "counter": 7, "jws": _JWS},
            reply={"state": "approved"},
        ),
        errors=(403, 404, 409),
    ),
    "GET /device": Words(
        id="readDevice",
        tag=DEVICE,
        summary="Read the device's own data",
        about="`counter` is the highest count that the server has seen: the next signature's is "
        "higher.",
        example=Example(
            reply={
                **_SHOWN,
                "programme": _PROGRAMME,
                "user": {"id": _USER},
                "counter": 6,
                "webPush": {"publicKey": _PUSH_KEY},
            }
        ),
    ),
    "DELETE /device": Words(
        id="withdrawDevice",
        tag=DEVICE,
        summary="Withdraw the device",
        about=f"Its keys are good for nothing from now on, and what waits is void. {_CALL_PROOF}",
        example=Example(),
    ),
    "PUT /device/push": Words(
        id="renewPush",
        tag=DEVICE,
        summary="Set where the device is woken",
        about="A push says that something waits, and nothing of what. Without one, the device "
        f"looks by itself. {_CALL_PROOF}",
        example=Example(body=_PUSH),
    ),
    "DELETE /device/push": Words(
        id="endPush",
        tag=DEVICE,
        summary="No more pushes to the device",
        about=f"It looks by itself from now on. {_CALL_PROOF}",
        example=Example(),
    ),
    "POST /device/rotations": Words(
        id="beginRotation",
        tag=DEVICE,
        summary="Begin to change the device's key",
        about=f"Answers what the old key and the new one are both to sign. {_CALL_PROOF}",
        example=Example(reply={"rotation": _ENROLMENT, "content": _ROTATES, "expiresAt": _UNTIL}),
    ),
    "POST /device/rotations/{id}/finish": Words(
        id="finishRotation",
        tag=DEVICE,
        summary="Put a new key in the old one's place",
        about="Signed by both, as an enrolment is: RFC 8785 of `content` with `name` and `proof`, "
        "the public JWK of the key that proves this call, which stays. The new key's signature is "
        f"`jws` or `attestation`, the old key's is in `old`. {_CALL_PROOF}",
        example=Example(
            params={"id": _ENROLMENT},
            body={"name": "Ada's phone", "jws": _JWS, "old": {"jws": _JWS}},
            reply={"device": _DEVICE, "name": "Ada's phone"},
        ),
        errors=(404, 409, 422),
    ),
    "GET /devices": Words(
        id="listDevices",
        tag=PERSON,
        summary="List the person's devices",
        about="For the person in their session, which this call keeps alive like any other.",
        example=Example(reply={"devices": [_SHOWN]}),
    ),
    "DELETE /devices/{id}": Words(
        id="removeDevice",
        tag=PERSON,
        summary="Remove a device",
        about="Takes a session that is stepped up. What waits on the person's devices is void, and "
        "they are told by e-mail.",
        example=Example(params={"id": _DEVICE}),
        errors=(404,),
    ),
}
