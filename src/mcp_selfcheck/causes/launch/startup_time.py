"""Why a server that starts in the end does not start for this client."""

from __future__ import annotations

import re

from ...facts.config import ConfigFacts
from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause

_DIAGNOSE = Confirm("diagnose", {})
_COLLISION = re.compile(r"ETXTBSY|[Tt]ext file busy|EEXIST|ENOTEMPTY|ECOMPROMISED|EBUSY")


@cause(
    "launch-slow-start",
    "startup-time",
    title="The server starts more slowly than this client waits",
    means="The client gives a server a fixed time for its first answer and then ends it. This server works, but its first "
    "answer comes later.",
    who="you",
    fix="Give the server more time, or less to do at the start: {how}.",
    over=("client-tool-timeout",),
    confirm_with=_DIAGNOSE,
)
def slow_start(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.over_limit or f.limit_s is None or f.run is None:
        return None
    config = t.get(ConfigFacts)
    client = (config.client_name if config else "") or (t.target.client if t.target else "") or "the client"
    own = t.target is not None and t.target.start_timeout is not None
    limit = f"{f.limit_s:g} s" + (", the limit in this entry" if own else f", the limit of {client}")
    second = f.asked.get("second start", "")
    text = f"The server answered {f.run.opening} correctly, but later than after {limit}."
    if not f.run.answered:
        text = f"The server had not answered {f.run.opening} when its time was over ({limit}), and was still at work, using the processor."
    if second == "in time":
        text += " A second start was in time: the first one had something to prepare."
    elif second:
        text += " A second start was too late as well."
    cites = ("launch.limit_s", "launch.over_limit", *(("launch.asked[second start]",) if second else ()))
    return Proof(text, cites, {"how": _how(t, f, second), "limit": f"{f.limit_s:g}"})


# The key that sets the limit in a client's own file (clients.md); others have none that is known.
_KEYS = {"codex": "startup_timeout_sec", "continue": "connectionTimeout", "librechat": "initTimeout"}
_BOTH = ("zed", "goose", "cline", "gemini-cli", "copilot-cli", "opencode", "roo-code", "amazon-q")


def _how(t: Trace, f: LaunchFacts, second: str) -> str:
    client = t.target.client if t.target else ""
    if client in _KEYS:
        longer = f'raise "{_KEYS[client]}" of the entry above {f.limit_s:g} s'
    elif client == "claude-code":
        longer = "raise MCP_TIMEOUT (milliseconds) in the environment of Claude Code"
    elif client in _BOTH:
        longer = 'raise "timeout" of the entry'
    else:
        longer = f"raise the client's start limit above {f.limit_s:g} s, where it has one"
    if f.launcher in ("npx", "uvx", "uv run", "pipx", "docker"):
        return f"fetch the package once in a terminal before the client starts it, or {longer}"
    return f"{longer}, or let the server load its data after it has answered"


@cause(
    "launch-start-race",
    "startup-time",
    title="Two starts at the same time got into each other's way",
    means="The launcher was filling a folder that another start of the same package was filling too. Alone it works.",
    who="you",
    fix="Start one server at a time for the first start, or install the package once and name its program.",
    # A second start without any change that works says that a changed one proves nothing.
    over=(
        "launch-npx-cache",
        "launch-npm-cache-owner",
        "launch-env-not-inherited",
        "launch-gui-path",
        "launch-wrong-python",
        "launch-env-wipes-path",
        "launch-cwd-read-only",
        "launch-env-missing",
    ),
    confirm_with=_DIAGNOSE,
)
def start_race(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.died:
        return None
    collision = _COLLISION.search(f.run.stderr)
    second = f.rerun("started a second time")
    if collision is None or second is None or not second.answered:
        return None
    text = f"The first start failed with {collision[0]}; the same start a moment later, alone, was answered."
    return Proof(text, ("launch.run.stderr", "launch.reruns[started a second time].answered"))
