"""What the consent page says: plain HTML, no script."""

import html
from collections.abc import Mapping

from assent.dialects.wise.hosted import Pages
from assent.domain.programme import Programme
from assent.http.answer import Answer


def asking(
    pages: Pages,
    programme: Programme,
    path: str,
    hidden: Mapping[str, str],
    forms_to: str,
    wrong: str | None,
) -> Answer:
    """The form. `wrong` is an address of which nobody was found."""
    client = html.escape(hidden["client_id"])
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
        for name, value in hidden.items()
    )
    problem = "" if wrong is None else _UNKNOWN
    body = (
        f'<p class="fine">Sandbox · {html.escape(programme.name)}</p>'
        f"<h1>May {client} act for you?</h1>"
        "<p>It would see your accounts, and prepare payments, which you approve one by one.</p>"
        f'<form method="post" action="{path}">{fields}{problem}'
        '<label for="email">E-mail address of a user of this programme</label>'
        '<input id="email" name="email" type="email" autocomplete="email" maxlength="254" '
        f'aria-describedby="problem" value="{html.escape(wrong or "")}">'
        '<div class="actions">'
        '<button class="primary" name="decision" value="allow">Allow</button>'
        '<button name="decision" value="deny">Deny</button></div></form>'
    )
    status = 200 if wrong is None else 422
    return pages.page("Allow access?", body, status, forms_to=forms_to)


_UNKNOWN = (
    '<p class="problem" id="problem" role="alert">This programme has no active user with that '
    "address. Sign one up first.</p>"
)


def refused(pages: Pages, text: str, status: int) -> Answer:
    """For whoever made the link."""
    body = f"<h1>Nothing was allowed</h1><p>{html.escape(text)}</p>"
    return pages.page("Nothing was allowed", body, status)
