"""Logs of any size in bounded memory: the lines in which a signature can stand, newest kept, and the end in full."""

from __future__ import annotations

import bisect
import functools
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from . import causes
from .reading_patterns import literals
from .reading_text import Clean, clean, decoded, of_lines

CHUNK = 256 * 1024
TAIL = 16 * 1024  # bytes of the end that are read in full
KEPT = 12  # newest lines kept for each literal
WIDEST = 4000  # bytes of one line
AROUND = 2  # lines kept before and after a line that matters
CAP = 96 * 1024  # bytes in all that go on to the patterns

_LINE_END = re.compile(rb"\n")
# Lower case, and a blank for all that is no letter, digit, underscore or non-ASCII byte: one pass in C.
_FOLD = bytes(
    c + 32 if 65 <= c <= 90 else c if (48 <= c <= 57 or 97 <= c <= 122 or c == 95 or c >= 128) else 32
    for c in range(256)
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
    often: Counter[bytes] = Counter()
    lines: dict[int, str] = {}
    number = 1
    tail = b""
    for chunk in _whole_lines(chunks):
        ends: list[int] = []
        for literal, at in _hits(chunk):
            ends = ends or [m.start() for m in _LINE_END.finditer(chunk)]
            often[literal] += 1
            _keep(chunk, at, number, ends, kept.setdefault(literal, deque(maxlen=KEPT)), lines)
        number += len(ends) or chunk.count(b"\n")
        tail = (tail + chunk)[-2 * TAIL :] if len(chunk) < TAIL else chunk[-2 * TAIL :]
        if len(lines) > 20_000:
            lines = _pruned(kept, lines)
    chosen = _chosen(kept, often, lines)
    end = tail[-TAIL:]
    chosen.update(enumerate(decoded(end).split("\n"), number - end.count(b"\n")))
    return _cleaned(chosen)


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
                for _ in range(2):
                    at = lowered.rfind(literal, 0, end)
                    if at < 0:
                        break
                    yield literal, at
                    end = at


def _keep(chunk: bytes, at: int, number: int, ends: list[int], ring: deque[int], lines: dict[int, str]) -> None:
    """Notes the line at this position, and with it the lines around; `ends` are the chunk's line ends."""
    here = bisect.bisect_left(ends, at)
    if number + here in ring:
        return
    ring.append(number + here)
    for i in range(max(0, here - AROUND), min(len(ends), here + AROUND) + 1):
        if number + i not in lines:
            start = ends[i - 1] + 1 if i else 0
            end = ends[i] if i < len(ends) else len(chunk)
            if start >= len(chunk):  # behind the last line end: the next chunk's first line
                continue
            if i == here and end - start > WIDEST:  # a very long line: the part around the literal
                start = max(start, at - WIDEST // 2)
            lines[number + i] = chunk[start : min(end, start + WIDEST)].decode("utf-8", "replace")


def _pruned(kept: dict[bytes, deque[int]], lines: dict[int, str]) -> dict[int, str]:
    wanted = {n + d for ring in kept.values() for n in ring for d in range(-AROUND, AROUND + 1)}
    return {n: line for n, line in lines.items() if n in wanted}


def _chosen(kept: dict[bytes, deque[int]], often: Counter[bytes], lines: dict[int, str]) -> dict[int, str]:
    """Up to CAP characters: the lines of rare literals before those of frequent ones, of each the newest first."""
    chosen: dict[int, str] = {}
    room = CAP
    for around in (0, AROUND):
        for literal in sorted(kept, key=lambda x: (often[x], x)):
            for n in reversed(kept[literal]):
                for near in range(n - around, n + around + 1):
                    if near in lines and near not in chosen and room > len(lines[near]):
                        chosen[near] = lines[near]
                        room -= len(lines[near]) + 1
    return chosen


def _cleaned(lines: dict[int, str]) -> Clean:
    numbers = sorted(lines)
    text = re.sub("\x1b\\[[0-9;]*[A-Za-z]|[\x00-\x08\x0e-\x1f]", "", "\n".join(lines[n] for n in numbers))
    parts = text.replace("\r", "").split("\n")
    return of_lines(zip(numbers, parts, strict=True)) if len(parts) == len(numbers) else clean(text)
