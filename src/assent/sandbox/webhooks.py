"""What a programme's own server was told, or is to be told."""

import msgspec

from assent.http.answer import Answer, json_answer
from assent.http.route import Call
from assent.ports.webhooks import Wanted

_MOST = 100


async def show_webhooks(call: Call) -> Answer:
    """The newest events of the programme, the newest first."""
    wanted = Wanted(programme_id=call.caller.programme.id)
    lines = await call.world.stores.events(wanted, _MOST)
    return json_answer(
        {
            "events": [
                {
                    "id": str(line.id),
                    "user_id": str(line.subject_id),
                    "happened_at": line.created_at,
                    "state": line.state,
                    "tries": line.tries,
                    "next_at": line.next_at if line.state == "waiting" else None,
                    "event": None if line.body is None else msgspec.Raw(line.body.encode()),
                }
                for line in lines
            ]
        }
    )
