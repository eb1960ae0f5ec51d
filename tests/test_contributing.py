"""CONTRIBUTING's steps for a new cause work as they stand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_a_cause_is_added_with_one_entry_and_one_case(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    blocks = re.findall(r"<!-- (?:cause|case): (\S+) -->\n```python\n(.*?)```", text, re.S)
    assert len(blocks) == 2
    for part in ("src", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".lab").symlink_to(ROOT / ".lab")
    for name, code in blocks:
        target = tmp_path / name
        assert not target.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(code)
    env = {
        "PYTHONPATH": f"{tmp_path / 'src'}:{tmp_path}",
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.table", "floppy"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 cases as wanted" in done.stdout
    listed = subprocess.run(
        [sys.executable, "-m", "mcp_selfcheck", "causes", "--json"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
    )
    assert "launch-floppy-missing" in {c["code"] for c in json.loads(listed.stdout)["causes"]}
