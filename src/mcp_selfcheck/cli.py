"""A thin face: words in, one call, words out."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mcp-selfcheck")
    commands = parser.add_subparsers(dest="command")
    d = commands.add_parser("diagnose")
    d.add_argument("names", nargs="*")
    d.add_argument("--config", action="append", default=[])
    d.add_argument("--timeout", type=float, default=30.0)
    d.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    from .discover import from_file
    from .examine import diagnose
    from .render.jsonform import render

    targets = [t for f in args.config for t in from_file(Path(f)) if not args.names or t.name in args.names]

    async def every() -> list:  # type: ignore[type-arg]
        return await asyncio.gather(*(diagnose(t, timeout=args.timeout) for t in targets))

    reports = asyncio.run(every())
    sys.stdout.write(render(reports) + "\n")
    return 0 if all(r.verdict in ("healthy", "warning") for r in reports) else 1
