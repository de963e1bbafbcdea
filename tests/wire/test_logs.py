"""What a server that breaks writes down: where it broke, and nothing of what it was sent."""

import json
import subprocess
import sys

BREAKS = """
import structlog
from assent.serving import set_up_logs
from assent.settings import Settings

set_up_logs(Settings())
def log_in(password):
    raise ValueError("at the door")
try:
    log_in("Pass-" + "word1")
except ValueError:
    structlog.get_logger().exception("broken")
"""


def test_a_traceback_without_the_variables_in_it():
    done = subprocess.run(
        [sys.executable, "-c", BREAKS], capture_output=True, text=True, check=True, timeout=60
    )
    event = json.loads(done.stderr)
    assert event["event"] == "broken"
    (error,) = event["exception"]
    assert error["exc_type"] == "ValueError"
    assert [frame["name"] for frame in error["frames"]] == ["<module>", "log_in"]
    assert "Pass-word1" not in done.stderr
