"""What a client that runs on this machine has as its PATH, and what a desktop session would give it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .clients_row import Client

# What launchd gives to an application on macOS, with the folders that Claude Desktop adds (its own log names them).
LAUNCHD_PATH = "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin"
MARK = "mcp-selfcheck-path:"


def path_of_running(client: Client, proc: str = "/proc") -> str | None:
    """PATH of a process of that client which is ours: what its servers inherit. None when none runs (or not Linux).

    On macOS another process's environment cannot be read so; there Claude Desktop's known PATH is the answer.
    """
    if sys.platform == "darwin":
        return LAUNCHD_PATH if client.id == "claude-desktop" else None
    if not client.processes or not sys.platform.startswith("linux"):
        return None
    for entry in sorted(_numbers(proc)):
        place = Path(proc) / str(entry)
        try:
            if (place / "comm").read_text("utf-8", "replace").strip() not in client.processes:
                continue
            if place.stat().st_uid != os.getuid():
                continue
            environ = (place / "environ").read_bytes()
        except OSError:
            continue  # it ended, or is not ours to read
        for item in environ.split(b"\0"):
            if item.startswith(b"PATH="):
                return item[5:].decode("utf-8", "surrogateescape")
    return None


def _numbers(proc: str) -> list[int]:
    try:
        return [int(name) for name in os.listdir(proc) if name.isdigit()]
    except OSError:
        return []


async def desktop_path(environ: Mapping[str, str], seconds: float = 3.0) -> str | None:
    """PATH of a login shell that is not interactive: what a desktop session gives to its programs.

    The interactive start files (~/.bashrc, ~/.zshrc), in which version managers put themselves, are not read by it.
    None when there is no shell or it did not answer within `seconds`.
    """
    from . import spawn

    shell = environ.get("SHELL") or "/bin/sh"
    keep = ("HOME", "USER", "LOGNAME", "LANG", "SHELL")
    env = {k: environ[k] for k in keep if k in environ} | {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    heard = bytearray()
    try:
        child = await spawn.start(
            shell, [shell, "-lc", f'printf "%s%s\\n" {MARK} "$PATH"'], env, environ.get("HOME") or "/", heard.extend
        )
    except spawn.SpawnError:
        return None
    child.close_stdin()
    try:
        async with asyncio.timeout(seconds):
            await child.stdout_closed.wait()
    except TimeoutError:
        return None
    finally:
        await child.close(0)
    for line in bytes(heard[:65536]).decode("utf-8", "surrogateescape").splitlines():
        if MARK in line:
            return line.split(MARK, 1)[1]
    return None
