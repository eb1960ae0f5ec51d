"""Values that are not what was meant: each breaks a real program; and the same values where they do no harm."""

from __future__ import annotations

import json

from tests.faults.config.config_syntax import OK, server, world
from tests.lab import Lab, World, fault, healthy

NEEDS_KEY = """
import os, sys
key = os.environ.get("ACME_API_KEY", "")
if not key.startswith("acme_"):
    sys.exit(f"Error: ACME_API_KEY is not valid: {key!r}")
"""


# --- command line in one string ------------------------------------------------------------------------------------
@fault("config-args-in-command")
def all_in_command(lab: Lab) -> World:
    lab.must_show(lab.python)
    return World(entry={"command": f"{lab.python} {server(lab)}"})


@fault("config-args-in-command")
def npx_with_its_package(lab: Lab) -> World:
    lab.must_show("npx")
    return World(entry={"command": "npx -y @modelcontextprotocol/server-memory", "args": []})


@fault("config-args-in-command")
def in_claude_desktop(lab: Lab) -> World:
    return World(entry={"command": "python3 -m http.server", "args": []}, client="claude-desktop")


@fault("config-args-in-command")
def script_and_flags_in_one_argument(lab: Lab) -> World:
    return World(entry={"command": lab.python, "args": [f"{server(lab)} --verbose"]})


@fault("config-args-in-command")
def module_flag_glued(lab: Lab) -> World:
    return World(entry={"command": lab.python, "args": ["-m json.tool"]})


@fault("config-args-in-command", needs=["node"])
def flag_and_package_of_npx_in_one_argument(lab: Lab) -> World:
    return World(entry={"command": "npx", "args": ["-y @modelcontextprotocol/server-memory"]})


@fault("config-args-in-command")
def args_is_a_string(lab: Lab) -> World:
    return World(entry={"command": lab.python, "args": server(lab)})


# --- tilde ---------------------------------------------------------------------------------------------------------
def at_home(lab: Lab, name: str = "ok.py", content: str = OK) -> str:
    file = lab.home / "servers" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(content)
    file.chmod(0o755)
    return f"~/servers/{name}"


@fault("config-tilde")
def script_argument(lab: Lab) -> World:
    lab.must_show(str(lab.home / "servers" / "ok.py"))
    return World(entry={"command": lab.python, "args": [at_home(lab)]})


@fault("config-tilde")
def the_command_itself(lab: Lab) -> World:
    return World(entry={"command": at_home(lab, "run", f"#!{lab.python}\n{OK}"), "args": []}, client="claude-desktop")


@fault("config-tilde")
def working_folder(lab: Lab) -> World:
    at_home(lab)
    return World(entry={"command": lab.python, "args": ["ok.py"], "cwd": "~/servers"})


@fault("config-tilde", needs=["node"])
def node_script_in_cursor(lab: Lab) -> World:
    return World(
        entry={"command": lab.node, "args": [at_home(lab, "index.js", "console.error('hi')")]}, client="cursor"
    )


@fault("config-tilde")
def folder_that_the_server_opens(lab: Lab) -> World:
    (lab.home / "data").mkdir()
    script = lab.write("open.py", "import os, sys\nprint(os.listdir(sys.argv[1]), file=sys.stderr)\n")
    return World(entry={"command": lab.python, "args": [script, "~/data"]})


# --- relative path -------------------------------------------------------------------------------------------------
@fault("config-relative-path")
def script_beside_the_config(lab: Lab) -> World:
    server(lab)
    lab.must_show(str(lab.tmp / "ok.py"))
    return World(entry={"command": lab.python, "args": ["ok.py"]}, cwd=lab.home)


@fault("config-relative-path")
def script_in_a_folder_for_claude_desktop(lab: Lab) -> World:
    lab.write("build/ok.py", OK)
    return World(entry={"command": lab.python, "args": ["./build/ok.py"]}, client="claude-desktop")


@fault("config-relative-path")
def command_in_the_project(lab: Lab) -> World:
    lab.write("bin/run", f"#!{lab.python}\n{OK}").__len__()
    (lab.tmp / "bin" / "run").chmod(0o755)
    return World(entry={"command": "./bin/run"}, cwd=lab.home)


@fault("config-relative-path", needs=["node"])
def node_script(lab: Lab) -> World:
    lab.write("dist/index.js", "setTimeout(() => {}, 1e6)")
    return World(entry={"command": lab.node, "args": ["dist/index.js"]}, cwd=lab.home)


