"""Config files that do not parse, each beside a server that would run; and files that tempt a false alarm."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lab import CLIENT_FILES, Lab, World, fault, healthy

OK = """
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "initialize":
        r = {"protocolVersion": m["params"]["protocolVersion"], "capabilities": {"tools": {}},
             "serverInfo": {"name": "ok", "version": "1"}}
    elif m.get("method") == "tools/list":
        r = {"tools": [{"name": "hello", "description": "Says hello.", "inputSchema": {"type": "object"}}]}
    elif "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "no"}}), flush=True)
        continue
    else:
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}), flush=True)
"""


def server(lab: Lab) -> str:
    """A server that works, as a script."""
    return lab.write("ok.py", OK)


def text(lab: Lab, template: str, **more: str) -> str:
    """@PY@ and @S@ stand for the interpreter and the script."""
    return template.replace("@PY@", lab.python).replace("@S@", server(lab))


def world(lab: Lab, content: str | bytes, *, client: str = "file", name: str = "sick", **more: object) -> World:
    """A raw config file: given by --config, or as a client's own file."""
    where, _ = CLIENT_FILES.get(client, ("mcp.json", ""))
    file = (lab.home if client != "file" else lab.tmp) / where
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return World(config=file, client=client, name=name, **more)  # type: ignore[arg-type]


GOOD = '{\n  "mcpServers": {\n    "sick": {\n      "command": "@PY@",\n      "args": ["@S@"]\n    }\n  }\n}\n'


# --- trailing comma ------------------------------------------------------------------------------------------------
@fault("config-trailing-comma")
def behind_the_last_argument(lab: Lab) -> World:
    lab.must_show("line 5")
    return world(lab, text(lab, GOOD).replace('ok.py"]', 'ok.py",]'))


@fault("config-trailing-comma")
def behind_the_last_server_of_claude_desktop(lab: Lab) -> World:
    lab.must_show("line 6")
    return world(lab, text(lab, GOOD).replace("    }\n  }", "    },\n  }"), client="claude-desktop")


@fault("config-trailing-comma")
def in_another_entry_of_the_file(lab: Lab) -> World:
    lab.must_show("line 3")
    good = text(lab, GOOD).replace('{\n    "sick"', '{\n    "other": {"command": "true", "args": [], },\n    "sick"')
    return world(lab, good, client="cursor")


@fault("config-trailing-comma")
def in_gemini_where_only_comments_are_allowed(lab: Lab) -> World:
    lab.must_show("line 6")
    good = text(lab, GOOD).replace('"args"', '// how it starts\n      "args"').replace('ok.py"]', 'ok.py"],')
    return world(lab, good, client="gemini-cli")


# --- comments ------------------------------------------------------------------------------------------------------
@fault("config-comments")
def line_comment(lab: Lab) -> World:
    lab.must_show("line 4")
    return world(lab, text(lab, GOOD).replace('      "command"', '      // my server\n      "command"'))


@fault("config-comments")
def block_comment_at_the_top_of_claude_desktop(lab: Lab) -> World:
    lab.must_show("line 1")
    return world(lab, "/* my servers */\n" + text(lab, GOOD), client="claude-desktop")


@fault("config-comments")
def a_server_commented_out(lab: Lab) -> World:
    lab.must_show("line 3")
    old = '{\n    // "old": {"command": "x"},\n    "sick"'
    return world(lab, text(lab, GOOD).replace('{\n    "sick"', old), client="cursor")


# --- two objects ---------------------------------------------------------------------------------------------------
@fault("config-two-objects")
def pasted_behind(lab: Lab) -> World:
    lab.must_show("line 9")
    return world(lab, text(lab, GOOD) + '{"mcpServers": {"more": {"command": "true"}}}\n', client="claude-desktop")


@fault("config-two-objects")
def the_new_one_is_the_second(lab: Lab) -> World:
    return world(lab, '{\n  "globalShortcut": ""\n}\n' + text(lab, GOOD))


# --- escapes -------------------------------------------------------------------------------------------------------
@fault("config-invalid-escape")
def windows_path(lab: Lab) -> World:
    lab.must_show("line 5")
    return world(lab, text(lab, GOOD).replace('"@S@"', "").replace('ok.py"]', 'ok.py", "D:\\Projects\\work"]'))


@fault("config-invalid-escape")
def windows_user_path(lab: Lab) -> World:
    return world(lab, text(lab, GOOD).replace('ok.py"]', 'ok.py", "C:\\Users\\me"]'), client="claude-desktop")


# --- quotes --------------------------------------------------------------------------------------------------------
@fault("config-smart-quotes")
def around_everything(lab: Lab) -> World:
    lab.must_show("line 2")
    return world(lab, text(lab, GOOD).replace('"', "”"))


