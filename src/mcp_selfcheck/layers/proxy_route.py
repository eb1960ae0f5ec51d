"""Which proxy a URL takes: pure rules over an environment, as the HTTP stacks of the clients differ in them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from ..clients import Client
from ..model import Secret

Stack = Literal["httpx", "requests", "curl", "undici"]

# HTTP stack by client id, where it is documented; every other client is taken for httpx, which most Python clients use.
# Claude Code and Gemini CLI are Node.js programs with undici's agent (their network documentation).
STACKS: dict[str, Stack] = {"claude-code": "undici", "gemini-cli": "undici", "qwen-code": "undici"}
# VS Code and its descendants never send this machine's names to a proxy (vscode-proxy-agent), nor does Chromium.
DIRECT_LOCAL = ("vscode", "cursor", "windsurf")
PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True, kw_only=True)
class Route:
    """The way of one URL. `proxied` says whether the client goes through `proxy` (None: it connects itself).

    `variable` is the setting as spelled ("HTTP_PROXY", "http.proxy"); `no_proxy` the exceptions as written and
    `no_proxy_variable` their name; `match` the exception that takes the URL out; `near` one that looks as if it should
    and does not, with `near_why`. `honoured` is whether this client reads such settings: yes, no, unknown (taken for
    yes). `ignored`: a proxy is set for the URL and this client connects itself nevertheless.
    """

    proxy: Secret | None = None
    scheme: str = ""
    host: str = ""
    port: int = 0
    userinfo: tuple[Secret, Secret] | None = None
    variable: str = ""
    no_proxy: str = ""
    no_proxy_variable: str = ""
    match: str = ""
    near: str = ""
    near_why: str = ""
    honoured: str = "unknown"
    stack: Stack = "httpx"

    @property
    def proxied(self) -> bool:
        return self.proxy is not None and not self.match and self.honoured != "no"

    @property
    def ignored(self) -> bool:
        return self.proxy is not None and not self.match and self.honoured == "no"

    @property
    def shown(self) -> str:
        """The proxy without its userinfo: scheme://host:port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" if self.proxy else ""


def is_loopback(host: str) -> bool:
    """Whether a host of a URL means this machine by itself (RFC 6761, 6.3; 127.0.0.0/8; ::1)."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or bool(mapped and mapped.is_loopback)


def route(
    url: str,
    environ: Mapping[str, str],
    client: Client,
    system: Mapping[str, str] | None = None,
    stack: Stack | None = None,
) -> Route:
    """The way that `client` takes to `url`. `system` holds the desktop's settings (scheme → proxy URL, "no" → list).
    `stack` asks for the rules of one HTTP stack, whoever the client is.

    Environment variables win over system settings, as in urllib.request.getproxies() and in Chromium's.
    A URL that cannot be parsed takes no proxy.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme.lower(), 0)
    except ValueError:
        return Route()
    stack = stack or STACKS.get(client.id, "httpx")
    honoured = _honoured(client, environ)
    variable, value = _variable(parts.scheme.lower(), environ, stack)
    no_name, no_proxy = _no_proxy(environ, stack)
    if not value and system:
        value = system.get(parts.scheme.lower(), "") or system.get("all", "")
        variable = system.get("name", "the system's proxy setting")
        no_name, no_proxy = (no_name, no_proxy) if no_proxy else ("the system's exceptions", system.get("no", ""))
    if not value or not host:
        return Route(no_proxy=no_proxy, no_proxy_variable=no_name, honoured=honoured, stack=stack)
    rules = _rules(no_proxy, stack)
    match = next((r for r in rules if _matches(r, host, port, stack, parts.scheme.lower())), "")
    if not match and client.id in DIRECT_LOCAL and host in ("localhost", "127.0.0.1", "::1"):
        match, no_name = host, "its own rule for this machine"
    near, why = ("", "") if match else _near(rules, host, port, stack)
    scheme, proxy_host, proxy_port, userinfo = parse_proxy(value)
    return Route(
        proxy=Secret(value if "://" in value else f"http://{value}"), scheme=scheme, host=proxy_host, port=proxy_port,
        userinfo=userinfo, variable=variable, no_proxy=no_proxy, no_proxy_variable=no_name, match=match, near=near,
        near_why=why, honoured=honoured, stack=stack,
    )  # fmt: skip


def _honoured(client: Client, environ: Mapping[str, str]) -> str:
    """Node's fetch reads the variables only when told to (Node.js 22.21 and 24.0, NODE_USE_ENV_PROXY)."""
    if client.honours_proxy is not False:
        return "yes" if client.honours_proxy else "unknown"
    told = environ.get("NODE_USE_ENV_PROXY") == "1" or "--use-env-proxy" in environ.get("NODE_OPTIONS", "")
    return "yes" if told else "no"


def _spelled(name: str, environ: Mapping[str, str], upper: bool = True) -> tuple[str, str]:
    """The lower-case spelling wins, even when it is set to nothing (urllib.request.getproxies_environment)."""
    if name in environ:
        return name, environ[name].strip()
    return (name.upper(), environ[name.upper()].strip()) if upper and name.upper() in environ else ("", "")


