"""docker run that does not come to a server: the real docker client without an engine, and a stand-in that runs what it is told."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

from tests.lab import Lab, fault, healthy
from tests.packages import PY_SERVER


def stand_in(lab: Lab, *args: str) -> dict[str, Any]:
    """A `docker` on the PATH that does what docker does with -i and -t, and runs a real server as the container."""
    server = lab.write("server.py", PY_SERVER + "main()\n")
    lab.write("bin/docker", f"""#!/bin/sh
in=/dev/null; tty=no
while [ $# -gt 0 ]; do case "$1" in
  run) ;; -i|--interactive) in=- ;; -t|--tty) tty=yes ;; -it|-ti) in=-; tty=yes ;; --rm) ;; -e|-v) shift ;; *) break ;;
esac; shift; done
if [ $tty = yes ] && [ $in = - ]; then echo "the input device is not a TTY" >&2; exit 1; fi
if [ $in = - ]; then exec {lab.python} {server}; else exec {lab.python} {server} </dev/null; fi
""", 0o755)  # fmt: skip
    path = f"{lab.tmp}/bin:{os.environ['PATH']}"
    return lab.stdio("docker", *args, env={"PATH": path})


@fault("launch-docker-not-interactive")
def i_left_out(lab: Lab) -> dict[str, Any]:
    lab.must_show("without -i", "acme/weather")
    return stand_in(lab, "run", "--rm", "-e", "KEY", "acme/weather")


@fault("launch-docker-tty")
def t_beside_i(lab: Lab) -> dict[str, Any]:
    lab.must_show("not a TTY", "-t")
    return stand_in(lab, "run", "-it", "--rm", "acme/weather:1.2")


@healthy()
def container_that_answers(lab: Lab) -> dict[str, Any]:
    return stand_in(lab, "run", "-i", "--rm", "acme/weather")


@fault("launch-docker-tty", needs=("docker",))
def t_with_the_real_client(lab: Lab) -> dict[str, Any]:
    lab.must_show("the input device is not a TTY")
    env = {"DOCKER_HOST": f"unix://{lab.tmp}/none.sock"}
    return lab.stdio("docker", "run", "-i", "-t", "--rm", "acme/weather", env=env)


@fault("launch-docker-not-running", needs=("docker",))
def no_socket(lab: Lab) -> dict[str, Any]:
    lab.must_show("/none.sock", "no such socket")
    env = {"DOCKER_HOST": f"unix://{lab.tmp}/none.sock"}
    return lab.stdio("docker", "run", "-i", "--rm", "acme/weather", env=env)


@fault("launch-docker-not-running", needs=("docker",))
def engine_port_closed(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    lab.must_show(f"127.0.0.1:{port}")
    return lab.stdio("docker", "run", "--rm", "acme/weather", env={"DOCKER_HOST": f"tcp://127.0.0.1:{port}"})


@fault("launch-docker-not-running", needs=("docker",))
def exec_into_nothing(lab: Lab) -> dict[str, Any]:
    env = {"DOCKER_HOST": f"unix://{lab.tmp}/none.sock"}
    return lab.stdio("sh", "-c", "docker exec -i weather node server.js", env=env)


@fault("launch-docker-permission", needs=("docker", "root"))
def socket_of_another_user(lab: Lab) -> dict[str, Any]:
    place = f"{tempfile.gettempdir()}/engine-{os.getpid()}"  # a name of chance could look like a token
    Path(place).mkdir()
    lab._stack.callback(shutil.rmtree, place)
    Path(place).chmod(0o755)
    listener = lab._stack.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(f"{place}/docker.sock")
    listener.listen()
    Path(place, "docker.sock").chmod(0o600)
    lab.must_show(f"{place}/docker.sock", "permission denied")
    env = {"DOCKER_HOST": f"unix://{place}/docker.sock", "DOCKER_CONFIG": place}
    return lab.stdio(
        "setpriv", "--reuid", "65534", "--clear-groups", "docker", "run", "-i", "--rm", "acme/weather", env=env, cwd="/"
    )


@healthy()
def server_that_speaks_of_docker(lab: Lab) -> dict[str, Any]:
    noise = 'import sys\nprint("warning: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running? Container tools are off.", file=sys.stderr)\n'
    return lab.stdio(lab.python, lab.write("server.py", noise + PY_SERVER + "main()\n"))
