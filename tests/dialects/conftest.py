"""A World and a caller, as the use cases' tests have them."""

from tests.usecases.conftest import caller, make, person, world

__all__ = ["caller", "make", "person", "world"]
