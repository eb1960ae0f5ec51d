"""Every wait ends by one deadline that is set once, at the start of a diagnosis."""

from __future__ import annotations

import time


class Budget:
    """Seconds that are left until a fixed moment. Slices of it never reach beyond it."""

    __slots__ = ("_end", "total")

    def __init__(self, seconds: float) -> None:
        self.total = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._end - time.monotonic())

    def spent(self) -> float:
        return self.total - self.left()

    def at_most(self, seconds: float) -> float:
        """The wait to use for a single operation: `seconds`, or what is left when that is less."""
        return min(seconds, self.left())

    def share(self, part: float) -> float:
        """A part (0 to 1) of what is left now, in seconds."""
        return self.left() * part

    def slice(self, seconds: float) -> Budget:
        """A budget inside this one."""
        return Budget(self.at_most(seconds))
