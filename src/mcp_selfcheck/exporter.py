"""A scrape may name a configured server and nothing else: the exporter never contacts what a request brings along."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import checkup
from .model import Report

AT_ONCE = 4  # probes that run side by side; further scrapes get 503 and come again
_OFFSET = 0.5  # seconds kept back from the scraper's own limit, to write the answer
_STATES = ("passed", "warning", "broken", "not_reached", "not_applicable")
_VERDICTS = ("healthy", "warning", "broken", "unexplained", "not_checked", "selfcheck_failed")


class SetupError(Exception):
    """The exporter cannot run so. str() says what to do next."""


def address(text: str) -> tuple[str, int]:
    """HOST:PORT (IPv6 in brackets) as a pair. Raises SetupError."""
    split = urlsplit(f"//{text}")
    try:
        host, port = split.hostname, split.port
    except ValueError:
        host = port = None
    if not host or port is None:
        raise SetupError(f"--listen wants HOST:PORT, e.g. 127.0.0.1:9877, not {text!r}")
    return host, port


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def metrics(reports: list[Report], seconds: float) -> bytes:
    """The reports of one target in the exposition format. Raises SetupError without prometheus-client."""
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
    except ImportError:
        raise SetupError("export needs prometheus-client: pip install 'mcp-selfcheck[export]'") from None
    registry = CollectorRegistry()
    own = ("client",)
    success = Gauge("mcp_selfcheck_probe_success", "1 when the server is healthy", own, registry=registry)
    Gauge("mcp_selfcheck_probe_duration_seconds", "Time of the whole probe", registry=registry).set(seconds)
    verdict = Gauge("mcp_selfcheck_verdict", "1 for the verdict that holds", (*own, "verdict"), registry=registry)
    step = Gauge(
        "mcp_selfcheck_step", "1 for the state that the step is in", (*own, "layer", "state"), registry=registry
    )
    took = Gauge("mcp_selfcheck_step_seconds", "Time of one step", (*own, "layer"), registry=registry)
    found = Gauge(
        "mcp_selfcheck_finding", "1 for each finding", (*own, "code", "layer", "severity", "confidence"), registry=registry
    )  # fmt: skip
    for r in reports:
        success.labels(r.client).set(r.verdict in ("healthy", "warning"))
        for v in _VERDICTS:
            verdict.labels(r.client, v).set(r.verdict == v)
        for s in r.steps:
            if s.state == "not_applicable":
                continue
            took.labels(r.client, s.layer).set(s.ms / 1000)
            for state in _STATES:
                step.labels(r.client, s.layer, state).set(s.state == state)
        for f in r.findings:
            found.labels(r.client, f.code, f.layer, f.severity, f.confidence).set(1)
    return generate_latest(registry)


class _Handler(BaseHTTPRequestHandler):
    server: Exporter
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds for a client to send its request

    def version_string(self) -> str:
        return "mcp-selfcheck"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a request's words are foreign text."""

    def _say(self, status: int, words: str | bytes, kind: str = "text/plain; charset=utf-8") -> None:
        body = words if isinstance(words, bytes) else (words + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def _refused(self) -> bool:
        """A page in a browser reaches a local port too: Host and Origin tell it from a scraper (DNS rebinding)."""
        host = urlsplit(f"//{self.headers.get('Host') or ''}").hostname or ""
        if self.server.local and not is_loopback(host):
            self._say(403, "Host is not this machine's loopback name")
        elif self.headers.get("Origin"):
            self._say(403, "requests of web pages are not answered")
        elif self.server.token and not hmac.compare_digest(
            (self.headers.get("Authorization") or "").encode(), f"Bearer {self.server.token}".encode()
        ):
            self._say(401, "a bearer token is wanted: the one of --token-file")
        else:
            return False
        return True

    def do_GET(self) -> None:
        if self._refused():
            return
        url = urlsplit(self.path)
        if url.path != "/probe":
            self._say(200 if url.path == "/" else 404, "mcp-selfcheck exporter: GET /probe?target=NAME")
            return
        wanted = parse_qs(url.query).get("target", [])
        if len(wanted) != 1:
            self._say(400, "name one configured server: /probe?target=NAME")
            return
        if not self.server.room.acquire(blocking=False):
            self._say(503, f"{AT_ONCE} probes are running already")
            return
        try:
            self._probe(wanted[0])
        finally:
            self.server.room.release()

    def _probe(self, name: str) -> None:
        try:
            targets = checkup.choose([t for t in self.server.configured() if t.name == name], [name])
        except checkup.NotFoundError:
            self._say(404, "no configured server has that name")
            return
        begun = asyncio.run(_timed(targets, self._seconds()))
        self._say(200, metrics(*begun), "text/plain; version=0.0.4; charset=utf-8")

    def _seconds(self) -> float:
        """The scraper's limit, less what the answer needs, and never more than ours."""
        try:
            limit = float(self.headers.get("X-Prometheus-Scrape-Timeout-Seconds") or self.server.seconds)
        except ValueError:
            limit = self.server.seconds
        return max(0.5, min(limit - _OFFSET, self.server.seconds)) if limit == limit else self.server.seconds


async def _timed(targets: list[Any], seconds: float) -> tuple[list[Report], float]:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    reports = await checkup.checkup(targets, timeout=seconds)
    return reports, loop.time() - begun


class Exporter(ThreadingHTTPServer):
    """`configured` gives the servers that may be named, read anew for each scrape. `seconds` bounds one probe."""

    daemon_threads = True

    def __init__(self, where: tuple[str, int], configured: Callable[[], list[Any]], seconds: float, token: str) -> None:
        import socket

        self.address_family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        self.configured, self.seconds, self.token = configured, seconds, token
        self.local = is_loopback(where[0])
        self.room = threading.BoundedSemaphore(AT_ONCE)
        if not self.local and not token:
            raise SetupError(
                f"{where[0]} is reachable from other machines: give --token-file FILE with a token of your own"
            )
        metrics([], 0.0)  # without the library, say so now and not at the first scrape
        try:
            super().__init__(where, _Handler)
        except OSError as error:
            raise SetupError(f"cannot listen on {where[0]} port {where[1]}: {error.strerror}") from None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A scraper that hangs up is no news; anything else is our own fault, told in one line."""
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            sys.stderr.write(f"mcp-selfcheck: a scrape failed: {type(error).__name__}\n")
