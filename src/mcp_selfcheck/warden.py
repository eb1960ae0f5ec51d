"""The process between us and a server: it starts one command, and nothing that command started outlives it.

Run as a script with `python -I -S`, standard library only, so that it is up in a few milliseconds. It talks JSON lines
over the socket whose descriptor is its argument: reads {"argv", "env", "cwd"}, writes {"pid"} or {"error"}, later {"exit"} or
{"signal"}; it ends everything at {"end": true}, and also when the socket closes because the parent is gone, be it by
SIGKILL. Being a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER) it inherits daemons that detached themselves,
whatever they did to their session or their environment.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36
_DIED_HERE = 127


def _become_subreaper() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    done: int = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return done == 0


def _start(order: dict[str, object], channel: socket.socket) -> tuple[int, dict[str, object]]:
    """Forks and executes; the errno of a failed chdir or exec comes back through a close-on-exec pipe."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        step = "chdir"
        try:
            os.setsid()
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            if order["cwd"] is not None:
                os.chdir(str(order["cwd"]))
            step = "exec"
            channel.close()
            argv, env = order["argv"], order["env"]
            os.execve(str(order["path"]), argv, env)  # type: ignore[arg-type]
        except OSError as error:
            os.write(write, f"{step} {errno.errorcode.get(error.errno or 0, 'EIO')}".encode())
        except (ValueError, TypeError):
            os.write(write, f"{step} EINVAL".encode())
        finally:
            os._exit(_DIED_HERE)
    os.close(write)
    said = b""
    while chunk := os.read(read, 64):
        said += chunk
    os.close(read)
    if said:
        os.waitpid(pid, 0)
        step, name = said.decode().split()
        return 0, {"error": name, "step": step}
    return pid, {"pid": pid}


def _children() -> list[int]:
    """Our direct children: after a reaping round also the orphans of everything below us."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as f:
            return [int(word) for word in f.read().split()]
    except OSError:
        return []


def _descendants() -> list[int]:
    found: list[int] = []
    wave = _children()
    while wave:
        found += wave
        following: list[int] = []
        for pid in wave:
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children", "rb") as f:
                        following += [int(word) for word in f.read().split()]
            except OSError:
                continue
        wave = [p for p in following if p not in found]
    return found


def _end_all(first: int) -> int:
    """Kills until nobody is left: stop first, so that a respawning tree cannot outrun us. Returns how many it ended."""
    ended = 0
    for _ in range(400):
        pids = _descendants() or ([first] if first and not _reaped(first) else [])
        if not pids:
            break
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                try:
                    os.kill(pid, number)
                except OSError:
                    continue
        if first:
            try:
                os.killpg(first, signal.SIGKILL)
            except OSError:
                pass
        ended += len(pids)
        for _ in range(len(pids) + 1):
            try:
                pid, _status = os.waitpid(-1, os.WNOHANG)
            except OSError:
                break
            if pid == 0:
                time.sleep(0.002)
    return ended


def _reaped(pid: int) -> bool:
    try:
        got, _status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return True
    return got == pid


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    subreaper = _become_subreaper()
    lines = channel.makefile("rwb", buffering=0)

    def say(what: dict[str, object]) -> None:
        try:
            lines.write(json.dumps(what).encode() + b"\n")
        except OSError:
            pass  # the parent is gone; the end of the channel is read below

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    order = json.loads(lines.readline() or b"{}")
    if not order:
        return
    pid, answer = _start(order, channel)
    say({**answer, "subreaper": subreaper})
    for descriptor in (0, 1, 2):
        os.close(descriptor)  # the server holds the only copies now: its end closes the pipes
    alive = bool(pid)
    while alive or pid:
        ready, _, _ = select.select([channel.fileno(), wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
            while True:
                try:
                    got, status = os.waitpid(-1, os.WNOHANG)
                except ChildProcessError:
                    break
                if got == 0:
                    break
                if got == pid:
                    alive = False
                    code = os.waitstatus_to_exitcode(status)
                    say({"exit": code} if code >= 0 else {"signal": signal.Signals(-code).name})
        if channel.fileno() in ready and not channel.recv(4096, socket.MSG_PEEK):
            break
        if channel.fileno() in ready:
            lines.readline()
            break
    left = _end_all(pid if alive else 0)
    say({"ended": left})


if __name__ == "__main__":
    main()
