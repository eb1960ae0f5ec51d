"""System calls that fail, on the quick commands; `make torture` does it for all of them, with every error."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.torture import ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="the runs are forks")
def test_no_failing_call_ends_in_a_traceback() -> None:
    """In a process of its own: the runs are forks of one that has read everything and has no other thread."""
    argv = [sys.executable, "-m", "tests.torture", "--first", "list", "explain", "log", "gone"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    total = next(x.split() for x in done.stdout.splitlines() if x.startswith("sum"))
    assert total[2] == total[3] and int(total[1]) > 80, json.dumps(total)
