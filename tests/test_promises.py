"""What is promised in words has tests that exist, and what a release consists of is written down."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab import PROGRAM, ROOT

TESTS = ROOT / "tests"
NAMED = re.compile(r"`(test_\w+\.py)(?:::(\w+))?`")


def rows(file: str) -> list[list[str]]:
    """The rows of the tables in a document, without headings and rulers."""
    lines = (ROOT / file).read_text("utf-8").splitlines()
    found = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [r for r in found if not set(r[0]) <= set("-: ") and r[0] not in ("#", "promise", "line")]


@pytest.mark.parametrize("file", ["SECURITY.md", "docs/threat-model.md"])
def test_every_named_test_exists(file: str) -> None:
    for row in rows(file):
        named = NAMED.findall(row[-1])
        assert named, f"no test is named: {row[0]}"
        for name, function in named:
            assert (TESTS / name).is_file(), name
            body = ast.parse((TESTS / name).read_text("utf-8")).body
            assert not function or function in {n.name for n in body if isinstance(n, ast.FunctionDef)}, (
                name,
                function,
            )


def test_every_threat_and_every_line_has_its_row() -> None:
    assert [r[0] for r in rows("docs/threat-model.md")] == [f"T{n}" for n in range(1, 25)]
    assert all(NAMED.findall(r[-1])[0][1] for r in rows("docs/threat-model.md")), "a threat names functions, not files"
    lines = re.findall(r"^(\d+)\. ", (ROOT / "README.md").read_text("utf-8").partition("## What it reads")[2], re.M)
    held = [r[0].split()[0] for r in rows("SECURITY.md") if re.match(r"\d+ \w+$", r[0])]
    assert lines == held == [str(n) for n in range(1, 11)]


def test_what_a_release_installs_is_written_down() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "supply" / "lock.py", "--check"], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^dependencies = \[(.*)\]$", project, re.M)
    assert listed and len(listed[1].split(",")) <= 8
    bill: dict[str, Any] = json.loads((ROOT / "supply" / "sbom.cdx.json").read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    refs = [c["bom-ref"] for c in bill["components"]]
    known = {bill["metadata"]["component"]["bom-ref"], *refs}
    assert len(refs) == len(set(refs)) and {d["ref"] for d in bill["dependencies"]} == known
    assert all(set(d["dependsOn"]) <= known for d in bill["dependencies"])
    reached, waiting = set[str](), [bill["metadata"]["component"]["bom-ref"]]
    needs = {d["ref"]: d["dependsOn"] for d in bill["dependencies"]}
    while waiting:
        now = waiting.pop()
        waiting += [r for r in needs[now] if r not in reached]
        reached.add(now)
    assert reached == known, "components that nobody needs"


def test_an_incomplete_list_is_seen(tmp_path: Path) -> None:
    """The check can fail: a hash, a dependency, or a version taken away is told."""
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "supply").mkdir()
    for name in ("lock.py", "requirements.txt", "build.txt", "sbom.cdx.json"):
        (tmp_path / "supply" / name).write_text((ROOT / "supply" / name).read_text())
    whole = (tmp_path / "supply" / "requirements.txt").read_text()

    def said() -> str:
        argv = [sys.executable, str(tmp_path / "supply" / "lock.py"), "--check"]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout

    assert said() == "complete\n"
    for old, new, words in (
        (r"psutil==\S+ \\\n(?:    --hash=\S+ ?\\?\n)+", "", "psutil is a dependency"),
        (r"(psutil==\S+) \\\n(?:    --hash=\S+ ?\\?\n)+", r"\1\n", "psutil has no hash"),
        (r"psutil==\S+", "psutil==0.0.1", "psutil is 0.0.1 here"),
    ):
        changed = re.sub(old, new, whole)
        assert changed != whole
        (tmp_path / "supply" / "requirements.txt").write_text(changed)
        assert words in said(), words


def test_the_workflows_hold_no_more_rights_than_they_need() -> None:
    ci, release = (yaml.safe_load((ROOT / ".github" / "workflows" / f).read_text()) for f in ("ci.yml", "release.yml"))
    assert ci["permissions"] == {"contents": "read"} and release["permissions"] == {}
    assert (
        release["jobs"]["publish"]["permissions"] == {"id-token": "write"}
        and "environment" in release["jobs"]["publish"]
    )
    assert set(ci[True]) == {"push", "pull_request", "schedule"} and set(release[True]) == {
        "push"
    }  # YAML 1.1 reads on: as true
    steps = [s for w in (ci, release) for job in w["jobs"].values() for s in job["steps"]]
    assert all(re.search(r"@(v\d|release/v\d|[0-9a-f]{40})", s["uses"]) for s in steps if "uses" in s)
    assert any(s.get("run") == ".ci/run" for s in steps)
    assert not [s for s in steps if "secrets." in json.dumps(s) or "${{ github.event" in json.dumps(s)]
    assert any("attest" in s.get("uses", "") for s in steps)


def test_a_client_that_dies_takes_us_along(tmp_path: Path) -> None:
    """Its end of our stdin stays open in another process: only the change of the parent tells."""
    read, write = os.pipe()
    code = (
        f"import os, subprocess, sys, time\np = subprocess.Popen([sys.executable, '-c', {PROGRAM!r}, 'serve'], stdin={read})\n"
        "print(p.pid, flush=True); time.sleep(60)\n"
    )
    client = subprocess.Popen([sys.executable, "-c", code], pass_fds=(read,), stdout=subprocess.PIPE, cwd=tmp_path)
    assert client.stdout is not None
    ours = int(client.stdout.readline())
    os.close(read)
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and not _serving(ours):
        time.sleep(0.1)
    client.kill()
    deadline = time.monotonic() + 15
    client.wait()
    client.stdout.close()
    while _alive(ours) and time.monotonic() < deadline:
        time.sleep(0.1)
    alive = _alive(ours)
    os.close(write)
    assert not alive


def _serving(pid: int) -> bool:
    """Whether the thread that watches the parent runs: it begins after the SDK was loaded."""
    return len(list(Path(f"/proc/{pid}/task").iterdir())) > 1


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
