"""Commands about consumers and corporates; all of them are recorded."""

from typing import Annotated

import typer

from assent.cli.people import Operator, Reason
from assent.cli.running import with_world
from assent.cli.shared import Config, say
from assent.domain.session import Caller
from assent.domain.subject import Diligence
from assent.foundation import Foundation
from assent.kernel.refusals import Code, Refusal
from assent.unfit import Unfit
from assent.usecases.due_diligence import set_diligence

identities_commands = typer.Typer(help="Consumers and corporates.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="Id of an identity, or of an authorised user.")]
Status = Annotated[Diligence, typer.Argument(help="What came of it.", case_sensitive=False)]


@identities_commands.callback()
def identities() -> None:
    """Consumers and corporates."""


@identities_commands.command("set-diligence")
def identities_set_diligence(
    number: Number, status: Status, operator: Operator, reason: Reason, config: Config = None
) -> None:
    """Records what came of a due diligence (KYC, KYB), wherever it was carried out."""

    async def inside(base: Foundation) -> None:
        for programme in await base.stores.programmes():
            caller = Caller(programme=programme, operator=operator)
            try:
                await set_diligence(base.world, caller, number, status, reason)
            except Refusal as refusal:
                if refusal.code is not Code.NOT_FOUND:
                    raise
            else:
                say(f"{number}: {status}.")
                return
        raise Unfit(f"There is no identity or authorised user {number}")

    with_world(config, inside)
