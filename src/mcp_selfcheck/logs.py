"""A server's own lines in its client's log: found where the client's row says, cut to the last start, explained.

What the client says of itself ("Server started and connected successfully") is not believed: only what the server
printed and how the connection ended counts. Reads regular files only, from their end, at most TAIL bytes of each.
"""

from __future__ import annotations

import glob
import json
import os
import re
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from . import surroundings
from .clients import by_id, expand_place
from .clients_row import LogPlace
from .explain import explain
from .model import Candidate, Target
from .redact import Gate

TAIL = 1024 * 1024
LONGEST = 4000  # characters of one line that are read
FILES = 4  # newest ones that are read for one place

# The line with which a client begins a new start of a server (clients.md, captured logs).
_START = re.compile(
    r"(?i)initializing server\.\.\.|starting connection with timeout|connecting stdio for|starting new stdio process"
    r"|\[info\] starting server |attempting to connect to mcp server|mcp server startup|using mcp server command"
)
_NAMED = re.compile(r"[^A-Za-z0-9]")


@dataclass(frozen=True, kw_only=True)
class LogFile:
    """One log that holds lines of the server; `lines` are through the gate."""

    client: str
    path: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LogAnswer:
    """`ok` when a log with lines was found. `candidates` explain the newest one, best first."""

    ok: bool
    says: tuple[str, ...]
    server: str
    files: tuple[LogFile, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    looked_at: tuple[str, ...] = ()


def read_log(targets: Sequence[Target], *, lines: int = 60) -> LogAnswer:
    """The client logs of these entries (one name, any client), newest first. Raises nothing for unreadable files."""
    name = targets[0].name
    gate = Gate.for_targets(targets)
    looked: list[str] = []
    found: list[LogFile] = []
    for target in {t.client: t for t in targets}.values():
        for place in by_id(target.client).logs:
            path = expand_place(place.path, surroundings.environ(), surroundings.home(), surroundings.here())
            if path is None or sys_name() not in place.systems:
                continue
            looked.append(path.replace("<NAME>", name).replace("<ts>", "*"))
            for file in newest(path, name):
                said = last_start(of_server(read_lines(file, place), name, "<NAME>" in place.path))
                if said:
                    found.append(LogFile(client=target.client, path=str(file), lines=shown(said, lines, gate)))
    if not found:
        return LogAnswer(ok=False, server=name, looked_at=tuple(looked), says=_nothing(name, looked))
    best = explain("\n".join(found[0].lines))
    return LogAnswer(
        ok=True, server=name, files=tuple(found), candidates=best.candidates, looked_at=tuple(looked),
        says=tuple(_words(name, found, best.candidates)),
    )  # fmt: skip


def sys_name() -> str:
    import sys

    return "linux" if sys.platform.startswith("linux") else sys.platform


def _nothing(name: str, looked: Sequence[str]) -> tuple[str, ...]:
    if not looked:
        return (
            f"The client of {name} keeps no log of its servers that we know of.",
            f"diagnose {name} asks the server itself.",
        )
    return (
        f"No log of {name} was found.",
        *(f"looked at {path}" for path in looked),
        "The client writes it when it starts the server. Restart the client once, then ask again.",
    )


def _words(name: str, found: Sequence[LogFile], candidates: Sequence[Candidate]) -> Iterator[str]:
    yield f"{name}: the last start in {found[0].path}"
    if candidates:
        c = candidates[0]
        yield f"{c.title} ({c.confidence}, {c.code}): {c.fix.text}"
    else:
        yield "These lines name no cause that we know."
    for file in found[1:]:
        yield f"also in {file.path}"
    yield "The lines, quoted from the log:"
    yield from (f"  {line}" for line in found[0].lines)


def newest(pattern: str, name: str) -> list[Path]:
    """The newest regular files of a place of the table. The server's name is matched as it is, or as clients slug it.

    A name is no path: nothing outside of the place is read, also not through a link.
    """
    names = {name, _NAMED.sub("-", name), _NAMED.sub("_", name)}
    files: set[Path] = set()
    fixed = pattern[: min((pattern.index(x) for x in ("<", "*") if x in pattern), default=len(pattern))]
    root = Path(fixed.rpartition("/")[0] or "/").resolve()
    for spelt in names if "<NAME>" in pattern else {""}:
        if "/" in spelt or "\\" in spelt or "\0" in spelt:
            continue
        for hit in glob.iglob(pattern.replace("<NAME>", glob.escape(spelt)).replace("<ts>", "*"), recursive=True):
            files.add(Path(hit))
    regular: list[tuple[float, Path]] = []
    for file in files:
        try:
            about = file.stat()
        except OSError:
            continue
        if stat.S_ISREG(about.st_mode) and file.resolve().is_relative_to(root):
            regular.append((about.st_mtime, file))
    return [file for _, file in sorted(regular, reverse=True)[:FILES]]


def read_lines(file: Path, place: LogPlace) -> list[str]:
    """The last lines of a log, whatever its format; JSONL and SQLite become text lines."""
    try:
        if place.format == "sqlite":
            return _sqlite(file)
        with file.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            size = stream.tell()
            stream.seek(max(0, size - TAIL))
            text = stream.read(TAIL).decode("utf-8", "replace")
    except (OSError, sqlite3.Error):
        return []
    lines = text.splitlines()[1 if size > TAIL else 0 :]
    return [part for line in lines for part in _plain(line)] if place.format == "jsonl" else lines


def _plain(line: str) -> list[str]:
    """What a JSONL record says: its error or debug text (Claude Code), line by line."""
    try:
        record = json.loads(line)
    except ValueError:
        return [line]
    said = next((record[k] for k in ("error", "debug", "message", "msg") if isinstance(record.get(k), str)), None) if isinstance(
        record, dict) else None  # fmt: skip
    return said.splitlines() if said else [line]


def _sqlite(file: Path) -> list[str]:
    """The newest log rows of Codex (logs_2.sqlite), opened read-only."""
    # Without a journal beside it nobody writes it now, and SQLite must not make one for us.
    quiet = "" if os.path.exists(f"{file}-wal") else "&immutable=1"
    with sqlite3.connect(f"file:{quote(str(file))}?mode=ro{quiet}", uri=True, timeout=1) as base:
        rows = base.execute(
            "SELECT level, target, feedback_log_body FROM logs WHERE feedback_log_body LIKE '%mcp%' "
            "ORDER BY ts DESC, ts_nanos DESC LIMIT 2000"
        ).fetchall()
    return [" ".join(str(x) for x in row if x) for row in reversed(rows)]


def of_server(lines: Iterable[str], name: str, own_file: bool) -> list[str]:
    """The lines of that server: all of its own file; in a shared one those that name it, and what follows unprefixed."""
    if own_file:
        return list(lines)
    kept: list[str] = []
    inside = False
    for line in lines:
        prefixed = bool(re.match(r"\s*(\[?\d{4}-\d\d-\d\d|\{|\[)", line))
        if prefixed:
            inside = name in line
        if inside:
            kept.append(line)
    return kept


def last_start(lines: Sequence[str]) -> list[str]:
    """From the line that begins the last start to the end; everything, when no such line is known."""
    for at in range(len(lines) - 1, -1, -1):
        if _START.search(lines[at]):
            before = at
            while before and _START.search(lines[before - 1]):  # several such lines belong to one start
                before -= 1
            return list(lines[before:])
    return list(lines)


def shown(lines: Sequence[str], count: int, gate: Gate) -> tuple[str, ...]:
    """The last lines through the gate, as one text: a secret may be broken over several of them."""
    said = gate.shown("\n".join(line[:LONGEST] for line in lines[-count:] if line.strip()))
    return tuple(gate.line(line, 500) for line in said.split("\n") if line.strip())
