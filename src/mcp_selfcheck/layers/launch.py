"""Starts the server as its client does, and asks why when that fails."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from ..facts.launch import LaunchFacts, Run
from ..model import State
from . import Walk, again, proxy_ignored
from .launch_ask import Answers, ask
from .launch_packages import FETCHERS, Beside, ask_packages, start_again
from .launch_scene import Scene, cwd_state, survey
from .launch_start import Plan, Started, start

_HOW = "as the client starts it"
PART = 0.55  # of the budget at most for the first start: the rest is for the questions and for the layers after this
PART_AT_WORK = 0.85  # for a start that still uses the processor then: it is coming
PART_FETCHING = 0.7  # a launcher that fetches the package first


async def probe(w: Walk) -> LaunchFacts:
    """Looks, starts, opens. The conversation goes to w.live, its openings to w.state."""
    if not all(map(_can_be_given, _words(w))):
        return LaunchFacts(
            state="broken", saw="could not be started: EINVAL", system=sys.platform, command=w.target.command or "",
            run=Run(how=_HOW, spawn_error="EINVAL", spawn_step="exec"),
        )  # fmt: skip
    scene = survey(w)
    limit = w.target.start_timeout or w.client.start_timeout
    seconds = w.budget.share(PART_FETCHING if scene.parsed.launcher in FETCHERS else PART)
    plan = Plan(
        path=scene.resolved or scene.argv[0], argv=scene.argv, env=scene.env, cwd=scene.cwd,
        opening=w.client.opening, version=w.client.version,
    )  # fmt: skip
    killed = _oom_kills()
    if not scene.resolved:
        # Not on PATH: execve(2) would find a file of that name in the working directory, which no client does.
        plan = Plan(**{**vars(plan), "path": str(Path("/nonexistent") / (scene.argv[0] or "-"))})
    started = await start(plan, _HOW, w.budget.slice(w.budget.share(PART_AT_WORK)), seconds)
    if started.run.spawn_error == "ENOEXEC" and w.client.runs_text and any(x.kind == "text" for x in scene.looks[:1]):
        started = await _through_shell(w, plan, started, seconds)
    w.live = started.conversation
    w.state["openings"] = started.openings
    w.state["opened"] = started.opened
    w.hear("stderr", started.run.stderr)
    w.hear("stdout", started.run.stdout)
    w.state["opened after"] = started.seconds
    over = limit is not None and started.seconds > limit and (started.run.answered or _at_work(started))
    failed = not started.run.answered and started.conversation is None
    answers = Answers()
    first = _facts(w, scene, started, answers, limit, over)
    beside = w.budget.within(ask_packages(w, first, scene.env), Beside())
    if failed:
        answers, packages, _ = await asyncio.gather(
            w.budget.within(ask(w, scene, plan, started), answers),
            beside,
            w.budget.within(proxy_ignored.add_look(w, scene.env, f"{started.run.stderr}\n{started.run.stdout}"), None),
        )
        if _oom_kills() > killed >= 0 and "SIGKILL" in (started.run.signal, _signal_of(started.run.exit_code)):
            answers.asked["kills for want of memory meanwhile"] = "yes"
    else:
        packages = await beside
    facts = packages.add_to(_facts(w, scene, started, answers, limit, over))
    return await w.budget.within(start_again(w, facts, scene.env), facts)


def _words(w: Walk) -> list[str]:
    """All that the entry hands to the operating system."""
    t = w.target
    return [*t.argv(), t.cwd or "", *t.env, *(secret.reveal() for secret in t.env.values())]


def _can_be_given(word: str) -> bool:
    """Whether a system call takes it: no NUL byte (execve(2)), no half of a character."""
    try:
        return b"\0" not in os.fsencode(word)
    except UnicodeEncodeError:
        return False


async def _through_shell(w: Walk, plan: Plan, refused: Started, seconds: float) -> Started:
    """The start through /bin/sh, when that is answered; else the refusal as it was."""
    second = await start(again.through_shell(plan), _HOW, w.budget.slice(seconds))
    if second.run.answered:
        w.state["through shell"] = True
        return second
    if second.conversation is not None:
        await second.conversation.close(0)
    return refused


def _at_work(started: Started) -> bool:
    """Whether the silent server was still using the processor: it is starting, not waiting."""
    return started.conversation is not None and started.conversation.alive and started.idle is False


def _signal_of(code: int | None) -> str:
    """A shell reports a signal of what it ran as 128 + number (POSIX, sh, Exit Status)."""
    return "SIGKILL" if code == 137 else ""


def _oom_kills() -> int:
    """How many processes this kernel ended for want of memory since it started; -1 when it does not tell."""
    try:
        with open("/proc/vmstat", encoding="ascii") as f:
            return next((int(line.split()[1]) for line in f if line.startswith("oom_kill ")), -1)
    except (OSError, ValueError):
        return -1


def _facts(
    w: Walk, scene: Scene, started: Started, answers: Answers, limit: float | None, over: bool
) -> LaunchFacts:  # fmt: skip
    run, parsed = started.run, scene.parsed
    lost = not run.answered and started.conversation is None
    state: State = "broken" if lost or started.prompt or over else "passed"
    helper = next((h for h in answers.helpers if h.name == scene.argv[0]), None)
    return LaunchFacts(
        state=state, saw=_saw(started), system=sys.platform if lost else "", command=scene.argv[0], launcher=parsed.launcher, package=parsed.package,
        installs=parsed.installs, script=parsed.script, module=parsed.module, inner=parsed.inner,
        resolved=scene.resolved, shell_resolved=helper.on_terminal_path if helper else "",
        also_at=(helper.other,) if helper and helper.other else (), path_given=scene.env.get("PATH", ""),
        cwd=scene.cwd, cwd_state=cwd_state(scene.cwd) if lost else "", env_policy=w.client.env,
        env_names=tuple(sorted(scene.env)), env_empty=tuple(sorted(k for k, v in scene.env.items() if not v)),
        entry_names=tuple(sorted(w.target.env)), login_names=tuple(sorted(answers.login.names)),
        withheld=tuple(sorted(set(w.environ) - set(scene.env))), run=run, reruns=tuple(answers.reruns),
        looks=(*scene.looks, *answers.looks) if lost else (), helpers=tuple(answers.helpers),
        versions=answers.versions, packages=answers.packages, asked=answers.asked, prompt=started.prompt,
        idle=started.idle if not run.answered else None, limit_s=limit, over_limit=over,
    )  # fmt: skip


def _saw(started: Started) -> str:
    run = started.run
    if run.spawn_error:
        return f"could not be started: {run.spawn_error}"
    if run.answered:
        return f"started, {run.opening} was answered"
    if run.signal:
        return f"ended by {run.signal} before it answered"
    if run.exit_code is not None:
        return f"ended with exit code {run.exit_code} before it answered"
    return "started, waits for an answer to a question" if started.prompt else "started, silent so far"
