"""How each client reads an entry of its own file: what its documentation shows works, and what it refuses is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mcp_selfcheck.checkup import not_usable
from mcp_selfcheck.discover import discover, from_file
from mcp_selfcheck.model import Target, plain

GOOD = {"command": "prog", "args": ["a"]}
OPENCODE = ".config/opencode/opencode.json"
GOOSE = ".config/goose/config.yaml"
ROO = ".config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"
PLUGIN = ".claude/plugins/cache/market/acme/1.0.0"


def servers(root: str = "mcpServers", **entry: Any) -> dict[str, Any]:
    return {root: {"sick": entry}}


def found(home: Path, files: Mapping[str, Any], client: str | None = None, **environ: str) -> Target:
    for name, content in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        path.write_text(text.replace("{HOME}", str(home)))
    (home / "proj").mkdir(exist_ok=True)
    environ = {"HOME": str(home), "PATH": "/bin"} | {k: v.replace("{HOME}", str(home)) for k, v in environ.items()}
    hits = [t for t in discover(environ, home / "proj", home, client) if t.name == "sick"]
    assert len(hits) == 1, hits
    return hits[0]


XML = """<application>
  <component name="Mcp{kind}ServerCommands"><commands><McpServerCommand>
    <option name="name" value="sick"/>{definition}<option name="enabled" value="{on}"/>
  </McpServerCommand></commands></component>
