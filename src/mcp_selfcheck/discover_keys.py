"""The keys of an entry: under which names a client reads them, and which are nearly one that it does."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from .clients_row import Client
from .model import Problem, Source

# Names that a client uses instead of the common ones.
ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    "goose": {"command": ("cmd",), "env": ("envs",)},
    "opencode": {"env": ("environment",)},
    "mcphost": {"env": ("environment", "env")},
    "warp": {"cwd": ("working_directory",)},
    "codex": {"headers": ("http_headers",)},
    "jetbrains-ai": {"cwd": ("workingDirectory", "cwd")},
    "copilot-jetbrains": {"headers": ("requestInit.headers", "headers")},
    "continue": {"headers": ("requestOptions.headers", "headers")},
}
# Keys with a meaning in some client: never taken for a misspelling.
_LEGIT = """
    command args env cwd url headers type transport transportType disabled enabled isActive timeout name description
    autoApprove alwaysAllow disabledTools enabledTools enabled_tools disabled_tools includeTools excludeTools
    allowedTools trust envFile sandbox sandboxEnabled dev oauth auth tools icon version title instructions gallery
    serverUrl httpUrl uri baseUrl alwaysLoad headersHelper request_timeout_ms toolPermissions discoveryCache role
    envs env_keys cmd bundled available_tools display_name environment settings source remote requestInit
    requestOptions apiKey connectionTimeout watchPaths cacheTools startup initTimeout stderr chatMenu customUserVars
    startup_timeout_sec startup_timeout_ms tool_timeout_sec env_vars bearer_token_env_var http_headers
    env_http_headers oauth_resource scopes required default_tools_approval_mode supports_parallel_tool_calls
    working_directory workingDirectory registryUrl tags provider providerUrl logoUrl note notes comment comments id
    metadata priority inputs authProviderType targetAudience iconPath serverInstructions proxyUrl
    """
LEGIT = frozenset(_LEGIT.split())
CORE = ("command", "args", "env", "cwd", "url", "headers", "type")
SYNONYMS = {
    "arg": "args", "argument": "args", "arguments": "args", "params": "args", "parameters": "args", "argv": "args",
    "cmd": "command", "exec": "command", "executable": "command", "program": "command", "commands": "command",
    "environment": "env", "envs": "env", "envvars": "env", "env_vars": "env", "environments": "env",
    "uri": "url", "endpoint": "url", "server_url": "url", "serverurl": "url", "httpurl": "url", "urls": "url",
    "header": "headers", "workdir": "cwd", "working_dir": "cwd", "workingdirectory": "cwd",
}  # fmt: skip


class Keys:
    """An entry's values by their common names, under the names that this client reads."""

    def __init__(self, entry: Mapping[str, Any], client: Client) -> None:
        self.entry, self.client = entry, client
        self.aliases = ALIASES.get(client.id, {})

    def get(self, name: str) -> Any:
        for key in self.aliases.get(name, (name,)):
            value: Any = self.entry
            for part in key.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
            if value is not None:
                return value
        nested = self.entry.get("transport")
        if isinstance(nested, Mapping) and name in nested:  # Cline's newer form
            return nested[name]
        return None

    def url(self) -> tuple[str, str | None]:
        for key in self.client.url_keys:
            value = self.entry.get(key)
            if isinstance(value, str):
                return key, value
        value = self.get("url") if "url" in self.client.url_keys else None
        return "url", value if isinstance(value, str) else None


def key_problems(
    entry: Mapping[str, Any], client: Client, command: str | None, url: str | None, source: Source
) -> list[Problem]:
    """Keys that no client reads and that are nearly one that it does."""
    found: list[Problem] = []
    aliases = ALIASES.get(client.id, {})
    read = {a.split(".")[0] for names in aliases.values() for a in names} | set(client.url_keys)
    if client.id == "codex" and "bearer_token" in entry:
        found.append(Problem(kind="unknown-key", fatal=True, line=source.line, where="bearer_token",
                             detail="bearer_token_env_var", note="headers"))  # fmt: skip
    for key in entry:
        meant = _elsewhere(key, entry, client) or _meant(key, entry, client, read)
        if meant is None or not _fits(meant, entry[key]):
            continue
        fatal = command is None and url is None and meant in ("command", "url", *client.url_keys)
        spelt = meant if meant in client.url_keys else aliases.get(meant, (meant,))[0]
        if meant == "url" and "url" not in client.url_keys:
            spelt = client.url_keys[0]
        found.append(Problem(kind="unknown-key", fatal=fatal, line=source.line, where=key, detail=spelt, note=meant))
    return sorted(found, key=lambda p: not p.fatal)


def _elsewhere(key: str, entry: Mapping[str, Any], client: Client) -> str | None:
    """The common name that `key` is in other clients, when this one reads that value under another name only."""
    names = client.url_keys if key == "url" else ALIASES.get(client.id, {}).get(key, (key,))
    return key if key not in names and not _has(key, entry, client) else None


def _meant(key: str, entry: Mapping[str, Any], client: Client, read: set[str]) -> str | None:
    core = [k for k in (*CORE, *client.url_keys) if k not in entry]
    if key in read or key in CORE:
        return None
    bare = key.strip()
    if bare != key and (bare in core or bare in ("httpUrl", "serverUrl", "disabled", "enabled")):
        return bare
    for name in core:
        if bare.lower() == name.lower() and bare != name:
            return name
    meant = SYNONYMS.get(bare.lower())
    if meant in core and (bare not in LEGIT or meant in ("command", "env", "url")) and not _has(meant, entry, client):
        return meant
    if bare in LEGIT:
        return None
    swapped = next((c for c in core if sorted(c.lower()) == sorted(bare.lower())), None)
    near = difflib.get_close_matches(bare.lower(), core, n=1, cutoff=0.8)
    return swapped or (near[0] if near else None)


def _fits(meant: str, value: Any) -> bool:
    """Whether the value has the type that the meant key wants."""
    if meant in ("env", "headers"):
        return isinstance(value, Mapping)
    return isinstance(value, (list, str)) if meant in ("args", "command") else isinstance(value, (str, bool))


def _has(meant: str, entry: Mapping[str, Any], client: Client) -> bool:
    """Whether the entry has what is meant, under another name that this client reads."""
    keys = Keys(entry, client)
    return keys.url()[1] is not None if meant == "url" else keys.get(meant) is not None
