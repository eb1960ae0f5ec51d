"""What may be started: what the user's own clients start, and a project's entry only while it is what a person approved.

An approval is bound to what would happen (the deed), not to a name: the file, the real path of the command, every
argument and the files that arguments name, the names of the environment, the folder, the URL. It is looked at when a
diagnosis begins and again at the moment of each start, when the config is read anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import approvals, guard, surroundings
from .clients import by_id, environment, working_directory
from .model import Target, plain

# Names of variables whose value decides what is executed: an approval counts for their values too.
STEERING = (
    "PATH",
    "LD_",
    "DYLD_",
    "NODE_",
    "PYTHON",
    "NPM_CONFIG_",
    "UV_",
    "PIP_",
    "RUBY",
    "PERL5",
    "JAVA_",
    "BASH_ENV",
    "DOCKER_",
)
# The parts of a deed, in the words that tell a person which of them changed.
WORDS = {
    "program": "the command", "arguments": "its arguments", "files": "what its arguments point to",
    "variables": "the environment", "folder": "the working directory", "url": "the URL", "headers": "the headers",
    "file": "the config file",
}  # fmt: skip


NOBODY: frozenset[str] = frozenset()


class WithdrawnError(guard.Refused):
    """What is about to be started is not, or not any more, what a person approved. str() says why."""


@dataclass(frozen=True)
class Deed:
    """What starting, or contacting, an entry does. `program` is a real path, "" when nothing has that name."""

    program: str
    command: str
    arguments: tuple[str, ...]
    folder: str
    names: tuple[str, ...]
    url: str
    parts: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        return _hash(sorted(self.parts.items()))


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True).encode()).hexdigest()


def needed(target: Target) -> bool:
    """Whether the entry came with a project: its file lies in the project's folder, whoever put it there."""
    return target.source.scope == "project" or (
        target.source.scope == "local" and target.source.pointer[:1] != ("projects",)
    )


def deed(target: Target) -> Deed:
    """What the entry would do now, on this machine."""
    environ = surroundings.environ()
    client = by_id(target.client)
    env = environment(client, target, environ) if target.transport == "stdio" else {}
    folder = working_directory(client, target, environ) or _here()
    command = target.command or ""
    program = _find(command, env.get("PATH"), folder) if command else ""
    words = tuple(plain(a) for a in target.args)
    steering = {k: v.reveal() for k, v in target.env.items() if k.upper().startswith(STEERING)}
    url = target.url.reveal() if target.url else ""
    said = {
        "program": [command, program], "arguments": words, "files": _files(words, folder),
        "variables": [sorted(target.env), sorted(steering.items())], "folder": os.path.realpath(folder), "url": url,
        "headers": sorted(target.headers), "file": os.path.realpath(target.source.file),
    }  # fmt: skip
    parts = {k: _hash(v) for k, v in said.items()}
    return Deed(program, command, words, folder, tuple(sorted(target.env)), url, parts)


def _here() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "/"


def _find(command: str, path: str | None, folder: str) -> str:
    """The real path of what execvp(3) would run; "" when there is nothing."""
    places = [os.path.join(folder, command)]
    if "/" not in command:
        places = [os.path.join(folder, p or ".", command) for p in (path or "/bin:/usr/bin").split(os.pathsep)]
    found = next((p for p in places if os.path.isfile(p) and os.access(p, os.X_OK)), "")
    return os.path.realpath(found) if found else ""


def _files(words: Sequence[str], folder: str) -> list[tuple[int, str]]:
    """Arguments that name something that is there, with its real path: a link can be turned elsewhere."""
    found = []
    for number, word in enumerate(words):
        place = os.path.join(folder, word)
        if word and "\0" not in word and len(word) < 4096 and os.path.lexists(place):
            found.append((number, os.path.realpath(place)))
    return found


# --- may it? ----------------------------------------------------------------------------------------------------------
def forbidden(target: Target) -> str | None:
    """Why nobody's consent would help."""
    asked = next((p for p in target.problems if p.kind == "asked-value"), None)
    if asked is not None:
        return f"{asked.where} holds {asked.detail}: the client asks its user for that value, so no file tells it"
    if target.url is not None:
        host = ""
        with contextlib.suppress(ValueError):
            host = urlsplit(target.url.reveal()).hostname or ""
        try:
            guard.check_host(host)
        except guard.Refused as no:
            return str(no)
    return None


