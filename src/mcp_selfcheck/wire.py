"""Bytes in, messages out, for both protocol eras; no sockets, no processes, no clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
LEGACY_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07")
MODERN_ERRORS = (-32020, -32021, -32022)
LINE_CAP = 8 * 1024 * 1024
DEPTH_CAP = 200

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


@dataclass(frozen=True)
class Message:
    """One unit that came in. `kind` noise: no JSON; invalid: JSON, but no JSON-RPC message. `flaws` say why."""

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
    def text(self) -> str:
        return self.raw.decode("utf-8", "backslashreplace")


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _too_deep(raw: bytes) -> bool:
    """Whether brackets nest deeper than we are willing to parse (brackets in strings count)."""
    depth = deepest = 0
    for byte in raw if raw.count(b"[") + raw.count(b"{") > DEPTH_CAP else b"":
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest > DEPTH_CAP


def read(raw: bytes) -> Message:
    """Reads one line or body as a JSON-RPC message. Raises nothing: what is wrong becomes `kind` and `flaws`."""
    flaws: list[str] = []
    data = raw
    if data.startswith(b"\xef\xbb\xbf"):
        data, flaws = data[3:], ["starts with a byte order mark"]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Message("noise", raw, flaws=(*flaws, f"not UTF-8 at byte {error.start}"))
    if _too_deep(data):
        return Message("invalid", raw, flaws=(*flaws, f"nested deeper than {DEPTH_CAP}"))
    keys: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [k for k, _ in items]
        keys.extend(k for k in set(names) if names.count(k) > 1)
        return dict(items)

    try:
        body = json.loads(text, parse_constant=_no_constants, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return Message("noise", raw, flaws=tuple(flaws))
    flaws += [f'key "{k[:40]}" stands twice' for k in dict.fromkeys(keys)]
    return _judge_shape(raw, body, flaws)


def _judge_shape(raw: bytes, body: Any, flaws: list[str]) -> Message:
    if isinstance(body, list):
        return Message("invalid", raw, body, (*flaws, "a batch (a JSON array)"))
    if not isinstance(body, dict):
        return Message("noise", raw, body, tuple(flaws))
    if body.get("jsonrpc") != "2.0":
        flaws.append('"jsonrpc" is not "2.0"' if "jsonrpc" in body else 'no "jsonrpc": "2.0"')
    if isinstance(body.get("method"), str) and "result" not in body and "error" not in body:
        return Message("request" if "id" in body else "notification", raw, body, tuple(flaws))
    if "result" in body and "error" in body:
        flaws.append("both result and error")
    if "result" not in body and "error" not in body:
        looks_rpc = "jsonrpc" in body or "id" in body
        return Message("invalid" if looks_rpc else "noise", raw, body, (*flaws, "neither method, result nor error"))
    if "id" not in body:
        flaws.append("no id")
    elif not isinstance(body["id"], (str, int, type(None))) or isinstance(body["id"], bool):
        flaws.append("id is no string and no integer")
    if "error" in body and not (isinstance(body["error"], dict) and isinstance(body["error"].get("code"), int)):
        flaws.append("error has no integer code")
    kind: Kind = "error" if "error" in body else "result"
    fatal = any("both" in f or f == "no id" or "jsonrpc" in f or "integer" in f for f in flaws)
    return Message("invalid" if fatal else kind, raw, body, tuple(flaws))


class LineReader:
    """Newline-delimited messages (basic/transports/stdio) out of any split of the bytes. Blank lines are passed over.

    A line longer than LINE_CAP is cut there and reported once as noise with the flaw "line too long".
    """

    def __init__(self, cap: int = LINE_CAP) -> None:
        self._held = bytearray()
        self._cap = cap
        self._skipping = False

    def feed(self, chunk: bytes) -> list[Message]:
        found: list[Message] = []
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._take(chunk[start:end], found)
            start = end + 1
            if not self._skipping:
                line = bytes(self._held).removesuffix(b"\r")
                if line.strip():
                    found.append(read(line))
            self._held.clear()
            self._skipping = False
        self._take(chunk[start:], found)
        return found

    def _take(self, part: bytes, found: list[Message]) -> None:
        if self._skipping:
            return
        self._held += part
        if len(self._held) > self._cap:
            found.append(Message("noise", bytes(self._held[:4096]), flaws=("line too long",)))
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
