"""A client's log as text lines: read from its end in any encoding, those of one server kept, cut to its last start."""

from __future__ import annotations

import codecs
import datetime
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from .clients_row import LogPlace

TAIL = 1024 * 1024  # bytes of a server's own log that are read, from the end
SHARED_TAIL = 8 * TAIL  # of a log in which the lines of other servers stand between
LINE = 4000  # characters of a line that are looked at

# The line with which a client begins a new start of a server (clients' logs as captured, see clients_row).
_START = re.compile(
    r"(?i)initializing server\.\.\.|starting connection with timeout|connecting stdio for|starting new stdio process"
    r"|\[info\] starting server |attempting to connect to mcp server|mcp server startup(?! failed)|using mcp server command"
    r"|handling (?:create|reload)client action|connection:connect_start|launching mcp server|connecting to mcp server"
    r"|starting mcp (?:server|client)|creating mcp client|mcp server process started|spawning mcp server"
)
# What only a server that answered brings about. “Connected” is no such word: clients write it for failed starts too.
ANSWERED = re.compile(
    r'Message from server:.{0,200}"result"|\bDiscovered \d+ tools|(?i:found \d+ tools)|Connection established with capabilities'
    r"|Service initialized as client|Successfully connected to (?:stdio|streamable|sse|http)|connection:connect_success"
    r"|Connected to MCP server '"
)
_PREFIX = re.compile(
    r"\s*(?:\[?\d{4}[-/]\d\d[-/]\d\d|\[?\d\d:\d\d:\d\d|[IWEF]\d{4} \d\d:|(?:timestamp|time|ts)=|\{\"|\(\d{9,},"
    r"|\[(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR)\]|(?:TRACE|DEBUG|INFO|WARN|ERROR)\s)",
    re.I,
)
_WHEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_LEVELS = frozenset(("info", "warn", "warning", "error", "debug", "trace", "fatal", "notice", "critical"))
# Where a shared log names the server that a line is about.
_LABELS = tuple(
    re.compile(p)
    for p in (
        r'server_name\\?"?\s?[:=]\s?\\?["\']?([^"\'\\,\s}]+)', r"Plugin\(mcp/([^)]{1,120})\)", r"MCP STDERR \(([^)]{1,120})\)",
        r"(?i)mcp server:?\s?[\'\"`“‘]([^\'\"`”’]{1,120})[\'\"`”’]", r"^(?:.{0,40}\s)?(\S{1,120}) logged to its stderr:",
        r'Server "([^"]{1,120})"', r"(?i)(?:for|to|connecting stdio for) \"([^\"]{1,120})\"",
        r"(?i)(?:launching|shutting down) mcp server: (.{1,120})$",
        r"^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\S+\s+)?\[([^\]]{1,120})\]\s", r"^\s*\d{4}-\S+ \S+ \[\w+\] ([\w.@-]{1,80}): ",
    )
)  # fmt: skip
_PROGRAM = re.compile(r"MCP server stderr \(([^)]{1,120})\)")  # Codex: the program's name, not the server's
_SCOPE = re.compile(r"^(?:user|project-\d+-.+?|plugin-.+?)-")  # Cursor's names: user-NAME
_HEAD_ALONE = re.compile(
    r"\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*\s*\[\w+\]\s*$"
)  # LM Studio: the text is on the next line


def read_lines(file: Path, place: LogPlace, tail: int) -> list[str]:
    """The last lines of a log, whatever its format; JSONL and SQLite become text. [] when it cannot be read."""
    try:
        if place.format == "sqlite":
            return _sqlite(file)
        with file.open("rb") as stream:
            head = stream.read(4)
            size = stream.seek(0, os.SEEK_END)
            begin = max(0, size - tail) & ~3
            stream.seek(begin)
            raw = stream.read(tail + 4)
    except (OSError, sqlite3.Error):
        return []
    lines = _decoded(raw, head).replace("\0", "").splitlines()[1 if begin else 0 :]
    if place.format == "jsonl":
        lines = [part for line in lines for part in _plain(line)]
    return [line[:LINE] for line in _joined(lines)]


def _decoded(raw: bytes, head: bytes) -> str:
    """UTF-16 by its mark at the file's beginning, else UTF-8, and a line that is none as Windows code page 1252."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16-le" if head.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        return raw.decode(name, "replace").lstrip("\ufeff")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "\n".join(_one(line) for line in raw.split(b"\n"))


def _one(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _plain(line: str) -> list[str]:
    """What a JSONL record says: its error or debug text (Claude Code), line by line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return [line]
    if not isinstance(record, dict):
        return [line]
    said = next((record[k] for k in ("error", "debug", "message", "msg") if isinstance(record.get(k), str)), None)
    return said.splitlines() if said else [line]


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """A line that holds only time and level belongs to the one below it."""
    held = ""
    for line in lines:
        if _HEAD_ALONE.match(line) and not held:
            held = line.rstrip()
            continue
        yield f"{held} {line.strip()}" if held else line
        held = ""
    if held:
        yield held


