"""A table: where each MCP client keeps its servers and logs, how it reads them, and how it starts and opens them."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from . import surroundings
from .clients_main import MAIN
from .clients_more import MORE
from .clients_row import Client, LogPlace, Place
from .clients_running import desktop_path, path_of_running
from .model import Target

__all__ = [
    "CLIENTS", "UNKNOWN", "Client", "LogPlace", "Place", "by_id", "desktop_path", "environment", "expand_place",
    "working_directory",
]  # fmt: skip

# What is said about a file of no known client: the SDKs' own rules, strict JSON.
UNKNOWN = Client(
    id="unknown", name="this client", env="sdk", url_default="http", expands_known=False,
    url_keys=("url", "serverUrl", "httpUrl", "uri", "baseUrl"),
)  # fmt: skip

CLIENTS: tuple[Client, ...] = (*MAIN, *MORE)

# get_default_environment() of the Python SDK and getDefaultEnvironment() of the TypeScript SDK, read in their source.
SDK_POSIX = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER")
SDK_WINDOWS = (
    "APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "SYSTEMDRIVE",
    "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE",
)  # fmt: skip
# codex rmcp-client/src/utils.rs
CODEX_POSIX = (
    "HOME", "LOGNAME", "PATH", "SHELL", "USER", "__CF_USER_TEXT_ENCODING", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ",
)  # fmt: skip
CODEX_WINDOWS = (
    "PATH", "PATHEXT", "SHELL", "COMSPEC", "SYSTEMROOT", "SYSTEMDRIVE", "USERNAME", "USERDOMAIN", "USERPROFILE",
    "HOMEDRIVE", "HOMEPATH", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "PROGRAMDATA", "LOCALAPPDATA",
    "APPDATA", "TEMP", "TMP", "TMPDIR", "POWERSHELL", "PWSH",
)  # fmt: skip
# gemini-cli environmentSanitization.ts: always passed, never passed, never passed by pattern of name or value.
_GEMINI_ALWAYS = frozenset((
    "PATH", "SYSTEMROOT", "COMSPEC", "PATHEXT", "WINDIR", "TEMP", "TMP", "USERPROFILE", "SYSTEMDRIVE", "HOME", "LANG",
    "SHELL", "TMPDIR", "USER", "LOGNAME", "ADDITIONAL_CONTEXT", "AVAILABLE_LABELS", "BRANCH_NAME", "DESCRIPTION",
    "EVENT_NAME", "GITHUB_ENV", "IS_PULL_REQUEST", "ISSUES_TO_TRIAGE", "ISSUE_BODY", "ISSUE_NUMBER", "ISSUE_TITLE",
    "PULL_REQUEST_NUMBER", "REPOSITORY", "TITLE", "TRIGGERING_ACTOR",
))  # fmt: skip
_GEMINI_NEVER = frozenset((
    "CLIENT_ID", "DB_URI", "CONNECTION_STRING", "AWS_DEFAULT_REGION", "AZURE_CLIENT_ID", "AZURE_TENANT_ID",
    "SLACK_WEBHOOK_URL", "TWILIO_ACCOUNT_SID", "DATABASE_URL", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_ACCOUNT",
    "FIREBASE_PROJECT_ID",
))  # fmt: skip
_GEMINI_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|KEY|AUTH|CREDENTIAL|CREDS|PRIVATE|CERT", re.I)
_GEMINI_VALUE = re.compile(
    r"-----BEGIN (RSA|OPENSSH|EC|PGP) PRIVATE KEY-----|-----BEGIN CERTIFICATE-----"
    r"|(https?|ftp|smtp)://[^:]+:[^@]+@|(gh[pousr]|github_pat)_\w{36,}|AIzaSy[\w\\-]{33}|AKIA[A-Z0-9]{16}"
    r"|eyJ[\w-]*\.[\w-]*\.[\w-]*|[sr]k_(live|test)_[0-9a-zA-Z]{24}|xox[abpr]-[a-zA-Z0-9-]+",
    re.I,
)
# goose envs.rs: names that an entry cannot set; they are dropped without a word.
GOOSE_BLOCKED = frozenset((
    "PATH", "PATHEXT", "SYSTEMROOT", "WINDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "LD_BIND_NOW",
    "LD_ASSUME_KERNEL", "DYLD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "DYLD_FRAMEWORK_PATH", "PYTHONPATH",
    "PYTHONHOME", "NODE_OPTIONS", "RUBYOPT", "GEM_PATH", "GEM_HOME", "CLASSPATH", "GO111MODULE", "GOROOT",
    "APPINIT_DLLS", "SESSIONNAME", "COMSPEC", "TEMP", "TMP", "LOCALAPPDATA", "USERPROFILE", "HOMEDRIVE", "HOMEPATH",
))  # fmt: skip


def by_id(client: str) -> Client:
    """The row of that id, or the row for an unknown client."""
    return next((c for c in CLIENTS if c.id == client), UNKNOWN)


def environment(client: Client, target: Target, environ: Mapping[str, str]) -> dict[str, str]:
    """The whole environment that `client` gives to this stdio server: what it inherits, then the entry's env block.

    `environ` is that of the person who asks. A desktop client that runs here gives the PATH that it has itself. A
    client whose rule nobody knows is taken to pass on everything: then nothing is claimed to be missing.
    """
    here = dict(environ)
    own_path = (client.session_path or path_of_running(client)) if client.gui else None
    if own_path:
        here["PATH"] = own_path
    given = {name: value.reveal() for name, value in target.env.items()}
    if client.env == "parent-wins":
        return given | here
    if client.env == "goose":
        given = {name: value for name, value in given.items() if name.upper() not in GOOSE_BLOCKED}
    chosen = inherited(client, here)
    if client.path_appended and given.get("PATH") and chosen.get("PATH"):
        given["PATH"] = chosen["PATH"] + (";" if sys.platform == "win32" else ":") + given["PATH"]
    here_is = project_of(target) if target.source.scope in ("project", "local") else None
    own = {name: value.replace("{PROJECT}", here_is or surroundings.here()) for name, value in client.sets}
    return chosen | own | given


def inherited(client: Client, environ: Mapping[str, str]) -> dict[str, str]:
    """What a stdio server of `client` gets of `environ`, before the entry's own env block."""
    windows = sys.platform == "win32"
    if client.env == "sdk":
        names = SDK_WINDOWS if windows else SDK_POSIX
        # A value that begins with "()" is an exported shell function: both SDKs leave it out.
        return {k: environ[k] for k in names if k in environ and not environ[k].startswith("()")}
    if client.env == "codex":
        return {k: environ[k] for k in (CODEX_WINDOWS if windows else CODEX_POSIX) if k in environ}
    if client.env == "gemini":
        strict = bool(environ.get("GITHUB_SHA")) or environ.get("SURFACE") == "Github"
        return {k: v for k, v in environ.items() if _gemini_passes(k.upper(), v, strict)} | {"GEMINI_CLI": "1"}
    return dict(environ)


