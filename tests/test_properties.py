"""No input ends the program: every reader of foreign bytes, on generated ones. The targets are those of fuzz/.

The profile `nightly` (HYPOTHESIS_PROFILE=nightly, `make nightly`) makes 10,000 examples of each property.
"""

from __future__ import annotations

import json
import os

import pytest
from fuzz.drive import SEEDS, WORDS, drive
from fuzz.targets import TARGETS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mcp_selfcheck import guard

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
EVERY = settings(
    max_examples=10_000 if NIGHTLY else 40, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if NIGHTLY else [Phase.generate],
)  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["command", "args", "env", "url", "headers", "type", "cwd", "mcpServers", "servers", "inputs", "timeout",
                         "disabled", "transport", "oauth", "envFile", "a", ""]) | st.text(max_size=8), inner, max_size=5),
    max_leaves=15,
)  # fmt: skip
CONFIG = st.builds(
    lambda root, entries: json.dumps({root: entries}).encode(),
    st.sampled_from(["mcpServers", "servers", "context_servers", "mcp_servers", "mcp", "extensions"]),
    JSON | st.dictionaries(st.text(max_size=10), JSON, max_size=3),
)
BYTES = st.one_of(
    st.binary(max_size=300),
    CONFIG,
    st.lists(st.sampled_from([*SEEDS, *WORDS]) | st.binary(max_size=8), max_size=12).map(b"".join),
    JSON.map(lambda v: json.dumps(v).encode()),
    st.text(max_size=200).map(lambda s: s.encode("utf-8", "surrogatepass")),
)
ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str), st.integers(0, 2**32 - 1).map(str),
    st.integers(0, 2**32 - 1).map(hex), st.ip_addresses(v=4).map(lambda a: f"64:ff9b::{a}"),
    st.ip_addresses(v=4).map(lambda a: f"::ffff:{a}"), st.ip_addresses(v=4).map(lambda a: f"2002:{int(a) >> 16:x}:{int(a) & 65535:x}::1"),
    st.sampled_from(["169.254.169.254", "10.0.0.1", "127.1", "0", "fec0::1", "::", "224.0.0.1", "100.64.0.1", "fd00:ec2::254"]),
).map(str.encode)  # fmt: skip


@pytest.mark.parametrize("name", [n for n in TARGETS if n != "address"])
def test_no_bytes_end_a_reader(name: str) -> None:
    EVERY(given(BYTES)(TARGETS[name]))()


def test_no_spelling_of_an_address_passes_the_guard() -> None:
    settings(EVERY, max_examples=10_000 if NIGHTLY else 400)(given(ADDRESSES | BYTES)(TARGETS["address"]))()


@settings(EVERY, max_examples=10_000 if NIGHTLY else 200)
@given(st.ip_addresses())
def test_embedded_addresses_are_judged_by_what_they_carry(address: object) -> None:
    kind, word = guard.classify(address)  # type: ignore[arg-type]
    assert kind in ("global", "private", "loopback", "forbidden") and word


@pytest.mark.parametrize("name", TARGETS)
def test_changed_seeds(name: str) -> None:
    """A short run of the driver that `make fuzz` runs for longer, always with the same inputs."""
    tried, failed = drive(name, seconds=20, seed=7, count=400 if NIGHTLY else 40)
    assert not failed, failed[:2]
    assert tried > 20
