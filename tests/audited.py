"""The program, with every name it resolves, every connection it opens and every file it writes told to a file.

Python calls an audit hook before it does such a thing (PEP 578); nothing in the program can pass it by.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import PROGRAM, Lab

HOOK = """
import os, sys
LOG = os.open(os.environ.pop("AUDIT_LOG"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
OWN = os.getpid()
BUSY = []
def hook(event, args):
    if os.getpid() != OWN or BUSY:
        return
    BUSY.append(1)
    try:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            said = (event, args[0].family.name, args[0].type.name, repr(args[1]))
        elif event == "socket.getaddrinfo":
            said = (event, str(args[0]), str(args[1]), "")
        elif event == "open" and isinstance(args[0], (str, bytes)) and (
            (isinstance(args[1], str) and set(args[1]) & set("wax+"))
            or (isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        ):
            said = (event, os.fsdecode(args[0]), str(args[1]), str(args[2]))
        elif event in ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate", "os.chmod"):
            said = (event, str(args[0]), "", "")
        elif event in ("webbrowser.open", "urllib.Request", "ftplib.connect", "smtplib.connect", "http.client.connect"):
            said = (event, str(args), "", "")
        else:
            return
        import json
        os.write(LOG, (json.dumps(said) + "\\n").encode())
    finally:
        BUSY.pop()
sys.addaudithook(hook)
"""


@dataclass(frozen=True)
class Audit:
    """What one run did. `connects` holds (address, port) of TCP connections, in order, without the local sockets."""

    done: subprocess.CompletedProcess[str]
    events: list[list[str]]

    @property
    def report(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.done.stdout)["servers"]
        return found

    def _to(self, kind: str) -> list[tuple[str, int]]:
        rows = [e for e in self.events if e[0] == "socket.connect" and e[1].startswith("AF_INET") and e[2] == kind]
        return [eval(e[3])[:2] for e in rows]

    @property
    def connects(self) -> list[tuple[str, int]]:
        return self._to(socket.SOCK_STREAM.name)

    @property
    def datagrams(self) -> list[tuple[str, int]]:
        return self._to(socket.SOCK_DGRAM.name)

    @property
    def resolved(self) -> set[str]:
        return {e[1] for e in self.events if e[0] == "socket.getaddrinfo"}

    @property
    def written(self) -> list[str]:
        """Files and folders that were opened for writing, made, moved or removed, without devices."""
        changes = [e[1] for e in self.events if e[0] == "open" or e[0].startswith("os.")]
        return [f for f in changes if not f.startswith(("/dev/", "/proc/")) and not f.isdigit()]


def run(lab: Lab, *args: str, cwd: str | Path | None = None, **env: str) -> Audit:
    """Runs the program in the lab's world, in its network namespace when it has one."""
    log, argv, given = _made(lab, args, env)
    done = subprocess.run(
        argv, env=given, cwd=cwd or lab.tmp, text=True, capture_output=True, timeout=90, stdin=subprocess.DEVNULL
    )
    return Audit(done, [json.loads(line) for line in log.read_text().splitlines()])


def serve(lab: Lab, lines: list[bytes], answers: int, *, cwd: str | Path | None = None, **env: str) -> Audit:
    """The MCP face: writes the lines, waits for that many answers, closes its input."""
    log, argv, given = _made(lab, ("serve",), env)
    with subprocess.Popen(argv, env=given, cwd=cwd or lab.tmp, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        assert p.stdin is not None and p.stdout is not None
        p.stdin.write(b"".join(line + b"\n" for line in lines))
        p.stdin.flush()
        got: list[str] = []
        while len([g for g in got if '"id"' in g]) < answers and (line := p.stdout.readline()):
            got.append(line.decode())
        p.stdin.close()
        p.wait(20)
    done = subprocess.CompletedProcess(argv, p.returncode, "".join(got), "")
    return Audit(done, [json.loads(line) for line in log.read_text().splitlines()])


def _made(lab: Lab, args: tuple[str, ...], env: dict[str, str]) -> tuple[Path, list[str], dict[str, str]]:
    log = lab.tmp / f"audit-{len(list(lab.tmp.glob('audit-*')))}.jsonl"
    log.touch()
    given = {"PATH": os.environ["PATH"], "HOME": str(lab.home), "AUDIT_LOG": str(log), **env}
    return log, lab.command([sys.executable, "-B", "-c", HOOK + PROGRAM, *args]), given
