"""Servers that are broken on purpose, started from this package and diagnosed: no network, nothing but this Python."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVERS = Path(__file__).with_name("demo_servers")


@dataclass(frozen=True)
class Exhibit:
    """One server of the demo: what is wrong with it in words, and the cause that must be found (None: healthy)."""

    name: str
    story: str
    code: str | None
    entry: dict[str, Any]


def _background(*argv: str) -> tuple[subprocess.Popen[str], int]:
    """Starts a bundled server that prints its port as its first line."""
    process = subprocess.Popen(
        [sys.executable, "-I", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def _stdio(script: str, *args: str, **env: str) -> dict[str, Any]:
    return {"command": sys.executable, "args": [str(SERVERS / script), *args], **({"env": env} if env else {})}


@contextlib.contextmanager
def exhibits() -> Iterator[list[Exhibit]]:
    """Starts what must run in the background, and ends it again, by pid."""
    with contextlib.ExitStack() as stack:
        web, web_port = _background(str(SERVERS / "web_page.py"))
        moved, moved_port = _background(str(SERVERS / "calendar_server.py"))
        for process in (web, moved):
            stack.callback(_end, process)
        quiet = _free_port()
        yield [
            Exhibit("notes", "a URL with nobody at home", "tcp-nothing-listening",
                    {"type": "http", "url": f"http://127.0.0.1:{quiet}/mcp"}),
            Exhibit("calendar", "the server runs, but the URL names another port", "tcp-wrong-port",
                    {"type": "http", "url": f"http://127.0.0.1:{moved_port + 1 if moved_port < 65535 else moved_port - 1}/mcp"}),
            Exhibit("greeter", "prints a greeting on stdout, where only protocol messages may stand",
                    "stdio-stdout-pollution", _stdio("banner.py")),
            Exhibit("forecast", "imports a module that is not installed", "launch-module-missing",
                    _stdio("import_error.py")),
            Exhibit("weather", "needs an API key that nobody gave it", "launch-env-missing",
                    _stdio("needs_key.py")),
            Exhibit("tickets", "the script is not where the entry says", "launch-path-missing",
                    _stdio("tickets_server.py")),
            Exhibit("photos", "something else answers on that port", "tcp-foreign-service",
                    {"type": "http", "url": f"http://127.0.0.1:{web_port}/mcp"}),
            Exhibit("hello", "nothing is wrong here", None, _stdio("hello.py")),
        ]  # fmt: skip


def _free_port() -> int:
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextlib.contextmanager
def config() -> Iterator[tuple[Path, list[Exhibit]]]:
    """A config file with all exhibits, in a directory that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="mcp-selfcheck-demo-") as place, exhibits() as shown:
        file = Path(place) / "mcp.json"
        file.write_text(json.dumps({"mcpServers": {e.name: e.entry for e in shown}}, indent=2))
        yield file, shown


def run(write: Any, style: Any) -> int:
    """Runs the demo. 0 when every exhibit was diagnosed as announced, 1 when not."""
    import asyncio

    from . import checkup
    from .discover import from_file
    from .render import text

    begun = time.monotonic()
    with config() as (file, shown):
        write(f"Starting {len(shown)} servers, {sum(1 for e in shown if e.code)} of them broken on purpose …\n\n")
        reports = asyncio.run(checkup.checkup(from_file(file), timeout=15))
    by_name = {r.name: r for r in reports}
    wrong = 0
    for e in shown:
        r = by_name[e.name]
        got = r.findings[0].code if r.findings else None
        wrong += got != e.code or r.verdict != ("broken" if e.code else "healthy")
        write(f"{style.paint('dim', f'— {e.story} —')}\n{text.report(r, style)}\n\n")
    write(
        f"{text.summary(reports)}, all diagnosed at once in {time.monotonic() - begun:.1f} s. Nothing was left running.\n"
    )
    if wrong:
        write(f"{wrong} of them were not diagnosed as announced: that is a fault of mcp-selfcheck.\n")
    else:
        write("Now yours: `mcp-selfcheck list`, then `mcp-selfcheck diagnose NAME`.\n")
    return 1 if wrong else 0
