"""For an entry of no known client: whether the server bears server/discover too, asked when all else was seen.

Clients that open with it are in use, and which client reads this entry is not known. The first request decides the era
of a process, so over pipes a fresh one is asked, after the first has ended.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from .. import wire
from ..facts.handshake import HandshakeFacts, Opening
from . import Walk, again
from .http_open import to_opening
from .http_peer import HttpPeer, opening
from .opening import read_opening

SLOW = 3.0  # seconds: a server that starts slower than that is not started once more
MOST = 4.0  # seconds that the question may take
REFUSED = ("ECONNREFUSED", "ECONNRESET")


async def look(w: Walk) -> None:
    """Adds the answer to the handshake's facts. Nothing, when the client is known or was answered in that era."""
    facts = w.get(HandshakeFacts)
    if facts is None or facts.state != "passed" or facts.client_known or facts.opened is None:
        return
    if facts.opened.method != "initialize" or facts.opened.outcome != "result" or facts.other("server/discover"):
        return
    found: Opening | None = None
    if w.live is not None:
        found = await _piped(w)
    elif isinstance(w.remote, HttpPeer):
        found = await _posted(w, w.remote)
    if found is not None:
        w.facts["handshake"] = replace(facts, others=(*facts.others, replace(found, how="server/discover")))


async def _piped(w: Walk) -> Opening | None:
    began: float = w.state.get("opened after", SLOW)
    if began >= SLOW or w.budget.left() < MOST:
        return None
    how, budget = again.plan(w), w.budget.slice(w.budget.share(0.8))
    c = await again.started(how)
    if c is None:
        return None
    try:
        message = await c.ask("server/discover", None, budget.slice(0.7 + 1.5 * began), modern=True)
        found = read_opening("server/discover", message, alive=c.alive)
        if found.outcome == "silent":
            # Many small servers leave out what they do not know; clients then send initialize on the same pipe.
            params = {"protocolVersion": w.client.version, "capabilities": {}, "clientInfo": wire.CLIENT_INFO}
            if await c.ask("initialize", params, budget.slice(0.7 + began)) is not None:
                return None
    finally:
        await c.close(0)
    if found.outcome not in ("exited", "silent"):
        return found if found.outcome in ("result", "error") else None
    same, _, _ = await again.opens(how, "initialize", budget.slice(2 + 3 * began), version=w.client.version)
    return replace(found, raw="") if same.outcome == "result" else None  # else a second start fails by itself


async def _posted(w: Walk, peer: HttpPeer) -> Opening | None:
    budget = w.budget.slice(min(MOST, w.budget.share(0.5)))
    answer = await peer.door.ask(opening("server/discover", fresh=True, seconds=2.0), budget)
    if answer.status is not None:
        found = to_opening("server/discover", answer, wire.MODERN)
        return found if found.outcome in ("result", "error") else None  # any other answer leads clients to initialize
    await asyncio.sleep(min(0.2, budget.left()))
    after = await peer.door.ask(opening("initialize", what="POST initialize, after", fresh=True, seconds=2.0), budget)
    given = after.header("mcp-session-id")
    if after.status is not None and given:
        peer.extra_sessions.append(given)
    if answer.fact.error == "ETIMEDOUT" and after.status is not None and after.status < 300:
        return Opening(method="server/discover", outcome="silent", asked_version=wire.MODERN)
    if after.fact.error in REFUSED:
        return Opening(method="server/discover", outcome="exited", asked_version=wire.MODERN)
    return None
