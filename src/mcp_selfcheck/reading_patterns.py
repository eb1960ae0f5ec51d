"""Signatures made safe and fast: bounded repetition, blanks that may be line breaks, and the literals a match must hold."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

BOUND = 160  # the longest run that an unbounded repetition of a signature may take


@functools.cache
def compiled(pattern: str, ignorecase: bool = True) -> re.Pattern[str]:
    """The signature, ready for search in a normalised text (reading_text): see `prepared`."""
    return re.compile(prepared(pattern), re.MULTILINE | (re.IGNORECASE if ignorecase else 0))


@functools.cache
def prepared(pattern: str) -> str:
    """The pattern with `*`, `+` and `{n,}` bounded, a literal blank matching a line break too (logs wrap their lines),
    negated classes kept inside a line, `^` also behind a logger's prefix, and no alternative that starts with a letter starting inside a word (EPROTO is
    not in RemoteProtocolError). No pattern can then run away on a text made to blow it up."""
    out: list[str] = []
    led = [True]  # by depth: whether an alternative of this group begins where the whole pattern begins
    begins = True
    for kind, piece in _tokens(pattern):
        if kind == "open":
            led.append(begins and piece not in _LOOKS)
            begins = led[-1]
        elif kind == "close":
            led.pop()
            begins = False
        elif kind == "or":
            begins = led[-1]
        elif kind != "anchor":
            if begins and (piece.isalpha() or (kind == "class" and _LETTERS.fullmatch(piece))):
                out.append("(?<![A-Za-z])")
            begins = False
        out.append(_safe(kind, piece))
    return "".join(out)


def _safe(kind: str, piece: str) -> str:
    if kind == "repeat":
        lazy = piece[-1] if len(piece) > 1 and piece[-1] in "?+" else ""
        head = piece[: len(piece) - len(lazy)]
        if head in ("*", "+"):
            head = f"{{{'01'[head == '+']},{BOUND}}}"
        elif head.endswith(",}"):
            head = f"{head[:-1]}{BOUND}}}"
        return head + lazy
    if kind == "blank":
        return r"[ \n]"
    if piece == "^" and kind == "anchor":
        return _BEGIN
    if kind == "class" and piece.startswith("[^"):
        return r"[^\n" + piece[2:]
    return piece


# A line begins, or what a logger put before the message ends: “[error] ”, “web-1 | ”, “name: ”, “"msg":"”.
_BEGIN = r"(?:^|(?<=[\]|>:] )|(?<=[:=]\")|(?<=: \"))"
_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
_LETTERS = re.compile(r"\[[A-Za-z]+\]")
_REPEAT = re.compile(r"(?:[*+?]|\{\d*,?\d*\})[?+]?")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|P=\w+\)|[aiLmsux-]*:|[aiLmsux]+\)|<?[=!]|>|#[^)]*\))?)?")


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    """(kind, text) pairs: char, blank, escape, class, dot, repeat, open, close, or, anchor."""
    i = 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\":
            piece, kind = pattern[i : i + 2], "escape"
        elif c == "[" and (m := _CLASS.match(pattern, i)):
            piece, kind = m.group(), "class"
        elif c == "(" and (m := _GROUP.match(pattern, i)):
            piece, kind = m.group(), "open"
            if len(piece) > 1 and piece.endswith(")"):
                kind = "anchor"
        elif c in "*+?{" and i and (m := _REPEAT.match(pattern, i)):
            piece, kind = m.group(), "repeat"
        else:
            piece = c
            kind = {" ": "blank", ")": "close", "|": "or", ".": "dot", "^": "anchor", "$": "anchor"}.get(c, "char")
        yield kind, piece
        i += len(piece)


@functools.cache
def literals(pattern: str) -> frozenset[str]:
    """Lower-case strings of which every match holds at least one; empty when the pattern promises none."""
    found, _ = _alternatives(list(_tokens(pattern)), 0)
    return frozenset(found)


def _alternatives(tokens: list[tuple[str, str]], i: int) -> tuple[set[str], int]:
    union: set[str] = set()
    complete = True
    while True:
        best, i = _sequence(tokens, i)
        complete = complete and bool(best)
        union |= best
        if i >= len(tokens) or tokens[i][0] == "close":
            return (union if complete else set()), i
        i += 1  # over the "or"


def _sequence(tokens: list[tuple[str, str]], i: int) -> tuple[set[str], int]:
    runs: list[set[str]] = []
    run = ""
    while i < len(tokens) and tokens[i][0] not in ("close", "or"):
        kind, piece = tokens[i]
        optional = i + 1 < len(tokens) and tokens[i + 1][0] == "repeat" and _may_be_absent(tokens[i + 1][1])
        repeated = i + 1 < len(tokens) and tokens[i + 1][0] == "repeat"
        char = _literal(kind, piece)
        if kind == "open":
            inner, i = _alternatives(tokens, i + 1)
            optional = i + 1 < len(tokens) and tokens[i + 1][0] == "repeat" and _may_be_absent(tokens[i + 1][1])
            runs.append({run})
            run = ""
            if not optional and piece not in ("(?=", "(?!", "(?<=", "(?<!"):
                runs.append(inner)
        elif char and not optional:
            run += char.lower()
            if repeated:
                runs.append({run})
                run = ""
        elif kind not in ("anchor",):
            runs.append({run})
            run = ""
        i += 1
    runs.append({run})
    usable = [r for r in runs if r and all(len(x.strip()) >= 2 for x in r)]
    return max(usable, key=lambda r: (min(len(x) for x in r), -len(r)), default=set()), i


def _may_be_absent(repeat: str) -> bool:
    return repeat[0] in "*?" or repeat.startswith(("{0", "{,"))


def _literal(kind: str, piece: str) -> str:
    if kind in ("char", "blank"):
        return piece
    if kind == "escape" and not piece[1].isalnum():
        return piece[1]
    return ""
