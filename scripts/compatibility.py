"""Writes docs/compatibility/multi-v3.md: every operation of the Multi API v3, and what is served.

Made from the published operations (multi-v3.tsv beside it) and the routes that answer, so that
it cannot go stale: `make docs` writes it, and a test compares. What a program cannot find out, the
two tables below say: why an operation is not there, and what a served one does not do.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assent.dialects.weavr import caller, errors
from assent.dialects.weavr.dialect import Weavr
from assent.http.route import Identify, Route

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "compatibility"
PAGE = FOLDER / "multi-v3.md"
SOURCE = ROOT / "src/assent/dialects/weavr"

CALLERS: dict[Identify, frozenset[str]] = {
    caller.server: frozenset({"api-key"}),
    caller.person: frozenset({"bearer"}),
    caller.bearer: frozenset({"bearer"}),
    caller.server_or_person: frozenset({"api-key", "bearer"}),
    caller.person_or_token: frozenset({"api-key", "bearer"}),
}

NOT_SERVED = (
    (
        r"(/sends|/outgoing_wire_transfers|/beneficiaries)(/.*)?/challenges/.*|/challenges/.*",
        "the confirmation of payments comes with payments",
    ),
    (r"/bulks.*|.*/bulk/.*", "bulk calls are not planned before payments"),
    (r".*fees.*", "fees are the firm's ledger's, not this server's"),
    (
        r"/(linked_accounts|managed_accounts|managed_cards|deprecated/.*|card_.*|transfers|sends|"
        r"incoming_.*|outgoing_.*|correspondent_.*|beneficiaries|transactions).*",
        "accounts, cards and payments come later: what is there so far is for approvals",
    ),
    (r"/roles", "roles are a fixed list so far: see POST /users"),
)
"""Patterns of paths, the first that fits."""

PARTLY = {
    (
        "POST",
        "/access_token",
    ): "with the API key alone it takes the `token` of a log-in on a device; delegation "
    "(`clientAssertion`) is refused",
}
"""Served, but not the whole of it."""

REASONS = {
    "COMPANY_LOOKUP_FAILED": "needs a company register: none is asked",
    "COMPANY_NOT_FOUND": "needs a company register: none is asked",
    "COMPANY_TYPE_UNSUPPORTED": "a programme takes companies of every published type",
    "CONSUMER_ALREADY_EXISTS": "the same person is known by the address: `ROOT_EMAIL_NOT_UNIQUE`",
    "COUNTRY_UNSUPPORTED": "a programme takes people of every country",
    "CURRENCY_UNSUPPORTED": "a programme takes every currency: nothing is held in it",
    "EMAIL_DOMAIN_NOT_ALLOWED": "programmes have no list of domains",
    "FEE_GROUP_INVALID": "fee groups are kept and given back; nothing is charged",
    "IDENTITY_TYPE_NOT_SUPPORTED": "identities of both types are listed",
    "KYC_APPROVAL_MISSING": "who becomes the root of a corporate needs no approval as a consumer",
    "MANAGED_ONBOARDING_PENDING": "there is no managed onboarding",
    "MOBILE_CHANGE_NOT_ALLOWED": "no setting forbids it: step-up guards it, and a limit",
    "MULTIPLE_ACCOUNTS_FOUND": "an address is one person's",
    "PASSWORD_KEY_ALREADY_IN_USE": "secrets have no keys of the caller's",
    "PAYMENT_MODEL_CONSTRAINTS_VIOLATED": "programmes have no payment models",
    "PROFILE_INACTIVE": "profiles cannot be switched off",
    "PROFILE_MISMATCH": "each type of identity has one profile: another is `PROFILE_NOT_FOUND`",
    "TERMINATION_DATE_IN_PAST": "identities have no date of termination",
    "TYPE_DOES_NOT_SUPPORT_ENROLMENT": "everybody who can log in can enrol",
    "UNSUPPORTED_CURRENCY": "a programme takes every currency: nothing is held in it",
}
"""Why an error code that a served operation's table lists is never answered."""


