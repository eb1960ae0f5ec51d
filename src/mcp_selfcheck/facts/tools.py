"""What the list of tools shows; every tool is looked at by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class ToolProblem:
    """`where` is "tool 3" or the tool's name, made safe; `kind` a code without "tools-"; `detail` the decisive value."""

    where: str
    kind: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class ToolsFacts(Facts):
    """`outcome`: listed, error, silent, exited, invalid, not_offered. `digest` is a hash over the names and schemas."""

    layer = "tools"
    outcome: str = ""
    count: int | None = None
    pages: int = 0
    other_features: tuple[str, ...] = ()
    error_code: int | None = None
    error_message: str = ""
    problems: tuple[ToolProblem, ...] = ()
    names: tuple[str, ...] = field(default=(), metadata={"shown": False})
    digest: str = ""
    stderr: str = ""
    exit_code: int | None = None
    signal: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)

    def all(self, kind: str) -> tuple[ToolProblem, ...]:
        return tuple(p for p in self.problems if p.kind == kind)
