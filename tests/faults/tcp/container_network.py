"""localhost inside a container: a second namespace plays the machine that the container runs on."""

from __future__ import annotations

import subprocess
import sys

from tests.faults.tcp.refused import names, peer
from tests.faults.tcp.servers import listener
from tests.lab import Lab, World, end, fault


@fault("tcp-container-localhost", needs=["root"])
def the_application_runs_outside_of_the_servers_container(lab: Lab) -> World:
    """unshare(1) gives what docker run gives in this respect: a network of its own."""
    port = lab.free_port()
    listener(lab, port, "time.sleep(1000)")
    text = (
        "import socket, sys\ntry:\n"
        f"    socket.create_connection(('127.0.0.1', {port}))\nexcept OSError as e:\n"
        f"    sys.exit(f'cannot reach http://127.0.0.1:{port}/vault: {{e}}')\n"
    )
    script = lab.write("server.py", text)
    run = (
        f'#!/bin/sh\n[ "$1" = run ] || exit 0\nexec unshare -n sh -c "ip link set lo up; exec {lab.python} {script}"\n'
    )
    docker = lab.write("bin/docker", run, 0o755)
    lab.must_show("host.docker.internal", str(port))
    return World(entry=lab.stdio(docker, "run", "-i", "--rm", "notes-mcp"))


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
