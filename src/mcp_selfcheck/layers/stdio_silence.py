"""Why a server that runs says nothing: its processes, its sockets, and starts of it that differ in one thing."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from .. import wire
from ..budget import Budget
from ..facts.stdio import StdioFacts
from . import Walk, again
from .conversation import Conversation
from .processes import Seen, tree
from .stdio_http import ask_all

LOOK = 0.4  # seconds between two looks at the processor time
PART = 0.6  # of what is left, for the starts that differ
SHORTEST = 0.3  # seconds below which no server is started to see whether it answers
AT_END = 1.5  # seconds for an answer after the end of input

# Programs that run another one and hand their stdin on; the first process below them is the server.
_LAUNCHERS = re.compile(
    r"^(sh|bash|zsh|dash|ash|ksh|fish|env|npx|npm|npm exec.*|pnpm|yarn|bunx|uv|uvx|pipx|poetry|hatch|nice|timeout|setsid|stdbuf|tini|"
    r"dumb-init|docker|docker-init|podman|sudo|doas|script|xargs|watch|nodemon|tsx|ts-node)$"
)
# Programs that read their stdin when they are started without one, and never speak MCP.
_READERS = re.compile(
    r"^(cat|ssh|ssh-add|ssh-keygen|scp|sftp|ffmpeg|ffprobe|sudo|su|gpg|gpg2|git|git-remote-https?|less|more|vi|vim|nano|psql|mysql|"
    r"sqlite3|redis-cli|mongosh|aws|gcloud|az|kubectl|op|pass|gh|passwd|kinit|head|tail|tee|wc|sort|grep|sed|awk|mawk|gawk|read|bc|dc|telnet|nc|ncat|openssl)$"
)


async def listen_in(w: Walk, c: Conversation, seen: StdioFacts) -> StdioFacts:
    """The facts of a silent server. Uses at most what is left of the budget."""
    assert c.child is not None
    pid = c.child.pid
    first = tree(pid)
    await asyncio.sleep(w.budget.at_most(LOOK))
    second = tree(pid, sockets=True)
    busy = sum(p.cpu for p in second) - sum(p.cpu for p in first) > 0.02
    unread = c.child.unread()
    listening = sorted({address for p in second for address in p.listening})
    http, asked = await asyncio.gather(
        w.budget.within(ask_all(listening, w.budget.slice(min(4.0, w.budget.share(0.7)))), {}),
        w.budget.within(_differ(w, c, second), {}),
    )
    asked |= await w.budget.within(_end_of_input(c, w.budget), {})
    states = {p.state for p in second}
    facts = replace(
        seen, state="broken", saw="no answer", listening=tuple(listening), http=http, idle=not busy,
        reads_stdin=None if unread is None else unread == 0,
        process_state="stopped" if "stopped" in states else "",
        children=tuple(sorted({p.name for p in second[1:]})), stdin_from=c.stdin_from,
        shared_stdin=_thief(second), asked=asked, stderr=c.stderr[-4000:],
    )  # fmt: skip
    answers = asked.get("server/discover") or asked.get("initialize")
    if answers == "answers":
        return replace(facts, state="passed", saw="silent on one opening, answers the other")
    return facts


async def _differ(w: Walk, c: Conversation, processes: list[Seen]) -> dict[str, str]:
    """Three starts side by side: framed as in LSP, with Python's output unbuffered, and opened in the other era."""
    if w.budget.left() < SHORTEST:
        return {}
    how, budget = again.plan(w), w.budget.slice(w.budget.share(PART))
    names = " ".join([*(p.name for p in processes), *how.argv[:2]]).lower()
    asked_already = {o.method for o in w.state.get("openings", ())}
    other = "initialize" if "initialize" not in asked_already else "server/discover"
    both = {"initialize", "server/discover"} <= asked_already

    async def unbuffered() -> str:
        if "python" not in names and "uv" not in names:
            return ""
        plan = again.plan(w, {"PYTHONUNBUFFERED": "1"})
        opening, _, _ = await again.opens(plan, how.opening, budget, version=how.version)
        return "answers" if opening.outcome in ("result", "error") else "silent"

    async def other_era() -> str:
        if both:
            return ""
        opening, live, message = await again.opens(how, other, budget, label=other, keep=True)
        w.state.setdefault("others", []).append(opening)
        if live is not None:
            w.state["other_live"] = (live, message)
        return "answers" if opening.outcome in ("result", "error", "invalid") else opening.outcome

    framed, python, era = await asyncio.gather(again.framed(how, budget), unbuffered(), other_era())
    found = {"with Content-Length frames": framed, "with PYTHONUNBUFFERED=1": python, other: era}
    return {k: v for k, v in found.items() if v}


async def _end_of_input(c: Conversation, budget: Budget) -> dict[str, str]:
    """Whether the answer comes when the input ends: then it was held in a buffer, or the server reads to the end first."""
    before = c.answers, len(c.messages)
    await c.finish(budget.at_most(AT_END))
    await c.close(0)
    late = (c.answers, len(c.messages)) != before or wire.read(c.rest).answers
    return {"at the end of input": "answers"} if late else {}


def _thief(processes: list[Seen]) -> str:
    """A program below the server that reads the server's own stdin; "" when there is none or it cannot be told."""
    if not processes or not processes[0].stdin.startswith("pipe:"):
        return ""
    pipe = processes[0].stdin
    servers = [p.level for p in processes if not _LAUNCHERS.match(p.name)]
    for p in processes:
        if servers and p.level > min(servers) and p.stdin == pipe and _READERS.match(p.name):
            return p.name
    return ""
