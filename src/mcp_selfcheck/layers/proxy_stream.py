"""Behind a reverse proxy on this machine: which server it asks, and the same question put to that one directly."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ipaddress
from urllib.parse import urlsplit, urlunsplit

from ..budget import Budget
from ..facts.http import Exchange
from ..facts.proxy import ProxyFacts
from . import Walk
from .exchange import Door, Question
from .http_peer import opening, stream_question

HOLD = 3.5  # seconds for which the request through the front is held open
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


async def add_look(w: Walk, door: Door, fact: Exchange, transport: str) -> None:
    """What the http step asks for when it breaks, beside its own questions: `fact` is the exchange that decided."""
    late = (fact.status is None and fact.error in ("", "ETIMEDOUT")) or (
        fact.status is not None and fact.status < 300 and fact.ended in ("deadline", "")
    )
    if late and not _spoke(fact):
        await add_stream_look(w, door, transport)
    elif fact.status in (403, 406, 429, 503) and not fact.is_mcp and fact.rpc_code is None:
        await add_waf_look(w, door, transport)


async def add_stream_look(w: Walk, door: Door, transport: str) -> None:
    """For the http step, when the answer's events do not come: does the server behind the front give them at once?

    Nothing when the listener of the port cannot be seen, or asks nobody. Kept as facts of the proxy layer.
    """
    parts = urlsplit(door.url)
    if not _loopback(next(iter(door.addresses.values()), parts.hostname or "")) or door.proxy:
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    budget = w.budget.slice(min(HOLD + 3, w.budget.share(0.8)))
    before = await asyncio.to_thread(_asked_by_holder, port)
    held = asyncio.create_task(door.ask(_question(transport, budget.at_most(HOLD)), budget))
    await asyncio.sleep(budget.at_most(0.5))
    after = await asyncio.to_thread(_asked_by_holder, port)
    news = [a for a in after[1] if a not in before[1]] or list(after[1])
    through = (await held).fact
    if not news or not after[0]:
        return
    upstream = news[-1]
    direct = await _directly(upstream, parts.path or "/", transport, budget)
    facts = w.get(ProxyFacts) or ProxyFacts()
    w.facts["proxy"] = dataclasses.replace(
        facts, front=after[0], upstream=upstream, stream=_said(through), upstream_stream=_said(direct) if direct else "",
        stream_held=not _spoke(through), upstream_spoke=bool(direct and _spoke(direct)),
    )  # fmt: skip


def _question(transport: str, seconds: float) -> Question:
    """The GET of the stream, or the POST that is answered by one."""
    found = stream_question("GET stream") if transport == "sse" else opening("initialize")
    return dataclasses.replace(found, seconds=seconds, fresh=True)


async def _directly(upstream: str, path: str, transport: str, budget: Budget) -> Exchange | None:
    """The same question at the server behind, at the same path, and at what is left of it without its first part."""
    shorter = "/" + path.strip("/").partition("/")[2]
    for tried in dict.fromkeys((path, shorter)):
        door = Door(urlunsplit(("http", upstream, tried, "", "")))
        try:
            answer = await door.ask(_question(transport, budget.at_most(2.0)), budget)
        finally:
            await door.close()
        if answer.fact.status is not None and answer.fact.status < 300:
            return answer.fact
    return None


def _spoke(x: Exchange) -> bool:
    return x.is_mcp or bool(x.first_event)


def _said(x: Exchange) -> str:
    if x.status is None:
        return "no answer before the deadline" if x.error in ("", "ETIMEDOUT") else x.error
    return (
        f"{x.status}, first event: {x.first_event or 'message'}"
        if _spoke(x)
        else f"{x.status}, no event before the deadline"
    )


def _loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return host == "localhost"


def _asked_by_holder(port: int) -> tuple[str, tuple[str, ...]]:
    """The program that listens on `port`, and the local servers to which it (or its workers) holds connections."""
    import psutil

    try:
        every = psutil.net_connections("tcp")
    except (psutil.Error, OSError, RuntimeError):
        return "", ()
    holders = {c.pid for c in every if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port and c.pid}
    name = ""
    family = set(holders)
    for pid in holders:
        with contextlib.suppress(psutil.Error, OSError):
            process = psutil.Process(pid)
            name = name or process.name()
            family |= {child.pid for child in process.children(recursive=True)}
    listening = {c.laddr.port for c in every if c.status == psutil.CONN_LISTEN and c.laddr}
    found = []
    for c in every:
        if c.pid not in family or c.status != psutil.CONN_ESTABLISHED or not c.raddr or not c.laddr:
            continue
        host, far = str(c.raddr.ip), int(c.raddr.port)
        if far in listening and port not in (far, c.laddr.port) and ":" not in host and _loopback(host):
            found.append(f"{host}:{far}")
    return name, tuple(dict.fromkeys(found))


async def add_waf_look(w: Walk, door: Door, transport: str) -> None:
    """For the http step, when a page or a challenge stands in place of the answer: is it our name, or our words?"""
    asked = [
        dataclasses.replace(_question(transport, 4.0), headers={**_question(transport, 4.0).headers, "user-agent": BROWSER}),
        Question(
            what="POST ping", headers={"content-type": "application/json", "accept": "application/json, text/event-stream"},
            body=b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', id=1, seconds=4.0,
        ),
    ]  # fmt: skip
    browser, ping = await asyncio.gather(*(door.ask(q, w.budget) for q in asked))
    facts = w.get(ProxyFacts) or ProxyFacts()
    passed = browser.fact.is_mcp or bool(browser.fact.first_event) or browser.status == 401
    w.facts["proxy"] = dataclasses.replace(
        facts, browser_status=browser.status, browser_passed=passed, harmless_status=ping.status,
        harmless_passed=ping.fact.rpc_code is not None or ping.fact.is_mcp,
    )  # fmt: skip
