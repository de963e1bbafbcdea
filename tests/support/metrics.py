"""The operator's port of a running server, as Prometheus sees it."""

import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from tests.support.client import Answer, Server


@dataclass(frozen=True)
class Admin:
    """A port of a server's process."""

    server: Server

    def call(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return self.server.call(method, path, headers=headers)

    def called(self, *names: str) -> int:
        """The status, where the Host header holds these and nothing else."""
        link = http.client.HTTPConnection("127.0.0.1", urlsplit(self.server.base_url).port)
        try:
            link.putrequest("GET", "/metrics", skip_host=True)
            for name in names:
                link.putheader("host", name)
            link.endheaders()
            answer = link.getresponse()
            assert (b"assent_" in answer.read()) == (answer.status == 200)
            return answer.status
        finally:
            link.close()

    def text(self) -> str:
        answer = self.call("/metrics")
        assert answer.status == 200, answer.body
        return answer.body.decode()

    def value(self, sample: str, **labels: str) -> float:
        """Of one series; 0 where nothing of it was counted yet."""
        return sum(self.values(sample, **labels))

    def values(self, sample: str, **labels: str) -> list[float]:
        """Of all series that have these labels."""
        return [
            one.value
            for family in text_string_to_metric_families(self.text())
            for one in family.samples
            if one.name == sample and labels.items() <= one.labels.items()
        ]


def admin_of(log: Path) -> Admin:
    """Where it listens: the log says."""
    for line in log.read_text().splitlines():
        if line.startswith("{") and '"listening"' in line:
            return Admin(Server({}, str(json.loads(line)["admin"])))
    raise AssertionError(f"nothing listens: {log.read_text()}")
