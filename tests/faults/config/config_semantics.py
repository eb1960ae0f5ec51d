"""Files that parse, with an entry that the client cannot use; and entries that only look so."""

from __future__ import annotations

import json

from tests.faults.config.config_syntax import server, world
from tests.lab import Lab, World, fault, healthy


def good(lab: Lab) -> dict[str, object]:
    return {"command": lab.python, "args": [server(lab)]}


# --- root key ------------------------------------------------------------------------------------------------------
@fault("config-wrong-root-key")
def mcp_servers_in_vs_code(lab: Lab) -> World:
    lab.must_show("servers")
    return world(lab, json.dumps({"mcpServers": {"sick": good(lab)}}, indent=2), client="vscode")


@fault("config-wrong-root-key")
def servers_in_cursor(lab: Lab) -> World:
    lab.must_show("mcpServers")
    return world(lab, json.dumps({"servers": {"sick": good(lab)}}, indent=2), client="cursor")


@fault("config-wrong-root-key")
def small_letters_in_claude_desktop(lab: Lab) -> World:
    lab.must_show("mcpservers")
    return world(lab, json.dumps({"mcpservers": {"sick": good(lab)}}), client="claude-desktop")


@fault("config-wrong-root-key")
def snake_case_in_a_given_file(lab: Lab) -> World:
    lab.must_show("mcp_servers")
    return world(lab, json.dumps({"mcp_servers": {"sick": good(lab)}}))


@fault("config-wrong-root-key")
def no_root_key_at_all(lab: Lab) -> World:
    return world(lab, json.dumps({"sick": good(lab)}), client="cursor")


@fault("config-wrong-root-key")
def nested_twice(lab: Lab) -> World:
    return world(lab, json.dumps({"mcpServers": {"mcpServers": {"sick": good(lab)}}}), client="claude-desktop")


@fault("config-wrong-root-key")
def settings_form_in_mcp_json_of_vs_code(lab: Lab) -> World:
    return world(lab, json.dumps({"mcp": {"servers": {"sick": good(lab)}}}), client="vscode")


@fault("config-wrong-root-key")
def beside_the_root_key(lab: Lab) -> World:
    return world(lab, json.dumps({"mcpServers": {"other": good(lab)}, "sick": good(lab)}, indent=2), client="cursor")


@fault("config-wrong-root-key")
def inside_another_entry(lab: Lab) -> World:
    lab.must_show("other")
    return world(lab, json.dumps({"mcpServers": {"other": good(lab) | {"sick": good(lab)}}}, indent=2))


@fault("config-two-objects")
def the_root_key_twice(lab: Lab) -> World:
    lab.must_show("line 3")
    first, second = json.dumps({"sick": good(lab)}), json.dumps({"other": good(lab)})
    return world(lab, f'{{\n\n"mcpServers": {first},\n"mcpServers": {second}\n}}', client="claude-desktop")


# --- keys ----------------------------------------------------------------------------------------------------------
@fault("config-unknown-key")
def blank_behind_the_key(lab: Lab) -> World:
    return World(entry={"url ": "http://127.0.0.1:9/mcp"})


@fault("config-unknown-key")
def command_misspelt(lab: Lab) -> World:
    lab.must_show("comand")
    return World(entry={"comand": lab.python, "args": [server(lab)]})


@fault("config-unknown-key")
def capital_letter(lab: Lab) -> World:
    return World(entry={"Command": lab.python, "args": [server(lab)]})


@fault("config-unknown-key")
def arguments_instead_of_args(lab: Lab) -> World:
    lab.must_show("arguments")
    script = lab.write("cli.py", "import sys\nsys.exit('usage: cli.py FOLDER')\n")
    return World(entry={"command": lab.python, "arguments": [script]})


@fault("config-unknown-key")
def letters_swapped(lab: Lab) -> World:
    lab.must_show("agrs")
    return World(entry={"command": lab.python, "agrs": [lab.write("cli.py", "1/0")]})


@fault("config-unknown-key")
def http_url_in_copilot(lab: Lab) -> World:
    return World(entry={"type": "http", "urll": "http://127.0.0.1:9/mcp"})


# --- neither command nor URL ---------------------------------------------------------------------------------------
@fault("config-missing-target")
def only_a_type(lab: Lab) -> World:
    return World(entry={"type": "stdio", "env": {"A": "1"}})


@fault("config-missing-target")
def empty_entry(lab: Lab) -> World:
    return World(entry={})


@fault("config-missing-target")
def empty_command(lab: Lab) -> World:
    return World(entry={"command": "", "args": []})


