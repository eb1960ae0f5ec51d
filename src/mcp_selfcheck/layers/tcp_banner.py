"""What kind of service a port is: what it says first by itself, and how it takes one question in each tongue."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import ssl
from dataclasses import replace

from ..budget import Budget
from ..facts.tcp import TcpFacts
from . import Walk
from .tcp_dial import connect, errno_name
from .tcp_listeners import look_closer

# What speaks first, by its first bytes.
GREETINGS: tuple[tuple[str, bytes], ...] = (
    ("ssh", rb"^SSH-"),
    (
        "mysql",
        rb"^.{3}\x00\x0a[\x20-\x7e]+\x00|^.{3}\x00\xff.{2}|mysql_native_password|is not allowed to connect to this M",
    ),
    ("ftp", rb"^220[ -].*(FTP|ProFTPD|FileZilla)"),
    ("smtp", rb"^(220|554)[ -].*(SMTP|Postfix|Exim|Sendmail|mail)"),
    ("smtp", rb"^220[ -]\S+"),
    ("pop3", rb"^\+OK"),
    ("imap", rb"^\* (OK|PREAUTH|BYE)"),
    ("vnc", rb"^RFB \d"),
    ("redis", rb"^-(DENIED|NOAUTH|ERR) "),
    ("nats", rb"^INFO \{\"server_id"),
    ("telnet", rb"^\xff[\xfb-\xfe]"),
    ("irc", rb"^:\S+ NOTICE|^NOTICE AUTH"),
    ("http", rb"^HTTP/\d"),
    ("http", rb"^\s*<(?i:!doctype html|html)\b"),  # how HTTP servers answer a line that is no request (HTTP/0.9)
)
QUESTIONS: tuple[tuple[str, bytes, tuple[tuple[str, bytes], ...]], ...] = (
    ("http", b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: close\r\n\r\n",
     (("mongodb", rb"access MongoDB over HTTP"), ("http", rb"^HTTP/\d"), ("redis", rb"^-ERR (wrong number|unknown command)"),
      ("memcached", rb"^ERROR\r\n"), ("amqp", rb"^AMQP"), ("http2", rb"^\x00\x00.\x04\x00\x00\x00\x00\x00"))),
    ("redis", b"PING\r\n", (("redis", rb"^(\+PONG|-NOAUTH|-DENIED|-NOPERM)"),)),
    ("postgresql", bytes.fromhex("0000000804d2162f"), (("postgresql", rb"^[SN]$"),)),  # SSLRequest
    ("memcached", b"version\r\n", (("memcached", rb"^VERSION "),)),
)  # fmt: skip
GREETING_WAIT = 0.4  # seconds
ANSWER_WAIT = 1.2


def _known(data: bytes, patterns: tuple[tuple[str, bytes], ...]) -> str:
    return next((name for name, p in patterns if re.search(p, data, re.DOTALL)), "")


async def _say(address: str, port: int, question: bytes, seconds: float) -> tuple[bytes, str]:
    """What came back and how it ended: "" (we stopped reading), closed, reset, silent, or an errno name."""
    loop = asyncio.get_running_loop()
    s, result = await connect(address, port, seconds)
    if s is None:
        return b"", "reset" if result == "ECONNRESET" else result
    data, ended = b"", ""
    with s:
        try:
            async with asyncio.timeout(seconds):
                if question:
                    await loop.sock_sendall(s, question)
                while len(data) < 4096:
                    chunk = await loop.sock_recv(s, 4096)
                    if not chunk:
                        ended = "closed"
                        break
                    data += chunk
                    if data.startswith((b"HTTP/", b"SSH-")) or len(data) > 256:
                        break
        except TimeoutError:
            ended = "" if data else "silent"
        except (ConnectionResetError, BrokenPipeError):
            ended = "reset"
        except OSError as e:
            ended = errno_name(e)
    return data, ended


@functools.cache  # it takes a tenth of a second to make, and every port may get the same
def _client_hello() -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def shown(data: bytes) -> str:
    """The first line, readable: bytes that are no text as escapes."""
    line = data[:160].split(b"\n", 1)[0].rstrip(b"\r")
    return line.decode("ascii", "backslashreplace").encode("unicode_escape").decode("ascii")[:120]


async def who_talks(address: str, port: int, budget: Budget) -> tuple[str, str]:
    """(kind of service, first line). The kind is a name of GREETINGS or QUESTIONS, tls, reset, closed, silent, unknown,
    or an errno name when nobody accepts. At most 2 s.
    """
    data, ended = await _say(address, port, b"", budget.at_most(GREETING_WAIT))
    kind = _known(data, GREETINGS)
    if kind:
        return kind, shown(data)
    if data:
        return "unknown", shown(data)
    asks = (*(question for _, question, _ in QUESTIONS), _client_hello())
    answers = await asyncio.gather(*(_say(address, port, ask, budget.at_most(ANSWER_WAIT)) for ask in asks))
    for (answer, _), (_, _, patterns) in zip(answers, QUESTIONS, strict=False):
        kind = _known(answer, patterns)
        if kind:
            return kind, shown(answer)
    for answer, _ in answers:  # a server that takes one connection at a time greets late
        kind = _known(answer, GREETINGS)
        if kind:
            return kind, shown(answer)
    hello = answers[-1][0]
    if hello[:1] in (b"\x16", b"\x15") and hello[1:2] == b"\x03":
        return "tls", ""
    first = next((a for a, _ in answers if a), b"")
    if first:
        return "unknown", shown(first)
    ends = [e for _, e in answers]
    if ended in ("closed", "reset"):  # before anything was asked: what unread questions do to it says less
        return ended, ""
    for end in ("reset", "closed", "silent"):
        if end in ends:
            return end, ""
    return ends[0] or "silent", ""


async def add_who_talks(w: Walk) -> None:
    """Called when a port is open and what answers is not HTTP, or nothing does: puts into the tcp facts what the port
    says, and how its process fares. Does nothing without an open address.
    """
    facts = w.get(TcpFacts)
    if facts is None or facts.talks:
        return
    address = next((d.address for d in facts.tried if d.result == "open"), None)
    if address is None or w.budget.left() < GREETING_WAIT:
        return
    (talks, first), found = await asyncio.gather(
        who_talks(address, facts.port, w.budget.slice(2.5)), look_closer(facts.listeners, w.budget.at_most(1.0))
    )
    if talks == "ECONNREFUSED" or (talks == "ETIMEDOUT" and any(x.queue for x in found)):
        talks = "silent" if talks == "ETIMEDOUT" else "closed"
    w.facts["tcp"] = replace(facts, talks=talks, first_bytes=first, listeners=found)
