"""One HTTP request and what comes back: streamed, capped, never redirected, ended by one outer deadline."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from .. import guard, wire
from ..budget import Budget
from ..facts.http import Exchange
from ..model import Secret, plain
from .connector import NotAllowedError, http_transport
from .exchange_error import Broken, broken_by

if TYPE_CHECKING:
    import httpx

BODY_CAP = wire.LINE_CAP  # decoded bytes of an answer that we want to read
LOOK_CAP = 64 * 1024  # of one that we only look at
DRAIN = 0.05  # seconds
SHOWN = 1500  # characters of a body that become evidence
ENCODINGS = ("gzip", "x-gzip", "deflate")
STALE = ("CLOSED", "ECONNRESET", "EPIPE")  # how a kept connection ends that the other side had already given up


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request. `what` is its name in the report. `url` may be relative to the door's URL.

    `headers` go on top of the entry's own, which stay at home when the URL leads to another origin; `drop` names
    entry headers (lower case) to leave out, "*" means all but Authorization and Cookie. `host` replaces the Host
    header. `id` is the id of the JSON-RPC request in `body`. `cap` bounds decoded bytes. `fresh` opens a connection
    of its own. `until` ends a stream: "answer" (with that id), "event" (the first one), "head" (do not read on). `drain` waits DRAIN seconds for the end of a
    stream that has answered, so that its connection can be used again, as a client's would be.
    """

    what: str
    method: str = "POST"
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    id: int | str | None = None
    host: str | None = None
    drop: tuple[str, ...] = ()
    cap: int = LOOK_CAP
    fresh: bool = False
    until: str = "answer"
    drain: bool = False
    seconds: float = 5.0


@dataclass
class Answer:
    """What came back. `fact` is the evidence; the rest is for the layers: `headers` as they came, `session` the id in
    clear, `message` the JSON-RPC message that answers, `events` of a stream, `raw` the decoded body (capped).
    """

    fact: Exchange
    headers: list[tuple[str, str]] = field(default_factory=list)
    message: wire.Message | None = None
    others: list[wire.Message] = field(default_factory=list)
    events: list[wire.Event] = field(default_factory=list)
    raw: bytes = b""
    stream_in_disguise: bool = False

    def header(self, name: str) -> str:
        """The last value of that header (lower case), or ""."""
        return next((v for k, v in reversed(self.headers) if k == name), "")

    @property
    def status(self) -> int | None:
        return self.fact.status

    @property
    def speaks_rpc(self) -> bool:
        return self.message is not None


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454). Raises ValueError for a URL that has none."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), port


