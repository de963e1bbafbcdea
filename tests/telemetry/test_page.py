"""docs/operations/monitoring.md names what is served, and nothing else."""

import re
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from assent.adapters.prometheus.metrics import Metrics, Readings
from assent.kernel.refusals import Code
from assent.testing.frozen import FrozenClock
from tests.support.metrics import Admin
from tests.support.processes import Sandbox
from tests.support.weavr import enrolled_person

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "monitoring.md"
_ROW = re.compile(r"^\| `(\w+)` \|(.*?)\| (.+) \|$", re.MULTILINE)


_NAME = re.compile("[a-z_]*")
_FORMS = {
    "le": re.compile(r"[0-9.e+-]+|\+Inf"),
    "operation": re.compile(r"none|[A-Z]+ /[a-z0-9_/{}A-Z.*-]*"),
    "python": re.compile("[0-9.]+"),
    "schema": re.compile("[0-9]+"),
    "status": re.compile("0|[2-5][0-9][0-9]"),
    "version": re.compile("[0-9a-z.+]+"),
}
"""What a label may be: names of ours, all small letters, but for these."""


def _named() -> dict[str, list[str]]:
    """Metric and labels, as the page has them."""
    rows = _ROW.findall(PAGE.read_text().split("## Metrics")[1].split("## Alerts")[0])
    return {name: re.findall(r"`(\w+)`", labels) for name, labels, _ in rows}


def _declared() -> dict[str, str]:
    """Every metric there is and what it is, counted or not: those without a series are named in
    the page's comments."""
    text = Metrics(FrozenClock(), "1", "3", "4").page(Readings(database_up=True)).decode()
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))


def test_the_page_has_every_metric() -> None:
    assert set(_named()) == set(_declared())


def test_the_page_has_the_labels_that_are_served(box: Sandbox, admin: Admin) -> None:
    enrolled_person(box.server.isolated())
    named, seen = _named(), set()
    for family in text_string_to_metric_families(admin.text()):
        for sample in family.samples:
            name = sample.name if sample.name in named else family.name
            assert set(sample.labels) - {"le"} == set(named[name]), sample
            for label, value in sample.labels.items():
                assert _FORMS.get(label, _NAME).fullmatch(value), sample
            seen.add(name)
    assert {"assent_calls_total", "assent_store_seconds", "assent_disk_free_bytes"} <= seen


def _rules() -> list[dict[str, object]]:
    text = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    (group,) = yaml.safe_load(text)["groups"]
    return list(group["rules"])


def test_every_alert_says_what_to_do_and_asks_for_what_is_served() -> None:
    declared = _declared()
    known = {
        *declared,
        *(f"{name}_bucket" for name, sort in declared.items() if sort == "histogram"),
    }
    rules = _rules()
    assert len(rules) > 10
    for rule in rules:
        told = rule["annotations"]
        assert isinstance(told, dict)
        assert len(told["do"]) > 40, rule
        expression = str(rule["expr"])
        asked = set(re.findall(r"\bassent_\w+", expression))
        assert asked or "up{" in expression, rule
        assert asked <= known, rule
        assert expression.count("(") == expression.count(")")


def test_codes_and_outcomes_that_the_page_names_are_there() -> None:
    text = PAGE.read_text()
    assert f"(`{Code.BUSY}`)" in text
    for outcome in ("sent", "again", "given_up", "expired", "unreadable", "broken"):
        assert f"`{outcome}`" in text
