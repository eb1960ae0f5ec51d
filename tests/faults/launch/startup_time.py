"""Servers that start in the end, but not for this client."""

from __future__ import annotations

import json
from typing import Any

from tests.lab import Lab, World, fault, healthy
from tests.packages import PY_SERVER


def _slow(lab: Lab, seconds: float, *, only_first: bool = False) -> str:
    mark = lab.tmp / "prepared"
    once = f"if not __import__('os').path.exists({str(mark)!r}):\n    time.sleep({seconds})\n    open({str(mark)!r}, 'w').close()\n"
    wait = once if only_first else f"time.sleep({seconds})\n"
    return lab.write("server.py", f"import time\n{wait}{PY_SERVER}main()\n")


def _codex(lab: Lab, script: str, limit: float) -> World:
    config = lab.home / ".codex" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        f'[mcp_servers.sick]\ncommand = "{lab.python}"\nargs = [{json.dumps(script)}]\nstartup_timeout_sec = {limit}\n'
    )
    return World(config=config, client="codex")


@fault("launch-slow-start")
def later_than_the_limit_of_the_entry(lab: Lab) -> World:
    lab.must_show("2 s", "startup_timeout_sec")
    return _codex(lab, _slow(lab, 3), 2)


@fault("launch-slow-start")
def slow_only_the_first_time(lab: Lab) -> World:
    lab.must_show("2 s", "second start was in time")
    return _codex(lab, _slow(lab, 3.5, only_first=True), 2)


@fault("launch-slow-start")
def still_at_work_when_the_time_is_over(lab: Lab) -> World:
    code = (
        "import time\nend = time.monotonic() + 40\nwhile time.monotonic() < end:\n    pass\n" + PY_SERVER + "main()\n"
    )
    lab.must_show("3 s", "startup_timeout_sec")
    return _codex(lab, lab.write("server.py", code), 3)


@healthy()
def slow_but_inside_every_limit(lab: Lab) -> dict[str, Any]:
    return lab.stdio(lab.python, _slow(lab, 6))


@fault("launch-start-race")
def two_starts_fill_one_folder(lab: Lab) -> dict[str, Any]:
    """What npx does when a second npx fills the same folder: the first one dies, the next start works."""
    code = (
        "import os, shutil, sys\nif os.path.exists('new'):\n    try:\n        os.rename('new', 'cache')\n"
        "    except OSError as e:\n        shutil.rmtree('cache')\n"
        "        sys.exit(f'npm error code ENOTEMPTY\\nnpm error ENOTEMPTY: {e}')\n"
    )
    script = lab.write("server.py", code + PY_SERVER + "main()\n")
    lab.write("cache/left-by-the-other", "")
    (lab.tmp / "new").mkdir()
    lab.must_show("ENOTEMPTY")
    return lab.stdio(lab.python, script, cwd=str(lab.tmp))
