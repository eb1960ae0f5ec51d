"""Why a server in a container is not started, or is started deaf."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts, Run
from ...facts.said import quoted
from ...model import Confirm, Proof, Trace, cause

_DIAGNOSE = Confirm("diagnose", {})
_PROGRAMS = ("docker", "podman", "nerdctl")
_NO_ENGINE = re.compile(
    r"Cannot connect to the Docker daemon|Is the docker daemon running|error during connect|failed to connect to the docker API"
    r"|docker daemon is not running|Cannot connect to Podman|dockerDesktopLinuxEngine|docker_engine"
    r"|command 'docker' could not be found in this WSL",
    re.IGNORECASE,
)
_NO_RIGHT = re.compile(
    r"permission denied while trying to connect to the [Dd]ocker|dial unix \S+: connect: permission denied",
    re.IGNORECASE,
)
_NO_TTY = re.compile(
    r"the input device is not a TTY|cannot attach stdin to a TTY-enabled container|cannot enable tty mode on non tty input",
    re.IGNORECASE,
)


def container(t: Trace) -> tuple[LaunchFacts, Run] | None:
    """The facts of a container start that gave no answer, or None."""
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.run.answered:
        return None
    inner = f.inner[0].rsplit("/", 1)[-1] if f.inner else ""
    return (f, f.run) if f.launcher in _PROGRAMS or inner in _PROGRAMS or "engine" in f.asked else None


@cause(
    "launch-docker-permission",
    "container-launch",
    title="This user may not use the container engine's socket",
    means="The engine runs, but its socket belongs to another user or group than the one that starts the server.",
    who="you",
    fix="Add the user to the group that owns {socket} (usually docker), and log in again.",
    commands=["ls -l {socket}"],
    over=("launch-not-executable",),
    confirm_with=_DIAGNOSE,
)
def docker_permission(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died or f.run is None or not _NO_RIGHT.search(f.run.stderr):
        return None
    engine = f.asked.get("engine", "")
    rights = f.asked.get("engine socket", "")
    text = f"The engine's client was refused at {engine or 'its socket'} (permission denied)."
    if rights:
        text += f" The socket: {rights}."
    cites = (
        "launch.run.stderr",
        *(("launch.asked[engine]",) if engine else ()),
        *(("launch.asked[engine socket]",) if rights else ()),
    )
    return Proof(text, cites, {"socket": engine.removeprefix("unix://") or "/var/run/docker.sock"})


@cause(
    "launch-docker-not-running",
    "container-launch",
    title="The container engine is not running",
    means="The command is only a client: the engine that would start the container does not answer at its address.",
    who="you",
    fix="Start the container engine (Docker Desktop, or the docker service) and then the server{also}.",
    commands=["docker info"],
    confirm_with=_DIAGNOSE,
)
def docker_not_running(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died or f.run is None or not _NO_ENGINE.search(f.run.stderr):
        return None
    if container(t) is None and not f.asked.get("engine"):
        return None
    engine, dialled = f.asked.get("engine", ""), f.asked.get("engine dialled", "")
    if dialled == "answers":
        return None
    how = {"missing": "there is no such socket", "ECONNREFUSED": "nothing listens there"}.get(dialled, dialled)
    if engine:
        text = f"The engine is asked at {engine}" + (f": {how}." if how else ", and does not answer.")
    else:
        text = f"“{quoted(f.run.stderr, _NO_ENGINE.pattern) or 'the engine does not answer'}”."
    cites = ("launch.run.stderr", *(("launch.asked[engine dialled]",) if dialled else ()))
    deaf = f.asked.get("docker -i") == "no"
    also = "; put -i behind run in the arguments as well: without it the container hears nothing" if deaf else ""
    return Proof(text, cites, {"engine": engine, "also": also})


@cause(
    "launch-docker-tty",
    "container-launch",
    title="docker run has -t, but a client gives no terminal",
    means="-t asks for a terminal. A client talks through pipes, so docker refuses, or a terminal in between changes the "
    "bytes of the protocol.",
    who="you",
    fix="Take -t (or --tty) out of the arguments and keep -i.",
    over=("launch-usage-error", "stdio-silent", "stdio-stdout-pollution"),
    confirm_with=_DIAGNOSE,
)
def docker_tty(t: Trace) -> Proof | None:
    seen = container(t)
    if seen is None or seen[0].asked.get("docker -t") != "yes":
        return None
    f, run = seen
    refused = _NO_TTY.search(run.stderr)
    without = f.rerun("without -t") or f.rerun("with -i and without -t")
    if without is not None and without.answered:
        said = f" says “{refused[0]}”" if refused else " gives no answer"
        text = f"With -t the start{said}; {without.how} the server answers."
        return Proof(text, ("launch.asked[docker -t]", f"launch.reruns[{without.how}].answered"))
    if refused:
        text = f"The arguments hold -t, and docker says “{refused[0]}”."
        return Proof(text, ("launch.asked[docker -t]", "launch.run.stderr"))
    return None


@cause(
    "launch-docker-not-interactive",
    "container-launch",
    title="docker run has no -i, so the server hears nothing",
    means="Without -i docker closes the container's input at once. The server in it gets no message and ends, or waits "
    "for ever.",
    who="you",
    fix="Put -i behind run in the arguments.",
    commands=["docker run -i --rm {image}"],
    over=("stdio-silent", "launch-exits-silently"),
    confirm_with=_DIAGNOSE,
)
def docker_not_interactive(t: Trace) -> Proof | None:
    seen = container(t)
    if seen is None or seen[0].asked.get("docker -i") != "no":
        return None
    f, run = seen
    values = {"image": f.asked.get("image", "")}
    with_i = f.rerun("with -i")
    if with_i is not None and with_i.answered:
        state = f"ends with exit code {run.exit_code}" if run.exit_code is not None else "stays silent"
        text = f"docker run {values['image']} without -i {state}; with -i the server answers."
        return Proof(text, ("launch.asked[docker -i]", "launch.reruns[with -i].answered"), values)
    if run.exit_code == 0 and not run.stderr.strip() and with_i is None:
        text = f"docker run {values['image']} has no -i: the container ended with exit code 0 without an answer."
        return Proof(text, ("launch.asked[docker -i]", "launch.run.exit_code"), values, confidence="likely")
    return None


@cause(
    "launch-wrong-host",
    "container-launch",
    title="The server is started on another machine than it lies on",
    means="The client's window works in WSL or on a remote host, but it starts its servers on the local side (or the other "
    "way round), where the path or the program is not there.",
    who="you",
    fix="Move the entry into the settings of the side that holds the server, or start it through wsl.exe.",
    exempt="needs a Windows host with WSL, or a client with a remote window",
)
def wrong_host(t: Trace) -> Proof | None:
    return None
