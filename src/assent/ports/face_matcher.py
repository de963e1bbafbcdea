"""What compares faces: it alone knows what the octets mean."""

from typing import Protocol


class FaceMatcher(Protocol):
    """Pure, and may take milliseconds: kinds that use it run in the World's pool."""

    def template(self, blob: bytes) -> bytes:
        """What to keep of a face; the store seals it. Raises ValueError for what it cannot
        read, without a word on why."""
        ...

    def matches(self, template: bytes, blob: bytes) -> bool:
        """Whether the blob shows the face of the template. What cannot be read, of either, does
        not match."""
        ...
