"""Opens the server over HTTP as its client does; when that fails, asks what is different elsewhere."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from .. import wire
from ..facts.dns import DnsFacts
from ..facts.http import Exchange, HttpFacts
from ..facts.tcp import TcpFacts
from ..redact import public_header
from . import Walk, proxy_stream, tls
from .connector import lookup
from .exchange import Answer, Door, shown
from .http_matrix import Matrix, endpoint_of, run
from .http_open import Attempt, is_protocol, open_sse, open_streamable, to_opening, wants_auth
from .http_peer import HttpPeer, SsePeer, opening
from .tcp_banner import add_who_talks

NO_CONNECTION = ("ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "CERTIFICATE_VERIFY_FAILED")


async def make_door(w: Walk) -> Door:
    """The door to the entry's URL: to the address that tcp found open, else as the system resolves it."""
    target = w.target
    url = target.url.reveal() if target.url else ""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    door = Door(url, target.headers, proxy=w.state.get("proxy"), context=w.state.get("tls.context"))
    address = await _address(w, host)
    if address:
        door.addresses[host] = address
    return door


async def _address(w: Walk, host: str) -> str:
    tcp, dns = w.get(TcpFacts), w.get(DnsFacts)
    found = [d.address for d in tcp.tried if d.result == "open"] if tcp else []
    if found:
        return found[0]
    if dns and dns.addresses:
        return dns.addresses[0]
    try:
        return (await lookup(host, w.budget.at_most(5)))[0]
    except OSError:  # TimeoutError too; the request itself will name the error
        return ""


def configured(w: Walk) -> str:
    """What the entry means to this client: http, sse, or http-then-sse (clients.md, `url` without `type`)."""
    if w.target.transport == "sse":
        return "sse"
    typed = any(k in w.target.raw for k in ("type", "transport"))
    return "http-then-sse" if w.client.url_default == "http-then-sse" and not typed else "http"


async def probe(w: Walk) -> HttpFacts:
    """One opening as the client makes it; nothing more when it works."""
    door = await make_door(w)
    w.remote = HttpPeer(door, "")  # closes the door, also when this layer is cut
    kind = configured(w)
    attempt = await (open_sse(w, door) if kind == "sse" else open_streamable(w, door))
    tried = attempt
    if kind == "http-then-sse" and attempt.outcome == "broken" and attempt.decisive.status in (400, 404, 405):
        tried = await open_sse(w, door)
        tried.more.insert(0, tried.first)
        if tried.outcome == "broken":
            await _leave(tried)
            tried = attempt
    w.state["http.door"] = door
    w.state["http.answer"] = attempt.decisive
    if tried.outcome in ("opened", "rpc"):
        return await _opened(w, door, attempt, tried, kind)
    if tried.outcome == "auth":
        w.state["http.refused"] = next(a for a in (attempt.decisive, attempt.first) if a.status in (401, 403))
        w.remote = attempt.peer or HttpPeer(door, "")
        return HttpFacts(
            url=shown(door.url), configured=kind, first=attempt.decisive.fact, saw=f"HTTP {attempt.decisive.status}: "
            "an answer about credentials",
        )  # fmt: skip
    return await _broken(w, door, attempt, kind)


async def _leave(attempt: Attempt) -> None:
    if isinstance(attempt.peer, SsePeer):
        attempt.peer.door = Door(attempt.peer.door.url)  # the door stays open for others
        await attempt.peer.close()


async def _opened(w: Walk, door: Door, attempt: Attempt, tried: Attempt, kind: str) -> HttpFacts:
    w.remote = tried.peer
    w.state["opened"] = tried.message
    openings, asked = list(tried.openings), [a.fact for a in tried.more]
    w.state["own_openings"] = len(openings)
    if tried.outcome == "rpc" and tried.transport == "streamable":
        other = "initialize" if openings[-1].method == "server/discover" else "server/discover"
        if not any(o.method == other for o in openings):
            answer = await door.ask(opening(other, seconds=4), w.budget)
            openings.append(to_opening(other, answer, ""))
            asked.append(answer.fact)
    w.state["openings"] = openings
    event = tried.peer.endpoint_shown if isinstance(tried.peer, SsePeer) else ""
    if isinstance(tried.peer, HttpPeer) and (tried.peer.refused is not None or _failing(tried.peer.last)):
        await look_at_session(w)
    what = "HTTP+SSE" if tried.transport == "sse" else "streamable HTTP"
    status = tried.decisive.status if tried.outcome == "opened" else attempt.decisive.status
    return HttpFacts(
        url=shown(door.url), configured=kind, transport_found=tried.transport, first=attempt.first.fact,
        era="modern" if tried.peer and tried.peer.era == "modern" else "legacy", asked=tuple(asked),
        endpoint_event=event, saw=f"{what} answers, HTTP {attempt.first.status or status}",
    )  # fmt: skip


def _failing(last: Exchange | None) -> bool:
    return last is not None and last.status is not None and last.status >= 500


async def look_at_session(w: Walk) -> None:
    """The session that was just given is refused: what the session layer asks is asked now, while it is true."""
    from .session_http import look

    w.facts["session"] = replace(await look(w), state="broken")


