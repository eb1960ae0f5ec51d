"""The commands beside the ladder: one step alone (port, proxy, health, log), and the exporter."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from . import checkup, showing
from .commands import UsageError, out, style
from .render import jsonform, text
from .running import run


def _step(name: str, result: Any, as_json: bool) -> int:
    """Prints the answer of a single step: its own words, or its fields as JSON."""
    result = showing.one(result, checkup.everything())
    if as_json:
        out(json.dumps(jsonform.step(name, result), indent=2, ensure_ascii=False) + "\n")
    else:
        out(style().encode(text.step(result, style())) + "\n")
    return 0 if result.ok else 1


def port(args: argparse.Namespace) -> int:
    from .layers.port import check_port

    return _step("port", run(check_port(args.port, args.host)), args.json)


def proxy(args: argparse.Namespace) -> int:
    from .layers.proxy_step import check_proxy

    return _step("proxy", run(check_proxy(args.url)), args.json)


def health(args: argparse.Namespace) -> int:
    from .layers.health import probe_health

    return _step("health", run(probe_health(args.url)), args.json)


def log(args: argparse.Namespace) -> int:
    from . import logs

    found = [t for t in checkup.everything() if args.name in (t.name, showing.name(t.name))]
    if not found:
        raise UsageError(str(checkup.NotFoundError(args.name, (t.name for t in checkup.everything()))))
    return _step("log", logs.read_log(found, lines=args.lines), args.json)


def export(args: argparse.Namespace) -> int:
    """Serves scrapes until Ctrl-C. The configs are read anew for each one."""
    from . import exporter

    try:
        token = Path(args.token_file).read_text("utf-8").strip() if args.token_file else ""
        server = exporter.Exporter(
            exporter.address(args.listen), lambda: checkup.everything(args.config, args.client), args.timeout, token
        )
    except exporter.SetupError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{args.token_file}: {error.strerror}") from None
    with server:
        host, port = server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        sys.stderr.write(f"listening: http://{shown}:{port}/probe?target=NAME\n")
        server.serve_forever()
    return 0
