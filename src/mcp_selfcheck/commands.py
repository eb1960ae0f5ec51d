"""One function for each command: calls the core and prints what came back. 0 to 4 are the contract's exit codes."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from . import checkup, showing
from .budget import since_start
from .model import Report, Target
from .render import jsonform, text
from .running import run
from .surroundings import environ

START = 0.5  # of the time, at most, that our own start and the reading of configs take away from it


class UsageError(Exception):
    """Wrong usage or an unreadable file: exit 2. str() says what to do next."""


def out(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()


def style() -> text.Style:
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
    _usable(args)
    if getattr(args, "url", None):
        try:
            return [checkup.for_url(args.url)]
        except ValueError as error:
            raise UsageError(str(error)) from None
    found = checkup.everything(args.config, args.client)
    if args.client and args.names and not args.config and not {t.name for t in found} >= set(args.names):
        found = checkup.everything()  # would an entry that another client has work in this one?
    try:
        chosen = checkup.choose(found, args.names)
    except checkup.NotFoundError as error:
        raise UsageError(str(error)) from None
    if not chosen:
        raise UsageError(
            "no MCP server is configured where we looked; name a file with --config FILE, or a URL with --url URL"
        )
    return chosen


def _usable(args: argparse.Namespace) -> None:
    wrong = checkup.not_usable(args.config, args.client)
    if wrong:
        raise UsageError(showing.line(wrong))


def _check(targets: Sequence[Target], timeout: float, client: str | None = None) -> Sequence[Report]:
    try:
        return run(checkup.checkup(targets, timeout=timeout, progress=_progress(), also=[client] if client else []))
    finally:
        _done_with_progress()


def diagnose(args: argparse.Namespace) -> int:
    targets = _targets(args)
    spent = min(since_start(), args.timeout * START)  # the deadline counts from the start of the command
    reports = _check(targets, args.timeout - spent, args.client)
    if args.json:
        out(jsonform.render(reports) + "\n")
    else:
        how = style()
        out("\n\n".join(text.report(r, how) for r in reports) + "\n")
        if len(reports) > 1:
            out(f"\n{text.summary(reports)}\n")
    if args.report:
        from .render import html, markdown

        page = html if args.report.lower().endswith((".html", ".htm")) else markdown
        try:
            Path(args.report).write_text(page.document(reports), encoding="utf-8")
        except OSError as error:
            sys.stderr.write(showing.line(f"mcp-selfcheck: the report was not written: {error}") + "\n")
            return 4
        sys.stderr.write(showing.line(f"report written to {args.report}") + "\n")
    return checkup.exit_code(reports)


def list(args: argparse.Namespace) -> int:
    _usable(args)
    found = showing.targets(checkup.everything(args.config, args.client))
    if args.json:
        out(json.dumps(jsonform.targets(found), indent=2, ensure_ascii=False) + "\n")
    elif found:
        out(text.targets(found, style()) + "\n")
    else:
        out("No MCP server is configured where we looked. `mcp-selfcheck list --config FILE` reads another file.\n")
    return 0


def explain(args: argparse.Namespace) -> int:
    from . import causes
    from .explain import explain as read
    from .explain import explain_stream

    given = " ".join(args.text)
    if given in causes.by_code() and not args.json:
        out(text.page(causes.by_code()[given], style()) + "\n")
        return 0
    if given in ("", "-"):
        if given == "" and sys.stdin.isatty():
            raise UsageError("what should be explained? Give a text, a file, - for stdin, or a cause's code")
        found = explain_stream(sys.stdin.buffer)
    elif len(args.text) == 1 and len(given) < 4096 and os.path.isfile(given):
        try:
            with Path(given).open("rb") as stream:
                found = explain_stream(stream)
        except OSError as error:
            raise UsageError(f"{given} cannot be read: {error.strerror}") from None
    else:
        found = read(given)
    found = showing.one(found, checkup.everything())
    if args.json:
        out(json.dumps(jsonform.explanation(found), indent=2, ensure_ascii=False) + "\n")
    else:
        out(text.explanation(found, style()) + "\n")
    return 0


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
    out(jsonform.render(reports) + "\n" if args.json else text.summary(reports) + "\n")
    return checkup.exit_code(reports)


def watch(args: argparse.Namespace) -> int:
    """Reports each change of state; ends at Ctrl-C."""
    before: dict[str, str] = {}
    while True:
        for r in _check(_targets(args), args.timeout, args.client):
            state = f"{r.verdict} {r.findings[0].code if r.findings else ''}".strip()
            if before.get(r.name) != state:
                said = (
                    json.dumps(jsonform.server(r), ensure_ascii=False) if args.json else text.report(r, style()) + "\n"
                )
                out(f"{said}\n")
            before[r.name] = state
        time.sleep(args.every)


def causes(args: argparse.Namespace) -> int:
    from . import causes as catalogue

    chosen = [c for c in catalogue.load() if not args.exempt or c.exempt]
    if args.json:
        out(json.dumps(jsonform.catalogue(chosen), indent=2, ensure_ascii=False) + "\n")
        return 0
    for c in chosen:
        out(f"{c.code.ljust(34)} {c.exempt if args.exempt else c.title}\n")
    return 0


def demo(args: argparse.Namespace) -> int:
    from .demo import run

    return run(out, style())
