"""The three examples are broken exactly as their README says."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab import end

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
WANT = {"notes": "stdio-stdout-pollution", "weather": "launch-env-missing", "calendar": "tcp-wrong-port"}


def taken(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_examples_are_diagnosed_as_their_readme_says(tmp_path: Path) -> None:
    if taken(8123) or taken(8124):
        pytest.skip("port 8123 or 8124 is in use on this machine")
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    calendar = subprocess.Popen(
        [sys.executable, "wrong_port/server.py"],
        cwd=EXAMPLES,
        env=env,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(200):
            if taken(8123):
                break
            time.sleep(0.05)
        done = subprocess.run(
            [sys.executable, "-m", "mcp_selfcheck", "diagnose", "--config", "mcp.json", "--json"],
            cwd=EXAMPLES, env=env, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    finally:
        end(calendar)
    servers = {s["name"]: s for s in json.loads(done.stdout)["servers"]}
    assert {n: s["findings"][0]["code"] for n, s in servers.items()} == WANT
    readme = (EXAMPLES / "README.md").read_text()
    assert all(f"`{code}`" in readme for code in WANT.values())
    assert "8123" in json.dumps(servers["calendar"]["findings"][0])
