"""localhost inside a container: a second namespace plays the machine that the container runs on."""

from __future__ import annotations

import subprocess
import sys

from tests.faults.tcp.refused import names, peer
from tests.lab import Lab, World, end, fault


@fault("tcp-container-localhost", netns=True)
def the_server_runs_on_the_host(lab: Lab) -> World:
    other = peer(lab)
    names(lab, "127.0.0.1 localhost\n10.77.0.2 host.containers.internal\n")
    code = "import socket, time\ns = socket.create_server(('10.77.0.2', 3000))\nprint('ready', flush=True)\ntime.sleep(1000)"
    process = subprocess.Popen(["ip", "netns", "exec", other, sys.executable, "-c", code], stdout=subprocess.PIPE)
    lab._stack.callback(end, process)
    assert process.stdout is not None
    process.stdout.readline()
    lab.must_show("host.containers.internal", "podman")
    return World(entry=lab.url("http://localhost:3000/mcp"), env={"container": "podman"})
