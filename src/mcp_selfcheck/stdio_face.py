"""Runs our MCP server on this process's pipes so that no host can wedge it, and ends it when the host is gone.

A host may write `server/discover` and `initialize` one right after the other (protocol 2026-07-28, stdio, backward
compatibility). The SDK lets the first request decide the era of the connection and would refuse the second. So every
`server/discover` is answered by a session of its own, and the session that does the work sees only what follows.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

_GRACE = 0.7  # seconds for the end of running diagnoses after stdin has closed
_LAST_WORDS = 0.5  # of these, for answers to questions that were asked just before
_PARENT_EVERY = 1.0


def run(app: MCPServer[Any]) -> int:
    """Serves until stdin closes or the parent process is gone. Never longer than _GRACE after that."""
    _watch_parent()
    anyio.run(_serve, app)
    _leave()
    return 0


def _leave() -> None:
    """Ends at once: the teardown of the interpreter costs a quarter of a second after the SDK was imported."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _watch_parent() -> None:
    """A host that dies does not always close our stdin; then our parent changes."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_EVERY)
        os._exit(0)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _hard_end() -> None:
    def end() -> None:
        time.sleep(_GRACE)
        os._exit(0)

    threading.Thread(target=end, name="hard-end", daemon=True).start()


def _is_discover(item: Any) -> bool:
    return isinstance(item, SessionMessage) and getattr(item.message, "method", None) == "server/discover"


async def _serve(app: MCPServer[Any]) -> None:
    low = app._lowlevel_server
    options = low.create_initialization_options()
    async with stdio_server() as (read, write), anyio.create_task_group() as tasks:
        ends = []
        inlets = []
        open_calls: set[Any] = set()
        for _ in range(2):
            inlet, outlet = anyio.create_memory_object_stream[Any](64)
            done = anyio.Event()
            inlets.append(inlet)
            ends.append(done)

            async def session(outlet: Any = outlet, done: anyio.Event = done) -> None:
                back, answers = anyio.create_memory_object_stream[Any](64)
                async with anyio.create_task_group() as both:
                    both.start_soon(_forward, answers, write, open_calls)
                    await low.run(outlet, back, options)
                    await back.aclose()
                done.set()

            tasks.start_soon(session)
        async for item in read:
            if isinstance(item, SessionMessage) and hasattr(item.message, "method") and hasattr(item.message, "id"):
                open_calls.add(item.message.id)
            await inlets[1 if _is_discover(item) else 0].send(item)
        _hard_end()
        with anyio.move_on_after(_LAST_WORDS):
            while open_calls:
                await anyio.sleep(0.01)
        for inlet in inlets:
            await inlet.aclose()
        for done in ends:
            await done.wait()
        tasks.cancel_scope.cancel()
        await write.aclose()  # the SDK's writer waits for this, and writes what is left before it ends


async def _forward(answers: Any, write: Any, open_calls: set[Any]) -> None:
    async for item in answers:
        if not hasattr(item.message, "method"):
            open_calls.discard(item.message.id)
        await write.send(item)
