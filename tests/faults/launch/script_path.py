"""A path that is not there, a program started in the wrong way."""

from __future__ import annotations

from tests.lab import Lab, fault, healthy

from . import NODE, NODE_SERVE, PY, SERVE, UV


@fault("launch-path-missing")
def python_script(lab: Lab):
    lab.write("server.py", SERVE)
    lab.must_show(f"{lab.tmp}/serve.py", f"{lab.tmp}/server.py")
    return lab.stdio(lab.python, f"{lab.tmp}/serve.py")


@fault("launch-path-missing", needs=("node",))
def node_script(lab: Lab):
    lab.must_show(f"{lab.tmp}/gone/index.js")
    return lab.stdio(lab.node, f"{lab.tmp}/gone/index.js", "--verbose")


@fault("launch-path-missing")
def the_command_itself(lab: Lab):
    lab.write("bin/my-server", "#!/bin/sh\n", 0o755)
    lab.must_show(f"{lab.tmp}/bin/my_server", f"{lab.tmp}/bin/my-server")
    return lab.stdio(f"{lab.tmp}/bin/my_server")


@fault("launch-path-missing")
def shell_script(lab: Lab):
    lab.must_show(f"{lab.tmp}/start.sh")
    return lab.stdio("/bin/bash", f"{lab.tmp}/start.sh")


@fault("launch-path-missing")
def a_folder_in_the_path_is_a_file(lab: Lab):
    lab.must_show(f"{lab.tmp}/server/bin/run")
    lab.write("server", "a file\n")
    return lab.stdio(f"{lab.tmp}/server/bin/run")


@fault("launch-path-missing", needs=("node",))
def folder_argument(lab: Lab):
    lab.must_show(f"{lab.tmp}/Projekte")
    return lab.stdio(lab.node, lab.npm("@modelcontextprotocol/server-filesystem"), f"{lab.tmp}/Projekte")


@fault("launch-path-missing")
def behind_a_wrapper(lab: Lab):
    lab.must_show(f"{lab.tmp}/venv/bin/python")
    return lab.stdio("/usr/bin/env", "A=1", f"{lab.tmp}/venv/bin/python", "-m", "server")


@fault("launch-path-missing")
def project_folder_of_uv(lab: Lab):
    lab.must_show(f"{lab.tmp}/projekt")
    return lab.stdio(UV, "--directory", f"{lab.tmp}/projekt", "run", "server.py")


@fault("launch-not-built", needs=("node",))
def started_by_npm(lab: Lab):
    lab.write("proj/package.json", '{"name": "p", "scripts": {"build": "tsc", "start": "node dist/main.js"}}')
    lab.write("proj/src/main.ts", "export {};\n")
    lab.must_show(f"{lab.tmp}/proj")
    return lab.stdio("npm", "--prefix", f"{lab.tmp}/proj", "--silent", "start")


@fault("launch-not-built", needs=("node",))
def typescript(lab: Lab):
    lab.write("proj/package.json", '{"name": "p", "scripts": {"build": "tsc -p ."}}')
    lab.write("proj/src/index.ts", "export {};\n")
    lab.must_show(f"{lab.tmp}/proj", "tsc -p .")
    return lab.stdio(lab.node, f"{lab.tmp}/proj/dist/index.js")


@fault("launch-not-built", needs=("node",))
def typescript_module_in_a_workspace(lab: Lab):
    lab.write("mono/packages/srv/package.json", '{"type": "module", "scripts": {"build": "esbuild src/main.ts"}}')
    lab.write("mono/packages/srv/src/main.ts", "export {};\n")
    lab.must_show("esbuild src/main.ts")
    return lab.stdio(lab.node, f"{lab.tmp}/mono/packages/srv/build/main.js", "--stdio")


@fault("launch-not-built")
def rust(lab: Lab):
    lab.write("rs/Cargo.toml", '[package]\nname = "srv"\n')
    lab.write("rs/src/main.rs", "fn main() {}\n")
    lab.must_show("cargo build --release")
    return lab.stdio(f"{lab.tmp}/rs/target/release/srv")


@fault("launch-relative-import")
def run_by_path(lab: Lab):
    lab.write("pkg/__init__.py", "")
    lab.write("pkg/tools.py", "")
    path = lab.write("pkg/server.py", "from .tools import x\n" + SERVE)
    lab.must_show("python -m pkg.server")
    return lab.stdio(lab.python, path)


