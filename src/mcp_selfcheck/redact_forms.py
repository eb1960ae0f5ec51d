"""How a secret can be spelt: every spelling that programs use is undone, so that one comparison finds them all."""

from __future__ import annotations

import base64
import binascii
import functools
import html
import json
import re
import shlex
from array import array
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from .redact_values import GRAM

ANSI = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|[PX^_][^\x1b]{0,4096}(?:\x1b\\)?|[@-Z\\^_])"
)
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\ud800-\udfff\ue000-\uf8ff\U0001d173-\U0001d17a"
    "\U000e0000-\U0010ffff]"
)
_CAP = 8192  # characters of one secret that are compared
# One unit of a text: an escape of any kind (and escapes of escapes), what is passed over, or plain text.
_UNIT = re.compile(
    r"(?P<plain>[A-Za-z0-9_.,:;/=+*@#(){}\[\]|~^?!$<>-]+)"
    r"|%(?:25)*(?P<percent>[0-9A-Fa-f]{2})"
    r"|\\+u\{?(?P<u>[0-9A-Fa-f]{4,6})\}?|\\+x(?P<x>[0-9A-Fa-f]{2})|\\+U(?P<wide>[0-9A-Fa-f]{8})"
    r"|&(?:amp;)*(?:#(?P<dec>\d{2,7})|#[xX](?P<hex>[0-9A-Fa-f]{2,6})|(?P<entity>quot|lt|gt|apos|nbsp|amp));"
    rf"|(?P<skip>{ANSI.pattern}|\\+[nrtfvb0]?|[\s'\"`“”‘’⏎…]+|{HIDDEN.pattern})"
    r"|(?P<other>[\s\S])"
)


class Projection:
    """A text as bytes without its spelling: unescaped, without blanks, quotes and invisible characters, in lower case.

    `start` and `end` tell for each byte where it stands in the text.
    """

    __slots__ = ("data", "end", "start", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        data = bytearray()
        start, end = array("L"), array("L")
        for m in _UNIT.finditer(text):
            kind = m.lastgroup
            at, to = m.span()
            if kind == "plain":
                data += m.group().encode()
                start.extend(range(at, to))
                end.extend(range(at + 1, to + 1))
                continue
            raw = b"" if kind == "skip" else _unit(kind or "other", m)
            data += raw
            start.extend([at] * len(raw))
            end.extend([to] * len(raw))
        self.data, self.start, self.end = bytes(data).lower(), start, end


def _unit(kind: str, m: re.Match[str]) -> bytes:
    said = m.group(kind)
    if kind in ("percent", "x"):
        return _visible_bytes(bytes([int(said, 16)]))
    if kind == "other":
        return said.encode("utf-8", "surrogatepass")
    if kind == "entity":
        return _visible_bytes(html.unescape(f"&{said};").encode())
    point = int(said, 10 if kind == "dec" else 16)
    return _visible_bytes(chr(point).encode("utf-8", "surrogatepass")) if point < 0x110000 else b""


def _visible_bytes(raw: bytes) -> bytes:
    """What an escape stands for, unless that is one of the characters that are passed over."""
    return b"" if raw in (b" ", b"\n", b"\r", b"\t", b"'", b'"', b"`", b"\\", b"\0", b"\xc2\xa0") else raw


def spellings(secret: str) -> Iterator[str]:
    """The secret as other programs write it, where undoing the spelling is not enough."""
    yield secret
    yield secret[::-1]
    yield secret.upper()
    yield secret.lower()
    yield json.dumps(secret)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
    yield shlex.quote(secret)
    yield html.escape(secret)
    for raw in {secret.encode("utf-8", "surrogatepass"), secret.encode("utf-16-le", "surrogatepass")}:
        yield raw.hex()
        yield raw.hex(" ")
        yield raw.hex(":")
        yield base64.b32encode(raw).decode().rstrip("=")
        for shift in range(3):
            # Only what depends on the secret alone: the ends mix with what stands beside it.
            coded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
            core = coded[(0, 2, 3)[shift] :]
            core = core[:-1] if (len(raw) + shift) % 3 else core
            yield core
            yield core.replace("+", "-").replace("/", "_")


_LOWER = {c: c + 32 for c in range(65, 91)}


def lowered(text: str) -> str:
    """ASCII letters in lower case: the same length, character by character."""
    return text.translate(_LOWER)


@functools.lru_cache(maxsize=4096)
def grams(secret: str) -> tuple[frozenset[bytes], frozenset[str]]:
    """Every run of GRAM units of every spelling: of its projection, and as it stands."""
    undone: set[bytes] = set()
    raw: set[str] = set()
    for spelling in dict.fromkeys(spellings(secret[:_CAP])):
        data, text = Projection(spelling).data, lowered(spelling)
        every = {data[i : i + GRAM] for i in range(len(data) - GRAM + 1)}
        undone |= {g for g in every if len(set(g)) >= 3} or every  # a row of dashes inside a key tells nothing
        here = {text[i : i + GRAM] for i in range(len(text) - GRAM + 1)}
        raw |= {g for g in here if len(set(g)) >= 3} or here
    return frozenset(undone), frozenset(raw)


# --- secrets that are too short for that -----------------------------------------------------------------------------
_CODED = re.compile(r"[A-Za-z0-9+/_-]{6,4096}={0,2}")


@functools.lru_cache(maxsize=1024)
def short_forms(secret: str) -> tuple[str, ...]:
    """The spellings of a short secret that may stand as a word of their own."""
    plain = (
        secret,
        secret[::-1],
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
    )
    every = "".join(f"\\u{ord(c):04x}" for c in secret), "".join(f"%{b:02X}" for b in secret.encode("utf-8", "replace"))
    return tuple(
        dict.fromkeys((*plain, *every, shlex.quote(secret).strip("'"), secret.encode("utf-8", "replace").hex()))
    )


def coded_spans(text: str, secrets: list[bytes]) -> Iterator[tuple[int, int]]:
    """Where base64 or hexadecimal text stands that holds one of the short secrets."""
    for m in _CODED.finditer(text):
        token = m.group()
        if any(s in raw for raw in _decoded(token) for s in secrets):
            yield m.span()


def _decoded(token: str) -> Iterator[bytes]:
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    for shift in range(4 if len(body) > 8 else 1):
        part = body[shift:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        try:
            yield base64.b64decode(part + "=" * (-len(part) % 4))
        except (binascii.Error, ValueError):
            pass
    if len(body) % 2 == 0:
        try:
            yield bytes.fromhex(body)
        except ValueError:
            pass
