"""What a row of the client table can say: one type for it, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal["json", "jsonc", "json+comments", "toml", "yaml", "xml"]
EVERYWHERE = ("linux", "darwin", "win32")
POSIX = ("linux", "darwin")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A config file of a client.

    `path` may hold ~ (home), {PROJECT} (the folder where we are, and those above it), {XDG_CONFIG}, {APPDATA},
    {LOCALAPPDATA}, {USERDATA} (Electron's per-user folder), {NAME|default} (a variable that moves the file), and the
    wildcards * and **. `root` leads to the servers; a step "{PROJECT}" in it is the key of the project's folder.
    `format`: json is strict; json+comments allows comments but no trailing commas; jsonc allows both.
    `also` are further roots that the client reads in it; () among them is the file itself, a map of names.
    `unless` is a file beside which this one is not read.
    """

    path: str
    systems: tuple[str, ...] = EVERYWHERE
    root: tuple[str, ...] = ("mcpServers",)
    format: Format = "json"
    scope: Literal["user", "local", "project", "managed"] = "user"
    also: tuple[tuple[str, ...], ...] = ()
    unless: str = ""


@dataclass(frozen=True, kw_only=True)
class LogPlace:
    """A log that a client writes about its servers; <NAME> stands for the server's name, <ts> for a start's folder.

    `between` is a pattern for what a * directly before <NAME> stands for. `one_server`: each file is about one server,
    which it names somewhere inside.
    """

    path: str
    systems: tuple[str, ...] = EVERYWHERE
    format: Literal["text", "jsonl", "sqlite"] = "text"
    between: str = ""
    one_server: bool = False


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client. Unknown facts stay None or "unknown"; nothing here is guessed. Times are seconds.

    `env`: what a stdio server inherits: full, sdk (the six variables of the SDKs), codex (its list), gemini (all but
      what looks secret), goose (all, but the entry cannot set some), parent-wins (all, and it beats the entry's env
      block), unknown. `path_appended`: a PATH in the entry's env block is appended to the inherited one. `sets`: variables that the client
      gives to each server itself; {PROJECT} in a value is the folder where it works.
    `cwd`: where a stdio server is started: root, home, project, inherit. `cwd_key`: the entry can name the folder.
    `expands`: the variable syntaxes that the client expands: "${VAR}", "${VAR:-d}", "${env:VAR}", "{env:VAR}", "$VAR",
      "%VAR%", "${env://VAR}", "${userHome}", "${workspaceFolder}". `asks`: those that it asks the user for: no file
      holds the value. `expands_known` is False when nobody has looked: then nothing is said about variables.
    `unset`: what an unset variable becomes: verbatim, empty, error.
    `url_default`: what a URL entry without type means: http, sse, http-then-sse, skipped, error, refused, unknown.
    `types`: the values of "type" that the client takes, when it refuses all others; () when that is not known.
      `type_required` when it refuses an entry without one. `one_kind` when it refuses an entry with command and URL.
    `only_version` when it takes no answer with another version than the one it asks for.
    `opening`: the first message of the protocol that it sends; `respawns` when it starts the server anew if that kills it.
    `disable_keys`: keys of an entry that switch it off ("disabled", or "!enabled" for a key that must be true);
      None when unknown: then the usual ones count.
    `gui` when it is a desktop program that does not see the PATH of a login shell. `processes`: its process names.
    `shell` when it runs commands through a shell or resolves .cmd shims itself.
    `log_hint` says what to do where no log file is known, or where it holds nothing about servers.
    `session_path`: the PATH that a desktop session gives to it; no row has one, it is filled in where it was found out.
    `runs_text` when an executable file without #! is run through /bin/sh, as execvp(3) does and with it libuv, on which
      Node.js and Electron stand; False for programs in Rust and Python, which get ENOEXEC.
    `approval` when project-scope entries wait for the user's consent.
    `precedence`: scopes of the same client, the one that wins first; () when it keeps servers of one name apart.
    `start_timeout` and `request_timeout`: the client's own defaults. `timeout_key` in an entry counts in
      `timeout_unit` and limits what `timeout_for` says; `start_timeout_keys` are further keys with their unit.
      `start_timeout_variable` is a variable (milliseconds) by which the person moves the client's default.
    `strict_stdout`: False when the client is known to pass over lines on stdout that are no messages, True when it is
      known to fail on them. `bom`: whether it reads a config file that begins with a byte order mark.
    """

    id: str
    name: str
    configs: tuple[Place, ...] = ()
    logs: tuple[LogPlace, ...] = ()
    env: Literal["full", "sdk", "codex", "gemini", "goose", "parent-wins", "unknown"] = "unknown"
    path_appended: bool = False
    sets: tuple[tuple[str, str], ...] = ()
    cwd: Literal["root", "home", "project", "inherit"] = "inherit"
    cwd_key: bool | None = None
    transports: tuple[Literal["stdio", "http", "sse"], ...] = ("stdio", "http", "sse")
    types: tuple[str, ...] = ()
    type_required: bool = False
    one_kind: bool = False
    expands: tuple[str, ...] = ()
    expands_known: bool = True
    asks: tuple[str, ...] = ()
    unset: Literal["verbatim", "empty", "error"] = "verbatim"
    tilde: bool = False
    url_default: Literal["http", "sse", "http-then-sse", "skipped", "error", "refused", "unknown"] = "unknown"
    url_keys: tuple[str, ...] = ("url",)
    opening: Literal["initialize", "server/discover"] = "initialize"
    respawns: bool = False
    version: str = "2025-11-25"
    only_version: bool = False
    start_timeout: float | None = None
    request_timeout: float | None = None
    timeout_key: str = ""
    timeout_unit: Literal["s", "ms"] = "ms"
    timeout_for: Literal["request", "start", "both"] = "request"
    start_timeout_keys: tuple[tuple[str, Literal["s", "ms"]], ...] = ()
    start_timeout_variable: str = ""
    strict_stdout: bool | None = None
    bom: bool = False
    disable_keys: tuple[str, ...] | None = None
    gui: bool = False
    processes: tuple[str, ...] = ()
    shell: bool = False
    runs_text: bool = True
    session_path: str = ""
    approval: bool = False
    precedence: tuple[str, ...] = ("managed", "local", "project", "user")
    honours_proxy: bool | None = None
    tool_limit: int | None = None
    name_limit: int | None = None
    notes: tuple[str, ...] = ()
    log_hint: str = ""


def electron(folder: str, *rest: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Electron's per-user data folder on each system, with `rest` below it: (path, systems) pairs."""
    return (
        ("/".join((f"{{XDG_CONFIG}}/{folder}", *rest)), ("linux",)),
        ("/".join((f"~/Library/Application Support/{folder}", *rest)), ("darwin",)),
        ("/".join((f"{{APPDATA}}/{folder}", *rest)), ("win32",)),
    )
