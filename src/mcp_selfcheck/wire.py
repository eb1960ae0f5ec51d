"""Bytes in, messages out, for both protocol eras; no sockets, no processes, no clock."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
LEGACY_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07")
MODERN_ERRORS = (-32020, -32021, -32022)
LINE_CAP = 4 * 1024 * 1024
DEPTH_CAP = 200
VALUES_CAP = 250_000
LONG_FLAW = "line too long"

CLIENT_INFO = {"name": "mcp-selfcheck", "version": "0.1.0"}
_PREFIX = "io.modelcontextprotocol/"


def envelope(version: str = MODERN) -> dict[str, Any]:
    """The `_meta` that every modern request must carry (2026-07-28, basic/index#_meta)."""
    return {
        f"{_PREFIX}protocolVersion": version,
        f"{_PREFIX}clientCapabilities": {},
        f"{_PREFIX}clientInfo": CLIENT_INFO,
    }


def request(number: int | str, method: str, params: Mapping[str, Any] | None = None, *, modern: bool = False) -> bytes:
    """One JSON-RPC request, without the newline."""
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "method": method}
    given = dict(params or {})
    if modern:
        given["_meta"] = {**envelope(), **given.get("_meta", {})}
    if given or modern:
        body["params"] = given
    return json.dumps(body, separators=(",", ":")).encode()


def discover(number: int | str = 1) -> bytes:
    return request(number, "server/discover", modern=True)


def initialize(number: int | str = 1, version: str = LEGACY) -> bytes:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT_INFO}
    return request(number, "initialize", params)


def notification(method: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "method": method}, separators=(",", ":")).encode()


def http_headers(
    method: str, *, modern: bool, version: str | None = None, session: str | None = None
) -> dict[str, str]:
    """The headers of a POST (2026-07-28 basic/transports/streamable-http; 2025-11-25 basic/transports).

    Legacy `initialize` carries no version header; later legacy requests carry the negotiated one.
    """
    found = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    if modern:
        found |= {"mcp-protocol-version": version or MODERN, "mcp-method": method}
    elif version is not None:
        found["mcp-protocol-version"] = version
    if session is not None:
        found["mcp-session-id"] = session
    return found


Kind = Literal["result", "error", "request", "notification", "invalid", "noise"]
BOM_FLAW = "starts with a byte order mark"


