"""Many addresses dialled side by side, each with the name of its error."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..facts.tcp import Dial
from .connector import OPEN, connect, errno_name

__all__ = ["OPEN", "connect", "dial", "dial_all", "errno_name"]


async def dial(address: str, port: int, seconds: float, kind: str = "") -> Dial:
    """One attempt. ECONNRESET here means that it was accepted and then reset (a SYN that is reset is ECONNREFUSED, RFC
    9293 section 3.5.2): the port is open, and what happens then is seen by who speaks there.
    """
    s, result = await connect(address, port, seconds)
    if s is not None:
        s.close()
    if result == "ECONNRESET":
        result = OPEN
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
