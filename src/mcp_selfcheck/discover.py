"""Table rows become Targets: reads files, starts nothing, connects to nothing."""

from __future__ import annotations

import json
from pathlib import Path

from .model import Secret, Source, Target


def from_file(file: Path) -> list[Target]:
    """Skeleton."""
    entries = json.loads(file.read_text())["mcpServers"]
    found = []
    for name, e in entries.items():
        url = e.get("url")
        found.append(
            Target(
                name=name, client="unknown", source=Source(file=str(file), scope="given"),
                transport="http" if url else "stdio", command=e.get("command"), args=tuple(e.get("args", ())),
                env={k: Secret(v) for k, v in e.get("env", {}).items()}, cwd=e.get("cwd"),
                url=Secret(url) if url else None, shown_url=url or "",
                headers={k: Secret(v) for k, v in e.get("headers", {}).items()},
            )
        )  # fmt: skip
    return found


def discover() -> list[Target]:
    """Skeleton."""
    return []
