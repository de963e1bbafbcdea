"""What the approval page says before its script runs, and in place of it."""

import html

from assent.dialects.wise.hosted import Pages
from assent.domain.approval import Approval
from assent.domain.programme import Programme
from assent.http.answer import Answer

_LABELS = (("payee_name", "To"), ("payee_account", "Account"), ("merchant", "To"))


def asking(
    pages: Pages, programme: Programme, approval: Approval, ancestors: str, told: str
) -> Answer:
    """What is to be approved; the script asks for the proofs."""
    who = html.escape(programme.name)
    text = html.escape(approval.text[:1].upper() + approval.text[1:])
    body = (
        f'<div id="asking"><div><p class="fine">{who} asks you to approve:</p><h1>{text}</h1></div>'
        f"{_facts(approval)}"
        '<p class="problem" id="problem" role="alert"></p>'
        '<section id="steps" aria-labelledby="way">'
        "<noscript>This page needs JavaScript to ask for your PIN or code.</noscript></section>"
        '<div class="foot"><p class="fine">Valid for <span id="left"></span></p>'
        '<button type="button" id="cancel">Cancel</button></div></div>'
        '<section id="outcome"></section><p class="unseen" id="status" role="status"></p>'
    )
    return pages.page(f"Approve: {programme.name}", body, ancestors=ancestors, told=told)


def _facts(approval: Approval) -> str:
    held = approval.parameters
    facts = [(label, held[name]) for name, label in _LABELS if name in held]
    if "amount" in held:
        facts.insert(0, ("Amount", f"{held['amount']} {held.get('currency', '')}".strip()))
    if not facts:
        return ""
    rows = (f"<dt>{label}</dt><dd>{html.escape(value)}</dd>" for label, value in facts)
    return f'<dl class="facts">{"".join(rows)}</dl>'


def waiting(pages: Pages) -> Answer:
    """For a window that is opened first: the form follows."""
    text = (
        "This page goes on by itself. If it does not, close it and start again where you came from."
    )
    return _notice(pages, "One moment", text, 200)


def gone(pages: Pages, ancestors: str, told: str) -> Answer:
    """The same for a token that is unknown, used up, void or expired."""
    text = "The request has expired or was used already. Go back and start again."
    return _notice(pages, "Not approved", text, 404, ancestors, told)


def blocked(pages: Pages, ancestors: str, told: str) -> Answer:
    """Too many wrong answers."""
    text = "There were too many wrong answers, so nothing can be approved now. Try again later."
    return _notice(pages, "Not approved", text, 429, ancestors, told)


def unreadable(pages: Pages, status: int = 400) -> Answer:
    """For whoever wrote the page that sent the form; nobody is told."""
    text = "The page that you came from did not say what is to be approved."
    return _notice(pages, "Not approved", text, status)


def unregistered(pages: Pages) -> Answer:
    """The page that sent the form is not to be told anything, and frames nothing."""
    text = "The page that you came from is not registered here, so nothing can be approved."
    return _notice(pages, "Not approved", text, 403)


def trouble(pages: Pages, status: int) -> Answer:
    """Whatever else."""
    return _notice(pages, "Not now", "That did not work. Try again in a moment.", status)


def _notice(
    pages: Pages,
    title: str,
    text: str,
    status: int,
    ancestors: str = "'none'",
    told: str | None = None,
) -> Answer:
    body = f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>"
    return pages.page(title, body, status, ancestors=ancestors, told=told)
