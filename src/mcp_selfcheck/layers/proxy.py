"""The proxy step: the way of the URL, the proxy's own health, and the same request with and without it."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import re
from urllib.parse import urlsplit, urlunsplit

from ..budget import Budget
from ..facts.dns import DnsFacts
from ..facts.proxy import ProxyFacts
from ..facts.tcp import TcpFacts
from . import Walk
from .proxy_dial import Answer, Line, get_direct, get_through, open_through
from .proxy_dial import connect as dial
from .proxy_route import PORTS, Route, is_loopback, route
from .proxy_system import system_settings

__all__ = ["Route", "is_loopback", "probe", "route", "way_of"]

LIMIT = 8.0  # seconds for one request through the proxy
OWN_HEADERS = ("proxy-authenticate", "x-squid-error", "x-proxy-error", "x-bluecoat-via")
NOBODY = "mcp-selfcheck.invalid"
PAGES = (200, 203, 401, 403, 511)  # statuses with which a login or a notice comes
KEPT = ("proxy-authenticate", "server", "via", "location", "content-type", "www-authenticate", "x-squid-error")


def way_of(w: Walk) -> Route:
    """The route of the target's URL for its client, read once in a diagnosis."""
    found = w.state.get("proxy.route")
    if not isinstance(found, Route):
        url = w.target.url.reveal() if w.target.url else ""
        found = route(url, w.environ, w.client, system_settings(w.environ, w.client.id))
        w.state["proxy.route"] = found
    return found


