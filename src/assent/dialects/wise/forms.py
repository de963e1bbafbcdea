"""Bodies as HTML forms send them (application/x-www-form-urlencoded)."""

from urllib.parse import parse_qsl

Form = dict[str, str]
_MOST_FIELDS = 20


class BadForm(Exception):
    """It cannot be read; the message says why."""


def read_form(octets: bytes) -> Form:
    """A field that stands there twice means neither (RFC 6749 3.2). Raises BadForm."""
    try:
        pairs = parse_qsl(
            octets.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise BadForm("The form cannot be read") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise BadForm("A field stands there twice")
    return form
