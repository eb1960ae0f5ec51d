"""What happens to a session over HTTP: the same call again and again, a second session beside it, the GET stream."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from .. import wire
from ..budget import Budget
from ..facts.session import SessionFacts
from . import Walk
from .exchange import Answer, Door, Question
from .http_open import to_opening
from .http_peer import CLOSING, HttpPeer, SsePeer, lost, opening

REPEATS = 10  # with two workers and an even spread, the chance to miss the other one is 2 in 1024
STREAMS = 12
APART = 0.004  # seconds between connections that shall reach several workers
SPREAD = 2
WAVES = 5  # how often that many are asked while none finds the session
SECONDS = 3.0


async def look(w: Walk) -> SessionFacts:
    """All questions side by side, each on a connection of its own, since a kept connection sticks to one worker."""
    peer = w.remote
    budget = w.budget.slice(w.budget.share(0.8)).slice(SECONDS * 2)
    if isinstance(peer, HttpPeer):
        return await _streamable(peer, budget)
    if isinstance(peer, SsePeer) and peer.endpoint:
        return await _sse(peer, budget)
    return SessionFacts()


probe = look


async def _streamable(peer: HttpPeer, budget: Budget) -> SessionFacts:
    method = "server/discover" if peer.era == "modern" else "ping"
    again = _again(peer, method)
    stream = Question(
        what="GET stream", method="GET", until="head", seconds=SECONDS,
        headers={**peer.headers("", {}, modern=False), "accept": "text/event-stream"},
    )  # fmt: skip
    legacy = peer.era != "modern"
    # First on the connection that is open already, then on new ones: that pair tells one worker from many.
    kept = (
        await peer.door.ask(peer.question(method, None, modern=not legacy, seconds=SECONDS), budget)
        if peer.session
        else None
    )
    asked = [*(again if peer.session or not legacy else again[:2]), *([stream] if legacy else [])]
    gathered, second = await asyncio.gather(_all(peer, asked, budget), _second(peer, budget) if legacy else _nothing())
    repeats = gathered[: len(asked) - (1 if legacy else 0)]
    if peer.session and not any(lost(a) for a in repeats):
        repeats += await _apart(peer, [q for _ in range(SPREAD) for q in _again(peer, method)], budget)
    if peer.session:
        repeats += await _more(repeats, lambda: _all(peer, _again(peer, method), budget))
    refused = next((a for a in repeats if lost(a)), None)
    text = (refused.fact.rpc_message or refused.fact.body[:200]) if refused else ""
    if peer.refused is not None and not text:
        text = peer.refused.rpc_message or peer.refused.body[:400]
    body = ""
    if legacy and gathered[-1].status in (404, 406):
        more = await peer.door.ask(replace(stream, what="GET stream, its body", until="event"), budget)
        body = " ".join(more.fact.body.split())[:200]
    return SessionFacts(
        get_stream_body=body, session_id_given=(peer.session is not None) if legacy else None, repeat=_statuses(repeats),
        repeat_error=_error(repeats), second=second, get_stream=gathered[-1].status if legacy else None,
        refused_status=peer.refused.status if peer.refused else None, refused_text=text,
        kept_status=kept.status if kept else None, saw=_saw(peer, repeats),
    )  # fmt: skip


def _again(peer: HttpPeer, method: str) -> list[Question]:
    modern = peer.era == "modern"
    return [
        peer.question(method, None, modern=modern, fresh=True, seconds=SECONDS, what=f"POST {method} again")
        for _ in range(REPEATS)
    ]


async def _more(answers: list[Answer], ask: Callable[[], Awaitable[list[Answer]]]) -> list[Answer]:
    """Several workers do not take connections evenly: while all requests find no session, ask on."""
    found: list[Answer] = []
    while len(found) < REPEATS * (WAVES - 1) and all(lost(a) for a in (*answers, *found)):
        found += await ask()
    return found


def _saw(peer: HttpPeer, repeats: list[Answer]) -> str:
    fine = all(a.status is not None and a.status < 300 for a in repeats)
    name = "a session" if peer.session else "no session"
    return f"{name}, the same call again on new connections: " + (
        "answered each time" if fine else "not always answered"
    )


async def _nothing() -> str:
    return ""


async def _all(peer: HttpPeer, asked: list[Question], budget: Budget) -> list[Answer]:
    return list(await asyncio.gather(*(peer.door.ask(q, budget) for q in asked)))


async def _apart(peer: HttpPeer, asked: list[Question], budget: Budget) -> list[Answer]:
    """The same questions a few milliseconds apart. Of connections that come at once, one worker accepts all that wait;
    of such that come one by one, another can be quicker."""

    async def late(number: int, question: Question) -> Answer:
        await asyncio.sleep(number * APART)
        return await peer.door.ask(question, budget)

    return list(await asyncio.gather(*(late(n, q) for n, q in enumerate(asked))))


def _statuses(answers: list[Answer]) -> tuple[int, ...]:
    """Which statuses came, each once, in ascending order: how often each came is chance."""
    return tuple(sorted({a.status for a in answers if a.status is not None}))


def _error(answers: list[Answer]) -> str:
    return ", ".join(sorted({a.fact.error for a in answers if a.fact.error}))


async def _second(peer: HttpPeer, budget: Budget) -> str:
    """Another client comes while this session is open. Its session is ended at once."""
    answer = await peer.door.ask(
        opening("initialize", what="POST initialize, second", fresh=True, seconds=SECONDS), budget
    )
    given = answer.header("mcp-session-id")
    if given and given != peer.session and answer.status is not None and answer.status < 300:
        await peer.end_session(given, Budget(CLOSING))
    opened = to_opening("initialize", answer, wire.LEGACY)
    if opened.outcome == "result":
        return "opened"
    if answer.status is None:
        return answer.fact.error
    return f"HTTP {answer.status}: {_words(answer)}".rstrip(": ")


def _words(answer: Answer) -> str:
    """The error of an answer without markup, in one line."""
    text = re.sub(r"<(?:style|title)[\s\S]*?</(?:style|title)>|<[^>]*>", " ", answer.fact.body)
    return answer.fact.rpc_message or " ".join(text.split())[:120]


async def _sse(peer: SsePeer, budget: Budget) -> SessionFacts:
    """The announced endpoint is POSTed to again; a second stream is opened beside the first."""
    bodies = [wire.request(9000 + n, "ping") for n in range(REPEATS)]

    async def ask() -> list[Answer]:
        posts = (peer.post(b, "POST ping again", budget.slice(SECONDS), fresh=True) for b in bodies)
        return list(await asyncio.gather(*posts))

    repeats = await ask()
    repeats += await _more(repeats, ask)
    second = ""
    streams: tuple[int, ...] = ()
    if any(lost(a) for a in repeats) or peer.refused is not None:
        streams = await _streams(peer, budget)
    else:
        second = await _second_stream(peer, budget)
    refused = next((a for a in repeats if lost(a)), None)
    text = refused.fact.rpc_message or refused.fact.body[:200] if refused else ""
    return SessionFacts(
        session_id_given=True, repeat=_statuses(repeats), repeat_error=_error(repeats), second=second,
        refused_status=peer.refused.status if peer.refused else None, refused_text=text, streams=streams,
        saw="one stream, POSTs taken" if refused is None else "POSTs not always taken",
    )  # fmt: skip


async def _streams(peer: SsePeer, budget: Budget) -> tuple[int, ...]:
    """New streams, one after the other, and what a POST to the endpoint of each is answered, until two differ."""
    found: set[int] = set()
    for _ in range(STREAMS):
        other = _new_stream(peer)
        try:
            await other.open(budget.slice(SECONDS))
            if not other.endpoint or not other.door.same_origin(other.endpoint):
                break
            answer = await other.post(wire.request(1, "ping"), "POST ping", budget.slice(SECONDS))
            found |= {answer.status} if answer.status is not None else set()
        finally:
            await other.close()
        if len(found) > 1:
            break
    return tuple(sorted(found))


def _new_stream(peer: SsePeer) -> SsePeer:
    return SsePeer(Door(peer.door.url, peer.door.headers, peer.door.addresses, peer.door.proxy, peer.door.context))


async def _second_stream(peer: SsePeer, budget: Budget) -> str:
    """Another client opens its stream; while that is open, the first one must still be answered."""
    other = _new_stream(peer)
    try:
        answer = await other.open(budget.slice(SECONDS))
        if other.endpoint:
            still = await peer.ask("ping", None, budget.slice(SECONDS))
            return "opened" if still is not None or budget.left() <= 0 else "opened, and the first is silent since"
    finally:
        await other.close()
    if answer.fact.status is None:
        return answer.fact.error
    return f"HTTP {answer.fact.status}: {_words(answer)}".rstrip(": ")
