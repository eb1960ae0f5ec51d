"""Settings files by which a client keeps servers out: read where the client reads them, nothing else.

Sources: Claude Code's managed settings (allowedMcpServers, deniedMcpServers, managed-mcp.json, which is exclusive), VS Code's
setting chat.mcp.access.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import jsonc
from ..model import Problem, Target, plain

_READ = 1024 * 1024
_CLAUDE_CODE = Path("/etc/claude-code")


def policy(t: Target, environ: Mapping[str, str]) -> list[Problem]:
    """The rule that keeps this server out of its client, as a fatal problem of kind "policy"; [] when there is none."""
    home = environ.get("HOME", "")
    found = ("", "")
    if t.client == "claude-code":
        found = _claude_code(t, home)
    elif t.client == "vscode":
        found = _vscode(home, environ)
    return [Problem(kind="policy", where=found[0], detail=found[1], fatal=True)] if found[0] else []


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as f:
            found = jsonc.parse(jsonc.blank(f.read(_READ).decode("utf-8-sig", "replace")).text)
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _claude_code(t: Target, home: str) -> tuple[str, str]:
    exclusive = _CLAUDE_CODE / "managed-mcp.json"
    if t.source.scope != "managed" and os.path.isfile(exclusive):
        return str(exclusive), f"only the servers of this file are loaded, and {t.name} stands in {t.source.file}"
    managed = [_CLAUDE_CODE / "managed-settings.json", *sorted(_CLAUDE_CODE.glob("managed-settings.d/*.json"))]
    own = [Path(home, ".claude", "settings.json")] if home else []
    for path in (*managed, *own):
        data = _read(path)
        for rule in _rules(data.get("deniedMcpServers")):
            if _matches(rule, t):
                return str(path), f"deniedMcpServers holds {_shown(rule)}"
    for path in managed:
        allowed = _read(path).get("allowedMcpServers")
        if isinstance(allowed, list) and not any(_matches(rule, t) for rule in _rules(allowed)):
            return str(path), f"allowedMcpServers does not hold {t.name}"
    return "", ""


def _rules(found: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(found, list):
        yield from (rule for rule in found if isinstance(rule, Mapping))


def _matches(rule: Mapping[str, Any], t: Target) -> bool:
    """One of serverName, serverCommand (the whole command line) and serverUrl (with *) stands in a rule."""
    if rule.get("serverName") == t.name:
        return True
    command = rule.get("serverCommand")
    if isinstance(command, list) and t.command is not None:
        return command == [t.command, *(plain(a) for a in t.args)]
    url = rule.get("serverUrl")
    return isinstance(url, str) and t.url is not None and fnmatch.fnmatchcase(t.url.reveal(), url)


def _shown(rule: Mapping[str, Any]) -> str:
    key = next((k for k in ("serverName", "serverCommand", "serverUrl") if k in rule), "a rule")
    return f"{key} {rule[key]}" if key == "serverName" else f"a rule for its {key.removeprefix('server').lower()}"


def _vscode(home: str, environ: Mapping[str, str]) -> tuple[str, str]:
    base = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    settings = Path(base, "Code", "User", "settings.json")
    if _read(settings).get("chat.mcp.access") == "none":
        return str(settings), '"chat.mcp.access" is "none": no MCP server is started'
    return "", ""
