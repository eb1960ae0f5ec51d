"""What a `docker run` that does not answer is asked: its flags, its engine, and the same run with one flag changed."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..facts.launch import LaunchFacts
from .connector import errno_name, open_stream

PROGRAMS = ("docker", "podman", "nerdctl")
# Flags of `docker run` whose value is the next word (docker run --help, 28.2).
_VALUE = frozenset({
    "-e", "--env", "--env-file", "-v", "--volume", "--mount", "--name", "-p", "--publish", "--network", "--net", "-w",
    "--workdir", "-u", "--user", "--add-host", "--entrypoint", "--platform", "-l", "--label", "--pull", "-m", "--memory",
    "--cpus", "-h", "--hostname", "--tmpfs", "--device", "--gpus", "--cap-add", "--cap-drop", "--security-opt",
    "--ulimit", "--shm-size", "--restart", "--log-driver", "--log-opt", "--dns", "--ip", "-a", "--attach", "--cidfile",
    "--runtime", "--pid", "--ipc", "--userns", "--volumes-from", "--stop-signal", "--stop-timeout", "--expose", "--link",
    "--sysctl", "--group-add", "--label-file", "--annotation", "--cgroupns", "--pids-limit", "--memory-swap",
})  # fmt: skip
_GLOBAL_VALUE = frozenset({"-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "--tlscacert", "--tlscert",
                           "--tlskey"})  # fmt: skip


@dataclass(frozen=True)
class ContainerRun:
    """A `docker run` as written. `at` is the index in argv behind `run`; flags are None when that verb is not there."""

    program: str = ""
    at: int = 0
    interactive: bool = False
    tty: bool = False
    image: str = ""


def read_run(words: Sequence[str]) -> ContainerRun | None:
    """Reads `docker [global flags] [container] run [flags] IMAGE …`; None for anything else."""
    name = Path(words[0]).name.removesuffix(".exe") if words else ""
    if name not in PROGRAMS:
        return None
    i = 1
    while i < len(words) and words[i].startswith("-"):
        i += 2 if words[i] in _GLOBAL_VALUE else 1
    if words[i : i + 1] == ["container"]:
        i += 1
    if words[i : i + 1] != ["run"]:
        return None
    at = i = i + 1
    interactive = tty = False
    while i < len(words) and words[i].startswith("-"):
        word = words[i]
        if word.startswith("--"):
            on = not word.endswith("=false")
            interactive = on if word.split("=")[0] == "--interactive" else interactive
            tty = on if word.split("=")[0] == "--tty" else tty
        else:
            cluster = re.match(r"-[dPqit]+", word)  # short flags without a value may stand together
            interactive = interactive or bool(cluster and "i" in cluster[0])
            tty = tty or bool(cluster and "t" in cluster[0])
        i += 2 if word in _VALUE else 1
    return ContainerRun(name, at, interactive, tty, words[i] if i < len(words) else "")


def with_interactive(argv: Sequence[str], run: ContainerRun) -> list[str]:
    return [*argv[: run.at], "-i", *argv[run.at :]]


def without_tty(argv: Sequence[str], run: ContainerRun) -> list[str]:
    """The same command line without -t and --tty; -it becomes -i."""
    found = list(argv[: run.at])
    inside = True
    for word in argv[run.at :]:
        inside = inside and word != run.image
        if inside and word in ("-t", "--tty", "--tty=true"):
            continue
        if inside and re.fullmatch(r"-[dPqit]{2,}", word):
            word = word.replace("t", "")
        found.append(word)
    return found


_ENGINE = re.compile(
    r"(?:daemon(?: socket)? at|API at|to Docker endpoint:?|socket at) \"?((?:unix|tcp|http|npipe|ssh)://[^\s\"]+)"
)
_SOCKET = re.compile(r"dial unix (/[^\s:]+)")


def engine_address(stderr: str) -> str:
    """The address of the engine that the client's error names, without a trailing full stop, or ""."""
    found = _ENGINE.search(stderr)
    if found:
        return found[1].rstrip(".:,")
    dialled = _SOCKET.search(stderr)
    return f"unix://{dialled[1]}" if dialled else ""


def names_program(argv: Sequence[str]) -> bool:
    """Whether an engine's client stands in the command line, whatever runs it."""
    return any(Path(word).name.removesuffix(".exe") in PROGRAMS for word in argv)


def own_engine(address: str, words: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether the address in the error is one that the user's own settings name: a socket in its usual place, or what
    the command line or DOCKER_HOST says. A program can print any address; none is dialled for that alone."""
    kind, _, rest = address.partition("://")
    if kind == "unix" and re.fullmatch(
        r"/(?:var/)?run/(?:user/\d+/)?(?:docker|podman)(?:/podman)?\.sock", f"/{rest.lstrip('/')}"
    ):
        return True
    told = [*words, *(v for k, v in env.items() if k.upper() in ("DOCKER_HOST", "CONTAINER_HOST", "HOME"))]
    place = rest.rstrip("/") if kind != "unix" else f"/{rest.lstrip('/')}"
    if kind == "unix":
        return any(t.endswith(place) or (t.startswith("/") and place.startswith(f"{t}/")) for t in told if len(t) > 1)
    return any(t.rstrip("/").endswith(place) for t in told)


async def dial_engine(address: str, seconds: float) -> str:
    """What a connection to the engine's address gives: "answers", an errno name, "missing", or "no answer"."""
    kind, _, rest = address.partition("://")
    try:
        async with asyncio.timeout(seconds):
            if kind == "unix":
                if not os.path.exists("/" + rest.lstrip("/")):
                    return "missing"
                _, writer = await asyncio.open_unix_connection("/" + rest.lstrip("/"))
            else:
                host, _, port = rest.split("/")[0].rpartition(":")
                _, writer = await open_stream(host.strip("[]"), int(port), seconds)
            writer.close()
    except TimeoutError:
        return "no answer"
    except ValueError:
        return ""
    except OSError as error:
        return errno_name(error)
    return "answers"


def socket_rights(address: str) -> str:
    """Owner, group and mode of a unix socket, as `ls -l` names them, or ""."""
    kind, _, rest = address.partition("://")
    if kind != "unix":
        return ""
    try:
        info = Path("/" + rest.lstrip("/")).stat()
    except OSError:
        return ""
    return f"{stat.filemode(info.st_mode)} uid {info.st_uid} gid {info.st_gid}"


def words_of(f: LaunchFacts, argv: Sequence[str]) -> list[str]:
    """The docker command line, also when a shell or env stands before it."""
    if Path(argv[0]).name.removesuffix(".exe") in PROGRAMS:
        return list(argv)
    return list(f.inner) if f.inner and Path(f.inner[0]).name in PROGRAMS else []
