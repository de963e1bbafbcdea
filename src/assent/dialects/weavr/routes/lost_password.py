"""Lost passwords and passcodes (Multi API: Passwords)."""

from assent.dialects.weavr import caller, replies, shapes
from assent.dialects.weavr.errors import conflict
from assent.dialects.weavr.sandbox_code import chosen
from assent.http.answer import NO_CONTENT, Answer, json_answer
from assent.http.route import Call, Handler, Route
from assent.http.shapes import read
from assent.usecases.mailed_codes import WrongCode
from assent.usecases.read_capture import Captured, read_capture
from assent.usecases.reset_password import reset_password, start_reset


def _start(fixed_code: str | None) -> Handler:
    async def start(call: Call) -> Answer:
        body = read(await call.request.body(), shapes.EmailAddress)
        await start_reset(call.world, call.caller, body.email, chosen(call, fixed_code))
        return NO_CONTENT

    return start


async def resume(call: Call) -> Answer:
    """`POST /passwords/lost_password/resume`."""
    body = read(await call.request.body(), shapes.LostPassword)

    async def secret(spend: bool) -> Captured:
        value = body.new_password.value
        return await read_capture(call.world, call.caller.programme, value, spend)

    done = await reset_password(call.world, call.caller, body.email, body.nonce, secret)
    if isinstance(done, WrongCode):
        return conflict("INVALID_NONCE_OR_EMAIL")
    return json_answer({"token": call.house.bearers.mint(done.session)})


def routes(fixed_code: str | None) -> tuple[Route, ...]:
    """`fixed_code` is the sandbox's documented constant; production has none."""
    return (
        Route(
            method="POST",
            path="/passwords/lost_password/start",
            handle=_start(fixed_code),
            identify=caller.server,
            body=shapes.EmailAddress,
            conflicts=frozenset({"MULTIPLE_ACCOUNTS_FOUND", "ACCOUNT_NOT_FOUND"}),
        ),
        Route(
            method="POST",
            path="/passwords/lost_password/resume",
            handle=resume,
            identify=caller.server,
            body=shapes.LostPassword,
            reply=replies.TokenReply,
            conflicts=frozenset(
                {
                    "INVALID_NONCE_OR_EMAIL",
                    "PASSWORD_ALREADY_USED",
                    "PASSWORD_TOO_SHORT",
                    "PASSWORD_TOO_LONG",
                    "PASSWORD_TOO_SIMPLE",
                    "PASSWORD_INCORRECT",
                    "PASSWORD_NOT_SET",
                }
            ),
        ),
    )
