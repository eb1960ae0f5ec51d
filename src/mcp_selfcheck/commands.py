"""One function for each command: calls the core and prints what came back. 0 to 4 are the contract's exit codes."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import checkup
from .model import Report, Target
from .render import jsonform, text
from .surroundings import environ


class UsageError(Exception):
    """Wrong usage or an unreadable file: exit 2. str() says what to do next."""


def _out(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()


def _style() -> text.Style:
    return text.Style.of(sys.stdout, environ())


def _progress() -> Callable[[str, str], None] | None:
    """A line on stderr for people at a terminal, nothing for pipes."""
    if not sys.stderr.isatty() or environ().get("TERM") == "dumb":
        return None

    def say(name: str, layer: str) -> None:
        sys.stderr.write(f"\r\x1b[K{name[:40]}: {layer}")
        sys.stderr.flush()

    return say


def _done_with_progress() -> None:
    if sys.stderr.isatty() and environ().get("TERM") != "dumb":
        sys.stderr.write("\r\x1b[K")


def _targets(args: argparse.Namespace) -> Sequence[Target]:
    for file in args.config:
        if not Path(file).exists():
            raise UsageError(f"there is no file {file}")
    if getattr(args, "url", None):
        try:
            return [checkup.for_url(args.url)]
        except ValueError as error:
            raise UsageError(str(error)) from None
    found = checkup.everything(args.config, args.client)
    try:
        chosen = checkup.choose(found, args.names)
    except checkup.NotFoundError as error:
        raise UsageError(str(error)) from None
    if not chosen:
        raise UsageError(
            "no MCP server is configured where we looked; name a file with --config FILE, or a URL with --url URL"
        )
    return chosen


def _check(targets: Sequence[Target], timeout: float, client: str | None = None) -> Sequence[Report]:
    try:
        return asyncio.run(
            checkup.checkup(targets, timeout=timeout, progress=_progress(), also=[client] if client else [])
        )
    finally:
        _done_with_progress()


def diagnose(args: argparse.Namespace) -> int:
    reports = _check(_targets(args), args.timeout, args.client)
    if args.json:
        _out(jsonform.render(reports) + "\n")
    else:
        style = _style()
        _out("\n\n".join(text.report(r, style) for r in reports) + "\n")
        if len(reports) > 1:
            _out(f"\n{text.summary(reports)}\n")
        for r in reports:
            if r.verdict == "not_checked":
                _out(f"{r.name} was only read. To allow its start: mcp-selfcheck approve {r.name}\n")
    if args.report:
        from .render import markdown

        Path(args.report).write_text(markdown.document(reports), encoding="utf-8")
        sys.stderr.write(f"report written to {args.report}\n")
    return checkup.exit_code(reports)


def list(args: argparse.Namespace) -> int:
    found = checkup.everything(args.config, args.client)
    if args.json:
        _out(json.dumps(jsonform.targets(found), indent=2, ensure_ascii=False) + "\n")
    elif found:
        _out(text.targets(found, _style()) + "\n")
    else:
        _out("No MCP server is configured where we looked. `mcp-selfcheck list --config FILE` reads another file.\n")
    return 2 if any(p.line and not t.transport for t in found for p in t.problems) else 0


def explain(args: argparse.Namespace) -> int:
    from . import causes
    from .explain import explain as read
    from .explain import explain_stream

    given = " ".join(args.text)
    if given in causes.by_code() and not args.json:
        _out(text.page(causes.by_code()[given], _style()) + "\n")
        return 0
    if given in ("", "-"):
        if given == "" and sys.stdin.isatty():
            raise UsageError("what should be explained? Give a text, a file, - for stdin, or a cause's code")
        found = explain_stream(sys.stdin.buffer)
    elif len(args.text) == 1 and len(given) < 4096 and Path(given).is_file():
        with Path(given).open("rb") as stream:
            found = explain_stream(stream)
    else:
        found = read(given)
    if args.json:
        _out(json.dumps(jsonform.explanation(found), indent=2, ensure_ascii=False) + "\n")
    else:
        _out(text.explanation(found, _style()) + "\n")
    return 0


def _step(name: str, result: Any, as_json: bool) -> int:
    """Prints the answer of a single step: its own words, or its fields as JSON."""
    if as_json:
        _out(json.dumps(jsonform.step(name, result), indent=2, ensure_ascii=False) + "\n")
    else:
        _out(_style().encode(text.step(result, _style())) + "\n")
    return 0 if result.ok else 1


def port(args: argparse.Namespace) -> int:
    from .layers.port import check_port

    return _step("port", asyncio.run(check_port(args.port, args.host)), args.json)


def proxy(args: argparse.Namespace) -> int:
    from .layers.proxy_step import check_proxy

    return _step("proxy", asyncio.run(check_proxy(args.url)), args.json)


def health(args: argparse.Namespace) -> int:
    from .layers.health import probe_health

    return _step("health", asyncio.run(probe_health(args.url)), args.json)


def log(args: argparse.Namespace) -> int:
    from . import logs

    found = [t for t in checkup.everything() if t.name == args.name]
    if not found:
        raise UsageError(str(checkup.NotFoundError(args.name, (t.name for t in checkup.everything()))))
    return _step("log", logs.read_log(found, lines=args.lines), args.json)


def wait(args: argparse.Namespace) -> int:
    """Retries with exponential backoff and jitter until all are healthy or the time is up."""
    end = time.monotonic() + args.timeout
    pause = 0.25
    while True:
        reports = _check(_targets(args), max(0.5, end - time.monotonic()))
        healthy = checkup.exit_code(reports) == 0
        if healthy or time.monotonic() + pause >= end:
            break
        time.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(pause * 2, 10.0)
    _out(jsonform.render(reports) + "\n" if args.json else text.summary(reports) + "\n")
    return checkup.exit_code(reports)


def watch(args: argparse.Namespace) -> int:
    """Reports each change of state; ends at Ctrl-C."""
    before: dict[str, str] = {}
    while True:
        for r in _check(_targets(args), args.timeout, args.client):
            state = f"{r.verdict} {r.findings[0].code if r.findings else ''}".strip()
            if before.get(r.name) != state:
                said = (
                    json.dumps(jsonform.server(r), ensure_ascii=False) if args.json else text.report(r, _style()) + "\n"
                )
                _out(f"{said}\n")
            before[r.name] = state
        time.sleep(args.every)


def causes(args: argparse.Namespace) -> int:
    from . import causes as catalogue

    chosen = [c for c in catalogue.load() if not args.exempt or c.exempt]
    if args.json:
        _out(json.dumps(jsonform.catalogue(chosen), indent=2, ensure_ascii=False) + "\n")
        return 0
    for c in chosen:
        _out(f"{c.code.ljust(34)} {c.exempt if args.exempt else c.title}\n")
    return 0


def approve(args: argparse.Namespace) -> int:
    from . import guard

    found = [t for t in checkup.everything() if t.name == args.name and t.source.scope == "project"]
    if not found:
        raise UsageError(f'no project-scope server is named "{args.name}" here; others need no approval')
    for t in found:
        sys.stderr.write(
            f"{t.source.file}: this will be started:\n  {' '.join(t.argv()) if t.command else t.shown_url}\n"
        )
        guard.approve(t)
    _out(f"approved: {args.name}. A change of command, arguments, environment names or directory ends the approval.\n")
    return 0


def approvals(args: argparse.Namespace) -> int:
    from . import guard

    for entry in guard.approvals():
        _out(f"{entry}\n")
    return 0


def demo(args: argparse.Namespace) -> int:
    from .demo import run

    return run(_out, _style())
