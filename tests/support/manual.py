"""The commands of a page of docs/operations, as an operator would paste them."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from assent.testing.postgres import find_programs
from tests.support.image import ROOT
from tests.support.processes import ASSENT


def commands(page: str, title: str) -> str:
    """Every ```sh block below that heading, up to the next of its rank."""
    text = (ROOT / "docs" / "operations" / page).read_text()
    parts = re.split(r"^## (.+)\n", text, flags=re.M)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert title in sections, f"{page} has no section {title!r}: {list(sections)}"
    blocks = re.findall(r"^```sh\n(.*?)^```$", sections[title], re.S | re.M)
    assert blocks, f"{page}, {title}: no commands"
    return "\n".join(blocks)


def paste(script: str, folder: Path, settings: Mapping[str, str]) -> str:
    """What they print; every one of them must succeed. PostgreSQL's programs are the server's."""
    programs = os.pathsep.join([str(Path(ASSENT).parent), str(find_programs())])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSENT_")}
    kept["PATH"] = f"{programs}{os.pathsep}{kept['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-s"],
        input=script,
        cwd=folder,
        env={**kept, **settings},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{script}\nsaid\n{done.stdout}{done.stderr}"
    return done.stdout