async def _broken(w: Walk, door: Door, attempt: Attempt, kind: str) -> HttpFacts:
    fact = attempt.decisive.fact
    matrix = Matrix()
    if fact.error not in NO_CONNECTION:
        # Where nothing came, time is short: who has the port is asked beside the other questions.
        silent = fact.error == "ETIMEDOUT"
        matrix, _, _ = await asyncio.gather(
            w.budget.within(run(door, attempt, w.budget), Matrix()),
            w.budget.within(proxy_stream.add_look(w, door, fact, attempt.transport), None),
            w.budget.within(add_who_talks(w), None) if silent else asyncio.sleep(0),
        )  # fmt: skip
    found = matrix.find("POST server/discover")
    if found is not None and _speaks_modern(found) and attempt.transport == "streamable":
        return await _modern_only(w, door, attempt, matrix, kind)
    forbidden = _forbidden(w, attempt, matrix)
    for text in (fact.body, attempt.first.fact.body):
        w.hear("body", text)
    facts = _facts(door, attempt, matrix, kind)
    if forbidden:
        w.state["http.refused"] = attempt.decisive
        w.remote = attempt.peer or HttpPeer(door, "")
        return replace(facts, state="passed", saw=f"HTTP {fact.status}: an answer about credentials")
    w.remote = attempt.peer or HttpPeer(door, "")  # closes the door in the end
    if attempt.transport == "sse" and isinstance(attempt.peer, SsePeer) and attempt.peer.refused is not None:
        await look_at_session(w)
    if fact.status is None or (fact.status == 400 and not fact.is_mcp and fact.rpc_code is None):
        await w.budget.within(tls.add_tls_look(w), None)
    if fact.status is None:
        await w.budget.within(add_who_talks(w), None)
    said = f"HTTP {fact.status}" if fact.status is not None else fact.error
    return replace(facts, state="broken", saw=f"{fact.what}: {said}")


def _forbidden(w: Walk, attempt: Attempt, matrix: Matrix) -> bool:
    """A bare 403 that no other request escapes, while credentials are sent: the credentials are the next question."""
    sent = any(k.lower() in ("authorization", "x-api-key", "api-key") for k in w.target.headers)
    others = any(is_protocol(a) or endpoint_of(a) or wants_auth(a) for a in matrix.asked)
    html = "html" in attempt.decisive.fact.content_type.lower()
    return attempt.decisive.status == 403 and sent and not others and not html


def _speaks_modern(answer: Answer) -> bool:
    message = answer.message
    good = message is not None and (message.kind == "result" or message.code in wire.MODERN_ERRORS)
    return good and is_protocol(answer) and answer.fact.is_mcp


async def _modern_only(w: Walk, door: Door, attempt: Attempt, matrix: Matrix, kind: str) -> HttpFacts:
    """initialize is refused as unknown HTTP, server/discover answers: the handshake layer's question."""
    answer = matrix.find("POST server/discover")
    assert answer is not None
    w.remote = HttpPeer(door, "modern")
    w.state["opened"] = attempt.message
    w.state["openings"] = [*attempt.openings, to_opening("server/discover", answer, "")]
    facts = _facts(door, attempt, matrix, kind)
    return replace(
        facts, era="modern", transport_found="streamable", saw="server/discover answers, initialize does not"
    )


def _facts(door: Door, attempt: Attempt, matrix: Matrix, kind: str) -> HttpFacts:
    own = [a for a in matrix.asked if a.fact.what in ("GET stream", "POST initialize", "POST server/discover")]
    stream = next((a for a in own if endpoint_of(a)), None)
    if attempt.transport == "sse" and isinstance(attempt.peer, SsePeer) and attempt.peer.endpoint:
        transport, event = "sse", attempt.peer.endpoint_shown
    elif stream is not None:
        transport, event = "sse", _shown(door, endpoint_of(stream))
    else:
        transport, event = ("streamable" if any(is_protocol(a) for a in own) else "none"), ""
    elsewhere = next((a for a in matrix.asked if _other_path(a) and _is_there(a)), None)
    return HttpFacts(
        url=shown(door.url), configured=kind, transport_found=transport, era="none", first=attempt.first.fact,
        asked=tuple(_for_show(a) for a in (*attempt.more, *matrix.asked)), endpoint_event=event,
        endpoint_found=urlsplit(elsewhere.fact.url).path if elsewhere else "",
        endpoint_transport=("sse" if endpoint_of(elsewhere) else "streamable") if elsewhere else "",
        redirects=tuple(matrix.redirects), redirect_end=matrix.redirect_end,
        failed=attempt.decisive.fact.what, entry_headers=tuple(sorted(k.lower() for k in door.headers)),
        entry_values={k.lower(): v.reveal() for k, v in sorted(door.headers.items()) if public_header(k, v.reveal())},
    )  # fmt: skip


def _shown(door: Door, url: str) -> str:
    try:
        return shown(door.resolve(url))
    except ValueError:
        return "no URL"


def _is_there(answer: Answer) -> bool:
    """An MCP endpoint stands there: it answers as MCP, or asks for credentials as MCP servers do."""
    return (is_protocol(answer) and answer.fact.is_mcp) or bool(endpoint_of(answer)) or _challenged(answer)


def _challenged(answer: Answer) -> bool:
    return answer.status == 401 and "resource_metadata" in answer.header("www-authenticate")


def _for_show(answer: Answer) -> Exchange:
    """An exchange as evidence: pages are cut short, and of a path where nothing stands only the status is kept."""
    fact = answer.fact
    if _other_path(answer) and not _is_there(answer):
        return Exchange(what=fact.what, status=fact.status, error=fact.error)
    return replace(fact, body=fact.body[:300])


def _other_path(answer: Answer) -> bool:
    return " to /" in answer.fact.what or " of /" in answer.fact.what
