"""The first step: what the entry itself shows. Reads the disk, starts nothing, connects to nothing.

What its client cannot use at all stops the walk here: a file that does not parse, a root key or a file that the client
does not read, neither command nor URL, a URL that is none, a transport that the client lacks, an entry that is switched
off, waits for approval, or is shadowed by another. Everything else is a suspicion: a server may expand ~ itself, a
placeholder may be harmless. The walk goes on, and the suspicion counts only when a later step breaks because of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from ..clients import environment, working_directory
from ..facts.config import ConfigFacts
from ..model import Problem, Target
from . import Walk
from .client_policy import policy
from .config_look import located, looks_at
from .config_suspect import suspicions

# Which of several fatal problems speaks, the first one first: nothing inside a file counts while the file is not read.
ORDER = (
    "unreadable", "yaml-not-readable", "bom", "comments", "trailing-comma", "two-objects", "invalid-escape",
    "smart-quotes", "invalid-syntax", "wrong-file", "wrong-root-key", "unknown-key", "args-in-command",
    "missing-target", "policy", "duplicate-server", "pending-approval", "disabled", "variable-not-expanded", "placeholder",
    "invalid-url", "transport-unsupported",
)  # fmt: skip


async def probe(w: Walk) -> ConfigFacts:
    """What the entry of the target shows. Disk looks run in a thread: a path may lead to a dead network mount."""
    t = w.target
    problems = list(t.problems)
    if t.disabled and not any(p.kind == "wrong-file" for p in problems):
        problems.append(Problem(kind="disabled", fatal=True, where=_switch(t)))
    problems += suspicions(t, w.client, w.environ)
    problems += policy(t, w.environ)
    which: dict[str, str] = {}
    paths: dict[str, str] = {}
    fatal = _first_fatal(problems)
    if t.transport == "stdio" and fatal is None:
        env = environment(w.client, t, w.environ)
        cwd = working_directory(w.client, t, w.environ)
        try:
            look = asyncio.to_thread(looks_at, t, env, cwd, dict(w.environ))
            found = await asyncio.wait_for(look, w.budget.at_most(5))
            which, paths = found.which, found.paths
            problems += found.problems
        except TimeoutError:
            paths = {"disk": "did not answer within 5 s"}
    problems = await asyncio.to_thread(located, t, problems)
    return ConfigFacts(
        state="broken" if fatal else "passed", saw=_saw(t, fatal, problems), file=t.source.file, line=t.source.line,
        client=t.client, client_name=w.client.name, root_key=".".join(_root(t)), kind=t.transport, fatal=fatal,
        problems=tuple(sorted(problems, key=lambda p: not p.fatal)), seen=dict(_seen(problems)), which=which,
        paths=paths,
    )  # fmt: skip


def _first_fatal(problems: list[Problem]) -> str | None:
    kinds = [p.kind for p in problems if p.fatal]
    return min(kinds, key=lambda k: ORDER.index(k) if k in ORDER else len(ORDER)) if kinds else None


def _root(t: Target) -> tuple[str, ...]:
    return t.source.pointer[:-1]


def _switch(t: Target) -> str:
    """The key that switches the entry off, or "" when the client keeps that elsewhere."""
    return next((k for k in ("disabled", "enabled", "isActive", "startup") if k in t.raw), "")


def _saw(t: Target, fatal: str | None, problems: list[Problem]) -> str:
    place = f"line {t.source.line} of {t.source.file}" if t.source.line else t.source.file or "given as a URL"
    if fatal:
        return f"{fatal} ({place})"
    return f"{t.transport} entry, {place}"


def _seen(problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Each problem in words, by kind; further ones of a kind with their place."""
    told: set[str] = set()
    for p in problems:
        key = p.kind if p.kind not in told else f"{p.kind} {p.where}"
        if key in told or len(told) > 30:
            continue
        told.add(key)
        at = f"line {p.line}, column {p.column}" if p.line and p.column else f"line {p.line}" if p.line else ""
        yield key, ", ".join(x for x in (at, p.where, p.note, p.detail) if x) or "yes"
