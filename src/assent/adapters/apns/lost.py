"""What became of requests that were not answered."""


class Lost(OSError):
    """The connection ended, or the other side gave the request up, before it was answered."""

    def __init__(self, why: str, unseen: bool = False) -> None:
        """`unseen`: the other side has done nothing with it (RFC 9113 8.7)."""
        super().__init__(why)
        self.unseen = unseen
