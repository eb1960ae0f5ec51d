"""JSON as people write it: comments and trailing commas blanked out in place, so that every position stays true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_STRING = r'"(?:[^"\\\n]|\\.)*+"'
_COMMENT = r"//[^\n]*+|/\*.*?(?:\*/|\Z)"
# Possessive, so that a text made to hurt costs linear time.
_TOKENS = re.compile(rf"{_STRING}|{_COMMENT}|,(?=\s*+(?:(?:{_COMMENT})\s*+)*+[}}\]])", re.S)
_INK = re.compile(r"\S+")
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True)
class Blanked:
    """`text` has the length of the original. `comments` and `commas` are the offsets of what was blanked."""

    text: str
    comments: tuple[int, ...] = ()
    commas: tuple[int, ...] = ()


def blank(text: str, *, comments: bool = True, commas: bool = True) -> Blanked:
    """Replaces comments and trailing commas outside strings by blanks of the same length. Never raises."""
    out: list[str] = []
    found_comments: list[int] = []
    found_commas: list[int] = []
    at = 0
    for m in _TOKENS.finditer(text):
        token = m.group()
        if token[0] == '"':
            continue
        kind = found_commas if token[0] == "," else found_comments
        kind.append(m.start())
        if (token[0] == "," and commas) or (token[0] != "," and comments):
            out += (text[at : m.start()], _INK.sub(lambda ink: " " * len(ink[0]), token))
            at = m.end()
    return Blanked("".join((*out, text[at:])), tuple(found_comments), tuple(found_commas))


@dataclass(frozen=True)
class Fault:
    """Where strict parsing stops: the message of the standard library and an offset into the text."""

    message: str
    at: int


def parse(text: str) -> Any:
    """The value of strict JSON, or a Fault. Raises nothing: too deep a nesting is a Fault at 0."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return Fault(error.msg, error.pos)
    except RecursionError:
        return Fault("nested too deeply", 0)
    except ValueError as error:  # an integer of more than 4,300 digits
        return Fault(str(error), 0)


def position(text: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    at = max(0, min(at, len(text)))
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


@dataclass(frozen=True)
class Member:
    """One key of an object in strict JSON: offsets of the key and of the value's begin and end."""

    key: str
    at: int
    start: int
    end: int


def members(text: str, start: int = 0) -> Iterator[Member]:
    """The members of the object that begins at or after `start`; nothing when no object does. The text must parse."""
    scan = json.JSONDecoder().raw_decode
    at = _skip(text, start)
    if text[at : at + 1] != "{":
        return
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        key, end = scan(text, at)
        value_at = _skip(text, _skip(text, end) + 1)
        _, value_end = scan(text, value_at)
        yield Member(key, at, value_at, value_end)
        at = _skip(text, value_end)
        if text[at : at + 1] != ",":
            return
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    m = _SPACE.match(text, at)
    return m.end() if m else at


def find(text: str, pointer: tuple[str, ...]) -> Member | None:
    """The member at the end of `pointer` (the last one of that name, as parsers do). The text must parse."""
    start, found = 0, None
    for key in pointer:
        found = None
        for member in members(text, start):
            if member.key == key:
                found = member
        if found is None:
            return None
        start = found.start
    return found


def value_at(text: str, at: int) -> Any:
    """The value that begins at an offset of strict JSON. The text must parse."""
    return json.JSONDecoder().raw_decode(text, at)[0]
