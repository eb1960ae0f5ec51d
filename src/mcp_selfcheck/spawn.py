"""A child process that cannot escape, hang or flood: bounded pipes, one deadline, and nothing of it is left afterwards."""

from __future__ import annotations

import asyncio
import collections
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STDERR_HEAD = 16 * 1024
STDERR_TAIL = 64 * 1024
GRACE = 2.0  # seconds between the end of stdin and the hard end (MCP lifecycle, shutdown over stdio)


class Ring:
    """The first and the last bytes of an endless stream, and how many there were."""

    def __init__(self, head: int = STDERR_HEAD, tail: int = STDERR_TAIL) -> None:
        self._head = bytearray()
        self._tail: collections.deque[bytes] = collections.deque()
        self._head_limit, self._tail_limit, self._held, self.total = head, tail, 0, 0

    def add(self, chunk: bytes) -> None:
        self.total += len(chunk)
        room = self._head_limit - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if chunk:
            self._tail.append(chunk[-self._tail_limit :])
            self._held += len(self._tail[-1])
            while self._held - len(self._tail[0]) >= self._tail_limit:
                self._held -= len(self._tail.popleft())

    def text(self) -> str:
        """What was kept, decoded; a gap is marked."""
        tail = b"".join(self._tail)[-self._tail_limit :]
        cut = self.total - len(self._head) - len(tail)
        gap = f"\n[… {cut} bytes left out …]\n".encode() if cut > 0 else b""
        return (bytes(self._head) + gap + tail).decode("utf-8", "backslashreplace")


@dataclass
class Ended:
    """How the process ended. All empty while it runs."""

    exit_code: int | None = None
    signal: str = ""


@dataclass
class Child:
    """A running command. `on_stdout` gets every chunk; stderr goes to a ring. All methods are for one event loop."""

    pid: int
    stderr: Ring
    ended: Ended = field(default_factory=Ended)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    stdout_closed: asyncio.Event = field(default_factory=asyncio.Event)
    stderr_closed: asyncio.Event = field(default_factory=asyncio.Event)
    left_behind: int = 0
    _stdin: int = -1
    _fds: list[int] = field(default_factory=list)
    _channel: socket.socket | None = None
    _warden: subprocess.Popen[bytes] | None = None
    _closed: bool = False

    async def write(self, data: bytes, seconds: float) -> bool:
        """Writes all of `data`, or gives up after `seconds`. False when the pipe is full or closed."""
        loop = asyncio.get_running_loop()
        view = memoryview(data)
        end = loop.time() + seconds
        while view:
            if self._stdin < 0:
                return False
            try:
                view = view[os.write(self._stdin, view) :]
            except BlockingIOError:
                if not await _writable(self._stdin, end - loop.time()):
                    return False
            except OSError:
                return False
        return True

    def close_stdin(self) -> None:
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1

    async def close(self, grace: float = GRACE) -> None:
        """Ends the process and everything it started: end of stdin, `grace` seconds, then the warden's hard end."""
        if self._closed:
            return
        self._closed = True
        self.close_stdin()
        loop = asyncio.get_running_loop()
        if not self.gone.is_set() and grace > 0:
            try:
                async with asyncio.timeout(grace):
                    await self.gone.wait()
            except TimeoutError:
                pass
        assert self._channel is not None and self._warden is not None
        loop.remove_reader(self._channel)
        self._channel.setblocking(False)
        try:
            self._channel.send(b'{"end": true}\n')
        except OSError:
            pass
        await asyncio.to_thread(_wait, self._warden)
        self._channel.close()
        for fd in self._fds:
            loop.remove_reader(fd)
            os.close(fd)
        self._fds.clear()


def _wait(warden: subprocess.Popen[bytes]) -> None:
    try:
        warden.wait(5)
    except subprocess.TimeoutExpired:
        warden.kill()
        warden.wait()


async def _writable(fd: int, seconds: float) -> bool:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(fd, lambda: None if ready.done() else ready.set_result(None))
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await ready
        return True
    except TimeoutError:
        return False
    finally:
        loop.remove_writer(fd)


class SpawnError(Exception):
    """The operating system refused to start the command. `name` is an errno name, `step` is chdir or exec."""

    def __init__(self, name: str, step: str) -> None:
        super().__init__(f"{name} at {step}")
        self.name, self.step = name, step


def _reader(fd: int, take: Callable[[bytes], None], closed: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def ready() -> None:
        try:
            chunk = os.read(fd, 65536)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if chunk:
            take(chunk)
        else:
            loop.remove_reader(fd)
            closed.set()

    os.set_blocking(fd, False)
    loop.add_reader(fd, ready)


async def start(
    path: str, argv: Sequence[str], env: Mapping[str, str], cwd: str | None, on_stdout: Callable[[bytes], None]
) -> Child:
    """Starts `path` with exactly `argv`, `env` and `cwd` (None: ours) behind a warden.

    Raises SpawnError when the operating system refuses. Values with NUL bytes are refused as EINVAL, like execve(2).
    """
    ours, theirs = socket.socketpair()
    pipes = [os.pipe() for _ in range(3)]
    try:
        warden = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("warden.py")), str(theirs.fileno())],
            stdin=pipes[0][0], stdout=pipes[1][1], stderr=pipes[2][1], env={"LC_ALL": "C.UTF-8"}, cwd="/",
            pass_fds=(theirs.fileno(),), start_new_session=True,
        )  # fmt: skip
    finally:
        theirs.close()
        for fd in (pipes[0][0], pipes[1][1], pipes[2][1]):
            os.close(fd)
    child = Child(pid=0, stderr=Ring(), _stdin=pipes[0][1], _fds=[pipes[1][0], pipes[2][0]])
    child._channel, child._warden = ours, warden
    os.set_blocking(pipes[0][1], False)
    ours.setblocking(False)
    order = {"path": path, "argv": list(argv), "env": dict(env), "cwd": cwd}
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(ours, json.dumps(order).encode() + b"\n")
        first = await _first_line(ours)
    except BaseException:
        await child.close(0)
        raise
    answer = json.loads(first[0] or b'{"error": "EIO", "step": "exec"}')
    if "error" in answer:
        await child.close(0)
        raise SpawnError(str(answer["error"]), str(answer["step"]))
    child.pid = int(answer["pid"])
    _reader(pipes[1][0], on_stdout, child.stdout_closed)
    _reader(pipes[2][0], child.stderr.add, child.stderr_closed)
    _listen(child, ours, first[1])
    return child


async def _first_line(channel: socket.socket) -> tuple[bytes, bytes]:
    loop = asyncio.get_running_loop()
    data = b""
    while b"\n" not in data:
        chunk = await loop.sock_recv(channel, 4096)
        if not chunk:
            return b"", b""
        data += chunk
    line, _, rest = data.partition(b"\n")
    return line, rest


def _listen(child: Child, channel: socket.socket, rest: bytes) -> None:
    """Follows the warden's messages: the exit of the command."""
    held = bytearray(rest)
    loop = asyncio.get_running_loop()

    def take() -> None:
        while b"\n" in held:
            line, _, tail = bytes(held).partition(b"\n")
            held[:] = tail
            message = json.loads(line)
            if "exit" in message or "signal" in message:
                child.ended = Ended(exit_code=message.get("exit"), signal=message.get("signal", ""))
                child.gone.set()

    def ready() -> None:
        try:
            chunk = channel.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        held.extend(chunk)
        take()
        if not chunk:
            loop.remove_reader(channel)
            child.gone.set()

    take()
    loop.add_reader(channel, ready)
