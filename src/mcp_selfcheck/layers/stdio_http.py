"""Whether the addresses that a silent stdio server listens on speak HTTP, and MCP over it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from .. import wire
from ..budget import Budget
from .connector import open_stream

PATHS = ("/mcp", "/sse", "/", "/mcp/")
ANSWER_CAP = 8192
ADDRESSES = 4


async def ask_all(addresses: Iterable[str], budget: Budget) -> dict[str, str]:
    """What each address (as host:port) says to HTTP: "MCP at http://…", "HTTP 404", or nothing at all (left out)."""
    chosen = list(addresses)[:ADDRESSES]
    answers = await asyncio.gather(*(_ask(address, budget) for address in chosen))
    return {a: said for a, said in zip(chosen, answers, strict=True) if said}


async def _ask(address: str, budget: Budget) -> str:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    replies = await asyncio.gather(*(_path(host, int(port), shown, path, budget) for path in PATHS))
    best = [r for r in replies if r.startswith("MCP")] or [r for r in replies if r]
    return best[0] if best else ""


async def _path(host: str, port: int, shown: str, path: str, budget: Budget) -> str:
    """POST initialize, or GET for the event stream of HTTP+SSE."""
    body = b"" if path == "/sse" else wire.initialize(1)
    accept = "text/event-stream" if path == "/sse" else "application/json, text/event-stream"
    head = f"{'GET' if path == '/sse' else 'POST'} {path} HTTP/1.1\r\nHost: {shown}\r\nAccept: {accept}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    got = b""
    try:
        async with asyncio.timeout(budget.at_most(3)):
            reader, writer = await open_stream(host, port, budget.at_most(3))
            try:
                writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
                while len(got) < ANSWER_CAP and (chunk := await reader.read(4096)):
                    got += chunk
                    if b"event: endpoint" in got or b'"jsonrpc"' in got:
                        break
            finally:
                writer.close()
    except (OSError, TimeoutError):
        pass  # what came until then counts
    m = re.match(rb"HTTP/1\.[01] (\d{3})", got)
    if m is None:
        return ""
    if (b'"jsonrpc"' in got and b'"result"' in got) or b"event: endpoint" in got:
        return f"MCP at http://{shown}{path}"
    return f"HTTP {m[1].decode()}"
