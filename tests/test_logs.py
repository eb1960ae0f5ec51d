"""A server's own lines in each client's log: found, cut to the last start, explained, and nothing secret in them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcp_selfcheck import checkup, logs
from mcp_selfcheck.model import Target

CLAUDE = ".config/Claude/claude_desktop_config.json"
CLAUDE_LOG = ".config/Claude/logs/mcp-server-{}.log"
CODE = {".config/Code/User/mcp.json": {"servers": {"sick": {"command": "python3", "args": ["/srv/s.py"]}}}}
CODE_LOG = ".config/Code/logs/20260724T020300/window1/mcpServer.mcp.config.usrlocal.sick.log"
CURSOR_LOG = ".config/Cursor/logs/20260702T024608/mcp-server-user-{}.log"
CACHE = ".cache/claude-cli-nodejs/-home-me-proj/mcp-logs-sick/{}.jsonl"
MISSING = "ModuleNotFoundError: No module named 'acme_tools'"
OTHER = "npm error 404 Not Found - GET https://registry.example/left"


def config(name: str = "sick", **more: Any) -> dict[str, Any]:
    return {"mcpServers": {name: {"command": "python3", "args": ["/srv/s.py"], **more}}}


def start(day: int, name: str, *said: str) -> str:
    """One start as Claude Desktop writes it; its word for a start that failed is the same as for one that did not."""
    t = f"2026-11-{day:02}T08:00:00"
    head = [
        f"{t}.103Z [{name}] [info] Initializing server... {{ metadata: undefined }}",
        f"{t}.120Z [{name}] [info] Using MCP server command: python3 with args and path: {{",
        "  metadata: { args: ['/srv/s.py'], paths: ['/usr/local/bin','/usr/bin','/bin'] } } %o",
        f"{t}.220Z [{name}] [info] Server started and connected successfully {{ metadata: undefined }}",
    ]
    return "\n".join([*head, *said]) + "\n"


def answer(day: int, name: str) -> str:
    return f'2026-11-{day:02}T08:00:01.000Z [{name}] [info] Message from server: {{"jsonrpc":"2.0","id":0,"result":{{}}}} {{ metadata: undefined }}'


def jsonl(*records: dict[str, str]) -> str:
    return "".join(
        json.dumps(r | {"timestamp": "2026-11-20T21:51:32.510Z", "sessionId": "3fa8"}) + "\n" for r in records
    )


OPENED = {"debug": "Starting connection with timeout of 30000ms"}
CLOSED = {"error": "Connection failed (CONNECTION_CLOSED): Connection closed"}


def database(file: Path) -> None:
    with sqlite3.connect(file) as base:
        base.execute(
            "CREATE TABLE logs (id INTEGER PRIMARY KEY, ts INTEGER, ts_nanos INTEGER, level TEXT, target TEXT, feedback_log_body TEXT)"
        )
        rows = [
            ("codex_rmcp_client::stdio_server_launcher", f"MCP server stderr (node): {OTHER}"),
            ("codex_rmcp_client::stdio_server_launcher", f"MCP server stderr (python3): {MISSING}"),
            (
                "codex_mcp::rmcp_client",
                'MCP server startup failed server_name="sick" error=connection closed: initialize response',
            ),
            ("codex_mcp::rmcp_client", 'MCP server startup failed server_name="other" error=No such file or directory'),
        ]
        base.executemany(
            "INSERT INTO logs (ts, ts_nanos, level, target, feedback_log_body) VALUES (1795211951, 0, 'INFO', ?, ?)",
            rows,
        )


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., logs.LogAnswer]:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def read(files: dict[str, Any], name: str = "sick") -> logs.LogAnswer:
        for age, (file, content) in enumerate(files.items()):
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if callable(content):
                content(path)
            else:
                text = content if isinstance(content, str | bytes) else json.dumps(content)
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
            os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))
        chosen: list[Target] = [t for t in checkup.everything() if t.name == name]
        assert chosen
        return logs.read_log(chosen)

    return read


# files, the server's name: the last of them says that a module is missing, and what others said is not in the answer
FOUND: dict[str, tuple[dict[str, Any], str]] = {
    "the last start": ({CLAUDE: config(), CLAUDE_LOG.format("sick"): start(1, "sick", OTHER) + start(2, "sick", MISSING)}, "sick"),
    "a shared log": (
        {CLAUDE: config("mail"), ".config/Claude/logs/mcp.log": start(1, "gmail", OTHER) + start(2, "mail", MISSING) + start(3, "gmail", OTHER + " mail")}, "mail"),
    "its own log before a fresh shared one": (
        {CLAUDE: config(), CLAUDE_LOG.format("sick"): start(1, "sick", MISSING), ".config/Claude/logs/mcp.log": start(1, "sick") + start(2, "other", OTHER)}, "sick"),
    "a name with a blank": ({CLAUDE: config("My Server"), CLAUDE_LOG.format("My Server"): start(1, "My Server", MISSING)}, "My Server"),
    "UTF-16": ({CLAUDE: config(), CLAUDE_LOG.format("sick"): b"\xff\xfe" + start(1, "sick", MISSING).encode("utf-16-le")}, "sick"),
    "a Windows code page": ({CLAUDE: config(), CLAUDE_LOG.format("sick"): start(1, "sick", "introuvable: spécifié", MISSING).encode("cp1252")}, "sick"),
    "rotated": ({CLAUDE: config(), CLAUDE_LOG.format("sick") + ".1": start(1, "sick", OTHER) + start(2, "sick"), CLAUDE_LOG.format("sick"): MISSING + "\n"}, "sick"),
    "far from the end": (
        {CLAUDE: config("mail"), ".config/Claude/logs/mcp.log": start(1, "mail", MISSING) + f"2026-11-02T08:00:00.0Z [other] [info] {'x' * 900}\n" * 3000}, "mail"),
    "a line without end": ({CLAUDE: config(), CLAUDE_LOG.format("sick"): start(1, "sick", "y" * 2_000_000, MISSING)}, "sick"),
    "sessions of Claude Code": (
        {".claude.json": config(), CACHE.format("a"): jsonl(OPENED, {"error": f"Server stderr: {OTHER}"}, CLOSED),
         CACHE.format("b"): jsonl(OPENED, {"error": f"Server stderr: Traceback\n{MISSING}\n"}, CLOSED)}, "sick"),
    "a name that ends alike": (
        {".cursor/mcp.json": config("mail"), CURSOR_LOG.format("mail"): f'2026-07-02 02:46:22.0 [info] connecting stdio for "mail" (user-mail)\n2026-07-02 02:46:23.0 [error] {MISSING}\n',
         CURSOR_LOG.format("e-mail"): f"2026-07-02 02:46:22.0 [error] {OTHER}\n"}, "mail"),
    "an older Cursor": (
        {".cursor/mcp.json": config(), ".config/Cursor/logs/20250709T112740/window1/exthost/anysphere.cursor-retrieval/MCP Logs.log":
         f"2025-07-10 10:49:36.6 [error] user-other: {OTHER}\n2025-07-10 10:49:36.7 [error] user-sick: {MISSING}\n"}, "sick"),
    "VS Code in Italian": (
        CODE | {CODE_LOG: f"2026-07-23 02:03:14.0 [info] Avvio del server sick\n2026-07-23 02:03:15.0 [warning] [server stderr] {OTHER}\n"
                f"2026-07-24 02:03:14.0 [info] Avvio del server sick\n2026-07-24 02:03:14.1 [info] Stato connessione: In esecuzione\n"
                f"2026-07-24 02:03:15.0 [warning] [server stderr] {MISSING}\n"}, "sick"),
    "Copilot CLI": (
        {".copilot/mcp-config.json": config(), ".copilot/logs/process-1-2.log":
         f'2026-11-20T22:04:44Z [WARNING] [rust:x] MCP server connection failed {{"server_name":"other","raw_error":"{OTHER}","stderr_detail":""}}\n'
         f'2026-11-20T22:06:45Z [WARNING] [rust:x] MCP server connection failed {{"server_name":"sick","raw_error":"connection closed: discover response","stderr_detail":"Traceback\\n{MISSING}"}}\n'}, "sick"),
    "Codex": ({".codex/config.toml": '[mcp_servers.sick]\ncommand = "python3"\n', ".codex/logs_2.sqlite": database}, "sick"),
    "LM Studio": (
        {".lmstudio/mcp.json": config(), ".lmstudio/server-logs/2026-07/2026-07-31.1.log":
         f"2026-07-31 19:01:13 [ERROR]\n [Plugin(mcp/other)] stderr: {OTHER}\n2026-07-31 19:01:13 [ERROR]\n [Plugin(mcp/sick)] stderr: {MISSING}\n"}, "sick"),
    "Warp": (
        {".warp/.mcp.json": config(), ".local/state/warp-terminal/mcp/0a.log": f"2026-08-01 10:00:00.1 | [info] Spawning MCP server sick\n2026-08-01 10:00:00.2 | [info] MCP [pid: 33] stderr: {MISSING}\n",
         ".local/state/warp-terminal/mcp/0b.log": f"2026-08-02 10:00:00.1 | [info] Spawning MCP server other\n2026-08-02 10:00:00.2 | [info] MCP [pid: 34] stderr: {OTHER}\n"}, "sick"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_found_cut_and_explained(name: str, world: Callable[..., logs.LogAnswer]) -> None:
    answer = world(*FOUND[name])
    assert answer.ok and answer.candidates[0].code == "launch-module-missing", answer.says
    newest = "\n".join(answer.files[0].lines)
    assert MISSING in newest and "npm error" not in newest
    assert any("acme" in line for line in answer.says)


def test_an_answer_is_told_and_nothing_before_it_is_blamed(world: Callable[..., logs.LogAnswer]) -> None:
    text = start(1, "sick", MISSING) + start(2, "sick", answer(2, "sick"))
    found = world({CLAUDE: config(), CLAUDE_LOG.format("sick"): text})
    assert found.candidates == () and any("the server answered" in line for line in found.says)
    assert found.files[0].since == "2026-11-02T08:00:00"
    running = jsonl(
        OPENED, {"error": "Server stderr: running on stdio"}, {"debug": "Connection established with capabilities: {}"}
    )
    assert world({CLAUDE: {}, ".claude.json": config(), CACHE.format("a"): running}).candidates == ()


def test_the_clients_own_word_is_not_believed(world: Callable[..., logs.LogAnswer]) -> None:
    found = world({CLAUDE: config(), CLAUDE_LOG.format("sick"): start(1, "sick")})
    assert found.candidates == () and any("client's own word" in line for line in found.says)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({CLAUDE: config()}, "Restart the client"),
        (CODE | {CODE_LOG: ""}, "is empty"),
        ({CLAUDE: config(), CLAUDE_LOG.format("sick") + "/x": "a folder"}, "No log"),
        ({".config/opencode/opencode.json": {"mcp": {"sick": {"type": "local", "command": ["x"]}}}}, "opencode mcp list"),
        ({".gemini/settings.json": config()}, "GEMINI_DEBUG_LOG_FILE"),
    ],
)  # fmt: skip
def test_no_log(files: dict[str, Any], says: str, world: Callable[..., logs.LogAnswer]) -> None:
    found = world(files)
    assert not found.ok and says in "\n".join(found.says)
    assert "diagnose sick" in found.says[-1]


def test_no_secret_and_no_control_character(world: Callable[..., logs.LogAnswer]) -> None:
    token = "tk-abcdefgh12345678"
    text = start(
        1,
        "sick",
        f"using {token}",
        "Authorization: Bearer abcdefghijklmnop",
        "\x1b[31mred\x1b[0m \x07 \u202e bell",
        MISSING,
    )
    found = world({CLAUDE: config(env={"ACME_TOKEN": token}), CLAUDE_LOG.format("sick"): text})
    told = "\n".join((*found.says, *found.files[0].lines))
    assert "red" in told and not any(x in told for x in (token[3:], "abcdefghijklmnop", "\x1b", "\x07", "\u202e"))
