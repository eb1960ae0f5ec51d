"""Python modules that are not there, or only in another Python."""

from __future__ import annotations

import subprocess

from tests.lab import Lab, fault, healthy

from . import NODE_SERVE, SERVE


def environment(lab: Lab, folder: str, *modules: str) -> str:
    """A virtual environment in `folder` with these modules. Returns its interpreter."""
    place = lab.tmp / folder
    subprocess.run([lab.python, "-m", "venv", "--without-pip", str(place)], check=True, timeout=60)
    site = next((place / "lib").glob("python*/site-packages"))
    for name in modules:
        (site / f"{name}.py").write_text("")
    return str(place / "bin" / "python")


@fault("launch-module-missing")
def nowhere(lab: Lab):
    lab.must_show("requests_that_is_not_there", lab.python)
    return lab.stdio(lab.python, lab.write("server.py", "import requests_that_is_not_there\n"))


@fault("launch-module-missing")
def by_dash_m(lab: Lab):
    lab.must_show("mcp_server_none")
    return lab.stdio(lab.python, "-m", "mcp_server_none")


@fault("launch-module-missing")
def name_of_the_package_differs(lab: Lab):
    lab.must_show("PyYAML")
    return lab.stdio(lab.python, lab.write("server.py", "def load():\n    import yaml\nload()\n"))


@fault("launch-module-missing")
def the_sdk_itself(lab: Lab):
    return lab.stdio(lab.python, lab.write("server.py", "from mcp.server.fastmcp import FastMCP\n"))


@fault("launch-module-missing")
def through_a_start_script(lab: Lab):
    server = lab.write("server.py", "import numpy_none\n")
    return lab.stdio("/bin/sh", lab.write("start.sh", f"cd {lab.tmp}\nexec {lab.python} {server}\n"))


@fault("launch-module-missing", needs=("node",))
def node_dependencies_never_installed(lab: Lab):
    lab.write("proj/package.json", '{"name": "p", "dependencies": {"left-lab": "1"}}')
    lab.must_show("left-lab", "npm install")
    return lab.stdio(lab.node, lab.write("proj/index.js", 'require("left-lab");\n' + NODE_SERVE))


@fault("launch-module-missing", needs=("node",))
def node_module_never_installed(lab: Lab):
    lab.write("proj/package.json", '{"name": "p", "type": "module", "dependencies": {"@lab/zod": "1"}}')
    lab.must_show("@lab/zod")
    return lab.stdio(lab.node, lab.write("proj/src/index.js", 'import "@lab/zod";\n'))


@fault("launch-wrong-python")
def project_environment_beside_the_script(lab: Lab):
    right = environment(lab, "proj/.venv", "lab_only_here")
    lab.must_show(right)
    return lab.stdio(lab.python, lab.write("proj/server.py", "import lab_only_here\n" + SERVE))


@fault("launch-wrong-python")
def project_environment_above(lab: Lab):
    right = environment(lab, "proj/venv", "lab_only_here")
    lab.must_show(right)
    return lab.stdio(lab.python, lab.write("proj/src/app/main.py", "import lab_only_here\n" + SERVE))


@fault("launch-wrong-python")
def started_with_dash_m_in_the_project(lab: Lab):
    right = environment(lab, "proj/.venv", "lab_server")
    lab.must_show(right)
    return lab.stdio(lab.python, "-m", "lab_server", cwd=str(lab.tmp / "proj"))


@healthy()
def optional_module_is_missing(lab: Lab):
    body = "import sys\ntry:\n    import uvloop_none\nexcept ImportError as e:\n    print(f'{type(e).__name__}: {e}', file=sys.stderr)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@healthy()
def another_environment_beside_the_script(lab: Lab):
    environment(lab, "proj/.venv")
    return lab.stdio(lab.python, lab.write("proj/server.py", SERVE))
