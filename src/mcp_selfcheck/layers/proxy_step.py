"""The proxy step alone: which way a URL takes here and in the clients, whether the proxy answers, and both ways compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import surroundings
from ..budget import Budget
from ..clients import UNKNOWN, by_id
from ..facts.proxy import ProxyFacts
from ..flatten import evidence_of
from ..redact import Gate
from .proxy import Goal, look, page_text
from .proxy_route import STACKS, Route, is_loopback, route
from .proxy_system import system_settings

DEFAULT = "http://127.0.0.1/"
LIMIT = 15.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Way:
    """The way of the URL in one HTTP stack. `clients` are the ids of those that are known to use it."""

    stack: str
    clients: tuple[str, ...] = ()
    proxy: str = ""
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class ProxyAnswer:
    """`ok` is false when the way through the proxy fails. `ways` tells the route by HTTP stack; `set` the settings that
    were read, without their passwords; `seen` what was asked, and the answers.
    """

    ok: bool
    says: tuple[str, ...]
    url: str
    proxied: bool = False
    proxy: str = ""
    variable: str = ""
    no_proxy: str = ""
    no_proxy_match: str = ""
    ways: tuple[Way, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    pac: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)


async def check_proxy(url: str | None = None) -> ProxyAnswer:
    """The answer for `url`, or for this machine when left out (then nothing is sent but to the proxy).

    Sends one request through the proxy and one direct; the caller has made sure that the URL may be contacted.
    """
    environ = surroundings.environ()
    asked = url or DEFAULT
    way = route(asked, environ, UNKNOWN, system_settings(environ, "vscode"))
    gate = Gate(x.reveal() for x in way.userinfo or ())
    try:
        goal = Goal.of(asked)
    except ValueError:
        return ProxyAnswer(ok=False, says=(f"{gate.line(asked, 80)} is no URL that can be read.",), url="")
    shown = f"{goal.scheme}://{goal.authority}{goal.path.split('?')[0]}"
    facts = ProxyFacts(target=f"{goal.host}:{goal.port}", local=is_loopback(goal.host))
    if way.proxied:
        facts = await look(way, goal, facts, Budget(LIMIT))
        if url is None and facts.health == "open":
            facts = replace(facts, failed=False)
    ok = not facts.failed
    seen = {
        k.removeprefix("proxy."): gate.line(v)
        for k, v in evidence_of("proxy", replace(facts, body=page_text(facts.body)))
    }
    answer = ProxyAnswer(
        ok=ok, says=(), url=shown, proxied=way.proxied, proxy=way.shown if way.proxied else "", variable=way.variable,
        no_proxy=way.no_proxy, no_proxy_match=way.match, ways=_ways(asked, environ),
        settings=_settings(environ), pac=system_settings(environ, "vscode").get("pac", ""), seen=seen,
    )  # fmt: skip
    return replace(answer, says=tuple(gate.line(x, 400) for x in _words(answer, way, facts, url is None)))


def _ways(url: str, environ: Mapping[str, str]) -> tuple[Way, ...]:
    """The route of each HTTP stack, where it is not the same for all."""
    found = []
    stacks: dict[str, tuple[str, ...]] = {
        "httpx": ("python",), "requests": ("python",), "curl": (), "undici": tuple(k for k, v in STACKS.items() if v == "undici"),
    }  # fmt: skip
    for stack, clients in stacks.items():
        way = route(url, environ, UNKNOWN, stack=stack)  # type: ignore[arg-type]
        found.append(
            Way(stack=stack, clients=clients, proxy=way.shown if way.proxied else "", because=because(way))
        )  # fmt: skip
    if not environ.get("NODE_USE_ENV_PROXY") and any(w.proxy for w in found):
        found.append(
            Way(stack="node fetch", because="reads no such variable unless NODE_USE_ENV_PROXY=1 (Node.js 22.21, 24)")
        )
    return tuple(found)


def because(way: Route) -> str:
    """The setting that decides."""
    if way.proxied:
        near = f"; {way.near} in {way.no_proxy_variable} does not match: {way.near_why}" if way.near else ""
        return f"{way.variable} is set{near}"
    if way.match:
        return f"{way.no_proxy_variable} has {way.match}"
    return "no setting for this scheme"


def _settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that matter, as spelled; a proxy without its userinfo."""
    from .proxy_route import parse_proxy

    found: dict[str, str] = {}
    for name in sorted(environ):
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy") and environ[name]:
            scheme, host, port, user = parse_proxy(environ[name])
            found[name] = f"{scheme}://{'***@' if user else ''}{host}:{port}"
        elif name.lower() == "no_proxy" or name == "NODE_USE_ENV_PROXY":
            found[name] = environ[name]
    return found


def _words(a: ProxyAnswer, way: Route, f: ProxyFacts, only_route: bool) -> list[str]:
    if not way.proxied:
        said = [f"{a.url} takes no proxy: {because(way)}."]
    else:
        said = [f"{a.url} goes through {way.shown}: {because(way)}."]
        said += [f"The proxy does not answer: {f.health}."] if f.health != "open" else []
        said += [f"{k}: {v}" for k, v in f.asked.items() if not only_route]
        if f.failed and f.local and f.direct_result == "open" and f.health == "open":
            said.append("Only the way through the proxy fails: set NO_PROXY=localhost,127.0.0.1,::1.")
    different = [w for w in a.ways if bool(w.proxy) != way.proxied]
    said += [f"{w.stack}: {'through ' + w.proxy if w.proxy else 'direct'} ({w.because})." for w in different]
    said += [f"A PAC file is set ({a.pac}); it is not evaluated here."] if a.pac else []
    return said


def client_way(url: str, client: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """For the comparison of clients: whether this client goes through a proxy, and why."""
    way = route(url, environ, by_id(client), system_settings(environ, client))
    return {"proxied": way.proxied, "proxy": way.shown if way.proxied else "", "because": because(way)}
