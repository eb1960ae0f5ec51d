"""Commands that ask a person, and servers that outlived their client."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from tests.lab import Lab, fault, healthy
from tests.packages import PY_SERVER


@fault("launch-waits-for-input")
def asks_before_it_installs(lab: Lab) -> dict[str, Any]:
    code = '#!/bin/sh\nprintf "Need to install the following packages:\\nmcp-weather@1.0.0\\nOk to proceed? (y) " >&2\nexec sleep 60\n'
    lab.must_show("Ok to proceed? (y)")
    return lab.stdio(lab.write("start.sh", code, 0o755))


@fault("launch-waits-for-input")
def asks_for_a_password(lab: Lab) -> dict[str, Any]:
    code = "import sys, time\nsys.stderr.write('Logging in to acme as user@acme\\nPassword: ')\nsys.stderr.flush()\ntime.sleep(60)\n"
    lab.must_show("Password:")
    return lab.stdio(lab.python, lab.write("server.py", code))


@fault("launch-waits-for-input")
def asks_on_stdout_and_reads_the_protocol_as_answer(lab: Lab) -> dict[str, Any]:
    code = "#!/bin/sh\nprintf 'Continue? [y/N] '\nexec sleep 60\n"
    lab.must_show("Continue? [y/N]")
    return lab.stdio(lab.write("start.sh", code, 0o755))


@healthy()
def a_second_server_under_a_living_client(lab: Lab) -> dict[str, Any]:
    """The same command line, but its client is alive and holds its stdin."""
    script = lab.write("server.py", PY_SERVER + "main()\n")
    client = f"import subprocess, time; p = subprocess.Popen([{lab.python!r}, {script!r}], stdin=subprocess.PIPE); time.sleep(60)"
    lab.start(lab.python, "-c", client)
    return lab.stdio(lab.python, script)


@healthy(warns=("launch-orphans",))
def orphan_of_a_former_session(lab: Lab) -> dict[str, Any]:
    """Started by a client that is gone; it does not notice the end of its input."""
    code = "import os, threading, time\nif os.environ.get('DEAF'):\n    time.sleep(90)\n" + PY_SERVER + "main()\n"
    script = lab.write("server.py", code)
    client = (
        f"import subprocess, os; p = subprocess.Popen([{lab.python!r}, {script!r}], stdin=subprocess.PIPE,"
        " stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={'DEAF': '1'}, start_new_session=True); print(p.pid, flush=True); os._exit(0)"
    )
    pid = int(subprocess.run([lab.python, "-c", client], capture_output=True, text=True, check=True).stdout)
    lab._stack.callback(_end, pid)
    return lab.stdio(lab.python, script)


DEAF_NODE = """
const { spawn } = require('child_process');
if (process.env.DEAF) setTimeout(() => {}, 90000);
else {
  const p = spawn(PYTHON, [SCRIPT], { stdio: 'inherit' });
  p.on('exit', (code) => process.exit(code ?? 1));
}
"""


@healthy(needs=["node"], warns=("launch-orphans",))
def orphan_of_a_client_in_node(lab: Lab) -> dict[str, Any]:
    """Electron clients give their servers socket pairs for pipes; the orphan's stdin is a socket without a peer."""
    server = lab.write("server.py", PY_SERVER + "main()\n")
    code = DEAF_NODE.replace("PYTHON", repr(lab.python)).replace("SCRIPT", repr(server))
    script = lab.write("wrapper.js", code)
    client = (
        "const p = require('child_process').spawn(process.argv[1], [process.argv[2]], {detached: true, env: {DEAF: '1'},"
        " stdio: ['pipe', 'pipe', 'ignore']}); console.log(p.pid); setTimeout(() => process.exit(0), 200);"
    )
    done = subprocess.run([lab.node, "-e", client, lab.node, script], capture_output=True, text=True, check=True)
    lab._stack.callback(_end, int(done.stdout))
    lab.must_show(done.stdout.strip())
    return lab.stdio(lab.node, script)


def _end(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        pass
