"""Servers that end on their own, and healthy ones that look as if they did."""

from __future__ import annotations

from tests.lab import Lab, World, fault, healthy

from . import NODE_SERVE, PY, SERVE


@fault("launch-out-of-memory", needs=("node",), timeout=25)
def node_heap(lab: Lab):
    body = "const a = []; for (;;) a.push(new Array(1e5).fill(Math.random()));\n"
    lab.must_show("heap out of memory")
    return lab.stdio(lab.node, "--max-old-space-size=24", lab.write("s.js", body))


@fault("launch-out-of-memory")
def python_limit(lab: Lab):
    lab.must_show("MemoryError")
    body = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (400 * 2**20,) * 2)\nx = bytearray(2 * 2**30)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@fault("launch-helper-missing")
def python_wants_a_converter(lab: Lab):
    lab.must_show("pandoc-none")
    return lab.stdio(
        lab.python,
        lab.write("s.py", "import subprocess\nsubprocess.run(['pandoc-none', '--version'], check=True)\n" + SERVE),
    )


@fault("launch-helper-missing", needs=("node",))
def node_wants_a_driver(lab: Lab):
    lab.must_show("chromedriver-none")
    return lab.stdio(
        lab.node, lab.write("s.js", "require('child_process').spawn('chromedriver-none', []);\n" + NODE_SERVE)
    )


@fault("launch-helper-missing")
def it_says_so(lab: Lab):
    lab.must_show("ffmpeg")
    return lab.stdio(lab.python, lab.write("s.py", "raise SystemExit('ffmpeg is not installed or not in PATH')\n"))


@fault("launch-crashed")
def exception(lab: Lab):
    lab.must_show("ZeroDivisionError", "exit code 1")
    return lab.stdio(lab.python, lab.write("s.py", "1 / 0\n"))


@fault("launch-crashed", needs=("node",))
def node_rejection(lab: Lab):
    lab.must_show("the index is broken")
    return lab.stdio(lab.node, lab.write("s.js", "Promise.reject(new Error('the index is broken'));\n"))


@fault("launch-crashed")
def killed_by_itself(lab: Lab):
    lab.must_show("SIGKILL")
    return lab.stdio("/bin/sh", "-c", "kill -9 $$")


@fault("launch-crashed")
def exit_code_only(lab: Lab):
    lab.must_show("exit code 7")
    return lab.stdio("/bin/sh", "-c", "exit 7")


@fault("launch-crashed")
def ends_after_a_while(lab: Lab):
    lab.must_show("no license")
    return lab.stdio(
        lab.python, lab.write("s.py", "import time\ntime.sleep(2)\nraise SystemExit('no license for this host')\n")
    )


@fault("launch-crashed")
def leaves_a_daemon_behind(lab: Lab):
    body = "import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(60); os._exit(0)\nraise RuntimeError('main part failed')\n"
    lab.must_show("main part failed")
    return lab.stdio(lab.python, lab.write("s.py", body))


@fault("launch-too-many-files")
def python_opens_too_many(lab: Lab):
    body = "f = [open('/dev/null') for _ in range(200)]\n"
    script = lab.write("start.sh", f"ulimit -n 60\nexec {lab.python} {lab.write('s.py', body + SERVE)}\n")
    return lab.stdio("/bin/sh", script)


@fault("launch-too-many-files", needs=("node",))
def node_opens_too_many(lab: Lab):
    body = "const fs = require('fs'); for (let i = 0; i < 500; i++) fs.openSync('/dev/null');\n"
    lab.must_show("EMFILE")
    return lab.stdio(
        "/bin/sh", lab.write("start.sh", f"ulimit -n 100\nexec {lab.node} {lab.write('s.js', body + NODE_SERVE)}\n")
    )


@healthy(timeout=30)
def takes_six_seconds(lab: Lab):
    return lab.stdio(lab.python, lab.write("s.py", "import time\ntime.sleep(6)\n" + SERVE))


@healthy()
def stderr_full_of_errors(lab: Lab):
    body = "import sys, traceback\nfor i in range(300):\n    try:\n        raise RuntimeError('attempt %d failed: ECONNREFUSED' % i)\n    except RuntimeError:\n        traceback.print_exc()\nprint('FATAL: out of memory (cache)', file=sys.stderr)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@healthy()
def floods_stderr(lab: Lab):
    body = "import threading, sys\ndef noise():\n    while True: sys.stderr.write('x' * 4000 + '\\n')\nthreading.Thread(target=noise, daemon=True).start()\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@healthy()
def dies_on_discover_and_works_with_initialize(lab: Lab):
    body = "import os\nfirst = sys.stdin.readline()\nif 'server/discover' in first: raise SystemExit('ExpectedInitializeRequest')\n"
    again = "import io\nclass Again:\n    def __iter__(self):\n        yield first\n        yield from sys.__stdin__\nsys.stdin = Again()\nserve()\n"
    return World(entry=lab.stdio(lab.python, lab.write("s.py", PY + body + again)), client="claude-code")


@healthy()
def wrapper_script(lab: Lab):
    server = lab.write("s.py", SERVE)
    return lab.stdio(
        "/bin/bash", lab.write("start.sh", f"set -euo pipefail\necho starting >&2\nexec {lab.python} {server}\n")
    )


@healthy()
def wrapper_that_stays(lab: Lab):
    server = lab.write("s.py", SERVE)
    return lab.stdio("/bin/sh", "-c", f"{lab.python} {server}; echo done >&2")


@healthy()
def forks_helpers(lab: Lab):
    body = "import subprocess\nfor _ in range(3): subprocess.Popen(['sleep', '60'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@healthy()
def asks_on_stderr_and_goes_on(lab: Lab):
    body = "import sys, time\nsys.stderr.write('Continue? [Y/n] ')\nsys.stderr.flush()\ntime.sleep(1)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@healthy()
def nobody_reaps_its_children(lab: Lab):
    body = "import os\nif os.fork() == 0: os._exit(3)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


_LOUD = (
    "Too many open files", "ERROR: GITHUB_TOKEN environment variable is required", "401 Unauthorized: invalid token",
    "429 Too Many Requests", "ffmpeg not found", "out of memory", "error: unknown option --z", "requires Node 99",
)  # fmt: skip


@fault("launch-crashed")
def loud_before_the_traceback(lab: Lab):
    lab.must_show("division by zero")
    said = "\n".join(_LOUD)
    return lab.stdio(lab.python, lab.write("s.py", f"import sys\nsys.stderr.write({said!r} + chr(10))\n1 / 0\n"))


@fault("launch-crashed", needs=("node",))
def loud_before_the_exception(lab: Lab):
    lab.must_show("Cannot read properties of undefined")
    body = "".join(f"console.error({said!r});\n" for said in _LOUD)
    return lab.stdio("node", lab.write("s.js", body + "const settings = {};\nsettings.db.connect();\n"))


@fault("launch-crashed")
def only_the_first_start_fails(lab: Lab):
    """Any change would look like the cure: the same start once more works as well."""
    lab.must_show("second time")
    body = (
        "import os\nmark = __file__ + '.mark'\nif not os.path.exists(mark):\n"
        "    open(mark, 'w').close()\n    raise RuntimeError('the index is not ready')\n"
    )
    return World(entry=lab.stdio(lab.python, lab.write("s.py", body + SERVE)), env={"ACME_REGION": "north"})
