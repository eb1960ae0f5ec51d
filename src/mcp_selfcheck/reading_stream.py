"""Logs of any size in bounded memory: the lines in which a signature can stand, newest kept, and the end in full."""

from __future__ import annotations

import functools
import re
from collections import deque
from collections.abc import Iterable, Iterator

from . import causes
from .reading_patterns import literals
from .reading_text import Clean, clean, decoded, of_lines

CHUNK = 128 * 1024
TAIL = 24 * 1024  # bytes of the end that are read in full
KEPT = 12  # newest lines kept for each literal
AROUND = 2  # lines kept before and after a line that matters
CAP = 160 * 1024  # bytes in all that go on to the patterns

# Lower case, and a blank for all that is no letter, digit, underscore or non-ASCII byte: one pass in C.
_FOLD = bytes(
    c + 32 if 65 <= c <= 90 else c if (48 <= c <= 57 or 97 <= c <= 122 or c == 95 or c >= 128) else 32 for c in range(256)
)
# Words too common in logs to lead to a literal when it has a rarer one.
_COMMON = frozenset(
    b"a an and are at be by can could does error failed fail failure for from found has have http https in info into invalid is it "
    b"its json line log mcp message module name no not of on or request response server client connection connect connecting "
    b"tool tools type unable unexpected url use was with you your 0 1 2 200 debug warning warn file path version data value "
    b"method params result id code string object this the to must only any all new run running start started user".split()
)


@functools.cache
def _index() -> dict[bytes, tuple[tuple[bytes, frozenset[bytes]], ...]]:
    """Literals of all signatures by their rarest word, each with all its words. Words at a literal's cut end are left out."""
    found: dict[bytes, list[tuple[bytes, frozenset[bytes]]]] = {}
    for cause in causes.load():
        for says in cause.says:
            for literal in literals(says.pattern):
                raw = literal.encode()
                words = raw.translate(_FOLD).split()
                if not words:
                    continue
                key = max(words, key=lambda w: (w not in _COMMON, len(w)))
                if key in _COMMON and len(words) == 1:
                    continue
                found.setdefault(key, []).append((raw, frozenset(words)))
    return {k: tuple(set(v)) for k, v in found.items()}


def condensed(chunks: Iterable[str | bytes]) -> Clean:
    """What can matter of a long text, as numbered lines in order. Memory is bounded by CHUNK, KEPT and CAP."""
    kept: dict[bytes, deque[int]] = {}
    lines: dict[int, str] = {}
    number = 1
    tail = b""
    for chunk in _whole_lines(chunks):
        for literal, at in _hits(chunk):
            ring = kept.setdefault(literal, deque(maxlen=KEPT))
            _keep(chunk, at, number, ring, lines)
        number += chunk.count(b"\n")
        tail = (tail + chunk)[-2 * TAIL :] if len(chunk) < TAIL else chunk[-2 * TAIL :]
        if len(lines) > 40_000:
            lines = _pruned(kept, lines)
    lines = _pruned(kept, lines)
    end = tail[-TAIL:]
    first = number - end.count(b"\n")
    lines.update(enumerate(decoded(end).split("\n"), first))
    return _capped(lines)


def _whole_lines(chunks: Iterable[str | bytes]) -> Iterator[bytes]:
    """Pieces of about CHUNK bytes that end at a line end (a line longer than four pieces is cut)."""
    rest = b""
    wide = ""
    for chunk in chunks:
        for i in range(0, len(chunk), CHUNK):
            part = chunk[i : i + CHUNK]
            raw = part.encode("utf-8", "replace") if isinstance(part, str) else part
            if not wide:
                wide = _width(raw)
            if wide != "8":
                raw = raw.decode(wide, "replace").encode() if len(raw) % 2 == 0 else raw.replace(b"\x00", b"")
            rest += raw
            cut = rest.rfind(b"\n")
            if cut >= 0:
                yield rest[: cut + 1]
                rest = rest[cut + 1 :]
            elif len(rest) > 4 * CHUNK:
                yield rest
                rest = b""
    if rest:
        yield rest


def _width(raw: bytes) -> str:
    if raw.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if raw.startswith(b"\xfe\xff"):
        return "utf-16-be"
    head = raw[:4096]
    if head.count(0) * 3 >= max(len(head), 1):
        return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
    return "8"


def _hits(chunk: bytes) -> Iterator[tuple[bytes, int]]:
    """(literal, position of its newest occurrence) in this chunk; a few more of the older ones."""
    folded = chunk.translate(_FOLD)
    words = set(folded.split())
    index = _index()
    lowered = chunk.lower() if words & index.keys() else b""
    for word in words & index.keys():
        for literal, needed in index[word]:
            if needed <= words:
                end = len(lowered)
                for _ in range(3):
                    at = lowered.rfind(literal, 0, end)
                    if at < 0:
                        break
                    yield literal, at
                    end = at


def _keep(chunk: bytes, at: int, number: int, ring: deque[int], lines: dict[int, str]) -> None:
    here = number + chunk.count(b"\n", 0, at)
    if here in ring:
        return
    ring.append(here)
    start = at
    for _ in range(AROUND + 1):
        start = chunk.rfind(b"\n", 0, max(start, 0))
        if start < 0:
            break
    first = here - chunk.count(b"\n", start + 1, at)
    end = at
    for _ in range(AROUND + 1):
        end = chunk.find(b"\n", end + 1)
        if end < 0:
            end = len(chunk)
            break
    for i, line in enumerate(chunk[max(start + 1, at - 8000) : min(end, at + 8000)].split(b"\n")):
        lines.setdefault(first + i, line[:4000].decode("utf-8", "replace"))


def _pruned(kept: dict[bytes, deque[int]], lines: dict[int, str]) -> dict[int, str]:
    wanted = {n + d for ring in kept.values() for n in ring for d in range(-AROUND, AROUND + 1)}
    return {n: line for n, line in lines.items() if n in wanted}


def _capped(lines: dict[int, str]) -> Clean:
    numbers = sorted(lines)
    total = 0
    first = 0
    for i in range(len(numbers) - 1, -1, -1):
        total += len(lines[numbers[i]]) + 1
        if total > CAP:
            first = i + 1
            break
    text = re.sub("\x1b\\[[0-9;]*[A-Za-z]|[\x00-\x08\x0e-\x1f]", "", "\n".join(lines[n] for n in numbers[first:]))
    parts = text.replace("\r", "").split("\n")
    if len(parts) != len(numbers) - first:
        return clean(text)
    return of_lines(zip(numbers[first:], parts, strict=True))
