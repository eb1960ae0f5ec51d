"""Which files a client reads on this machine, which it is often thought to read, and whose file a path is."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .clients import CLIENTS, UNKNOWN, by_id, expand_place
from .clients_row import Client, Format, Place

SYSTEM = "linux" if sys.platform.startswith("linux") else sys.platform

# Files that a client does not read, though guides and people put servers there: (client, path, where it belongs).
DECOYS: tuple[tuple[str, str, str], ...] = (
    ("claude-code", "~/.mcp.json", "~/.claude.json"),
    ("claude-code", "~/.claude/mcp.json", "~/.claude.json"),
    ("claude-code", "~/.claude/.mcp.json", "~/.claude.json"),
    ("claude-code", "~/.claude/mcp_servers.json", "~/.claude.json"),
    ("claude-code", "~/.claude/mcp-servers.json", "~/.claude.json"),
    ("claude-code", "~/.claude/settings.json", "~/.claude.json"),
    ("claude-code", "~/.claude/settings.local.json", "~/.claude.json"),
    ("claude-code", "~/.claude/config.json", "~/.claude.json"),
    ("claude-code", "{XDG_CONFIG}/claude/mcp.json", "~/.claude.json"),
    ("claude-code", "{XDG_CONFIG}/claude-code/mcp.json", "~/.claude.json"),
    ("claude-code", "{PROJECT}/.claude/mcp.json", "{PROJECT}/.mcp.json"),
    ("claude-code", "{PROJECT}/.claude/.mcp.json", "{PROJECT}/.mcp.json"),
    ("claude-code", "{PROJECT}/.claude/settings.json", "{PROJECT}/.mcp.json"),
    ("claude-code", "{PROJECT}/.claude/settings.local.json", "{PROJECT}/.mcp.json"),
    ("claude-desktop", "~/.claude/claude_desktop_config.json", "{XDG_CONFIG}/Claude/claude_desktop_config.json"),
    ("claude-desktop", "~/claude_desktop_config.json", "{XDG_CONFIG}/Claude/claude_desktop_config.json"),
    ("claude-desktop", "{XDG_CONFIG}/claude/claude_desktop_config.json",
     "{XDG_CONFIG}/Claude/claude_desktop_config.json"),
    ("claude-desktop", "{XDG_CONFIG}/Claude/config.json", "{XDG_CONFIG}/Claude/claude_desktop_config.json"),
    ("claude-desktop", "{XDG_CONFIG}/Claude/mcp.json", "{XDG_CONFIG}/Claude/claude_desktop_config.json"),
    ("claude-desktop", "~/Library/Application Support/Claude/claude_desktop_config.json",
     "{XDG_CONFIG}/Claude/claude_desktop_config.json"),
    ("cursor", "{XDG_CONFIG}/Cursor/mcp.json", "~/.cursor/mcp.json"),
    ("cursor", "{XDG_CONFIG}/Cursor/User/mcp.json", "~/.cursor/mcp.json"),
    ("cursor", "{XDG_CONFIG}/Cursor/User/settings.json", "~/.cursor/mcp.json"),
    ("cursor", "{APPDATA}/Cursor/mcp.json", "~/.cursor/mcp.json"),
    ("vscode", "~/.vscode/mcp.json", "{XDG_CONFIG}/Code/User/mcp.json"),
    ("vscode", "{XDG_CONFIG}/Code/mcp.json", "{XDG_CONFIG}/Code/User/mcp.json"),
    ("windsurf", "~/.windsurf/mcp_config.json", "~/.codeium/windsurf/mcp_config.json"),
    ("windsurf", "~/.windsurf/mcp.json", "~/.codeium/windsurf/mcp_config.json"),
    ("windsurf", "~/.codeium/windsurf/mcp.json", "~/.codeium/windsurf/mcp_config.json"),
    ("windsurf", "{XDG_CONFIG}/Windsurf/User/mcp.json", "~/.codeium/windsurf/mcp_config.json"),
    ("gemini-cli", "~/.gemini/mcp.json", "~/.gemini/settings.json"),
    ("gemini-cli", "~/.gemini/config.json", "~/.gemini/settings.json"),
    ("gemini-cli", "{PROJECT}/.gemini/mcp.json", "{PROJECT}/.gemini/settings.json"),
    ("codex", "~/.codex/mcp.json", "~/.codex/config.toml"),
    ("codex", "~/.codex/config.json", "~/.codex/config.toml"),
    ("zed", "~/.zed/settings.json", "{XDG_CONFIG}/zed/settings.json"),
    ("zed", "{XDG_CONFIG}/zed/mcp.json", "{XDG_CONFIG}/zed/settings.json"),
)  # fmt: skip
# File names that belong to one client wherever they stand.
OWN_NAMES = {
    "claude_desktop_config.json": "claude-desktop", ".claude.json": "claude-code", ".mcp.json": "claude-code",
    "managed-mcp.json": "claude-code", "cline_mcp_settings.json": "cline", "opencode.json": "opencode",
    "opencode.jsonc": "opencode", "librechat.yaml": "librechat", ".mcphost.json": "mcphost", ".mcphost.yml": "mcphost",
    "llm.mcpservers.xml": "jetbrains-ai",
}  # fmt: skip


@dataclass(frozen=True)
class Where:
    """The world in which paths are looked up: environment, home, and the folders of the project, innermost first."""

    environ: Mapping[str, str]
    home: str
    cwd: str

    @property
    def projects(self) -> tuple[str, ...]:
        """The folder where we are and those above it, up to the home directory (left out) or the root."""
        found: list[str] = []
        folder = os.path.normpath(self.cwd)
        while folder != self.home and len(found) < 20:
            found.append(folder)
            above = str(Path(folder).parent)
            if above == folder:
                break
            folder = above
        return tuple(found)

    def expand(self, path: str, project: str = "") -> str | None:
        return expand_place(path, self.environ, self.home, project)


@dataclass(frozen=True)
class Found:
    """A file of a client that is there."""

    client: Client
    place: Place
    file: str
    project: str = ""


def places(client: Client, where: Where) -> Iterator[tuple[Place, str, str]]:
    """Place, path (may hold wildcards) and project folder of all files that `client` may read here."""
    for place in client.configs:
        if SYSTEM not in place.systems:
            continue
        for project in where.projects if "{PROJECT}" in place.path else ("",):
            path = where.expand(place.path, project)
            if path:
                yield place, path, project


def files(client: Client, where: Where) -> Iterator[Found]:
    """The files of `client` that are there, in the order of its row. At most 200 for one wildcard."""
    for place, path, project in places(client, where):
        matches = sorted(glob.glob(path))[:200] if "*" in path else [path]
        for file in matches:
            if os.path.lexists(file):
                yield Found(client, place, file, project)


def decoys(where: Where, client: str | None = None) -> Iterator[tuple[Client, str, str]]:
    """Files that are there and that their supposed client does not read: client, file, the file that it reads."""
    for owner, path, belongs in DECOYS:
        if client is not None and owner != client:
            continue
        for project in where.projects[:1] if "{PROJECT}" in path else ("",):
            file, real = where.expand(path, project), where.expand(belongs, project)
            if file and real and file != real and os.path.isfile(file) and used(by_id(owner), where):
                yield by_id(owner), file, real


def used(client: Client, where: Where) -> bool:
    """Whether there is a sign that the client is used here: one of its own files, or the folder that it makes."""
    folders = {
        "claude-code": ("~/.claude", "~/.claude.json"), "cursor": ("~/.cursor", "{XDG_CONFIG}/Cursor"),
        "claude-desktop": ("{XDG_CONFIG}/Claude", "~/Library/Application Support/Claude"),
        "vscode": ("{XDG_CONFIG}/Code", "~/.vscode"), "windsurf": ("~/.codeium", "~/.windsurf"),
        "gemini-cli": ("~/.gemini",), "codex": ("~/.codex",), "zed": ("{XDG_CONFIG}/zed", "~/.zed"),
    }  # fmt: skip
    paths = [where.expand(p) for p in folders.get(client.id, ())]
    return any(p and os.path.exists(p) for p in paths) or next(files(client, where), None) is not None


def owner(file: str, where: Where) -> tuple[Client, Place | None]:
    """Whose file a path is: by the exact path, then by how it ends, then by its name. (UNKNOWN, None) when nobody's."""
    path = os.path.normpath(Path(where.cwd) / file)
    for client in CLIENTS:
        for place, here, _ in places(client, where):
            if os.path.normpath(here) == path and "{PROJECT}" not in place.root:
                return client, place
    slashed = "/" + path.replace("\\", "/").strip("/")
    for client in CLIENTS:
        for place in client.configs:
            tail = _tail(place.path) if "{PROJECT}" not in place.root else None
            if tail and re.search(tail, slashed):
                return client, place
    own = OWN_NAMES.get(Path(path).name.lower()) or ("vscode" if path.endswith(".code-workspace") else None)
    if own:
        client = by_id(own)
        name = Path(path).name
        end = "*.code-workspace" if own == "vscode" else name
        place_of = next((p for p in client.configs if p.path.endswith(end) and "projects" not in p.root), None)
        return client, place_of or client.configs[0]
    return UNKNOWN, None


