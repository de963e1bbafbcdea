"""What is to be done, and its fingerprint: the half of an approval that cannot be swapped."""

import hashlib
import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person may be asked to approve (RTS Article 5: amount and payee are in it)."""

    name: str
    text: str
    """What the person reads: 'sign in to Demo Bank', 'pay 10.00 EUR to Ada'."""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over name and parameters in one canonical form; another payee, another value."""
        canonical = json.dumps(
            [self.name, sorted(self.parameters.items())], ensure_ascii=False, separators=(",", ":")
        )
        return hashlib.sha256(canonical.encode()).hexdigest()