def refusal(target: Target, once: frozenset[str] = NOBODY) -> str | None:
    """Why this server may not be started or contacted; None when it may. `once`: fingerprints that a person has just
    agreed to.

    User-scope entries and those of a file that a person names are that person's own. A project's file came with the
    project: it is only read, until a person approves it.
    """
    return forbidden(target) or (waits(target, once) if needed(target) else None)


def waits(target: Target, once: frozenset[str] = NOBODY) -> str | None:
    """Why the entry waits for a person's approval: never given, or given to something else; None when it has it."""
    now = deed(target)
    if now.fingerprint in once:
        return None
    kept = approvals.read()
    if now.fingerprint in kept.entries:
        return None
    file = target.source.file
    how = f"mcp-selfcheck approve {approvals.quoted(target.name)}"
    broken = f" ({kept.problem})" if kept.problem else ""
    before = kept.of(target)
    if before is not None:
        changed = [w for k, w in WORDS.items() if before.parts.get(k) != now.parts[k]]
        return (
            f"{file} came with the project. What was approved is no longer what would be started: "
            f"{' and '.join(changed) or 'something'} changed. To see it and approve it again: {how}"
        )
    return f"{file} came with the project and is only read{broken}. To let this entry be used: {how}"


def approve(target: Target) -> None:
    """Remembers a person's consent to exactly this. Raises OSError when it cannot be kept."""
    now = deed(target)
    approvals.add(target, now.fingerprint, now.parts)


# --- at the moment of the start ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Leave:
    """Under what consent a diagnosis runs: the entry, and the fingerprint that was approved. `once`: not kept."""

    target: Target
    fingerprint: str
    once: bool


_leave: ContextVar[Leave | None] = ContextVar("leave", default=None)


@contextlib.contextmanager
def under(target: Target, once: frozenset[str] = NOBODY) -> Iterator[None]:
    """Inside, what is started is held against the approval of this entry, when it needs one."""
    given = None
    if needed(target):
        found = deed(target).fingerprint
        given = Leave(target, found, found in once)
    token = _leave.set(given)
    try:
        yield
    finally:
        _leave.reset(token)


def bound() -> bool:
    """Whether only what was approved may be started here."""
    return _leave.get() is not None


def same(path: str, argv: Sequence[str], folder: str | None) -> bool:
    """Whether a start is the approved one: the program, or /bin/sh running it as execvp(3) does, every argument, the
    folder. Differential starts ask this before they are made."""
    leave = _leave.get()
    if leave is None:
        return True
    now = deed(leave.target)
    words = tuple(argv[1:])
    if path == "/bin/sh" and words[1:] == now.arguments and words:
        path, words = words[0], words[1:]
    real = os.path.realpath(os.path.join(folder or now.folder, path))
    if words != now.arguments or os.path.realpath(folder or now.folder) != os.path.realpath(now.folder):
        return False
    return real == now.program if now.program else not os.path.exists(real)


def check(path: str, argv: Sequence[str], folder: str | None) -> None:
    """Asked right before each start of a server. Raises WithdrawnError when the entry is no longer what was approved,
    when the approval was taken back, and when this is another start than the approved one.
    """
    leave = _leave.get()
    if leave is None:
        return
    from .discover import reread

    now = reread(leave.target)
    if now is None:
        raise WithdrawnError(
            f"{leave.target.source.file}: the entry is gone since the diagnosis began; nothing is started"
        )
    why = waits(now, frozenset((leave.fingerprint,)) if leave.once else NOBODY)
    if why is None and deed(now).fingerprint != leave.fingerprint:
        why = f"{now.source.file}: the entry changed while it was diagnosed; nothing is started"
    if why is not None:
        raise WithdrawnError(why)
    if not same(path, argv, folder):
        raise WithdrawnError(f"{now.source.file}: only the approved command is started, and this is another one")
