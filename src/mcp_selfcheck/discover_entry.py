"""One entry of a config file becomes a Target: as its client reads it, with what is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .clients_row import Client
from .discover_expand import LOOKS, Expander, env_file
from .discover_hidden import of_entry
from .discover_secrets import guard, shown_url
from .model import Problem, Secret, Source, Target, Transport

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
TRANSPORTS: dict[str, Transport] = {
    "stdio": "stdio", "local": "stdio", "http": "http", "streamable-http": "http", "streamablehttp": "http",
    "streamable": "http", "remote": "http", "http-stream": "http", "sse": "sse",
}  # fmt: skip
# Programs that expand or interpret the text behind these flags themselves: a $NAME there is theirs.
_RUNS_CODE = re.compile(
    r"^(?:(?:ba|z|da|k|fi)?sh|cmd(?:\.exe)?|p(?:ower)?w?sh(?:ell)?|python[\d.]*|node|bun|deno|ruby|perl|php)$"
)
_CODE_FLAGS = ("-c", "-lc", "-ic", "-lic", "/c", "/C", "-e", "--eval", "-p", "-Command")
NO_SERVER_TYPES = {"builtin", "platform", "frontend", "inline_python", "sdk"}


@dataclass(frozen=True)
class Context:
    """Who reads the entry, and in what world."""

    client: Client
    environ: Mapping[str, str]
    home: str
    project: str = ""


def is_entry(value: Any) -> bool:
    """Whether a mapping looks like a server's entry."""
    if not isinstance(value, Mapping):
        return False
    keys = {str(k).strip().lower() for k in value}
    return bool(keys & {"command", "cmd", "url", "serverurl", "httpurl", "uri", "baseurl"}) or (
        bool(keys & {"args", "env"}) and bool(keys & set(SYNONYMS))
    )


def is_no_server(entry: Any, client: Client) -> bool:
    """Entries that a client keeps beside servers: built-in extensions, settings of an extension, mere switches."""
    if not isinstance(entry, Mapping):
        return False
    if str(entry.get("type", "")) in NO_SERVER_TYPES:
        return True
    keys = set(entry)
    if client.id == "zed":
        return "settings" in keys and not keys & {"command", "url"}
    return client.id == "opencode" and keys == {"enabled"}


def make(name: str, entry: Any, source: Source, ctx: Context, problems: tuple[Problem, ...] = ()) -> Target:
    """The Target of one entry. Raises nothing, whatever the entry holds."""
    client = ctx.client
    found = list(problems)
    if not isinstance(entry, Mapping):
        found.append(Problem(kind="missing-target", fatal=True, line=source.line, note="not an object"))
        return Target(name=name, client=client.id, source=source, transport="unknown", problems=tuple(found))
    entry = {str(k): v for k, v in entry.items()}
    expand = Expander(client, ctx.environ, ctx.home, ctx.project)
    keys = Keys(entry, client)
    command, args = _command(keys, found, source)
    command = expand(command, "command") if command is not None else None
    code = command is not None and _RUNS_CODE.match(command.rsplit("/", 1)[-1])
    shell_at = next((i for i, a in enumerate(args) if a in _CODE_FLAGS), None) if code else None
    args = [a if shell_at is not None and i > shell_at else expand(a, f"args[{i}]") for i, a in enumerate(args)]
    env = {k: Secret(expand(v, f"env.{k}")) for k, v in _texts(keys.get("env")).items()}
    if isinstance(entry.get("envFile"), str) and client.id in ("vscode", "cursor", "continue"):
        file = expand(entry["envFile"], "envFile")
        env = {k: Secret(v) for k, v in env_file(file, ctx.project).items()} | env
    url_key, url = keys.url()
    url = expand(url, "url").strip() if url is not None else None
    headers = {k: Secret(expand(v, f"headers.{k}")) for k, v in _texts(keys.get("headers")).items()}
    _codex(entry, client, ctx.environ, env, headers, expand.problems)
    cwd = keys.get("cwd")
    transport = _transport(entry, client, command, url, url_key, found, source)
    found += expand.problems
    found += _key_problems(entry, client, command, url, source)
    if command is None and url is None and not any(p.fatal for p in found):
        found.append(Problem(kind="missing-target", fatal=True, line=source.line))
    if url is not None and transport != "stdio" and not any(p.fatal for p in found):
        found += _url_problems(url, client, source)
    start, request = _timeouts(entry, client)
    cwd = expand(cwd, "cwd") if isinstance(cwd, str) else None
    hidden = tuple(Secret(s) for s in dict.fromkeys(of_entry(entry, args, (cwd or "", ctx.project), expand.used)))
    return Target(
        name=name, client=client.id, source=source, transport=transport, command=command, args=guard(args), env=env,
        cwd=cwd, url=Secret(url) if url is not None else None,
        shown_url=shown_url(url) if url is not None else "", headers=headers, disabled=_disabled(entry, client),
        start_timeout=start, request_timeout=request, raw={k: type(v).__name__ for k, v in entry.items()},
        problems=tuple(found), hidden=hidden,
    )  # fmt: skip


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


