"""The differential questions: one thing changed in each, all asked side by side, when the client's own request failed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from .. import wire
from ..budget import Budget
from .exchange import Answer, Door, Question, origin_of, shown
from .http_open import Attempt, is_protocol
from .http_paths import candidates, named_in
from .http_peer import CLOSING, opening, stream_question

HOPS = 8
AT_ONCE = 10
GATEWAY = (502, 503, 504, 520, 521, 522, 523, 524, 530)


@dataclass
class Matrix:
    """Answers in the order of the questions; `redirects` are the URLs that Location headers led through, `redirect_end`
    how that ended: answers, loop, other-host, endless, status.
    """

    asked: list[Answer] = field(default_factory=list)
    redirects: list[str] = field(default_factory=list)
    redirect_end: str = ""

    def find(self, what: str) -> Answer | None:
        return next((a for a in self.asked if a.fact.what == what), None)


def again(door: Door, attempt: Attempt, what: str, **changes: Any) -> Question:
    """The client's first request once more, with changes."""
    headers = changes.pop("headers", {})
    assert isinstance(headers, dict)
    if attempt.transport == "sse":
        made = stream_question(what, **changes)
        return _with(made, headers)
    method = "server/discover" if attempt.decisive.fact.what == "POST server/discover" else "initialize"
    return _with(opening(method, what=what, **changes), headers)


def _with(q: Question, headers: dict[str, str]) -> Question:
    from dataclasses import replace

    return replace(q, headers={**q.headers, **headers})


def questions(door: Door, attempt: Attempt) -> list[Question]:
    """Which questions help, by what the first answer was. Few after 429 and gateway errors, so as not to make it worse."""
    fact = attempt.decisive.fact
    status = fact.status
    page = Question(what="GET page", method="GET", headers={"accept": "text/html, */*;q=0.8"}, until="event")
    root = Question(what="GET root", method="GET", url="/", headers={"accept": "text/html, */*;q=0.8"}, until="event")
    if status == 429 or fact.ended == "capped" or fact.error == "HEADERS_TOO_LARGE":
        return []
    if status in GATEWAY or (status is None and fact.error != "ETIMEDOUT"):
        return [root]
    if status is None:
        # Any body hangs and none does not: somebody has read the body and waits for it again.
        bodies = (
            [_post("POST without a body", b""), _post("POST of 2 bytes", b"{}")] if attempt.transport != "sse" else []
        )
        return [
            *bodies,
            page,
            root,
            opening("server/discover"),
            *([] if attempt.transport == "sse" else [stream_question()]),
        ]
    found = [page, root]
    if attempt.transport == "sse" and fact.method == "POST":
        return found  # the stream is right, the POST to its endpoint is not
    if status == 500:
        # A safe method that no handler is made for (RFC 5323): does the server fail before it looks at the request?
        found.append(Question(what="SEARCH", method="SEARCH"))
    if attempt.transport == "sse":
        found += [opening("initialize"), opening("server/discover")]
    else:
        found += [stream_question()]
        found += [opening("server/discover")] if fact.what != "POST server/discover" else [opening("initialize")]
    found += _same_place(door, attempt, status)
    if status is not None and status < 500 and status not in (406, 413, 415):
        found += _elsewhere(door)
    return found


def _post(what: str, body: bytes) -> Question:
    return Question(what=what, headers=wire.http_headers("", modern=False), body=body)


def _same_place(door: Door, attempt: Attempt, status: int) -> Iterable[Question]:
    """The same request to the same URL with one header changed."""
    first = attempt.first.fact.what
    parts = urlsplit(door.url)
    port = f":{parts.port}" if parts.port else ""
    own = {k.lower() for k in door.headers}
    if status in (400, 403, 404, 405, 421) or "host" in own:
        for host in ("localhost", "127.0.0.1"):
            if parts.hostname != host or "host" in own:
                yield again(door, attempt, f"{first} with Host {host}", host=f"{host}{port}", drop=("host",))
    for name in ("origin", "accept", "content-type", "user-agent", "mcp-protocol-version", "mcp-session-id"):
        if name in own:
            yield again(door, attempt, f"{first} without the entry's {name}", drop=(name,))
    if own - {"authorization", "cookie"}:
        yield again(door, attempt, f"{first} without the entry's headers", drop=("*",))
    if attempt.transport == "sse":
        return
    if status == 406:
        for kind in ("application/json", "text/event-stream", "*/*"):
            yield again(door, attempt, f"{first} with Accept {kind}", headers={"accept": kind}, drop=("accept",))
    if status in (400, 415):
        charset = "application/json; charset=utf-8"
        yield again(door, attempt, f"{first} with charset", headers={"content-type": charset}, drop=("content-type",))
    if status == 413:
        yield Question(what="POST of 2 bytes", headers=wire.http_headers("", modern=False), body=b"{}")
    if attempt.first.fact.rpc_code == -32700 or status in (400, 500):
        yield Question(what="POST of an empty object", headers=wire.http_headers("", modern=False), body=b"{}")