@fault("launch-relative-import")
def a_neighbour_above(lab: Lab):
    lab.write("proj/__init__.py", "")
    path = lab.write("proj/app/main.py", "from ..config import x\n" + SERVE)
    return lab.stdio(lab.python, path)


@fault("launch-exits-silently", needs=("node",))
def main_guard_behind_a_link(lab: Lab):
    guard = 'if (process.argv[1] === require("fs").realpathSync(__filename)) serve();\n'
    lab.write("node_modules/srv/package.json", '{"name": "srv", "bin": "cli.js"}')
    path = lab.write("node_modules/srv/cli.js", "#!/usr/bin/env node\n" + NODE + guard, 0o755)
    link = lab.tmp / "node_modules" / ".bin" / "srv"
    link.parent.mkdir()
    link.symlink_to(path)
    lab.must_show("real path")
    return lab.stdio(str(link))


@fault("launch-exits-silently")
def nobody_calls_the_main_function(lab: Lab):
    path = lab.write("server.py", PY)
    lab.must_show(path, "exit code 0")
    return lab.stdio(lab.python, path)


@fault("launch-usage-error")
def an_argument_is_missing(lab: Lab):
    body = "import argparse\na = argparse.ArgumentParser(prog='fs')\na.add_argument('folder')\na.parse_args()\n"
    lab.must_show("folder")
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@fault("launch-usage-error", needs=("node",))
def node_does_not_know_the_flag(lab: Lab):
    lab.must_show("--no-such-flag")
    return lab.stdio(lab.node, "--no-such-flag", lab.write("s.js", NODE_SERVE))


@fault("launch-usage-error")
def a_flag_that_the_server_does_not_know(lab: Lab):
    body = "import argparse\na = argparse.ArgumentParser()\na.add_argument('--repo')\na.parse_args()\n"
    lab.must_show("--repository")
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE), "--repository", "/tmp/x")


@fault("launch-usage-error")
def uv_without_run(lab: Lab):
    lab.must_show("unrecognized subcommand")
    return lab.stdio(UV, "mcp-server-time")


@fault("launch-usage-error")
def uvx_without_a_name(lab: Lab):
    return lab.stdio(UV + "x")


@fault("launch-usage-error")
def python_does_not_know_the_flag(lab: Lab):
    return lab.stdio(lab.python, "-Z", lab.write("s.py", SERVE))


@fault("launch-usage-error")
def a_path_with_a_blank_falls_apart(lab: Lab):
    lab.write("My Files/server.py", SERVE)
    lab.must_show(f"{lab.tmp}/My Files/server.py")
    start = lab.write("start.sh", f"exec {lab.python} $1\n")
    return lab.stdio("/bin/sh", start, f"{lab.tmp}/My Files/server.py")


@fault("launch-interpreter-missing")
def first_line_of_a_removed_environment(lab: Lab):
    lab.must_show(f"{lab.tmp}/old/.venv/bin/python3")
    return lab.stdio(lab.write("bin/my-server", f"#!{lab.tmp}/old/.venv/bin/python3\n" + SERVE, 0o755))


@fault("launch-interpreter-missing")
def python_of_the_environment_is_a_dead_link(lab: Lab):
    folder = lab.tmp / "proj" / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to("/opt/homebrew/opt/python@3.9/bin/python3.9")
    lab.must_show("/opt/homebrew/opt/python@3.9/bin/python3.9")
    return lab.stdio(str(folder / "python"), lab.write("s.py", SERVE))


@fault("launch-interpreter-missing")
def env_names_a_program_that_nobody_has(lab: Lab):
    lab.must_show("python3.2")
    return lab.stdio(lab.write("bin/server", "#!/usr/bin/env python3.2\n" + SERVE, 0o755))


@healthy(needs=("node",))
def script_behind_a_link(lab: Lab):
    path = lab.write("real/cli.js", "#!/usr/bin/env node\n" + NODE_SERVE, 0o755)
    (lab.tmp / "srv").symlink_to(path)
    return lab.stdio(str(lab.tmp / "srv"))


@healthy()
def a_path_with_blanks_and_quotes(lab: Lab):
    return lab.stdio(lab.python, lab.write("My 'own' Files/ser ver.py", SERVE), "--note", "two words")


@healthy()
def an_argument_names_what_is_not_there_yet(lab: Lab):
    return lab.stdio(lab.python, lab.write("s.py", SERVE), "--cache", f"{lab.tmp}/will/be/made")


@healthy()
def prints_its_usage_and_serves(lab: Lab):
    body = "import sys\nprint('usage: s.py [--x]\\nError: Missing option --x, using the default', file=sys.stderr)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))
