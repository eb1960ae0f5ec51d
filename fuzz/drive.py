"""Runs every fuzz target on seeds that are changed at random, for a bounded time: `make fuzz`.

With atheris one target runs under it: python -m fuzz.drive json_rpc. Without it the driver below serves: it is no
coverage-guided fuzzer, and says how many inputs it tried. An input that fails is written to fuzz/failures/.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from fuzz.targets import TARGETS

HERE = Path(__file__).parent
SEEDS = [
    b'{"mcpServers": {"a": {"command": "npx", "args": ["-y", "x"], "env": {"K": "${V:-d}"}}}}',
    b'// c\n{"servers": {"b": {"url": "http://u:p@h:1/mcp?k=v", "headers": {"A": "Bearer x"},},}, "inputs": []}',
    b'[mcp_servers.a]\ncommand = "x"\nargs = ["1"]\n[mcp_servers.a.env]\nK = "v"\n',
    b"mcpServers:\n  - name: a\n    command: x\n    args: [1, 2]\n    env: {K: &a v, L: *a}\n",
    b'<application><component name="McpServers"><option name="command" value="x"/></component></application>',
    b'{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}\n{"jsonrpc":"2.0","method":"x"}\r\n',
    b"event: message\ndata: {}\nid: 1\n\n: comment\r\rdata:a\r\ndata: b\r\n\r\n",
    b"Error: Cannot find module 'x'\n    at /a/b.js:1:2\nnpm error code E404\nTraceback (most recent call last):\n",
    b"127.0.0.1", b"64:ff9b::a9fe:a9fe", b"0x7f.1", b"[::ffff:169.254.169.254]", b"\xef\xbc\x91\xe2\x91\xa1.0.0.1", b"",
    b"\x1b[31m\x1b]52;c;AA==\x07\xe2\x80\xae\xff\xfe\x00", b"SQLite format 3\0" + b"\0" * 84,
    b"\xff\xfe{\x00}\x00", b"[" * 400 + b"]" * 400, b'{"a":' * 120 + b"1" + b"}" * 120, b'{"command":1,"args":{"a":null},"env":[1]}',
]  # fmt: skip
WORDS = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\r", b"\0", b"${", b"}", b"/*", b"*/", b"//", b"'", b"<!--", b"]]>",
    b"&a", b"*a", b"!!python/object:x ", b"1e999", b"-0", b"NaN", b"\\ud800", b"%00", b"http://", b"@", b"?", b"#", b"=", b"\xff",
    b"mcpServers", b"command", b"args", b"env", b"url", b"9" * 5000, b"\xf0\x9f\x98\x80", b"\t", b" ", b"a" * 70, b"data:", b"null", b"true",
]  # fmt: skip


def changed(rng: random.Random) -> bytes:
    """A seed, or two of them, with some places changed."""
    data = bytearray(rng.choice(SEEDS))
    if rng.random() < 0.2:
        data += rng.choice(SEEDS)
    for _ in range(rng.choice((0, 1, 1, 2, 4, 8, 16))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            data[at:at] = rng.choice(WORDS)
        elif kind == 1:
            del data[at : at + rng.randrange(1, 12)]
        elif kind == 2 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 3:
            data[at : at + rng.randrange(8)] = rng.choice(WORDS)
        else:
            data[at:at] = data[max(0, at - rng.randrange(1, 40)) : at]
    return bytes(data[:20_000])


def inputs(seed: int, count: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    yield from SEEDS
    for _ in range(count):
        yield changed(rng) if rng.random() < 0.95 else rng.randbytes(rng.randrange(200))


def drive(name: str, seconds: float, seed: int = 0, count: int = 1_000_000) -> tuple[int, list[bytes]]:
    """(inputs that were tried, those that failed). Ends after `seconds`; a single input may take a second at most."""
    target, end = TARGETS[name], time.monotonic() + seconds
    failed: list[bytes] = []
    tried = 0
    for data in inputs(seed, count):
        if time.monotonic() > end or len(failed) >= 5:
            break
        tried += 1
        try:
            target(data)
        except Exception:  # noqa: BLE001 - what fails is the result
            traceback.print_exc(limit=-3)
            failed.append(data)
    return tried, failed


def main() -> int:
    names = [a for a in sys.argv[1:] if a in TARGETS]
    if len(names) == 1:
        try:
            import atheris  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            pass
        else:
            atheris.Setup([sys.argv[0], *(a for a in sys.argv[1:] if a not in TARGETS)], TARGETS[names[0]])
            atheris.Fuzz()
            return 0
    seconds = float(next((a for a in sys.argv[1:] if a.replace(".", "").isdigit()), "10"))
    total = bad = 0
    for name in names or TARGETS:
        tried, failed = drive(name, seconds, seed=int(time.time()))
        total, bad = total + tried, bad + len(failed)
        print(f"{name:16} {tried:8} inputs  {len(failed)} failed")
        for data in failed:
            (HERE / "failures").mkdir(exist_ok=True)
            (HERE / "failures" / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)
    print(f"{'sum':16} {total:8} inputs  {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