# --- URL -----------------------------------------------------------------------------------------------------------
@fault("config-invalid-url")
def no_scheme(lab: Lab) -> World:
    lab.must_show("http://localhost:3999/mcp")
    return World(entry={"url": "localhost:3999/mcp"})


@fault("config-invalid-url")
def port_too_large(lab: Lab) -> World:
    lab.must_show("99999")
    return World(entry={"url": "http://localhost:99999/mcp"})


@fault("config-invalid-url")
def unknown_scheme(lab: Lab) -> World:
    lab.must_show("htp")
    return World(entry={"url": "htp://localhost:3000/mcp"})


@fault("config-invalid-url")
def blank_inside(lab: Lab) -> World:
    return World(entry={"url": "http://local host:3000/mcp"})


@fault("config-invalid-url")
def one_slash(lab: Lab) -> World:
    return World(entry={"url": "http:/localhost:3000/mcp"})


@fault("config-variable-not-expanded")
def variable_as_port(lab: Lab) -> World:
    lab.must_show("${PORT}")
    return World(entry={"url": "http://localhost:${PORT}/mcp"})


@fault("config-placeholder")
def host_to_be_filled_in(lab: Lab) -> World:
    return World(entry={"url": "https://<your-host>/mcp"})


# --- transport -----------------------------------------------------------------------------------------------------
@fault("config-transport-unsupported")
def url_in_claude_desktop(lab: Lab) -> World:
    lab.must_show("mcp-remote")
    return World(entry={"url": "http://127.0.0.1:9/mcp"}, client="claude-desktop")


@fault("config-transport-unsupported")
def unknown_type(lab: Lab) -> World:
    lab.must_show("grpc")
    return World(entry={"type": "grpc", "url": "http://127.0.0.1:9/mcp"})


@fault("config-transport-unsupported")
def url_without_type_in_claude_code(lab: Lab) -> World:
    lab.must_show("type")
    return World(entry={"url": "http://127.0.0.1:9/mcp"}, client="claude-code")


# --- file, scope, state --------------------------------------------------------------------------------------------
@fault("config-wrong-file")
def settings_json_of_claude_code(lab: Lab) -> World:
    lab.must_show(".claude.json")
    file = lab.home / ".claude" / "settings.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"permissions": {}, "mcpServers": {"sick": good(lab)}}))
    (lab.home / ".claude.json").write_text(json.dumps({"numStartups": 3, "mcpServers": {}}))
    return World(config=file, client="claude-code")


@fault("config-wrong-file")
def lower_case_folder_of_claude_desktop(lab: Lab) -> World:
    file = lab.home / ".config" / "claude" / "claude_desktop_config.json"
    file.parent.mkdir(parents=True)
    (lab.home / ".config" / "Claude").mkdir()
    (lab.home / ".config" / "Claude" / "claude_desktop_config.json").write_text('{"mcpServers": {}}')
    file.write_text(json.dumps({"mcpServers": {"sick": good(lab)}}))
    return World(config=file, client="claude-desktop")


@fault("config-wrong-file")
def local_scope_of_another_project(lab: Lab) -> World:
    lab.must_show("/somewhere/else")
    file = lab.home / ".claude.json"
    file.write_text(json.dumps({"projects": {"/somewhere/else": {"mcpServers": {"sick": good(lab)}}}}))
    return World(config=file, client="claude-code")


@fault("config-pending-approval")
def claude_code_was_not_asked_yet(lab: Lab) -> World:
    project = lab.tmp / "project"
    project.mkdir()
    (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"sick": good(lab)}}))
    (lab.home / ".claude.json").write_text(json.dumps({"projects": {str(project): {"enabledMcpjsonServers": []}}}))
    return World(config=project / ".mcp.json", client="claude-code", cwd=project)


@fault("config-pending-approval")
def codex_does_not_trust_the_project(lab: Lab) -> World:
    project = lab.tmp / "project"
    (project / ".codex").mkdir(parents=True)
    file = project / ".codex" / "config.toml"
    file.write_text(f'[mcp_servers.sick]\ncommand = "{lab.python}"\nargs = ["{server(lab)}"]\n')
    (lab.home / ".codex").mkdir()
    (lab.home / ".codex" / "config.toml").write_text(f'[projects."{project}"]\ntrust_level = "untrusted"\n')
    return World(config=file, client="codex", cwd=project)


@fault("config-disabled")
def disabled_key(lab: Lab) -> World:
    return World(entry=good(lab) | {"disabled": True})