def _command(keys: Keys, found: list[Problem], source: Source) -> tuple[str | None, list[str]]:
    """Program and arguments, in any of the forms in which clients write them."""
    command, args = keys.get("command"), keys.get("args")
    if isinstance(command, Mapping):  # Zed's older form
        args = command.get("args", args)
        command = command.get("path")
    if isinstance(command, list):
        whole = [_text(c) for c in command]
        if keys.client.id not in ("opencode", "mcphost", "unknown"):
            found.append(Problem(kind="args-in-command", fatal=True, line=source.line, where="command", note="list",
                                 detail=whole[0] if whole else ""))  # fmt: skip
        return (whole[0] if whole else None), [*whole[1:], *_list(args)]
    if isinstance(args, str) and args.strip():
        # Every client's schema wants a list here; the entry is refused as a whole.
        found.append(Problem(kind="args-in-command", fatal=True, line=source.line, where="args", note="string"))
        return (_text(command) if command is not None else None), args.split()
    if command is None or (isinstance(command, str) and not command.strip()):
        return None, _list(args)
    return _text(command), _list(args)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else "" if isinstance(value, (dict, list)) else str(value)[:10000]


def _list(value: Any) -> list[str]:
    return [_text(v) for v in value] if isinstance(value, list) else []


def _texts(value: Any) -> dict[str, str]:
    """Names and values of env or headers; null unsets and is left out. Headers may be a list of "Name: value"."""
    if isinstance(value, list):
        pairs = (str(v).partition(":") for v in value if isinstance(v, str))
        return {k.strip(): v.strip() for k, colon, v in pairs if colon}
    if not isinstance(value, Mapping):
        return {}
    return {str(k): _text(v) for k, v in value.items() if v is not None and not isinstance(v, (dict, list))}


def _codex(
    entry: Mapping[str, Any], client: Client, environ: Mapping[str, str], env: dict[str, Secret],
    headers: dict[str, Secret], found: list[Problem],
) -> None:  # fmt: skip
    """Codex names variables instead of values: env_vars, bearer_token_env_var, env_http_headers. Continue: apiKey."""
    if client.id == "continue" and isinstance(entry.get("apiKey"), str):
        headers.setdefault("Authorization", Secret(f"Bearer {entry['apiKey']}"))
    if client.id != "codex":
        return
    wanted: list[tuple[str, str, str]] = []
    names = entry.get("env_vars")
    for item in names if isinstance(names, list) else ():
        name = item.get("name") if isinstance(item, Mapping) else item
        if isinstance(name, str) and name in environ:
            env.setdefault(name, Secret(environ[name]))
    bearer = entry.get("bearer_token_env_var")
    if isinstance(bearer, str):
        wanted.append(("Authorization", bearer, "Bearer "))
    wanted += [(k, v, "") for k, v in _texts(entry.get("env_http_headers")).items()]
    for header, name, prefix in wanted:
        if name in environ:
            headers[header] = Secret(prefix + environ[name])
        else:
            found.append(Problem(kind="variable-not-expanded", where=f"headers.{header}", detail=name, note="unset"))


def _transport(
    entry: Mapping[str, Any], client: Client, command: str | None, url: str | None, url_key: str,
    found: list[Problem], source: Source,
) -> Transport:  # fmt: skip
    """The transport that the entry asks for; a problem when this client cannot use it."""

    def refuse(note: str, detail: str) -> None:
        found.append(Problem(kind="transport-unsupported", fatal=True, line=source.line, note=note, detail=detail))

    declared = next((entry[k] for k in ("type", "transport", "transportType") if entry.get(k)), None)
    if isinstance(declared, Mapping):
        declared = declared.get("type")
    kind = TRANSPORTS.get(str(declared).strip().lower().replace("_", "-")) if declared is not None else None
    has_url = url is not None
    if declared is not None and kind is None:
        refuse("unknown type", str(declared)[:60])
        return "http" if has_url else "stdio" if command else "unknown"
    if declared is not None and client.types and str(declared) not in client.types:
        refuse("type of another client", str(declared)[:60])
    if kind is None:
        if command is not None and not (has_url and client.url_default != "refused" and not command):
            kind = "stdio"
        elif has_url:
            kind = _url_transport(client, url_key, refuse)
        else:
            return "unknown"
    elif kind == "stdio" and command is None and has_url:
        refuse("type without its key", "command")
    elif kind in ("http", "sse") and not has_url and command is not None:
        refuse("type without its key", "url")
    if kind not in client.transports and not any(p.kind == "transport-unsupported" for p in found):
        refuse("not in this client", kind)
    return kind


