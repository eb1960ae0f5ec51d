"""Starts the server as its client does, and asks why when that fails."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import clients
from ..facts.launch import FileLook, LaunchFacts
from ..model import State
from . import Walk
from .launch_command import Parsed, parse
from .launch_look import look, which
from .launch_start import Plan, Started, start

PART = 0.55  # of the budget at most for the first start: the rest is for the questions


@dataclass(frozen=True)
class Scene:
    """What is known before the start: the command line, where it leads, and in which environment."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    parsed: Parsed
    resolved: str
    looks: tuple[FileLook, ...]


def _here() -> str:
    """The folder in which we are; "/" when it was removed under us."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "/"


def survey(w: Walk) -> Scene:
    """Looks at the files of the launch; starts nothing."""
    env = clients.environment(w.client, w.target, w.environ)
    cwd = clients.working_directory(w.client, w.target, w.environ) or _here()
    argv = tuple(w.target.argv())
    parsed = parse(argv)
    command = argv[0]
    resolved = command if "/" in command else which(command, env.get("PATH"), cwd)
    looks: list[FileLook] = []
    if resolved:
        looks.append(look(resolved, "command", env, cwd))
    if parsed.script:
        base = os.path.join(cwd, parsed.directory) if parsed.directory else cwd
        looks.append(look(parsed.script, "script", env, base))
    return Scene(argv, env, cwd, parsed, resolved, tuple(looks))


async def probe(w: Walk) -> LaunchFacts:
    """Looks, starts, opens. The conversation goes to w.live, its openings to w.state."""
    scene = survey(w)
    limit = w.target.start_timeout or w.client.start_timeout
    seconds = w.budget.share(PART)
    if limit is not None:
        seconds = min(seconds, limit * 1.5 + 5)
    plan = Plan(
        path=scene.resolved or scene.argv[0], argv=scene.argv, env=scene.env, cwd=scene.cwd,
        opening=w.client.opening, version=w.client.version,
    )  # fmt: skip
    started = await start(plan, "as the client starts it", w.budget.slice(seconds))
    w.live = started.conversation
    w.state["openings"] = started.openings
    w.state["opened"] = started.opened
    w.hear("stderr", started.run.stderr)
    w.hear("stdout", started.run.stdout)
    over = limit is not None and started.run.answered and started.seconds > limit
    return _facts(w, scene, started, limit, over)


def _facts(w: Walk, scene: Scene, started: Started, limit: float | None, over: bool) -> LaunchFacts:
    run = started.run
    broken = bool(run.spawn_error) or run.exit_code is not None or bool(run.signal)
    state: State = "broken" if (broken and not run.answered) or started.prompt or over else "passed"
    return LaunchFacts(
        state=state, saw=_saw(started), command=scene.argv[0], launcher=scene.parsed.launcher,
        package=scene.parsed.package, installs=scene.parsed.installs, script=scene.parsed.script,
        module=scene.parsed.module, inner=scene.parsed.inner, resolved=scene.resolved,
        path_given=scene.env.get("PATH", ""), cwd=scene.cwd, env_policy=w.client.env,
        env_names=tuple(sorted(scene.env)), withheld=tuple(sorted(set(w.environ) - set(scene.env))), run=run,
        looks=scene.looks, prompt=started.prompt, idle=started.idle, limit_s=limit, over_limit=over,
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
