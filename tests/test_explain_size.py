"""Logs of any size in bounded memory, and text made to blow up a regular expression."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

from mcp_selfcheck import causes, explain
from mcp_selfcheck.explain import explain_chunks
from mcp_selfcheck.reading_patterns import BOUND, literals, prepared


def codes(text: str | bytes) -> list[str]:
    return [c.code for c in explain(text).candidates]


# --- size -----------------------------------------------------------------------------------------------------------


def _log(megabytes: int, middle: bytes = b"", last: bytes = b"") -> Iterator[bytes]:
    line = b"2026-03-12T06:25:%02dZ INFO [%06x] batch %d of the index committed in %d ms, cache warm, worker idle\n"
    per = 4000
    blocks = megabytes * (1 << 20) // (per * 100) + 1
    for block in range(blocks):
        if block == blocks // 2:
            yield middle
        yield b"".join(line % (i % 60, block * per + i, i, i % 997) for i in range(per))
    yield last


def test_a_failure_inside_a_large_log_is_found() -> None:
    found = explain_chunks(_log(12, middle=b"Error: listen EADDRINUSE: address already in use 127.0.0.1:3000\n"))
    assert "tcp-port-in-use-stale" in [c.code for c in found.candidates][:2]


def test_of_two_failures_in_a_large_log_the_newest_is_first() -> None:
    start = b"2026-03-12T06:25:03Z [a] [info] Initializing server...\n"
    middle = start + b"ModuleNotFoundError: No module named 'pandas'\n"
    last = start + b"Error: listen EADDRINUSE: address already in use 127.0.0.1:3000\n"
    found = explain_chunks(_log(6, middle=middle, last=last))
    assert found.candidates[0].layer == "tcp"


def test_memory_does_not_grow_with_the_log() -> None:
    explain("spawn npx ENOENT")
    tracemalloc.start()
    explain_chunks(_log(4))
    small = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    explain_chunks(_log(24))
    large = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert large < small + (4 << 20)
    assert large < 24 << 20


def test_repeats_are_folded() -> None:
    noise = "Error: connect ECONNREFUSED 127.0.0.1:3000\n" * 5000
    found = explain("ModuleNotFoundError: No module named 'pandas'\n" + noise)
    assert {"launch-module-missing", "tcp-nothing-listening"} <= {c.code for c in found.candidates}


def test_a_log_in_utf_16_of_any_size() -> None:
    raw = ("nothing to see here, all is well\n" * 9000 + "ModuleNotFoundError: No module named 'pandas'\n").encode(
        "utf-16"
    )
    assert "launch-module-missing" in codes(raw)


# --- hostile text ---------------------------------------------------------------------------------------------------


def _unbounded(tree: Any) -> bool:
    """Whether a parsed pattern holds a repetition without limit, at any depth."""
    for op, value in tree:
        name = str(op)
        if "REPEAT" in name:
            if value[1] > BOUND * 30:
                return True
            if _unbounded(value[2]):
                return True
        elif name == "SUBPATTERN":
            if _unbounded(value[-1]):
                return True
        elif name == "BRANCH":
            if any(_unbounded(branch) for branch in value[1]):
                return True
        elif name.startswith("ASSERT") and _unbounded(value[1]):
            return True
    return False


def _widest(tree: Any) -> int:
    """How many ways repetitions inside repetitions can multiply: the product of nested limits, the largest of a sequence."""
    best = 1
    for op, value in tree:
        name = str(op)
        if "REPEAT" in name:
            best = max(best, int(value[1]) * _widest(value[2]))
        elif name == "SUBPATTERN":
            best = max(best, _widest(value[-1]))
        elif name == "BRANCH":
            best = max(best, *(_widest(branch) for branch in value[1]))
    return best


def test_no_signature_can_repeat_without_limit() -> None:
    """Work is bounded by count: no unlimited repetition, and no nest of repetitions beyond a line's worth."""
    import re._parser as parser  # the standard library's own view of a pattern

    for cause in causes.load():
        for says in cause.says:
            for pattern in (says.pattern, says.needs, says.unless):
                if pattern:
                    tree = parser.parse(prepared(pattern))
                    assert not _unbounded(tree), pattern
                    assert _widest(tree) <= BOUND * BOUND * 15, pattern


def test_a_text_made_of_all_literals_costs_little() -> None:
    """Every literal of every signature again and again in one line, without the ends that would let one match."""
    pieces = sorted({w for c in causes.load() for s in c.says for w in literals(s.pattern)})
    hostile = [
        "".join(p * 40 for p in pieces)[:90_000],
        " ".join(pieces)[:90_000],
        "a" * 90_000,
        "(" * 90_000,
        "'\"" * 45_000,
        "C:\\" * 30_000,
        "at /" * 20_000,
    ]
    begun = time.process_time()
    for text in hostile:
        explain(text)
    assert time.process_time() - begun < 60
