"""What reading the entry shows before anything is started or contacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts, Problem


@dataclass(frozen=True, kw_only=True)
class ConfigFacts(Facts):
    """`problems` stop the walk when `fatal` names one of them; the others are suspicions that a later break confirms.

    `kind` of a problem is a cause's code without "config-". `seen` tells each problem in words, by kind (with the
    place in the entry when a kind comes more than once). `which` tells for the words that matter whether they are
    a program on the client's PATH ("node": "/usr/bin/node", or "missing"). `paths` tells for values that look like
    paths what stands there: "file", "directory", "missing", or "missing; exists at …", by their place in the entry.
    `client_name` is for sentences. `reads` is the file that the client reads instead of this one.
    """

    layer = "config"
    file: str = ""
    line: int | None = None
    client: str = ""
    client_name: str = field(default="", metadata={"shown": False})
    root_key: str = ""
    kind: str = ""
    fatal: str | None = None
    problems: tuple[Problem, ...] = field(default=(), metadata={"shown": False})
    seen: Mapping[str, str] = field(default_factory=dict)
    which: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)

    def problem(self, kind: str) -> Problem | None:
        """The first problem of that kind, the fatal one before the others."""
        return next((p for p in self.problems if p.kind == kind), None)

    def all(self, kind: str) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.kind == kind)

    def stops(self, kind: str) -> Problem | None:
        """The problem at which the walk stopped, when it is of that kind."""
        return next((p for p in self.problems if p.kind == kind and p.fatal), None) if self.fatal == kind else None