def _tail(path: str) -> str | None:
    """The end of a place's path, as a pattern, when it names a folder that only this client has."""
    tail = re.sub(r"^(?:~|\{[^}]*\})", "", path)
    if tail.count("/") < 2 or tail == path:
        return None
    return re.escape(tail).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") + "$"


def format_of(file: str, place: Place | None) -> Format:
    """The format by the file's ending; JSON as strict as its client."""
    end = Path(file).suffix.lower()
    by_end: dict[str, Format] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".xml": "xml"}
    if end in by_end:
        return by_end[end]
    if place is not None and place.format in ("json", "jsonc", "json+comments"):
        return place.format
    return "jsonc" if end == ".jsonc" else "json"


def by_root(data: Any, format: Format) -> tuple[Client, Place | None]:
    """Whose shape the data has: by its root key."""
    if not isinstance(data, dict) or "mcpServers" in data:
        servers = data.get("mcpServers") if isinstance(data, dict) else None
        if format == "yaml" and servers is not None:
            return _first("continue" if isinstance(servers, list) else "librechat", format)
        return UNKNOWN, None
    shapes: tuple[tuple[str, str], ...] = (("servers", "vscode"), ("context_servers", "zed"), ("mcp", "opencode"))
    if format == "toml":
        shapes = (("mcp_servers", "codex"), *shapes)
    if format == "yaml":
        shapes = (("extensions", "goose"),)
    for key, client in shapes:
        value = data.get(key)
        if isinstance(value, dict) and any(isinstance(v, dict) and (v or format == "toml") for v in value.values()):
            if key == "mcp" and not any(_opencode_shape(v) for v in value.values()):
                continue
            return _first(client, format)
    return UNKNOWN, None


def _opencode_shape(entry: Any) -> bool:
    return isinstance(entry, dict) and (
        entry.get("type") in ("local", "remote") or isinstance(entry.get("command"), list)
    )


def _first(client: str, format: Format) -> tuple[Client, Place | None]:
    row = by_id(client)
    return row, next((p for p in row.configs if p.root[0] not in ("projects",)), None)
