"""What must not be shown although no entry names it: secrets of this person's environment and of credential files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import surroundings
from .discover_read import read_bytes
from .redact_values import ABOUT, SECRET_NAME, TOKEN, secrets_in, url_secrets

_LARGEST = 512 * 1024
_MOST = 64  # files of one folder
# Where programs keep tokens as JSON, below the home directory: OAuth caches of bridges and clients, logins of tools.
_JSON = (
    ".claude/.credentials.json", ".codex/auth.json", ".codex/.credentials.json", ".gemini/oauth_creds.json",
    ".gemini/mcp-oauth-tokens.json", ".gemini/mcp-oauth-tokens-v2.json", ".qwen/oauth_creds.json",
    ".qwen/mcp-oauth-tokens.json", ".local/share/opencode/auth.json", ".local/share/opencode/mcp-auth.json",
    ".docker/config.json", ".config/github-copilot/apps.json", ".config/github-copilot/hosts.json",
)  # fmt: skip
_FOLDERS = (".mcp-auth", ".fastmcp", ".config/mcp-auth")
# Files of lines: KEY=VALUE, KEY: VALUE, or a URL with a login in it.
_LINES = (
    ".npmrc", ".pypirc", ".pip/pip.conf", ".config/pip/pip.conf", ".config/uv/uv.toml", ".yarnrc.yml", ".git-credentials",
    ".aws/credentials", ".config/gh/hosts.yml", ".config/goose/secrets.yaml", ".config/git/credentials", ".env",
)  # fmt: skip
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?[\"']?([\w.:/@-]{1,200}?)[\"']?\s*=\s*(?=\S)(.*?)\s*$")
_LINE = re.compile(r"^\s*[\"']?([\w.:/@-]{1,200}?)[\"']?\s*:\s*(?=\S)(.*?)\s*$")
_NETRC = re.compile(r"\bpassword\s+(\S+)")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"']+@[^\s\"']+", re.I)


def around() -> Iterator[str]:
    """Every secret that is known of this person's surroundings. Reads a few small files; raises nothing."""
    environ, home = surroundings.environ(), surroundings.home()
    yield from of_environment(environ)
    for name in _LINES:
        yield from of_lines(_text(os.path.join(home, name)))
    for folder in (surroundings.here(), environ.get("npm_config_userconfig") or ""):
        if folder:
            yield from of_lines(_text(os.path.join(folder, ".npmrc")) or _text(folder))
    yield from (s for s in _NETRC.findall(_text(os.path.join(home, ".netrc"))) if len(s) >= 4)
    for name in _JSON:
        yield from of_json(_text(os.path.join(home, name)))
    for name in _FOLDERS:
        for file in _files(os.path.join(home, name)):
            said = _text(file)
            yield from of_json(said)
            if file.endswith(".txt") and 8 <= len(said.strip()) <= 512:  # a PKCE verifier stands alone in its file
                yield said.strip()


def of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """Values under telling names, tokens by their form, and logins in URLs. Other values are no secrets of an entry."""
    for name, value in environ.items():
        if name.lower().endswith("_proxy") and name.lower() != "no_proxy":
            yield from url_secrets(value if "://" in value else f"http://{value}")
        elif _is_telling(name):
            yield from secrets_in(name, value)
        elif TOKEN.match(value):
            yield value
        else:
            yield from _logins(value)


def _is_telling(name: str) -> bool:
    return bool(SECRET_NAME.search(name)) and not ABOUT.search(name)


def _logins(text: str) -> Iterator[str]:
    for m in _URL.finditer(text[:20_000]):
        yield from url_secrets(m.group())


def of_lines(text: str) -> Iterator[str]:
    """The secrets of a file of settings, line by line."""
    for line in text.splitlines()[:2000]:
        yield from _logins(line)
        m = _ASSIGNED.match(line) or _LINE.match(line)
        if m is None or "://" in m.group(2):
            continue
        name, value = m.group(1), m.group(2)
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        value = value[1:-1] if quoted else value
        if _is_telling(name) or TOKEN.match(value):
            yield from secrets_in("secret", value)


def of_json(text: str) -> Iterator[str]:
    """The strings under telling keys in a JSON text; nothing when it is none."""
    if text[:1] not in ("{", "["):
        return
    try:
        yield from _telling(json.loads(text), "", 0)
    except (ValueError, RecursionError):
        return


def _telling(value: Any, name: str, depth: int) -> Iterator[str]:
    if depth > 12:
        return
    if isinstance(value, Mapping):
        for key, inner in list(value.items())[:2000]:
            yield from _telling(inner, str(key) if not isinstance(inner, (dict, list)) else name, depth + 1)
    elif isinstance(value, list):
        for inner in value[:2000]:
            yield from _telling(inner, name, depth + 1)
    elif isinstance(value, str) and len(value) >= 8 and (TOKEN.match(value) or _is_telling(name)):
        yield from secrets_in("secret", value)


def _text(file: str) -> str:
    raw = read_bytes(file)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) and len(raw) <= _LARGEST else ""


def _files(folder: str) -> list[str]:
    """The newest files of a folder and of its folders."""
    found: list[str] = []
    try:
        for here, folders, names in os.walk(folder):
            folders[:] = sorted(folders, reverse=True)[:_MOST] if here.count(os.sep) - folder.count(os.sep) < 2 else []
            found += [os.path.join(here, n) for n in sorted(names) if n.endswith((".json", ".txt"))]
            if len(found) >= _MOST:
                break
    except OSError:
        return []
    return found[:_MOST]
