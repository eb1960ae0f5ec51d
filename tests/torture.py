"""Every system call that our code makes is made to fail once, with each plausible error: a finding, never a traceback.

`make torture` runs all of it and prints a table; `python -m tests.torture SCENARIO` one scenario. A point is a call and
the line of our source that leads to it. Each run fails one point, at its first visit, in a process of its own.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SRC = str(ROOT / "src" / "mcp_selfcheck") + os.sep
LIBRARY = str(Path(os.__file__).parent) + os.sep
LIMIT = 40.0  # seconds for one run

Point = tuple[str, str]  # the call, and file:line of ours

_FILES = ("EACCES", "ENOENT", "EIO", "EMFILE")
ERRORS: dict[str, tuple[str, ...]] = {
    "open": (*_FILES, "ELOOP", "ENAMETOOLONG"), "os.open": (*_FILES, "ELOOP", "ENOTDIR"), "os.read": ("EIO", "EISDIR", "EBADF"),
    "os.write": ("EPIPE", "EIO", "ENOSPC"), "os.stat": ("EACCES", "ENOENT", "EIO", "ENAMETOOLONG"), "os.lstat": ("EACCES", "ENOENT", "EIO"),
    "os.fstat": ("EIO",), "os.listdir": ("EACCES", "ENOENT", "EIO"), "os.scandir": ("EACCES", "ENOENT", "EMFILE"),
    "os.readlink": ("EACCES", "ENOENT", "EINVAL"), "os.getcwd": ("ENOENT", "EACCES"), "os.statvfs": ("EIO", "ENOENT"),
    "os.kill": ("EPERM", "ESRCH"), "os.pipe": ("EMFILE", "ENFILE"), "os.getsid": ("ESRCH", "EPERM"), "os.getpgid": ("ESRCH",),
    "os.mkdir": ("EACCES", "ENOSPC", "EROFS"), "os.replace": ("EACCES", "ENOSPC"), "subprocess.Popen": ("EAGAIN", "ENOMEM", "EMFILE", "EACCES"),
    "socket.socketpair": ("EMFILE", "ENFILE"), "socket.socket": ("EMFILE", "EACCES", "EAFNOSUPPORT"), "socket.bind": ("EADDRINUSE", "EACCES"),
    "socket.connect": ("ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "EPERM", "EHOSTUNREACH"), "socket.send": ("EPIPE", "ECONNRESET"),
    "socket.recv": ("ECONNRESET", "EIO"), "socket.getaddrinfo": ("EAI_AGAIN", "EAI_NONAME", "EAI_SYSTEM"), "sqlite3.connect": ("SQLITE",),
    "fcntl.ioctl": ("EINVAL",), "psutil": ("AccessDenied", "NoSuchProcess", "EACCES", "EIO"),
}  # fmt: skip


def failure(call: str, name: str) -> BaseException:
    import psutil

    if call == "socket.getaddrinfo":
        return socket.gaierror(getattr(socket, name), f"torture: {name}")
    if name == "SQLITE":
        return sqlite3.OperationalError("torture: disk I/O error")
    if name == "AccessDenied":
        return psutil.AccessDenied(pid=1)
    if name == "NoSuchProcess":
        return psutil.NoSuchProcess(pid=1)
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))


class Hook:
    """Counts the points that are visited, and fails one of them once."""

    def __init__(self, fail: Point | None = None, name: str = "") -> None:
        self.fail, self.name = fail, name
        self.seen: dict[Point, int] = {}
        self.failed = False

    def point(self, call: str) -> Point | None:
        """Our line that leads here; None when another library makes the call for itself, or Python loads a module."""
        frame = sys._getframe(2)
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(SRC):
                return call, f"{file[len(SRC) :]}:{frame.f_lineno}"
            if file != __file__ and not file.startswith(LIBRARY) and not file.startswith("<"):
                return None
            if "site-packages" in file or "importlib" in file:
                return None
            frame = frame.f_back  # type: ignore[assignment]
        return None

    def __call__(self, call: str) -> None:
        here = self.point(call)
        if here is None:
            return
        self.seen[here] = self.seen.get(here, 0) + 1
        if here == self.fail and not self.failed:
            self.failed = True
            raise failure(call, self.name)

    def wrapped(self, call: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def hooked(*given: Any, **named: Any) -> Any:
            self(call)
            return real(*given, **named)

        return hooked

    def install(self) -> None:
        import asyncio.base_events as loop
        import fcntl

        import psutil

        for name in ("open", "read", "write", "stat", "lstat", "fstat", "listdir", "scandir", "readlink", "getcwd", "statvfs",
                     "kill", "pipe", "getsid", "getpgid", "mkdir", "replace"):  # fmt: skip
            setattr(os, name, self.wrapped(f"os.{name}", getattr(os, name)))
        builtins.open = io.open = self.wrapped("open", io.open)  # type: ignore[assignment]
        socket.socketpair = self.wrapped("socket.socketpair", socket.socketpair)
        socket.getaddrinfo = self.wrapped("socket.getaddrinfo", socket.getaddrinfo)
        sqlite3.connect = self.wrapped("sqlite3.connect", sqlite3.connect)  # type: ignore[assignment]
        fcntl.ioctl = self.wrapped("fcntl.ioctl", fcntl.ioctl)  # type: ignore[assignment]
        for name in ("pids", "net_connections", "net_if_addrs", "process_iter", "pid_exists", "boot_time"):
            setattr(psutil, name, self.wrapped("psutil", getattr(psutil, name)))
        for name in ("__init__", "cmdline", "name", "exe", "create_time", "username", "environ", "status", "ppid", "cpu_times", "children",
                     "parent", "parents", "cwd", "net_connections", "uids", "open_files", "num_fds"):  # fmt: skip
            self._method(psutil.Process, name, "psutil")
        self._method(subprocess.Popen, "__init__", "subprocess.Popen")
        for name in ("bind", "connect", "send", "recv"):
            self._method(socket.socket, name, f"socket.{name}")
        self._method(socket.socket, "__init__", "socket.socket")
        real = loop.BaseEventLoop.getaddrinfo

        async def resolve(*given: Any, **named: Any) -> Any:
            self("socket.getaddrinfo")
            return await real(*given, **named)

        loop.BaseEventLoop.getaddrinfo = resolve  # type: ignore[method-assign]

    def _method(self, owner: type, name: str, call: str) -> None:
        real = getattr(owner, name, None)
        if real is None:
            return
        hook = self

        def hooked(this: Any, *given: Any, **named: Any) -> Any:
            hook(call)
            return real(this, *given, **named)

        setattr(owner, name, hooked)


@dataclass(frozen=True)
class Outcome:
    """How one run ended. `fault` is what may not be: "" when all is well."""

    code: int
    verdict: str
    fault: str
    said: str
    points: dict[Point, int]
    reached: bool


class World:
    """Servers and configs for the scenarios, in a directory of its own."""

    def __init__(self, tmp: Path) -> None:
        self.home = tmp
        (tmp / ".cursor").mkdir()
        (tmp / ".config" / "Claude" / "logs").mkdir(parents=True)
        hello = str(ROOT / "src" / "mcp_selfcheck" / "demo_servers" / "hello.py")
        sick = tmp / "sick.py"
        sick.write_text("import os\nimport express_api\n")
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        self.port = str(self.listener.getsockname()[1])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            dead = free.getsockname()[1]
        self.dead = f"http://127.0.0.1:{dead}/mcp"
        entries = {
            "hello": {"command": sys.executable, "args": [hello], "env": {"ACME_KEY": "k-7f3a9c1e2b4d"}},
            "sick": {"command": sys.executable, "args": [str(sick)], "cwd": str(tmp)},
            "dead": {"url": self.dead},
            "gone": {"command": "no-such-program-here", "args": ["x"]},
        }
        (tmp / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": entries}))
        (tmp / ".config" / "Claude" / "claude_desktop_config.json").write_text(
            json.dumps({"mcpServers": {"sick": entries["sick"]}})
        )
        (tmp / ".config" / "Claude" / "logs" / "mcp-server-sick.log").write_text(
            "[info] Initializing server...\nError: spawn x ENOENT\n"
        )
        (tmp / ".npmrc").write_text("//r/:_authToken=npm_0123456789abcdef\n")
        (tmp / "error.log").write_text("Error: listen EADDRINUSE: address already in use :::3000\n")

    def scenarios(self) -> dict[str, list[str]]:
        report = str(self.home / "report.md")
        d = ["diagnose", "--client", "cursor", "--timeout", "10"]
        return {
            "list": ["list", "--json"],
            "explain": ["explain", str(self.home / "error.log"), "--json"],
            "log": ["log", "sick", "--json"],
            "hello": [*d, "hello", "--json", "--report", report],
            "sick": [*d, "sick", "--json"],
            "gone": [*d, "gone", "--json"],
            "dead": [*d, "dead", "--json"],
            "port": ["port", self.port, "--json"],
            "proxy": ["proxy", "--json"],
            "health": ["health", self.dead, "--json"],
        }

    def close(self) -> None:
        self.listener.close()


def preload() -> None:
    """What every run needs is read once: a run is then a fork."""
    import importlib
    import pkgutil

    import mcp_selfcheck
    from mcp_selfcheck import causes
    from mcp_selfcheck.reading import prepare

    for module in pkgutil.walk_packages(mcp_selfcheck.__path__, "mcp_selfcheck."):
        if not any(
            x in module.name
            for x in ("demo_servers", "__main__", "server", "stdio_face", "warden", "exporter", "schemas")
        ):
            importlib.import_module(module.name)
    causes.load()
    prepare()


def run(world: World, argv: list[str], fail: Point | None = None, name: str = "") -> Outcome:
    """One run of the program in a child process, with that point failing."""
    with tempfile.TemporaryDirectory() as kept:
        out, told = Path(kept) / "out", Path(kept) / "points"
        pid = os.fork()
        if pid == 0:
            _child(world, argv, fail, name, out, told)
        end = time.monotonic() + LIMIT
        status = None
        while time.monotonic() < end:
            done, state = os.waitpid(pid, os.WNOHANG)
            if done:
                status = os.waitstatus_to_exitcode(state)
                break
            time.sleep(0.01)
        if status is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return Outcome(-1, "", "did not end", "", {}, True)
        said = out.read_text("utf-8", "replace")
        seen = json.loads(told.read_text()) if told.exists() else {"points": [], "failed": True}
    return judged(argv, status, said, {(a, b): n for a, b, n in seen["points"]}, seen["failed"])


def _child(world: World, argv: list[str], fail: Point | None, name: str, out: Path, told: Path) -> None:
    os.setsid()
    fd = os.open(out, os.O_CREAT | os.O_WRONLY)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", write_through=True)
    os.environ.clear()
    os.environ.update(HOME=str(world.home), PATH="/usr/local/bin:/usr/bin:/bin", LANG="C.UTF-8")
    os.chdir(world.home)
    from mcp_selfcheck import cli

    real_open, hook = io.open, Hook(fail, name)
    hook.install()
    code = 70
    try:
        code = cli.main(argv)
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:  # noqa: BLE001 - what comes out here is the fault that is looked for
        import traceback

        sys.stdout.write(traceback.format_exc())
    with real_open(told, "w") as stream:
        json.dump({"points": [[a, b, n] for (a, b), n in hook.seen.items()], "failed": hook.failed}, stream)
    os._exit(code)


def judged(argv: list[str], code: int, said: str, points: dict[Point, int], reached: bool) -> Outcome:
    fault = ""
    verdict = ""
    if re.search(r"^Traceback \(most recent call last\)", said, re.M) or code == 70:
        fault = "a traceback"
    elif code not in (0, 1, 2, 3, 4):
        fault = f"exit code {code}"
    elif code in (0, 1, 3) or '"schema"' in said:
        start = said.find("{")
        try:
            document, _ = json.JSONDecoder().raw_decode(said[start:])
            verdict = (
                document["servers"][0]["verdict"]
                if argv[0] == "diagnose"
                else "ok"
                if document.get("ok", True)
                else "not ok"
            )
            unwritten = said.rstrip().rpartition("\n")[2].startswith("mcp-selfcheck: the report was not written")
            if (verdict == "selfcheck_failed" or unwritten) != (code == 4):
                fault = f"verdict {verdict} with exit code {code}"
        except (ValueError, KeyError, IndexError):
            fault = "no report"
    elif not said.strip() or len(said.strip().splitlines()) > 3:
        fault = f"exit code {code} without one clear line"
    return Outcome(code, verdict or f"exit {code}", fault, said, points, reached)


def rounds(world: World, scenario: str, every: bool = True) -> Iterator[tuple[Point, str, Outcome]]:
    """(point, error, outcome) for each point of a scenario, with each error, or with the first alone."""
    argv = world.scenarios()[scenario]
    first = run(world, argv)
    assert not first.fault, (scenario, first.fault, first.said[-2000:])
    for point in sorted(first.points):
        names = ERRORS[point[0]]
        for name in names if every else names[:1]:
            yield point, name, run(world, argv, point, name)


def main() -> int:
    preload()
    wanted = [a for a in sys.argv[1:] if not a.startswith("-")]
    total: Counter[str] = Counter()
    bad: list[str] = []
    with tempfile.TemporaryDirectory(prefix="torture") as tmp:
        world = World(Path(tmp))
        print(f"{'scenario':10} {'points':>7} {'runs':>6} {'reached':>8} {'own failure':>12} {'faults':>7}")
        for scenario in wanted or world.scenarios():
            points, runs, reached, own, faults = set(), 0, 0, Counter[str](), 0
            for point, name, outcome in rounds(world, scenario, "--first" not in sys.argv):
                points.add(point)
                runs += 1
                reached += outcome.reached
                if outcome.verdict in ("selfcheck_failed", "exit 4"):
                    own[f"{point[0]} {name} at {point[1]}"] += 1
                if outcome.fault or not outcome.reached:
                    faults += 1
                    tail = " | ".join(outcome.said.strip().splitlines()[-3:])[-300:]
                    bad.append(f"{scenario}: {point[0]} {name} at {point[1]}: {outcome.fault or 'not reached'}: {tail}")
            print(f"{scenario:10} {len(points):7} {runs:6} {reached:8} {own.total():12} {faults:7}", flush=True)
            if "--own" in sys.argv:
                print("\n".join(f"    own failure: {k}" for k in own))
            total.update(points=len(points), runs=runs, reached=reached, own=own.total(), faults=faults)
        world.close()
    print(
        f"{'sum':10} {total['points']:7} {total['runs']:6} {total['reached']:8} {total['own']:12} {total['faults']:7}"
    )
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
