"""An MCP server that was opened over HTTP, and can be asked: streamable HTTP in both eras, and the older HTTP+SSE."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from .. import wire
from ..budget import Budget
from ..facts.http import Exchange
from .exchange import BODY_CAP, Answer, Door, Question, shown

CLOSING = 1.5  # seconds for a polite goodbye
TELLING = 0.4  # of what is left, for a notification: more must be left for what is asked after it


def opening(method: str, *, version: str = wire.LEGACY, what: str = "", **more: Any) -> Question:
    """The POST that opens the protocol: initialize without version header, or server/discover with all of 2026-07-28."""
    modern = method == "server/discover"
    body = wire.discover(1) if modern else wire.initialize(1, version)
    headers = {**wire.http_headers(method, modern=modern), **more.pop("headers", {})}
    return Question(what=what or f"POST {method}", headers=headers, body=body, id=1, **more)


def stream_question(what: str = "GET stream", **more: Any) -> Question:
    return Question(what=what, method="GET", headers={"accept": "text/event-stream"}, until="event", **more)


class HttpPeer:
    """Streamable HTTP. `session` is the id in clear, None when the server gave none. `last` is the latest exchange.

    `refused` is the first exchange in which the server did not know (or did not see) the session that it gave.
    """

    def __init__(self, door: Door, era: str, *, session: str | None = None, version: str | None = None) -> None:
        self.door = door
        self.era = era
        self.session = session
        self.version = version
        self.last: Exchange | None = None
        self.refused: Exchange | None = None
        self.extra_sessions: list[str] = []
        self._number = 1

    def headers(self, method: str, params: Mapping[str, Any], *, modern: bool) -> dict[str, str]:
        """What this request carries (2026-07-28 streamable-http#standard-headers; 2025-11-25 transports)."""
        if not modern:
            return wire.http_headers(method, modern=False, version=self.version, session=self.session)
        found = wire.http_headers(method, modern=True)
        name = params.get("uri" if method == "resources/read" else "name")
        if isinstance(name, str) and method in ("tools/call", "prompts/get", "resources/read"):
            found["mcp-name"] = name
        return found

    def question(self, method: str, params: Mapping[str, Any] | None, *, modern: bool, **more: Any) -> Question:
        self._number += 1
        body = wire.request(self._number, method, params, modern=modern)
        return Question(
            what=more.pop("what", f"POST {method}"), headers=self.headers(method, params or {}, modern=modern), body=body,
            id=self._number, cap=BODY_CAP, drain=True, **more,
        )  # fmt: skip

    async def ask(
        self, method: str, params: Mapping[str, Any] | None, budget: Budget, *, modern: bool = False
    ) -> wire.Message | None:
        """The answer, an error for it, or None when no JSON-RPC came; then `last` tells what came instead."""
        modern = modern or (self.era == "modern" and method != "initialize")
        if method == "initialize":
            return await self._initialize(params, budget)
        answer = await self.door.ask(self.question(method, params, modern=modern, seconds=budget.left()), budget)
        self._note(answer)
        return answer.message

    async def _initialize(self, params: Mapping[str, Any] | None, budget: Budget) -> wire.Message | None:
        """Opens a session of its own, which close() ends too."""
        self._number += 1
        body = wire.request(self._number, "initialize", params)
        q = Question(
            what="POST initialize", headers=wire.http_headers("initialize", modern=False), body=body, id=self._number,
            cap=BODY_CAP, seconds=budget.left(),
        )  # fmt: skip
        answer = await self.door.ask(q, budget)
        given = answer.header("mcp-session-id")
        if given and answer.status is not None and answer.status < 300:
            self.extra_sessions.append(given)
        self.last = answer.fact
        return answer.message

    def _note(self, answer: Answer) -> None:
        self.last = answer.fact
        if self.refused is None and lost(answer):
            self.refused = answer.fact

    async def tell(self, line: bytes, budget: Budget) -> bool:
        """Sends a notification; true when the server took it (202, or another 2xx as some do)."""
        message = wire.read(line)
        method = str(message.body.get("method", "")) if isinstance(message.body, dict) else ""
        q = Question(
            what=f"POST {method}",
            headers=self.headers(method, {}, modern=self.era == "modern"),
            body=line,
            seconds=min(5.0, budget.share(TELLING)),
        )
        answer = await self.door.ask(q, budget)
        self._note(answer)
        return answer.status is not None and answer.status < 300

    async def end_session(self, session: str, budget: Budget) -> Answer:
        headers = wire.http_headers("", modern=False, version=self.version, session=session)
        return await self.door.ask(
            Question(what="DELETE session", method="DELETE", headers=headers, until="head", seconds=CLOSING), budget
        )

    async def close(self, grace: float = CLOSING) -> None:
        budget = Budget(min(grace, CLOSING))
        sessions = [*([self.session] if self.session else []), *self.extra_sessions]
        if sessions:
            await asyncio.gather(*(self.end_session(s, budget) for s in sessions))
        await self.door.close()


_SESSION_WORDS = re.compile(r"session|not initialized|transport cannot be reused|already connected", re.I)


def lost(answer: Answer) -> bool:
    """A refusal of a request because of its session (2025-11-25 transports: 404 unknown session, 400 missing one)."""
    if answer.status == 404 and (answer.message is None or answer.message.code != -32601):
        return True
    said = answer.fact.rpc_message or answer.fact.body
    return answer.status in (400, 404, 409, 500) and bool(_SESSION_WORDS.search(said))


class SsePeer:
    """HTTP+SSE (2024-11-05): a GET stream that announces where to POST; answers come on the stream."""

    EVENTS_KEPT = 2000
    KEPT_BYTES = 6 * 1024 * 1024

    def __init__(self, door: Door) -> None:
        self.door = door
        self.era = ""
        self.session: str | None = None
        self.version: str | None = None
        self.endpoint = ""
        self.last: Exchange | None = None
        self.refused: Exchange | None = None
        self.opened: Answer | None = None
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._got: list[wire.Message] = []
        self._answer = Answer(Exchange(what="GET stream"))
        self._number = self._kept = 0
        self._over = False

    async def open(self, budget: Budget, url: str = "") -> Answer:
        """Opens the stream and waits for its first event, for an end, or for the deadline."""
        from .http_stream import follow

        self._task = asyncio.create_task(follow(self.door, self._answer, self._take, url))
        self._task.add_done_callback(self._ended)
        while not self.endpoint and not self._over and budget.left() > 0:
            await self._pause(budget)
        if self._answer.fact.status is None and not self._answer.fact.error and not self._over:
            self._answer.fact = replace(self._answer.fact, error="ETIMEDOUT", method="GET")
        self.opened = self._answer
        return self._answer

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._over = True
        if not task.cancelled():
            task.exception()
        self._news.set()

    async def _pause(self, budget: Budget) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(budget.left()):
                await self._news.wait()
        except TimeoutError:
            pass

    def _take(self, event: wire.Event) -> None:
        if event.event == "endpoint" and not self.endpoint:
            try:
                self.endpoint = urljoin(self.door.url, event.data.strip()[:4000])
                shown(self.endpoint)
            except ValueError:
                self.endpoint = "about:invalid"
        elif event.data and len(self._got) < self.EVENTS_KEPT and self._kept < self.KEPT_BYTES:
            self._kept += len(event.data)
            self._got.append(wire.read(event.data.encode("utf-8", "replace")))
        self._news.set()

    async def post(self, body: bytes, what: str, budget: Budget, **more: Any) -> Answer:
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        if self.version:
            headers["mcp-protocol-version"] = self.version
        q = Question(what=what, url=self.endpoint, headers=headers, body=body, seconds=budget.left(), **more)
        answer = await self.door.ask(q, budget)
        self.last = answer.fact
        return answer

    async def ask(
        self, method: str, params: Mapping[str, Any] | None, budget: Budget, *, modern: bool = False
    ) -> wire.Message | None:
        self._number += 1
        number, seen = self._number, len(self._got)
        body = wire.request(number, method, params, modern=modern or self.era == "modern")
        posted = await self.post(body, f"POST {method}", budget)
        if posted.status is None or posted.status >= 400:
            if self.refused is None and lost(posted):
                self.refused = posted.fact
            return posted.message
        while True:
            for message in self._got[seen:]:
                if message.kind in ("result", "error", "invalid") and message.id in (number, None):
                    return message
            if self._over or budget.left() <= 0:
                return None
            await self._pause(budget)

    async def tell(self, line: bytes, budget: Budget) -> bool:
        answer = await self.post(line, "POST notification", budget)
        return answer.status is not None and answer.status < 300

    async def close(self, grace: float = CLOSING) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=min(grace, CLOSING))
        await self.door.close()

    @property
    def endpoint_shown(self) -> str:
        return shown(self.endpoint) if self.endpoint else ""
