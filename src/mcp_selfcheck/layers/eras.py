"""For a URL entry of no known client: whether the server bears server/discover too, asked when all else was seen.

Clients that open with it are in use, and which client reads this entry is not known. Over pipes nothing is asked: a client
that meets a server which ends or stays silent starts it anew (2026-07-28 stdio, backward compatibility), so such a server
is a healthy one, and a second start would cost as much as the first.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from .. import wire
from ..facts.handshake import HandshakeFacts, Opening
from . import Walk
from .http_open import to_opening
from .http_peer import HttpPeer, opening

MOST = 4.0  # seconds that the question may take
REFUSED = ("ECONNREFUSED", "ECONNRESET")


async def look(w: Walk) -> None:
    """Adds the answer to the handshake's facts. Nothing, when the client is known or was answered in that era."""
    facts = w.get(HandshakeFacts)
    if facts is None or facts.state != "passed" or facts.client_known or facts.opened is None:
        return
    if facts.opened.method != "initialize" or facts.opened.outcome != "result" or facts.other("server/discover"):
        return
    found = await _posted(w, w.remote) if isinstance(w.remote, HttpPeer) else None
    if found is not None:
        w.facts["handshake"] = replace(facts, others=(*facts.others, replace(found, how="server/discover")))


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
