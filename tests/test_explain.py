"""The reading of pasted text: real programs run here, own wordings, foreign texts, codes, encodings, size, hostile text."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcp_selfcheck import causes, explain
from mcp_selfcheck.model import Text
from mcp_selfcheck.reading import hear
from mcp_selfcheck.reading_patterns import literals, prepared

HERE = Path(__file__).parent
TEXTS = HERE / "texts"
LAB = HERE.parent / ".lab"


def codes(text: str | bytes) -> list[str]:
    return [c.code for c in explain(text).candidates]


# --- own wordings, foreign texts ------------------------------------------------------------------------------------


def test_wordings_of_programs_that_do_not_run_here() -> None:
    """tests/texts/wordings.json: (code, text) in the words of the program named by the catalogue's signatures."""
    rows = json.loads((TEXTS / "wordings.json").read_text(encoding="utf-8"))
    missed = [(code, found[:3], text) for code, text in rows if code not in (found := codes(text))[:3]]
    first = sum(codes(text)[:1] == [code] for code, text in rows)
    assert len(missed) <= len(rows) * 0.03, missed
    assert first >= len(rows) * 0.9


def test_every_cause_is_known_by_what_programs_print() -> None:
    without = [c.code for c in causes.load() if not c.says]
    assert not without


def test_texts_that_are_no_failure_of_a_server_are_met_with_silence() -> None:
    spoken = {p.name: found for p in sorted((TEXTS / "foreign").glob("*.txt")) if (found := codes(p.read_bytes()))}
    total = len(list((TEXTS / "foreign").glob("*.txt")))
    assert total >= 100
    assert len(spoken) <= total * 0.03, spoken


@pytest.mark.parametrize("text", ["", "   \n", "hello", "mcp", "a\x00b", "\x1b[31m\x1b[0m", "{}", "null", "42"])
def test_nothing_is_said_about_nothing(text: str) -> None:
    found = explain(text)
    assert not found.candidates
    assert found.advice


# --- ranking --------------------------------------------------------------------------------------------------------

CLAUDE_LOG = """2026-03-12T06:25:03.114Z [weather] [info] Initializing server... { metadata: undefined }
2026-03-12T06:25:03.190Z [weather] [info] Server started and connected successfully { metadata: undefined }
Traceback (most recent call last):
  File "/Users/ana/weather/weather.py", line 3, in <module>
    import pandas
ModuleNotFoundError: No module named 'pandas'
2026-03-12T06:25:03.655Z [weather] [info] Server transport closed
2026-03-12T06:25:03.660Z [weather] [error] Server disconnected.
"""


def test_the_servers_own_words_come_before_the_clients() -> None:
    found = explain(CLAUDE_LOG)
    assert found.candidates[0].code == "launch-module-missing"
    assert found.candidates[0].confidence == "likely"
    assert "pandas" in found.candidates[0].matched


@pytest.mark.parametrize(
    "text",
    ["Server disconnected", "MCP error -32000: Connection closed", "unhandled errors in a TaskGroup (1 sub-exception)"],
)
def test_a_bare_wrapper_is_only_possible_and_names_what_to_fetch(text: str) -> None:
    found = explain(text)
    assert found.candidates
    assert {c.confidence for c in found.candidates} == {"possible"}
    assert "stderr" in found.advice


def test_the_newest_failure_is_first() -> None:
    session = (
        "2026-03-12T0{}:00:00.000Z [a] [info] Initializing server... {{ metadata: undefined }}\n{}\n"
        + "ok line {}\n" * 3
    )
    log = session.format(6, "Error: connect ECONNREFUSED 127.0.0.1:3000", 1, 2, 3)
    log += session.format(7, "ModuleNotFoundError: No module named 'pandas'", 4, 5, 6)
    assert codes(log)[0] == "launch-module-missing"


def test_rivals_are_both_named_with_the_check_that_decides() -> None:
    found = explain("Error: connect ETIMEDOUT 10.1.2.3:8443\n    at TCPConnectWrap.afterConnect")
    assert found.candidates[0].confirm_with is not None
    named = {c.confirm_with.tool: dict(c.confirm_with.arguments) for c in found.candidates if c.confirm_with}
    assert "8443" in str(named)


def test_the_port_of_the_text_goes_into_the_check() -> None:
    found = explain("Error: listen EADDRINUSE: address already in use 127.0.0.1:3000")
    check = found.candidates[0].confirm_with
    assert check is not None
    assert check.tool == "check_port"
    assert check.arguments["port"] == "3000"


