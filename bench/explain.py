"""How fast explain reads: MB/s on a healthy log, on a log full of different errors, and memory; ms for a short text.

python bench/explain.py [MEGABYTES]
"""

from __future__ import annotations

import random
import sys
import time
import tracemalloc
from collections.abc import Iterator

from mcp_selfcheck.explain import explain, explain_chunks

WORDS = [
    "cache",
    "worker",
    "request",
    "queue",
    "batch",
    "index",
    "shard",
    "commit",
    "lease",
    "token",
    "header",
    "session",
    "client",
    "server",
    "tool",
    "result",
    "page",
]


def healthy(megabytes: int) -> Iterator[bytes]:
    """A service log in which nothing is wrong, every line different."""
    rng = random.Random(7)
    size = 0
    while size < megabytes << 20:
        lines = []
        for _ in range(2000):
            said = " ".join(rng.choices(WORDS, k=9))
            lines.append(
                f"2026-03-12T06:{rng.randrange(60):02}:{rng.randrange(60):02}Z INFO [{rng.randrange(1 << 30):x}] {said} in {rng.randrange(999)}ms"
            )
        chunk = ("\n".join(lines) + "\n").encode()
        size += len(chunk)
        yield chunk


def failing(megabytes: int) -> Iterator[bytes]:
    """Every fourth line an error, with different names and numbers."""
    rng = random.Random(11)
    errors = (
        "Error: connect ECONNREFUSED 127.0.0.1:{}", "ModuleNotFoundError: No module named 'm{}'", "HTTP 502 Bad Gateway {}",
        "Error: listen EADDRINUSE: address already in use :::{}", "McpError: MCP error -32001: Request timed out {}",
    )  # fmt: skip
    for chunk in healthy(megabytes):
        lines = chunk.decode().split("\n")
        for i in range(0, len(lines), 4):
            lines[i] = rng.choice(errors).format(rng.randrange(60000))
        yield "\n".join(lines).encode()


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    explain("warm up: spawn npx ENOENT")
    for make in (healthy, failing):
        chunks = list(make(megabytes))
        if make is healthy:
            chunks[len(chunks) // 2] += b"Error: listen EADDRINUSE: address already in use 127.0.0.1:3000\n"
        size = sum(map(len, chunks)) / (1 << 20)
        begun = time.perf_counter()
        found = explain_chunks(chunks)
        took = time.perf_counter() - begun
        codes = [c.code for c in found.candidates][:3]
        print(f"{make.__name__:8} {size:5.0f} MB in {took:5.2f} s = {size / took:5.0f} MB/s  {codes}")
        del chunks
    tracemalloc.start()
    explain_chunks(failing(megabytes))
    print(f"peak beside the input: {tracemalloc.get_traced_memory()[1] / (1 << 20):.1f} MB")
    tracemalloc.stop()
    text = "2026-03-12T06:25:03Z [files] [error] spawn npx ENOENT\nServer disconnected."
    begun = time.perf_counter()
    for _ in range(50):
        explain(text)
    print(f"short text: {(time.perf_counter() - begun) * 20:.1f} ms")


if __name__ == "__main__":
    main()
