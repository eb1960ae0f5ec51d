"""Who listens on this machine, and who that is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..facts.tcp import Listener

SAMPLES = 8  # looks at a process that may spin
LISTEN = "0A"  # TCP_LISTEN in /proc/net/tcp (proc(5))


@dataclass(frozen=True)
class Socket:
    """A socket in state LISTEN."""

    address: str
    port: int
    pid: int | None = None


def sockets() -> tuple[list[Socket], str]:
    """Every TCP socket in state LISTEN, and how far we could look: ok, or an errno name. Blocks for milliseconds."""
    import psutil

    try:
        found = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return (_by_process(psutil), "partly") if sys.platform == "darwin" else ([], "EACCES")
    except (OSError, RuntimeError):
        return [], "EIO"
    result = []
    for c in found:
        if c.status == psutil.CONN_LISTEN and c.laddr:
            result.append(Socket(str(c.laddr.ip), int(c.laddr.port), c.pid))
    return result, "ok"


def _by_process(psutil: Any) -> list[Socket]:
    """macOS shows the sockets of other users to root only: those of our own processes are left."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            for c in process.net_connections("tcp"):
                if c.status == psutil.CONN_LISTEN and c.laddr:
                    found.append(Socket(str(c.laddr.ip), int(c.laddr.port), process.pid))
    return found


def _queues() -> dict[tuple[str, int], int]:
    """Connections that wait to be accepted, by address: rx_queue of a listening socket (proc(5), inet_diag(7))."""
    found: dict[tuple[str, int], int] = {}
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
                part = line.split()
                if part[3] == LISTEN:
                    where, _, port = part[1].partition(":")
                    found[_address(where), int(port, 16)] = int(part[4].partition(":")[2], 16)
    return found


def _address(text: str) -> str:
    """An address of /proc/net/tcp: 32-bit words in the machine's byte order."""
    raw = bytes.fromhex(text)
    if sys.byteorder == "little":
        raw = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def describe(pid: int | None) -> dict[str, Any]:
    """Program, command line, user, state and start of a process, as far as we may see them."""
    import psutil

    if pid is None:
        return {}
    found: dict[str, Any] = {"pid": pid}
    try:
        process = psutil.Process(pid)
    except (psutil.Error, OSError):
        return found
    asks: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("program", lambda: _program(process)),
        ("command_line", lambda: " ".join(process.cmdline())[:1000]),
        ("user", process.username),
        ("state", lambda: _state(process.status())),
        ("since", lambda: f"{datetime.fromtimestamp(int(process.create_time()), UTC):%Y-%m-%dT%H:%M:%SZ}"),
    )
    for name, ask in asks:
        with contextlib.suppress(psutil.Error, OSError, KeyError):
            found[name] = ask()
    if hasattr(os, "getuid"):
        with contextlib.suppress(psutil.Error, OSError):
            found["own"] = process.uids().real == os.getuid()
    return found


def _program(process: Any) -> str:
    """The file name of what runs; for an interpreter that is the interpreter, for one of many names of a file its own."""
    import psutil

    try:
        exe = process.exe()
    except (psutil.Error, OSError):
        exe = ""
    if not exe:
        return str(process.name())
    with contextlib.suppress(psutil.Error, OSError, IndexError):
        called = process.cmdline()[0].split()[0]
        name = Path(called).name
        if not Path(exe).name.startswith(name) and os.path.realpath(shutil.which(called) or called) == exe:
            return name
    return Path(exe).name


def _state(status: str) -> str:
    return "stopped" if status in ("stopped", "tracing-stop") else "running"


def listeners(found: Iterable[Socket]) -> tuple[Listener, ...]:
    """The sockets with their processes, one for each address and process group, in a fixed order."""
    seen: dict[tuple[str, int], list[Socket]] = {}
    for s in found:
        seen.setdefault((s.address, s.port), []).append(s)
    many = len({p for _, p in seen}) > 1
    result = []
    for (address, port), same in sorted(seen.items()):
        pids = sorted({s.pid for s in same if s.pid is not None})
        about = [describe(p) for p in pids] or [{}]
        first = dict(about[0])
        if any(a.get("state") != "stopped" for a in about) and first.get("state") == "stopped":
            first["state"] = "running"  # a worker that shares the socket still answers
        shown = f"{address}:{port}" if many else address
        result.append(Listener(address=shown, port=port, **first))
    return tuple(result)


def on_port(port: int) -> tuple[tuple[Listener, ...], str]:
    """Who listens on `port`, and how far we could look. Blocks for milliseconds: call it in a thread."""
    every, read = sockets()
    return listeners(s for s in every if s.port == port), read


async def listeners_on(port: int) -> tuple[tuple[Listener, ...], str]:
    return await asyncio.to_thread(on_port, port)


async def look_closer(found: tuple[Listener, ...], seconds: float) -> tuple[Listener, ...]:
    """The same, with room of the accept queue, and with `spinning` where a process wants a processor at every look."""
    pids = {x.pid for x in found if x.pid is not None and x.state == "running"}
    rooms = asyncio.create_task(_rooms(min(seconds, 1.0)))
    busy = dict.fromkeys(pids, 0)
    queues = []
    for _ in range(SAMPLES):
        await asyncio.sleep(min(0.4, seconds) / SAMPLES)
        queues.append(_queues())
        for p in pids:
            busy[p] += _runs(p)
    room = await rooms
    result = []
    for x in found:
        if x.pid is not None and x.pid in pids and busy[x.pid] == SAMPLES:
            x = replace(x, state="spinning")
        where = (x.address.rsplit(":", 1)[0] if x.address.endswith(f":{x.port}") else x.address, x.port)
        waiting = min(q.get(where, 0) for q in queues)
        full = where in room and waiting > room[where]  # listen(2): the backlog, plus one on Linux
        result.append(replace(x, queue=f"full, room for {room[where]}" if full else "some wait" if waiting else ""))
    return tuple(result)


def _runs(pid: int) -> bool:
    """Whether a process is on a processor or wants one (state R of proc(5)): true at every look for one that spins."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_RUNNING)
    except (psutil.Error, OSError):
        return False


async def _rooms(seconds: float) -> dict[tuple[str, int], int]:
    """How many connections may wait, by address: Send-Q of ss(8) for listening sockets."""
    from .tcp_firewall import run

    code, out = await run(["ss", "-Hltn"], seconds)
    found: dict[tuple[str, int], int] = {}
    if code == 0:
        for line in out.splitlines():
            part = line.split()
            with contextlib.suppress(ValueError, IndexError):
                host, _, port = part[3].rpartition(":")
                host = host.strip("[]").partition("%")[0].strip("[]")
                found["::" if host == "*" else host, int(port)] = int(part[2])
    return found
