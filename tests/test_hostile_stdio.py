"""Servers that flood, nest, split, lie and never end: an outcome in time, in little memory, and no failure of our own."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from pathlib import Path

import pytest

from mcp_selfcheck.examine import diagnose
from mcp_selfcheck.model import Source, Target
from mcp_selfcheck.render.jsonform import server
from tests.faults.healthy.stdio import LOOP, RAW
from tests.lab import Lab

SECONDS = 8.0
WRITE = "out = sys.stdout.buffer\ndef w(b): out.write(b); out.flush()\nfirst = json.loads(sys.stdin.readline())\ni = first['id']\n"
NOISY_STDERR = (
    "import threading\n"
    "threading.Thread(target=lambda: [sys.stderr.write('e' * 1000 + '\\n') for _ in iter(int, 1)], daemon=True).start()\n"
)
RESULT = '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":NAME,"version":"1"}X}}\\n'


def answer(code: str) -> str:
    return WRITE + code + "\n" + LOOP


def result(name: str = '"x"', more: str = "") -> str:
    return answer(f"w(rb'''{RESULT.replace('NAME', name).replace('X', more)[:-2]}''' + b'\\n')")


POLLUTION, INVALID, SILENT = "stdio-stdout-pollution", "handshake-invalid-response", "stdio-silent"
SERVERS: dict[str, tuple[str, str, str | None]] = {
    "endless lines": ("", "while True: print('x' * 100)\n", POLLUTION),
    "endless without a line end": ("", "while True: sys.stdout.write('x' * 65536)\n", POLLUTION),
    "endless stderr": (NOISY_STDERR, LOOP, None),
    "both endless": (NOISY_STDERR, "while True: print('x' * 100)\n", POLLUTION),
    "a line of 100 MB": ("", answer("for _ in range(1600): w(b'x' * 65536)\nw(b'\\n'); handle(first)"), POLLUTION),
    "a message of 100 MB": ("", answer("w(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"')\nfor _ in range(1600): w(b'x' * 65536)"), INVALID),
    "one byte each 50 ms": ("", answer("for b in json.dumps({'a': 1}).encode() * 100: w(bytes([b])); time.sleep(.05)"), SILENT),
    "closes stdout": ("", "import os\nos.close(1)\ntime.sleep(100)\n", SILENT),
    "closes stdin": ("", "import os\nos.close(0)\ntime.sleep(100)\n", SILENT),
    "a grandchild keeps stdout": ("import subprocess\nsubprocess.Popen(['sleep', '99'], start_new_session=True)\n", LOOP, None),
    "no text at all": ("", answer("w(b'\\xff\\xfe\\xfa\\x00\\n'); handle(first)"), POLLUTION),
    "NUL bytes": ("", answer("w(b'\\0' * 50 + b'\\n'); handle(first)"), POLLUTION),
    "nested 500,000 deep": ("", answer("w(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":' + b'[' * 500000 + b']' * 500000 + b'}\\n')"), INVALID),
    "a number of 5,000 digits": ("", answer("w(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":' + b'9' * 5000 + b'}\\n')"), INVALID),
    "1e999": ("", result(more=',"x":1e999'), None),
    "a lone surrogate": ("", result(name='"\\ud800"'), None),
    "a list as id": ("", answer("send({'jsonrpc': '2.0', 'id': [1], 'result': {}})"), INVALID),
    "an error that is a string": ("", answer("send({'jsonrpc': '2.0', 'id': i, 'error': 'nope'})"), INVALID),
    "a message that is an object": ("", answer("send({'jsonrpc': '2.0', 'id': i, 'error': {'code': -1, 'message': {'a': 1}}})"), "handshake-error"),
    "a version of 10 KB": ("VERSION = '9' * 10000\n", LOOP, "handshake-version-unsupported"),
    "an empty version": ("VERSION = ''\n", LOOP, "handshake-version-unsupported"),
    "capabilities as a list": ("CAPABILITIES = []\n", LOOP, INVALID),
    "answers before it is asked": ("", "handle({'method': 'initialize', 'id': 1})\n" + LOOP, None),
    "answers twice": ("", "for line in sys.stdin:\n  m = json.loads(line); handle(m); handle(m)\n", None),
    "asks 5,000 questions": ("", answer("for k in range(5000): send({'jsonrpc': '2.0', 'id': f'q{k}', 'method': 'roots/list'})\nhandle(first)").replace(
        "handle(json.loads(line))", "(m := json.loads(line)), 'method' in m and handle(m)"), None),
    "asks for ever": ("", "while True: send({'jsonrpc': '2.0', 'id': 'q', 'method': 'roots/list'})\n", "handshake-timeout"),
    "30,000 tools": ("TOOLS = [{'name': f't{i}', 'inputSchema': {'type': 'object'}} for i in range(30000)]\n", LOOP, None),
    "30,000 properties": ("TOOLS[0]['inputSchema'] = {'type': 'object', 'properties': {f'p{i}': {'type': 'string'} for i in range(30000)}}\n", LOOP, None),
    "schema 90 deep": ("s = {'type': 'object'}\nfor _ in range(90): s = {'type': 'object', 'properties': {'p': s}}\nTOOLS[0]['inputSchema'] = s\n", LOOP, None),
    "a schema that names itself": ("TOOLS[0]['inputSchema']['properties']['x'] = {'$ref': '#/properties/x'}\n", LOOP, None),
    "a pattern that never ends": ("TOOLS[0]['inputSchema']['properties']['x'] = {'type': 'string', 'pattern': '^(a+)+$', 'default': 'a' * 99}\n", LOOP, None),
    "a foreign metaschema": ("TOOLS[0]['inputSchema']['$schema'] = 'http://127.0.0.1:9/meta'\n", LOOP, None),
    "tools that are none": ("TOOLS = [1, None, [], {}]\n", LOOP, "tools-name-invalid"),
    "tools null": ("TOOLS = None\n", LOOP, "tools-list-failed"),
    "a name with a hidden link": ("TOOLS[0]['name'] = '\\x1b]8;;http://x\\x07click\\u202e'\n", LOOP, "tools-name-invalid"),
    "prints its environment": ("import os\nsys.stderr.write(repr(dict(os.environ)))\n", LOOP, None),
    "ends after the opening": ("", answer("handle(first); sys.exit(5)"), "tools-list-failed"),
}  # fmt: skip


@pytest.mark.parametrize("name", SERVERS)
def test_hostile(name: str, tmp_path: Path) -> None:
    before, loop, code = SERVERS[name]
    lab = Lab(tmp_path)
    target = Target(
        name="hostile", client="unknown", source=Source(file="x"), transport="stdio", command=lab.python,
        args=(lab.write("server.py", RAW + before + loop),),
    )  # fmt: skip
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    found = server(asyncio.run(diagnose(target, timeout=SECONDS)))
    seconds = time.monotonic() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024
    said = json.dumps(found, indent=1, ensure_ascii=False)
    said.encode()
    if code is None:
        assert found["verdict"] == "healthy", said
    else:
        assert found["verdict"] == "broken" and found["findings"][0]["code"] == code, said
    assert not any(ord(c) < 32 and c != "\n" for c in json.dumps(found["findings"], ensure_ascii=False)), said
    assert seconds < SECONDS + 3, seconds
    assert grown < 32, grown