def _sqlite(file: Path) -> list[str]:
    """The newest log rows of Codex (logs_2.sqlite), opened read-only."""
    # Without a journal beside it nobody writes it now, and SQLite must not make one for us.
    quiet = "" if os.path.exists(f"{file}-wal") else "&immutable=1"
    with sqlite3.connect(f"file:{quote(str(file))}?mode=ro{quiet}", uri=True, timeout=1) as base:
        rows = base.execute(
            "SELECT ts, level, target, feedback_log_body FROM logs WHERE feedback_log_body LIKE '%mcp%' "
            "OR target LIKE '%mcp%' ORDER BY ts DESC, ts_nanos DESC LIMIT 4000"
        ).fetchall()
    return [line for row in reversed(rows) for line in _row(*row)]


def _row(ts: object, level: object, target: object, body: object) -> list[str]:
    when = ""
    if isinstance(ts, int) and 0 < ts < 2**33:
        when = datetime.datetime.fromtimestamp(ts, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ ")
    return f"{when}{level} {target} {body or ''}"[:LINE].splitlines()


_DETAIL = re.compile(r'^(.*?),?"stderr_detail":"((?:[^"\\]|\\.)+)')


def _detailed(line: str) -> list[str]:
    """Copilot CLI puts what the server said into its own warning: as lines of their own they are the last words."""
    m = _DETAIL.match(line)
    if m is None:
        return [line]
    said = m.group(2).replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
    return [m.group(1), *said.splitlines()]


def of_server(lines: Iterable[str], names: frozenset[str], programs: frozenset[str] = frozenset()) -> list[str]:
    """The lines of a shared log that are about that server: those that name it, and what follows without a head.

    A line that names another server where its log names servers is not ours, whatever else it says.
    """
    kept: list[str] = []
    inside = False
    words = re.compile(
        r"(?<![\w/\\-])(?<!\w\.)(?:"
        + "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        + r")(?![\w-]|\.\w|[/\\])"
    )
    for line in lines:
        label = _label(line)
        if label is not None:
            inside = label in names or _SCOPE.sub("", label) in names
        elif program := _PROGRAM.search(line):
            inside = program.group(1) in programs
        elif _PREFIX.match(line):
            inside = words.search(line) is not None
        if inside:
            kept += _detailed(line)
    return kept


def _label(line: str) -> str | None:
    """The server that a line names, or None when it names none in a form that we know."""
    for pattern in _LABELS:
        m = pattern.search(line)
        if m and m.group(1).strip().lower() not in _LEVELS:
            return m.group(1).strip()
    return None


# Words without which nothing in a log speaks of a failure.
FAILS = re.compile(
    r"(?i)error|fail|exception|traceback|panic|closed|disconnect|not found|cannot|can't|unable|ENOENT|EACCES|denied|refused"
    r"|timed? ?out|exit(?:ed)? (?:with|code)|killed|unexpected|invalid|missing|required|unauthorized"
)
# A client's own announcement of what it is about to do: words in it are not the server's.
_ANNOUNCED = re.compile(
    r"Using MCP server command|^\s*metadata: \{|^\s*\}+ %o|Starting new stdio process with command|Message from client"
)


def spoken(lines: Sequence[str]) -> str:
    """What is to be explained: the lines without the client's announcements, when one of them speaks of a failure.

    What the server said goes before the client's wrapping of it ("raw_error" of Copilot CLI).
    """
    told = [line for line in lines if not (_ANNOUNCED.search(line) or ANSWERED.search(line) or begins(line))]
    own = [line for line in told if '"raw_error":' not in line]
    chosen = own if any(FAILS.search(line) for line in own) else told
    return "\n".join(chosen) if any(FAILS.search(line) for line in chosen) else ""


def begins(line: str) -> bool:
    """Whether a client begins a start of a server with this line."""
    return _START.search(line) is not None


def last_start(lines: Sequence[str], name: str = "") -> list[str]:
    """From the line that begins the last start to the end; everything, when no such line is known.

    VS Code writes in the user's language: there a line that ends with the server's name begins or ends a start.
    """
    at = next((i for i in range(len(lines) - 1, -1, -1) if begins(lines[i])), None)
    if at is None and name:
        own = re.compile(rf"\[info\] \D{{3,60}}\b{re.escape(name)}\s*$", re.I)
        at = next((i for i in range(len(lines) - 3, -1, -1) if own.search(lines[i])), None)
    if at is None:
        return list(lines)
    while at and begins(lines[at - 1]):  # several such lines belong to one start
        at -= 1
    return list(lines[at:])


def when(lines: Sequence[str]) -> str:
    """The time of the first of these lines that carries one, as it is written; "" when none does."""
    return next((m.group() for m in map(_WHEN.search, lines[:50]) if m), "")
