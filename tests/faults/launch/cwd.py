"""The folder in which the server is started."""

from __future__ import annotations

from tests.lab import Lab, fault, healthy

from . import NODE_SERVE, SERVE


@fault("launch-cwd-missing")
def not_there(lab: Lab):
    lab.must_show(f"{lab.tmp}/gone")
    return lab.stdio(lab.python, lab.write("s.py", SERVE), cwd=f"{lab.tmp}/gone")


@fault("launch-cwd-missing")
def a_file(lab: Lab):
    lab.must_show("no folder")
    return lab.stdio(lab.python, lab.write("s.py", SERVE), cwd=lab.write("file", "x"))


@fault("launch-cwd-missing")
def a_start_script_goes_there(lab: Lab):
    script = lab.write("start.sh", f"set -e\ncd {lab.tmp}/moved/away\nexec {lab.python} s.py\n")
    lab.must_show(f"{lab.tmp}/moved/away")
    return lab.stdio("/bin/sh", script)


@fault("launch-cwd-read-only")
def writes_a_log_into_sys(lab: Lab):
    body = "import os\nos.makedirs('logs', exist_ok=True)\n"
    lab.must_show("/sys")
    return lab.stdio(lab.python, lab.write("proj/s.py", body + SERVE), cwd="/sys")


@fault("launch-cwd-read-only", needs=("node",))
def node_makes_a_folder_in_proc(lab: Lab):
    body = "require('fs').mkdirSync('data');\n"
    lab.must_show("/proc")
    return lab.stdio(lab.node, lab.write("proj/s.js", body + NODE_SERVE), cwd="/proc")


@fault("launch-cwd-read-only")
def opens_a_database_where_nothing_can_be_made(lab: Lab):
    body = "import sqlite3\nsqlite3.connect('cache.db').execute('create table if not exists t (a)')\n"
    return lab.stdio(lab.python, lab.write("proj/s.py", body + SERVE), cwd="/proc")


@fault("launch-cwd-read-only")
def reads_a_file_beside_it(lab: Lab):
    lab.write("proj/settings.json", "{}")
    other = lab.tmp / "other"
    other.mkdir()
    lab.must_show(f"{lab.tmp}/proj")
    return lab.stdio(lab.python, lab.write("proj/s.py", "open('settings.json').read()\n" + SERVE), cwd=str(other))


@fault("launch-crashed")
def a_file_is_missing_everywhere(lab: Lab):
    lab.must_show("/etc/lab-none/server.toml")
    return lab.stdio(lab.python, lab.write("s.py", "open('/etc/lab-none/server.toml')\n" + SERVE))


@healthy()
def needs_the_root_folder(lab: Lab):
    body = "import os, sys\nif os.getcwd() != '/': sys.exit('wrong folder')\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE), cwd="/")


@healthy()
def cannot_write_its_log_and_goes_on(lab: Lab):
    body = "import sys\ntry:\n    open('/proc/lab.log', 'w')\nexcept OSError as e:\n    print(e, file=sys.stderr)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE), cwd="/proc")