</application>
"""
DEFINITION = '<option name="programPath" value="prog"/><option name="arguments" value="a &quot;b c&quot;"/>'

WORKS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "warp servers": ("warp", {".warp/.mcp.json": servers("servers", **GOOD)}, {}),
    "warp snake case": ("warp", {".warp/.mcp.json": servers("mcp_servers", **GOOD)}, {}),
    "warp flat": ("warp", {".warp/.mcp.json": {"sick": GOOD}}, {}),
    "warp nested": ("warp", {".warp/.mcp.json": {"mcp": servers("servers", **GOOD)}}, {}),
    "copilot comments": ("copilot-cli", {".copilot/mcp-config.json": '{"mcpServers": { // x\n"sick": {"command": "prog"},}}'}, {}),
    "claude code with a mark": ("claude-code", {".claude.json": "\ufeff" + json.dumps(servers(**GOOD))}, {}),
    "cline moved": ("cline", {"cd/settings/cline_mcp_settings.json": servers(**GOOD)}, {"CLINE_DATA_DIR": "{HOME}/cd"}),
    "opencode moved": ("opencode", {"o/opencode.json": servers("mcp", type="local", command=["prog"])}, {"OPENCODE_CONFIG_DIR": "{HOME}/o"}),
    "workspace file": ("vscode", {"proj/a.code-workspace": {"settings": {"mcp": servers("servers", **GOOD)}}}, {}),
    "jetbrains project": ("jetbrains-ai", {"proj/.idea/workspace.xml": XML.format(kind="Project", definition=DEFINITION, on="true")}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKS)
def test_what_works(name: str, tmp_path: Path) -> None:
    client, files, environ = WORKS[name]
    target = found(tmp_path, files, **environ)
    assert (target.client, target.command, target.problems, target.disabled) == (client, "prog", (), False)


def test_arguments_of_xml_keep_their_quotes(tmp_path: Path) -> None:
    file = {
        ".config/JetBrains/Idea2025.2/options/llm.mcpServers.xml": XML.format(
            kind="Application", definition=DEFINITION, on="true"
        )
    }
    assert found(tmp_path, file).args == ("a", "b c")


OFF: dict[str, dict[str, Any]] = {
    "xml": {".config/JetBrains/Idea2025.2/options/llm.mcpServers.xml": XML.format(kind="Application", definition=DEFINITION, on="false")},
    "json, switched off in xml": {
        ".ai/mcp/mcp.json": servers(**GOOD),
        ".config/JetBrains/Idea2026.1/options/llm.mcpServers.xml": XML.format(kind="Application", definition="", on="false"),
    },
    "plugin": {f"{PLUGIN}/.mcp.json": {"sick": GOOD}, ".claude/settings.json": {"enabledPlugins": {"acme@market": False}}},
}  # fmt: skip


@pytest.mark.parametrize("name", OFF)
def test_what_is_switched_off_elsewhere(name: str, tmp_path: Path) -> None:
    target = found(tmp_path, OFF[name])
    assert target.disabled and not target.problems


# client, its file, the entry's content or the whole file, the problem's kind, words that must stand in it
REFUSED: dict[str, tuple[str, Any, str, tuple[str, ...]]] = {
    "goose command": (GOOSE, "extensions:\n  sick: {type: stdio, name: sick, command: prog}\n", "unknown-key", ("command", "cmd")),
    "goose env": (GOOSE, "extensions:\n  sick: {type: stdio, cmd: prog, env: {A: b}}\n", "unknown-key", ("env", "envs")),
    "goose url": (GOOSE, "extensions:\n  sick: {type: streamable_http, url: 'http://h/mcp'}\n", "unknown-key", ("url", "uri")),
    "goose without type": (GOOSE, "extensions:\n  sick: {name: sick, cmd: prog}\n", "transport-unsupported", ("no type", "stdio")),
    "opencode without type": (OPENCODE, servers("mcp", command=["prog"]), "transport-unsupported", ("no type", "local")),
    "opencode text": (OPENCODE, servers("mcp", type="local", command="prog a"), "args-in-command", ("no list", "prog")),
    "opencode env": (OPENCODE, servers("mcp", type="local", command=["prog"], env={"A": "b"}), "unknown-key", ("env", "environment")),
    "opencode of another client": (OPENCODE, servers("mcp", type="stdio", command=["prog"]), "transport-unsupported", ("local, remote",)),
    "roo http": (ROO, servers(type="http", url="http://h/mcp"), "transport-unsupported", ("streamable-http",)),
    "roo both": (ROO, servers(url="http://h/mcp", **GOOD), "transport-unsupported", ("both kinds",)),
    "codex both": (".codex/config.toml", '[mcp_servers.sick]\ncommand = "x"\nurl = "http://h/mcp"\n', "transport-unsupported", ("both kinds",)),
    "codex token": (".codex/config.toml", '[mcp_servers.sick]\nurl = "http://h/mcp"\nbearer_token = "x"\n', "unknown-key", ("bearer_token_env_var",)),
    "codex headers": (".codex/config.toml", '[mcp_servers.sick]\nurl = "http://h/mcp"\nheaders = {A = "b"}\n', "unknown-key", ("http_headers",)),
    "continue map": (".continue/config.yaml", "mcpServers:\n  sick: {command: prog}\n", "invalid-syntax", ("list",)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    file, content, kind, words = REFUSED[name]
    target = found(tmp_path, {file: content})
    assert [p.kind for p in target.problems] == [kind]
    p = target.problems[0]
    assert all(w in f"{p.where} {p.detail} {p.note} {p.after}" for w in words), p
    assert p.fatal or p.note == "env" or p.note == "headers"


def test_a_file_that_another_one_hides(tmp_path: Path) -> None:
    files = {"proj/.github/mcp.json": servers(**GOOD)}
    assert found(tmp_path, files, "copilot-cli").problems == ()
    hidden = found(tmp_path, files | {"proj/.mcp.json": {"mcpServers": {"other": GOOD}}}, "copilot-cli")
    assert (
        hidden.disabled and hidden.problems[0].kind == "wrong-file" and hidden.problems[0].where.endswith(".mcp.json")
    )


def test_folders_of_plugins_and_extensions(tmp_path: Path) -> None:
    plugin = found(tmp_path, {f"{PLUGIN}/.mcp.json": servers(command="prog", args=["${CLAUDE_PLUGIN_ROOT}/s.py"])})
    assert plugin.args == (f"{tmp_path}/{PLUGIN}/s.py",) and not plugin.problems
    place = ".gemini/extensions/acme/gemini-extension.json"
    extension = found(tmp_path / "b", {place: servers(command="prog", args=["${extensionPath}${/}s.py"])})
    assert extension.args == (f"{tmp_path}/b/.gemini/extensions/acme/s.py",) and not extension.problems


@pytest.mark.parametrize(
    ("file", "entry"),
    [
        (OPENCODE, servers("mcp", type="local", command=["prog", "{file:~/key}"], environment={"K": "{file:~/key}"})),
        (".codeium/windsurf/mcp_config.json", servers(command="prog", args=["${file:{HOME}/key}"], env={"K": "${file:{HOME}/key}"})),
    ],
)  # fmt: skip
def test_a_file_that_stands_for_a_value(file: str, entry: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret-${HOME}\n")
    target = found(tmp_path, {file: entry})
    assert target.env["K"].reveal() == "s3cret-${HOME}" and not target.problems
    assert plain(target.args[0]) == "s3cret-${HOME}" and "s3cret" not in str(target.args)
    (tmp_path / "key").unlink()
    assert {p.note for p in found(tmp_path, {file: entry}).problems} == {"no file"}


def test_a_start_limit_that_the_person_moves(tmp_path: Path) -> None:
    files = {".claude.json": servers(**GOOD)}
    assert found(tmp_path, files).start_timeout is None
    assert found(tmp_path, files, MCP_TIMEOUT="90000").start_timeout == 90
    assert found(tmp_path, files, MCP_TIMEOUT="soon").start_timeout is None


def test_a_workspace_file_that_a_person_names(tmp_path: Path) -> None:
    file = tmp_path / "a.code-workspace"
    file.write_text(json.dumps({"settings": {"mcp": servers("servers", **GOOD)}}))
    (target,) = from_file(file, {"HOME": str(tmp_path)}, tmp_path, tmp_path)
    assert (target.client, target.command, target.problems) == ("vscode", "prog", ())


def test_options_that_name_nothing(tmp_path: Path) -> None:
    assert "no file" in not_usable([str(tmp_path / "none.json")], None)
    assert "folder" in not_usable([str(tmp_path)], None)
    assert "cursor" in not_usable([], "curser") and "known are" in not_usable([], "zzz")
    assert not_usable([__file__], "codex") == ""


def test_who_else_reads_an_entry(tmp_path: Path) -> None:
    """Two clients of this machine read the project's file; the third one is not used here."""
    text = servers(command="prog", args=["${SRVDIR}/s.py"])["mcpServers"] | {"same": GOOD}
    target = found(
        tmp_path, {"proj/.mcp.json": {"mcpServers": text}, ".claude.json": {}, ".cursor/mcp.json": {}}, SRVDIR="/srv"
    )
    assert target.client == "claude-code" and [c for c, _ in target.also] == ["cursor"]
    assert "${SRVDIR}/s.py" in target.also[0][1]
