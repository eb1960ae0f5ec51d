"""One stdio server, started and spoken to: every byte and every moment kept, nothing judged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from .. import spawn, wire
from ..budget import Budget

NOISE_KEPT = 20


class Conversation:
    """A running server and what it has said so far.

    `messages` are all valid JSON-RPC messages in order (capped), `noise` the first lines that were none, with the
    number of answers that had come before each. `child` is the process; `stderr` its output so far.
    """

    MESSAGES_KEPT = 2000
    BYTES_CAP = 64 * 1024 * 1024

    def __init__(self) -> None:
        self.child: spawn.Child | None = None
        self.era = ""
        self.messages: list[wire.Message] = []
        self.noise: list[tuple[int, wire.Message]] = []
        self.noise_lines = 0
        self.stdout_bytes = 0
        self.head = bytearray()
        self.flooded = ""
        self._reader = wire.LineReader()
        self._news = asyncio.Event()
        self._number = 0
        self._waiting: dict[int, wire.Message | None] = {}

    async def start(self, path: str, argv: Sequence[str], env: Mapping[str, str], cwd: str | None) -> None:
        """Raises spawn.SpawnError when the operating system refuses."""
        self.child = await spawn.start(path, argv, env, cwd, self._take)

    def _take(self, chunk: bytes) -> None:
        self.stdout_bytes += len(chunk)
        if len(self.head) < 4096:
            self.head += chunk[: 4096 - len(self.head)]
        if self.stdout_bytes > self.BYTES_CAP:
            self.flooded = "bytes"
        if self.flooded:
            return
        for message in self._reader.feed(chunk):
            if message.kind in ("noise", "invalid"):
                self.noise_lines += 1
                if len(self.noise) < NOISE_KEPT:
                    self.noise.append((len(self.messages), message))
                continue
            if len(self.messages) >= self.MESSAGES_KEPT:
                self.flooded = "messages"
                return
            self.messages.append(message)
            if message.kind in ("result", "error") and message.id in self._waiting:
                self._waiting[message.id] = message
        self._news.set()

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

    async def ask(
        self, method: str, params: Mapping[str, Any] | None, budget: Budget, *, modern: bool = False,
        also: Sequence[bytes] = (),
    ) -> wire.Message | None:  # fmt: skip
        """Sends a request and waits for the answer with its id: None when the process ended, flooded, or time is up.

        `also` are raw lines written right behind it. A null-id error counts as the answer when nothing else came
        (servers answer an unreadable request so).
        """
        self._number += 1
        number = self._number
        self._waiting[number] = None
        line = wire.request(number, method, params, modern=modern) + b"\n"
        assert self.child is not None
        await self.child.write(b"".join([line, *also]), budget.at_most(5))
        return await self._answer(number, budget)

    async def _answer(self, number: int, budget: Budget) -> wire.Message | None:
        assert self.child is not None
        seen = len(self.messages)
        while True:
            found = self._waiting[number]
            if found is None:
                found = next((m for m in self.messages[seen:] if m.kind == "error" and m.id is None), None)
            if found is not None or self.flooded or budget.left() <= 0:
                return found
            if self.child.gone.is_set() and self.child.stdout_closed.is_set():
                return None
            self._news.clear()
            await self._something(budget)

    async def _something(self, budget: Budget) -> None:
        """Waits until something is said, the process ends, or the time is up."""
        assert self.child is not None
        waits = [asyncio.create_task(self._news.wait())]
        if not self.child.gone.is_set():
            waits.append(asyncio.create_task(self.child.gone.wait()))
        elif not self.child.stdout_closed.is_set():
            # The process is gone but a child of it may hold the pipe: what is in the pipe comes at once, or never.
            budget = budget.slice(0.2)
            self.child.stdout_closed.set() if budget.left() <= 0 else None
        await asyncio.wait(waits, timeout=budget.left(), return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()
        if self.child.gone.is_set() and not self._news.is_set() and len(waits) == 1:
            self.child.stdout_closed.set()

    async def tell(self, line: bytes, budget: Budget) -> bool:
        assert self.child is not None
        return await self.child.write(line + b"\n", budget.at_most(5))

    async def close(self, grace: float = spawn.GRACE) -> None:
        if self.child is not None:
            await self.child.close(grace)