def _gemini_passes(name: str, value: str, strict: bool) -> bool:
    if name in _GEMINI_ALWAYS or name.startswith("GEMINI_CLI_"):
        return True
    return not (strict or name in _GEMINI_NEVER or _GEMINI_NAME.search(name) or _GEMINI_VALUE.search(value))


def working_directory(client: Client, target: Target, environ: Mapping[str, str]) -> str | None:
    """Where `client` starts this stdio server; None means: where we are.

    A relative cwd of the entry counts from there. A project's file stands in the project's folder or one below it.
    """
    base: str | None = None
    if client.cwd == "root":
        base = "/" if sys.platform != "win32" else None
    elif client.cwd == "home":
        base = environ.get("HOME") or None
    elif client.cwd == "project" and target.source.scope in ("project", "local"):
        base = project_of(target)
    if target.cwd is None or client.cwd_key is False:
        return base
    if base and not Path(target.cwd).is_absolute() and not target.cwd.startswith("~"):
        return str(Path(base) / target.cwd)
    return target.cwd


def project_of(target: Target) -> str | None:
    """The project's folder of an entry of project or local scope."""
    pointer = target.source.pointer
    if len(pointer) > 2 and pointer[0] == "projects":
        return pointer[1]
    folder = Path(target.source.file).parent
    return str(folder.parent if folder.name.startswith(".") else folder)


_TOKEN = re.compile(r"\{([A-Z_]+)(?:\|([^}]*))?\}")


def expand_place(path: str, environ: Mapping[str, str], home: str, project: str = "") -> str | None:
    """A path of the table with its tokens filled in; None when a token has no value here. Wildcards stay."""
    known = {
        "PROJECT": project, "XDG_CONFIG": environ.get("XDG_CONFIG_HOME") or f"{home}/.config",
        "APPDATA": environ.get("APPDATA", ""), "LOCALAPPDATA": environ.get("LOCALAPPDATA", ""),
    }  # fmt: skip
    missing = False

    def fill(m: re.Match[str]) -> str:
        nonlocal missing
        name, default = m.group(1), m.group(2)
        value = known[name] if name in known else environ.get(name, "")
        value = value or default or ""
        missing = missing or not value
        return value

    filled = _TOKEN.sub(fill, path)
    if missing:
        return None
    if filled == "~" or filled.startswith("~/"):
        filled = home + filled[1:]
    return filled.replace("\\", "/") if sys.platform == "win32" else filled