@dataclasses.dataclass(frozen=True)
class Goal:
    """The far side: what is asked there, and how it is named in a request."""

    scheme: str
    host: str
    port: int
    path: str
    authority: str

    @classmethod
    def of(cls, url: str) -> Goal:
        """Raises ValueError for a URL that cannot be parsed."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        scheme = parts.scheme.lower()
        port = parts.port or PORTS.get(scheme, 80)
        name = f"[{host}]" if ":" in host else host
        authority = name if port == PORTS.get(scheme) else f"{name}:{port}"
        return cls(scheme, host, port, urlunsplit(("", "", parts.path or "/", parts.query, "")), authority)


async def probe(w: Walk) -> ProxyFacts:
    """Costs nothing when the client connects itself. Sets w.state["proxy"] (a Secret) when requests go through one."""
    way = way_of(w)
    facts = _setting(w, way)
    if not way.proxied or way.proxy is None:
        return facts
    w.state["proxy"] = way.proxy
    dns = w.get(DnsFacts)
    unknown = dns.error if dns is not None and not dns.addresses else ""
    goal = Goal.of(w.target.url.reveal() if w.target.url else "")
    facts = await look(way, goal, facts, w.budget, _open_address(w), unknown)
    nobody = facts.health == "open" and facts.direct_result != "open" and (facts.status is None or facts.status >= 500)
    if facts.local and nobody:
        await _who_listens(w)
        return dataclasses.replace(facts, state="broken")
    return facts


async def _who_listens(w: Walk) -> None:
    """The tcp step left this to the proxy; but a server on this machine that nobody reaches directly is its question."""
    tcp = importlib.import_module(".tcp", __package__)
    alone = dataclasses.replace(
        w, environ={k: v for k, v in w.environ.items() if not k.lower().endswith("_proxy")}, state={}
    )
    w.facts["tcp"] = await tcp.probe(alone)


def _open_address(w: Walk) -> str:
    """The address that accepted in the tcp step, so that a direct request takes no other."""
    tcp = w.get(TcpFacts)
    return next((d.address for d in tcp.dials if d.result == "open"), "") if tcp else ""


def _setting(w: Walk, way: Route) -> ProxyFacts:
    """What the settings say, before anything is sent."""
    goal = Goal.of(w.target.url.reveal() if w.target.url else "")
    pac = system_settings(w.environ, w.client.id).get("pac", "")
    if way.proxied:
        saw = f"{way.variable} sends it through {way.shown}"
    elif way.match:
        saw = f"direct: {way.no_proxy_variable} has {way.match}"
    elif way.ignored:
        saw = f"direct: this client does not read {way.variable}"
    else:
        saw = "no proxy"
    used = way.shown if way.proxied or way.ignored else ""
    return ProxyFacts(
        used=used, variable=way.variable, scheme=way.scheme if used else "", no_proxy=way.no_proxy if way.proxy else "",
        no_proxy_match=way.match, no_proxy_near=f"{way.near}: {way.near_why}" if way.near else "",
        honoured=way.honoured if way.proxy else "", pac=pac, target=f"{goal.host}:{goal.port}",
        target_is_tls=goal.scheme == "https",
        local=is_loopback(goal.host), credentials=way.userinfo is not None, saw=saw,
    )  # fmt: skip


async def look(
    way: Route, goal: Goal, facts: ProxyFacts, budget: Budget, address: str = "", unknown: str = ""
) -> ProxyFacts:
    """The same question through the proxy and direct, side by side. `unknown` is why the host has no address here:
    then nothing is asked directly.
    """
    slice_ = budget.slice(min(LIMIT, budget.share(0.6)))
    if goal.scheme == "https":
        line, direct = await asyncio.gather(
            open_through(way, goal.host, goal.port, slice_),
            _dial(address or goal.host, goal.port, slice_.slice(4.0), unknown),
        )
        await asyncio.gather(line.close(), direct.close())
        health, answer, direct_result, without = line.dial, _of_tunnel(line), direct.dial, Answer()
    else:
        (health, answer), (direct_result, without) = await asyncio.gather(
            get_through(way, goal.host, goal.port, goal.path, goal.authority, slice_),
            _get(address or goal.host, goal, slice_.slice(5.0), unknown),
        )
    failed, own = judged(answer, without, health, goal.scheme == "https")
    led_away = answer.status in (301, 302, 303, 307, 308) and _leads_away(answer, goal)
    page = answer.html and answer.status in PAGES
    if not failed and goal.scheme == "http" and (page or led_away) and without.status is None:
        own = await _same_for_nobody(way, answer, slice_)
        failed = bool(own)
    what = f"CONNECT {goal.host}:{goal.port}" if goal.scheme == "https" else "GET"
    asked = {f"{what} through the proxy": answer.said() if health == "open" else health}
    asked[f"{'connect' if goal.scheme == 'https' else 'GET'} direct"] = (
        direct_result if goal.scheme == "https" or direct_result != "open" else without.said()
    )
    saw = f"{way.shown} ({way.variable}): {answer.said() if health == 'open' else health}"
    return dataclasses.replace(
        facts, state="broken" if failed else "passed", saw=saw, health=health, status=answer.status,
        status_headers={k: answer.headers[k] for k in KEPT if k in answer.headers}, html=answer.html,
        body=page_text(answer.body) if failed else "", answer_error=answer.error if health == "open" else "", failed=failed,
        from_proxy=own, direct_result=direct_result, direct_status=without.status, direct_html=without.html, asked=asked,
    )  # fmt: skip


async def _same_for_nobody(way: Route, answer: Answer, budget: Budget) -> str:
    """A page that the proxy gives for a name that cannot exist too (RFC 6761, 6.4) is its own; "" when it is not."""
    health, other = await get_through(way, NOBODY, 80, "/", NOBODY, budget.slice(3.0))
    same = _kernel(other) == _kernel(answer)
    return f"the same page for {NOBODY}" if health == "open" and same else ""


def _kernel(answer: Answer) -> tuple[int | None, str, str]:
    """What makes two answers the same: status, words of the page, where it leads."""
    return answer.status, page_text(answer.body), answer.headers.get("location", "").split("?", 1)[0]


def _leads_away(answer: Answer, goal: Goal) -> bool:
    try:
        return (urlsplit(answer.headers.get("location", "")).hostname or goal.host) != goal.host
    except ValueError:
        return False


async def _dial(host: str, port: int, budget: Budget, unknown: str) -> Line:
    return Line(dial=unknown) if unknown else await dial(host, port, budget)


async def _get(host: str, goal: Goal, budget: Budget, unknown: str) -> tuple[str, Answer]:
    if unknown:
        return unknown, Answer(error=unknown)
    return await get_direct(host, goal.port, goal.path, goal.authority, budget)


def _of_tunnel(line: Line) -> Answer:
    """A tunnel that stands is a 200 without more; one that does not is what the proxy said."""
    if line.tunnel:
        return Answer(status=200)
    return line.answer or Answer(error=line.error or line.dial)


def judged(answer: Answer, direct: Answer, health: str, tunnel: bool) -> tuple[bool, str]:
    """Whether the way through the proxy fails, and by what the answer shows itself as the proxy's own.

    The same status on both ways is the server's. A different one is the proxy's when it is an error or a page.
    """
    if health != "open":
        return True, ""
    if answer.status is None:
        # Silence on both ways is the server's; an answer that only the direct way gives is the proxy's fault.
        return tunnel or answer.error != "ETIMEDOUT" or direct.status is not None, ""
    if answer.status == 407:
        return True, "status 407"
    if tunnel:
        return not 200 <= answer.status < 300, "it refused the tunnel" if answer.status >= 300 else ""
    own = _own(answer, direct)
    if direct.status is None:
        return bool(own), own
    if answer.status == direct.status:
        other = answer.html and not direct.html
        other = other or (answer.status >= 400 and _kind(answer) != _kind(direct))
        return other, own or ("another page" if other else "")
    return answer.status >= 300 or answer.html, own or f"status {answer.status} instead of {direct.status}"


def _kind(answer: Answer) -> str:
    return answer.headers.get("content-type", "").split(";")[0].strip().lower()


def _own(answer: Answer, direct: Answer) -> str:
    """The header or difference that shows that the proxy itself speaks; "" when nothing does.

    Via alone shows nothing: honest proxies put it on the server's answers (RFC 9110, 7.6.3). With a page where MCP has
    none, or with a way to somewhere else, it does.
    """
    for name in OWN_HEADERS:
        if name in answer.headers and name not in direct.headers:
            return f"{name.title()}: {answer.headers[name]}"
    via = answer.headers.get("via", "")
    if direct.status is not None:
        mine, theirs = answer.headers.get("server", ""), direct.headers.get("server", "")
        if via and answer.status != direct.status:
            return f"Via: {via}"
        return f"Server: {mine}" if mine and mine != theirs else ""
    status = answer.status or 0
    if via and (
        (answer.html and status in PAGES) or (300 <= status < 400 and "://" in answer.headers.get("location", ""))
    ):
        return f"Via: {via}"
    return ""


def page_text(body: str) -> str:
    """The words of a page: no markup, no times (the same world gives the same report), 300 characters at most."""
    text = re.sub(r"(?is)<(style|script)\b.*?(</\1>|$)|<[^>]*>", " ", body)
    text = re.sub(r"\b(?:\w{3}, \d{1,2} \w{3} \d{4}|\d{4}-\d\d-\d\d)?[T ]?\d{1,2}:\d\d:\d\d\S*", "…", text)
    return re.sub(r"\s+", " ", text).strip()[:300]
