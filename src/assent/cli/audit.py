"""Commands about the record of what happened."""

import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from assent.adapters.vault_file import vault as vault_file
from assent.cli.running import run, with_world
from assent.cli.shared import Config, give_up, new_file, read_settings, say, why
from assent.domain.facts import Fact
from assent.domain.record import Block
from assent.foundation import Foundation
from assent.kernel.randomness import SystemRandomness
from assent.usecases.keep_record import (
    RECORD_KEY,
    Damaged,
    Verified,
    chain_all,
    recorded,
    verify_record,
)

audit_commands = typer.Typer(help="The record of what happened.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option(help="File to make, mode 0600; otherwise the screen.")]
From = Annotated[
    Path | None, typer.Option("--file", help="An export to verify, instead of the database.")
]
Head = Annotated[
    str, typer.Option(help="NUMBER:DIGEST as noted before: nothing up to there may have changed.")
]


@audit_commands.command("export")
def audit_export(out: Out = None, config: Config = None) -> None:
    """Writes the whole record as JSON lines: facts, and after those of a block the block."""

    async def work(base: Foundation) -> None:
        await chain_all(base.world)
        blocks = lines = 0
        with _opened(out) as file:
            async for block, facts in recorded(base.world):
                file.writelines(f"{line}\n" for line in _lines(block, facts))
                blocks, lines = blocks + 1, lines + len(facts)
        if out is not None:
            say(f"{lines} facts in {blocks} blocks: {out}")

    with_world(config, work)


@audit_commands.command("verify")
def audit_verify(file: From = None, head: Head = "", config: Config = None) -> None:
    """Works the chain out anew, and says where it ends: note that outside of this machine."""
    noted = _noted(head)
    if file is not None:
        _told(run(verify_record(_from_file(file), _key_of(config), noted)))
        return

    async def work(base: Foundation) -> None:
        await chain_all(base.world)
        key = base.world.vault.derived(RECORD_KEY)
        done = await verify_record(recorded(base.world), key, noted)
        _told(done)
        last = await base.stores.last_block()
        stray = await base.stores.stray_facts(last.number if last else 0)
        if stray:
            say(f"FAIL  {stray} facts claim to stand in blocks that are not there")
            raise typer.Exit(1)

    with_world(config, work)


def _key_of(config: Path | None) -> bytes | None:
    """Nothing where there is no vault: whoever was given an export can still verify the chain."""
    path = Path(read_settings(config).vault.file)
    try:
        vault = vault_file.FileVault(vault_file.load(path), SystemRandomness())
    except vault_file.VaultFileError:
        say(f"Note: without the vault file ({path}) the seals are not looked at.")
        return None
    return vault.derived(RECORD_KEY)


def _told(done: Verified | Damaged) -> None:
    if isinstance(done, Damaged):
        say(f"FAIL  block {done.block}: {done.why}")
        say("      Keep the database as it is and compare it with a back-up or an export.")
        raise typer.Exit(1)
    say(f"ok    {done.facts} facts in {done.blocks} blocks")
    say(f"      head {done.head}" if done.head else "      there is nothing to verify yet")


def _noted(head: str) -> tuple[int, bytes] | None:
    if not head:
        return None
    number, _, digest = head.partition(":")
    try:
        noted = int(number), bytes.fromhex(digest)
    except ValueError:
        noted = (0, b"")
    if noted[0] < 1 or len(noted[1]) != 32:
        raise give_up("--head is NUMBER:DIGEST, as `assent audit verify` says it")
    return noted


class _Screen:
    """Standard output, which stays open."""

    def __enter__(self) -> TextIO:
        return sys.stdout

    def __exit__(self, *error: object) -> None:
        sys.stdout.flush()


def _opened(out: Path | None) -> Any:
    if out is None:
        return _Screen()
    return new_file(out)


def _lines(block: Block, facts: Sequence[Fact]) -> Iterator[str]:
    for fact in facts:
        yield json.dumps({"fact": asdict(fact)}, ensure_ascii=False)
    told = {
        "number": block.number,
        "facts": block.facts,
        "at": block.at,
        "digest": block.digest.hex(),
        "seal": block.seal.hex(),
    }
    yield json.dumps({"block": told})


async def _from_file(file: Path) -> AsyncIterator[tuple[Block, Sequence[Fact]]]:
    for block, facts in _read(file):
        yield block, facts


def _read(file: Path) -> Iterator[tuple[Block, Sequence[Fact]]]:
    facts: list[Fact] = []
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                block = _fact_or_block(f"{file}, line {number}", line, facts)
                if block is not None:
                    yield block, facts
                    facts = []
    except (OSError, UnicodeDecodeError) as error:
        raise give_up(f"{file} cannot be read: {why(error)}") from error
    if facts:
        raise give_up(f"{file} ends with facts whose block is missing")


def _fact_or_block(where: str, line: str, facts: list[Fact]) -> Block | None:
    try:
        held = json.loads(line)
        if "fact" in held:
            facts.append(Fact(**held["fact"]))
            return None
        told = held["block"]
        digest, seal = bytes.fromhex(told["digest"]), bytes.fromhex(told["seal"])
        return Block(told["number"], told["facts"], told["at"], digest, seal)
    except (ValueError, TypeError, KeyError) as error:
        raise give_up(f"{where}: not a line of an export") from error
