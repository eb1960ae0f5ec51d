"""Processes of the same command line whose client is gone: on Linux, by /proc; elsewhere nothing is said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_PROC = Path("/proc")
_MOST = 4000


def orphans(argv: Sequence[str]) -> tuple[int, ...]:
    """The pids, in order. An orphan runs this very command line, init adopted it, and its stdin is a pipe or a socket
    into which nobody can write any more: what a client leaves behind that ended without ending its servers.
    """
    wanted = [word.encode("utf-8", "surrogateescape") for word in argv]
    if len(wanted) < 2 or not os.path.isdir(_PROC):
        return ()
    found = []
    for pid in _pids():
        words = _words(pid)
        if words[1:] == wanted[1:] or words[2:] == wanted[1:]:  # a script's interpreter may stand before it
            same = any(os.path.split(w)[1] == os.path.split(wanted[0])[1] for w in words[:2])
            if same and _adopted(pid) and _deaf(pid):
                found.append(pid)
    return tuple(sorted(found))


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC) if name.isdigit()][:_MOST]
    except OSError:
        return []


def _words(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return []


def _adopted(pid: int) -> bool:
    """Whether init, or the user's systemd, is its parent (proc(5), status)."""
    try:
        status = (_PROC / str(pid) / "status").read_text("ascii", "replace")
        parent = next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:"))
        name = (_PROC / parent / "comm").read_text("ascii", "replace").strip()
    except (OSError, StopIteration, IndexError):
        return False
    return parent == "1" or name in ("systemd", "init")


def _deaf(pid: int) -> bool:
    """Whether its stdin is a pipe that no other process holds, or a socket without a peer. False when that cannot be seen."""
    try:
        pipe = str((_PROC / str(pid) / "fd" / "0").readlink())
    except OSError:
        return False
    if pipe.startswith("socket:["):
        return _alone(pid, pipe[8:-1])
    if not pipe.startswith("pipe:"):
        return False
    for other in _pids():
        if other == pid:
            continue
        try:
            for fd in os.listdir(_PROC / str(other) / "fd"):
                if str((_PROC / str(other) / "fd" / fd).readlink()) == pipe:
                    return False
        except OSError:
            continue
    return True


def _alone(pid: int, inode: str) -> bool:
    """Whether the peer of a connected Unix socket is gone. Node.js gives its children sockets for pipes.

    A peer holds a reference (net/unix/af_unix.c), so a connected socket counts 3 with it and 2 without (proc_net_unix).
    """
    try:
        lines = (_PROC / str(pid) / "net" / "unix").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    rows = (line.split() for line in lines)
    return any(len(row) >= 7 and row[6] == inode and row[5] == "03" and int(row[1], 16) <= 2 for row in rows)
