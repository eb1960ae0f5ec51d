"""Two major versions of zod on the disk of a Node.js server that lists its tools without their arguments.

The TypeScript SDK until 1.22 reads schemas with its own zod 3. Handed the objects of zod 4 it fails at nothing: the
tools are listed, each with empty properties, and every call fails ("keyValidator._parse is not a function").
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from ..facts.launch import LaunchFacts
from ..facts.tcp import TcpFacts
from . import Walk

SDK = Path("node_modules/@modelcontextprotocol/sdk")
SOURCE_CAP = 400_000
UP = 8  # directories
_SCRIPT = re.compile(r"\.(?:[cm]?js|[cm]?ts)$")
_USES = re.compile(r"""(?:from|require\()\s*["']zod(?:/v[34])?["']""")
_FIELD = re.compile(r"\bz\w*\.(?:string|number|boolean|array|enum|object|any|literal|union|record|coerce|int)\b")


def emptied(tools: list[Any]) -> bool:
    """Whether every tool has the schema of a zod object, with nothing in it."""
    schemas = [t.get("inputSchema") for t in tools if isinstance(t, dict)]
    return bool(schemas) and all(
        isinstance(s, dict) and "$schema" in s and s.get("properties") == {} and "required" not in s for s in schemas
    )


def look(w: Walk, tools: list[Any]) -> dict[str, str]:
    """The versions of both, when the server's script builds arguments with another major version than the SDK reads."""
    if not emptied(tools):
        return {}
    script = _script(w)
    if script is None:
        return {}
    try:
        with script.open(encoding="utf-8", errors="replace") as f:
            source = f.read(SOURCE_CAP)
    except OSError:
        return {}
    if not _USES.search(source) or not _FIELD.search(source):
        return {}
    own = _zod(script.parent)
    sdk = next((p / SDK for p in _up(script.parent) if os.path.isdir(p / SDK)), None)
    read_by = _zod(sdk.resolve()) if sdk is not None else ""
    if not own or not read_by or own.split(".")[0] == read_by.split(".")[0]:
        return {}
    return {"zod of the server": own, "zod of the SDK": read_by}


def _up(folder: Path) -> list[Path]:
    return [folder, *folder.parents][:UP]


def _zod(folder: Path) -> str:
    """The version of zod that a file in this folder gets, as Node.js resolves it."""
    for p in _up(folder):
        file = p / "node_modules" / "zod" / "package.json"
        try:
            found = json.loads(file.read_text("utf-8"))
            return str(found.get("version", "")) if isinstance(found, dict) else ""
        except (OSError, ValueError):
            continue
    return ""


def _script(w: Walk) -> Path | None:
    """The server's script: the entry's own, or that of the process on this machine that holds the port."""
    launch, tcp = w.get(LaunchFacts), w.get(TcpFacts)
    if launch is not None:
        words, folder = w.target.argv(), launch.cwd
    else:
        x = next((x for x in tcp.listeners if x.pid), None) if tcp is not None and tcp.local else None
        if x is None or x.pid is None:
            return None
        words, folder = _process(x.pid)
    named = next((a for a in words if _SCRIPT.search(a)), None)
    if named is None:
        return None
    path = Path(named.removeprefix("file://"))
    path = path if path.is_absolute() else Path(folder or ".") / path
    return path if os.path.isfile(path) else None


def _process(pid: int) -> tuple[list[str], str]:
    import psutil

    try:
        process = psutil.Process(pid)
        return process.cmdline(), process.cwd()
    except psutil.Error:
        return [], ""
