"""The Dockerfile without Docker: its steps carried out in a clean directory, and what comes of it
run as a container would be, by bubblewrap: no root, no capability, nothing to write but what is
named."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USER = "10001"
_INSTRUCTIONS = {
    *("ARG", "FROM", "WORKDIR", "ENV", "COPY", "RUN", "USER", "EXPOSE", "STOPSIGNAL"),
    *("HEALTHCHECK", "ENTRYPOINT", "CMD"),
}


@dataclass(frozen=True)
class Step:
    """One instruction: its word and the rest, on one line."""

    word: str
    rest: str


def uncommented(text: str) -> str:
    """A file of deploy/ with what is prepared in it: `#` right before a setting, not words."""
    return re.sub(r"^(\s*)#(?=[^\s#])", r"\1", text, flags=re.M)


def stages(text: str) -> list[list[Step]]:
    """What comes before the first FROM, then each stage. Refuses what it does not know."""
    text = re.sub(r"^#.*\n", "", text, flags=re.M)
    text = re.sub(r"\\\n\s*", " ", text)
    made: list[list[Step]] = [[]]
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        if word not in _INSTRUCTIONS:
            raise AssertionError(f"what is {word}?")
        if word == "FROM":
            made.append([])
        made[-1].append(Step(word, rest.strip()))
    return made


def variables(steps: Sequence[Step]) -> dict[str, str]:
    """What ENV sets."""
    pairs = (pair for step in steps if step.word == "ENV" for pair in step.rest.split())
    return dict(pair.split("=", 1) for pair in pairs)


def _system() -> list[str]:
    """What a base image has: the system's programs, and the Python that runs this, at python."""
    told: list[str] = []
    for name in ("/bin", "/sbin", "/lib", "/lib64", "/lib32"):
        path = Path(name)
        if path.is_symlink():
            told += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            told += ["--ro-bind", name, name]
    for name in ("/usr", "/etc", sys.base_prefix):
        told += ["--ro-bind", name, name]
    return [*told, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]


def boxed(
    command: Sequence[str],
    binds: Mapping[Path, str],
    readable: Mapping[Path, str],
    folder: str,
    environment: Mapping[str, str],
    *options: str,
) -> list[str]:
    """The command line that runs a command in such a place. `binds` may be written to."""
    told = ["bwrap", "--die-with-parent", "--unshare-user", "--unshare-pid", "--unshare-ipc"]
    told += ["--uid", USER, "--gid", USER, "--cap-drop", "ALL", "--new-session", *_system()]
    for flag, held in (("--ro-bind", readable), ("--bind", binds)):
        for source, target in held.items():
            told += [flag, str(source), target]
    told += ["--remount-ro", "/", "--chdir", folder, "--clearenv"]
    path = f"/opt/assent/bin:{sys.base_prefix}/bin:/usr/bin:/bin"
    for name, value in {"PATH": path, **environment}.items():
        told += ["--setenv", name, value]
    return [*told, *options, "--", *command]


def build(place: Path, network: Mapping[str, str]) -> Path:
    """The folder /opt/assent, made by the steps of the first stage as they stand.

    `network` is what pip needs to know of this machine.
    """
    _, steps, _ = stages((ROOT / "Dockerfile").read_text())
    workdir = next(step.rest for step in steps if step.word == "WORKDIR")
    work, made = place / "work", place / "assent"
    work.mkdir()
    made.mkdir()
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=True
    )
    cache = Path(asked.stdout.strip())
    cache.mkdir(parents=True, exist_ok=True)
    chosen = dict(step.rest.split("=", 1) for step in steps if step.word == "ARG")
    for step in steps:
        if step.word == "COPY":
            _copy(step.rest.split(), work)
        elif step.word == "RUN":
            environment = {**network, **chosen, **variables(steps), **_CACHE}
            environment.pop("PIP_NO_CACHE_DIR", None)  # this machine may keep what it downloads
            binds = {work: workdir, made: "/opt/assent", cache: _CACHE["PIP_CACHE_DIR"]}
            command = boxed(["sh", "-euc", step.rest], binds, {}, workdir, environment)
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{step.rest}\n{done.stdout}{done.stderr}"
    return made


_CACHE = {"HOME": "/tmp", "PIP_CACHE_DIR": "/var/cache/pip"}


def _copy(names: list[str], work: Path) -> None:
    *sources, target = names
    into = work / target
    for name in sources:
        source = ROOT / name
        if source.is_dir():
            command = ["cp", "-R", f"{source}/.", str(into)]
            into.mkdir(parents=True, exist_ok=True)
        else:
            command = ["cp", str(source), str(into)]
        subprocess.run(command, check=True)