def shown(url: str) -> str:
    """A URL that may be shown: no userinfo, no query, no fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@dataclass
class Door:
    """Where requests go: the entry's URL, the address that was found open, TLS, proxy, and the entry's own headers.

    `addresses` maps a host to the address to connect to; a host that is not in it is resolved by the system.
    """

    url: str
    headers: Mapping[str, Secret] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    proxy: str | Secret | None = None
    context: ssl.SSLContext | None = None
    _pools: dict[bool, httpx.AsyncHTTPTransport] = field(default_factory=dict)
    _answered: bool = False

    def resolve(self, url: str) -> str:
        """Raises ValueError for what is no URL."""
        return urljoin(self.url, url) if url else self.url

    def same_origin(self, url: str) -> bool:
        try:
            return origin_of(url) == origin_of(self.url)
        except ValueError:
            return False

    def shown_url(self, url: str) -> str:
        return shown(self.resolve(url))

    def transport(self, url: str = "", *, fresh: bool = False) -> httpx.AsyncHTTPTransport:
        """The pool of connections for that URL's scheme, or with `fresh` a new one, which the caller ends.

        Nothing is read from the environment. Certificates are loaded for https only: that takes its time.
        """
        try:
            guard.check_host(urlsplit(self.resolve(url)).hostname or "")
        except guard.Refused as no:  # a proxy would go there for us
            raise NotAllowedError(str(no)) from None
        secure = self.resolve(url).startswith("https:") or (
            self.proxy is not None and plain(self.proxy).startswith("https:")
        )
        if fresh:
            return self._pool(secure)
        if secure not in self._pools:
            self._pools[secure] = self._pool(secure)
        return self._pools[secure]

    def _pool(self, secure: bool) -> httpx.AsyncHTTPTransport:
        import httpx

        if secure and self.context is None:
            self.context = ssl.create_default_context()
        proxy = plain(self.proxy) if self.proxy else ""
        if proxy.startswith("socks"):
            from .proxy_socks import transport

            return transport(proxy, self.context if secure else None)
        # httpcore refuses a context for a proxy that is asked in clear
        through = (
            httpx.Proxy(proxy, ssl_context=self.context if proxy.startswith("https:") else None) if proxy else None
        )
        return http_transport(self.context if secure else None, through)

    async def close(self) -> None:
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.aclose()

    def request(self, q: Question) -> httpx.Request:
        import httpx

        url = self.resolve(q.url)
        parts = urlsplit(url)
        host = parts.hostname or ""
        headers = {"user-agent": f"mcp-selfcheck/{wire.CLIENT_INFO['version']}", "accept-encoding": "gzip, deflate"}
        headers |= {k.lower(): v for k, v in q.headers.items()}
        if self.same_origin(url):
            kept = {k.lower(): v.reveal().strip() for k, v in self.headers.items()}
            if "*" in q.drop:
                kept = {k: v for k, v in kept.items() if k in ("authorization", "cookie")}
            headers |= {k: v for k, v in kept.items() if k not in q.drop}
            headers |= {k.lower(): v for k, v in q.headers.items() if k.lower() == "authorization"}
            if parts.username and "authorization" not in headers:
                headers["authorization"] = httpx.BasicAuth(parts.username, parts.password or "")._auth_header
        host_header = q.host or headers.pop("host", None) or parts.netloc.rpartition("@")[2]
        headers["connection"] = "close" if q.fresh else "keep-alive"
        listed = [("host", host_header), *((k, v) for k, v in headers.items() if k not in ("host", "content-length"))]
        target = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", parts.query, ""))
        extensions: dict[str, Any] = {}
        address = self.addresses.get(host.lower())
        made = httpx.URL(target)
        if address and not self.proxy:
            made = made.copy_with(host=address)
            extensions["sni_hostname"] = host
        coded = [(k.encode("ascii", "backslashreplace"), v.encode("utf-8")) for k, v in listed]
        return httpx.Request(q.method, made, headers=coded, content=q.body, extensions=extensions)

    async def ask(self, q: Question, budget: Budget) -> Answer:
        """Sends and reads to the end, to a cap, or to the deadline: the smaller of q.seconds and the budget.

        A kept connection may be closed by the other side at the moment it is used again, which says nothing about the
        server: such a request is sent once more on a connection of its own (RFC 9112, 9.3.1).

        Raises nothing that the other side does: every failure is an Exchange with an errno or library name.
        """
        answer = await self._once(q, budget)
        if answer.fact.error in STALE and self._answered and not q.fresh and budget.left() > 0:
            again = await self._once(replace(q, fresh=True), budget)
            answer = again if again.status is not None else answer
        self._answered = self._answered or answer.status is not None
        return answer

    async def _once(self, q: Question, budget: Budget) -> Answer:
        import httpx

        url = self.resolve(q.url)
        answer = Answer(Exchange(what=q.what, method=q.method, url=shown(url)))
        pool = None
        try:
            async with asyncio.timeout(budget.at_most(q.seconds)):
                pool = self.transport(url, fresh=q.fresh)
                response = await pool.handle_async_request(self.request(q))
                try:
                    await _read(response, q, answer)
                finally:
                    await response.aclose()
        except TimeoutError:
            _failed(answer, Broken("ETIMEDOUT", "no answer before the deadline"))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ssl.SSLError, ValueError) as error:
            _failed(answer, broken_by(error))
        finally:
            if q.fresh and pool is not None:
                await pool.aclose()
        return _finished(answer, q)


def _failed(answer: Answer, broken: Broken) -> None:
    """Before the status line it is the outcome; after it, only the way in which the body ended."""
    if answer.fact.status is None:
        answer.fact = replace(answer.fact, error=broken.name, detail=broken.detail)
    else:
        ended = "deadline" if broken.name == "ETIMEDOUT" else "cut"
        answer.fact = replace(answer.fact, ended=ended, detail=broken.detail)


def fill_head(answer: Answer, response: httpx.Response) -> None:
    """Status and headers into the evidence."""
    answer.headers = [
        (k.decode("latin-1").lower(), v.decode("utf-8", "backslashreplace")) for k, v in response.headers.raw
    ]
    names = [k for k, _ in answer.headers]
    repeated = tuple(
        sorted({n for n in names if names.count(n) > 1 and n not in ("set-cookie", "vary", "link", "via")})
    )
    answer.fact = replace(
        answer.fact, status=response.status_code, headers=dict(answer.headers), repeated=repeated,
        content_type=answer.header("content-type"), encoding=answer.header("content-encoding"),
        server=answer.header("server"), via=answer.header("via"), allow=answer.header("allow"),
        retry_after=answer.header("retry-after"), location=_location(answer.header("location")), ended="open",
    )  # fmt: skip


async def _read(response: httpx.Response, q: Question, answer: Answer) -> None:
    fill_head(answer, response)
    if q.until == "head":
        return
    inflate = Inflater(answer.header("content-encoding"))
    reader = wire.EventReader() if "text/event-stream" in answer.fact.content_type.lower() else None
    body, got = bytearray(), 0
    ended = "complete"
    chunks = aiter(response.stream)  # type: ignore[arg-type]
    async for chunk in chunks:
        data = inflate.feed(chunk, q.cap - got)
        got += len(data)
        if inflate.unknown:
            ended = "encoded"
            break
        if len(body) < (LOOK_CAP if reader else q.cap):
            body += data
        if reader is not None and _stream(reader.feed(data), q, answer):
            ended = "open"
            if q.drain:
                await _drain(chunks)
            break
        if got >= q.cap or inflate.full or (reader and (reader.overflow or len(answer.others) >= 2000)):
            ended = "capped"
            break
    answer.raw = bytes(body)
    answer.fact = replace(answer.fact, ended=ended, body_bytes=got)


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Reads what is left of a stream, when it ends at once."""
    try:
        async with asyncio.timeout(DRAIN):
            async for _ in chunks:
                pass
    except TimeoutError:
        pass


