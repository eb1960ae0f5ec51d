"""Pasted bytes into lines that can be compared: encodings, terminal sequences, wrappers of log formats, repeats."""

from __future__ import annotations

import bisect
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LINE_LIMIT = 4000
NARROWEST = 24  # characters; a text that is narrower was not broken by a window
JOINED = 200  # lines; in a longer text nobody's window broke the lines

_ANSI = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|[@-Z\\^_])|\x9b[0-?]{0,64}[@-~]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
# What log formats and terminals put before a message: quote marks, frames, trees, bullets.
_FRAME = re.compile(r"^[\s│┃║|├└╰╭┌┐┘╔╗╚╝═─━▶>×✖✘✗❌⚠️⏺⎿●•*]+(?=\S)|[\s│┃║]+$")
_STAMP = re.compile(
    r"^(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[ ]?[+-]\d\d:?\d\d)?\]?"
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]?|\[\d\d/\d\d/\d\d \d\d:\d\d:\d\d\])[\s:|,-]*"
)
_RICH_COLUMN = re.compile(r"\s{2,}[\w.<>-]+\.py:\d+$")
# A stack frame carries no message: of a JavaScript frame only its path stays, of a Python frame the source line goes.
_JS_FRAME = re.compile(
    r"^\s*at (?:async |new )?(?:[^\n(]{0,200} \()?(?P<path>(?:file://)?(?:[A-Z]:)?[/\\][^()\n]*?|[^()\n]*?):\d+:\d+\)?[ {]*$"
)
_PY_FRAME = re.compile(r"^(?P<margin>[\s|+-]*)(?P<file>File \"[^\"\n]+\"), line \d+(?:, in [\w<>.]+)?$")
_PLACE = re.compile(r"^\s*(?P<path>(?:node:|file://)\S+|\S+\.(?:[cm]?[jt]sx?|py)):\d+(?::\d+)?$")
_CARETS = re.compile(r"^[\s|]*[~^]{2,}[~^ ]*$|^[\s|]*\+?-*\+-{3,}[\s\d-]*$")
# Where a client begins anew: what failed before the last such line is older news.
START = re.compile(
    r"Initializing server\.\.\.|Starting server (?!from)|Starting new stdio process|Starting connection with timeout"
    r"|Attempting to connect to MCP server|Handling CreateClient|Connecting to (?:remote )?server|connecting stdio for",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[ \t\xa0]+")
_CURLY = re.compile("[“”„‘’‚«»]")
_STRAIGHT = {ord(c): '"' for c in "“”„«»"} | {ord(c): "'" for c in "‘’‚"}
_ESCAPES = {r"\n": "\n", r"\r": "", r"\t": " ", r"\"": '"', r"\\": "\\", r"\/": "/"}
_ESCAPED = re.compile(r'\\(?:[nrt"\\/]|u[0-9a-fA-F]{4})')
# A line of a JSON printer or of a JavaScript object printed.
_LAID_OUT = re.compile(
    r"[\[{]$|[}\]],?$|\"[^\"]{0,200}\":? ?.{0,2000}[,{\[]$|\"[^\"]{0,200}\"$|-?\d+,?$|\w+: ?['\"\[{\d].{0,2000}[,{\[]$"
)
_ENTITY = re.compile(r"&(?:quot|lt|gt|amp|apos|#39|#x27|#34);")
_SHAPE = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8,}|\d+", re.IGNORECASE)