def test_the_package_goes_into_the_fix() -> None:
    found = explain("ModuleNotFoundError: No module named 'pandas'")
    assert "pandas" in found.candidates[0].fix.text + " ".join(found.candidates[0].fix.commands)


def test_secrets_of_a_pasted_text_stay_out() -> None:
    token = "ghp_" + "a1B2" * 9
    found = explain(
        f"npm error code E401\nnpm error Unable to authenticate https://ana:{token}@npm.example.com/ token={token}"
    )
    assert token not in str(found)


# --- codes alone ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ECONNREFUSED", "tcp-nothing-listening"), ("-32022", "handshake-modern-only"), ("421", "http-host-rejected"),
        ("HTTP 406", "http-accept-rejected"), ("WinError 193", "launch-windows-npx"), ("[WinError 10013]", "tcp-port-reserved"),
        ("EAI_AGAIN", "dns-resolver-unreachable"), ("exit 137", "launch-out-of-memory"), ("exit code 127", "launch-command-not-found"),
        ("X509 20", "tls-private-ca"), ("errno 98", "tcp-port-in-use-stale"), ("WSAECONNREFUSED", "tcp-nothing-listening"),
        ("CERT_HAS_EXPIRED", "tls-expired"), ("-32020", "handshake-header-mismatch"), ("status code 429", "http-rate-limited"),
        ("[Errno 61]", "tcp-nothing-listening"), ("0xC0000135", "launch-incompatible-binary"), ("504 Gateway Timeout", "http-gateway-timeout"),
        ("errno: -4058", "launch-command-not-found"), ("errno -61", "tcp-nothing-listening"), ("signal 9", "launch-out-of-memory"),
        ("-1073741515", "launch-incompatible-binary"), ("0x800700C1", "launch-windows-npx"), ("exited with code 243", "launch-npm-cache-owner"),
        ("10061", "tcp-nothing-listening"), ("HOSTNAME_MISMATCH", "tls-name-mismatch"), ("ECONNRESET 104", "tcp-reset"),
        ("MCP error -32601", "handshake-optional-method"), ("EROFS", "launch-cwd-read-only"), ("os error 26", "launch-start-race"),
    ],
)  # fmt: skip
def test_codes_alone(text: str, code: str) -> None:
    assert codes(text)[:1] == [code]


@pytest.mark.parametrize("cause", causes.load(), ids=lambda c: c.code)
def test_a_catalogue_code_is_its_own_page(cause: Any) -> None:
    (found,) = explain(cause.code).candidates
    assert found.code == cause.code
    assert found.title == cause.title


# --- encodings ------------------------------------------------------------------------------------------------------

PLAIN = "2026-03-12 [error] Error: spawn uvx ENOENT\nnpm error code E404\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"ModuleNotFoundError: No module named 'pandas'\r\nServer disconnected\r\n",
        "ModuleNotFoundError: No module named 'pandas'\n".encode("utf-16"),
        "ModuleNotFoundError: No module named 'pandas'\n".encode("utf-16-le"),
        "ModuleNotFoundError: No module named 'pandas'\n".encode("utf-16-be"),
        "\ufeffModuleNotFoundError: No module named 'pandas'".encode(),
        b"\xff\xfe\x80caf\xe9 \x1b[31mModuleNotFoundError\x1b[0m: No module named 'pandas'"[2:],
        b'{"error":"Server stderr: Traceback (most recent call last):\\n  File \\"a.py\\", line 1\\nModuleNotFoundError: No module named \'pandas\'\\n"}',
        b"  \xe2\x94\x82 ModuleNotFoundError: No module\n  \xe2\x94\x82 named 'pandas'",
    ],
    ids=["crlf", "utf-16-mark", "utf-16-le", "utf-16-be", "utf-8-mark", "broken-ansi", "jsonl", "wrapped-frame"],
)
def test_encodings(raw: bytes) -> None:
    assert codes(raw)[:1] == ["launch-module-missing"]


MISSING = "ModuleNotFoundError: No module named 'pandas'"
REFUSED = 'TypeError: fetch failed [cause]: Error: connect ECONNREFUSED 127.0.0.1:3999 {"code": "ECONNREFUSED"}'


