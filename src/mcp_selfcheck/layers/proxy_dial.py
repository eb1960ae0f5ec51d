"""Connections by hand, direct or through a proxy: one request, one answer's head, nothing followed."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import re
import socket
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import Parser
from typing import Protocol

from .. import guard
from ..budget import Budget
from .connector import NOT_ALLOWED, NotAllowedError, open_stream
from .proxy_route import Route

HEAD_LIMIT = 32_768
BODY_LIMIT = 4_000


@dataclass
class Line:
    """An open connection and what happened while it was made.

    `dial`: open, or the errno or EAI name of the first hop (the proxy's, or the server's without one). `answer` is what
    the proxy said to CONNECT or to the SOCKS request; `tunnel` is true when bytes now reach the far side.
    """

    dial: str = ""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    answer: Answer | None = None
    tunnel: bool = False
    error: str = ""

    async def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
            with contextlib.suppress(OSError, ssl.SSLError, asyncio.TimeoutError):
                await asyncio.wait_for(self.writer.wait_closed(), 0.5)


@dataclass(frozen=True)
class Answer:
    """Head and first bytes of an HTTP answer. `error` is an errno name or what else came instead of a status line."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    error: str = ""
    reason: str = ""
    raw: bytes = b""

    @property
    def html(self) -> bool:
        start = self.body.lstrip()[:200].lower()
        return "text/html" in self.headers.get("content-type", "") or start.startswith(("<!doctype html", "<html"))

    def said(self) -> str:
        """One line for the evidence: status, type, who says so."""
        if self.status is None:
            return self.error or "no answer"
        parts = [str(self.status), self.headers.get("content-type", "")]
        parts += [f"{k.title()}: {self.headers[k]}" for k in ("server", "via") if self.headers.get(k)]
        return ", ".join(p for p in parts if p)


def errno_name(error: BaseException) -> str:
    """The symbolic name of a connection error: ECONNREFUSED, EAI_NONAME, ETIMEDOUT for our own deadline too."""
    import errno

    if isinstance(error, TimeoutError):
        return "ETIMEDOUT"
    if isinstance(error, NotAllowedError):
        return NOT_ALLOWED
    if isinstance(error, socket.gaierror):
        names = {v: k for k, v in vars(socket).items() if k.startswith("EAI_")}
        return names.get(error.errno or 0, "EAI_FAIL")
    if isinstance(error, ssl.SSLError):
        return error.reason or "SSL_ERROR"
    if isinstance(error, OSError) and error.errno in errno.errorcode:
        return errno.errorcode.get(error.errno or 0, "EIO")
    found = re.search(r"\[Errno (\d+)\]", str(error))  # asyncio joins the errors of several addresses into one text
    if found:
        return errno.errorcode.get(int(found.group(1)), "EIO")
    return "EOF" if isinstance(error, EOFError) else "EIO"


async def connect(
    host: str, port: int, budget: Budget, *, tls: bool = False, rules: guard.Rules | None = None
) -> Line:  # fmt: skip
    """A TCP connection (with TLS when the proxy itself is https://). Never raises."""
    line = Line()
    if not host or not 0 < port < 65536:
        line.dial = "EINVAL"
        return line
    try:
        line.reader, writer = await open_stream(host, port, budget.left(), rules)
        line.writer, line.dial = writer, "open"
        if tls:
            context = ssl.create_default_context()
            await asyncio.wait_for(writer.start_tls(context, server_hostname=host), budget.left())
    except (OSError, ssl.SSLError, TimeoutError, EOFError, UnicodeError) as error:
        if line.dial:
            line.error = errno_name(error)
        else:
            line.dial = errno_name(error)
    return line


async def _hop(way: Route, host: str, budget: Budget) -> Line:
    """A connection to the proxy, which the user's own settings name; never for a far side that must not be contacted."""
    try:
        guard.check_host(host)
    except guard.Refused as no:
        return Line(dial=NOT_ALLOWED, error=str(no))
    return await connect(way.host, way.port, budget, tls=way.scheme == "https", rules=guard.GIVEN)


