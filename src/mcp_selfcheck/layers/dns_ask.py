"""A nameserver asked by a packet of our own, so that "no such name" is told from "no answer"."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from pathlib import Path

from .. import guard
from .connector import datagram, errno_name

# RFC 1035 section 4.1.1, RFC 2136
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
A, NS, AAAA = 1, 2, 28


def nameservers(text: str | None = None) -> tuple[str, ...]:
    """The servers of resolv.conf(5), three at most, as the resolver reads it. Empty where there is no such file."""
    if text is None:
        try:
            text = Path("/etc/resolv.conf").read_text("utf-8", "replace")
        except OSError:
            return ()
    return tuple(re.findall(r"^\s*nameserver\s+(\S+)", text, re.MULTILINE)[:3])


def query(name: str, kind: int, number: int = 0x5EC4) -> bytes:
    """A question (RFC 1035 section 4.1). Raises UnicodeError for a name that no question can hold."""
    labels = [] if name in ("", ".") else name.rstrip(".").split(".")
    coded = []
    for label in labels:
        raw = label.encode("ascii") if label.isascii() else label.encode("idna")
        if not 0 < len(raw) < 64:
            raise UnicodeError("a label has 1 to 63 bytes")
        coded.append(bytes([len(raw)]) + raw)
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + b"".join(coded) + b"\0" + struct.pack(">HH", kind, 1)


def outcome(answer: bytes) -> str:
    """The response code; NODATA when the name is there but has no such record."""
    if len(answer) < 12:
        return "FORMERR"
    flags, _, answers = struct.unpack(">HHH", answer[2:8])
    code = RCODES.get(flags & 15, f"RCODE{flags & 15}")
    return "NODATA" if code == "NOERROR" and answers == 0 else code


async def ask(server: str, name: str, kind: int, seconds: float) -> str:
    """What `server` answers: a response code, ETIMEDOUT, or an errno name. Two tries within `seconds`."""
    loop = asyncio.get_running_loop()
    try:
        question = query(name, kind)
        s = datagram(server, 53, guard.GIVEN)  # the system's own settings name it
    except (UnicodeError, socket.gaierror):
        return "EINVAL"
    except OSError as e:
        return errno_name(e)
    with s:
        try:
            for _ in range(2):
                try:
                    async with asyncio.timeout(seconds / 2):
                        await loop.sock_sendall(s, question)
                        while True:
                            answer = await loop.sock_recv(s, 4096)
                            if answer[:2] == question[:2]:
                                return outcome(answer)
                except TimeoutError:
                    continue
        except OSError as e:
            return errno_name(e)
    return "ETIMEDOUT"


async def compare(host: str, servers: tuple[str, ...], seconds: float) -> dict[str, str]:
    """Every server asked about the host and about the root zone, all at once."""
    asked = [
        (s, what, name, kind) for s in servers for what, name, kind in (("the host", host, A), ("the root", "", NS))
    ]
    answers = await asyncio.gather(*(ask(s, name, kind, seconds) for s, _, name, kind in asked))
    return {f"{s} about {what}": a for (s, what, _, _), a in zip(asked, answers, strict=True)}
