"""A program that is run to its end for an answer: package managers and interpreters asked beside the server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import spawn

OUTPUT_KEPT = 256 * 1024


@dataclass(frozen=True)
class Said:
    """`code` is None when the program did not end in time, could not be started, or was ended by a signal."""

    code: int | None = None
    out: str = ""
    err: str = ""


async def run_program(
    argv: Sequence[str], env: Mapping[str, str], cwd: str | None, seconds: float, given: bytes = b""
) -> Said:
    """Runs argv[0] (a path) with `given` on its stdin, at most `seconds`. Nothing of it is left afterwards."""
    if seconds <= 0:
        return Said()
    out = bytearray()

    def take(chunk: bytes) -> None:
        if len(out) < OUTPUT_KEPT:
            out.extend(chunk)

    try:
        child = await spawn.start(argv[0], argv, env, cwd, take)
    except spawn.SpawnError:
        return Said()
    try:
        async with asyncio.timeout(seconds):
            if given:
                await child.write(given, seconds)
            child.close_stdin()
            await child.gone.wait()
            await child.stdout_closed.wait()
            await child.stderr_closed.wait()
    except TimeoutError:
        pass
    finally:
        await child.close(0)
    return Said(child.ended.exit_code, out.decode("utf-8", "replace"), child.stderr.text())
