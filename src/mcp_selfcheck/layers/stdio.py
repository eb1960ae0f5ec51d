"""Reads what stands on the server's stdout: messages, noise, frames, bytes that are no text; or nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from .. import wire
from ..facts.stdio import StdioFacts
from ..model import State
from . import Walk
from .conversation import Conversation
from .stdio_silence import listen_in

LINE_SHOWN = 200
NOISE_SHOWN = 5

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # ECMA-48 control sequences
_MESSAGE = re.compile(rb'\{\s*"(jsonrpc|id|result|error|method)"\s*:')


async def probe(w: Walk) -> StdioFacts:
    """What came on stdout so far. Silence is looked into: processes, sockets, and starts that differ in one thing."""
    c = w.live
    assert c is not None, "launch leaves a conversation, or the walk ends there"
    openings = w.state.get("openings", ())
    answered = any(o.outcome in ("result", "error", "invalid") for o in openings)
    seen = _stdout(c, answered)
    seen = replace(seen, client_tolerates=w.client.strict_stdout is False)
    if answered:
        early = seen.noise_when == "before the answer" and not seen.client_tolerates
        broken = early or seen.bom or bool(seen.bad_bytes and not seen.noise_lines)
        return _with(seen, "broken" if broken else "passed", _saw(seen))
    if seen.framing in ("content-length", "several lines", "no line end") or seen.glued or seen.bad_bytes:
        return _with(seen, "broken", _saw(seen), c.stderr)
    if c.messages and not (seen.flood and seen.noise_lines):
        return _with(seen, "passed", "messages, but no answer")
    if seen.flood:
        return _with(seen, "broken", _saw(seen), c.stderr)
    found = await listen_in(w, c, seen)
    w.hear("stderr", found.stderr)
    return found


def _with(facts: StdioFacts, state: State, saw: str, stderr: str = "") -> StdioFacts:
    return replace(facts, state=state, saw=saw, stderr=stderr[-4000:])


def _saw(f: StdioFacts) -> str:
    if f.flood:
        return f.flood
    if f.noise_lines:
        return f"{f.noise_lines} line{'s' if f.noise_lines > 1 else ''} on stdout that are no JSON-RPC"
    if f.framing == "content-length":
        return "messages with Content-Length headers"
    if f.framing in ("several lines", "no line end"):
        return f"a JSON-RPC message with {'line ends inside' if f.framing == 'several lines' else 'no line end'}"
    if f.bom or f.bad_bytes:
        return "bytes on stdout that are no plain UTF-8"
    return "one JSON-RPC message on each line"


def _stdout(c: Conversation, answered: bool) -> StdioFacts:
    noise = [n for n in c.noise if n.message.kind == "noise"]
    glued, lines = _glued(noise[0].message.raw if noise and not answered else b"")
    if not answered and not glued:
        glued, lines = _glued(c.rest)
    framing = _framing(c, answered)
    bad, encoding = _decoding([n.message for n in noise] + _unfinished(c))
    texts = [shown(n.message) for n in noise]
    early = [n for n in noise if n.answers == 0]
    count = sum(n.message.kind == "noise" for n in c.noise) + max(0, c.noise_lines - len(c.noise))
    if answered and encoding == "UTF-16":
        bad = encoding = ""  # the answer could be read: the line is noise, whatever it is
    plain = framing not in ("content-length", "several lines") and encoding != "UTF-16" and not glued
    if bad and all(n.message.flaws and _MESSAGE.search(n.message.raw) for n in noise):
        plain = False  # a message in another encoding, not a line between messages
    return StdioFacts(
        answered=answered, noise=tuple(texts[:NOISE_SHOWN]) if plain else (), noise_lines=count if plain else 0,
        noise_when=("before the answer" if early else "after") if noise and plain else "",
        glued=lines if glued else "", framing=framing, bom=_bom(c), bad_bytes=bad, encoding=encoding,
        stdout_bytes=c.stdout_bytes, said=len(c.messages), flood=c.flooded or ("" if answered else _endless(c)),
    )  # fmt: skip


def _endless(c: Conversation) -> str:
    """A line that has not ended after all that we read of one."""
    long = any(wire.LONG_FLAW in n.message.flaws for n in c.noise)
    return f"a line of more than {wire.LINE_CAP // 2**20} MiB on stdout" if long else ""


def shown(noise: wire.Message) -> str:
    """A line of noise without colours, cut."""
    return wire.safe(_COLOUR.sub("", noise.text).strip(), LINE_SHOWN)


def _unfinished(c: Conversation) -> list[wire.Message]:
    return [wire.read(c.rest[: wire.LINE_CAP])] if c.rest and not c.answers else []


def _bom(c: Conversation) -> bool:
    starts = [m.flaws for m in c.messages[:1]] + [n.message.flaws for n in c.noise[:1]]
    return any(wire.BOM_FLAW in flaws for flaws in starts)


def _glued(raw: bytes) -> tuple[bool, str]:
    """Whether a message stands behind other text on this line, and that text."""
    m = _MESSAGE.search(raw)
    if m is None or not raw[: m.start()].strip():
        return False, ""
    if wire.read(raw[m.start() :]).kind in ("noise", "invalid"):
        return False, ""
    return True, wire.safe(raw[: m.start()].decode("utf-8", "backslashreplace").strip(), LINE_SHOWN)


def _framing(c: Conversation, answered: bool) -> str:
    head = bytes(c.head).lstrip()
    if re.match(rb"content-length:\s*\d+", head, re.IGNORECASE):
        return "content-length"
    if answered or c.messages:
        return "lines"
    if wire.read(c.rest).answers:
        return "no line end"
    whole = b" ".join(n.message.raw for n in c.noise) + b" " + c.rest
    first = whole.find(b"{")
    if len(c.noise) + bool(c.rest.strip()) > 1 and first >= 0 and wire.read(whole[first:].strip()).answers:
        return "several lines"
    return "" if c.stdout_bytes else "none"


def _decoding(messages: list[wire.Message]) -> tuple[str, str]:
    """The first bytes that are not UTF-8, in hexadecimal, and the encoding that they look like."""
    for message in messages:
        raw = message.raw
        zeros = raw[:40].count(0)
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or len(raw[:40]) // 3 <= zeros <= len(raw[:40]) * 2 // 3 > 2:
            return raw[:8].hex(" "), "UTF-16"
        for flaw in message.flaws:
            if m := re.fullmatch(r"not UTF-8 at byte (\d+)", flaw):
                at = int(m[1])
                return raw[at : at + 4].hex(" "), _guess(raw)
    return "", ""


def _guess(raw: bytes) -> str:
    for name in ("cp932", "gbk", "cp1251", "cp1252"):
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if name == "cp1252" and all(
            ch.isalpha() or not ch.isprintable() or ord(ch) > 0x2000 or ch in "°§«»£©®·±"
            for ch in text
            if ord(ch) > 127
        ):
            return "a Windows or ISO 8859 code page"
    return "another encoding"
