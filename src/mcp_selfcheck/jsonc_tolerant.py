"""Reads JSON that does not parse: what can be understood, and every place where the text leaves the grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

OPENING = "“„«‟″‘‚‛`'"
QUOTES = {"“": "”“„", "”": "”“", "„": "”“", "«": "»", "‘": "’‘", "’": "’‘", "‚": "’‘", "'": "'", "`": "`´", "″": "″"}
SMART = set("“”„‟«»‘’‚‛″")
MAX_DEPTH = 200
_SPACE = re.compile(r"[ \t\r\n]*")
_ODD_SPACE = re.compile(r"[\s\ufeff\u200b-\u200f\u2060\u00ad]+")
_STRING_PART = re.compile(r'[^"\\\n]*')
_SECOND_HALF = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")  # of a character beyond U+FFFF (RFC 8259, section 7)
_WORD = re.compile(r"[^\s\u200b-\u200f\u2060\ufeff,:{}\[\]\"“”‘’'/]+")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}
_ODD_WORDS = {"True": True, "False": False, "None": None, "undefined": None, "NaN": None}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?\Z")


@dataclass(frozen=True)
class Deviation:
    """One place where the text leaves JSON. `kind`: comment, trailing-comma, smart-quote, single-quote, escape,
    missing-comma, missing-colon, unquoted, unclosed, odd-word, odd-space, line-break, extra, control, empty, unexpected.

    `at` is its offset; replacing text[at:end] by `instead` mends it (None: no mending known).
    """

    kind: str
    at: int
    end: int
    instead: str | None = None


@dataclass(frozen=True)
class Key:
    """A key as met: its path from the root and its offset."""

    path: tuple[str, ...]
    at: int


class Reader:
    """One pass over a text. Never raises on any content; stops at MAX_DEPTH and after 500 deviations."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.deviations: list[Deviation] = []
        self.keys: list[Key] = []

    def read(self) -> Any:
        """The value; further values in the same text are deviations of kind "extra" (objects are merged)."""
        self._space()
        if self.at >= len(self.text):
            self._deviate("empty", 0, 0)
            return None
        value = self._value((), 0)
        while True:
            self._space()
            if self.at >= len(self.text) or self._full():
                return value
            begun = self.at
            self._deviate("extra", begun, begun)
            if self.text[begun] in "{[":
                more = self._value((), 0)
                if isinstance(value, dict) and isinstance(more, dict):
                    value = _merged(value, more)
            if self.at == begun:
                self.at += 1

    def _full(self) -> bool:
        return len(self.deviations) >= 500

    def _deviate(self, kind: str, at: int, end: int, instead: str | None = None) -> None:
        if not self._full():
            self.deviations.append(Deviation(kind, at, end, instead))

    def _space(self) -> None:
        """Skips blanks and comments."""
        text = self.text
        while True:
            m = _SPACE.match(text, self.at)
            self.at = m.end() if m else self.at
            two, begun = text[self.at : self.at + 2], self.at
            if two == "//" or text[self.at : self.at + 1] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            elif two == "/*":
                end = text.find("*/", self.at + 2)
                self.at = len(text) if end < 0 else end + 2
            elif odd := _ODD_SPACE.match(text, self.at):
                self.at = odd.end()
                self._deviate("odd-space", begun, self.at, " ")
                continue
            else:
                return
            self._deviate("comment", begun, self.at, "")

    def _value(self, path: tuple[str, ...], depth: int) -> Any:
        c = self.text[self.at : self.at + 1]
        if depth > MAX_DEPTH:
            self._deviate("unexpected", self.at, self.at)
            self.at = len(self.text)
            return None
        if c == "{":
            return self._object(path, depth)
        if c == "[":
            return self._array(path, depth)
        if c == '"' or c in QUOTES:
            return self._string()
        m = _WORD.match(self.text, self.at)
        if m is None:
            self._deviate("unexpected", self.at, self.at + 1)
            return None
        begun, word = self.at, m.group()
        self.at = m.end()
        if word in _WORDS:
            return _WORDS[word]
        if _NUMBER.match(word):
            return float(word) if len(word) < 300 else 0
        if word in _ODD_WORDS:
            self._deviate("odd-word", begun, self.at, {True: "true", False: "false", None: "null"}[_ODD_WORDS[word]])
            return _ODD_WORDS[word]
        self._deviate("unquoted", begun, self.at, f'"{word}"')
        return word

    def _object(self, path: tuple[str, ...], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        begun = self.at
        self.at += 1
        comma: int | None = None
        first = True
        while not self._full():
            self._space()
            c = self.text[self.at : self.at + 1]
            if c in ("}", ""):
                self._close(c, begun, comma, "}")
                return found
            if c == ",":
                self._deviate("unexpected", self.at, self.at + 1, "")
                self.at += 1
                continue
            if c == "]" or (c == "{" and not first and comma is not None):
                self._deviate("unexpected", self.at, self.at + 1)
                if c == "]":
                    self.at += 1
                    return found
            if not first and comma is None:
                self._missing_comma()
            first = False
            self._member(found, path, depth)
            comma = self._comma()
        return found

    def _member(self, found: dict[str, Any], path: tuple[str, ...], depth: int) -> None:
        key_at = self.at
        key = self._key()
        if key is None:
            self.at += 1
            return
        here = (*path, key)
        self.keys.append(Key(here, key_at))
        self._space()
        if self.text[self.at : self.at + 1] == ":":
            self.at += 1
        else:
            self._deviate("missing-colon", self.at, self.at, ":")
        self._space()
        if self.text[self.at : self.at + 1] in ("", "}", ","):
            self._deviate("unexpected", self.at, self.at)
            return
        found[key] = self._value(here, depth + 1)

    def _key(self) -> str | None:
        c = self.text[self.at : self.at + 1]
        if c == '"' or c in QUOTES:
            return self._string()
        m = _WORD.match(self.text, self.at)
        if m is None:
            self._deviate("unexpected", self.at, self.at + 1)
            return None
        self._deviate("unquoted", self.at, m.end(), f'"{m.group()}"')
        self.at = m.end()
        return m.group()

    def _array(self, path: tuple[str, ...], depth: int) -> list[Any]:
        found: list[Any] = []
        begun = self.at
        self.at += 1
        comma: int | None = None
        while not self._full():
            self._space()
            c = self.text[self.at : self.at + 1]
            if c in ("]", ""):
                self._close(c, begun, comma, "]")
                return found
            if c in ",}:":
                self._deviate("unexpected", self.at, self.at + 1)
                if c == "}":
                    return found
                self.at += 1
                continue
            if found and comma is None:
                self._missing_comma()
            before = self.at
            found.append(self._value((*path, str(len(found))), depth + 1))
            if self.at == before:
                self.at += 1
            comma = self._comma()
        return found

    def _close(self, c: str, begun: int, comma: int | None, closing: str) -> None:
        if not c:
            self._deviate("unclosed", begun, begun + 1)
            return
        if comma is not None:
            self._deviate("trailing-comma", comma, comma + 1, "")
        self.at += 1

    def _comma(self) -> int | None:
        self._space()
        if self.text[self.at : self.at + 1] == ",":
            self.at += 1
            return self.at - 1
        return None

    def _missing_comma(self) -> None:
        """The comma belongs behind the last thing before here."""
        end = len(self.text[: self.at].rstrip())
        self._deviate("missing-comma", end, end, ",")

    def _string(self) -> str:
        text, begun = self.text, self.at
        opening = text[begun]
        self.at += 1
        if opening != '"':
            return self._odd_string(opening, begun)
        parts: list[str] = []
        while True:
            m = _STRING_PART.match(text, self.at)
            if m:
                parts.append(m.group())
                self.at = m.end()
            c = text[self.at : self.at + 1]
            if c == '"':
                self.at += 1
                return "".join(parts)
            if c in ("", "\n"):
                self._deviate("line-break" if c else "unclosed", begun, self.at)
                return "".join(parts)
            parts.append(self._escape())

    def _escape(self) -> str:
        text, at = self.text, self.at
        code = text[at + 1 : at + 2]
        if code == "u" and re.fullmatch(r"[0-9a-fA-F]{4}", text[at + 2 : at + 6]):
            self.at += 6
            first = int(text[at + 2 : at + 6], 16)
            pair = _SECOND_HALF.match(text, self.at) if 0xD800 <= first < 0xDC00 else None
            if pair is None:
                return chr(first)
            self.at += 6
            return chr(0x10000 + ((first - 0xD800) << 10) + int(pair.group(1), 16) - 0xDC00)
        if code in _ESCAPES and code:
            self.at += 2
            return _ESCAPES[code]
        self._deviate("escape", at, at + 1, "\\\\")
        self.at += 1
        return "\\"

    def _odd_string(self, opening: str, begun: int) -> str:
        closing = QUOTES[opening] + ('"' if opening in SMART else "")
        end = begun + 1
        while end < len(self.text) and self.text[end] not in closing and self.text[end] != "\n":
            end += 1
        kind = "smart-quote" if opening in SMART else "single-quote"
        self._deviate(kind, begun, begun + 1, '"')
        if self.text[end : end + 1] in closing and end < len(self.text):
            if self.text[end] != '"':
                self._deviate(kind, end, end + 1, '"')
            self.at = end + 1
        else:
            self.at = end
        return self.text[begun + 1 : end]


def _merged(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Two objects that stand one after the other, read as the one that was meant."""
    out = dict(a)
    for key, value in b.items():
        both = out.get(key)
        out[key] = _merged(both, value) if isinstance(both, dict) and isinstance(value, dict) else value
    return out


def mended(text: str, deviations: list[Deviation]) -> str | None:
    """The text with every deviation mended, or None when one of them has no known mending."""
    out = text
    for d in sorted(deviations, key=lambda d: d.at, reverse=True):
        if d.instead is None:
            return None
        out = out[: d.at] + d.instead + out[d.end :]
    return out
