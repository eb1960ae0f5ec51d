"""One TLS handshake over a connection of our own, so that every byte and every alert can be seen."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import warnings
from dataclasses import dataclass, replace
from typing import Any

from ..budget import Budget
from .proxy_dial import Answer, Line, connect, errno_name, open_through, read_answer, request_line
from .proxy_route import Route

CERTIFICATE_REQUEST = 13  # HandshakeType, RFC 8446, 4
READ_LIMIT = 1_200_000  # bytes of a handshake; OpenSSL itself stops at 100 KB of certificates
ALERT_WAIT = 0.5  # seconds
VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1, "TLSv1.1": ssl.TLSVersion.TLSv1_1, "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the handshake is made: `name` is sent as SNI and compared, `address` is what we connect to."""

    name: str
    port: int
    address: str
    way: Route | None = None

    async def open(self, budget: Budget) -> Line:
        if self.way is not None:
            return await open_through(self.way, self.name, self.port, budget)
        line = await connect(self.address, self.port, budget)
        line.tunnel = line.dial == "open"
        return line


@dataclass(frozen=True, kw_only=True)
class Shake:
    """How a handshake ended. `error` is "" when it stands; `first` are the peer's first bytes; `asked` whether it asked
    for our certificate; `chain` are DER certificates as sent; `said` is the HTTP answer, when one was asked for.
    """

    error: str = ""
    verify_code: int | None = None
    verify_message: str = ""
    version: str = ""
    chain: tuple[bytes, ...] = ()
    asked: bool = False
    first: bytes = b""
    said: Answer | None = None

    @property
    def ok(self) -> bool:
        return not self.error

    @property
    def speaks_tls(self) -> bool:
        """Whether the peer sent a TLS record: handshake or alert of a version 3.x (RFC 8446, 5.1)."""
        return len(self.first) >= 2 and self.first[0] in (0x15, 0x16) and self.first[1] == 3


def blind(version: str = "") -> ssl.SSLContext:
    """A context that trusts everything, for looking only. With `version`, that one alone and the oldest ciphers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        with contextlib.suppress(ssl.SSLError):
            context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


async def shake(place: Place, context: ssl.SSLContext, budget: Budget, *, ask: str = "") -> Shake:
    """Connects and shakes hands; with `ask` (a path) sends a GET and reads the answer's head. Never raises."""
    line = await place.open(budget)
    if not line.tunnel or line.reader is None or line.writer is None:
        await line.close()
        return Shake(error=line.error or (line.dial if line.dial != "open" else "TUNNEL"))
    pipe = _Pipe(context, place.name, line.reader, line.writer, budget)
    try:
        return await pipe.run(ask)
    finally:
        await line.close()


class _Pipe:
    """A TLS engine between two memory buffers, fed by hand."""

    def __init__(
        self,
        context: ssl.SSLContext,
        name: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        budget: Budget,
    ) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._context, self._name = context, name
        self._reader, self._writer, self._budget = reader, writer, budget
        self._got = 0
        self._seen = Shake()

    async def run(self, ask: str) -> Shake:
        def watch(conn: Any, direction: str, version: Any, content: Any, message: Any, data: bytes) -> None:
            if direction == "read" and int(message or 0) == CERTIFICATE_REQUEST:
                self._seen = replace(self._seen, asked=True)

        # The only way to see a CertificateRequest; private in the standard library, and made for tests of this kind.
        setattr(self._context, "_msg_callback", watch)  # noqa: B010
        try:
            engine = self._context.wrap_bio(self._in, self._out, server_hostname=self._name)
            await self._drive(engine.do_handshake)
            self._seen = replace(self._seen, version=engine.version() or "", chain=_chain(engine))
            if ask:
                await self._question(engine, ask)
        except ssl.SSLCertVerificationError as error:
            self._seen = replace(
                self._seen, error="CERTIFICATE_VERIFY_FAILED", verify_code=error.verify_code,
                verify_message=error.verify_message,
            )  # fmt: skip
            await self._flush()
        except ssl.SSLError as error:
            self._seen = replace(self._seen, error=_reason(error))
        except (OSError, TimeoutError, EOFError, ValueError) as error:
            self._seen = replace(self._seen, error="EINVAL" if isinstance(error, ValueError) else errno_name(error))
        finally:
            setattr(self._context, "_msg_callback", None)  # noqa: B010
        return self._seen

    async def _drive(self, step: Any) -> Any:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            else:
                await self._flush()
                return done

    async def _flush(self) -> None:
        data = self._out.read()
        if data:
            self._writer.write(data)
            with contextlib.suppress(OSError):
                await asyncio.wait_for(self._writer.drain(), self._budget.left())

    async def _feed(self) -> None:
        data = await asyncio.wait_for(self._reader.read(65536), self._budget.left())
        if len(self._seen.first) < 64:
            self._seen = replace(self._seen, first=(self._seen.first + data)[:64])
        self._got += len(data)
        if not data or self._got > READ_LIMIT:
            self._in.write_eof()
        else:
            self._in.write(data)

    async def _question(self, engine: ssl.SSLObject, path: str) -> None:
        """A GET over TLS. In TLS 1.3 a server refuses a missing client certificate only now (RFC 8446, 4.4.2.4): its alert
        is awaited first, for what is written to a closed connection makes the system throw it away.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(ALERT_WAIT, self._budget.left())):
                await self._feed()
        engine.write(request_line("GET", path, self._name))
        clear = asyncio.StreamReader()
        text = b""
        while b"\r\n\r\n" not in text and len(text) < 8192:
            try:
                text += (more := await self._drive(lambda: engine.read(4096)))
            except ssl.SSLZeroReturnError:
                break
            if not more:
                break
        clear.feed_data(text)
        clear.feed_eof()
        self._seen = replace(self._seen, said=await read_answer(clear, self._budget))


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLEOFError) or error.reason == "UNEXPECTED_EOF_WHILE_READING":
        return "EOF"
    return error.reason or "SSL_ERROR"


def _chain(engine: ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates as sent. Public since Python 3.13, there under another name since 3.10."""
    public = getattr(engine, "get_unverified_chain", None)
    if public is not None:
        return tuple(public() or ())
    inner = getattr(engine, "_sslobj", None)
    found = inner.get_unverified_chain() if inner is not None and hasattr(inner, "get_unverified_chain") else None
    if found:
        return tuple(ssl.PEM_cert_to_DER_cert(c.public_bytes()) for c in found)
    leaf = engine.getpeercert(binary_form=True)
    return (leaf,) if leaf else ()


async def versions(place: Place, budget: Budget) -> dict[str, str]:
    """Each version alone with the oldest ciphers allowed: "ok", or why not. One after the other is enough: four."""

    async def one(name: str) -> tuple[str, str]:
        try:
            context = blind(name)
        except (ssl.SSLError, ValueError):
            return name, "not in this library"
        return name, (await shake(place, context, budget)).error or "ok"

    return dict(await asyncio.gather(*(one(name) for name in VERSIONS)))


async def plain(place: Place, budget: Budget) -> Answer:
    """What the port says to a GET over plain HTTP."""
    line = await place.open(budget)
    if not line.tunnel or line.reader is None or line.writer is None:
        return Answer(error=line.error or line.dial)
    try:
        line.writer.write(request_line("GET", "/", place.name))
        return await read_answer(line.reader, budget)
    finally:
        await line.close()
