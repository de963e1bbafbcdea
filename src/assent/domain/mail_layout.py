"""The HTML part of an e-mail, made from its plain paragraphs.

One layout for all. Nothing in it is loaded from anywhere, so nobody learns that it was read; and
nothing in it runs. Everything that is put in is escaped. Colours follow the reader's dark mode.
"""

import html
import re
from collections.abc import Mapping, Sequence

_PLACE = re.compile(r"\{([a-z_]+)\}")
_LINK = re.compile(r"https?://[^\s\"'<>]+")

_PAGE = """\
<!doctype html>
<html lang="{lang}" dir="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{
  .page {{ background: #16181d !important; }}
  .card {{ background: #22252c !important; color: #eceef2 !important; }}
  .code {{ background: #16181d !important; color: #eceef2 !important; }}
  .button {{ background: #9db8ff !important; color: #10131a !important; }}
  .small {{ color: #b4bac6 !important; }}
}}
</style>
</head>
<body class="page" style="margin:0;padding:24px 12px;background:#f3f4f6">
<div class="card" style="max-width:520px;margin:0 auto;padding:28px 24px;border-radius:12px;\
background:#ffffff;color:#1b1e25;font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,Arial,\
sans-serif;overflow-wrap:anywhere">
{body}
</div>
</body>
</html>
"""
_CODE = (
    '<p class="code" style="margin:20px 0;padding:16px;border-radius:8px;background:#f3f4f6;'
    "color:#1b1e25;font:600 30px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:6px;"
    'text-align:center">{}</p>'
)
_BUTTON = (
    '<p style="margin:24px 0 12px"><a class="button" href="{link}" style="display:inline-block;'
    "padding:12px 20px;border-radius:8px;background:#1f4ed8;color:#ffffff;text-decoration:none;"
    'font-weight:600">{label}</a></p>\n'
    '<p class="small" style="margin:0 0 16px;font-size:13px;color:#596070">{link}</p>'
)
_PARAGRAPH = '<p style="margin:0 0 16px">{}</p>'
_STRONG = '<strong style="white-space:nowrap">{}</strong>'


def as_page(subject: str, paragraphs: Sequence[str], values: Mapping[str, str], lang: str) -> str:
    """The paragraphs of a plain template, with their places filled.

    A code that stands alone is shown large; a link that stands alone is a button, named by the
    subject, with the whole address under it: whoever reads can see where it leads.
    """
    body = "\n".join(_block(part.strip(), subject, values) for part in paragraphs)
    return _PAGE.format(lang=_escaped(lang), title=_escaped(subject), body=body)


def filled_page(template: str, values: Mapping[str, str]) -> str:
    """A programme's own page; every value is escaped, for text and quoted attributes alike."""
    return _PLACE.sub(lambda found: _escaped(values.get(found.group(1), "")), template)


def _block(paragraph: str, subject: str, values: Mapping[str, str]) -> str:
    if paragraph == "{code}":
        return _CODE.format(_escaped(values.get("code", "")))
    link = values.get("link", "")
    if paragraph == "{link}" and _LINK.fullmatch(link):
        return _BUTTON.format(link=_escaped(link), label=_escaped(subject))
    written = ""
    end = 0
    for found in _PLACE.finditer(paragraph):
        value = _escaped(values.get(found.group(1), ""))
        strong = _STRONG.format(value) if found.group(1) == "code" else value
        written += _escaped(paragraph[end : found.start()]) + strong
        end = found.end()
    written += _escaped(paragraph[end:])
    return _PARAGRAPH.format(written.replace("\n", "<br>\n"))


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)
