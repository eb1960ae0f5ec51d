"""Starting the server and opening the conversation, as the client does it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from .. import wire
from ..budget import Budget
from ..facts.handshake import Opening
from ..facts.launch import Run
from ..facts.said import last_error
from ..spawn import SpawnError
from .conversation import Conversation
from .opening import read_opening
from .processes import tree

STDOUT_KEPT = 4000
STDERR_KEPT = 16000
DYING = 1.0  # seconds for a process that has printed its uncaught error and is not gone yet
LAST_WORDS = 0.3  # seconds for what a dead process left in its pipes


@dataclass(frozen=True)
class Plan:
    """How to start: the file to execute, the words, the environment, the folder; and the openings to try."""

    path: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str | None
    opening: str = "initialize"
    version: str = wire.LEGACY


@dataclass
class Started:
    """What came of it. `conversation` is open only when the process is still there."""

    run: Run
    conversation: Conversation | None = None
    openings: list[Opening] = field(default_factory=list)
    opened: wire.Message | None = None
    prompt: str = ""
    idle: bool | None = None
    seconds: float = 0.0


Opens = Callable[[Plan, Conversation, Started, Budget], Awaitable[None]]


async def start(plan: Plan, how: str, budget: Budget, patience: float | None = None) -> Started:
    """Starts the server and opens it: legacy or modern first, as the plan says, with the fall-backs of the protocol.

    With `patience`, a server that is silent and idle after so many seconds is given up; one at work has the whole budget.

    2026-07-28 basic/transports/stdio#backward-compatibility: any error to server/discover means a legacy server and
    initialize in the same process; an exit or silence means a new process and initialize.
    """
    begun = time.monotonic()
    if plan.opening == "server/discover":
        half = None if patience is None else patience / 2
        first = await _spawn(plan, how, budget if half else budget.slice(budget.share(0.5)), _discover, half)
        if first.opened is not None or first.run.spawn_error or first.run.answered:
            first.seconds = time.monotonic() - begun
            return first
        if first.conversation is not None:
            await first.conversation.close(0)
        again = time.monotonic()
        second = await _spawn(plan, how, budget, _initialize, half)
        second.openings = first.openings + second.openings
        second.seconds = time.monotonic() - again
        return second
    started = await _spawn(plan, how, budget, _initialize, patience)
    started.seconds = time.monotonic() - begun
    return started


async def _spawn(plan: Plan, how: str, budget: Budget, opens: Opens, patience: float | None = None) -> Started:
    conversation = Conversation()
    try:
        await conversation.start(plan.path, plan.argv, plan.env, plan.cwd)
    except SpawnError as error:
        return Started(Run(how=how, spawn_error=error.name, spawn_step=error.step))
    started = Started(Run(how=how))
    watch = asyncio.create_task(_watch(conversation, started, budget, patience))
    try:
        await opens(plan, conversation, started, budget)
    except BaseException:
        await conversation.close(0)
        raise
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        conversation.given_up = False  # the layers after this ask again
    answered = any(o.outcome in ("result", "error", "invalid") for o in started.openings)
    if not answered and conversation.alive and last_error(conversation.stderr)[1]:
        # Its last words are an uncaught error: the end was cut off by the deadline.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(conversation.child.gone.wait() if conversation.child else asyncio.sleep(0), DYING)
    if not answered and not conversation.alive:
        await _last_words(conversation)
    started.run = _run(how, conversation, started, answered)
    if conversation.alive or answered:
        started.conversation = conversation
    else:
        await conversation.close(0)
    return started


async def _initialize(plan: Plan, c: Conversation, started: Started, budget: Budget) -> None:
    params = {"protocolVersion": plan.version, "capabilities": {}, "clientInfo": wire.CLIENT_INFO}
    message = await c.ask("initialize", params, budget)
    started.openings.append(read_opening("initialize", message, asked_version=plan.version, alive=c.alive))
    if message is not None and message.kind == "result":
        c.era = "legacy"
        started.opened = message
        await c.tell(wire.notification("notifications/initialized"), budget)


async def _discover(plan: Plan, c: Conversation, started: Started, budget: Budget) -> None:
    message = await c.ask("server/discover", None, budget, modern=True)
    found = read_opening("server/discover", message, alive=c.alive)
    started.openings.append(found)
    if message is None:
        return
    if message.kind == "result" and wire.MODERN in found.versions:
        c.era = "modern"
        started.opened = message
    elif message.code in wire.MODERN_ERRORS:
        c.era = "modern"
    else:
        await _initialize(plan, c, started, budget)


def _run(how: str, c: Conversation, started: Started, answered: bool) -> Run:
    assert c.child is not None
    ended = c.child.ended
    heard = [n.message.text for n in c.noise] + ([c.rest.decode("utf-8", "backslashreplace")] if c.rest else [])
    return Run(
        how=how, opening=started.openings[-1].method if started.openings else "", exit_code=ended.exit_code,
        signal=ended.signal or ("SIGKILL" if ended.lost else ""), answered=answered, stdout=_LONG_LINE.sub(r"\1 […] \2", "\n".join(heard)[:STDOUT_KEPT]), stderr=_cut(c.stderr),
        stdin_from=c.stdin_from,
    )  # fmt: skip


def _cut(text: str) -> str:
    """The beginning and the end of a long text: the first error stands at the one, the last at the other."""
    if len(text) > STDERR_KEPT:
        text = text[: STDERR_KEPT // 4] + "\n[…]\n" + text[-3 * STDERR_KEPT // 4 :]
    return _LONG_LINE.sub(r"\1 […] \2", text)


# Nobody writes such a line to be read, and patterns take time that grows with the square of it.
_LONG_LINE = re.compile(r"^([^\n]{1500})[^\n]{100,}([^\n]{400})$", re.MULTILINE)


async def _last_words(c: Conversation) -> None:
    """What a dead process left in its pipes; not long, because a child of it may hold them open."""
    assert c.child is not None
    waits = [asyncio.create_task(e.wait()) for e in (c.child.stderr_closed, c.child.stdout_closed)]
    await asyncio.wait(waits, timeout=LAST_WORDS)
    for task in waits:
        task.cancel()


# A question that only a person can answer, as the last text without a line end.
_ASKS = re.compile(
    r"(\(y(es)?\)|\(y/n\)|\[y/n\]|\[yes/no\]|\(yes/no\)|\[y\]|proceed\?|continue\?|password[^:\n]*:|passphrase[^:\n]*:|username[^:\n]*:"
    r"|login:|press (enter|any key|return)[^\n]*|enter [^\n]{2,60}:|paste [^\n]{2,60}:|code:|token:|key:)\s*$",
    re.IGNORECASE,
)
_MAYBE_ASKS = re.compile(r"(\?\s*|[:>]\s+)$")
# A web server's own words about where it listens: uvicorn, hypercorn, Flask, Express and their like.
_WEB = re.compile(
    r"(?:running on|listening (?:on|at)|started (?:on|at)|available at|serving (?:on|at)|ready on|server (?:on|at))[^\n]{0,40}"
    r"(?:https?://|port \d|:\d{2,5}\b)", re.IGNORECASE,
)  # fmt: skip
_TICK = 0.5
_CERTAIN = 4  # ticks of idleness after which a question stays unanswered
_SURE = 8  # ticks after which a web server that listens and does nothing will not begin to speak on stdout


async def _watch(c: Conversation, started: Started, budget: Budget, patience: float | None) -> None:
    """While the server is silent: sees a question that nobody can answer, and cuts the wait short when it is certain."""
    before: tuple[str, float] | None = None
    quiet, begun = 0, time.monotonic()
    while True:
        await asyncio.sleep(min(_TICK, max(0.05, budget.left() - 0.1)))
        if not c.alive or c.child is None:
            return
        tail = _unterminated(c)
        now = (tail, _cpu(c.child.pid))
        same = before is not None and before[0] == now[0] and now[1] - before[1] <= 0.02
        quiet = quiet + 1 if same else 0
        before = now
        started.idle = quiet >= 2
        started.prompt = tail.strip() if started.idle and (_ASKS.search(tail) or _MAYBE_ASKS.search(tail)) else ""
        asks = quiet >= _CERTAIN and _ASKS.search(tail)
        waited = patience is not None and started.idle and time.monotonic() - begun > patience
        if waited or asks or (quiet >= _SURE and _is_web_server(c)):
            c.give_up()
            return


def _is_web_server(c: Conversation) -> bool:
    """Whether it says that it listens, and does: what speaks HTTP there does not speak on stdout."""
    assert c.child is not None
    if not _WEB.search(c.stderr) and not _WEB.search(bytes(c.head).decode("utf-8", "replace")):
        return False
    import psutil

    try:
        first = psutil.Process(c.child.pid)
        every = (first, *first.children(recursive=True))
        return any(x.status == psutil.CONN_LISTEN for p in every for x in p.net_connections("inet"))
    except psutil.Error:
        return False


def _unterminated(c: Conversation) -> str:
    """The last text without a line end on stdout or stderr, or ""."""
    out = c.rest.decode("utf-8", "backslashreplace")
    err = c.stderr.rsplit("\n", 1)[-1]
    return (out if out.strip() else err).lstrip()[-200:]


def _cpu(pid: int) -> float:
    """Seconds of processor time that the process and its descendants have used so far."""
    return sum(seen.cpu for seen in tree(pid))
