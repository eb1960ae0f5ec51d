"""The table of clients: complete, well formed, and each rule as the client itself has it."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from mcp_selfcheck.clients import CLIENTS, UNKNOWN, by_id, desktop_path, environment, expand_place, working_directory
from mcp_selfcheck.clients_running import path_of_running
from mcp_selfcheck.model import Secret, Source, Target

HERE = {"HOME": "/h", "PATH": "/bin", "USER": "me", "LANG": "C", "ACME_KEY": "k", "EDITOR": "vi", "SHELL": "() { x; }",
        "HTTPS_PROXY": "http://me:pw@proxy:1", "TERM": "xterm", "LOGNAME": "me"}  # fmt: skip


def target(client: str, scope: str = "user", file: str = "/h/.x/f.json", cwd: str | None = None, **env: str) -> Target:
    return Target(name="a", client=client, source=Source(file=file, scope=scope), transport="stdio", command="x", cwd=cwd,  # type: ignore[arg-type]
                  env={k: Secret(v) for k, v in env.items()})  # fmt: skip


def test_the_table() -> None:
    assert len(CLIENTS) == 30 and len({c.id for c in CLIENTS}) == 30
    assert by_id("nobody") is UNKNOWN
    for c in CLIENTS:
        assert c.name and c.id == c.id.lower()
        for place in (*c.configs, *c.logs):
            assert "\\" not in place.path and place.systems
        for place in c.configs:
            named = dict.fromkeys(re.findall(r"\{([A-Z_]+)", place.path), "/n")
            assert expand_place(place.path, named, "/h", "/p") is not None


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX lists")
def test_environment_of_each_policy() -> None:
    def env(client: str, **more: str) -> dict[str, str]:
        return environment(by_id(client), target(client, **more), HERE)

    assert env("claude-desktop", A="1") == {
        "HOME": "/h",
        "PATH": "/bin",
        "USER": "me",
        "LOGNAME": "me",
        "TERM": "xterm",
        "A": "1",
    }
    assert "ACME_KEY" in env("claude-code") and "ACME_KEY" not in env("codex")
    assert env("codex")["LANG"] == "C" and env("codex")["SHELL"].startswith("()")
    gemini = env("gemini-cli")
    assert (
        "ACME_KEY" not in gemini
        and "HTTPS_PROXY" not in gemini
        and gemini["EDITOR"] == "vi"
        and gemini["GEMINI_CLI"] == "1"
    )
    assert env("goose", PATH="/x", PYTHONPATH="/y", OWN="1")["PATH"] == "/bin"
    assert "PYTHONPATH" not in env("goose", PYTHONPATH="/y") and env("goose", OWN="1")["OWN"] == "1"
    assert env("amazon-q", EDITOR="other")["EDITOR"] == "vi"
    assert env("vscode", PATH="/x")["PATH"] == "/bin:/x"
    assert env("claude-code", PATH="/x")["PATH"] == "/x"
    assert env("claude-code")["CLAUDE_PROJECT_DIR"] == os.path.realpath(".")
    assert env("cursor")["ACME_KEY"] == "k"  # nobody knows its rule: nothing is claimed to be missing


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX paths")
def test_working_directory() -> None:
    def cwd(client: str, **more: str) -> str | None:
        return working_directory(by_id(client), target(client, **more), HERE)

    assert cwd("claude-desktop") == "/" and cwd("claude-desktop", cwd="/srv") == "/"
    assert cwd("claude-code") is None
    assert cwd("claude-code", scope="project", file="/p/.mcp.json") == "/p"
    assert cwd("vscode", scope="project", file="/p/.vscode/mcp.json") == "/p"
    assert cwd("vscode", scope="project", file="/p/.vscode/mcp.json", cwd="sub") == "/p/sub"
    assert cwd("unknown", cwd="/srv") == "/srv"


def test_places() -> None:
    assert expand_place("{XDG_CONFIG}/x", {}, "/h") == "/h/.config/x"
    assert expand_place("{XDG_CONFIG}/x", {"XDG_CONFIG_HOME": "/c"}, "/h") == "/c/x"
    assert expand_place("{CODEX_HOME|~/.codex}/config.toml", {}, "/h") == "/h/.codex/config.toml"
    assert expand_place("{OPENCODE_CONFIG|}", {}, "/h") is None
    assert expand_place("{APPDATA}/x", {}, "/h") is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
def test_path_of_a_running_client(tmp_path: Path) -> None:
    proc = tmp_path / "77"
    proc.mkdir()
    (proc / "comm").write_text("claude-desktop\n")
    (proc / "environ").write_bytes(b"A=1\0PATH=/from/the/desktop\0")
    (tmp_path / "78").mkdir()
    assert path_of_running(by_id("claude-desktop"), str(tmp_path)) == "/from/the/desktop"
    assert path_of_running(by_id("cursor"), str(tmp_path)) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a login shell of Linux")
def test_desktop_path(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("PATH=/from/profile:$PATH\n")
    (tmp_path / ".bashrc").write_text("PATH=/from/bashrc:$PATH\n")
    path = asyncio.run(desktop_path({"HOME": str(tmp_path), "SHELL": "/bin/sh", "USER": os.environ.get("USER", "x")}))
    assert path and "/from/profile" in path and "/from/bashrc" not in path
    assert asyncio.run(desktop_path({"HOME": str(tmp_path), "SHELL": "/no/such/shell"})) is None