# --- quotes --------------------------------------------------------------------------------------------------------
@fault("config-quotes-in-arg")
def script_in_double_quotes(lab: Lab) -> World:
    return World(entry={"command": lab.python, "args": [f'"{server(lab)}"']})


@fault("config-quotes-in-arg")
def script_in_single_quotes(lab: Lab) -> World:
    return World(entry={"command": lab.python, "args": [f"'{server(lab)}'"]}, client="claude-desktop")


@fault("config-quotes-in-arg")
def command_in_quotes(lab: Lab) -> World:
    return World(entry={"command": f'"{lab.python}"', "args": [server(lab)]})


@fault("config-quotes-in-arg")
def folder_after_a_flag(lab: Lab) -> World:
    (lab.tmp / "data").mkdir()
    script = lab.write("open.py", "import os, sys\nprint(os.listdir(sys.argv[1].split('=', 1)[1]), file=sys.stderr)\n")
    return World(entry={"command": lab.python, "args": [script, f'--root="{lab.tmp}/data"']})


# --- variables -----------------------------------------------------------------------------------------------------
@fault("config-variable-not-expanded")
def shell_variable_in_a_path(lab: Lab) -> World:
    lab.must_show("$HOME")
    at_home(lab)
    return World(entry={"command": lab.python, "args": ["$HOME/servers/ok.py"]})


@fault("config-variable-not-expanded")
def braces_in_env(lab: Lab) -> World:
    lab.must_show("${ACME_API_KEY}")
    script = lab.write("key.py", NEEDS_KEY)
    entry = {"command": lab.python, "args": [script], "env": {"ACME_API_KEY": "${ACME_API_KEY}"}}
    return World(entry=entry, env={"ACME_API_KEY": "acme_1234567890"})


@fault("config-variable-not-expanded")
def unset_in_claude_code(lab: Lab) -> World:
    lab.must_show("not set")
    script = lab.write("key.py", NEEDS_KEY)
    entry = {"command": lab.python, "args": [script], "env": {"ACME_API_KEY": "${ACME_API_KEY}"}}
    return World(entry=entry, client="claude-code")


@fault("config-variable-not-expanded")
def syntax_of_vs_code_in_claude_desktop(lab: Lab) -> World:
    server(lab)
    entry = {"command": lab.python, "args": ["${workspaceFolder}/ok.py"]}
    return World(entry=entry, client="claude-desktop")


@fault("config-variable-not-expanded")
def syntax_of_cursor_in_gemini(lab: Lab) -> World:
    script = lab.write("key.py", NEEDS_KEY)
    entry = {"command": lab.python, "args": [script], "env": {"ACME_API_KEY": "${env:ACME_API_KEY}"}}
    return World(entry=entry, client="gemini-cli", env={"ACME_API_KEY": "acme_1234567890"})


WANTS_BEARER = """
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Bearer error="invalid_token"')
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_GET = do_DELETE = do_OPTIONS = do_POST
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
"""


def refusing(lab: Lab) -> str:
    port = lab.free_port()
    lab.start(lab.python, lab.write("refuse.py", WANTS_BEARER), str(port), port=port)
    return f"http://127.0.0.1:{port}/mcp"


@fault("config-variable-not-expanded")
def header_in_a_given_file(lab: Lab) -> World:
    lab.must_show("401", "${ACME_TOKEN}")
    return World(entry={"type": "http", "url": refusing(lab), "headers": {"Authorization": "Bearer ${ACME_TOKEN}"}})


# --- placeholders --------------------------------------------------------------------------------------------------
@fault("config-placeholder")
def key_of_the_guide(lab: Lab) -> World:
    lab.must_show("ACME_API_KEY")
    script = lab.write("key.py", NEEDS_KEY)
    return World(entry={"command": lab.python, "args": [script], "env": {"ACME_API_KEY": "YOUR_API_KEY_HERE"}})


@fault("config-placeholder")
def path_of_the_guide(lab: Lab) -> World:
    lab.must_show("/path/to/server.py")
    return World(entry={"command": lab.python, "args": ["/path/to/server.py"]})


@fault("config-placeholder", needs=["node"])
def user_name_of_the_guide(lab: Lab) -> World:
    return World(entry={"command": lab.node, "args": ["/Users/username/mcp/build/index.js"]}, client="claude-desktop")


