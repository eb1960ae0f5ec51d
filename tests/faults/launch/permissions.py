"""The operating system does not let the program run."""

from __future__ import annotations

import os
from pathlib import Path

from tests.lab import Lab, World, fault, healthy

from . import SERVE


@fault("launch-not-executable")
def no_bit(lab: Lab):
    path = lab.write("server", "#!/bin/sh\nexec true\n", 0o644)
    lab.must_show(path)
    return lab.stdio(path)


@fault("launch-not-executable")
def no_bit_on_the_path(lab: Lab):
    lab.must_show(lab.write("tools/labtool", "#!/bin/sh\n", 0o644))
    return lab.stdio("labtool", env={"PATH": f"{lab.tmp}/tools"})


@fault("launch-not-executable")
def a_folder(lab: Lab):
    lab.must_show("folder")
    return lab.stdio(str(lab.home))


@fault("launch-not-executable")
def a_python_file_without_first_line(lab: Lab):
    path = lab.write("server.py", SERVE, 0o755)
    lab.must_show(path, "ENOEXEC")
    return lab.stdio(path)


@fault("launch-not-executable")
def an_empty_file(lab: Lab):
    return lab.stdio(lab.write("server", "", 0o755))


@fault("launch-not-executable")
def the_wrapper_starts_what_has_no_bit(lab: Lab):
    inner = lab.write("bin/server", "#!/bin/sh\n", 0o644)
    lab.must_show(inner)
    return lab.stdio("/bin/sh", "-c", f"exec {inner}")


@fault("launch-npm-cache-owner", needs=("node", "root"), timeout=20)
def cache_of_another_user(lab: Lab):
    cache = lab.home / ".npm" / "_cacache" / "tmp"
    cache.mkdir(parents=True)
    (lab.home / ".npm" / "_logs").mkdir()
    lab.tmp.chmod(0o755)
    lab.home.chmod(0o755)
    for folder in lab.tmp.parents:
        if str(folder).startswith("/tmp/") and folder.stat().st_uid == os.getuid():
            folder.chmod(folder.stat().st_mode | 0o055)
    port = lab.free_port()
    lab.write(
        "registry/lab-none",
        f'{{"name": "lab-none", "dist-tags": {{"latest": "1.0.0"}}, "versions": {{"1.0.0": {{"name": "lab-none", '
        f'"version": "1.0.0", "bin": "x.js", "dist": {{"tarball": "http://127.0.0.1:{port}/t.tgz"}}}}}}}}',
    )
    lab.start(
        lab.python, "-m", "http.server", "--bind", "127.0.0.1", "-d", str(lab.tmp / "registry"), str(port), port=port
    )
    lab.must_show(f"{lab.home}/.npm")
    env = {"npm_config_registry": f"http://127.0.0.1:{port}/", "npm_config_fetch_retries": "0"}
    return lab.stdio(
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "npx", "-y", "lab-none", cwd="/", env=env
    )


@healthy()
def executable_for_the_group_only(lab: Lab):
    return lab.stdio(lab.write("server", f"#!{lab.python}\n" + SERVE, 0o110))


@healthy()
def script_without_a_first_line(lab: Lab):
    """execvp(3) runs it with /bin/sh, and so do clients on Node.js."""
    inner = lab.write("server.py", SERVE)
    return lab.stdio(lab.write("run", f"export LEVEL=1\nexec {lab.python} {inner}\n", 0o755), "one two")


@fault("launch-not-executable")
def script_without_a_first_line_in_codex(lab: Lab):
    """Programs in Rust get ENOEXEC."""
    inner = lab.write("server.py", SERVE)
    path = lab.write("run", f"exec {lab.python} {inner}\n", 0o755)
    lab.must_show(path, "ENOEXEC")
    config = lab.write("home/.codex/config.toml", f'[mcp_servers.sick]\ncommand = "{path}"\n')
    return World(config=Path(config), client="codex")
