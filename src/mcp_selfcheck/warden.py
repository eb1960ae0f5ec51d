"""The processes between us and a server: they start one command, and nothing that command started outlives it.

Run as a script with `python -I -S`, standard library only, so that it is up in a few milliseconds. It talks JSON lines
over the socket whose descriptor is its argument: reads {"path", "argv", "env", "cwd"}, writes {"pid"} or {"error"}, later
{"exit"} or {"signal"}; it ends everything at {"end": true}, and also when the socket closes because the parent is gone,
be it by SIGKILL, and says {"ended"} last. Being a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER) it inherits daemons
that detached themselves, whatever they did to their session or their environment.

The server's parent is a keeper, a fork of the warden that does nothing but wait: a server that ends or stops its parent
hits the keeper, and the warden goes on. The keeper and the server die with their parents (PR_SET_PDEATHSIG), so that the
end of the warden by SIGKILL is the end of the server too.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_DIED_HERE = 127
_LAST = 4.0  # seconds for the hard end of a tree that grows while it is ended
MARK = "MCP_SELFCHECK_RUN"  # set only where there is no subreaper: how a detached process is found there

Message = dict[str, object]


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        done: int = ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    except (OSError, AttributeError):
        return False
    return done == 0


def _exec(order: Message, report: int) -> None:
    """Becomes the server. Comes back never; the errno of a failed chdir or exec goes to `report`."""
    step = "chdir"
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in range(1, signal.NSIG):
            try:
                signal.signal(number, signal.SIG_DFL)
            except (OSError, ValueError):
                continue  # SIGKILL, SIGSTOP and the C library's own
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if order["cwd"] is not None:
            os.chdir(str(order["cwd"]))
        step = "exec"
        os.execve(str(order["path"]), order["argv"], order["env"])  # type: ignore[arg-type]
    except OSError as error:
        os.write(report, f"{step} {errno.errorcode.get(error.errno or 0, 'EIO')}".encode())
    except (ValueError, TypeError, UnicodeError):
        os.write(report, f"{step} EINVAL".encode())
    finally:
        os._exit(_DIED_HERE)


def _keep(order: Message, news: int) -> None:
    """The keeper: starts the server, tells its pid and its end through `news`, and dies with the warden."""

    def tell(what: Message) -> None:
        os.write(news, json.dumps(what).encode() + b"\n")

    try:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            _exec(order, write)
        os.close(write)
        for descriptor in (0, 1, 2):
            os.close(descriptor)
        said = os.read(read, 64)
        if said:
            os.waitpid(pid, 0)
            step, name = said.decode().split()
            tell({"error": name, "step": step})
            return
        tell({"pid": pid})
        tell(_ended(os.waitpid(pid, 0)[1]))
    except OSError as error:
        tell({"error": errno.errorcode.get(error.errno or 0, "EIO"), "step": "fork"})
    finally:
        os._exit(0)


def _ended(status: int) -> Message:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return {"exit": code}
    try:
        return {"signal": signal.Signals(-code).name}
    except ValueError:
        return {"signal": f"signal {-code}"}


# --- who is there -----------------------------------------------------------------------------------------------------
def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", "rb") as f:
                found += [int(word) for word in f.read().split()]
    except OSError:
        pass
    return found


def _below() -> list[int]:
    """Every descendant: after the death of a parent its orphans are our own children."""
    found: list[int] = []
    wave = _children(os.getpid())
    while wave:
        found += wave
        known = set(found)
        wave = [p for parent in wave for p in _children(parent) if p not in known]
    return found


def _by_ps(server: int, mark: str) -> list[int]:
    """Where there is no subreaper and no /proc: the tree, the session's group and the marked, out of ps(1)."""
    flags = ["axeww"] if sys.platform.startswith("linux") else ["-A", "-E", "-ww"]
    try:
        ps = subprocess.Popen(["ps", *flags, "-o", "pid=,ppid=,pgid=,stat=,command="], stdout=subprocess.PIPE)
        rows = [line.split(None, 4) for line in ps.communicate(timeout=2)[0].decode("utf-8", "replace").splitlines()]
    except (OSError, subprocess.SubprocessError):
        return []
    seen = {
        int(r[0]): (int(r[1]), int(r[2]), r[4] if len(r) > 4 else "") for r in rows
        if len(r) > 3 and r[0].isdigit() and int(r[0]) != ps.pid and not r[3].startswith("Z")
    }  # fmt: skip
    ours = {os.getpid()}
    grew = True
    while grew:
        more = {
            pid for pid, (parent, group, command) in seen.items()
            if pid not in ours and (parent in ours or (server and group == server) or (mark and mark in command))
        }  # fmt: skip
        ours |= more
        grew = bool(more)
    return sorted(ours - {os.getpid()})


