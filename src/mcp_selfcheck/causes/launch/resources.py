"""Which limit of this computer the server runs into."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause

_FULL = re.compile(
    r"(?m:^)[^\n]*(?:EMFILE|ENFILE|[Tt]oo many open files|os error 24|System limit for number of file watchers|ENOSPC[^\n]*watch)[^\n]*"
)


@cause(
    "launch-too-many-files", "resources",
    title="The limit of open files is reached",
    means="The server wants to open more files, sockets or file watches at once than this computer lets it.",
    who="you",
    fix="Raise the limit (ulimit -n, or fs.inotify.max_user_watches for watches), or have the server watch fewer files.",
    commands=["ulimit -n"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def too_many_files(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    if f.run.spawn_error in ("EMFILE", "ENFILE"):
        return Proof(f"The process could not be started: {f.run.spawn_error}.", f.cites())
    heard, sure = f.find(_FULL)
    if heard is None or f.run.exit_code == 0:
        return None
    said = " ".join(heard[0].split())[:200]
    return Proof(f"“{said}”; the start {f.ending}.", f.cites(), confidence=sure)
