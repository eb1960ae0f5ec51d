"""A thin face: words in, one call, words out. Results go to stdout, progress and questions to stderr."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from . import __version__

EPILOG = """exit codes: 0 all healthy (warnings allowed), 1 a server is not, 2 wrong usage or unreadable config file,
3 could not check (not allowed to start or contact it), 4 mcp-selfcheck itself failed, 130 interrupted"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        sys.stderr.write(f"mcp-selfcheck: {message}\n{self.format_usage()}Help: {self.prog} --help\n")
        raise SystemExit(2)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.5 <= value <= 3600:
        raise argparse.ArgumentTypeError("between 0.5 and 3600 seconds")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError("between 1 and 65535")
    return value


def parser() -> argparse.ArgumentParser:
    """All commands of the contract."""
    top = _Parser(
        prog="mcp-selfcheck", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Says why an MCP server does not work, how we know, and what to do.",
    )  # fmt: skip
    top.add_argument("--version", action="version", version=f"mcp-selfcheck {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        assert isinstance(made, argparse.ArgumentParser)
        return made

    def targets(p: argparse.ArgumentParser, names: str = "*") -> None:
        p.add_argument("names", nargs=names, metavar="NAME", help="servers by their configured name (default: all)")
        p.add_argument(
            "--config", action="append", default=[], metavar="FILE", help="read this file instead of the clients' own"
        )
        p.add_argument("--client", metavar="ID", help="only this client's servers, or read FILE as this client does")
        p.add_argument(
            "--timeout", type=_seconds, default=30.0, metavar="S", help="seconds for one server (default 30)"
        )
        p.add_argument("--json", action="store_true", help="the report as JSON")

    d = command("diagnose", "walk every layer of the servers; say what is broken, how we know, what to do")
    targets(d)
    d.add_argument("--url", metavar="URL", help="diagnose this URL instead of a configured server")
    d.add_argument(
        "--report",
        metavar="FILE",
        help="also write a redacted report: Markdown to paste into an issue, or a page (.html)",
    )
    p = command("list", "the servers that are configured here; starts nothing, connects to nothing")
    p.add_argument("--config", action="append", default=[], metavar="FILE")
    p.add_argument("--client", metavar="ID")
    p.add_argument("--json", action="store_true")
    p = command("explain", "ranked causes for an error text or a log, or the page of one cause")
    p.add_argument(
        "text", nargs="*", metavar="TEXT|FILE|-|CODE", help="the text, a file, - for stdin, or a cause's code"
    )
    p.add_argument("--json", action="store_true")
    p = command("port", "who listens on a port, on which addresses, and whether a connection gets there")
    p.add_argument("port", type=_port)
    p.add_argument("--host", default=None)
    p.add_argument("--json", action="store_true")
    p = command("proxy", "which proxy a URL takes and why, and whether it answers")
    p.add_argument("url", nargs="?")
    p.add_argument("--json", action="store_true")
    p = command("health", "DNS, TCP, TLS, HTTP and MCP of a URL, one after the other, with a time for each")
    p.add_argument("url")
    p.add_argument("--json", action="store_true")
    p = command("log", "the client's own log of a server: found, cut to its last start, explained")
    p.add_argument("name")
    p.add_argument("--lines", type=int, default=60)
    p.add_argument("--json", action="store_true")
    p = command("wait", "retry until the server is healthy: a start-up check for scripts and compose files")
    targets(p, "+")
    p = command("watch", "diagnose again and again, and report each change")
    targets(p)
    p.add_argument("--every", type=_seconds, default=30.0, metavar="S", help="seconds between two rounds (default 30)")
    p = command("export", "a Prometheus exporter: /probe?target=NAME diagnoses that configured server")
    p.add_argument("--listen", default="127.0.0.1:9877", metavar="HOST:PORT", help="default 127.0.0.1:9877")
    p.add_argument("--token-file", metavar="FILE", help="a bearer token; needed on an address that others can reach")
    p.add_argument("--config", action="append", default=[], metavar="FILE")
    p.add_argument("--client", metavar="ID")
    p.add_argument("--timeout", type=_seconds, default=30.0, metavar="S", help="seconds for one server (default 30)")
    p = command("causes", "the catalogue of causes")
    p.add_argument("--json", action="store_true")
    p.add_argument(
        "--exempt", action="store_true", help="only the causes that no test on Linux can provoke, with the reason"
    )
    p = command("approve", "allow a project's server to be started, exactly as it is configured now")
    p.add_argument("name")
    p.add_argument("--client", metavar="ID", help="only as this client reads it")
    p.add_argument("--yes", action="store_true", help="approve without a question, for scripts")
    p = command("approvals", "the approvals that were given; `approvals revoke NAME` takes one back")
    p.add_argument("action", nargs="?", choices=("list", "revoke"), default="list")
    p.add_argument("which", nargs="?", metavar="NAME|FINGERPRINT")
    p.add_argument("--json", action="store_true")
    command("demo", "start servers that are broken on purpose, and diagnose them")
    p = command("serve", "be an MCP server over stdio")
    p.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="a host that tools may contact beside configured ones",
    )
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(given)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130


def _run(given: list[str]) -> int:
    if not given and not sys.stdin.isatty():
        given = ["serve"]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whatever a name holds, it can be written
            stream.reconfigure(errors="backslashreplace")
    args = parser().parse_args(given or ["--help"])
    if args.command is None:
        parser().print_help()
        return 2
    if args.command == "serve":
        from .server import serve

        return serve(tuple(args.allow_host))
    from . import commands, showing

    showing.quiet()
    try:
        module = commands
        if args.command in ("port", "proxy", "health", "log", "export"):
            from . import commands_steps as module  # type: ignore[no-redef]
        elif args.command in ("approve", "approvals"):
            from . import commands_approve as module  # type: ignore[no-redef]
        done: int = getattr(module, args.command)(args)
    except commands.UsageError as error:
        sys.stderr.write(f"mcp-selfcheck: {showing.line(str(error), 2000)}\n")
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except Exception as error:  # noqa: BLE001 - one line and exit code 4, never a traceback (law 7)
        sys.stderr.write(showing.failure(error) + "\n")
        raise SystemExit(4) from None
    return done
