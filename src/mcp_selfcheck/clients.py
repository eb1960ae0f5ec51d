"""A table: where each MCP client keeps its servers and logs, how it reads them, and how it starts and opens them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .model import Target


@dataclass(frozen=True, kw_only=True)
class Place:
    """A config file of a client. `path` uses the tokens of this module: ~ {APPDATA} {LOCALAPPDATA} {XDG_CONFIG} {PROJECT}."""

    path: str
    systems: tuple[str, ...] = ("linux", "darwin", "win32")
    root: tuple[str, ...] = ("mcpServers",)
    format: Literal["json", "jsonc", "json+comments", "toml", "yaml", "xml"] = "json"
    scope: Literal["user", "local", "project", "managed"] = "user"


@dataclass(frozen=True, kw_only=True)
class LogPlace:
    """A log that a client writes about its servers; <NAME> stands for the server's name, <ts> for a start's folder."""

    path: str
    systems: tuple[str, ...] = ("linux", "darwin", "win32")
    format: Literal["text", "jsonl", "sqlite"] = "text"


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client. Unknown facts stay None or "unknown"; nothing here is guessed. Times are seconds.

    `env`: what a stdio server inherits: full, sdk (the six variables of the SDKs), codex, gemini, goose, unknown.
    `cwd`: where a stdio server is started: root, home, project, inherit.
    `expands`: the variable syntaxes that the client expands: "${VAR}", "${VAR:-d}", "${env:VAR}", "{env:VAR}", "$VAR".
    `unset`: what an unset variable becomes: verbatim, empty, error.
    `url_default`: what a URL entry without type means: http, sse, http-then-sse, skipped, error, refused, unknown.
    `opening`: the first message of the protocol that it sends; `respawns` when it starts the server anew if that kills it.
    `gui` when it is a desktop program that does not see the PATH of a login shell.
    `shell` when it runs commands through a shell or resolves .cmd shims itself.
    `approval` when project-scope entries wait for the user's consent.
    """

    id: str
    name: str
    configs: tuple[Place, ...] = ()
    logs: tuple[LogPlace, ...] = ()
    env: Literal["full", "sdk", "codex", "gemini", "goose", "unknown"] = "unknown"
    cwd: Literal["root", "home", "project", "inherit"] = "inherit"
    transports: tuple[Literal["stdio", "http", "sse"], ...] = ("stdio", "http", "sse")
    expands: tuple[str, ...] = ()
    unset: Literal["verbatim", "empty", "error"] = "verbatim"
    tilde: bool = False
    url_default: Literal["http", "sse", "http-then-sse", "skipped", "error", "refused", "unknown"] = "unknown"
    url_keys: tuple[str, ...] = ("url",)
    opening: Literal["initialize", "server/discover"] = "initialize"
    respawns: bool = False
    version: str = "2025-11-25"
    start_timeout: float | None = None
    request_timeout: float | None = None
    timeout_key: str = ""
    timeout_unit: Literal["s", "ms"] = "ms"
    strict_stdout: bool | None = None
    gui: bool = False
    shell: bool = False
    approval: bool = False
    honours_proxy: bool | None = None
    tool_limit: int | None = None
    name_limit: int | None = None
    notes: tuple[str, ...] = ()


UNKNOWN = Client(id="unknown", name="this client", env="sdk", url_default="http")

CLIENTS: tuple[Client, ...] = ()


def by_id(client: str) -> Client:
    """The row of that id, or the row for an unknown client."""
    return next((c for c in CLIENTS if c.id == client), UNKNOWN)


def environment(client: Client, target: Target, environ: Mapping[str, str]) -> dict[str, str]:
    """The whole environment that `client` gives to this stdio server: what it inherits, then the entry's env block."""
    sdk = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER")
    chosen = dict(environ) if client.env == "full" else {k: environ[k] for k in sdk if k in environ}
    return chosen | {k: v.reveal() for k, v in target.env.items()}


def working_directory(client: Client, target: Target, environ: Mapping[str, str]) -> str | None:
    """Where `client` starts this stdio server; None means: where we are."""
    return target.cwd