def _url_transport(client: Client, url_key: str, refuse: Any) -> Transport:
    if url_key == "httpUrl":
        return "http"
    if client.url_default in ("skipped", "error"):
        refuse("url without type", "url")
        return "http"
    return "sse" if client.url_default == "sse" else "http"


def _key_problems(
    entry: Mapping[str, Any], client: Client, command: str | None, url: str | None, source: Source
) -> list[Problem]:
    """Keys that no client reads and that are nearly one that it does."""
    found: list[Problem] = []
    read = {a.split(".")[0] for names in ALIASES.get(client.id, {}).values() for a in names} | set(client.url_keys)
    for key in entry:
        meant = _meant(key, entry, client, read)
        if meant is None or not _fits(meant, entry[key]):
            continue
        fatal = command is None and url is None and meant in ("command", "url", *client.url_keys)
        found.append(Problem(kind="unknown-key", fatal=fatal, line=source.line, where=key, detail=meant))
    return sorted(found, key=lambda p: not p.fatal)


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


def _disabled(entry: Mapping[str, Any], client: Client) -> bool:
    keys = ("disabled", "!enabled", "!isActive") if client.disable_keys is None else client.disable_keys
    for key in keys:
        value = entry.get(key.lstrip("!"))
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value.lower())
        if isinstance(value, bool) and value is not key.startswith("!"):
            return True
    return False


def _timeouts(entry: Mapping[str, Any], client: Client) -> tuple[float | None, float | None]:
    """Seconds that the entry gives for the start and for a request."""
    start: float | None = None
    request: float | None = None
    for key, unit in client.start_timeout_keys:
        start = start if start is not None else _seconds(entry.get(key), unit)
    if client.timeout_key:
        value = _seconds(entry.get(client.timeout_key), client.timeout_unit)
        if value is not None and client.id == "claude-code" and value < 1:
            value = None  # it ignores less than 1,000 ms
        request = value if client.timeout_for in ("request", "both") else None
        start = value if client.timeout_for in ("start", "both") else start
    return start, request


def _seconds(value: Any, unit: str) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e12:
        return None
    return float(value) / (1000 if unit == "ms" else 1)


_HOST = re.compile(r"^[^\s<>#%/:?@\[\\\]^|{}\"]+$")


def _url_problems(url: str, client: Client, source: Source) -> list[Problem]:
    """What keeps a URL from being one, by the rules of WHATWG URL and RFC 3986 that both kinds of clients share."""

    def bad(note: str, detail: str, kind: str = "invalid-url") -> list[Problem]:
        return [Problem(kind=kind, fatal=True, line=source.line, where="url", note=note, detail=detail)]

    head = re.split(r"[?#]", url, maxsplit=1)[0]
    authority = re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://", "", head).split("/", 1)[0].rpartition("@")[2]
    variable = LOOKS.search(authority) or (None if "://" in head else LOOKS.search(head))
    if variable:
        return bad("literal", variable.group(), "variable-not-expanded")
    if re.search(r"<[^<>]+>", authority):
        return bad("in the address", authority, "placeholder")
    if not url:
        return bad("empty", "")
    if re.search(r"\s", authority):
        return bad("blank", shown_url(url))
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):(//)?", url)
    if scheme is None or (scheme.group(2) is None and not url.lower().startswith(("http:", "https:"))):
        return bad("no scheme", shown_url(url))
    name = scheme.group(1).lower()
    if name in ("unix", "pipe") and client.id == "vscode":
        return []
    if name in ("ws", "wss"):
        return bad("unknown type", name, "transport-unsupported")
    if name not in ("http", "https"):
        return bad("scheme", name)
    if scheme.group(2) is None:
        return bad("slashes", shown_url(url))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return bad("port" if ":" in authority else "host", authority)
    if not host:
        return bad("no host", shown_url(url))
    if port == 0:
        return bad("port", authority)
    if "[" not in authority and not _HOST.match(host):
        return bad("host", authority)
    return []
