"""What the database holds of questions to devices, whatever the servers say of them."""

from assent.domain.device import DEVICE_KEY
from tests.processes.conftest import ask
from tests.support.weavr import Person


def answer_path(challenge: str) -> str:
    return f"/challenges/{challenge}/answer"


def question(url: str, challenge: str) -> tuple[str, str, int, bool, bool]:
    """States of a question, its approval and its tries; whether its session is stepped up, and has
    ended."""
    (row,) = ask(
        url,
        "SELECT c.state, a.state, c.tries, s.stepped_up_at IS NOT NULL, s.ended_at IS NOT NULL "
        "FROM challenges c JOIN approvals a ON a.id = c.approval_id "
        "JOIN sessions s ON s.id = c.session_id WHERE c.id = $1",
        int(challenge),
    )
    return row


def recorded(url: str, name: str, challenge: str) -> list[int]:
    """When that was recorded of a question."""
    found = ask(
        url,
        "SELECT at FROM facts WHERE name = $1 AND details::json->>'challenge' = $2 ORDER BY at",
        name,
        challenge,
    )
    return [at for (at,) in found]


def failures(url: str, person: Person, proof: str = DEVICE_KEY) -> int:
    """How many wrong answers stand against somebody."""
    found = ask(
        url,
        "SELECT failures FROM attempts WHERE holder = $1 AND proof = $2",
        f"subject:{person.user_id}",
        proof,
    )
    return int(found[0][0]) if found else 0
