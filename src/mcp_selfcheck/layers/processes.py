"""The processes of a running server: which programs, what they hold open, what they listen on."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import sweeping

if TYPE_CHECKING:
    import psutil


@dataclass(frozen=True)
class Seen:
    """One process. `stdin` and `stdout` are what the descriptors lead to (/proc/PID/fd, Linux; else ""). `level` 0 is the root."""

    name: str
    level: int
    state: str = ""
    stdin: str = ""
    stdout: str = ""
    cpu: float = 0.0
    listening: tuple[str, ...] = ()


def _fd(pid: int, number: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/fd/{number}").readlink())
    except OSError:
        return ""


def _listening(process: psutil.Process) -> tuple[str, ...]:
    import psutil

    try:
        found = process.net_connections(kind="tcp")
    except (psutil.Error, OSError):
        return ()
    hosts = ((c.laddr.ip, c.laddr.port) for c in found if c.status == psutil.CONN_LISTEN and c.laddr)
    return tuple(sorted({f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip, port in hosts}))


def tree(pid: int, *, sockets: bool = False) -> list[Seen]:
    """The process and all that it started, parents first. Empty when it is gone."""
    import psutil

    found: list[Seen] = []
    try:
        root = psutil.Process(pid)
        wave = [(root, 0)]
        while wave and len(found) < 200:
            process, level = wave.pop(0)
            try:
                times = process.cpu_times()
                found.append(Seen(
                    name=process.name(), level=level, state=process.status(), stdin=_fd(process.pid, 0),
                    stdout=_fd(process.pid, 1), cpu=times.user + times.system,
                    listening=_listening(process) if sockets else (),
                ))  # fmt: skip
                wave += [(child, level + 1) for child in _children(process)]
            except psutil.Error:
                continue
    except psutil.Error:
        return found
    return found


def _children(process: psutil.Process) -> list[psutil.Process]:
    """Without psutil's look at every process of the machine, where the kernel lists a process's children."""
    import psutil

    if not os.path.exists("/proc/self/task"):
        return process.children()
    found = []
    for pid in sweeping.children(process.pid):
        with contextlib.suppress(psutil.Error):
            found.append(psutil.Process(pid))
    return found


def stdin_elsewhere(pid: int) -> str:
    """Where a process of the tree reads from that writes to the root's stdout, when that is no pipe; "" when all is well.

    A background job of a shell that is not interactive gets /dev/null (POSIX, Shell Command Language, 2.9.3.1). Linux only.
    """
    out = _fd(pid, 1)
    if not out.startswith("pipe:"):
        return ""
    for one in [pid, *_below(pid)]:
        stdin = _fd(one, 0)
        if stdin == "/dev/null" and _fd(one, 1) == out:
            return stdin
    return ""


def _below(pid: int) -> list[int]:
    found: list[int] = []
    wave = [pid]
    while wave and len(found) < 200:
        one = wave.pop()
        try:
            with open(f"/proc/{one}/task/{one}/children", "rb") as f:
                children = [int(word) for word in f.read().split()]
        except OSError:
            continue
        found += children
        wave += children
    return found
