"""Starting the same server again, with one thing different: differences are proofs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from .. import wire
from ..budget import Budget
from ..facts.handshake import Opening
from ..spawn import SpawnError
from . import Walk
from .conversation import Conversation
from .launch_scene import survey
from .launch_start import Plan
from .opening import read_opening

MOST = 4  # starts of one server that launch makes, the first one included


def count(w: Walk, more: int = 0) -> int:
    """How many starts launch has made beside the first, after adding `more`."""
    made: int = w.state.get("starts", 0) + more
    w.state["starts"] = made
    return made


def may_start(w: Walk) -> bool:
    """Whether one more start is within MOST; counts it when it is."""
    if count(w) + 1 >= MOST:
        return False
    count(w, 1)
    return True


def through_shell(how: Plan) -> Plan:
    """What execvp(3) does with an executable file that has no #!: /bin/sh runs it as a script."""
    return replace(how, path="/bin/sh", argv=("/bin/sh", how.path, *how.argv[1:]))


def plan(w: Walk, env: Mapping[str, str] | None = None) -> Plan:
    """How the client starts this server, with more environment when given."""
    scene = survey(w)
    how = Plan(
        path=scene.resolved or scene.argv[0], argv=scene.argv, env={**scene.env, **(env or {})}, cwd=scene.cwd,
        opening=w.client.opening, version=w.client.version,
    )  # fmt: skip
    return through_shell(how) if w.state.get("through shell") else how


async def started(how: Plan) -> Conversation | None:
    """A process of its own, not spoken to; None when it cannot be started."""
    conversation = Conversation()
    try:
        await conversation.start(how.path, how.argv, how.env, how.cwd)
    except SpawnError:
        return None
    return conversation


async def framed(how: Plan, budget: Budget) -> str:
    """What a fresh process says to an initialize with Content-Length headers (LSP base protocol): its first line, or ""."""
    c = await started(how)
    if c is None or c.child is None:
        return ""
    body = wire.initialize(1, how.version)
    try:
        await c.child.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body), budget.at_most(2))
        while not c.head and not c.over and budget.left() > 0:
            await asyncio.sleep(min(0.05, budget.left()))
        await asyncio.sleep(budget.at_most(0.1))
        return wire.safe(bytes(c.head).split(b"\r\n")[0].decode("utf-8", "backslashreplace"), 200)
    finally:
        await c.close(0)


async def opens(
    how: Plan, method: str, budget: Budget, *, version: str = wire.LEGACY, label: str = "", keep: bool = False,
    params: Mapping[str, object] | None = None,
) -> tuple[Opening, Conversation | None, wire.Message | None]:  # fmt: skip
    """One opening in a fresh process. The conversation is returned, to be closed by the caller, only with `keep` and a result."""
    c = await started(how)
    if c is None:
        return Opening(method=method, how=label, outcome="refused"), None, None
    kept = False
    try:
        if method == "server/discover":
            message = await c.ask(method, None, budget, modern=True)
        else:
            given = params or {"protocolVersion": version, "capabilities": {}, "clientInfo": wire.CLIENT_INFO}
            message = await c.ask("initialize", given, budget)
        found = read_opening(
            method, message, asked_version="" if method == "server/discover" else version, alive=c.alive, how=label
        )
        kept = keep and found.outcome == "result"
        if kept:
            c.era = "modern" if method == "server/discover" else "legacy"
        return replace(found), c if kept else None, message
    finally:
        if not kept:
            await c.close(0)
