"""Connections by sockets of our own, so that the error keeps its number."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence

from ..facts.tcp import Dial

OPEN = "open"


def errno_name(e: OSError) -> str:
    """The name of the error; Windows' own numbers by their POSIX names."""
    windows = {
        10061: "ECONNREFUSED",
        10060: "ETIMEDOUT",
        10065: "EHOSTUNREACH",
        10051: "ENETUNREACH",
        10054: "ECONNRESET",
    }
    code = getattr(e, "winerror", None) or e.errno or 0
    return windows.get(code) or errno.errorcode.get(code, "EIO")


async def connect(address: str, port: int, seconds: float) -> tuple[socket.socket | None, str]:
    """A connected socket and "open", or None and the name of the error (ETIMEDOUT for our own deadline)."""
    loop = asyncio.get_running_loop()
    try:
        family, kind, proto, _, where = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        )[0]
        s = socket.socket(family, kind, proto)
    except socket.gaierror:
        return None, "EINVAL"
    except OSError as e:
        return None, errno_name(e)
    done = False
    try:
        s.setblocking(False)
        async with asyncio.timeout(seconds):
            await loop.sock_connect(s, where)
        done = True
        return s, OPEN
    except TimeoutError as e:
        return None, errno_name(e) if e.errno else "ETIMEDOUT"
    except OSError as e:
        return None, errno_name(e)
    finally:
        if not done:
            s.close()


async def dial(address: str, port: int, seconds: float, kind: str = "") -> Dial:
    s, result = await connect(address, port, seconds)
    if s is not None:
        s.close()
    return Dial(address=address, port=port, result=result, kind=kind)


async def dial_all(addresses: Sequence[str], port: int, seconds: float) -> tuple[Dial, ...]:
    """All at once, in the order given. When one is open the others get 0.3 s more, as in a client that tries the next
    address while it waits (RFC 8305 section 5): what has not answered then is left as "slower".
    """
    tasks = [asyncio.create_task(dial(a, port, seconds)) for a in addresses]
    waiting = set(tasks)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if any(t.result().result == OPEN for t in done):
            break
    if waiting:
        _, waiting = await asyncio.wait(waiting, timeout=0.3)
    for t in waiting:
        t.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return tuple(
        Dial(address=a, port=port, result="slower") if t.cancelled() else t.result()
        for a, t in zip(addresses, tasks, strict=True)
    )