def _elsewhere(door: Door, paths: Iterable[str] | None = None) -> Iterable[Question]:
    """initialize, and the stream where its name says so, at other paths of the same origin."""
    for path in candidates(door.url) if paths is None else paths:
        yield opening("initialize", what=f"POST initialize to {path}", url=urljoin(door.url, path))
        if "sse" in path or paths is not None:
            yield stream_question(f"GET stream of {path}", url=urljoin(door.url, path))


async def ask_all(door: Door, asked: Iterable[Question], budget: Budget) -> list[Answer]:
    """Every question, at most AT_ONCE at a time, answers in the order of the questions."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(q: Question) -> Answer:
        async with gate:
            return await door.ask(q, budget)

    return list(await asyncio.gather(*(one(q) for q in asked)))


async def run(door: Door, attempt: Attempt, budget: Budget) -> Matrix:
    """All rounds, inside the budget. Sessions that a question opened are ended."""
    found = Matrix()
    silent = attempt.decisive.fact.error == "ETIMEDOUT"  # the first answer has had most of the time
    most, rest = (4.0, 1.0) if silent else (8.0, 0.5)
    budget = Budget(min(most, max(budget.left() - rest, budget.left() * 0.7)))
    redirected = _redirects_on(attempt.decisive)
    rounds = asyncio.gather(
        ask_all(door, questions(door, attempt), budget), _redirects(door, attempt, found, budget, redirected)
    )
    found.asked, hops = await rounds
    found.asked += hops
    if not redirected and not any(is_protocol(a) or endpoint_of(a) for a in found.asked):
        known = {a.fact.what for a in found.asked}
        pages = [a.fact.body for a in found.asked if a.fact.what in ("GET page", "GET root")]
        hinted = [q for q in _elsewhere(door, named_in(*pages, attempt.decisive.fact.body)) if q.what not in known]
        found.asked += await ask_all(door, hinted, budget)
    await _end_sessions(door, found.asked)
    return found


def endpoint_of(answer: Answer) -> str:
    """The data of the endpoint event that opens an HTTP+SSE stream (2024-11-05), or ""."""
    return next((e.data for e in answer.events[:3] if e.event == "endpoint"), "")


async def _redirects(door: Door, attempt: Attempt, found: Matrix, budget: Budget, redirected: bool) -> list[Answer]:
    """Follows Location by hand, to the same origin or to the other scheme of the same host, as the client's request (never with the entry's headers to
    another origin: Door sees to that).
    """
    if not redirected:
        return []
    answers: list[Answer] = []
    at, seen = door.url, {_key(door.url)}
    answer = attempt.decisive
    for number in range(1, HOPS + 1):
        try:
            at = urljoin(at, answer.header("location"))
            same_host = _near(at, door.url)
            found.redirects.append(shown(at))
        except ValueError:
            found.redirect_end = "status"
            return answers
        if not same_host or _key(at) in seen:
            found.redirect_end = "loop" if same_host else "other-host"
            return answers
        seen.add(_key(at))
        answer = await door.ask(again(door, attempt, f"{attempt.first.fact.what}, redirect {number}", url=at), budget)
        answers.append(answer)
        if _redirects_on(answer) and attempt.decisive.status in (301, 302, 303):
            # A client arrives there with a GET, which may be answered though the POST is sent on.
            page = Question(what=f"GET page, redirect {number}", method="GET", url=at, until="event")
            got = await door.ask(page, budget)
            if got.status is not None and got.status < 300:
                answers.append(got)
                answer = got
        if not _redirects_on(answer):
            found.redirect_end = "answers" if is_protocol(answer) or endpoint_of(answer) else "status"
            return answers
    found.redirect_end = "endless"
    return answers


def _near(at: str, url: str) -> bool:
    """The same origin, or the same host with the other of http and https. Another port is another program: a redirect
    must not make us speak to it. Raises ValueError for what is no URL."""
    (scheme, host, port), (own, here, base) = origin_of(at), origin_of(url)
    return host == here and scheme in ("http", "https") and (port == base or scheme != own)


def _redirects_on(answer: Answer) -> bool:
    return answer.status is not None and 300 <= answer.status < 400 and bool(answer.header("location"))


def _key(url: str) -> str:
    """A URL for comparing: with its query, without its fragment."""
    return url.partition("#")[0]


async def _end_sessions(door: Door, answers: Iterable[Answer]) -> None:
    opened = [(a, a.header("mcp-session-id")) for a in answers if a.status is not None and a.status < 300]
    asked = [
        Question(
            what="DELETE session", method="DELETE", url=a.fact.url, until="head", seconds=CLOSING,
            headers=wire.http_headers("", modern=False, session=session),
        )
        for a, session in opened if session and a.fact.method == "POST"
    ]  # fmt: skip
    if asked:
        await ask_all(door, asked, Budget(CLOSING))