@fault("config-disabled")
def enabled_false_in_zed(lab: Lab) -> World:
    return World(entry=good(lab) | {"enabled": False}, client="zed")


@fault("config-disabled")
def disabled_in_the_state_of_claude_code(lab: Lab) -> World:
    file = lab.home / ".claude.json"
    state = {"projects": {str(lab.tmp): {"disabledMcpServers": ["sick"]}}, "mcpServers": {"sick": good(lab)}}
    file.write_text(json.dumps(state))
    return World(config=file, client="claude-code")


@fault("config-duplicate-server")
def the_shadowed_entry_is_the_good_one(lab: Lab) -> World:
    file = lab.home / ".claude.json"
    old = {"command": lab.python, "args": ["/opt/gone/server.py"]}
    state = {"mcpServers": {"sick": good(lab)}, "projects": {str(lab.tmp): {"mcpServers": {"sick": old}}}}
    file.write_text(json.dumps(state, indent=1))
    return World(config=file, client="claude-code")


@fault("config-duplicate-server")
def twice_in_one_file(lab: Lab) -> World:
    lab.must_show("mcp.json:3")
    bad = json.dumps({"command": lab.python, "args": ["/opt/gone/server.py"]})
    content = f'{{"mcpServers": {{\n\n"sick": {json.dumps(good(lab))},\n"sick": {bad}}}}}'
    return world(lab, content)


# --- healthy temptations -------------------------------------------------------------------------------------------
@healthy()
def disabled_is_false(lab: Lab) -> World:
    return World(entry=good(lab) | {"disabled": False, "autoApprove": [], "timeout": 60})


@healthy()
def keys_of_other_clients(lab: Lab) -> World:
    return World(entry=good(lab) | {"description": "mine", "alwaysAllow": ["hello"], "icon": "x", "type": "stdio"})


@healthy()
def keys_that_are_nearly_others(lab: Lab) -> World:
    more = {"vars": {"A": "1"}, "tags": ["a"], "URLs": ["x"], "types": "x", "argsHelp": "none", "commands": {"a": "b"}}
    return World(entry=good(lab) | more)


@healthy()
def the_same_server_in_two_scopes(lab: Lab) -> World:
    file = lab.home / ".claude.json"
    state = {"mcpServers": {"sick": good(lab)}, "projects": {str(lab.tmp): {"mcpServers": {"sick": good(lab)}}}}
    file.write_text(json.dumps(state))
    return World(config=file, client="claude-code")


@healthy(warns=["config-duplicate-server"])
def two_scopes_differ_and_the_winner_works(lab: Lab) -> World:
    file = lab.home / ".claude.json"
    other = {"command": "node", "args": ["/old/server.js"]}
    state = {"mcpServers": {"sick": other}, "projects": {str(lab.tmp): {"mcpServers": {"sick": good(lab)}}}}
    file.write_text(json.dumps(state))
    return World(config=file, client="claude-code")


@healthy()
def approved_project_server(lab: Lab) -> World:
    project = lab.tmp / "project"
    project.mkdir()
    file = project / ".mcp.json"
    file.write_text(json.dumps({"mcpServers": {"sick": good(lab)}}))
    (lab.home / ".claude.json").write_text(
        json.dumps({"projects": {str(project): {"enabledMcpjsonServers": ["sick"]}}})
    )
    return World(config=file, cwd=project)


@healthy()
def list_of_commands_in_opencode(lab: Lab) -> World:
    file = lab.tmp / "opencode.json"
    file.write_text(json.dumps({"mcp": {"sick": {"type": "local", "command": [lab.python, server(lab)]}}}))
    return World(config=file)


@healthy()
def toml_of_codex_works(lab: Lab) -> World:
    file = lab.home / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text(f'model = "x"\n[mcp_servers.sick]\ncommand = "{lab.python}"\nargs = ["{server(lab)}"]\n')
    return World(config=file, client="codex")


@healthy()
def yaml_of_goose_works(lab: Lab) -> World:
    file = lab.home / ".config" / "goose" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f"extensions:\n  developer:\n    type: builtin\n    name: developer\n  sick:\n    type: stdio\n    name: sick\n"
        f"    cmd: {lab.python}\n    args: [{server(lab)}]\n    enabled: true\n    timeout: 300\n"
    )
    return World(config=file, client="goose")


@fault("config-unknown-key")
def a_blank_behind_the_clients_own_key(lab: Lab) -> World:
    lab.must_show("httpUrl")
    return World(entry={"httpUrl ": "http://127.0.0.1:9/mcp"}, client="gemini-cli")
