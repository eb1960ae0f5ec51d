"""What a hostile world is: how it is made, what is asked, and which finding is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.lab import Lab, World

# What the program is asked: `diagnose NAME --json` when empty, else these words (then `want` is an exit code or more).
Made = World | dict[str, Any]


@dataclass(frozen=True)
class Hostile:
    """`name` begins with the line of the list that it stands for (S11, H07, C05). `want` is a cause's code or a verdict;
    several, with " | " between them, where the world leaves it open. `timeouts` are those it is run with. `quick` cases
    run in `make test` too. `kill` is a signal for mcp-selfcheck itself and the seconds after which it comes.
    `argv` are other words than `diagnose NAME --json`; then `want` is the exit code. `slack`: seconds after the deadline.
    `prefix` stands before the program, `program` is one that starts it. `output`: whether it can write one.
    `resolver`: the system's resolver hangs, which nobody can interrupt: its thread and its socket end with the process.
    """

    name: str
    want: str
    make: Callable[[Lab], Made]
    kind: str
    timeouts: tuple[float, ...] = (5.0,)
    quick: bool = False
    needs: tuple[str, ...] = ()
    netns: bool = False
    kill: tuple[int, float] | None = None
    argv: tuple[str, ...] = ()
    memory: float = 32.0
    slack: float = 0.5
    prefix: tuple[str, ...] = ()
    program: tuple[str, ...] = ()
    output: bool = True
    resolver: bool = False


TABLE: list[Hostile] = []
# Lines of the list that cannot be provoked on Linux, with the reason.
ELSEWHERE: dict[str, str] = {}


@dataclass
class Row:
    """What one run came to. `wrong` says in words what is not as wanted; empty when all is.
    `slow`: how many times slower than an idle machine this one was meanwhile; the time after the deadline grows with it.
    """

    case: Hostile
    timeout: float
    got: str
    seconds: float
    over: float
    mib: float
    left: list[str] = field(default_factory=list)
    slow: float = 1.0
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        mark = "✗" if self.wrong else "✓"
        left = str(len(self.left))
        slow = f"  (machine {self.slow:.0f} times slower)" if self.slow >= 2 else ""
        said = f"  {'; '.join(self.wrong)[:300]}" if self.wrong else ""
        return (
            f"{mark} {self.case.name[:58]:58} {self.timeout:3g} s  want {self.case.want[:40]:40} got {self.got[:34]:34} "
            f"over {self.over:+6.2f} s  {self.mib:6.1f} MiB  left {left}{slow}{said}"
        )
