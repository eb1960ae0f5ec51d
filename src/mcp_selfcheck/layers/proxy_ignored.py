"""A stdio server that ends because its own connections fail, while a proxy is set that it does not use, or that is dead."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path

from .. import guard
from ..budget import Budget
from ..clients import UNKNOWN
from ..facts.proxy import ProxyFacts
from . import Walk
from .proxy import Goal
from .proxy_dial import connect, get_through, open_through
from .proxy_route import Route, parse_proxy, route

# What Node.js prints: libuv's errors with address, and undici's.
FAILED = re.compile(
    r"(?:connect )?(?P<error>ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNRESET) "
    r"(?P<host>\[[0-9a-fA-F:]+\]|[0-9a-fA-F:]+(?=:\d)|[\w.-]+):(?P<port>\d{1,5})"
    r"|getaddrinfo (?P<dns>ENOTFOUND|EAI_AGAIN) (?P<name>[\w.-]+)"
    r"|UND_ERR_CONNECT_TIMEOUT.{0,200}?attempted address: (?P<slow>[\w.-]+):(?P<slowport>\d+)",
    re.DOTALL,
)  # fmt: skip
# What pip, requests and Go programs print when a proxy does not take the connection; the address is not always there.
NO_ADDRESS = re.compile(
    r"(?:Cannot|Unable|Failed) (?:to )?connect to proxy|ProxyError\([^)]{0,80}|proxyconnect tcp[^\n]{0,60}",
    re.IGNORECASE,
)
VARIABLES = ("http_proxy", "https_proxy", "all_proxy")
NODE = re.compile(r"node:internal|UND_ERR_|\bNode\.js v\d|TypeError: fetch failed|\bat .*\.(?:m|c)?js:\d+")
URLS = re.compile(r"https?://[\w.\[\]:-]+[^\s\"'<>]*")


async def add_look(w: Walk, environ: Mapping[str, str], text: str) -> None:
    """For the launch step, when the server ended: did its connection fail because of a proxy setting? Kept as facts.

    What is contacted: the proxy of the environment; and through it, with an empty request, the host that the server
    failed to reach, unless that is a private address which the entry does not name.
    """
    if not any(k.lower() in VARIABLES and environ[k] for k in environ):
        return
    m = FAILED.search(text)
    if m is None:
        words = NO_ADDRESS.search(text)
        if words is not None:
            await _any_dead(w, environ, " ".join(words.group(0).split())[:80])
        return
    error = m.group("error") or m.group("dns") or "UND_ERR_CONNECT_TIMEOUT"
    host = (m.group("host") or m.group("name") or m.group("slow") or "").strip("[]")
    port = int(m.group("port") or m.group("slowport") or 0)
    shown = f"{error} {host}:{port}" if port else f"{error} {host}"
    dead = _setting_at(environ, host, port)
    if dead:
        await _dead(w, environ, dead, shown)
        return
    if environ.get("NODE_USE_ENV_PROXY") == "1" or not NODE.search(text):
        return
    url = _url(w, text, host, port)
    way = route(url, environ, UNKNOWN, stack="undici")
    if way.proxied and _may(host, url, w):
        await _through(w, way, url, shown, error)


def _setting_at(environ: Mapping[str, str], host: str, port: int) -> str:
    """The variable whose proxy is exactly the address that was refused."""
    for name in sorted(environ):
        if name.lower() in VARIABLES and environ[name]:
            _, there, its_port, _ = parse_proxy(environ[name])
            same = there == host or (there == "localhost" and host in ("127.0.0.1", "::1"))
            if same and its_port == port:
                return name
    return ""


async def _any_dead(w: Walk, environ: Mapping[str, str], words: str) -> None:
    """The program does not say which connection failed: is one of its proxies dead?"""
    for name in sorted(environ):
        if name.lower() in VARIABLES and environ[name] and "proxy" not in w.facts:
            await _dead(w, environ, name, words)


async def _dead(w: Walk, environ: Mapping[str, str], variable: str, shown: str) -> None:
    scheme, host, port, _ = parse_proxy(environ[variable])
    line = await connect(host, port, w.budget.slice(3.0), rules=guard.GIVEN)
    await line.close()
    if line.dial != "open":
        w.facts["proxy"] = ProxyFacts(
            used=f"{scheme}://{host}:{port}", variable=variable, scheme=scheme, health=line.dial, failed=True,
            ignored_error=shown, saw=f"{host}:{port}: {line.dial}",
        )  # fmt: skip


def _url(w: Walk, text: str, host: str, port: int) -> str:
    """The URL that was meant: one of the entry or of the output with that host or port, else https."""
    named: list[str] = [*_entry_urls(w), *URLS.findall(text)]
    for url in named:
        if re.match(rf"https?://{re.escape(host)}(?=[:/?#]|$)", url) or (port and f":{port}/" in f"{url}/"):
            return url
    return f"{'http' if port == 80 else 'https'}://{host}" + (f":{port}" if port else "")


def _entry_urls(w: Walk) -> list[str]:
    values = [
        *(a if isinstance(a, str) else a.reveal() for a in w.target.args),
        *(v.reveal() for v in w.target.env.values()),
    ]
    own = {v for k, v in ((k, v.reveal()) for k, v in w.target.env.items()) if k.lower().endswith("_proxy")}
    values += [_script(w, a) for a in w.target.args[:4] if isinstance(a, str)]
    return [u for v in values if v not in own for u in URLS.findall(v)]


def _script(w: Walk, word: str) -> str:
    """The source of a script that the entry names: its URLs are those of the entry's own program."""
    if not re.search(r"\.(?:m?js|cjs|ts|py)$", word):
        return ""
    try:
        with (Path(w.target.cwd or ".") / word).open("rb") as f:
            return f.read(65536).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _may(host: str, url: str, w: Walk) -> bool:
    """A name, a public address, or whatever the entry itself names."""
    if url in _entry_urls(w):
        return True
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True


async def _through(w: Walk, way: Route, url: str, shown: str, error: str) -> None:
    try:
        goal = Goal.of(url)
    except ValueError:
        return
    budget: Budget = w.budget.slice(min(5.0, w.budget.share(0.4)))
    works, said = False, ""
    if goal.scheme == "https":
        line = await open_through(way, goal.host, goal.port, budget)
        await line.close()
        works, said = line.tunnel, f"CONNECT {goal.host}:{goal.port} is answered 200"
    else:
        dial, answer = await get_through(way, goal.host, goal.port, goal.path.split("?")[0], goal.authority, budget)
        # 403, 404 and redirects may be the proxy's own words
        good = answer.status is not None and (answer.status < 300 or answer.status in (401, 405, 406, 415, 422))
        works = dial == "open" and good
        said = f"GET {goal.authority} is answered {answer.status}"
    if works:
        w.facts["proxy"] = ProxyFacts(
            used=way.shown, variable=way.variable, scheme=way.scheme, honoured="no", health="open",
            target=f"{goal.host}:{goal.port}", ignored_error=shown, ignored_works=said, saw=said,
        )  # fmt: skip