def decoded(raw: bytes) -> str:
    """Bytes as text: a byte order mark decides, then a row of zero bytes (UTF-16 without mark), then UTF-8, leniently."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    head = raw[:4096]
    if len(head) >= 4 and head.count(0) * 3 >= len(head):
        return raw.decode("utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be", "replace")
    return raw.decode("utf-8-sig", "replace")


@dataclass(frozen=True)
class Clean:
    """A text ready for reading: `text` for patterns, `lowered` for literals (line breaks as blanks), and line numbers."""

    text: str
    lowered: str
    starts: tuple[int, ...]
    numbers: tuple[int, ...]

    def line_at(self, position: int) -> int:
        """The number (from 1) of the original line that holds this position."""
        if not self.starts:
            return 0
        return self.numbers[max(0, bisect.bisect_right(self.starts, position) - 1)]


def clean(text: str) -> Clean:
    """The text without terminal sequences, frames, time stamps and repeats; escaped line breaks inside JSON unfolded."""
    if text.count("\x00") * 3 >= max(1, len(text)):  # UTF-16 that someone read as an 8-bit code
        text = text.replace("\x00", "").removeprefix("ÿþ").removeprefix("þÿ")
    if "\x1b" in text or "\x9b" in text:
        text = _ANSI.sub("", text)
    if "&" in text and _ENTITY.search(text):  # copied out of a page's source
        text = html.unescape(text)
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = text.split("\n")
    widest = max(len(x.rstrip()) for x in lines) if 1 < len(lines) <= JOINED else 0
    return of_lines(enumerate(lines, 1), widest)


def of_lines(numbered: Iterable[tuple[int, str]], widest: int = 0) -> Clean:
    """`widest` is the width of the text, when its lines may have been broken by a window; else 0."""
    lines: list[str] = []
    numbers: list[int] = []
    last_seen: dict[str, int] = {}
    bare_lines = without_frames(numbered)
    for number, raw in rejoined(list(bare_lines), widest) if widest else bare_lines:
        for line in _unfolded(raw):
            bare = tidy(line)
            if not bare:
                continue
            shape = _SHAPE.sub("0", bare)
            before = last_seen.get(shape)
            if before is not None and lines[before] == bare and len(lines) - before < 50 and not START.search(bare):
                lines[before] = ""  # a repeat counts once, at its newest place
            last_seen[shape] = len(lines)
            lines.append(bare)
            numbers.append(number)
    kept = [(n, line) for n, line in zip(numbers, lines, strict=True) if line]
    starts: list[int] = []
    at = 0
    for _, line in kept:
        starts.append(at)
        at += len(line) + 1
    joined = "\n".join(line for _, line in kept)
    return Clean(joined, joined.lower().replace("\n", " "), tuple(starts), tuple(n for n, _ in kept))


def without_frames(numbered: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines without the source lines and carets of a Python traceback and without the internals of a JavaScript stack."""
    margin = -1
    for number, raw in numbered:
        if len(raw) > 1000:
            margin = -1
            yield number, raw
            continue
        if m := _PY_FRAME.match(raw):
            margin = len(m.group("margin"))
            raw = m.group("file")
        elif margin >= 0 and (_CARETS.match(raw) or len(raw) - len(raw.lstrip(" |+-")) > margin):
            continue
        elif m := _JS_FRAME.match(raw):
            path = m.group("path")
            if path.startswith("node:") or "<anonymous>" in path or "[eval]" in path:
                continue
            raw = path
        elif m := _PLACE.match(raw):
            raw = m.group("path")
        else:
            margin = -1
        yield number, raw


def tidy(line: str) -> str:
    """One line without its time stamp, frame and doubled blanks."""
    bare = _STAMP.sub("", _FRAME.sub("", _RICH_COLUMN.sub("", line.rstrip())), count=1)
    return _BLANKS.sub(" ", _FRAME.sub("", bare)).strip()


def rejoined(lines: list[tuple[int, str]], widest: int) -> Iterator[tuple[int, str]]:
    """The lines, and behind lines that one message was broken into, that message again in one piece.

    Broken by a narrow window (each line is as wide as the widest, or the next word would not have fitted), or laid out by
    a JSON printer."""
    run: list[str] = []
    for i, (number, raw) in enumerate(lines):
        yield number, raw
        here = raw.strip()
        run.append(here)
        after = lines[i + 1][1].strip() if i + 1 < len(lines) and lines[i + 1][0] == number + 1 else ""
        glue = _glue(raw.rstrip(), here, after, widest)
        if glue is not None:
            run.append(glue)
            continue
        if len(run) > 1:
            yield number, "".join(run)[:LINE_LIMIT]
        run = []


def _glue(raw: str, here: str, after: str, widest: int) -> str | None:
    """What stood between a line and the next when both are pieces of one; None when they are not."""
    if not here or not after:
        return None
    if _LAID_OUT.match(here) and (_LAID_OUT.match(after) or after[0] in "}]"):
        return " "
    if widest < NARROWEST or _STAMP.match(after) or here.startswith("at ") or after.startswith("at "):
        return None
    if len(raw) == widest:
        return ""
    return " " if len(raw) + 1 + len(after.split(" ", 1)[0]) > widest else None


def _unfolded(raw: str) -> list[str]:
    pieces = (
        [raw] if len(raw) <= LINE_LIMIT else [raw[i : i + LINE_LIMIT] for i in range(0, len(raw), LINE_LIMIT - 200)]
    )
    out: list[str] = []
    for piece in pieces:
        out.append(piece)
        if "\\" in piece and any(x in piece for x in ("\\n", '\\"', "\\u", "\\\\")):
            once = _ESCAPED.sub(_unescape, piece)
            if '\\"' in once:
                once = _ESCAPED.sub(_unescape, once)
            parts = _ANSI.sub("", once).split("\n")
            if parts != [piece]:
                out.extend(parts)
    if _CURLY.search(raw):  # a word processor or a chat made them so; a config may hold them itself, so both are read
        out.extend([line.translate(_STRAIGHT) for line in out])
    return out


def _unescape(m: re.Match[str]) -> str:
    found = m.group()
    if found[1] == "u":
        return chr(int(found[2:], 16)) if not 0xD800 <= int(found[2:], 16) < 0xE000 else "\ufffd"
    return _ESCAPES[found]
