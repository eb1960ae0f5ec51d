"""The MCP face, spoken to over real pipes: both eras, every opening order, and an end that leaves nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp_selfcheck import wire
from mcp_selfcheck.demo import SERVERS

TOOLS = ["list_servers", "diagnose", "explain_error", "read_log", "check_port", "check_proxy", "probe_health"]


class Host:
    """A host program: writes lines, reads answers by id."""

    def __init__(self, home: Path, **env: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mcp_selfcheck", "serve"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": str(home), **env}, cwd=home,
        )  # fmt: skip

    def send(self, *lines: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(b"".join(line + b"\n" for line in lines))
        self.process.stdin.flush()

    def answers(self, count: int) -> dict[Any, dict[str, Any]]:
        """The next `count` answers by id; notifications in between are kept under "notes"."""
        found: dict[Any, dict[str, Any]] = {}
        assert self.process.stdout
        while len([k for k in found if k != "notes"]) < count:
            line = self.process.stdout.readline()
            assert line, self.process.stderr and self.process.stderr.read().decode()[-2000:]
            message = json.loads(line)
            if "id" in message:
                found[message["id"]] = message
            else:
                found.setdefault("notes", {}).setdefault("all", []).append(message)
        return found

    def call(self, number: int, tool: str, **arguments: Any) -> dict[str, Any]:
        params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": number}}
        self.send(wire.request(number, "tools/call", params))
        return self.answers(1)[number]

    def opened(self) -> Host:
        self.send(wire.initialize(0), wire.notification("notifications/initialized"))
        self.answers(1)
        return self

    def end(self) -> float:
        assert self.process.stdin
        begun = time.monotonic()
        self.process.stdin.close()
        self.process.wait(10)
        return time.monotonic() - begun


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / ".config" / "Claude" / "claude_desktop_config.json"
    file.parent.mkdir(parents=True)
    broken = {"command": sys.executable, "args": [str(SERVERS / "needs_key.py")]}
    fine = {"command": sys.executable, "args": [str(SERVERS / "hello.py")]}
    file.write_text(json.dumps({"mcpServers": {"weather": broken, "hello": fine}}, indent=2))
    return tmp_path


@pytest.fixture
def host(home: Path) -> Iterator[Host]:
    made = Host(home)
    yield made
    made.process.kill()
    made.process.wait()
    for pipe in (made.process.stdin, made.process.stdout, made.process.stderr):
        if pipe:
            pipe.close()


def test_discover_then_initialize_on_one_pipe(host: Host) -> None:
    host.send(wire.discover("probe"), wire.initialize(1))
    got = host.answers(2)
    assert wire.MODERN in got["probe"]["result"]["supportedVersions"]
    assert got[1]["result"]["protocolVersion"] == wire.LEGACY
    host.send(wire.notification("notifications/initialized"), wire.request(2, "tools/list"))
    assert [t["name"] for t in host.answers(1)[2]["result"]["tools"]] == TOOLS


def test_initialize_then_discover(host: Host) -> None:
    host.opened().send(wire.discover("late"), wire.request(5, "tools/list"))
    got = host.answers(2)
    assert "result" in got["late"] and "result" in got[5]


def test_modern_client(host: Host) -> None:
    host.send(wire.discover(1), wire.request(2, "tools/list", modern=True))
    got = host.answers(2)
    assert [t["name"] for t in got[2]["result"]["tools"]] == TOOLS


def test_tools_are_described_for_an_agent(host: Host) -> None:
    host.opened().send(wire.request(2, "tools/list"))
    answer = host.answers(1)[2]["result"]
    assert len(json.dumps(answer)) < 24_000
    for tool in answer["tools"]:
        assert tool["title"] and 80 < len(tool["description"]) <= 500, tool["name"]
        hints = tool["annotations"]
        assert {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"} <= set(hints)
        assert hints["destructiveHint"] is False
        assert tool["outputSchema"]["type"] == "object"
        forbidden = {"command", "argv", "args", "env", "path", "file", "cwd", "config"}
        assert not forbidden & set(tool["inputSchema"].get("properties", {})), tool["name"]


def test_two_calls_answer_why_it_refuses(host: Host) -> None:
    host.opened()
    listed = host.call(1, "list_servers")["result"]["structuredContent"]
    assert {s["name"] for s in listed["servers"]} == {"weather", "hello"}
    said = host.call(2, "diagnose", server="weather")["result"]
    report = said["structuredContent"]["servers"][0]
    assert report["verdict"] == "broken" and report["findings"][0]["code"] == "launch-env-missing"
    assert "WEATHER_API_KEY" in said["content"][0]["text"]


def test_progress_while_it_works(host: Host) -> None:
    host.opened()
    host.send(
        wire.request(
            9, "tools/call", {"name": "diagnose", "arguments": {"server": "hello"}, "_meta": {"progressToken": "p"}}
        )
    )
    got = host.answers(1)
    assert got[9]["result"]["structuredContent"]["servers"][0]["verdict"] == "healthy"
    assert [n for n in got["notes"]["all"] if n["method"] == "notifications/progress"]


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("diagnose", {"server": "wether"}, 'Did you mean "weather"'),
        ("diagnose", {"url": "http://169.254.169.254/latest"}, "list_servers"),
        ("diagnose", {"url": "http://example.com/mcp"}, "list_servers"),
        ("check_port", {"port": 80, "host": "example.com"}, "list_servers"),
        ("explain_error", {}, "text"),
        ("read_log", {"server": "nobody"}, "list_servers"),
    ],
)
def test_errors_say_what_to_call_next(host: Host, tool: str, arguments: dict[str, Any], words: str) -> None:
    result = host.opened().call(3, tool, **arguments)["result"]
    assert result["isError"] is True
    assert words in result["content"][0]["text"]


def test_prompts_resources_and_completions(host: Host) -> None:
    host.opened().send(
        wire.request(1, "prompts/list"), wire.request(2, "resources/list"), wire.request(3, "resources/templates/list"),
        wire.request(4, "resources/read", {"uri": "selfcheck://causes/launch-env-missing"}),
        wire.request(5, "completion/complete", {"ref": {"type": "ref/prompt", "name": "why_refused"}, "argument": {"name": "server", "value": "we"}}),
        wire.request(6, "prompts/get", {"name": "why_refused", "arguments": {"server": "weather"}}),
        wire.request(7, "resources/read", {"uri": "selfcheck://servers"}),
    )  # fmt: skip
    got = host.answers(7)
    assert {p["name"] for p in got[1]["result"]["prompts"]} == {"why_refused", "explain_error", "check_setup"}
    fixed = {r["uri"] for r in got[2]["result"]["resources"]}
    templates = {r["uriTemplate"] for r in got[3]["result"]["resourceTemplates"]}
    assert fixed == {"selfcheck://causes", "selfcheck://servers"}
    assert templates == {"selfcheck://causes/{code}", "selfcheck://report/{server}"}
    assert "launch-env-missing" in got[4]["result"]["contents"][0]["text"]
    assert got[5]["result"]["completion"]["values"] == ["weather"]
    assert "weather" in got[6]["result"]["messages"][0]["content"]["text"]
    assert "hello" in got[7]["result"]["contents"][0]["text"]


def test_closed_stdin_ends_it_within_a_second(host: Host) -> None:
    host.opened()
    assert host.end() < 1.0
    assert host.process.returncode == 0


def test_closed_stdin_in_the_middle_of_a_diagnosis_leaves_nothing(home: Path) -> None:
    file = home / ".config" / "Claude" / "claude_desktop_config.json"
    marker = f"selfcheck-{os.getpid()}-{time.time_ns()}"
    sleeper = {"command": sys.executable, "args": ["-c", f"import time; marker = '{marker}'; time.sleep(300)"]}
    file.write_text(json.dumps({"mcpServers": {"sleeper": sleeper}}))
    host = Host(home).opened()
    host.send(wire.request(1, "tools/call", {"name": "diagnose", "arguments": {"server": "sleeper"}}))
    assert asyncio.run(appears(marker, 10)), "the sleeper was never started"
    assert host.end() < 1.5
    assert asyncio.run(disappears(marker, 3)), "the diagnosed server outlived us"
    for pipe in (host.process.stdout, host.process.stderr):
        if pipe:
            pipe.close()


def running(marker: str) -> bool:
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (proc / "cmdline").read_bytes() and int(proc.name) != os.getpid():
                return True
        except OSError:
            continue
    return False


async def appears(marker: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if running(marker):
            return True
        await asyncio.sleep(0.05)
    return False


async def disappears(marker: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not running(marker):
            return True
        await asyncio.sleep(0.05)
    return False


def test_what_was_asked_before_the_end_of_input_is_answered(host: Host) -> None:
    """A script that pipes its questions in and closes the pipe."""
    host.send(
        wire.initialize(0), wire.notification("notifications/initialized"),
        wire.request(5, "tools/call", {"name": "list_servers", "arguments": {}}),
    )  # fmt: skip
    host.process.stdin.close()  # type: ignore[union-attr]
    assert host.answers(2)[5]["result"]["structuredContent"]["servers"]
    host.process.wait(10)
