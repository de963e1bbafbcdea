"""What is to be done, and its fingerprint: the half of an approval that cannot be swapped."""

import hashlib
import json
from dataclasses import dataclass, field

from assent.domain.deed import Deed


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person may be asked to approve (RTS Article 5: amount and payee are in it)."""

    name: str
    deed: Deed
    """What the person reads, in whichever language."""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over name and parameters, and no words, in one canonical form; another payee,
        another value."""
        canonical = json.dumps(
            [self.name, sorted(self.parameters.items())], ensure_ascii=False, separators=(",", ":")
        )
        return hashlib.sha256(canonical.encode()).hexdigest()
