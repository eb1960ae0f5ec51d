"""What is read from a command line, from files and from an ended start; and causes that no Linux can provoke."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcp_selfcheck import causes
from mcp_selfcheck.causes.launch.env import missing_variables
from mcp_selfcheck.causes.launch.runtime_version import satisfies, version
from mcp_selfcheck.examine import root
from mcp_selfcheck.facts.launch import FileLook, LaunchFacts, Run
from mcp_selfcheck.layers.launch_command import Parsed, parse
from mcp_selfcheck.layers.launch_look import look
from mcp_selfcheck.model import Source, Target, Trace


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("python server.py", {"launcher": "python", "script": "server.py"}),
        ("/x/.venv/bin/python3.11 -u -X dev s.py --m", {"launcher": "python", "script": "s.py"}),
        ("python -m mcp_server_time --tz x", {"launcher": "python", "module": "mcp_server_time"}),
        ("python3 -Im pkg.server", {"launcher": "python", "module": "pkg.server"}),
        ("node --import tsx/esm -r dotenv/config dist/index.js", {"launcher": "node", "script": "dist/index.js"}),
        ("npx -y @scope/server@1.2 /dir", {"launcher": "npx", "package": "@scope/server@1.2"}),
        ("npx --package=a -- b c", {"launcher": "npx", "package": "a"}),
        ("npx.cmd -y x", {"launcher": "npx", "package": "x"}),
        ("npm exec -- x", {"launcher": "npx", "package": "x"}),
        ("uvx --from git+https://h/r mcp-x --flag", {"launcher": "uvx", "package": "git+https://h/r"}),
        ("uvx --with a --python 3.12 mcp-server-git", {"launcher": "uvx", "package": "mcp-server-git"}),
        ("uv tool run x", {"launcher": "uvx", "package": "x"}),
        ("uv --directory /p run server.py", {"launcher": "uv run", "script": "server.py", "directory": "/p"}),
        ("uv run --with mcp[cli] --project /p mcp run s.py", {"launcher": "uv run", "script": "", "directory": "/p"}),
        ("uv run python -m app", {"launcher": "uv run", "module": "app"}),
        ("env A=1 node s.js", {"launcher": "node", "script": "s.js"}),
        ("cmd /c npx -y x", {"launcher": "npx", "package": "x"}),
        ("deno run -A main.ts", {"launcher": "deno", "script": "main.ts"}),
        ("bun run s.ts", {"launcher": "bun", "script": "s.ts"}),
        ("bunx x", {"launcher": "npx", "package": "x"}),
        ("java -Xmx1g -jar /a/b.jar", {"launcher": "java", "script": "/a/b.jar"}),
        ("docker run -i --rm img", {"launcher": "docker"}),
        ("pipx run --spec x y", {"launcher": "pipx", "package": "x"}),
        ("/opt/server --stdio", {"launcher": "", "script": "", "package": ""}),
    ],
)
def test_command_lines(line: str, want: dict[str, str]) -> None:
    found = parse(line.split(" "))
    assert {k: getattr(found, k) for k in want} == want, found


def test_a_shell_line_is_read_when_it_is_simple() -> None:
    assert parse(["sh", "-c", "exec uvx mcp-x"]).package == "mcp-x"
    assert parse(["bash", "-lc", "cd /x && node s.js"]) == Parsed(launcher="bash")
    assert parse([]) == Parsed()


@pytest.mark.parametrize(
    ("have", "wanted", "fits"),
    [
        ("20.1.0", ">=18", True), ("16.20.0", ">=18", False), ("20.1.0", "^20.2.0", False), ("20.3.0", "^20.2.0", True),
        ("21.0.0", "^20.2.0", False), ("22.1.0", "18 || 20 || >=22", True), ("19.0.0", "18 || 20 || >=22", False),
        ("20.5.0", "20.x", True), ("18.0.0", ">=16 <18", False), ("17.0.0", ">= 16.0.0 <18", True), ("3.9.1", ">=3.10", False),
        ("3.11.7", ">=3.10 <4", True), ("3.12.1", "~=3.11", True), ("20.0.0", "lts/*", None), ("20.0.0", "18 - 20", True),
    ],
)  # fmt: skip
def test_ranges(have: str, wanted: str, fits: bool | None) -> None:
    assert satisfies(version(have), wanted) is fits


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Error: LINEAR_API_KEY environment variable is required", ["LINEAR_API_KEY"]),
        ("Please set the NOTION_TOKEN env var", ["NOTION_TOKEN"]),
        ("❌ Missing required environment variable: SUPABASE_URL", ["SUPABASE_URL"]),
        ("KeyError: 'TOKEN'", ["TOKEN"]),
        ("environs.EnvError: Environment variable \"LAB_PORT\" not set", ["LAB_PORT"]),
        ("env-var: \"PG_HOST\" is a required variable, but it was not set", ["PG_HOST"]),
        ("decouple.UndefinedValueError: SECRET_KEY not found. Declare it as envvar or define a default value.", ["SECRET_KEY"]),
        ("panic: required key LAB_TOKEN missing value", ["LAB_TOKEN"]),
        ("./run.sh: line 3: LAB_DIR: unbound variable", ["LAB_DIR"]),
        ("Missing environment variables:\n    API_KEY: undefined\n", ["API_KEY"]),
        ("WARNING: OPENAI_API_KEY not set, the search tool is disabled", []),
        ("LAB_TOKEN not set (optional)", []),
        ("npm error errno ENOTFOUND\nnpm error code ENOTFOUND", []),
        ("Error: connect ECONNREFUSED 127.0.0.1:5432", []),
    ],
)  # fmt: skip
def test_variables_that_a_text_misses(text: str, names: list[str]) -> None:
    assert [name for name, _ in missing_variables(text)] == names


def test_a_look_never_opens_what_blocks(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    assert look(str(tmp_path / "pipe"), "command", {}).kind == "special"
    assert look("/dev/zero", "command", {}).kind == "special"
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert look(str(tmp_path / "a"), "command", {}).kind in ("broken link", "unreadable")


TARGET = Target(
    name="x",
    client="unknown",
    source=Source(file="/x"),
    transport="stdio",
    command="npx",
    args=("C:\\Program Files\\x",),
)
WINDOWS = LaunchFacts(system="win32", state="broken", command="npx", env_names=("PATH",))
MAC = replace(WINDOWS, system="darwin", command="/Users/u/server", resolved="/Users/u/server")


def ended(code: int, text: str) -> Run:
    return Run(how="as the client starts it", exit_code=code, stderr=text)


RECORDED = {
    "launch-windows-npx": replace(
        WINDOWS, resolved="C:\\Program Files\\nodejs\\npx.cmd",
        run=Run(how="as the client starts it", spawn_error="EINVAL", spawn_step="exec"),
    ),
    "launch-windows-quoting": replace(
        WINDOWS, command="cmd",
        run=ended(1, "'C:\\Program' is not recognized as an internal or external command,\noperable program or batch file."),
    ),
    "launch-quarantined": replace(
        MAC, asked={"com.apple.quarantine": "0081;66a0;Safari;"},
        run=Run(how="as the client starts it", signal="SIGKILL"),
    ),
    "launch-protected-folder": replace(
        MAC, run=ended(1, "Error: EPERM: operation not permitted, open '/Users/u/Documents/notes/index.js'"),
    ),
    "launch-antivirus": replace(WINDOWS, run=ended(1, "OSError: [WinError 225] Operation did not complete successfully")),
    "launch-app-control": replace(
        WINDOWS, run=ended(1, "error: An Application Control policy has blocked this file. (os error 4551)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", RECORDED)
def test_what_other_systems_showed(code: str) -> None:
    trace = Trace(target=TARGET, facts={"launch": RECORDED[code]})
    found = [(c, c.prove(trace)) for c in causes.load("launch")]
    proofs = root([(c, p) for c, p in found if p is not None])
    assert [c.code for c, _ in proofs][:1] == [code]
    evidence = trace.evidence()
    assert all(key in evidence for _, p in proofs for key in p.cites)


@pytest.mark.parametrize("code", RECORDED)
def test_the_same_on_linux_is_not_claimed(code: str) -> None:
    trace = Trace(target=TARGET, facts={"launch": replace(RECORDED[code], system="linux")})
    cause = causes.by_code()[code]
    assert cause.prove(trace) is None and cause.exempt


def test_every_launch_cause_is_silent_about_a_healthy_start_and_about_nothing() -> None:
    healthy = LaunchFacts(
        command="python", run=Run(how="as the client starts it", answered=True, stderr="KeyError: 'API_KEY'\nCannot find module '/x'"),
        looks=(FileLook(path="/x", role="script", kind="missing"),), env_names=("PATH",),
    )  # fmt: skip
    for trace in (Trace(), Trace(target=TARGET), Trace(target=TARGET, facts={"launch": healthy})):
        assert [c.code for c in causes.load("launch") if c.prove(trace) is not None] == []


def test_commands_are_words_of_a_shell() -> None:
    """A value is one quoted word, {name:words} are several; an empty one leaves no quotes behind."""
    from mcp_selfcheck.examine import fill

    values = {"command": "'/my env/bin/python' -m pip install 'mcp<2'", "flags": "", "name": "a b; rm -r /"}
    assert fill("{command:words}", values, shell=True) == "'/my env/bin/python' -m pip install 'mcp<2'"
    assert fill("uvx {flags:words} {name}", values, shell=True) == "uvx 'a b; rm -r /'"
    assert fill("kill {pids:words}", {"pids": "12 34"}, shell=True) == "kill 12 34"
    assert fill("{there:words} {name}", {"name": "x"}, shell=True) == "<there> x"
