"""What strangers' worlds taught: wrappers, project tools, other words for the same fault, and a start that is only slow."""

from __future__ import annotations

import json
import shutil

from tests.lab import LAB, Lab, World, fault, healthy
from tests.packages import registry

from . import NODE_SERVE, PY, SERVE
from .python_env import environment

OLD = "from mcp.server import Server\napp = Server('x')\n@app.list_tools()\nasync def tools():\n    return []\n"


@fault("config-args-in-command")
def the_launcher_in_the_glued_command_is_not_installed(lab: Lab):
    lab.must_show("“uv” alone is the launcher", "server.py")
    return World(entry={"command": "uv run server.py"}, env={"PATH": "/usr/bin:/bin"})


@fault("config-placeholder", needs=("uvx",))
def uv_cannot_enter_the_folder_of_the_guide(lab: Lab):
    from tests.packages import UV

    lab.must_show("/ABSOLUTE/PATH/TO/PARENT/FOLDER/weather")
    return lab.stdio(UV, "--directory", "/ABSOLUTE/PATH/TO/PARENT/FOLDER/weather", "run", "weather.py")


@fault("launch-not-built", needs=("node",))
def a_project_of_pnpm(lab: Lab):
    lab.write("ts/package.json", json.dumps({"name": "ts", "scripts": {"build": "tsup src/cli.ts"}}))
    lab.write("ts/pnpm-lock.yaml", "lockfileVersion: '9.0'\n")
    lab.write("ts/src/cli.ts", "")
    lab.must_show(f"cd {lab.tmp}/ts && pnpm install && pnpm run build")
    return lab.stdio("node", str(lab.tmp / "ts" / "build" / "cli.mjs"), "--stdio")


@fault("launch-relative-import")
def two_folders_below_the_package_of_its_neighbours(lab: Lab):
    lab.write("p/src/__init__.py", "")
    lab.write("p/src/util.py", PY)
    path = lab.write("p/src/app/main.py", "from ..util import serve\nserve()\n")
    lab.must_show(f"cd {lab.tmp}/p && {lab.python} -m src.app.main")
    return lab.stdio(lab.python, path)


@fault("launch-cwd-read-only", needs=("root",))
def another_user_may_not_write_there(lab: Lab):
    lab.must_show("notes.json", "started in /")
    user = ("--reuid=65534", "--regid=65534", "--clear-groups")
    return lab.stdio("setpriv", *user, "/usr/bin/python3", "-c", "open('notes.json', 'w')", cwd="/")


@fault("launch-env-missing", needs=("fastmcp",))
def settings_whose_class_says_nothing(lab: Lab):
    body = "from pydantic_settings import BaseSettings\nclass Acme(BaseSettings):\n    acme_key: str\nAcme()\n"
    lab.must_show("ACME_KEY")
    return lab.stdio(lab.fastmcp, lab.write("s.py", body))


@fault("launch-env-missing")
def a_list_of_short_names(lab: Lab):
    body = "import sys\nsys.exit('Configuration error: the following environment variables are required: PGHOST, PGUSER')\n"
    lab.must_show("PGHOST, PGUSER", "their values")
    return lab.stdio(lab.python, lab.write("s.py", body))


@fault("launch-env-not-inherited")
def the_command_line_itself_names_the_variable(lab: Lab):
    line = f'[ -n "$CORP_REGION" ] || exit 4; exec {lab.python} {lab.write("s.py", SERVE)}'
    lab.must_show("CORP_REGION")
    entry = lab.stdio("sh", "-c", line)
    return World(entry=entry, client="claude-desktop", env={"CORP_REGION": "north"})


@fault("launch-python-too-old")
def a_line_that_only_a_newer_python_reads(lab: Lab):
    lab.must_show("3.12")
    return lab.stdio("/usr/bin/python3.11" if shutil.which("/usr/bin/python3.11") else lab.python,
                     lab.write("s.py", "type Name = str\n" + SERVE))  # fmt: skip


@fault("launch-wrong-python")
def a_wrapper_starts_the_python_of_the_system(lab: Lab):
    right = environment(lab, "repo/env", "lab_only_there")
    script = lab.write("repo/main.py", "import lab_only_there\n" + SERVE)
    wrapper = lab.write("go.sh", f"#!/bin/sh\n{lab.python} {script}\n", 0o755)
    lab.must_show(right, wrapper)
    return lab.stdio(wrapper)


@fault("launch-python-sdk-v2", needs=("mcp2",))
def the_shell_activates_the_environment(lab: Lab):
    lab.must_show(f"{LAB}/mcp2/bin/python -m pip install 'mcp<2'")
    return lab.stdio("bash", "-c", f"source {LAB}/mcp2/bin/activate && python {lab.write('s.py', OLD)}")


@fault("launch-npx-cache", needs=("node",))
def a_folder_of_npx_started_by_node(lab: Lab):
    place = "home/.npm/_npx/15b07286cbcc3329/node_modules/acme-kv"
    lab.write(
        f"{place}/package.json", json.dumps({"name": "acme-kv", "version": "2.0.3", "dependencies": {"got": "14"}})
    )
    path = lab.write(f"{place}/main.js", "require('got')\n")
    lab.must_show("_npx/15b07286cbcc3329", "got")
    return lab.stdio("node", path)


@fault("launch-package-not-found", needs=("node",), timeout=30)
def a_shell_asks_npx(lab: Lab):
    lab.must_show("@modelcontextprotocol/servr-memory", "@modelcontextprotocol/server-memory")
    env = {"npm_config_registry": registry(lab)}
    return lab.stdio("sh", "-c", "npx -y @modelcontextprotocol/servr-memory", env=env)


@fault("stdio-encoding", layer="stdio")
def the_list_of_tools_has_a_character_too_many(lab: Lab):
    body = SERVE.replace("json.dumps(", "json.dumps(ensure_ascii=False, obj=").replace(
        "Says it again", "Says \u2192 again"
    )
    assert "\u2192" in body and "ensure_ascii" in body
    lab.must_show("charmap", "PYTHONUTF8=1")
    return lab.stdio(lab.python, lab.write("s.py", body), env={"PYTHONIOENCODING": "cp1252"})


@healthy()
def telemetry_is_refused_and_switched_off(lab: Lab):
    body = (
        "import sys, traceback, urllib.request\ntry:\n"
        f"    urllib.request.urlopen('http://127.0.0.1:{lab.free_port()}/v1/traces', timeout=1)\n"
        "except OSError:\n    print('telemetry export failed, disabled', file=sys.stderr)\n    traceback.print_exc()\n"
    )
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@healthy(needs=("node",))
def another_engine_complains_on_stderr(lab: Lab):
    body = "console.error('npm warn EBADENGINE Unsupported engine; Error: Cannot find module optional-x; exit code 1');"
    return lab.stdio("node", lab.write("s.js", body + NODE_SERVE))


@fault("launch-env-missing", needs=("node",))
def an_assertion_of_node(lab: Lab):
    body = "require('assert').strict(process.env.SUPABASE_URL, 'SUPABASE_URL must be defined');"
    lab.must_show("SUPABASE_URL")
    return lab.stdio("node", lab.write("s.js", body + NODE_SERVE))