async def open_through(way: Route, host: str, port: int, budget: Budget) -> Line:
    """A tunnel to host:port through the proxy: CONNECT (RFC 9110, 9.3.6) or SOCKS. Look at `tunnel`. Never raises."""
    line = await _hop(way, host, budget)
    if line.dial != "open" or line.error or line.reader is None or line.writer is None:
        return line
    try:
        if way.scheme.startswith("socks"):
            line.error = await asyncio.wait_for(
                socks(way, host, port, _Streams(line.reader, line.writer)), budget.left()
            )
            line.tunnel = not line.error
        else:
            name = f"[{host}]" if ":" in host else host
            line.writer.write(f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\n{_auth(way)}\r\n".encode())
            line.answer = await read_answer(line.reader, budget, tunnel=True)
            line.tunnel = line.answer.status is not None and 200 <= line.answer.status < 300
            line.error = line.answer.error
    except (OSError, ssl.SSLError, TimeoutError, EOFError) as error:
        line.error = errno_name(error)
    return line


def _auth(way: Route) -> str:
    if way.userinfo is None:
        return ""
    pair = ":".join(x.reveal() for x in way.userinfo)
    return f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"


SOCKS5_ERRORS = {
    1: "SOCKS_FAILURE", 2: "SOCKS_NOT_ALLOWED", 3: "SOCKS_NETWORK_UNREACHABLE", 4: "SOCKS_HOST_UNREACHABLE",
    5: "SOCKS_REFUSED", 6: "SOCKS_TTL", 7: "SOCKS_COMMAND", 8: "SOCKS_ADDRESS",
}  # fmt: skip


class Talk(Protocol):
    """Both directions of a connection."""

    def write(self, data: bytes, /) -> None: ...

    async def readexactly(self, n: int, /) -> bytes: ...


@dataclass
class _Streams:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def readexactly(self, n: int) -> bytes:
        return await self.reader.readexactly(n)


async def socks(way: Route, host: str, port: int, talk: Talk) -> str:
    """SOCKS 5 (RFC 1928, 1929) or 4a. Returns "" or what went wrong."""
    if way.scheme.startswith("socks4"):
        talk.write(b"\x04\x01" + struct.pack(">H", port) + b"\0\0\0\x01\0" + host.encode("idna") + b"\0")
        reply = await talk.readexactly(8)
        return "" if reply[1] == 90 else "SOCKS_REFUSED"
    talk.write(b"\x05\x02\x00\x02" if way.userinfo else b"\x05\x01\x00")
    version, method = await talk.readexactly(2)
    if version != 5:
        return "SOCKS_NOT_SPOKEN"
    if method == 2 and way.userinfo:
        user, password = (x.reveal().encode()[:255] for x in way.userinfo)
        talk.write(b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password)
        if (await talk.readexactly(2))[1] != 0:
            return "SOCKS_AUTH_REQUIRED"
    elif method != 0:
        return "SOCKS_AUTH_REQUIRED"
    try:
        address = ipaddress.ip_address(host)
        where = (b"\x01" if address.version == 4 else b"\x04") + address.packed
    except ValueError:
        name = host.encode()[:255]
        where = b"\x03" + bytes([len(name)]) + name
    talk.write(b"\x05\x01\x00" + where + struct.pack(">H", port))
    reply = await talk.readexactly(4)
    if reply[1] != 0:
        return SOCKS5_ERRORS.get(reply[1], "SOCKS_FAILURE")
    rest = {1: 4, 4: 16}.get(reply[3])
    await talk.readexactly((rest if rest is not None else (await talk.readexactly(1))[0]) + 2)
    return ""


async def read_answer(reader: asyncio.StreamReader, budget: Budget, *, tunnel: bool = False) -> Answer:
    """Reads a head, and the first bytes of the body when it is no stream. Never raises."""
    head = b""
    try:
        while b"\r\n\r\n" not in head and b"\n\n" not in head and len(head) < HEAD_LIMIT:
            more = await asyncio.wait_for(reader.read(4096), budget.left())
            if not more:
                break
            head += more
            if len(head) >= 5 and not head.startswith(b"HTTP/"):
                return Answer(error="NOT_HTTP", body=head[:80].decode("latin-1"))
    except (OSError, ssl.SSLError, TimeoutError) as error:
        return Answer(error=errno_name(error))
    if not head:
        return Answer(error="EOF")
    text, _, rest = head.replace(b"\r\n", b"\n").partition(b"\n\n")
    first, _, fields = text.decode("latin-1").partition("\n")
    m = re.match(r"HTTP/\d(?:\.\d)? (\d{3})(?: (.*))?", first)
    if not m:
        return Answer(error="NOT_HTTP", body=first[:80])
    headers = {k.lower(): v.strip()[:400] for k, v in Parser().parsestr(fields, headersonly=True).items()}
    status = int(m.group(1))
    if not (tunnel and 200 <= status < 300) and "event-stream" not in headers.get("content-type", ""):
        rest = await _body(reader, rest, headers, budget)
    body = rest[:BODY_LIMIT]
    return Answer(status, headers, body.decode("utf-8", "replace"), "", (m.group(2) or "").strip()[:80], body)


async def _body(reader: asyncio.StreamReader, body: bytes, headers: Mapping[str, str], budget: Budget) -> bytes:
    """A short look: an error page comes with its head; what does not come within half a second is not waited for."""
    length = headers.get("content-length", "")
    wanted = min(BODY_LIMIT, int(length)) if length.isdigit() else BODY_LIMIT
    short = budget.slice(0.5)
    chunked = "chunked" in headers.get("transfer-encoding", "")
    with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
        while len(body) < wanted and not (chunked and body.endswith((b"0\r\n\r\n", b"0\n\n"))):
            more = await asyncio.wait_for(reader.read(4096), short.left())
            if not more:
                break
            body += more
    return body


def request_line(method: str, target: str, host: str, extra: str = "") -> bytes:
    """A request as a client makes it; `host` is the Host field's value."""
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json, text/event-stream\r\n"
        f"User-Agent: mcp-selfcheck\r\nConnection: close\r\n{extra}\r\n"
    ).encode("latin-1", "replace")


async def get_direct(host: str, port: int, target: str, authority: str, budget: Budget) -> tuple[str, Answer]:
    """GET without proxy over plain HTTP: what dialling gave, and the answer."""
    line = await connect(host, port, budget)
    if line.dial != "open" or line.reader is None or line.writer is None:
        return line.dial, Answer(error=line.dial)
    try:
        line.writer.write(request_line("GET", target, authority))
        return line.dial, await read_answer(line.reader, budget)
    finally:
        await line.close()


async def get_through(
    way: Route, host: str, port: int, target: str, authority: str, budget: Budget
) -> tuple[str, Answer]:
    """GET through the proxy over plain HTTP: absolute form to an HTTP proxy, a tunnel through SOCKS."""
    if way.scheme.startswith("socks"):
        line = await open_through(way, host, port, budget)
        form = target
    else:
        line = await _hop(way, host, budget)
        form = f"http://{authority}{target}"
    if line.dial != "open" or line.error or line.reader is None or line.writer is None:
        await line.close()
        return line.dial, Answer(error=line.error or line.dial)
    try:
        line.writer.write(request_line("GET", form, authority, "" if way.scheme.startswith("socks") else _auth(way)))
        return line.dial, await read_answer(line.reader, budget)
    finally:
        await line.close()