def _variable(scheme: str, environ: Mapping[str, str], stack: Stack) -> tuple[str, str]:
    """Name and value of the variable for that scheme.

    curl reads http_proxy in lower case only (curl(1), ENVIRONMENT); undici knows no ALL_PROXY and takes the one for
    http when https has none (undici, EnvHttpProxyAgent).
    """
    name, value = _spelled(f"{scheme}_proxy", environ, upper=not (stack == "curl" and scheme == "http"))
    if not value and stack == "undici" and scheme == "https":
        name, value = _spelled("http_proxy", environ)
    if not value and stack != "undici":
        name, value = _spelled("all_proxy", environ)
    return (name, value) if value else ("", "")


def _no_proxy(environ: Mapping[str, str], stack: Stack) -> tuple[str, str]:
    return _spelled("no_proxy", environ)


def _rules(no_proxy: str, stack: Stack) -> list[str]:
    """undici and curl (since 7.86) split at blanks too; httpx and requests at commas only."""
    parts = re.split(r"[,\s]+" if stack in ("undici", "curl") else ",", no_proxy)
    return [p.strip() for p in parts if p.strip()]


def _matches(rule: str, host: str, port: int, stack: Stack, scheme: str = "") -> bool:
    if rule == "*":
        return True
    if stack == "httpx" and "://" in rule:  # a rule may be a URL pattern of httpx itself
        parts = urlsplit(rule.lower())
        return parts.scheme in (scheme, "all") and parts.hostname == host and parts.port in (None, port)
    return {"httpx": _httpx, "requests": _requests, "curl": _curl, "undici": _undici}[stack](rule.lower(), host, port)


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _network(rule: str, host: str) -> bool:
    try:
        return "/" in rule and ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False


def _port(rule: str) -> tuple[str, int | None]:
    """ "host:port" apart. An IPv6 address without brackets has no port."""
    m = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*):(\d+)", rule)
    return (m.group(1), int(m.group(2))) if m else (rule, None)


def _httpx(rule: str, host: str, port: int) -> bool:
    """httpx 0.28, _utils.get_environment_proxies and URLPattern: no networks; ".x" and "x" both cover sub-domains."""
    if _address(rule.split("/")[0]) or rule == "localhost":
        return host == rule.split("/")[0]
    name, only = _port(rule)
    if only is not None and only != port:
        return False
    if name.startswith("*"):
        return False
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _requests(rule: str, host: str, port: int) -> bool:
    """requests.utils.should_bypass_proxies: networks for addresses, otherwise a plain suffix, with or without port."""
    if _address(host):
        return host == rule or _network(rule, host)
    name = rule.lstrip(".")
    return host.endswith(name) or f"{host}:{port}".endswith(name)


def _curl(rule: str, host: str, port: int) -> bool:
    """curl(1), NO_PROXY: names cover their sub-domains, a leading dot is dropped, networks since 7.86."""
    if _address(host):
        return host == rule.strip("[]") or _network(rule, host)
    name, only = _port(rule.lstrip("."))
    return (only is None or only == port) and (host == name or host.endswith(f".{name}"))


def _undici(rule: str, host: str, port: int) -> bool:
    """undici lib/dispatcher/env-http-proxy-agent.js: exact without a leading "." or "*", a suffix with one."""
    name, only = _port(rule)
    if only is not None and only != port:
        return False
    name = name.strip("[]")
    return host.endswith(name.lstrip("*")) if name[:1] in (".", "*") else host == name


def _near(rules: list[str], host: str, port: int, stack: Stack) -> tuple[str, str]:
    """A rule that was surely meant for this host and does not match in this stack, and why not."""
    for rule in rules:
        name, only = _port(rule.lower())
        if _network(rule, host):
            return rule, f"{stack} does not read networks in NO_PROXY"
        if only is not None and only != port and _matches(name, host, port, stack):
            return rule, f"it is for port {only}, the URL uses {port}"
        if name.strip("[]") == host and rule.startswith("["):
            return rule, "brackets are not read there"
        if re.split(r"[;\s|]+", rule)[0] != rule and host in re.split(r"[;\s|]+", rule):
            return rule, "the entries must be separated by commas"
        if name.startswith("*") and host.endswith(name.lstrip("*")):
            return rule, f"{stack} does not read “*.” in NO_PROXY"
        if is_loopback(host) and is_loopback(name):
            return rule, f"it names {rule}, and the URL says {host}"
    return "", ""


def parse_proxy(value: str) -> tuple[str, str, int, tuple[Secret, Secret] | None]:
    """Scheme, host, port and userinfo of a proxy setting; a value without scheme is http (httpx, curl, undici)."""
    text = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS.get(parts.scheme.lower(), 80)
        host = parts.hostname or ""
    except ValueError:
        return "http", re.sub(r"^.*@", "", text.split("://", 1)[1])[:80], 0, None
    user = None
    if parts.username is not None:
        user = (Secret(unquote(parts.username)), Secret(unquote(parts.password or "")))
    return parts.scheme.lower(), host, port, user