def _end_all(listed: Callable[[], list[int]], server: int, keeper: int) -> int:
    """Kills until nobody is left: stop first, so that a tree that grows cannot outrun us. Counts those left behind."""
    left: set[int] = set()
    limit = time.monotonic() + _LAST
    while time.monotonic() < limit:
        pids = [p for p in listed() if not _reap(p)]
        if not pids:
            break
        left.update(pids)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                try:
                    os.kill(pid, number)
                except OSError:
                    continue
        if server:
            try:
                os.killpg(server, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.002)
    return len(left - {server, keeper})


def _reap(pid: int) -> bool:
    """Whether it was a dead child of ours (it is not there any more)."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except OSError:
        return False


# --- the warden -------------------------------------------------------------------------------------------------------
class Warden:
    """Follows one server until it is told to end it, or until nobody listens any more."""

    def __init__(self, channel: socket.socket) -> None:
        channel.set_inheritable(False)
        self.channel = channel
        self.lines = channel.makefile("rb", buffering=0)
        self.keeper = self.server = 0
        self.told = False
        self.reaps = False
        self.mark = ""

    def say(self, what: Message) -> None:
        self.told = self.told or "exit" in what or "signal" in what or "error" in what
        try:
            self.channel.sendall(json.dumps(what).encode() + b"\n")
        except OSError:
            pass  # the parent is gone; the end of the channel is read by run()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        order: Message = json.loads(self.lines.readline() or b"{}")
        if not order:
            return
        self.reaps = bool(order.get("reaper", True)) and _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        env = order["env"]
        if not self.reaps and isinstance(env, dict):
            self.mark = f"{MARK}={os.getpid()}.{time.time_ns()}"
            env.setdefault(MARK, self.mark.partition("=")[2])
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        news_read, news_write = os.pipe()
        self.keeper = os.fork()
        if self.keeper == 0:
            os.close(self.channel.detach())
            _keep(order, news_write)
        os.close(news_write)
        for descriptor in (0, 1, 2):
            os.close(descriptor)  # the server holds the only copies now: its end closes the pipes
        self._follow(wake_read, news_read)
        listed = _below if self.reaps else lambda: _by_ps(self.server, self.mark)
        left = _end_all(listed, 0 if self.told else self.server, self.keeper)
        self.say({"ended": left})

    def _follow(self, wake: int, news: int) -> None:
        """Until {"end"} or the end of the channel."""
        watched = [self.channel.fileno(), wake, news]
        held = b""
        while True:
            ready, _, _ = select.select(watched, [], [])
            if news in ready:
                chunk = os.read(news, 4096)
                held += chunk
                *lines, held = held.split(b"\n")
                for line in lines:
                    message = json.loads(line)
                    self.server = int(message.get("pid", self.server))
                    self.say(message)
                if not chunk:
                    watched.remove(news)
            if wake in ready:
                os.read(wake, 4096)
                self._reap_all()
            if self.channel.fileno() in ready:
                return  # an order to end, or nobody listens any more: the same

    def _reap_all(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if os.WIFSTOPPED(status):
                if pid == self.keeper:
                    os.kill(pid, signal.SIGCONT)  # the server stopped its parent
            elif pid == self.server and not self.told:
                self.say(_ended(status))  # the keeper is gone, so the server's end comes to us


def main() -> None:
    Warden(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
