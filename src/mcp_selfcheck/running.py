"""Runs a diagnosis for a command, and waits for nothing when it is over: no thread may hold up the end.

The system's resolver can hang for half a minute in a thread that nobody can cancel. asyncio.run() and the interpreter
would both wait for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from . import sweeping

T = TypeVar("T")


class Daemons(ThreadPoolExecutor):
    """A thread for each job, and nobody waits for it at the end."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - nothing is swallowed: it is raised where the job is awaited
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=work, name="mcp-selfcheck job", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


def run(main: Coroutine[Any, Any, T]) -> T:
    """asyncio.run() for a command of ours."""
    sweeping.adopt()
    try:
        with asyncio.Runner() as runner:
            runner.get_loop().set_default_executor(Daemons())
            return runner.run(main)
    finally:
        main.close()  # it has not begun when no loop could be made
