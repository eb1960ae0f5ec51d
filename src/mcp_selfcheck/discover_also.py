"""One file that several clients read: which others read an entry here, and what it is to them where that differs."""

from __future__ import annotations

import os

from .clients_row import Client
from .discover_places import SYSTEM, Where
from .model import Target

# Folders that a client makes when it is used, beside its own config files.
_FOLDERS = {
    "claude-code": "~/.claude", "cursor": "~/.cursor", "vscode": "{XDG_CONFIG}/Code", "windsurf": "~/.codeium",
    "copilot-cli": "{COPILOT_HOME|~/.copilot}", "warp": "~/.warp", "gemini-cli": "~/.gemini", "codex": "~/.codex",
}  # fmt: skip


def at_home(client: Client, where: Where) -> bool:
    """Whether the client is used on this machine: it has a user-scope config here, or the folder that it makes."""
    own = [p.path for p in client.configs if p.scope == "user" and SYSTEM in p.systems and "*" not in p.path]
    paths = (where.expand(p) for p in (*own, _FOLDERS.get(client.id, "")) if p)
    return any(p and os.path.exists(p) for p in paths)


def difference(first: Target, other: Target) -> str:
    """What the entry is to the client of `other`, where that is not what it is to the client of `first`; "" else."""
    refused = [f"config-{p.kind}" for p in other.problems if p.fatal]
    if refused != [f"config-{p.kind}" for p in first.problems if p.fatal]:
        return f"does not use it: {refused[0]}" if refused else f"uses it: {_runs(other)}"
    if other.disabled != first.disabled:
        return "has it switched off" if other.disabled else "has it switched on"
    if _runs(other) != _runs(first) or list(other.args) != list(first.args) or other.url != first.url:
        return f"uses {_runs(other)}"
    names = sorted(k for k in {*first.env, *other.env} if first.env.get(k) != other.env.get(k))
    names += sorted(k for k in {*first.headers, *other.headers} if first.headers.get(k) != other.headers.get(k))
    return f"gives another value to {', '.join(names)}" if names else ""


def _runs(t: Target) -> str:
    what = t.shown_url or " ".join([t.command or "", *(str(a) for a in t.args)]).strip()
    return f"{t.transport} {what}" + (f" in {t.cwd}" if t.cwd else "")
