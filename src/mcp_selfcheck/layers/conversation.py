"""One stdio server, started and spoken to: what it says is kept, what it asks is answered, nothing is judged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import consent, spawn, wire
from ..budget import Budget
from .processes import stdin_elsewhere

NOISE_KEPT = 20
HEAD_KEPT = 4096
REPLIES = 200  # a server that asks more often than this is left without an answer
INVALID_GRACE = 0.5  # seconds that a valid answer has to follow an invalid one
STDIN_LOOKS = (0.004, *[0.006] * 10, *[0.02] * 10, *[0.1] * 20)  # seconds between looks
SPOILED_QUIET = 2.0  # seconds without a byte after an answer that cannot be read
ORPHAN_QUIET = 1.0  # seconds without a byte after the process ended, when something still holds its stdout


@dataclass(frozen=True)
class Noise:
    """A line on stdout that is no JSON-RPC message. `answers` came before it; `asking` when an answer was awaited."""

    message: wire.Message
    answers: int
    asking: bool


class Conversation:
    """A running server and what it has said so far.

    `messages` are the first JSON-RPC messages in order, `noise` the first lines that were none. Answers reach ask()
    even when the lists are full. `head` is the beginning of stdout as it came. `flooded` says which bound was passed:
    from then on stdout is drained and not read any more. `over` is set when the process ended and its stdout is read.
    `stdin_from` is where a process of the server read from that holds our stdout but not our stdin.
    """

    MESSAGES_KEPT = 2000
    KEPT_BYTES = 6 * 1024 * 1024
    LINES_CAP = 30_000
    NOISE_CAP = 5_000
    BYTES_CAP = 30 * 1024 * 1024  # below spawn.FLOOD, where reading slows down

    def __init__(self) -> None:
        self.child: spawn.Child | None = None
        self.era = ""
        self.messages: list[wire.Message] = []
        self.noise: list[Noise] = []
        self.noise_lines = 0
        self.answers = 0
        self.stdout_bytes = 0
        self.head = bytearray()
        self.flooded = ""
        self.over = False
        self.stdin_from = ""
        self.given_up = False
        self._reader = wire.LineReader()
        self._news = asyncio.Event()
        self._number = 0
        self._waiting: dict[int, wire.Message | None] = {}
        self._stray: wire.Message | None = None
        self._kept = 0
        self._told = False
        self._lines = 0
        self._asked_us: asyncio.Queue[wire.Message] = asyncio.Queue(REPLIES)
        self._writing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, path: str, argv: Sequence[str], env: Mapping[str, str], cwd: str | None) -> None:
        """Raises spawn.SpawnError when the operating system refuses, consent.WithdrawnError when nobody approved this."""
        consent.check(path, argv, cwd)
        # A Python server would leave bytecode beside its modules. Where the entry decides that itself, it does.
        quiet = {"PYTHONDONTWRITEBYTECODE": "1", **env}
        self.child = await spawn.start(path, argv, quiet, cwd, self._take)
        self._tasks = [
            asyncio.create_task(job) for job in (self._watch(self.child), self._reply(), self._follow_stdin(self.child))
        ]

    # --- what comes in ----------------------------------------------------------------------------------------------
    def _take(self, chunk: bytes) -> None:
        self.stdout_bytes += len(chunk)
        if len(self.head) < HEAD_KEPT:
            self.head += chunk[: HEAD_KEPT - len(self.head)]
        if self.stdout_bytes > self.BYTES_CAP:
            self.flooded = f"more than {self.BYTES_CAP // 2**20} MiB on stdout"
        if not self.flooded:
            for message in self._reader.feed(chunk):
                self._sort(message)
                if self.flooded:
                    break
            if self._reader.blank > self.LINES_CAP:
                self.flooded = f"more than {self.LINES_CAP} empty lines on stdout"
        self._news.set()

    def _sort(self, message: wire.Message) -> None:
        self._lines += 1
        if self._lines > self.LINES_CAP:
            self.flooded = f"more than {self.LINES_CAP} lines on stdout"
        asking = any(found is None for found in self._waiting.values())
        if message.kind in ("result", "error") and message.id in self._waiting:
            self.answers += 1
            self._waiting[message.id] = message
        elif message.answers and self._stray is None and not self._late(message):
            self._stray = message
        if message.kind == "request" and not self._asked_us.full():
            self._asked_us.put_nowait(message)
        if message.kind in ("noise", "invalid"):
            self.noise_lines += 1
            if self.noise_lines > self.NOISE_CAP and not self.answers:
                self.flooded = f"more than {self.NOISE_CAP} lines on stdout that are no messages"
            if len(self.noise) < NOISE_KEPT and self._room(message):
                self.noise.append(Noise(message, self.answers, asking))
        elif len(self.messages) < self.MESSAGES_KEPT and self._room(message):
            self.messages.append(message)

    def _late(self, message: wire.Message) -> bool:
        """Whether it answers an earlier request of ours, whose time was up, or answers it twice."""
        return type(message.id) is int and 0 < message.id <= self._number and message.id not in self._waiting

    def _room(self, message: wire.Message) -> bool:
        self._kept += len(message.raw)
        return self._kept <= self.KEPT_BYTES

    async def _watch(self, child: spawn.Child) -> None:
        """Sets `over`. What a leftover of the process says on its stdout still counts, while it says anything."""
        await child.gone.wait()
        seen = -1
        while not child.stdout_closed.is_set() and seen != self.stdout_bytes:
            seen = self.stdout_bytes
            try:
                async with asyncio.timeout(ORPHAN_QUIET):
                    await child.stdout_closed.wait()
            except TimeoutError:
                continue
        self.over = True
        self._news.set()

    async def _follow_stdin(self, child: spawn.Child) -> None:
        """Looks where the server's processes read from, a few times while they start: one may be gone very soon."""
        for pause in STDIN_LOOKS:
            await asyncio.sleep(pause)
            if self.answers or self.over or self.stdin_from:
                return
            self.stdin_from = stdin_elsewhere(child.pid)

    async def _reply(self) -> None:
        """Answers the server's own requests, so that one which waits for an answer goes on."""
        for _ in range(REPLIES):
            asked = await self._asked_us.get()
            body: dict[str, Any] = {"jsonrpc": "2.0", "id": asked.id}
            if asked.method == "ping":
                body["result"] = {}
            else:
                body["error"] = {"code": -32601, "message": "Method not found"}
            await self._write(wire.dump(body).encode() + b"\n", 2.0)

    # --- what goes out ----------------------------------------------------------------------------------------------
    async def _write(self, data: bytes, seconds: float) -> bool:
        """One writer at a time: a line that waits for room in the pipe must not be cut by another."""
        assert self.child is not None
        async with self._writing:
            return await self.child.write(data, seconds)

    def give_up(self) -> None:
        """Ends the wait for an answer that cannot come any more."""
        self.given_up = True
        self._news.set()

    async def tell(self, line: bytes, budget: Budget) -> bool:
        """Sends one line. False when the pipe is full or closed."""
        self._told = True
        return await self._write(line + b"\n", budget.at_most(5))

    async def ask(
        self, method: str, params: Mapping[str, Any] | None, budget: Budget, *, modern: bool = False,
        also: Sequence[bytes] = (),
    ) -> wire.Message | None:  # fmt: skip
        """Sends a request and waits for its answer: None when the process ended, flooded, or time is up.

        `also` are raw lines written right behind it. When no valid answer comes, the first invalid one, or one whose
        id is not ours, is returned: its `kind` is "invalid" and its `flaws` say why. An error with id null is how a
        server answers what it cannot read, and is returned as it is.
        """
        self._number += 1
        number = self._number
        self._waiting[number] = self._stray = None
        line = wire.request(number, method, params, modern=modern) + b"\n"
        try:
            await self._write(b"".join([line, *also]), budget.at_most(5))
            return await self._answer(number, budget)
        finally:
            del self._waiting[number]

    async def _answer(self, number: int, budget: Budget) -> wire.Message | None:
        while True:
            self._news.clear()
            found = self._waiting[number]
            if found is not None:
                return found
            if self._stray is not None and self._meant_for(self._stray, number) and budget.left() > INVALID_GRACE:
                budget = budget.slice(INVALID_GRACE)
            if self.flooded or self.over or self.given_up or budget.left() <= 0:
                return None if self._stray is None else _as_invalid(self._stray, number)
            spoiled = self._stray is None and self._spoiled()
            try:
                async with asyncio.timeout(budget.at_most(SPOILED_QUIET) if spoiled else budget.left()):
                    await self._news.wait()
            except TimeoutError:
                if spoiled:
                    return None

    def _spoiled(self) -> bool:
        """Whether what came looks like an answer that cannot be read: waiting on would bring no other one."""
        if self.head[:15].lower() == b"content-length:":
            return True
        came = b"\n".join([*(n.message.raw for n in self.noise), self.rest])
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            frame, result, error = (f'"{word}"'.encode(encoding) for word in ("jsonrpc", "result", "error"))
            if frame in came and (result in came or error in came):
                return True
        return False

    def _meant_for(self, stray: wire.Message, number: int) -> bool:
        """Whether it answers this request and not a notification that we sent before."""
        return not self._told or str(stray.id) == str(number)

    # --- what is known ----------------------------------------------------------------------------------------------
    @property
    def stderr(self) -> str:
        return self.child.stderr.text() if self.child else ""

    @property
    def rest(self) -> bytes:
        """Bytes on stdout after the last newline."""
        return self._reader.rest()

    @property
    def alive(self) -> bool:
        return self.child is not None and not self.child.gone.is_set()

    async def finish(self, seconds: float) -> bool:
        """Closes stdin and reads on until the end of the process, at most `seconds`. Whether it ended by itself."""
        assert self.child is not None
        self.child.close_stdin()
        try:
            async with asyncio.timeout(seconds):
                while not self.over:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        return self.child.gone.is_set()

    def terminate(self) -> None:
        """Asks the process to end (SIGTERM)."""
        if self.child is not None:
            self.child.terminate()

    async def close(self, grace: float = spawn.GRACE) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.child is not None:
            await self.child.close(grace)


def _as_invalid(stray: wire.Message, number: int) -> wire.Message:
    if stray.kind == "error" and stray.id is None:
        return stray
    if stray.kind == "invalid" and stray.flaws:
        return stray
    flaw = f"answers id {wire.safe(wire.dump(stray.id), 60)}, the request had id {number}"
    return wire.Message("invalid", stray.raw, stray.body, (*stray.flaws, flaw))
