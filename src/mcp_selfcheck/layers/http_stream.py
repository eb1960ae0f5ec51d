"""A GET stream that stays open while others are asked."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace

from .. import wire
from .exchange import LOOK_CAP, Answer, Door, Inflater, Question, fill_head
from .exchange_error import broken_by

STREAM_CAP = 64 * 1024 * 1024  # bytes that we are willing to take from one stream in all
CHUNK_CAP = 1024 * 1024  # of what one chunk may unpack to
EVENTS_CAP = 20_000


async def follow(door: Door, answer: Answer, take: Callable[[wire.Event], None], url: str = "") -> None:
    """Reads events until the stream ends or this task is cancelled. The head and how it ended go into `answer`."""
    import httpx

    q = Question(what=answer.fact.what, method="GET", url=url, headers={"accept": "text/event-stream"})
    answer.fact = replace(answer.fact, method="GET", url=door.shown_url(url))
    try:
        response = await door.transport(url).handle_async_request(door.request(q))
        try:
            fill_head(answer, response)
            await _events(response, answer, take)
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ssl.SSLError, ValueError) as error:
        broken = broken_by(error)
        if answer.fact.status is None:
            answer.fact = replace(answer.fact, error=broken.name, detail=broken.detail)
        else:
            answer.fact = replace(answer.fact, ended="cut", detail=broken.detail)


async def _events(response: object, answer: Answer, take: Callable[[wire.Event], None]) -> None:
    stream = "text/event-stream" in answer.fact.content_type.lower()
    reader, inflate = wire.EventReader(), Inflater(answer.fact.encoding)
    total, events, body = 0, 0, bytearray()
    async for chunk in response.stream:  # type: ignore[attr-defined]
        data = inflate.feed(chunk, min(CHUNK_CAP, STREAM_CAP - total))
        total += len(data)
        if not stream:
            body += data[: LOOK_CAP - len(body)]
        for event in reader.feed(data) if stream else ():
            if len(answer.events) < 50:
                answer.events.append(event)
                answer.fact = replace(answer.fact, first_event=answer.events[0].event)
            take(event)
            events += 1
        if (
            events > EVENTS_CAP
            or total >= (STREAM_CAP if stream else LOOK_CAP)
            or inflate.full
            or inflate.unknown
            or reader.overflow
        ):
            answer.fact = replace(answer.fact, ended="encoded" if inflate.unknown else "capped")
            break
    else:
        answer.fact = replace(answer.fact, ended="complete")
    answer.raw = bytes(body)
    answer.fact = replace(answer.fact, body=body.decode("utf-8", "replace")[:1500], body_bytes=total)