@dataclass(frozen=True, slots=True)
class Published:
    """An operation as its documents have it."""

    method: str
    path: str
    callers: frozenset[str]
    success: frozenset[int]
    once: bool
    deprecated: bool
    conflicts: frozenset[str]


def published() -> Iterator[Published]:
    """Every operation, in the documents' order."""
    for line in (FOLDER / "multi-v3.tsv").read_text().splitlines()[1:]:
        method, path, who, success, flags, conflicts = line.split("\t")
        yield Published(
            method,
            path,
            frozenset(who.split(" or ")),
            frozenset(map(int, success.split(","))),
            "idem" in flags,
            "dep" in flags,
            frozenset(conflicts.split()),
        )


def answerable() -> frozenset[str]:
    """Every error code that this dialect ever answers: those of the table, and those that a route
    names by itself."""
    names = {name for row in errors.TABLE.values() for name in row.names}
    names.update(errors.WRONG_CODE.values())
    for file in SOURCE.rglob("*.py"):
        names.update(_named_in(ast.parse(file.read_text())))
    return frozenset(names)


def _named_in(module: ast.Module) -> Iterator[str]:
    """What `conflict(...)` is called with, by itself or by the name of a constant."""
    constants = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "conflict":
            for one in node.args:
                held = constants.get(one.id) if isinstance(one, ast.Name) else one
                if isinstance(held, ast.Constant):
                    yield str(held.value)


def gaps(operation: Published, route: Route, able: frozenset[str]) -> Iterator[str]:
    """What a served operation does not do as published."""
    told = PARTLY.get((operation.method, operation.path))
    if told:
        yield told
    missing = operation.callers - CALLERS[route.identify]
    if missing and not told:
        yield f"not with {' or '.join(sorted(missing))}"
    if operation.once and route.once is None:
        yield "`idempotency-ref` is ignored"
    status = 204 if route.reply is None else 200
    if status not in operation.success:
        yield f"answers {status}, not {_listed(map(str, operation.success))}"
    never = operation.conflicts - (able & route.conflicts)
    if never:
        yield f"never answers {_listed(f'`{name}`' for name in never)}"


def why_not(path: str) -> str:
    """Why an operation is not served."""
    return next(reason for pattern, reason in NOT_SERVED if re.fullmatch(pattern, path))


def page() -> str:
    """The whole page."""
    routes = {(route.method, _shape(route.path)): route for route in Weavr().routes}
    able = answerable()
    lines, counts = [], {"yes": 0, "partly": 0, "no": 0}
    seen: set[tuple[str, str]] = set()
    unanswered: set[str] = set()
    for operation in published():
        key = operation.method, _shape(operation.path)
        route = routes.get(key)
        if route is None:
            how, said = "no", f"no: {why_not(operation.path)}"
        else:
            seen.add(key)
            unanswered |= operation.conflicts - (able & route.conflicts)
            told = "; ".join(gaps(operation, route, able))
            how, said = ("partly", f"partly: {told}") if told else ("yes", "yes")
        counts[how] += 1
        name = f"`{operation.method} {operation.path}`"
        lines.append(f"| {name}{' (deprecated)' if operation.deprecated else ''} | {said} |")
    more = sorted(
        f"- `{method} {routes[method, shape].path}`" for method, shape in routes.keys() - seen
    )
    return _PAGE.format(
        total=len(lines),
        rows="\n".join(lines),
        more="\n".join(more),
        never="\n".join(f"| `{name}` | {REASONS[name]} |" for name in sorted(unanswered)),
        **counts,
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _shape(path: str) -> str:
    """Parameters are named as everybody likes."""
    return re.sub(r"\{[^}]*\}", "{}", path)


_PAGE = """\
# The Multi API v3, operation by operation

<!-- Written by `make docs` from the routes that answer. Do not edit. -->

Of {total} published operations {yes} are served as published, {partly} in part, and {no} are not.

| Operation | Served |
|---|---|
{rows}

## Served besides

From the back office's document, which is another one:

{more}

## Error codes that are never answered

They stand in the tables of operations that are served; nothing here can be the reason for them.

| Code | Why |
|---|---|
{never}
"""


if __name__ == "__main__":
    PAGE.write_text(page())
