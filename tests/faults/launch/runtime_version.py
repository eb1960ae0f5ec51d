"""Node.js and Python that are too old, and modules built for another one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab import Lab, fault, healthy

from . import NODE, NODE_SERVE, SERVE, UV


def old_python(*versions: str) -> str:
    """The first of these Pythons on this machine."""
    for v in versions:
        for folder in sorted(Path("~/.pyenv/versions").expanduser().glob(f"{v}.*")):
            if (folder / "bin" / "python").exists():
                return str(folder / "bin" / "python")
        found = shutil.which(f"python{v}")
        # A version manager's shim stands on PATH also where it has no such Python to start.
        if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
            return found
    pytest.skip("no Python " + " or ".join(versions) + " is here")


def node_major(lab: Lab) -> int:
    return int(lab.run(lab.node, "--version").stdout[1:].split(".")[0])


@fault("launch-node-too-old", needs=("node",))
def engines_ask_for_more(lab: Lab):
    lab.write("p/package.json", '{"name": "p", "engines": {"node": ">=99"}}')
    lab.must_show(">=99")
    return lab.stdio(lab.node, lab.write("p/s.js", "const x = await import('node:lab');\n" + NODE_SERVE))


@fault("launch-node-too-old", needs=("node",))
def it_says_so_itself(lab: Lab):
    body = "if (+process.versions.node.split('.')[0] < 98) { console.error('This server requires Node.js 98 or higher.'); process.exit(1); }\n"
    lab.must_show("98")
    return lab.stdio(lab.node, lab.write("s.js", body + NODE_SERVE))


@fault("launch-node-too-old", needs=("node",))
def a_function_of_a_later_version(lab: Lab):
    if node_major(lab) >= 24:
        pytest.skip("this Node.js has it")
    body = "RegExp.escape('x');\n" if node_major(lab) >= 22 else "const { promise } = Promise.withResolvers();\n"
    return lab.stdio(lab.node, lab.write("s.js", body + NODE_SERVE))


@fault("launch-node-too-old", needs=("node",))
def a_module_of_a_later_version(lab: Lab):
    if node_major(lab) >= 22:
        pytest.skip("this Node.js has it")
    lab.must_show("22.5")
    return lab.stdio(lab.node, lab.write("s.mjs", 'import { DatabaseSync } from "node:sqlite";\n'))


@fault("launch-python-too-old")
def match_statement(lab: Lab):
    body = "def f(x):\n    match x:\n        case 1:\n            return 2\n"
    lab.must_show("3.")
    return lab.stdio(old_python("3.9", "3.8", "3.7"), lab.write("s.py", body + SERVE))


@fault("launch-python-too-old")
def union_types(lab: Lab):
    lab.must_show("3.10")
    return lab.stdio(old_python("3.9", "3.8", "3.7"), lab.write("s.py", "def f(x: int | None = None): ...\n" + SERVE))


@fault("launch-python-too-old")
def tomllib(lab: Lab):
    lab.must_show("3.11")
    return lab.stdio(old_python("3.10", "3.9", "3.8"), lab.write("s.py", "import tomllib\n" + SERVE))


@fault("launch-python-too-old")
def walrus_in_a_very_old_one(lab: Lab):
    return lab.stdio(old_python("3.6", "3.7"), lab.write("s.py", "if (n := 3) > 2: pass\n" + SERVE))


@fault("launch-python-too-old")
def uv_and_the_project_disagree(lab: Lab):
    lab.write("p/pyproject.toml", '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.11"\n')
    lab.write("p/s.py", SERVE)
    lab.must_show("3.11")
    old = old_python("3.9", "3.8", "3.10")
    return lab.stdio(UV, "--offline", "run", "--python", old, "--directory", f"{lab.tmp}/p", "s.py")


@fault("launch-python-too-old")
def it_says_so(lab: Lab):
    body = "import sys\nif sys.version_info < (3, 99): sys.exit('lab-server requires Python 3.99 or newer')\n"
    lab.must_show("3.99")
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@fault("launch-native-module", needs=("node",))
def built_on_another_system(lab: Lab):
    lab.write("p/node_modules/native/index.js", "module.exports = require('./build/native.node');\n")
    lab.write("p/node_modules/native/build/native.node", b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01" + bytes(4000))
    lab.must_show("invalid ELF header")
    return lab.stdio(lab.node, lab.write("p/s.js", "require('native');\n" + NODE_SERVE))


@fault("launch-native-module", needs=("node",))
def built_for_another_node(lab: Lab):
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not here")
    source = """
    struct m { int v; unsigned f; const char *file; void *a, *b; const char *name; void *p, *l; };
    extern void node_module_register(void *);
    static struct m mod = { 83, 0, "lab.c", 0, (void *)1, "native", 0, 0 };
    __attribute__((constructor)) static void up(void) { node_module_register(&mod); }
    """
    out = lab.tmp / "p" / "native.node"
    lab.write("p/lab.c", source)
    lab.run("gcc", "-shared", "-fPIC", "-o", str(out), str(lab.tmp / "p" / "lab.c"))
    lab.must_show("compiled against a different Node.js version")
    return lab.stdio(lab.node, lab.write("p/s.js", f"require({str(out)!r});\n" + NODE_SERVE))


@fault("launch-crashed")
def a_syntax_error_in_every_version(lab: Lab):
    lab.must_show("SyntaxError")
    return lab.stdio(old_python("3.9", "3.8"), lab.write("s.py", "def f(:\n    pass\n"))


@fault("launch-crashed", needs=("node",))
def a_mistake_that_looks_like_an_old_node(lab: Lab):
    return lab.stdio(lab.node, lab.write("s.js", "undefinedHelper.toSorted();\n" + NODE))


@healthy()
def an_old_python_is_enough(lab: Lab):
    return lab.stdio(old_python("3.9", "3.8", "3.7"), lab.write("s.py", SERVE))


@healthy(needs=("node",))
def engines_ask_for_more_and_it_works(lab: Lab):
    lab.write("p/package.json", '{"name": "p", "engines": {"node": ">=99"}}')
    return lab.stdio(lab.node, lab.write("p/s.js", NODE_SERVE))
