"""The scripts that a programme's pages load, from the API's own origin, with their declarations."""

import json
from pathlib import Path

from assent.http.document import Document

_BUILT = Path(__file__).with_name("built")
_PLACE = '"__ASSENT_FRAMES_URL__"'
_FIVE_MINUTES = 300
"""In browsers' caches: a mend of the SDK reaches every page within that time."""
_SCRIPTS = {
    "/app/secure/static/client.1": "client.1",
    "/weavr-client-v2": "weavr-client-v2",
}


def scripts(frames_url: str) -> dict[str, Document]:
    """Paths and files. Each script learns here where the frames are."""
    made = {}
    for path, name in _SCRIPTS.items():
        text = (_BUILT / f"{name}.js").read_text()
        if text.count(_PLACE) != 1:
            raise ValueError(f"{name}.js was not built from these sources; run: make browser")
        told = text.replace(_PLACE, json.dumps(frames_url))
        made[f"{path}.js"] = _shared(told, "text/javascript")
        declared = (_BUILT / f"{name}.d.ts").read_text()
        made[f"{path}.d.ts"] = _shared(declared, "text/plain")
    return made


def _shared(text: str, type: str) -> Document:
    """Other origins' pages load it, with or without CORS (for `integrity`)."""
    headers = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
    return Document(text.encode(), f"{type}; charset=utf-8", headers, max_age=_FIVE_MINUTES)
