"""A call as somebody would write it: for a shell, in Python, in JavaScript.

Address and keys are read from the environment: `BASE`, and a variable for each header of the
caller's. What is sent stands there as it is.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A call to write down."""

    method: str
    path: str
    """With the server's own part of it; parameters in braces."""
    params: Mapping[str, Any]
    headers: Mapping[str, tuple[str, str]]
    """By name: what stands before the value, and the variable that holds the value."""
    body: Any = None

    @property
    def target(self) -> str:
        """Path and query, parameters filled in."""
        names = set(re.findall(r"\{(\w+)\}", self.path))
        path = re.sub(
            r"\{(\w+)\}", lambda found: quote(str(self.params[found[1]]), safe=""), self.path
        )
        query = urlencode({key: value for key, value in self.params.items() if key not in names})
        return f"{path}?{query}" if query else path


def code_samples(sent: Sent) -> list[dict[str, str]]:
    """As documentation tools read them from `x-codeSamples`."""
    return [
        {"lang": "Shell", "label": "curl", "source": _curl(sent)},
        {"lang": "Python", "label": "Python", "source": _python(sent)},
        {"lang": "JavaScript", "label": "JavaScript", "source": _javascript(sent)},
    ]


def _curl(sent: Sent) -> str:
    parts = ["curl -sS"]
    if sent.method != ("GET" if sent.body is None else "POST"):
        parts[0] += f" -X {sent.method}"
    parts[0] += f' "$BASE{sent.target}"'
    parts += [f'-H "{name}: {start}${held}"' for name, (start, held) in sent.headers.items()]
    if sent.body is not None:
        body = json.dumps(sent.body, indent=2, ensure_ascii=False).replace("'", "'\\''")
        parts += ['-H "content-type: application/json"', f"--data-raw '{body}'"]
    return " \\\n  ".join(parts) + "\n"


def _python(sent: Sent) -> str:
    lines = [
        "import os",
        "",
        "import requests",
        "",
        "answer = requests.request(",
        f'    "{sent.method}",',
        f'    os.environ["BASE"] + "{sent.target}",',
        "    headers={",
        *(
            f'        "{name}": {_joined(start, held)},'
            for name, (start, held) in sent.headers.items()
        ),
        "    },",
    ]
    if sent.body is not None:
        lines.append(f"    json={_literal(sent.body, 4)},")
    lines += ["    timeout=30,", ")", "print(answer.status_code, answer.text)"]
    return "\n".join(lines) + "\n"


def _joined(start: str, held: str) -> str:
    value = f'os.environ["{held}"]'
    return f'"{start}" + {value}' if start else value


def _literal(value: Any, depth: int) -> str:
    """Plain JSON values as Python has them."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return repr(value)
    inner = " " * (depth + 4)
    if isinstance(value, dict):
        rows = [
            f"{inner}{json.dumps(name)}: {_literal(one, depth + 4)},\n"
            for name, one in value.items()
        ]
        return "{\n" + "".join(rows) + " " * depth + "}"
    rows = [f"{inner}{_literal(one, depth + 4)},\n" for one in value]
    return "[\n" + "".join(rows) + " " * depth + "]"


def _javascript(sent: Sent) -> str:
    lines = [
        f"const answer = await fetch(`${{process.env.BASE}}{sent.target}`, {{",
        f'  method: "{sent.method}",',
        "  headers: {",
        *(
            f'    "{name}": ' + (f"`{start}${{{at}}}`," if start else f"{at},")
            for name, (start, held) in sent.headers.items()
            for at in [f"process.env.{held}"]
        ),
    ]
    if sent.body is None:
        lines.append("  },")
    else:
        body = json.dumps(sent.body, indent=2, ensure_ascii=False).replace("\n", "\n  ")
        lines += ['    "content-type": "application/json",', "  },"]
        lines.append(f"  body: JSON.stringify({body}),")
    lines += ["});", "console.log(answer.status, await answer.text());"]
    return "\n".join(lines) + "\n"
