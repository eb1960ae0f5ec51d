"""A config file becomes data with positions, or the one fault at which its client stops reading."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import jsonc, jsonc_tolerant
from .clients_row import Format
from .discover_secrets import mask_line
from .model import Problem

CAP = 8 * 1024 * 1024  # bytes of a config file that are read
TOLERANT_CAP = 512 * 1024  # characters of a broken file that are searched for names
# Characters that readers written in Python take in a second or two.
SLOW_CAPS: Mapping[str, int] = {"toml": 512 * 1024, "yaml": 128 * 1024, "xml": 1024 * 1024}
LINE = 2000  # characters of a line that is shown, and for which a mended one is proposed
TOLERATED = {"json": (), "json+comments": ("comment",), "jsonc": ("comment", "trailing-comma")}
# What a deviation is called in the catalogue.
KINDS = {
    "comment": "comments", "trailing-comma": "trailing-comma", "smart-quote": "smart-quotes",
    "escape": "invalid-escape", "extra": "two-objects",
}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """`data` is what could be understood, also of a file with a `fault`; None when nothing could.

    `text` is parseable JSON with true positions, or the original of other formats; `keys` are the keys of a broken
    JSON file as met.
    """

    file: str
    format: Format
    data: Any = None
    fault: Problem | None = None
    text: str = ""
    keys: tuple[jsonc_tolerant.Key, ...] = ()
    lines: Mapping[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)
    repeated: dict[tuple[str, ...], dict[str, list[tuple[int, int]]]] = field(default_factory=dict, compare=False)
    places: dict[tuple[str, ...], dict[str, tuple[int, int]]] = field(default_factory=dict, compare=False)

    def position(self, pointer: tuple[str, ...]) -> tuple[int | None, int | None]:
        """Line and column of the key at the end of `pointer`, from 1; (None, None) when it cannot be told."""
        if self.keys:
            found = [k.at for k in self.keys if k.path == pointer]
            return jsonc.position(self.text, found[-1]) if found else (None, None)
        if self.format in ("json", "jsonc", "json+comments"):
            if self.fault is not None:
                return None, None
            return self._siblings(pointer[:-1]).get(pointer[-1], (None, None)) if pointer else (None, None)
        return self.lines.get(pointer, (None, None))

    def _siblings(self, parent: tuple[str, ...]) -> dict[str, tuple[int, int]]:
        """Line and column of each key of one object, counted once for all: a file may hold ten thousand entries."""
        if parent in self.places:
            return self.places[parent]
        member = jsonc.find(self.text, parent) if parent else None
        found: dict[str, tuple[int, int]] = {}
        line, seen = 1, 0
        if member is not None or not parent:
            for m in jsonc.members(self.text, member.start if member else 0):
                line += self.text.count("\n", seen, m.at)
                seen = m.at
                found[m.key] = (line, m.at - (self.text.rfind("\n", 0, m.at) + 1) + 1)
        self.places[parent] = found
        return found

    def twice_in(self, pointer: tuple[str, ...]) -> Mapping[str, list[tuple[int, int]]]:
        """Keys that stand more than once in the object at `pointer`: offset of the value and line of the key of each."""
        if pointer not in self.repeated:
            self.repeated[pointer] = self._twice(pointer)
        return self.repeated[pointer]

    def _twice(self, pointer: tuple[str, ...]) -> dict[str, list[tuple[int, int]]]:
        start = 0
        if pointer:
            member = jsonc.find(self.text, pointer)
            if member is None:
                return {}
            start = member.start
        seen: dict[str, list[tuple[int, int]]] = {}
        line, counted = 1, 0
        for m in jsonc.members(self.text, start):
            line += self.text.count("\n", counted, m.at)
            counted = m.at
            seen.setdefault(m.key, []).append((m.start, line))
        return {key: found for key, found in seen.items() if len(found) > 1}


def read_bytes(file: str) -> bytes | Problem:
    """The content of a regular file of at most CAP bytes. A link is followed; a pipe or a device is not opened to read.

    A Problem of kind "unreadable" carries the errno name, "not a regular file" or "larger than 8 MiB".
    """
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        return Problem(kind="unreadable", detail=errno.errorcode.get(error.errno or 0, "EIO"), fatal=True)
    except ValueError:
        return Problem(kind="unreadable", detail="the name holds a NUL byte", fatal=True)
    try:
        seen = os.fstat(fd)
        if not stat.S_ISREG(seen.st_mode):
            return Problem(kind="unreadable", detail="not a regular file", fatal=True)
        if seen.st_size > CAP:
            return Problem(kind="unreadable", detail="larger than 8 MiB", fatal=True)
        chunks: list[bytes] = []
        left = CAP + 1
        while left > 0 and (chunk := os.read(fd, min(left, 1 << 20))):
            chunks.append(chunk)
            left -= len(chunk)
    except OSError as error:
        return Problem(kind="unreadable", detail=errno.errorcode.get(error.errno or 0, "EIO"), fatal=True)
    finally:
        os.close(fd)
    return b"".join(chunks) if left > 0 else Problem(kind="unreadable", detail="larger than 8 MiB", fatal=True)


def read(file: str, format: Format) -> Document:
    """Reads and understands a file as far as possible. Raises nothing, whatever stands at that path."""
    raw = read_bytes(file)
    if isinstance(raw, Problem):
        return Document(file, format, fault=raw)
    return understand(file, format, raw)


def understand(file: str, format: Format, raw: bytes, *, bom: bool = False) -> Document:
    """The content of a file as data; `bom` when its client reads one that begins with a byte order mark. Raises nothing."""
    wide = _wide(raw)
    text = raw.decode(wide or "utf-8", "replace")
    if format in ("toml", "yaml", "xml"):
        from . import discover_formats  # few machines have one of these

        if (why := _too_much(format, text)) is not None:
            return Document(file, format, fault=why)
        document = discover_formats.READERS[format](file, text)
    else:
        document = _json(file, format, text, bom)
    if wide:
        fault = Problem(
            kind="invalid-syntax", line=1, column=1, detail=f"the file is {wide.upper()}, not UTF-8", fatal=True
        )
        return Document(file, format, document.data, fault, document.text, document.keys, document.lines)
    return document


# A key of a hundred parts (`a.a.a…`), which tomllib takes with time and memory that grow with the square of it.
_LONG_KEY = re.compile(r"^[^\n\"'#=]{0,4}(?:[^\n\"'#=.]{0,80}\.){100}", re.MULTILINE)
_BRACKETS = 2000


def _too_much(format: Format, text: str) -> Problem | None:
    """Why a file is not worth reading: each of these readers can be held up for minutes by a small text."""
    if len(text) > SLOW_CAPS[format]:
        return Problem(kind="unreadable", detail=f"larger than {SLOW_CAPS[format] // 1024} KiB", fatal=True)
    if format != "xml" and max(text.count("[") - text.count("]"), text.count("{") - text.count("}")) > _BRACKETS:
        return Problem(kind="invalid-syntax", line=1, column=1, detail="brackets that are never closed", fatal=True)
    if format == "toml" and _LONG_KEY.search(text):
        return Problem(kind="invalid-syntax", line=1, column=1, detail="a key of a hundred parts", fatal=True)
    return None


def _wide(raw: bytes) -> str | None:
    """UTF-16 or UTF-32 by its mark, or by its NUL bytes."""
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = raw[:64]
    if len(head) >= 4 and head[1::2].count(0) == len(head) // 2 and 0 not in head[::2]:
        return "utf-16-le"
    return None


_BOM = Problem(kind="bom", line=1, column=1, detail="the file begins with the bytes EF BB BF", fatal=True)


# --- JSON ------------------------------------------------------------------------------------------------------------
def _json(file: str, format: Format, text: str, bom_read: bool) -> Document:
    bom = text.startswith("\ufeff")
    if bom:
        text = " " + text[1:]
    bom = bom and not bom_read and format != "jsonc"
    allowed = TOLERATED[format]
    readable = text
    if allowed:
        readable = jsonc.blank(text, commas="trailing-comma" in allowed).text
    data = jsonc.parse(readable)
    if isinstance(data, jsonc.Fault) and format == "jsonc" and not readable.strip():
        return Document(file, format, {}, None, "{}")  # these clients take an empty file for an empty object
    if isinstance(data, jsonc.Fault):
        broken = _broken(file, format, text, readable, data)
        if bom:
            return replace(broken, fault=_BOM)
        return broken
    fault = None
    if bom:
        fault = _BOM
    if not isinstance(data, dict) and fault is None:
        fault = Problem(
            kind="invalid-syntax", line=1, column=1, detail=f"the file holds {_noun(data)}, not an object", fatal=True
        )
    if fault is not None:  # positions come from the text all the same
        reader = jsonc_tolerant.Reader(readable[:TOLERANT_CAP])
        reader.read()
        return Document(file, format, data, fault, readable, tuple(reader.keys))
    return Document(file, format, data, None, readable)


def _noun(data: Any) -> str:
    return {list: "a list", str: "a string", bool: "a truth value", type(None): "nothing"}.get(type(data), "a number")


def _broken(file: str, format: Format, text: str, readable: str, stop: jsonc.Fault) -> Document:
    """What is wrong with JSON that its client does not read, and what can be understood of it."""
    text = text[:TOLERANT_CAP]
    reader = jsonc_tolerant.Reader(text)
    data = reader.read()
    left = [d for d in reader.deviations if d.kind not in TOLERATED[format]]
    first = min(left, key=lambda d: (d.at, d.kind != "comment"), default=None)
    if "unclosed" in {d.kind for d in left} and first is not None and first.kind == "unclosed":
        # An object that is never closed begins early but is noticed at the end: what stands between is the fault.
        first = min((d for d in left if d.kind != "unclosed"), key=lambda d: d.at, default=first)
    problem = _fault(text, first, stop, reader.deviations)
    return Document(file, format, data, problem, text, tuple(reader.keys))


def _fault(
    text: str, d: jsonc_tolerant.Deviation | None, stop: jsonc.Fault, every: list[jsonc_tolerant.Deviation]
) -> Problem:
    if not text.strip():
        return Problem(kind="invalid-syntax", line=1, column=1, detail="the file is empty", fatal=True)
    at = d.at if d is not None else stop.at
    if d is not None and d.kind == "unclosed":
        at = len(text.rstrip())
    kind = KINDS.get(d.kind, "invalid-syntax") if d is not None else "invalid-syntax"
    if d is not None and d.kind == "extra" and text[d.at :].lstrip(", \t\r\n")[:1] not in ("{", "["):
        kind = "invalid-syntax"
    line, column = jsonc.position(text, at)
    before, after = _line_at(text, at), _after(text, line, every)
    return Problem(
        kind=kind, line=line, column=column, detail=_detail(text, d, stop), before=mask_line(before),
        after=None if after is None else mask_line(after), fatal=True,
    )  # fmt: skip


def _line_at(text: str, at: int) -> str:
    at = min(at, len(text))
    end = text.find("\n", at)
    begin, end = text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end
    return text[begin:end].rstrip("\r") if end - begin <= LINE else ""


def _after(text: str, line: int, every: list[jsonc_tolerant.Deviation]) -> str | None:
    """That line with all its deviations mended; None when we do not know how."""
    begin = 0
    for _ in range(line - 1):
        begin = text.find("\n", begin) + 1
    end = text.find("\n", begin)
    end = len(text) if end < 0 else end
    if end - begin > LINE:
        return None
    here = [d for d in every if begin <= d.at < end or (d.at == end and d.kind == "missing-comma")]
    if not here or any(d.end > end for d in here):
        return None
    shifted = [jsonc_tolerant.Deviation(d.kind, d.at - begin, d.end - begin, d.instead) for d in here]
    mended = jsonc_tolerant.mended(text[begin:end], shifted)
    if mended is None:
        return None
    # Only what brings the parser beyond this line is proposed.
    after = jsonc.parse(jsonc.blank(text[:begin] + mended + text[end:]).text)
    if isinstance(after, jsonc.Fault) and after.at <= begin + len(mended):
        return None
    return mended.rstrip()


def _detail(text: str, d: jsonc_tolerant.Deviation | None, stop: jsonc.Fault) -> str:
    """What is there, in words."""
    if d is None:
        return stop.message
    shown = text[d.at : d.at + 1]
    words = {
        "comment": "a comment",
        "trailing-comma": "a comma behind the last item",
        "smart-quote": f"the typographic quote {shown}",
        "single-quote": f'the quote {shown}, where JSON has only "',
        "escape": f"the backslash before {text[d.at + 1 : d.at + 2]!r} is no escape of JSON",
        "missing-comma": "a comma is missing here",
        "missing-colon": "a colon is missing here",
        "unquoted": "a word without quotes",
        "unclosed": f"{shown} of line {jsonc.position(text, d.at)[0]} is never closed",
        "odd-word": "a word that JSON does not know: it has only true, false and null",
        "line-break": "a string that is not closed on its line",
        "odd-space": f"the invisible character U+{ord(shown or ' '):04X}, no blank of JSON",
        "extra": "more text behind the end of the JSON",
    }
    return words.get(d.kind, f"{shown!r} was not expected here" if shown else stop.message)
