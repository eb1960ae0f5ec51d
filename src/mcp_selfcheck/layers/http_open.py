"""Opening a server at its URL as its client does: which request first, and what it does when that one fails."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from .. import wire
from ..budget import Budget
from ..facts.handshake import Opening
from . import Walk
from .exchange import BODY_CAP, Answer, Door
from .http_peer import HttpPeer, SsePeer, opening, stream_question
from .opening import read_opening

JSON_TYPES = re.compile(r"^\s*application/(json|[\w.+-]*\+json)\b", re.I)
_EVENTS = re.compile(rb"\s*(?:event|data|id|retry): ?|\s*:")
STREAM_TYPE = re.compile(r"^\s*text/event-stream\b", re.I)


@dataclass
class Attempt:
    """What opening brought. `outcome`: opened, rpc (JSON-RPC, but no usable answer), auth, broken.

    `first` is the request that the client makes first; `more` what it did after that, in order.
    """

    transport: str
    first: Answer
    outcome: str = "broken"
    more: list[Answer] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    message: wire.Message | None = None
    peer: HttpPeer | SsePeer | None = None

    @property
    def decisive(self) -> Answer:
        """The answer that speaks for the attempt: the last one."""
        return self.more[-1] if self.more else self.first


def wants_auth(answer: Answer) -> bool:
    """401, or 403 with a challenge (RFC 9110, 11.6.1; RFC 6750, 3.1)."""
    return answer.status == 401 or (answer.status == 403 and bool(answer.header("www-authenticate")))


def readable(answer: Answer) -> bool:
    """Whether a client reads this content type (2025-11-25 basic/transports: application/json or text/event-stream)."""
    kind = answer.fact.content_type
    if JSON_TYPES.match(kind):
        return not _EVENTS.match(answer.raw)  # events where JSON is promised: no client parses them
    return bool(STREAM_TYPE.match(kind))


def is_protocol(answer: Answer) -> bool:
    """JSON-RPC that belongs to the protocol and not to the HTTP around it.

    Statuses that name an HTTP reason (404 and 400 do not: 2026-07-28 uses both for JSON-RPC errors) and the parse
    error -32700 for a body that was valid speak of HTTP, even with a JSON-RPC body.
    """
    message, status = answer.message, answer.status
    if message is None or status is None:
        return False
    if message.kind == "result":
        return status < 300 and readable(answer)
    if message.code == -32700:
        return False
    return status < 300 or status in (400, 404)


def to_opening(method: str, answer: Answer, version: str) -> Opening:
    """The Opening for the handshake layer."""
    message = answer.message
    if message is not None and message.kind == "result" and not answer.fact.is_mcp and message.id not in (1, "1"):
        wrong = wire.safe(wire.dump(message.id), 40)
        opened = read_opening(method, message, asked_version=version)
        return replace(opened, outcome="invalid", problems=(f'"id" is {wrong}, the request had 1', *opened.problems))
    if answer.message is None:
        silent = answer.fact.error == "ETIMEDOUT" or (
            answer.status == 200 and answer.fact.ended in ("deadline", "open")
        )
        said = f"HTTP {answer.status}" if answer.status else answer.fact.error
        return Opening(
            method=method, outcome="silent" if silent else "refused", asked_version=version,
            raw=wire.safe(f"{said} {answer.fact.body}".strip(), 300),
        )  # fmt: skip
    return read_opening(method, answer.message, asked_version=version)


def patience(w: Walk) -> float:
    """Seconds for the first answer: most of what is left; the differential questions need a rest of it."""
    left = w.budget.left()
    return max(left * 0.6, left - 7)


async def open_streamable(w: Walk, door: Door) -> Attempt:
    """server/discover and then initialize, or initialize alone, as this client does (2026-07-28 #backward-compatibility)."""
    attempt: Attempt | None = None
    if w.client.opening == "server/discover":
        answer = await door.ask(opening("server/discover", seconds=patience(w), cap=BODY_CAP, drain=True), w.budget)
        attempt = Attempt("streamable", answer)
        attempt.openings.append(to_opening("server/discover", answer, wire.MODERN))
        if wants_auth(answer):
            attempt.outcome = "auth"
            return attempt
        message = answer.message
        modern_error = message is not None and message.code in wire.MODERN_ERRORS
        if is_protocol(answer) and message is not None and (message.kind == "result" or modern_error):
            attempt.message = message
            attempt.outcome = "opened" if attempt.openings[-1].outcome == "result" else "rpc"
            attempt.peer = HttpPeer(door, "modern", version=wire.MODERN)
            return attempt
    return await _initialize(w, door, attempt)


async def _initialize(w: Walk, door: Door, attempt: Attempt | None) -> Attempt:
    version = w.client.version if w.client.version in wire.LEGACY_VERSIONS else wire.LEGACY
    answer = await door.ask(
        opening("initialize", version=version, seconds=patience(w), cap=BODY_CAP, drain=True), w.budget
    )
    if attempt is None:
        attempt = Attempt("streamable", answer)
    else:
        attempt.more.append(answer)
    attempt.openings.append(to_opening("initialize", answer, version))
    attempt.outcome = "auth" if wants_auth(answer) else "rpc" if is_protocol(answer) else "broken"
    if attempt.outcome != "rpc":
        return attempt
    attempt.message = answer.message
    peer = HttpPeer(door, "legacy", version=attempt.openings[-1].version or None)
    attempt.peer = peer
    if attempt.openings[-1].outcome == "result":
        attempt.outcome = "opened"
        # The id of a 400 is dead (python-sdk gives one); only that of a 2xx counts.
        peer.session = answer.header("mcp-session-id") or None
        await peer.tell(wire.notification("notifications/initialized"), w.budget)
        if peer.last is not None and peer.last.status is not None and peer.last.status >= 400:
            attempt.more.append(Answer(peer.last))
    return attempt


async def open_sse(w: Walk, door: Door) -> Attempt:
    """HTTP+SSE: the stream, its endpoint event, initialize POSTed there, the answer on the stream (2024-11-05)."""
    w.remote = peer = SsePeer(door)  # its stream ends with the walk, also when this layer is cut
    first = await peer.open(Budget(min(patience(w), w.budget.left())))
    attempt = Attempt("sse", first, peer=peer)
    if wants_auth(first):
        attempt.outcome = "auth"
    if not peer.endpoint or not door.same_origin(peer.endpoint):
        return attempt
    version = w.client.version if w.client.version in wire.LEGACY_VERSIONS else wire.LEGACY
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": wire.CLIENT_INFO}
    peer.era = "legacy"
    message = await peer.ask("initialize", params, w.budget.slice(patience(w)))
    posted = peer.last
    if posted is not None:
        attempt.more.append(Answer(posted, message=message if posted.status and posted.status >= 400 else None))
    attempt.message = message
    refused = posted is None or posted.status is None or posted.status >= 400
    if refused:
        attempt.outcome = "auth" if posted is not None and posted.status == 401 else "broken"
        attempt.openings.append(Opening(method="initialize", outcome="refused", asked_version=version))
        return attempt
    attempt.openings.append(read_opening("initialize", message, asked_version=version))
    attempt.outcome = "opened" if attempt.openings[-1].outcome == "result" else "rpc"
    if attempt.outcome == "opened":
        peer.version = attempt.openings[-1].version or None
        await peer.tell(wire.notification("notifications/initialized"), w.budget)
    return attempt


__all__ = [
    "Attempt", "is_protocol", "open_sse", "open_streamable", "opening", "readable", "stream_question", "to_opening",
    "wants_auth",
]  # fmt: skip
