"""Whether a later break is what a suspicion in the entry would cause. Shared by the causes of this layer."""

from __future__ import annotations

import re

from ...facts.auth import AuthFacts
from ...facts.config import ConfigFacts
from ...facts.http import HttpFacts
from ...facts.launch import LaunchFacts
from ...model import Edit, Problem, Trace, plain

_INTERPRETER = re.compile(
    r"^(?:python[\d.]*|pypy\d?|node|nodejs|bun|deno|tsx|ts-node|ruby|php|perl|java|bash|sh|zsh|dash)$"
)
STDIO = ("launch", "stdio", "handshake")
REFUSED = (400, 401, 403)
_AUTH_WORDS = re.compile(r"\b401\b|unauthori[sz]ed|(?:invalid|bad|incorrect|expired)[^\n]{0,20}(?:key|token|credential|password)"
                         r"|authentication (?:failed|error|required)|\b403\b|forbidden", re.I)  # fmt: skip


def change(file: str, line: int | None, before: str, after: str) -> Edit:
    """A proposed change of a line of the config file."""
    return Edit(file=file, line=line, before=before, after=after)


def place(f: ConfigFacts, p: Problem) -> str:
    """“file, line 4, column 5”, as far as it is known."""
    words = [f.file or "The entry"]
    if p.line:
        words.append(f"line {p.line}")
        if p.column:
            words.append(f"column {p.column}")
    return ", ".join(words)


def output(t: Trace) -> str:
    """All that the server wrote, as far as it was kept."""
    f = t.get(LaunchFacts)
    runs = (f.run, *f.reruns) if f is not None else ()
    parts = [part for r in runs if r is not None for part in (r.stderr, r.stdout)]
    return "\n".join([*parts, *(x.text for x in t.texts)])


def said(t: Trace, text: str) -> bool:
    """Whether the server wrote that text."""
    return len(text) > 1 and text in output(t)


def said_last(t: Trace, text: str) -> bool:
    """Whether the server named it in the last words before its end: not somewhere in a start-up log."""
    f = t.get(LaunchFacts)
    run = f.run if f is not None else None
    words = [row for row in (run.stderr if run is not None else output(t)).splitlines() if row.strip()]
    return len(text) > 1 and any(text in row for row in words[-6:])


def spoke_of_login(t: Trace) -> bool:
    return _AUTH_WORDS.search(output(t)) is not None


def died(t: Trace) -> bool:
    """The server ended before it answered, or could not be started."""
    f = t.get(LaunchFacts)
    return f is not None and t.broken_at in STDIO and (f.died or not_started(t))


def not_started(t: Trace) -> bool:
    """The operating system found no program to start."""
    f = t.get(LaunchFacts)
    if f is None or t.broken_at != "launch":
        return False
    return f.run is None or bool(f.run.spawn_error) or f.run.exit_code in (126, 127)


def refused(t: Trace) -> tuple[int, str] | None:
    """The status with which HTTP refused us, and the evidence's key."""
    if t.broken_at not in ("http", "auth"):
        return None
    a, h = t.get(AuthFacts), t.get(HttpFacts)
    if a is not None and a.status in REFUSED:
        return a.status, "auth.status"
    if h is not None and h.first is not None and h.first.status in REFUSED:
        return h.first.status, "http.first.status"
    return None


def text_at(t: Trace, where: str) -> str:
    """The value at that place of the entry, in clear: for comparing only, never for showing."""
    target = t.target
    if target is None:
        return ""
    if where == "command":
        return target.command or ""
    if where == "cwd":
        return target.cwd or ""
    if where.startswith("args[") and where[5:-1].isdigit():
        i = int(where[5:-1])
        return plain(target.args[i]) if i < len(target.args) else ""
    kind, _, name = where.partition(".")
    values = target.env if kind == "env" else target.headers if kind == "headers" else {}
    return values[name].reveal() if name in values else ""


def is_script(t: Trace, where: str) -> bool:
    """Whether the value is what an interpreter is to run: its first argument that is no flag, and not after -m."""
    target = t.target
    if target is None or not where.startswith("args[") or not where[5:-1].isdigit():
        return False
    i = int(where[5:-1])
    before = [plain(a) for a in target.args[:i]]
    program = (target.command or "").rsplit("/", 1)[-1]
    if program == "uv" and before[:1] == ["run"]:
        before = before[1:]
    elif not _INTERPRETER.match(program):
        return False
    return all(a.startswith("-") and a not in ("-m", "-c", "-e", "--eval") for a in before)


def explained(t: Trace, f: ConfigFacts, p: Problem) -> bool:
    """Whether the server broke at this very value: it could not be started from it, or it names it in its last words."""
    if t.broken_at not in STDIO:
        return False
    if p.where in ("command", "cwd"):
        return not_started(t)
    if not died(t) or not_started(t):
        return False
    text = text_at(t, p.where)
    behind = text.partition("=")[2]
    launch = t.get(LaunchFacts)
    gone = launch is not None and any(
        x.path == text and x.role == "directory" and x.kind == "missing" for x in launch.looks
    )
    if gone and re.search(r"No such file|os error 2|ENOENT|not exist", output(t)):
        return True  # the launcher does not name the folder that it could not enter
    return is_script(t, p.where) or said(t, text) or said(t, repr(text)[1:-1]) or (len(behind) > 2 and said(t, behind))
