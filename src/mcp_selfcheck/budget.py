"""Every wait ends by one deadline that is set once, at the start of a diagnosis."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

CLOSING = (
    0.4  # seconds before the deadline in which nothing new is asked: servers are ended, and what was seen is judged
)
PART = 0.15  # of a short time


class Budget:
    """Seconds that are left until a fixed moment. Slices of it never reach beyond it.

    `closing`: seconds before the deadline in which no work is begun, kept for ending what was started.
    """

    __slots__ = ("_closing", "_end")

    def __init__(self, seconds: float, *, closing: float = 0.0) -> None:
        self._closing = closing
        self._end = time.monotonic() + seconds

    @classmethod
    def whole(cls, seconds: float) -> Budget:
        """The budget of a whole diagnosis."""
        return cls(seconds, closing=min(CLOSING, seconds * PART))

    def left(self) -> float:
        """Seconds for work, never negative."""
        return max(0.0, self._end - self._closing - time.monotonic())

    def until_deadline(self) -> float:
        """Seconds until the deadline itself, for ending what was started. Never negative."""
        return max(0.0, self._end - time.monotonic())

    def at_most(self, seconds: float) -> float:
        """The wait to use for a single operation: `seconds`, or what is left when that is less."""
        return min(seconds, self.left())

    def share(self, part: float) -> float:
        """A part (0 to 1) of what is left now, in seconds."""
        return self.left() * part

    async def within(self, job: Coroutine[Any, Any, T], otherwise: T, *, late: float = 0.0) -> T:
        """What comes of it, or `otherwise` when it is not there in time, `late` seconds added: then it is cut."""
        if self.left() + late <= 0:
            job.close()
            return otherwise
        try:
            async with asyncio.timeout(self.left() + late) as limit:
                return await job
        except TimeoutError:
            if not limit.expired():
                raise
            return otherwise

    def slice(self, seconds: float) -> Budget:
        """A budget inside this one."""
        return Budget(self.at_most(seconds))


def since_start() -> float:
    """Seconds since this process began, as far as the system tells; its processor time elsewhere."""
    try:
        stat = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
        begun = int(stat[19]) / os.sysconf("SC_CLK_TCK")  # field 22: clock ticks after boot
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - begun)
    except (OSError, ValueError, IndexError, AttributeError):
        return time.process_time()