def _location(value: str) -> str:
    """The Location header without userinfo, query and fragment."""
    try:
        return shown(value) if value else ""
    except ValueError:
        return value[:200]


def _stream(events: list[wire.Event], q: Question, answer: Answer) -> bool:
    """Takes events; true when what we waited for has come."""
    for event in events:
        if len(answer.events) < 50:
            answer.events.append(event)
        if q.until == "event" and (event.data or event.event != "message"):
            return True
        if not event.data:
            continue
        message = wire.read(event.data.encode("utf-8", "replace"))
        if q.id is not None and message.id == q.id and message.kind in ("result", "error", "invalid"):
            answer.message = message
            return True
        if q.id is not None and message.kind in ("error", "invalid") and is_rpc(message):
            answer.message = message  # an error without our id may be all that comes
        elif len(answer.others) < 2000:  # then we wait for the answer no longer
            answer.others.append(message)
    return False


def is_rpc(message: wire.Message) -> bool:
    """Whether a body means to be JSON-RPC at all: not every JSON with an "id" or an "error" does."""
    body = message.body
    if isinstance(body, list):
        return any(isinstance(x, dict) and "jsonrpc" in x for x in body)
    if not isinstance(body, dict) or message.kind not in ("result", "error", "invalid"):
        return body is None and message.kind == "invalid" and b'"jsonrpc"' in message.raw[:4096]  # too deep to be read
    return "jsonrpc" in body or ("id" in body and ("result" in body or "error" in body))


def _finished(answer: Answer, q: Question) -> Answer:
    """What the body says, when all of it is here."""
    fact = answer.fact
    if answer.message is None and answer.raw and q.until != "head":
        _find_message(answer, q)
    message = answer.message
    good = message is not None and message.kind in ("result", "error") and q.id is not None
    matched = (
        good and message is not None and (message.id == q.id or (message.kind == "error" and not _foreign(message)))
    )
    text = "" if message is not None and message.kind == "result" else answer.raw.decode("utf-8", "replace")[:SHOWN]
    if answer.events and message is None:
        text = ""
    answer.fact = replace(
        fact, body=text, is_mcp=bool(matched), rpc_code=message.code if message else None,
        rpc_message=str(message.error.get("message", ""))[:400] if message else "",
        first_event=answer.events[0].event if answer.events else "message" if answer.stream_in_disguise else "",
    )  # fmt: skip
    return answer


def _foreign(message: wire.Message) -> bool:
    """An error that carries the id of another request. Servers answer what they could not read with null or a word."""
    return isinstance(message.id, int)


def _find_message(answer: Answer, q: Question) -> None:
    message = wire.read(answer.raw)
    if is_rpc(message):
        answer.message = message
        return
    if answer.fact.first_event or answer.events:
        return
    if answer.raw.lstrip()[:6] in (b"event:", b"data: ") or answer.raw.lstrip()[:5] == b"data:":
        reader = wire.EventReader()
        found: list[wire.Event] = reader.feed(answer.raw + b"\n\n")
        kept, answer.events = answer.events, []
        _stream(found, q, answer)
        answer.events = kept  # a client goes by Content-Type and takes none of them
        answer.stream_in_disguise = bool(found) and q.method == "POST"


class Inflater:
    """Undoes Content-Encoding in bounded steps (RFC 9110, 8.4). `unknown` for an encoding that we did not ask for."""

    def __init__(self, encoding: str) -> None:
        names = [x.strip().lower() for x in encoding.split(",") if x.strip() and x.strip().lower() != "identity"]
        self.unknown = len(names) > 5 or any(n not in ENCODINGS for n in names)
        self.full = False
        self._steps = [] if self.unknown else [zlib.decompressobj(47) for _ in names]

    def feed(self, chunk: bytes, room: int) -> bytes:
        """At most `room` decoded bytes. Raises ValueError for data that is not so encoded."""
        for number, step in enumerate(self._steps):
            try:
                chunk = step.decompress(chunk, max(room, 1))
            except zlib.error as error:
                if number or step.unused_data:
                    raise ValueError(f"the body is not what Content-Encoding says: {error}") from None
                self._steps[0] = step = zlib.decompressobj(-15)  # deflate without the zlib wrapper, as some send it
                try:
                    chunk = step.decompress(chunk, max(room, 1))
                except zlib.error:
                    raise ValueError(f"the body is not what Content-Encoding says: {error}") from None
            self.full = self.full or bool(step.unconsumed_tail)
        return chunk[: max(room, 0)] if not self._steps else chunk
