"""The program of the entry is not found: nowhere, only in a terminal, behind another one, or behind a lost PATH."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.lab import Lab, World, fault, healthy

from . import SERVE


def tool(lab: Lab, folder: str, name: str, body: str) -> str:
    return lab.write(f"{folder}/{name}", f"#!/bin/sh\n{body}\n", 0o755)


def serves(lab: Lab) -> str:
    return f"exec {lab.python} {lab.write('srv/server.py', SERVE)}"


@fault("launch-command-not-found")
def launcher_nowhere(lab: Lab):
    lab.must_show("uvx-that-nobody-has")
    return lab.stdio("uvx-that-nobody-has", "mcp-server-time")


@fault("launch-command-not-found")
def wrapper_script_wants_it(lab: Lab):
    lab.must_show("bunx-none")
    return lab.stdio("/bin/bash", lab.write("start.sh", "#!/bin/bash\nset -e\nexec bunx-none my-server\n"))


@fault("launch-command-not-found")
def in_a_shell_line(lab: Lab):
    lab.must_show("uvx-none")
    return lab.stdio("sh", "-c", "uvx-none mcp-server-git --repository /tmp")


@fault("launch-command-not-found")
def behind_env(lab: Lab):
    lab.must_show("node-none")
    return lab.stdio("/usr/bin/env", "A=1", "node-none", "server.js")


@fault("launch-gui-path")
def only_a_login_shell_has_it(lab: Lab):
    lab.write("home/.bash_profile", 'echo Welcome back\nexport PATH="$HOME/.tools/bin:$PATH"\n')
    where = tool(lab, "home/.tools/bin", "mytool", serves(lab))
    lab.must_show(where)
    return World(entry=lab.stdio("mytool"), env={"SHELL": "/bin/bash"})


@fault("launch-gui-path")
def only_an_interactive_shell_has_it(lab: Lab):
    lab.write("home/.bashrc", 'case $- in *i*) ;; *) return;; esac\nexport PATH="$HOME/.volta/bin:$PATH"\n')
    lab.must_show(tool(lab, "home/.volta/bin", "npx-lab", serves(lab)))
    return World(entry=lab.stdio("npx-lab", "-y", "some-server"), env={"SHELL": "/bin/bash"})


@fault("launch-gui-path")
def where_the_installer_puts_it(lab: Lab):
    lab.must_show(tool(lab, "home/.local/bin", "uvx-lab", serves(lab)))
    return lab.stdio("uvx-lab", "mcp-server-lab")


@fault("launch-gui-path")
def a_version_manager_has_it(lab: Lab):
    lab.must_show(tool(lab, "home/.nvm/versions/node/v22.4.0/bin", "npxlab", serves(lab)))
    tool(lab, "home/.nvm/versions/node/v9.11.2/bin", "npxlab", "exit 1")
    return lab.stdio("npxlab", "server")


@fault("launch-gui-path")
def its_first_line_wants_env(lab: Lab):
    lab.write("home/.profile", 'PATH="$HOME/rt/bin:$PATH"\n')
    lab.must_show(tool(lab, "home/rt/bin", "labnode", serves(lab)))
    script = lab.write("bin/server", "#!/usr/bin/env labnode\n", 0o755)
    return World(entry=lab.stdio(script), env={"SHELL": "/bin/bash"})


@fault("launch-env-wipes-path")
def entry_sets_a_short_path(lab: Lab):
    where = tool(lab, "tools", "labx", serves(lab))
    lab.must_show(str(Path(where).parent))
    env = {"PATH": f"{lab.tmp}/tools:/usr/bin:/bin"}
    return World(entry=lab.stdio("labx", "server", env={"PATH": "/usr/local/sbin"}), env=env)


@fault("launch-env-wipes-path")
def entry_sets_an_unexpanded_path(lab: Lab):
    tool(lab, "tools", "labrun", serves(lab))
    entry = lab.stdio("labrun", env={"PATH": "/opt/none/bin"})
    return World(entry=entry, env={"PATH": f"{lab.tmp}/tools:/usr/bin:/bin"})


@fault("launch-git-missing")
def uvx_from_git(lab: Lab):
    uv = Path(shutil.which("uvx") or Path(lab.python).parents[3] / ".venv" / "bin" / "uvx")
    lab.must_show("git")
    tools = lab.tmp / "only"
    tools.mkdir()
    return lab.stdio(
        str(uv), "--python", lab.python, "--from", "git+https://127.0.0.1:1/nobody/none", "none",
        env={"PATH": str(tools), "UV_CACHE_DIR": str(lab.tmp / "cache")},
    )  # fmt: skip


@fault("launch-git-missing")
def a_start_script_clones(lab: Lab):
    tools = lab.tmp / "only"
    tools.mkdir()
    script = lab.write("start.sh", "git clone https://127.0.0.1:1/x y || exit 1\nexec server\n")
    return lab.stdio("/bin/sh", script, env={"PATH": str(tools)})


@fault("launch-wrong-program")
def another_npx_comes_first(lab: Lab):
    tool(lab, "first", "npx", 'echo "npx (network packet exchange) 0.3"; exit 1')
    right = tool(lab, "second", "npx", "case $1 in --version) echo 10.9.0;; *) " + serves(lab) + ";; esac")
    lab.must_show(f"{lab.tmp}/first/npx", right)
    path = f"{lab.tmp}/first:{lab.tmp}/second:/usr/bin:/bin"
    return World(entry=lab.stdio("npx", "-y", "server"), env={"PATH": path})


@fault("launch-wrong-program")
def another_uv_comes_first(lab: Lab):
    tool(lab, "first", "uv", 'echo "uv: universal viewer 2.1" >&2; exit 2')
    right = tool(lab, "second", "uv", "case $1 in --version) echo uv 0.9.2;; *) " + serves(lab) + ";; esac")
    lab.must_show(right)
    return World(entry=lab.stdio("uv", "run", "s.py"), env={"PATH": f"{lab.tmp}/first:{lab.tmp}/second:/usr/bin:/bin"})


@healthy()
def two_programs_of_one_name(lab: Lab):
    tool(lab, "first", "labtool", serves(lab))
    tool(lab, "second", "labtool", "exit 3")
    return World(entry=lab.stdio("labtool"), env={"PATH": f"{lab.tmp}/first:{lab.tmp}/second:/usr/bin:/bin"})


@healthy()
def a_wrapper_looks_for_a_missing_program_first(lab: Lab):
    script = (
        f'command -v bun-none || true\nbun-none --version || true\nexec "{lab.python}" {lab.write("s.py", SERVE)}\n'
    )
    return lab.stdio("/bin/sh", lab.write("start.sh", script))


@healthy()
def entry_sets_its_own_path(lab: Lab):
    tool(lab, "tools", "labx", serves(lab))
    return lab.stdio(str(lab.tmp / "tools" / "labx"), env={"PATH": f"{lab.tmp}/tools"})
