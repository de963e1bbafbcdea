"""The repository as a whole: no registry is named, files are small, locks have hashes."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (
    "requirements.lock",
    "requirements-telemetry.lock",
    "requirements-dev.lock",
    "requirements-build.lock",
)

# joined here, so that this file holds none of them
REGISTRIES = tuple(
    "".join(parts)
    for parts in (
        ("python", "hosted."),
        ("pypi", ".org"),
        ("npm", "js."),
        ("yarn", "pkg."),
        ("deb", ".debian."),
        ("archive", ".ubuntu."),
        ("proxy.", "golang."),
        ("crates", ".io"),
    )
)

MOST_LINES = 400
# path -> the reason why it is longer
LONGER: dict[str, str] = {}

NOT_OURS = {".git", ".venv", "node_modules", "__pycache__", "build", "dist", "data"}


@cache
def our_files() -> tuple[Path, ...]:
    """Tracked files and new ones that are not ignored; outside git, a walk over the tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [p for p in ROOT.rglob("*") if not NOT_OURS & set(p.relative_to(ROOT).parts)]
    return tuple(p for p in paths if p.is_file())


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def test_no_file_names_a_registry():
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in our_files()
        for host in REGISTRIES
        if host in text_of(path)
    ]
    assert not found, "pins and hashes need no address"


def test_files_are_small_or_say_why():
    source = ROOT / "src"
    lengths = {
        str(path.relative_to(ROOT)): len(text_of(path).splitlines())
        for path in our_files()
        if any(path.is_relative_to(root) for root in (source, ROOT / "browser"))
        and path.suffix in {".py", ".ts", ".js"}
        and path.parent.name != "built"  # by esbuild, out of many small ones
    }
    too_long = {path: n for path, n in lengths.items() if n > MOST_LINES and path not in LONGER}
    assert not too_long, "each wants two rooms, or a line in LONGER with its reason"
    stale = [path for path in LONGER if lengths.get(path, 0) <= MOST_LINES]
    assert not stale, "these are no longer long: take them out of LONGER"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_has_a_version_and_a_hash(lock: str):
    text = re.sub(r"\\\n", "", text_of(ROOT / lock))
    entries = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert entries
    loose = [
        line.split()[0]
        for line in entries
        if not re.match(r"[A-Za-z0-9._-]+(\[[^]]*\])?==\S+", line) or "--hash=sha256:" not in line
    ]
    assert not loose, "run `make lock`"


def test_each_lock_holds_the_one_that_it_adds_to():
    """What is tested is what is installed, with the libraries for traces and without."""
    pins = [set(re.findall(r"^[A-Za-z0-9._-]+==\S+", text_of(ROOT / k), re.M)) for k in LOCKS]
    assert pins[0] < pins[1] <= pins[2], "run `make lock`"
    assert any(one.startswith("opentelemetry-sdk==") for one in pins[1] - pins[0])
