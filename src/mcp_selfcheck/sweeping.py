"""The work of a warden that was ended from outside, as far as it can be done from here."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_adopts = False


def adopt() -> None:
    """Makes this process the last parent of what its wardens lose (prctl(2)). For programs of our own, not for a library.

    A server that ends its warden would else leave daemons to the system that nobody finds again.
    """
    global _adopts
    if sys.platform.startswith("linux"):
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            _adopts = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def sweep(session: int, wardens: frozenset[int] = frozenset()) -> int:
    """Ends every process of that session or group, and whatever we adopted that none of `wardens` looks after.

    Returns how many it ended. Bounded. Without adopt(), a process that left the session is not found here.
    """
    import psutil

    ended = 0
    for _ in range(50):
        found = {p for p in psutil.pids() if p != os.getpid() and session and _belongs(p, session)}
        found |= {p for p in _adopted(wardens) if not dead(p)} if _adopts else set()
        if not found:
            break
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                with contextlib.suppress(OSError):
                    os.kill(pid, number)
        ended += len(found)
        time.sleep(0.005)
    return ended


def _adopted(wardens: frozenset[int]) -> set[int]:
    """Processes below us in sessions that are not ours: a server's, for all that we start ourselves stay in our session."""
    found: set[int] = set()
    wave = children(os.getpid())
    while wave:
        fresh = [p for p in wave if p not in found and p not in wardens]
        found.update(p for p in fresh if not _same_session(p))
        wave = [p for parent in fresh for p in children(parent)]
    return found


def children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(word) for word in (task / "children").read_bytes().split()]
    except OSError:
        pass
    return found


def _same_session(pid: int) -> bool:
    return _asked(os.getsid, pid) == os.getsid(0)


def _asked(ask: Callable[[int], int], pid: int) -> int:
    try:
        return ask(pid)
    except OSError:
        return -1


def _belongs(pid: int, session: int) -> bool:
    if session not in (_asked(os.getsid, pid), _asked(os.getpgid, pid)):
        return False
    return not sys.platform.startswith("linux") or not dead(pid)


def dead(pid: int) -> bool:
    """Whether it is a zombie: its parent has to collect it, and nobody can end it."""
    return _state(pid) in ("Z", "X", "")


def stopped(pid: int) -> bool:
    """Whether somebody stopped it with a signal. Not known without /proc."""
    return _state(pid) in ("T", "t")


def _state(pid: int) -> str:
    """The letter of proc(5); "" when there is no such process, or no /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0].decode()
    except (OSError, IndexError):
        return ""