@fault("config-placeholder")
def bearer_of_the_guide(lab: Lab) -> World:
    lab.must_show("401", "headers.Authorization")
    return World(entry={"type": "http", "url": refusing(lab), "headers": {"Authorization": "Bearer <your-token>"}})


@fault("config-placeholder")
def angle_brackets_in_an_argument(lab: Lab) -> World:
    script = lab.write("open.py", "import os, sys\nprint(os.listdir(sys.argv[1]), file=sys.stderr)\n")
    return World(entry={"command": lab.python, "args": [script, "<path-to-your-folder>"]})


@fault("launch-crashed")
def an_example_name_that_is_the_real_folder(lab: Lab) -> World:
    return World(
        entry={"command": lab.python, "args": [lab.write("path/to/your-project/s.py", "import sys\nsys.exit(3)\n")]}
    )


# --- Minecraft's port ----------------------------------------------------------------------------------------------
@fault("config-minecraft-port", netns=True)
def nothing_at_25565(lab: Lab) -> World:
    lab.must_show("25565")
    return World(entry={"url": "http://localhost:25565/mcp"})


@fault("config-minecraft-port", netns=True)
def a_game_at_25565(lab: Lab) -> World:
    game = "import socket\ns = socket.create_server(('127.0.0.1', 25565))\nwhile True:\n    c, _ = s.accept()\n    c.recv(99)\n    c.close()\n"
    lab.start(lab.python, lab.write("game.py", game), port=25565)
    return World(entry={"url": "http://127.0.0.1:25565"})


# --- healthy temptations -------------------------------------------------------------------------------------------
@healthy(needs=["node"])
def the_server_expands_the_tilde_itself(lab: Lab) -> World:
    (lab.home / "docs").mkdir()
    script = lab.npm("@modelcontextprotocol/server-filesystem")
    return World(entry={"command": lab.node, "args": [script, "~/docs"]})


@healthy()
def relative_path_with_cwd(lab: Lab) -> World:
    server(lab)
    return World(entry={"command": lab.python, "args": ["ok.py"], "cwd": str(lab.tmp)}, cwd=lab.home)


@healthy()
def variable_that_claude_code_expands(lab: Lab) -> World:
    script = lab.write("s.py", f"import os, sys\nif os.environ['K'] != 'v-12345678':\n    sys.exit('K is wrong')\n{OK}")
    entry = {"command": "${LAB_PYTHON}", "args": [script, "${NOT_SET:-x}"], "env": {"K": "${LAB_K}"}}
    return World(entry=entry, client="claude-code", env={"LAB_PYTHON": lab.python, "LAB_K": "v-12345678"})


@healthy()
def variable_for_a_shell(lab: Lab) -> World:
    return World(entry={"command": "sh", "args": ["-c", f"exec {lab.python} $SCRIPT"], "env": {"SCRIPT": server(lab)}})


@healthy()
def placeholder_that_nobody_uses(lab: Lab) -> World:
    env = {"OPTIONAL_TOKEN": "YOUR_TOKEN_HERE", "TEMPLATE": "Hello <name>, your order ${id} is ready"}
    return World(entry={"command": lab.python, "args": [server(lab), "--title", "<none>"], "env": env})


@healthy()
def blanks_in_a_program_name(lab: Lab) -> World:
    file = lab.tmp / "my server" / "run it"
    file.parent.mkdir()
    file.write_text(f"#!{lab.python}\n{OK}")
    file.chmod(0o755)
    return World(entry={"command": str(file), "args": ["a b", "--name x y"]})


@healthy()
def quotes_that_belong_to_the_value(lab: Lab) -> World:
    return World(entry={"command": lab.python, "args": [server(lab), '{"a": "b"}', "'single'", '--q="x"']})


@healthy()
def output_file_that_is_not_there_yet(lab: Lab) -> World:
    return World(entry={"command": lab.python, "args": [server(lab), "--log", "./logs/out.log", "~/later.txt"]})


@healthy()
def tilde_in_vs_code(lab: Lab) -> World:
    entry = {"command": lab.python, "args": [at_home(lab)]}
    return world(lab, json.dumps({"servers": {"sick": entry}}), client="vscode")


@fault("config-placeholder", layer="config")
def placeholder_that_the_service_refuses(lab: Lab) -> World:
    lab.must_show("WEATHER_API_KEY")
    body = "import sys\nsys.exit('401 Unauthorized: Invalid API key')\n"
    return World(entry=lab.stdio(lab.python, lab.write("s.py", body), env={"WEATHER_API_KEY": "YOUR_API_KEY_HERE"}))
