"""Enrolment: a link made in the person's session, opened once on the device."""

from assent.dialects.device import caller, names, replies, shapes
from assent.dialects.device.errors import wrong
from assent.dialects.device.means import Means
from assent.dialects.device.offers import offered_by
from assent.dialects.device.proofs import Proofs, own_key
from assent.dialects.device.qr import picture
from assent.domain.deed import deed
from assent.domain.device import DEVICE_KEY
from assent.domain.phrases import ENROL_DEVICE
from assent.domain.programme import CodeMode
from assent.domain.question import canonical
from assent.http.answer import Answer, json_answer
from assent.http.route import Call, Route
from assent.http.shapes import read
from assent.kernel.base64url import encoded
from assent.usecases.answer_challenge import WrongAnswer
from assent.usecases.enrol_device import begin_enrolment, finish_enrolment, make_link

_HANDLE_OCTETS = 32


class Enrolments:
    """The three calls."""

    def __init__(self, means: Means, proofs: Proofs) -> None:
        self._means = means
        self._proofs = proofs
        self.routes = (
            Route(
                method="POST",
                path="/links",
                handle=self._link,
                identify=caller.person,
                reply=replies.EnrolmentLink,
            ),
            Route(
                method="POST",
                path="/enrolments",
                handle=self._begin,
                identify=caller.holder,
                body=shapes.LinkToken,
                reply=replies.EnrolmentBegun,
            ),
            Route(
                method="POST",
                path="/enrolments/finish",
                handle=self._finish,
                identify=caller.holder,
                body=shapes.FinishEnrolment,
                reply=replies.DeviceNamed,
            ),
        )

    async def _link(self, call: Call) -> Answer:
        made = await make_link(call.world, call.caller, DEVICE_KEY)
        # behind the #, so that no server, log or Referer header has it
        link = f"{self._means.base_url.rstrip('/')}{names.APP}#enrol={made.token}"
        drawn = await call.world.offload(lambda: picture(link))  # as long as a hundred other calls
        told = {"token": made.token, "link": link, "qr": drawn}
        return json_answer({**told, "expiresAt": made.expires_at})

    async def _begin(self, call: Call) -> Answer:
        body = read(await call.request.body(), shapes.LinkToken)
        settings = call.caller.programme.settings
        begun = await begin_enrolment(
            call.world,
            call.caller,
            body.token,
            DEVICE_KEY,
            names.CODE_KIND,
            deed(ENROL_DEVICE, programme=call.caller.programme.name),
            self._means.fixed_code if settings.codes is CodeMode.FIXED else None,
        )
        challenge, programme = begun.challenge, begun.programme
        handle = call.world.vault.lookup(str(challenge.subject_id), "WebAuthn user handle")
        return json_answer(
            {
                "enrolment": str(challenge.id),
                "device": str(challenge.factor_id),
                "content": challenge.content.decode(),
                "programme": {"id": str(programme.id), "name": programme.name},
                "user": {"id": str(challenge.subject_id)},
                "codeSent": begun.code_sent,
                "webauthn": {
                    "rpId": self._means.party.id,
                    "rpName": programme.name,
                    "userHandle": encoded(handle[:_HANDLE_OCTETS]),
                    "attestation": "direct" if settings.attested_devices else "none",
                },
                "webPush": push_key(self._means),
                "expiresAt": challenge.expires_at,
            }
        )

    async def _finish(self, call: Call) -> Answer:
        world = call.world
        body = read(
            await call.request.body(),
            shapes.FinishEnrolment,
            shapes.one_of("jws", "attestation"),
            shapes.fitting_address,
        )
        proof = self._proofs.read(call.request, world.clock.wall())
        key = own_key(proof)
        await self._proofs.spend(world, proof, canonical(key).decode())
        push = (
            ("", "")
            if not isinstance(body.push, shapes.Push)
            else (body.push.transport.value, body.push.address)
        )
        done = await finish_enrolment(
            world,
            call.caller,
            body.token,
            offered_by(body, key),
            push,
            body.code if isinstance(body.code, str) else None,
            DEVICE_KEY,
            names.CODE_KIND,
            self._means.party,
        )
        if isinstance(done, WrongAnswer):
            return wrong(names.CODE_WRONG, done.left)
        return json_answer({"device": str(done.id), "name": body.name})


def push_key(means: Means) -> dict[str, str] | None:
    """What a browser subscribes with; none where nothing is pushed to browsers."""
    return {"publicKey": means.web_push_key} if means.web_push_key else None
