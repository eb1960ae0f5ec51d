"""Config files become Targets: every client's own way, every broken file, and no secret in the open."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_selfcheck import jsonc
from mcp_selfcheck.discover import discover, from_file, from_url
from mcp_selfcheck.discover_read import understand
from mcp_selfcheck.discover_secrets import guard, mask_line, shown_url
from mcp_selfcheck.jsonc_tolerant import Reader, mended
from mcp_selfcheck.model import Secret, Target


@pytest.fixture
def home(tmp_path: Path) -> Path:
    house = tmp_path / "home"
    (house / "project").mkdir(parents=True)
    return house


def put(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else
                     (content if isinstance(content, str) else json.dumps(content, indent=2)).encode())  # fmt: skip
    return file


def found(home: Path, client: str | None = None, **environ: str) -> list[Target]:
    return discover({"HOME": str(home), "PATH": "/usr/bin:/bin"} | environ, home / "project", home, client)


def read(file: Path, home: Path, client: str | None = None, **environ: str) -> list[Target]:
    return from_file(file, {"HOME": str(home), "PATH": "/usr/bin:/bin"} | environ, home / "project", home, client)


def kinds(target: Target) -> list[str]:
    return [p.kind for p in target.problems]


# --- where servers are found -----------------------------------------------------------------------------------------
ENTRY = {"command": "python3", "args": ["/srv/s.py"]}
PLACES = {
    "claude-desktop": (".config/Claude/claude_desktop_config.json", {"mcpServers": {"a": ENTRY}}),
    "claude-code": (".claude.json", {"mcpServers": {"a": ENTRY}}),
    "cursor": (".cursor/mcp.json", {"mcpServers": {"a": ENTRY}}),
    "vscode": (".config/Code/User/mcp.json", {"servers": {"a": ENTRY}}),
    "windsurf": (".codeium/windsurf/mcp_config.json", {"mcpServers": {"a": ENTRY}}),
    "gemini-cli": (".gemini/settings.json", {"mcpServers": {"a": ENTRY}}),
    "qwen-code": (".qwen/settings.json", {"mcpServers": {"a": ENTRY}}),
    "zed": (".config/zed/settings.json", {"context_servers": {"a": ENTRY}}),
    "codex": (".codex/config.toml", '[mcp_servers.a]\ncommand = "python3"\nargs = ["/srv/s.py"]\n'),
    "opencode": (".config/opencode/opencode.json",
                 {"mcp": {"a": {"type": "local", "command": ["python3", "/srv/s.py"]}}}),
    "cline": (".cline/data/settings/cline_mcp_settings.json", {"mcpServers": {"a": ENTRY}}),
    "copilot-cli": (".copilot/mcp-config.json", {"mcpServers": {"a": ENTRY}}),
    "continue": (".continue/config.yaml", "mcpServers:\n  - name: a\n    command: python3\n    args: [/srv/s.py]\n"),
    "goose": (".config/goose/config.yaml",
              "extensions:\n  a:\n    type: stdio\n    cmd: python3\n    args: [/srv/s.py]\n    enabled: true\n"),
    "kiro": (".kiro/settings/mcp.json", {"mcpServers": {"a": ENTRY}}),
    "lm-studio": (".lmstudio/mcp.json", {"mcpServers": {"a": ENTRY}}),
    "junie": (".junie/mcp/mcp.json", {"mcpServers": {"a": ENTRY}}),
    "amazon-q": (".aws/amazonq/mcp.json", {"mcpServers": {"a": ENTRY}}),
    "warp": (".warp/.mcp.json", {"mcpServers": {"a": ENTRY}}),
    "antigravity": (".gemini/config/mcp_config.json", {"mcpServers": {"a": ENTRY}}),
    "devin": (".config/devin/mcp_config.json", {"mcpServers": {"a": ENTRY}}),
    "roo-code": (".config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
                 {"mcpServers": {"a": ENTRY}}),
    "copilot-jetbrains": (".config/github-copilot/intellij/mcp.json", {"servers": {"a": ENTRY}}),
    "jetbrains-ai": (".ai/mcp/mcp.json", {"mcpServers": {"a": ENTRY}}),
    "mcp-inspector": (".mcp-inspector/mcp.json", {"mcpServers": {"a": ENTRY}}),
    "mcphost": (".mcphost.json", {"mcpServers": {"a": ENTRY}}),
}  # fmt: skip


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="the paths of Linux")
@pytest.mark.parametrize("client", PLACES)
def test_each_client_is_found_and_recognised(home: Path, client: str) -> None:
    where, content = PLACES[client]
    file = put(home / where, content)
    for targets in (found(home), read(file, home)):
        (t,) = targets
        assert (t.name, t.client, t.transport) == ("a", client, "stdio")
        assert t.argv() == ["python3", "/srv/s.py"]
        assert t.source.file == str(file)
        assert t.source.line is not None
        assert not [p for p in t.problems if p.fatal]


def test_scopes_and_lines(home: Path) -> None:
    put(home / "project" / ".mcp.json", {"mcpServers": {"p": ENTRY}})
    put(home / ".claude.json", '{\n "mcpServers": {\n  "u": {"command": "x"}\n },\n "projects": {"%s": {"mcpServers": {\n'
        '  "l": {"command": "y"}}}}\n}' % (home / "project"))  # fmt: skip
    scopes = {t.name: (t.source.scope, t.source.line) for t in found(home, "claude-code")}
    assert scopes == {"p": ("project", 3), "u": ("user", 3), "l": ("local", 6)}


def test_the_stronger_scope_wins_and_says_so(home: Path) -> None:
    put(home / ".claude.json", {"mcpServers": {"a": ENTRY},
                                "projects": {str(home / "project"): {"mcpServers": {"a": {"command": "other"}}}}})  # fmt: skip
    (t,) = found(home)
    assert t.command == "other" and kinds(t) == ["duplicate-server"] and not t.problems[0].fatal


def test_one_file_of_many_readers_is_listed_once(home: Path) -> None:
    put(home / "project" / ".mcp.json", {"mcpServers": {"p": ENTRY}})
    assert [t.client for t in found(home)] == ["claude-code"]
    assert [t.client for t in found(home, "cursor")] == ["cursor"]


def test_a_broken_file_hides_no_other(home: Path) -> None:
    put(home / ".cursor/mcp.json", '{"mcpServers": {"b": {"command": "x",}}}')
    put(home / ".codeium/windsurf/mcp_config.json", b"\x00\xff\xfe")
    put(home / ".gemini/settings.json", {"mcpServers": {"g": ENTRY}})
    targets = found(home)
    assert {t.name for t in targets} == {"b", "g", ""}
    broken = next(t for t in targets if t.name == "b")
    assert kinds(broken) == ["trailing-comma"] and broken.problems[0].fatal


def test_moved_homes(home: Path, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/config.toml", '[mcp_servers.a]\ncommand = "x"\n')
    put(tmp_path / "xdg/zed/settings.json", {"context_servers": {"z": ENTRY}})
    targets = found(home, CODEX_HOME=str(tmp_path / "elsewhere"), XDG_CONFIG_HOME=str(tmp_path / "xdg"))
    assert {t.client for t in targets} == {"codex", "zed"}


# --- files that no program should trip over ----------------------------------------------------------------------------
def test_unreadable_things(home: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    big = tmp_path / "big.json"
    with big.open("wb") as f:
        f.truncate(100 * 1024 * 1024)
    for name, detail in (("fifo", "not a regular file"), ("folder", "not a regular file"), ("loop", "ELOOP"),
                         ("zero", "not a regular file"), ("big", "larger than 8 MiB"), ("gone", "ENOENT")):  # fmt: skip
        (t,) = read(tmp_path / f"{name}.json", home)
        assert (t.name, kinds(t), t.problems[0].detail) == ("", ["unreadable"], detail)


def test_a_link_to_a_config_is_followed(home: Path, tmp_path: Path) -> None:
    real = put(tmp_path / "dotfiles/mcp.json", {"mcpServers": {"a": ENTRY}})
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").symlink_to(real)
    assert [t.name for t in found(home)] == ["a"]


@pytest.mark.parametrize("content", [
    "[" * 100_000, '{"a":' * 50_000, "{" * 3000, '"' * 9999, "\0" * 500, "nul", "[]", "null", "5", '"x"', "{}",
    '{"mcpServers": []}', '{"mcpServers": 5}', '{"mcpServers": {"a": null, "b": 5, "c": [], "d": "x"}}',
    '{"mcpServers": {"a": {"command": {}, "args": {}, "env": [], "url": 5, "headers": 7, "timeout": "x"}}}',
    '{"mcpServers": {"a": {"command": ["x"], "args": [null, 5, {}], "env": {"A": null, "B": {}}}}}',
    '{"mcpServers": {"": {"command": "x"}}}', '{"mcpServers": {"a": {"url": "http://[::1"}}}', "/*" * 5000, ",/**/" * 9999,
    '{"projects": 5}', '{"servers": {"x": {"type": {"a": 1}, "url": "http://a"}}}', "\u2028{\u2029}",
])  # fmt: skip
def test_strange_content(home: Path, content: str) -> None:
    for name in ("mcp.json", ".claude.json", "settings.yaml", "config.toml", "llm.mcpServers.xml", "x.jsonc"):
        for t in read(put(home / "strange" / name, content), home):
            assert isinstance(t, Target)


def test_yaml_bomb_and_tags(home: Path, tmp_path: Path) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert read(put(tmp_path / "bomb.yaml", bomb + "mcpServers: *i\n"), home) is not None
    (t,) = read(put(tmp_path / "tag.yaml", "mcpServers: !!python/object/apply:os.system [id]\n"), home)
    assert kinds(t) == ["invalid-syntax"]


def test_ten_thousand_entries_in_time(home: Path, tmp_path: Path) -> None:
    import time

    many = {f"s{i}": {"command": "x", "args": [str(i)]} for i in range(10_000)}
    file = put(tmp_path / "many.json", {"mcpServers": many})
    begun = time.process_time()
    assert len(read(file, home)) == 10_000
    assert time.process_time() - begun < 10


# --- what is broken, and where -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("content", "kind", "line", "column"), [
    ('{"mcpServers": {\n"a": {"command": "x",}}}', "trailing-comma", 2, 21),
    ('{"mcpServers": {\n"a": {"command": "x"} // c\n}}', "comments", 2, 23),
    ('{"mcpServers": {"a": {"command": "x"}}}\n{"b": 1}', "two-objects", 2, 1),
    ('{"mcpServers": {"a": {"command": "C:\\Users\\x"}}}', "invalid-escape", 1, 37),
    ('{"mcpServers": {"a": {“command”: "x"}}}', "smart-quotes", 1, 23),
    ('\ufeff{"mcpServers": {"a": {"command": "x"}}}', "bom", 1, 1),
    ('{"mcpServers": {"a": {"command": "x"}\n"b": {"command": "y"}}}', "invalid-syntax", 1, 38),
    ('{"mcpServers": {"a": {"command": "x"}}', "invalid-syntax", 1, 39),
])  # fmt: skip
def test_faults_and_the_names_that_survive(home: Path, content: str, kind: str, line: int, column: int) -> None:
    targets = read(put(home / "mcp.json", content), home)
    first = next(t for t in targets if t.name == "a")
    p = first.problems[0]
    assert (p.kind, p.line, p.column, p.fatal) == (kind, line, column, True)
    assert first.command in ("x", "C:\\Users\\x")


def test_toml_error_keeps_the_names(home: Path) -> None:
    (t,) = read(put(home / "config.toml", '[mcp_servers."my server"]\ncommand = python3\n'), home)
    assert t.name == "my server" and kinds(t)[0] == "invalid-syntax" and t.problems[0].line == 2


def test_edits_show_no_secret(home: Path) -> None:
    secret = "tok-9f8e7d6c5b4a39281706"
    for line in (f'"ACME_TOKEN": "{secret}",}}', f"“ACME_TOKEN”: “{secret}”", f"ACME_TOKEN: '{secret}' // mine",
                 f'"env": {{"A": "{secret}",}}', f'"args": ["--token", "{secret}",]', f'"url": "https://u:{secret}@h/",}}'):  # fmt: skip
        content = '{"mcpServers": {"a": {"command": "x", "env": {\n' + line + "\n}}}}"
        for t in read(put(home / "mcp.json", content), home):
            for p in t.problems:
                assert secret not in repr(p), p
        assert secret not in mask_line(line), mask_line(line)


# --- secrets -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("args", [
    ["--token", "x"], ["--api-key=abc"], ["-e", "KEY=value"], ["--header", "Authorization: Bearer z"],
    ["sk-abcdefghijklmnop"], ["ghp_0123456789abcdef0123"], ["AbC9dEf8GhI7jKl6MnO5pQr4StU3"],
    ["postgres://me:pw@host/db"], ["https://h/mcp?api_key=1"], ["ACME_TOKEN=abc"], ["--github-token", "q"],
])  # fmt: skip
def test_secret_arguments(args: list[str]) -> None:
    assert isinstance(guard(args)[-1], Secret)


@pytest.mark.parametrize("args", [
    ["-y", "@modelcontextprotocol/server-filesystem@2025.8.21", "/home/me/Documents/work-2025-notes"],
    ["--port", "8080"], ["-m", "my_package.server_module_v2"], ["run", "--rm", "-i", "mcp/fetch:latest"],
    ["https://example.com/mcp"], ["--transport=stdio"], ["server.py", "--verbose"], ["/opt/tools/Server2025/bin/run.py"],
    ["--from", "git+https://github.com/a/b@v1.2.3", "b"],
])  # fmt: skip
def test_ordinary_arguments(args: list[str]) -> None:
    assert not any(isinstance(a, Secret) for a in guard(args))


def test_shown_url() -> None:
    assert shown_url("https://u:p@host:8443/mcp?key=1#f") == "https://host:8443/mcp"
    assert shown_url("localhost:3000/mcp?x=1") == "localhost:3000/mcp"
    assert "secret" not in shown_url("http://user:secret@[::1/mcp")
    with pytest.raises(ValueError, match="no http"):
        from_url("localhost:3000")
    assert from_url("http://localhost:3000/mcp").transport == "http"


# --- as each client reads ------------------------------------------------------------------------------------------------
def one(home: Path, client: str, entry: dict[str, Any], **environ: str) -> Target:
    roots = {"vscode": "servers", "zed": "context_servers", "opencode": "mcp"}
    (t,) = read(
        put(home / "x" / "given.json", {roots.get(client, "mcpServers"): {"a": entry}}), home, client, **environ
    )
    assert t.client == client
    return t


def test_variables(home: Path) -> None:
    def arg(client: str, text: str, **environ: str) -> str:
        return one(home, client, {"type": "stdio", "command": "x", "args": [text]}, **environ).argv()[-1]

    assert arg("claude-code", "${A}", A="1") == "1"
    assert arg("claude-code", "${A:-2}") == "2"
    assert arg("claude-code", "${A}") == "${A}"
    assert arg("claude-desktop", "${A}", A="1") == "${A}"
    assert arg("cursor", "${env:A}/${userHome}", A="1") == f"1/{home}"
    assert arg("gemini-cli", "$A-${A}", A="1") == "1-1"
    assert arg("opencode", "{env:A}") == ""
    assert arg("vscode", "~/x") == f"{home}/x"
    assert arg("cline", "~/x") == "~/x"
    assert kinds(one(home, "claude-desktop", {"command": "x", "args": ["${A}"]})) == ["variable-not-expanded"]
    assert kinds(one(home, "vscode", {"command": "x", "args": ["${input:key}"]})) == ["asked-value"]
    assert kinds(one(home, "cursor", {"command": "sh", "args": ["-c", "echo $HOME"]})) == []


@pytest.mark.parametrize(("client", "entry", "transport"), [
    ("cursor", {"url": "http://h/"}, "http"), ("cline", {"url": "http://h/"}, "sse"), ("qwen-code", {"url": "http://h/"}, "sse"),
    ("qwen-code", {"httpUrl": "http://h/"}, "http"), ("windsurf", {"serverUrl": "http://h/"}, "http"),
    ("zed", {"url": "http://h/"}, "http"), ("claude-code", {"type": "sse", "url": "http://h/"}, "sse"),
    ("cline", {"type": "streamableHttp", "url": "http://h/"}, "http"), ("opencode", {"type": "remote", "url": "http://h/"}, "http"),
    ("cline", {"transport": {"type": "sse", "url": "http://h/"}}, "sse"),
])  # fmt: skip
def test_transports(home: Path, client: str, entry: dict[str, Any], transport: str) -> None:
    t = one(home, client, entry)
    assert t.transport == transport and not [p for p in t.problems if p.fatal]


@pytest.mark.parametrize(("client", "entry"), [
    ("claude-desktop", {"url": "http://h/"}), ("claude-code", {"url": "http://h/"}), ("roo-code", {"url": "http://h/"}),
    ("zed", {"type": "sse", "url": "http://h/"}), ("claude-code", {"type": "streamableHttp", "url": "http://h/"}),
    ("cursor", {"type": "tcp", "url": "http://h/"}), ("cursor", {"url": "ws://h/"}),
])  # fmt: skip
def test_transports_that_a_client_lacks(home: Path, client: str, entry: dict[str, Any]) -> None:
    assert [p.kind for p in one(home, client, entry).problems if p.fatal] == ["transport-unsupported"]


def test_timeouts_and_switches(home: Path) -> None:
    assert one(home, "cline", {"command": "x", "timeout": 30}).request_timeout == 30
    assert one(home, "gemini-cli", {"command": "x", "timeout": 30000}).request_timeout == 30
    assert one(home, "claude-code", {"command": "x", "timeout": 5}).request_timeout is None
    assert one(home, "zed", {"command": "x", "timeout": 9}).start_timeout == 9
    assert one(home, "zed", {"command": "x", "enabled": False}).disabled
    assert one(home, "cline", {"command": "x", "disabled": True}).disabled
    assert not one(home, "claude-desktop", {"command": "x", "disabled": True}).disabled


def test_a_value_that_the_client_asks_for_is_not_guessed(home: Path) -> None:
    from mcp_selfcheck.consent import refusal

    t = one(home, "vscode", {"url": "http://h/", "headers": {"Authorization": "Bearer ${input:key}"}})
    assert "${input:key}" in (refusal(t) or "")
    assert refusal(one(home, "vscode", {"command": "x", "args": ["${env:HOME}"]})) is None


def test_env_file(home: Path) -> None:
    put(home / "x" / ".env", "# mine\nexport A='1'\nB = two words\nC=3\n")
    t = one(home, "cursor", {"command": "x", "envFile": str(home / "x" / ".env"), "env": {"C": "own"}})
    assert {k: v.reveal() for k, v in t.env.items()} == {"A": "1", "B": "two words", "C": "own"}


def test_two_installations_are_no_conflict(home: Path) -> None:
    put(home / ".config/Claude/claude_desktop_config.json", {"mcpServers": {"a": ENTRY}})
    put(home / ".config/Claude-3p/claude_desktop_config.json", {"mcpServers": {"a": {"command": "other"}}})
    assert [kinds(t) for t in found(home)] == [[], []]


def test_codex_names_variables(home: Path) -> None:
    file = put(home / ".codex/config.toml", '[mcp_servers.r]\nurl = "https://h/mcp"\nbearer_token_env_var = "T"\n'
               'http_headers = {A = "1"}\n[mcp_servers.s]\ncommand = "x"\nenv_vars = ["V"]\nstartup_timeout_sec = 5\n')  # fmt: skip
    r, s = read(file, home, T="tok", V="val")
    assert r.headers["Authorization"].reveal() == "Bearer tok" and r.headers["A"].reveal() == "1"
    assert s.env["V"].reveal() == "val" and s.start_timeout == 5
    assert kinds(read(file, home)[0]) == ["variable-not-expanded"]


def test_raw_holds_keys_only(home: Path) -> None:
    t = one(home, "cursor", {"command": "x", "env": {"KEY": "hunter2hunter2"}})
    assert dict(t.raw) == {"command": "str", "env": "dict"} and "hunter2" not in repr(t)


# --- properties ----------------------------------------------------------------------------------------------------------
JSONISH = st.text(alphabet="{}[]\",:/*\\ \n\t“”'aeu01tfn-.#", max_size=200)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=20,
)  # fmt: skip


@given(JSONISH)
@settings(max_examples=300, deadline=None)
def test_blanking_keeps_the_length(text: str) -> None:
    blanked = jsonc.blank(text)
    assert len(blanked.text) == len(text)
    assert [i for i, c in enumerate(text) if c == "\n"] == [i for i, c in enumerate(blanked.text) if c == "\n"]
    assert all(0 <= at < len(text) for at in (*blanked.comments, *blanked.commas))


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_strict_json_is_read_alike(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert jsonc.blank(text).text == text
    reader = Reader(text)
    assert reader.read() == value and not reader.deviations


@given(JSONISH)
@settings(max_examples=500, deadline=None)
def test_the_tolerant_reader_ends_and_stays_inside(text: str) -> None:
    reader = Reader(text)
    reader.read()
    for d in reader.deviations:
        assert 0 <= d.at <= d.end <= len(text)
    mended(text, reader.deviations)


@given(
    st.binary(max_size=300) | JSONISH.map(str.encode),
    st.sampled_from(["json", "jsonc", "json+comments", "toml", "yaml", "xml"]),
)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_content_raises(raw: bytes, format: Any) -> None:
    document = understand("f", format, raw)
    p = document.fault
    if p is not None and p.line is not None:
        assert 1 <= p.line <= raw.count(b"\n") + raw.count(b"\r") + raw.count(b"\x85") + 1000
        assert p.column is None or p.column >= 1


@given(st.dictionaries(st.sampled_from(
    ["command", "args", "env", "url", "headers", "type", "cwd", "timeout", "disabled", "transport", "url "]), VALUES, max_size=6),
    st.sampled_from(["claude-code", "codex", "cline", "zed", "opencode", "goose", "continue", "unknown"]))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_no_entry_raises(entry: dict[str, Any], client: str) -> None:
    from mcp_selfcheck.clients import by_id
    from mcp_selfcheck.discover_entry import Context, make
    from mcp_selfcheck.layers.config_suspect import suspicions
    from mcp_selfcheck.model import Source

    t = make("a", entry, Source(file="f"), Context(by_id(client), {}, "/h", "/p"))
    suspicions(t, by_id(client), {})
