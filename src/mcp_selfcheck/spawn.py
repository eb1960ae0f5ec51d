"""A child process that cannot escape, hang or flood: bounded pipes, one deadline, and nothing of it is left afterwards."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from . import sweeping

STDERR_HEAD = 16 * 1024
STDERR_TAIL = 64 * 1024
FLOOD = 32 * 1024 * 1024  # bytes of one pipe after which it is read slowly: the flood must not eat the processor
BRAKE = 0.02  # seconds between two reads of a flooded pipe
PATIENCE = 10.0  # seconds for the warden to start
HARD_END = 6.0  # seconds for the warden's hard end (it takes 4 at most)
AT_LEAST = 0.25  # of them also when the deadline has passed
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
    """How the process ended. All empty while it runs, and when nobody could tell (`lost`)."""

    exit_code: int | None = None
    signal: str = ""
    lost: bool = False


_WARDENS: set[int] = set()  # those of our wardens that look after something


@dataclass(frozen=True)
class _Owner:
    """Who started children, and how many seconds are left to end them."""

    until_deadline: Callable[[], float]
    children: set[Child] = field(default_factory=set)


_OWNER: ContextVar[_Owner | None] = ContextVar("_OWNER", default=None)


@contextlib.asynccontextmanager
async def owning(until_deadline: Callable[[], float]) -> AsyncIterator[None]:
    """Whatever is started inside, in any task of it, is ended at its end, also when the work was cut in the middle."""
    owner = _Owner(until_deadline)
    token = _OWNER.set(owner)
    try:
        yield
    finally:
        _OWNER.reset(token)
        await asyncio.gather(*(child.close(0) for child in tuple(owner.children)))


@dataclass(eq=False)
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
    _ended_all: bool = False
    _warden_gone: asyncio.Event = field(default_factory=asyncio.Event)
    _owner: _Owner | None = None

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

    def unread(self) -> int | None:
        """Bytes that we wrote and that nobody took out of the pipe (FIONREAD, ioctl_pipe); None where that is not known."""
        if self._stdin < 0 or not sys.platform.startswith("linux"):
            return None
        import fcntl
        import termios

        try:
            return int.from_bytes(fcntl.ioctl(self._stdin, termios.FIONREAD, b"\0\0\0\0"), sys.byteorder)
        except OSError:
            return None

    def close_stdin(self) -> None:
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1

    def terminate(self) -> None:
        """Asks the process to end with SIGTERM; nothing when it is gone."""
        if self.pid and not self.gone.is_set():
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGTERM)

    async def close(self, grace: float = GRACE) -> None:
        """Ends the process and everything it started: end of stdin, `grace` seconds, then the warden's hard end.

        Not longer than its owner has time. A warden that is still at work then goes on without us and ends by itself.
        """
        if self._closed:
            return
        self._closed = True
        self.close_stdin()
        loop = asyncio.get_running_loop()
        left = HARD_END if self._owner is None else self._owner.until_deadline()
        try:
            if not self.gone.is_set() and min(grace, left) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(grace, left)):
                        await self.gone.wait()
            assert self._channel is not None and self._warden is not None
            with contextlib.suppress(OSError):
                self._channel.send(b'{"end": true}\n')
                self._warden.send_signal(signal.SIGCONT)  # a server may have stopped it
            with contextlib.suppress(TimeoutError):
                left = HARD_END if self._owner is None else self._owner.until_deadline()
                async with asyncio.timeout(min(HARD_END, max(AT_LEAST, left))):
                    await self._warden_gone.wait()
        finally:
            await self._let_go(loop)

    async def _let_go(self, loop: asyncio.AbstractEventLoop) -> None:
        """Closes what is ours. Where the warden was ended or stopped, does its work as far as it can be done from here."""
        assert self._channel is not None and self._warden is not None
        loop.remove_reader(self._channel)
        self._channel.close()
        for fd in self._fds:
            loop.remove_reader(fd)
            os.close(fd)
        self._fds.clear()
        for _ in range(50):
            if self._warden.poll() is not None or (not self._ended_all and not sweeping.stopped(self._warden.pid)):
                break
            if not self._ended_all:
                self._warden.kill()
            await asyncio.sleep(0.002)
        else:
            self._warden.kill()
            self._warden.wait()
        if self._owner is not None:
            self._owner.children.discard(self)
        _WARDENS.discard(self._warden.pid)
        if not self._ended_all and self._warden.poll() is not None:
            await asyncio.to_thread(sweeping.sweep, self.pid, frozenset(_WARDENS))


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


def _reader(fd: int, take: Callable[[bytes], None], closed: asyncio.Event, fds: list[int]) -> None:
    """Feeds `take` from the pipe until its end. A flood is read slowly, so that its writer waits and not we."""
    loop = asyncio.get_running_loop()
    seen = 0

    def resume() -> None:
        if fd in fds:  # not closed in the meantime
            loop.add_reader(fd, ready)

    def ready() -> None:
        nonlocal seen
        try:
            chunk = os.read(fd, 65536)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            loop.remove_reader(fd)
            closed.set()
            return
        seen += len(chunk)
        take(chunk)
        if seen > FLOOD:
            loop.remove_reader(fd)
            loop.call_later(BRAKE, resume)

    os.set_blocking(fd, False)
    loop.add_reader(fd, ready)


async def start(
    path: str, argv: Sequence[str], env: Mapping[str, str], cwd: str | None, on_stdout: Callable[[bytes], None],
    *, reaper: bool = True,
) -> Child:  # fmt: skip
    """Starts `path` with exactly `argv`, `env` and `cwd` (None: ours) behind a warden.

    Raises SpawnError when the operating system refuses. Values with NUL bytes are refused as EINVAL, like execve(2).
    `reaper` False does without the subreaper, as on systems that have none.
    """
    try:
        order = _order(path, argv, env, cwd, reaper)
    except OSError as error:
        raise SpawnError(errno.errorcode.get(error.errno or 0, "EIO"), "chdir") from error
    try:
        child = _open_warden()
    except OSError as error:
        raise SpawnError(errno.errorcode.get(error.errno or 0, "EIO"), "fork") from error
    channel = child._channel
    assert channel is not None
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE):
            await loop.sock_sendall(channel, order)
            line, rest = await _first_line(channel)
        answer = json.loads(line)
    except (OSError, ValueError, TimeoutError):
        answer, rest = {"error": "EIO", "step": "fork"}, b""  # the warden did not come up
    except BaseException:
        _listen(child, channel, b"")
        await child.close(0)
        raise
    _listen(child, channel, rest)
    if "error" in answer:
        await child.close(0)
        raise SpawnError(str(answer["error"]), str(answer["step"]))
    child.pid = int(answer["pid"])
    _reader(child._fds[0], on_stdout, child.stdout_closed, child._fds)
    _reader(child._fds[1], child.stderr.add, child.stderr_closed, child._fds)
    return child


def _order(path: str, argv: Sequence[str], env: Mapping[str, str], cwd: str | None, reaper: bool) -> bytes:
    order = {"path": path, "argv": list(argv), "env": dict(env), "cwd": cwd or str(Path.cwd()), "reaper": reaper}
    return json.dumps(order).encode() + b"\n"


def _open_warden() -> Child:
    """Starts the warden. Nothing stays open when that fails (OSError)."""
    with contextlib.ExitStack() as undo:
        ours, theirs = socket.socketpair()
        undo.callback(ours.close)
        ends: list[int] = []
        with contextlib.ExitStack() as given:  # closed in any case: the warden has its own copies
            given.callback(theirs.close)
            for number in range(3):
                read, write = os.pipe()
                keep, give = (write, read) if number == 0 else (read, write)
                ends.append(keep)
                undo.callback(os.close, keep)
                given.callback(os.close, give)
                ends.append(give)
            os.set_blocking(ends[0], False)
            ours.setblocking(False)
            warden = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(__file__).with_name("warden.py")), str(theirs.fileno())],
                stdin=ends[1], stdout=ends[3], stderr=ends[5], env={"LC_ALL": "C.UTF-8"}, cwd="/",
                pass_fds=(theirs.fileno(),), start_new_session=True,
            )  # fmt: skip
        undo.pop_all()
    child = Child(pid=0, stderr=Ring(), _stdin=ends[0], _fds=[ends[2], ends[4]], _owner=_OWNER.get())
    child._channel, child._warden = ours, warden
    _WARDENS.add(warden.pid)
    if child._owner is not None:
        child._owner.children.add(child)
    return child


async def _first_line(channel: socket.socket) -> tuple[bytes, bytes]:
    loop = asyncio.get_running_loop()
    data = b""
    while b"\n" not in data:
        chunk = await loop.sock_recv(channel, 4096)
        if not chunk:
            raise ConnectionResetError
        data += chunk
    line, _, rest = data.partition(b"\n")
    return line, rest


def _listen(child: Child, channel: socket.socket, rest: bytes) -> None:
    """Follows the warden's messages: the exit of the command, and what it had to end."""
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
            if "ended" in message:
                child.left_behind, child._ended_all = int(message["ended"]), True

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
            if not child.gone.is_set() and not child._ended_all:
                child.ended = Ended(lost=True)
            child.gone.set()
            child._warden_gone.set()

    take()
    loop.add_reader(channel, ready)
