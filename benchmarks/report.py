"""What is printed: ratios and their aims; absolute numbers only beside them, for the reader."""

import sys
from collections.abc import Sequence
from statistics import median


class Report:
    """Prints as it goes, and remembers what fell short."""

    def __init__(self) -> None:
        self._short: list[str] = []

    def head(self, text: str) -> None:
        self.say(f"\n{text}")

    def say(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def at_least(self, what: str, ratio: float, aim: float, beside: str = "") -> None:
        self._line(what, f"{ratio:.2f}", f"at least {aim:.2f}", round(ratio, 2) >= aim, beside)

    def at_most(self, what: str, value: float, aim: float, unit: str, beside: str = "") -> None:
        shown = f"{value:.2f}" if aim < 10 else f"{value:.0f}"
        self._line(what, f"{shown}{unit}", f"at most {aim:g}{unit}", value <= aim, beside)

    def close(self) -> None:
        if self._short:
            self.head("Falls short of its aim:")
            for line in self._short:
                self.say(f"  {line}")
        else:
            self.head("Every aim is met.")

    def _line(self, what: str, value: str, aim: str, met: bool, beside: str) -> None:
        verdict = "" if met else "   FALLS SHORT"
        self.say(f"  {what:<48} {value:>10}   aim {aim}{verdict}")
        if beside:
            self.say(f"  {'':<4} {beside}")
        if not met:
            self._short.append(f"{what}: {value}, aim {aim}")


def middle(values: Sequence[float]) -> float:
    """The median: what a disturbed run cannot move."""
    return median(values)
