"""What the list of tools shows; every tool is looked at by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class ToolProblem:
    """`where` is the tool's name made safe, or "tool 3" when it has none; `kind` is a code without "tools-"; `detail` the
    decisive value. `fatal` when a client or a model's interface refuses the whole list for it.
    """

    where: str
    kind: str = ""
    detail: str = ""
    fatal: bool = field(default=True, metadata={"shown": False})


@dataclass(frozen=True, kw_only=True)
class ToolsFacts(Facts):
    """`outcome`: listed, error, silent, exited, invalid, refused (by HTTP), cut (the connection ended; the errno is in `flaws`), endless, not_offered. `digest` is a hash over names and schemas.

    `other_features` are what the server offers beside tools. `undeclared` when it lists tools without the capability.
    `may_change` when it declared that the list can change. `limit` is the client's (`own_limit`), else that of models' interfaces.
    `strays` are answers on stdout that no request of ours asked for.
    """

    layer = "tools"
    outcome: str = ""
    count: int | None = None
    pages: int = 0
    declared: bool = False
    undeclared: bool = False
    may_change: bool = field(default=False, metadata={"shown": False})
    other_features: tuple[str, ...] = ()
    error_code: int | None = None
    error_message: str = ""
    flaws: tuple[str, ...] = ()
    problems: tuple[ToolProblem, ...] = ()
    names: tuple[str, ...] = field(default=(), metadata={"shown": False})
    digest: str = ""
    limit: int | None = None
    own_limit: bool = field(default=False, metadata={"shown": False})
    strays: tuple[str, ...] = ()
    stderr: str = ""
    exit_code: int | None = None
    signal: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)

    def all(self, kind: str) -> tuple[ToolProblem, ...]:
        return tuple(p for p in self.problems if p.kind == kind)
