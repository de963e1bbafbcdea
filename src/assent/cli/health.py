"""Whether all is well."""

from typing import Annotated

import msgspec
import typer

from assent import doctor
from assent.cli.running import run
from assent.cli.shared import Config, read_settings, say

health_commands = typer.Typer()


@health_commands.command("doctor")
def look(
    config: Config = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs: the findings as JSON.")
    ] = False,
) -> None:
    """Looks at database, clock, keys, disks, messages and gateways, and says what to do."""
    findings = run(doctor.diagnose(read_settings(config)))
    failed = any(finding.state is doctor.State.FAILED for finding in findings)
    if as_json:
        say(msgspec.json.encode({"fine": not failed, "findings": findings}).decode())
    else:
        for finding in findings:
            say(f"{_MARKS[finding.state]}  {finding.what}")
            if finding.then_do:
                say(f"      {finding.then_do}")
    if failed:
        raise typer.Exit(1)


_MARKS = {doctor.State.OK: "ok  ", doctor.State.WARNING: "warn", doctor.State.FAILED: "FAIL"}
