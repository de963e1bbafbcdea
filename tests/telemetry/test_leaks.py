"""Nothing of a person and no secret in metrics or traces."""

import re
from pathlib import Path

from tests.attacks.test_secrets import DEBUG, _journey
from tests.support.collector import collecting
from tests.support.metrics import admin_of
from tests.support.processes import sandbox, until


def test_nothing_leaks_into_metrics_or_traces(tmp_path: Path) -> None:
    """The journey of tests/attacks/test_secrets.py, with every call followed."""
    with collecting() as collector:
        told = {**DEBUG, "ASSENT_TELEMETRY_OTLP_URL": collector.url}
        with sandbox(tmp_path, settings=told) as box:
            canaries = _journey(box.server)
            metrics = admin_of(box.log_file).text()
            until("traces arrive", lambda: "PATCH /multi/consumers" in collector.names())
    seen = {"POST /multi/login_with_password", "store commit", "store read", "send sms", "none"}
    assert seen <= collector.names()  # or nothing was found because nothing was told
    assert "step_up" in metrics
    for canary in (*canaries.everywhere, *canaries.tokens):
        assert canary.encode() not in collector.octets, canary
    for code in canaries.codes:  # six digits by themselves: a reference may hold any by chance
        alone = rb"(?<![0-9a-f])%b(?![0-9a-f])" % code.encode()
        assert not re.search(alone, collector.octets), code
    for canary in (*canaries.everywhere, *canaries.tokens):
        assert canary not in metrics, canary
    for code in canaries.codes:  # a count might be that number by chance; a label is in quotes
        assert f'"{code}' not in metrics