@fault("config-smart-quotes")
def around_one_value(lab: Lab) -> World:
    return world(lab, text(lab, GOOD).replace('"args": [', '"env": {“TOKEN”: “abc-1234-secret”},\n      "args": ['))


@fault("config-smart-quotes")
def inside_a_key_of_env(lab: Lab) -> World:
    lab.must_show("ACME_REGION")
    script = lab.write(
        "s.py", 'import os, sys\nif "ACME_REGION" not in os.environ:\n    sys.exit("ACME_REGION is required")\n'
    )
    return World(entry={"command": lab.python, "args": [script], "env": {"“ACME_REGION”": "eu"}})


# --- byte order mark -----------------------------------------------------------------------------------------------
@fault("config-bom")
def utf8_with_bom(lab: Lab) -> World:
    return world(lab, b"\xef\xbb\xbf" + text(lab, GOOD).encode())


@fault("config-bom")
def utf8_with_bom_in_claude_desktop(lab: Lab) -> World:
    return world(lab, b"\xef\xbb\xbf" + text(lab, GOOD).encode(), client="claude-desktop")


# --- other syntax --------------------------------------------------------------------------------------------------
@fault("config-invalid-syntax")
def comma_missing_between_servers(lab: Lab) -> World:
    lab.must_show("line 3")
    first = '{\n    "other": {"command": "true"}\n    "sick"'
    return world(lab, text(lab, GOOD).replace('{\n    "sick"', first))


@fault("config-invalid-syntax")
def brace_missing_at_the_end(lab: Lab) -> World:
    return world(lab, text(lab, GOOD).rstrip()[:-1].rstrip(), client="claude-desktop")


@fault("config-invalid-syntax")
def single_quotes(lab: Lab) -> World:
    return world(lab, text(lab, GOOD).replace('"', "'"))


@fault("config-invalid-syntax")
def empty_file(lab: Lab) -> World:
    return world(lab, "")


@fault("config-invalid-syntax")
def utf16_from_notepad(lab: Lab) -> World:
    lab.must_show("UTF-16")
    return world(lab, text(lab, GOOD).encode("utf-16"))


@fault("config-invalid-syntax")
def toml_of_codex(lab: Lab) -> World:
    lab.must_show("line 2")
    file = lab.home / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text(f'[mcp_servers.sick]\ncommand = {lab.python}\nargs = ["{server(lab)}"]\n')
    return World(config=file, client="codex")


@fault("config-invalid-syntax")
def yaml_tab(lab: Lab) -> World:
    file = Path(lab.write("config.yaml", "extensions:\n  sick:\n    type: stdio\n\tcmd: python3\n"))
    return World(config=file)


# --- healthy temptations -------------------------------------------------------------------------------------------
@healthy()
def comments_and_commas_in_vs_code(lab: Lab) -> World:
    content = text(lab, GOOD).replace("mcpServers", "servers").replace('ok.py"]', 'ok.py",], // the script')
    return world(lab, "// my servers\n" + content, client="vscode")


@healthy()
def comments_and_commas_in_zed(lab: Lab) -> World:
    content = text(lab, GOOD).replace("mcpServers", "context_servers").replace('ok.py"]', 'ok.py",] /* script */,')
    return world(lab, content, client="zed")


@healthy()
def comments_in_gemini(lab: Lab) -> World:
    return world(lab, "/* settings */\n" + text(lab, GOOD).replace('"args"', '// how\n "args"'), client="gemini-cli")


@healthy()
def slashes_and_commas_inside_strings(lab: Lab) -> World:
    entry = {"command": lab.python, "args": [server(lab), "http://x//y", "/* no comment */", "a,]", "<b> & </b>"]}
    return World(entry=entry)


@healthy()
def typographic_quotes_inside_a_value(lab: Lab) -> World:
    return World(entry={"command": lab.python, "args": [server(lab)], "description": "the “good” server",
                        "env": {"GREETING": "say “hello” to ‘all’"}})  # fmt: skip


@healthy()
def windows_line_ends(lab: Lab) -> World:
    return world(lab, text(lab, GOOD).replace("\n", "\r\n"))


@healthy()
def ten_thousand_entries(lab: Lab) -> World:
    many = {f"s{i}": {"command": "true", "args": [str(i)]} for i in range(10000)}
    many["sick"] = {"command": lab.python, "args": [server(lab)]}
    return world(lab, json.dumps({"mcpServers": many}))


@healthy()
def twenty_lines_of_other_settings(lab: Lab) -> World:
    content = json.loads(text(lab, GOOD)) | {"theme": "dark", "tips": [1, 2, {"a": None}], "scale": 1.5e3}
    return world(lab, json.dumps(content, indent=4), client="claude-desktop")