@dataclass(frozen=True)
class Message:
    """One unit that came in. `kind` noise: no JSON object; invalid: JSON, but no JSON-RPC message. `flaws` say why."""

    kind: Kind
    raw: bytes
    body: Any = None
    flaws: tuple[str, ...] = ()

    @property
    def id(self) -> Any:
        return self.body.get("id") if isinstance(self.body, dict) else None

    @property
    def result(self) -> dict[str, Any]:
        found = self.body.get("result") if isinstance(self.body, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def error(self) -> dict[str, Any]:
        found = self.body.get("error") if isinstance(self.body, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> int | None:
        found = self.error.get("code")
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def method(self) -> str:
        found = self.body.get("method") if isinstance(self.body, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "backslashreplace")

    @property
    def answers(self) -> bool:
        """Whether it is meant as an answer, valid or not. What was too big to be read is taken for one."""
        if isinstance(self.body, dict):
            return self.kind in ("result", "error") or (self.kind == "invalid" and not self.method)
        return self.kind == "invalid"


def safe(text: str, limit: int = 400) -> str:
    """Foreign text that can be encoded: lone surrogates (RFC 8259, section 8.2) become visible; cut to `limit`."""
    shown = text[: limit + 1].encode("utf-8", "backslashreplace").decode("utf-8")
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def dump(value: Any) -> str:
    """A JSON value as one line of ASCII, keys in order: the same value gives the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


_NO_BRACKET = bytes(b for b in range(256) if b not in b"[]{}")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')


def _values(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def _too_big(data: bytes) -> str:
    """Why this is not worth parsing: a small text can hold millions of values, each with its own object in memory."""
    values = _values(data)
    if values > VALUES_CAP and values - sum(_values(m[0]) for m in _STRING.finditer(data)) > VALUES_CAP:
        return f"more than {VALUES_CAP} values"
    if data.count(b"[") + data.count(b"{") <= DEPTH_CAP:
        return ""
    for text in (data, None):
        depth = deepest = 0
        for byte in (_STRING.sub(b"", data) if text is None else text).translate(None, _NO_BRACKET):
            depth += 1 if byte in b"[{" else -1
            deepest = max(deepest, depth)
        if deepest <= DEPTH_CAP:
            return ""
    return f"nested deeper than {DEPTH_CAP}"


def read(raw: bytes) -> Message:
    """Reads one line or body as a JSON-RPC message. Raises nothing: what is wrong becomes `kind` and `flaws`."""
    flaws: list[str] = []
    data = raw
    if data.startswith(b"\xef\xbb\xbf"):
        data, flaws = data[3:], [BOM_FLAW]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Message("noise", raw, flaws=(*flaws, f"not UTF-8 at byte {error.start}"))
    if text.lstrip()[:1] not in ("{", "["):
        return Message("noise", raw, flaws=tuple(flaws))
    if why := _too_big(data):
        return Message("invalid", raw, flaws=(*flaws, why))
    try:
        body, twice, constants = _parse(text)
    except RecursionError:
        return Message("invalid", raw, flaws=(*flaws, f"nested deeper than {DEPTH_CAP}"))
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            return Message("noise", raw, flaws=tuple(flaws))
        return Message(
            "invalid", raw, flaws=(*flaws, "a number that is too long to be read")
        )  # sys.set_int_max_str_digits
    flaws += [f'key "{safe(k, 40)}" stands twice' for k in dict.fromkeys(twice)]
    flaws += [f"{name} is no JSON value" for name in dict.fromkeys(constants)]
    return _judge_shape(raw, body, flaws)


def _parse(text: str) -> tuple[Any, list[str], list[str]]:
    """The value, the keys that stand twice in one object, and the constants that RFC 8259 does not know."""
    twice: list[str] = []
    constants: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items) and len(twice) < 8:
            twice.extend(k for k, n in Counter(k for k, _ in items).items() if n > 1)
        return made

    def constant(name: str) -> None:
        constants.append(name)

    return json.loads(text, parse_constant=constant, object_pairs_hook=pairs), twice[:8], constants[:8]


def _judge_shape(raw: bytes, body: Any, flaws: list[str]) -> Message:
    if isinstance(body, list):
        return Message("invalid", raw, body, (*flaws, "a batch (a JSON array)"))
    if not isinstance(body, dict):
        return Message("noise", raw, body, tuple(flaws))
    fatal = any(f.endswith("no JSON value") for f in flaws)
    known = [name for name in ("method", "result", "error") if name in body]
    if not known:
        looks_rpc = "jsonrpc" in body or "serverInfo" in body or body.keys() == {"id"}
        return Message("invalid" if looks_rpc else "noise", raw, body, (*flaws, "neither method, result nor error"))
    if body.get("jsonrpc") != "2.0":
        if "jsonrpc" not in body and ("id" not in body or known == ["method"]):
            return Message("noise", raw, body, tuple(flaws))  # a log record that has a key of that name
        flaws.append('"jsonrpc" is not "2.0"' if "jsonrpc" in body else 'no "jsonrpc": "2.0"')
        fatal = True
    kind: Kind
    if known == ["method"]:
        kind = "request" if "id" in body else "notification"
        if not isinstance(body["method"], str):
            flaws.append('"method" is no string')
            fatal = True
        return Message("invalid" if fatal else kind, raw, body, tuple(flaws))
    found = list(_answer_flaws(body))
    kind = "error" if "error" in body else "result"
    return Message("invalid" if fatal or found else kind, raw, body, (*flaws, *found))


def _answer_flaws(body: dict[str, Any]) -> Iterator[str]:
    """What makes an answer no answer (JSON-RPC 2.0, section 5)."""
    if "result" in body and "error" in body:
        yield "both result and error"
    if "method" in body:
        yield "both a method and an answer"
    if "id" not in body:
        yield "no id"
    elif not isinstance(body["id"], (str, int, type(None))) or isinstance(body["id"], bool):
        yield "id is no string and no integer"
    elif body["id"] is None and "error" not in body:
        yield "a result with id null"
    error = body.get("error")
    if "error" in body and (
        not isinstance(error, dict) or not isinstance(error.get("code"), int) or isinstance(error.get("code"), bool)
    ):
        yield "error has no integer code"


class LineReader:
    """Newline-delimited messages (basic/transports/stdio) out of any split of the bytes. Blank lines are passed over,
    and counted in `blank`.

    A line longer than `cap` bytes is reported once, with the flaw "line too long"; its rest is passed over.
    """

    def __init__(self, cap: int = LINE_CAP) -> None:
        self._held = bytearray()
        self._cap = cap
        self._skipping = False
        self.blank = 0

    def feed(self, chunk: bytes) -> list[Message]:
        found: list[Message] = []
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._take(chunk[start:end], found)
            start = end + 1
            if not self._skipping:
                line = bytes(self._held).removesuffix(b"\r")
                self._held.clear()
                if line.strip():
                    found.append(read(line))
                else:
                    self.blank += 1
            self._held.clear()
            self._skipping = False
        self._take(chunk[start:], found)
        return found

    def _take(self, part: bytes, found: list[Message]) -> None:
        if self._skipping:
            return
        self._held += part[: self._cap + 1 - len(self._held)]
        if len(self._held) > self._cap:
            kind: Kind = "invalid" if self._held.lstrip()[:1] == b"{" else "noise"
            found.append(Message(kind, bytes(self._held[:4096]), flaws=(LONG_FLAW,)))
            self._held.clear()
            self._skipping = True

    def rest(self) -> bytes:
        """What stands after the last newline."""
        return bytes(self._held)


@dataclass(frozen=True)
class Event:
    """A server-sent event (WHATWG HTML, server-sent events)."""

    event: str = "message"
    data: str = ""
    id: str | None = None


class EventReader:
    """Server-sent events out of any split of the bytes. Comments are counted; data beyond `cap` bytes is cut."""

    def __init__(self, cap: int = LINE_CAP) -> None:
        self._held = b""
        self._lines: list[tuple[str, str]] = []
        self._size = 0
        self._cap = cap
        self.comments = 0
        self.overflow = False

    def feed(self, chunk: bytes) -> list[Event]:
        data = self._held + chunk
        if len(data) > self._cap:
            self.overflow, self._held = True, b""
            return []
        # A lone CR ends a line too, but at the end of the chunk it may be half of CRLF: keep it for the next feed.
        tail = b"\r" if data.endswith(b"\r") else b""
        text = data.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n") if tail else data.replace(
            b"\r\n", b"\n").replace(b"\r", b"\n")  # fmt: skip
        *lines, rest = text.split(b"\n")
        self._held = rest + tail
        found: list[Event] = []
        for line in lines:
            event = self._line(line.decode("utf-8", "replace").removeprefix("\ufeff"))
            if event is not None:
                found.append(event)
        return found

    def _line(self, line: str) -> Event | None:
        if not line:
            fields, self._lines, self._size = self._lines, [], 0
            if not fields:
                return None
            named = dict(fields)
            data = "\n".join(v for k, v in fields if k == "data")
            return Event(named.get("event") or "message", data, named.get("id"))
        if line.startswith(":"):
            self.comments += 1
            return None
        name, _, value = line.partition(":")
        self._size += len(line)
        if self._size > self._cap:
            self.overflow = True
        elif name in ("event", "data", "id", "retry"):
            self._lines.append((name, value.removeprefix(" ")))
        return None
