"""One entry of a config file becomes a Target: as its client reads it, with what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .clients_row import Client
from .discover_expand import LOOKS, Expander, env_file
from .discover_hidden import of_entry
from .discover_keys import SYNONYMS, Keys, key_problems
from .discover_secrets import guard, shown_url
from .model import Problem, Secret, Source, Target, Transport, plain

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
    words: Mapping[str, str] = field(default_factory=dict)  # what stands for a text of this file alone
    folder: str = ""  # in which the file stands


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
    expand = Expander(client, ctx.environ, ctx.home, ctx.project, ctx.words, ctx.folder)
    keys = Keys(entry, client)
    command, args = _command(keys, found, source)
    command = expand(command, "command") if command is not None else None
    code = command is not None and _RUNS_CODE.match(command.rsplit("/", 1)[-1])
    shell_at = next((i for i, a in enumerate(args) if a in _CODE_FLAGS), None) if code else None
    from_file = {i for i, a in enumerate(args) if "{file:" in a}
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
    found += key_problems(entry, client, command, url, source)
    if command is None and url is None and not any(p.fatal for p in found):
        found.append(Problem(kind="missing-target", fatal=True, line=source.line))
    if url is not None and transport != "stdio" and not any(p.fatal for p in found):
        found += _url_problems(url, client, source)
    start, request = _timeouts(entry, client, ctx.environ)
    cwd = expand(cwd, "cwd") if isinstance(cwd, str) else None
    hidden = tuple(Secret(s) for s in dict.fromkeys(of_entry(entry, args, (cwd or "", ctx.project), expand.used)))
    return Target(
        name=name, client=client.id, source=source, transport=transport, command=command,
        args=tuple(Secret(plain(a)) if i in from_file else a for i, a in enumerate(guard(args))), env=env,
        cwd=cwd, url=Secret(url) if url is not None else None,
        shown_url=shown_url(url) if url is not None else "", headers=headers, disabled=_disabled(entry, client),
        start_timeout=start, request_timeout=request, raw={k: type(v).__name__ for k, v in entry.items()},
        problems=tuple(found), hidden=hidden,
    )  # fmt: skip


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
    if isinstance(command, str) and command.strip() and keys.client.id == "opencode":
        found.append(Problem(kind="args-in-command", fatal=True, line=source.line, where="command", note="no list",
                             detail=command.split()[0]))  # fmt: skip
        return command.split()[0], [*command.split()[1:], *_list(args)]
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
        known = ", ".join(client.types)
        found.append(Problem(kind="transport-unsupported", fatal=True, line=source.line, note=note, detail=detail,
                             after=known or None))  # fmt: skip

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
    if declared is None and client.type_required and (has_url or command is not None):
        local, remote = ("local", "remote") if client.id == "opencode" else ("stdio", "streamable_http")
        refuse("no type", local if command is not None else remote)
        return "stdio" if command is not None else "http"
    if has_url and command is not None and client.one_kind:
        refuse("both kinds", url_key)
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


def _disabled(entry: Mapping[str, Any], client: Client) -> bool:
    keys = ("disabled", "!enabled", "!isActive") if client.disable_keys is None else client.disable_keys
    for key in keys:
        value = entry.get(key.lstrip("!"))
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value.lower())
        if isinstance(value, bool) and value is not key.startswith("!"):
            return True
    return False


def _timeouts(
    entry: Mapping[str, Any], client: Client, environ: Mapping[str, str]
) -> tuple[float | None, float | None]:
    """Seconds that the entry, or the person by a variable, gives for the start, and the entry for a request."""
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
    moved = environ.get(client.start_timeout_variable, "")
    if start is None and moved.isdecimal():
        start = _seconds(int(moved[:12]), "ms")
    return start, request


def _seconds(value: Any, unit: str) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e12:
        return None
    return float(value) / (1000 if unit == "ms" else 1)


_HOST = re.compile(r"^[^\s\x00-\x1f\x7f\ud800-\udfff<>#%/:?@\[\\\]^|{}\"]+$")


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
