"""HTTP servers that mean harm or are broken beyond the catalogue: no crash, no hang, no leak, whatever they send."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab, World, diagnose

OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"Content-Type: application/json\r\n"
STREAM = OK + b"Content-Type: text/event-stream\r\n\r\n"
INIT = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "h", "version": "1"}}
CANARY = "canary-4f9a81c2d7"


def fixed(body: bytes, head: bytes = JSON) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def forever(head: bytes, part: bytes, pause: float = 0.0) -> Callable[[socket.socket, bytes], None]:
    def run(c: socket.socket, _: bytes) -> None:
        c.sendall(head)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            c.sendall(part)
            if pause:
                time.sleep(pause)

    return run


def once(answer: bytes, linger: float = 0.0) -> Callable[[socket.socket, bytes], None]:
    def run(c: socket.socket, _: bytes) -> None:
        c.sendall(answer)
        time.sleep(linger)

    return run


def reflect(c: socket.socket, request: bytes) -> None:
    c.sendall(fixed(request, b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n"))


def reset(c: socket.socket, _: bytes) -> None:
    c.sendall(JSON)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def session_of(text: bytes) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": INIT}).encode()
    return JSON + b"Mcp-Session-Id: %s\r\nContent-Length: %d\r\n\r\n%s" % (text, len(body), body)


def challenge(text: bytes) -> bytes:
    return b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: %s\r\nContent-Length: 0\r\n\r\n" % text


HOSTILE: dict[str, Any] = {
    "never answers": lambda c, _: time.sleep(20),
    "closes at once": once(b""),
    "reset after the headers": reset,
    "headers in drips": forever(OK, b"X-A: b\r\n", 0.2),
    "body in drips": forever(JSON + b"Content-Length: 100000\r\n\r\n", b" ", 0.2),
    "comments without end": forever(STREAM, b": hello\n\n", 0.1),
    "a line without end": forever(STREAM, b"data: " + b"a" * 65536),
    "early hints without end": forever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "continue without end": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "one header without end": forever(OK + b"X-A: ", b"a" * 65536),
    "escape in the reason": once(b"HTTP/1.1 500 \x1b[31mRED\x1b]52;c;aGk=\x07\r\nContent-Length: 0\r\n\r\n"),
    "folded and null headers": once(OK + b"X-A: b\r\n c\r\nX-B: \x00\r\nContent-Length: 0\r\n\r\n"),
    "negative length": once(JSON + b"Content-Length: -5\r\n\r\n{}"),
    "length and chunks": once(JSON + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    "bad chunk size": once(JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "shorter than it says": once(JSON + b"Content-Length: 500\r\n\r\n{}"),
    "HTTP/0.9": once(b"<html>old</html>"),
    "HTTP/2 preface": once(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "TLS alert": once(b"\x15\x03\x01\x00\x02\x02\x46"),
    "unknown encoding": once(fixed(b"\x00\x01", JSON + b"Content-Encoding: br\r\n")),
    "many encodings": once(fixed(b"\x00\x01", JSON + b"Content-Encoding: " + b"gzip, " * 500 + b"gzip\r\n")),
    "not gzip at all": once(fixed(b"hello", JSON + b"Content-Encoding: gzip\r\n")),
    "deep JSON": once(fixed(b"[" * 300000)),
    "huge number": once(fixed(b'{"jsonrpc":"2.0","id":1,"result":' + b"9" * 50000 + b"}")),
    "lone surrogate": once(
        fixed(b'{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"\\ud800","capabilities":{},"serverInfo":{}}}')
    ),
    "UTF-16": once(fixed("hello".encode("utf-16"), OK + b"Content-Type: application/json; charset=utf-16\r\n")),
    "both result and error": once(fixed(b'{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}')),
    "error that is a string": once(fixed(b'{"jsonrpc":"2.0","id":1,"error":"no"}')),
    "message that is an object": once(fixed(b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":{"a":1}}}')),
    "session id with blanks": once(session_of(b"a b\tc")),
    "session id of a megabyte": once(session_of(b"s" * 60000)),
    "session id in latin-1": once(session_of("sé".encode("latin-1"))),
    "redirect to a file": once(b"HTTP/1.1 307 T\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"),
    "redirect to the metadata service": once(
        b"HTTP/1.1 307 T\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n"
    ),
    "redirect to nonsense": once(b"HTTP/1.1 307 T\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"),
    "status 999": once(b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n"),
    "cookies by the thousand": once(OK + b"Set-Cookie: a=b\r\n" * 1000 + b"Content-Length: 0\r\n\r\n"),
    "fifty challenges": once(challenge(b"Bearer a=b, " * 50)),
    "metadata on a private address": once(challenge(b'Bearer resource_metadata="http://169.254.169.254/x"')),
    "metadata at a script": once(challenge(b'Bearer resource_metadata="javascript:alert(1)"')),
    "metadata at nonsense": once(challenge(b'Bearer resource_metadata="http://[::1"')),
    "Retry-After of ages": once(b"HTTP/1.1 429 T\r\nRetry-After: 99999999999999\r\nContent-Length: 0\r\n\r\n"),
    "reflects the request": reflect,
    "endpoint elsewhere": once(STREAM + b"event: endpoint\ndata: http://169.254.169.254/messages\n\n", 3),
    "endpoint of nonsense": once(STREAM + b"event: endpoint\ndata: http://[::1\n\n", 3),
    "WebSocket upgrade": once(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 3
    ),
}


def serve(behave: Callable[[socket.socket, bytes], None]) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def one(c: socket.socket) -> None:
        try:
            with c:
                c.settimeout(20)
                behave(c, c.recv(65536))
        except OSError:
            pass

    def loop() -> None:
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(c,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return listener


@pytest.mark.parametrize("kind", ["http", "sse"])
@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile(name: str, kind: str, tmp_path: Path) -> None:
    listener = serve(HOSTILE[name])
    entry = {
        "type": kind, "url": f"http://127.0.0.1:{listener.getsockname()[1]}/mcp",
        "headers": {"Authorization": f"Bearer {CANARY}"},
    }  # fmt: skip
    try:
        outcome = diagnose(Lab(tmp_path), World(entry=entry), 5)
    finally:
        listener.close()
    server = outcome.document["servers"][0]
    assert server["verdict"] in ("broken", "unexplained"), server
    assert outcome.seconds < 5 + 4, outcome.seconds
    assert CANARY not in outcome.stdout + outcome.stderr
    assert not any(c in outcome.stdout for c in "\x1b\x07\x00")
