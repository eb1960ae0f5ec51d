"""A server's own lines in its client's log: found where the client's row says, cut to the last start, explained.

What the client says of itself ("Server started and connected successfully") is not believed: only what the server
printed, how the connection ended, and an answer of the server count. Reads regular files only, from their end.
"""

from __future__ import annotations

import glob
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import surroundings
from .clients import by_id, expand_place
from .clients_row import LogPlace
from .explain import explain
from .logs_lines import ANSWERED, SHARED_TAIL, TAIL, begins, last_start, of_server, read_lines, spoken, when
from .model import Candidate, Target
from .redact import Gate

FILES = 4  # newest ones that are read for one place
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]")
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_BELIEVED_BY_NOBODY = re.compile(r"Server started and connected successfully|Connection state: Running")


@dataclass(frozen=True, kw_only=True)
class LogFile:
    """One log that holds lines of the server; `lines` are through the gate. `since` is the time of the first one."""

    client: str
    path: str
    lines: tuple[str, ...] = ()
    since: str = ""


@dataclass(frozen=True, kw_only=True)
class LogAnswer:
    """`ok` when a log with lines was found. `candidates` explain the newest one, best first."""

    ok: bool
    says: tuple[str, ...]
    server: str
    files: tuple[LogFile, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    looked_at: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Hit:
    """A log that is there: when it was written last, whether it is the server's alone."""

    written: float
    path: Path
    client: str
    place: LogPlace
    own: bool


def read_log(targets: Sequence[Target], *, lines: int = 60) -> LogAnswer:
    """The client logs of these entries (one name, any client), newest first. Raises nothing for unreadable files."""
    name = targets[0].name
    gate = Gate.for_targets(targets)
    looked: list[str] = []
    empty: list[str] = []
    found: list[LogFile] = []
    by_client: list[tuple[float, list[_Hit]]] = []
    for target in {t.client: t for t in targets}.values():
        hits = list(_hits(target, looked))
        if hits:
            # Its own log tells more than a shared one, which other servers keep fresh.
            ordered = sorted(hits, key=lambda h: (h.own, h.written, str(h.path)), reverse=True)
            by_client.append((max(h.written for h in hits), ordered))
    for _, hits in sorted(by_client, key=lambda x: x[0], reverse=True):
        for hit in hits:
            target = next(t for t in targets if t.client == hit.client)
            said = [line for line in _said(hit, target) if line.strip()]
            if said:
                shown = _shown(said[-lines:], gate)
                found.append(LogFile(client=hit.client, path=str(hit.path), lines=shown, since=when(said)))
            elif hit.own:
                empty.append(str(hit.path))
    if not found:
        return LogAnswer(
            ok=False, server=name, looked_at=tuple(looked), says=tuple(_nothing(targets, looked, empty)),
        )  # fmt: skip
    best = explain(spoken(found[0].lines))
    return LogAnswer(
        ok=True, server=name, files=tuple(found), candidates=best.candidates, looked_at=tuple(looked),
        says=tuple(_words(name, found, best.candidates)),
    )  # fmt: skip


def _hits(target: Target, looked: list[str]) -> Iterator[_Hit]:
    """The logs of one client that are there; `looked` gets every place that was asked."""
    for place in by_id(target.client).logs:
        path = expand_place(place.path, surroundings.environ(), surroundings.home(), surroundings.here())
        if path is None or sys_name() not in place.systems:
            continue
        looked.append(path.replace("<NAME>", target.name).replace("<ts>", "*"))
        for written, file in _dated(path, target.name, place.between):
            yield _Hit(written, file, target.client, place, "<NAME>" in place.path)


def sys_name() -> str:
    return "linux" if sys.platform.startswith("linux") else sys.platform


def names(name: str) -> frozenset[str]:
    """The server's name as it is, and as clients spell it in file names."""
    spelt = {
        name,
        _NOT_PLAIN.sub("-", name),
        _NOT_PLAIN.sub("_", name),
        _NOT_NAME.sub("-", name),
        _NOT_NAME.sub("_", name),
    }
    return frozenset(spelt - {""})


def newest(pattern: str, name: str, between: str = "") -> list[Path]:
    """The newest regular files of a place of the table, the last written first."""
    return [file for _, file in _dated(pattern, name, between)]


def _dated(pattern: str, name: str, between: str) -> list[tuple[float, Path]]:
    """The newest regular files of a place of the table, the last written first.

    `between` is what may stand for a * before the name: “mcp-server-user-” and no further word. A name is no path:
    nothing outside of the place is read, also not through a link.
    """
    files: set[Path] = set()
    fixed = pattern[: min((pattern.index(x) for x in ("<", "*") if x in pattern), default=len(pattern))]
    root = Path(fixed.rpartition("/")[0] or "/").resolve()
    for spelt in names(name) if "<NAME>" in pattern else {""}:
        if "/" in spelt or "\\" in spelt or "\0" in spelt:
            continue
        for hit in glob.iglob(pattern.replace("<NAME>", glob.escape(spelt)).replace("<ts>", "*")):
            if not between or _stands_between(Path(hit).name, Path(pattern).name, spelt, between):
                files.add(Path(hit))
    regular: list[tuple[float, Path]] = []
    for file in files:
        try:
            about = file.stat()
        except OSError:
            continue
        if stat.S_ISREG(about.st_mode) and file.resolve().is_relative_to(root):
            regular.append((about.st_mtime, file))
    return sorted(regular, key=lambda x: (x[0], str(x[1])), reverse=True)[:FILES]


def _stands_between(file: str, pattern: str, name: str, between: str) -> bool:
    head, _, tail = pattern.partition("*<NAME>")
    return re.fullmatch(f"{re.escape(head)}(?:{between}){re.escape(name)}{re.escape(tail)}", file) is not None


def _said(hit: _Hit, target: Target) -> list[str]:
    """The server's lines of the last start in one log, with the end of the rotated one when the start stands there."""
    lines = _of(hit, hit.path, target)
    if not any(begins(line) for line in lines):
        for end in (".1", ".old"):
            older = hit.path.with_name(hit.path.name + end)
            if os.path.isfile(older) and not older.is_symlink():
                lines = _of(hit, older, target) + lines
                break
    return last_start(lines, target.name)


def _of(hit: _Hit, file: Path, target: Target) -> list[str]:
    lines = read_lines(file, hit.place, TAIL if hit.own else SHARED_TAIL)
    if hit.own:
        return lines
    known = names(target.name)
    program = (target.command or "").replace("\\", "/").rsplit("/", 1)[-1]
    mine = of_server(lines, known, frozenset({program} - {""}))
    return lines if hit.place.one_server and mine else mine


def _shown(lines: Sequence[str], gate: Gate) -> tuple[str, ...]:
    """The lines through the gate, as one text: a secret may be broken over several of them."""
    said = gate.shown("\n".join(lines))
    return tuple(gate.line(line, 500) for line in said.split("\n") if line.strip())


def _nothing(targets: Sequence[Target], looked: Sequence[str], empty: Sequence[str]) -> Iterator[str]:
    name = targets[0].name
    hints = {c.name: c.log_hint for c in (by_id(t.client) for t in targets) if c.log_hint}
    if empty:
        yield f"The log of {name} is empty: {empty[0]}"
        yield "Its client knows the server and has not started it since. Clients start some servers on first use only."
    elif looked:
        yield f"No log of {name} was found."
        yield from (f"looked at {path}" for path in dict.fromkeys(looked))
    else:
        yield f"The client of {name} keeps no log of its servers that we know of."
    yield from (f"{client}: {hint}" for client, hint in hints.items())
    if looked and not hints:
        yield "The client writes it when it starts the server. Restart the client once, then ask again."
    yield f"mcp-selfcheck diagnose {name} asks the server itself."


def _words(name: str, found: Sequence[LogFile], candidates: Sequence[Candidate]) -> Iterator[str]:
    first = found[0]
    since = f" ({first.since})" if first.since else ""
    yield f"{name}: the last start{since} in the log of {by_id(first.client).name}, {first.path}"
    answered = next((line for line in first.lines if ANSWERED.search(line)), None)
    if candidates:
        c = candidates[0]
        yield f"{c.title} ({c.confidence}, {c.code}): {c.fix.text}"
        yield f"What it means: {c.means}"
    elif answered is None:
        yield "These lines name no cause that we know."
        if any(_BELIEVED_BY_NOBODY.search(line) for line in first.lines):
            yield "That it “started” or “runs” is the client's own word, written for failed starts too; no answer is in these lines."
        yield f"mcp-selfcheck diagnose {name} asks the server itself."
    if answered is not None:
        yield f"In this start the server answered: {answered[:160]}"
    for file in found[1:]:
        yield f"also in {file.path}"
    yield "The lines, quoted from the log:"
    yield from (f"  {line}" for line in first.lines)
