"""Bytes in, messages out: any split gives the same messages, and no server can make the reader hang, crash or grow."""

from __future__ import annotations

import json
import os
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_selfcheck import wire

EXAMPLES = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 300

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
LINES = st.one_of(
    st.binary(max_size=60).map(lambda b: b.replace(b"\n", b" ")),
    JSON.map(lambda v: json.dumps(v).encode()),
    st.fixed_dictionaries({"jsonrpc": st.just("2.0"), "id": st.integers() | st.text(), "result": JSON}).map(
        lambda v: json.dumps(v, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(LINES, max_size=8), st.sampled_from([b"\n", b"\r\n"]), st.lists(st.integers(0, 400), max_size=12))
def test_any_split_gives_the_same_messages(lines: list[bytes], end: bytes, cuts: list[int]) -> None:
    stream = end.join([*lines, b""])
    whole = wire.LineReader(cap=200).feed(stream)
    reader, parts, last = wire.LineReader(cap=200), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        parts += reader.feed(stream[last:cut])
        last = max(last, cut)
    assert parts == whole


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=300) | JSON.map(lambda v: json.dumps(v).encode()))
def test_reading_never_raises(raw: bytes) -> None:
    message = wire.read(raw)
    assert message.kind in ("result", "error", "request", "notification", "invalid", "noise")
    for value in (message.id, message.result, message.error, message.code, message.method, message.answers):
        wire.safe(repr(value)).encode()
    wire.safe(message.text).encode()


@pytest.mark.parametrize(
    ("line", "kind", "flaw"),
    [
        (b'{"jsonrpc":"2.0","id":1,"result":{}}', "result", ""),
        (b'{"jsonrpc":"2.0","id":"a","result":{}}', "result", ""),
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}', "error", ""),
        (b'{"jsonrpc":"2.0","method":"notifications/message","params":{}}', "notification", ""),
        (b'{"jsonrpc":"2.0","id":9,"method":"roots/list"}', "request", ""),
        (b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"result":{}}', "result", "byte order mark"),
        (b'{"id":1,"result":{}}', "invalid", 'no "jsonrpc"'),
        (b'{"jsonrpc":"1.0","id":1,"result":{}}', "invalid", 'not "2.0"'),
        (b'{"jsonrpc":2.0,"id":1,"result":{}}', "invalid", 'not "2.0"'),
        (b'{"jsonrpc":"2.0","result":{}}', "invalid", "no id"),
        (b'{"jsonrpc":"2.0","id":null,"result":{}}', "invalid", "id null"),
        (b'{"jsonrpc":"2.0","id":1.0,"result":{}}', "invalid", "no integer"),
        (b'{"jsonrpc":"2.0","id":true,"result":{}}', "invalid", "no integer"),
        (b'{"jsonrpc":"2.0","id":1,"result":{},"error":null}', "invalid", "both result and error"),
        (b'{"jsonrpc":"2.0","id":1,"error":"boom"}', "invalid", "integer code"),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":"E1"}}', "invalid", "integer code"),
        (b'{"jsonrpc":"2.0","id":1,"method":"x","result":{}}', "invalid", "both a method"),
        (b'{"jsonrpc":"2.0","id":1}', "invalid", "neither"),
        (b'[{"jsonrpc":"2.0","id":1,"result":{}}]', "invalid", "batch"),
        (b'{"jsonrpc":"2.0","id":1,"result":{"a":NaN}}', "invalid", "NaN is no JSON value"),
        (b'{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}', "result", "stands twice"),
        (b'{"jsonrpc":"2.0","id":1,"result":{"a":"\\ud800"}}', "result", ""),
        (b'{"jsonrpc":"2.0","id":1,"result":{"a":"\xe9"}}', "noise", "not UTF-8 at byte 39"),
        (b'{"level":30,"msg":"listening"}', "noise", ""),
        (b'{"level":"info","error":"ECONNREFUSED"}', "noise", ""),
        (b'{"level":"info","method":"GET","id":7}', "noise", ""),
        (b"Server running on stdio", "noise", ""),
        (b"42", "noise", ""),
        (b'"text"', "noise", ""),
        (b'{"jsonrpc":"2.0","id":1,"result":' + b"9" * 5000 + b"}", "invalid", "too long to be read"),
    ],
)
def test_kinds(line: bytes, kind: str, flaw: str) -> None:
    message = wire.read(line)
    assert message.kind == kind, message
    assert any(flaw in f for f in message.flaws) if flaw else True, message.flaws


def test_deep_and_wide_values_are_refused_without_building_them() -> None:
    deep = b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 500_000 + b"]" * 500_000 + b"}"
    hidden = b'{"jsonrpc":"2.0","id":1,"result":' + b'["]",' * 5000 + b"1" + b"]" * 5000 + b"}"
    wide = b'{"jsonrpc":"2.0","id":1,"result":{"a":[' + b"[]," * 1_000_000 + b"1]}}"
    for raw in (deep, hidden, wide):
        begun = time.process_time()
        assert wire.read(raw).kind in ("invalid", "noise")
        assert time.process_time() - begun < 2
    brackets = b'{"jsonrpc":"2.0","id":1,"result":{"text":"' + b"[" * 10_000 + b'"}}'
    assert wire.read(brackets).kind == "result"


def test_a_tools_list_of_two_megabytes_is_read() -> None:
    tools = [
        {"name": f"tool_{n}", "description": "x" * 200,
         "inputSchema": {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(5)}}}
        for n in range(5000)
    ]  # fmt: skip
    raw = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}).encode()
    assert len(raw) > 2_000_000
    assert wire.read(raw).kind == "result"


def test_a_line_of_100_megabytes_costs_little_memory() -> None:
    reader = wire.LineReader()
    chunk = b"x" * 65536
    tracemalloc.start()
    found = [m for _ in range(1600) for m in reader.feed(chunk)]
    found += reader.feed(b'\n{"jsonrpc":"2.0","id":1,"result":{}}\n')
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [m.kind for m in found] == ["noise", "result"]
    assert found[0].flaws == (wire.LONG_FLAW,)
    assert peak < 16 * 2**20, peak


def test_an_object_with_many_equal_keys_is_quick() -> None:
    raw = b'{"jsonrpc":"2.0","id":1,"result":{' + b",".join(b'"k":1' for _ in range(200_000)) + b"}}"
    begun = time.process_time()
    assert 'key "k" stands twice' in wire.read(raw).flaws
    assert time.process_time() - begun < 3


def test_safe_text_can_always_be_encoded() -> None:
    assert wire.safe("\ud800abc").encode()
    assert len(wire.safe("\ud800" * 5000, 100)) <= 100