@pytest.mark.parametrize(
    "around",
    [
        "Hi all,\n\nsince yesterday I get this when I start my server, any idea?\n\n{}\n\nThanks a lot!",
        "```\n{}\n```",
        "> {}",
        "2025-11-03 08:14:01.113 [warning] [server stderr] {}",
        "2025-11-03T08:14:01.113456789Z stderr F {}",
        "mcp-server-1  | {}",
        "Nov 03 08:14:01 host mcp[4242]: {}",
        "E1103 08:14:01.113456   42 main.go:17] {}",
        "2025-11-03 08:14:01,113 - mcp.client - ERROR - {}",
        "- `{}`",
    ],
)
@pytest.mark.parametrize(("text", "code"), [(MISSING, "launch-module-missing"), (REFUSED, "tcp-nothing-listening")])
def test_what_people_and_loggers_put_around_a_message(text: str, code: str, around: str) -> None:
    if "server-1" in around and text is REFUSED:  # in a container's log, 127.0.0.1 is the container
        code = "tcp-container-localhost"
    assert codes(around.replace("{}", text))[:1] == [code]


@pytest.mark.parametrize(("text", "code"), [(MISSING * 2, "launch-module-missing"), (REFUSED, "tcp-nothing-listening")])
@pytest.mark.parametrize("width", [30, 41, 77])
def test_lines_that_a_window_broke_in_the_middle_of_words(text: str, code: str, width: int) -> None:
    assert codes("\n".join(text[i : i + width] for i in range(0, len(text), width)))[:1] == [code]


def test_page_source_curly_quotes_and_logs_in_json() -> None:
    assert codes(html.escape(MISSING))[:1] == ["launch-module-missing"]
    assert codes(MISSING.replace("'", "’"))[:1] == ["launch-module-missing"]
    assert codes(json.dumps({"level": "error", "msg": MISSING}))[:1] == ["launch-module-missing"]
    assert codes(json.dumps({"log": json.dumps({"severity": "ERROR", "message": MISSING})}))[:1] == [
        "launch-module-missing"
    ]


def test_an_answer_that_a_printer_laid_out_over_many_lines() -> None:
    answer = [
        {"code": "invalid_union", "issues": [{"received": "json", "expected": "text", "path": ["content", 0, "type"]}]}
    ]
    assert codes("Error calling tool over MCP:\n" + json.dumps(answer, indent=2))[:1] == ["tools-result-shape"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bash: uvx: Kommando nicht gefunden.", "launch-command-not-found"),
        ("zsh: command not found: npx", "launch-command-not-found"),
        ("'npx' 不是内部或外部命令，也不是可运行的程序或批处理文件。", "launch-command-not-found"),
        ("«uvx» не является внутренней или внешней командой", "launch-command-not-found"),
        ("[WinError 10061] Es konnte keine Verbindung hergestellt werden, da der Zielcomputer die Verbindung verweigerte", "tcp-nothing-listening"),
        ("OSError: [WinError 193] %1 n'est pas une application Win32 valide", "launch-windows-npx"),
        ("[WinError 10013] 以一种访问权限不允许的方式做了一个访问套接字的尝试。", "tcp-port-reserved"),
    ],
)  # fmt: skip
def test_systems_that_speak_another_language(text: str, code: str) -> None:
    assert codes(text)[:1] == [code]


def test_a_text_read_in_the_wrong_code() -> None:
    assert codes("\x00".join("npm error code E404") + "\x00")[:1] == ["launch-package-not-found"]


# --- one catalogue --------------------------------------------------------------------------------------------------


def test_hints_are_not_heard_in_live_output() -> None:
    assert not [
        h for h in hear([Text(origin="stderr", text="Server disconnected\nfetch failed\n")]).values() if h.score < 2
    ]


def test_live_output_is_read_by_the_same_signatures() -> None:
    heard = hear([Text(origin="stderr", text="x\nModuleNotFoundError: No module named 'pandas'\n")])
    assert heard["launch-module-missing"].values["module"] == "pandas"
    assert heard["launch-module-missing"].line == 2
    assert heard["launch-module-missing"].origin == "stderr"


def test_signatures_compile_and_promise_a_literal() -> None:
    """A signature without a literal runs over every text: a few are allowed."""
    free = [s.pattern for c in causes.load() for s in c.says if not literals(s.pattern)]
    for cause in causes.load():
        for says in cause.says:
            re.compile(prepared(says.pattern))
    assert len(free) <= 12, free


def test_the_module_is_not_confused_with_the_function() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import mcp_selfcheck.explain; from mcp_selfcheck import explain; print(callable(explain))"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == "True", done.stderr
