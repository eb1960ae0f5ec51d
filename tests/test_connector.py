"""Every connection is checked when it is made, whoever names the address: an agent, a config, a name server, a server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp_selfcheck import guard
from mcp_selfcheck.demo import SERVERS
from mcp_selfcheck.layers import connector
from tests import audited
from tests.faults.tcp.refused import names
from tests.lab import FaultCase, Lab, has_root, lab_for
from tests.test_guard import LOCAL, NEVER

WORLD = FaultCase("connector", None, lambda lab: None, "healthy", None, ("root",), 20, True, ())
META = "169.254.169.254"
NEAR = "10.9.9.9"

# Answers "first" to the first `count` questions for a name's A record and "then" to all later ones.
FLIPPING = """
import socket, struct, sys
rules = {n: [int(c), a, b] for n, c, a, b in (x.split("=") for x in sys.argv[1:])}
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.53", 53))
print("ready", flush=True)
while True:
    q, peer = s.recvfrom(512)
    i, labels = 12, []
    while q[i]:
        labels.append(q[i + 1 : i + 1 + q[i]].decode().lower())
        i += q[i] + 1
    kind = struct.unpack(">H", q[i + 1 : i + 3])[0]
    rule, answer = rules.get(".".join(labels)), b""
    if rule and kind == 1:
        rule[0] -= 1
        answer = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(rule[1] if rule[0] >= 0 else rule[2])
    head = q[:2] + struct.pack(">HHHHH", 0x8180 | (0 if rule else 3), 1, 1 if answer else 0, 0, 0)
    s.sendto(head + q[12 : i + 5] + answer, peer)
"""
# Writes down whoever comes, with what was sent.
TRAP = """
import socket, sys, threading
def serve(host, port):
    s = socket.create_server((host, port))
    while True:
        c, peer = s.accept()
        c.settimeout(0.3)
        try: said = c.recv(4096)
        except OSError: said = b""
        with open(sys.argv[1], "a") as f: f.write(f"{host}:{port} {said!r}\\n")
        c.close()
places = [x.rsplit(":", 1) for x in sys.argv[2:]]
for host, port in places[1:]: threading.Thread(target=serve, args=(host, int(port)), daemon=True).start()
print("ready", flush=True)
serve(places[0][0], int(places[0][1]))
"""
# A server that leads astray: what it does is told by the path.
ASTRAY = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote
class H(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for k, v in headers.items(): self.send_header(k.replace("_", "-"), v)
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        _, kind, goal = self.path.split("/", 2)
        goal = unquote(goal)
        if kind == "auth": self.say(401, WWW_Authenticate=f'Bearer resource_metadata="{goal}"')
        elif kind == "issuer": self.say(401, WWW_Authenticate=f'Bearer resource_metadata="http://{self.headers["Host"]}/prm/{goal}"')
        elif kind == "move": self.say(307, Location=goal)
        elif kind == "see": self.say(302, Location=goal)
        else: self.say(405)
    def do_GET(self):
        _, kind, goal = (self.path + "//").split("/", 2)
        goal = unquote(goal).rstrip("/")
        if kind == "sse":
            self.send_response(200); self.send_header("Content-Type", "text/event-stream"); self.end_headers()
            self.wfile.write(f"event: endpoint\\ndata: {goal}\\n\\n".encode()); self.wfile.flush(); self.connection.recv(1)
        elif kind == "prm":
            self.say(200, json.dumps({"resource": "x", "authorization_servers": [goal]}).encode(), Content_Type="application/json")
        else: self.do_POST()
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A network of its own in which forbidden and private addresses exist, and listen."""
    if not has_root():
        pytest.skip("needs root on Linux with iproute2")
    with lab_for(WORLD, tmp_path) as made:
        for address in (META, NEAR):
            made.run("ip", "addr", "add", f"{address}/32", "dev", "lo")
        yield made


def trap(lab: Lab, *places: str) -> Path:
    seen = lab.tmp / "trap.txt"
    seen.touch()
    lab.start(lab.python, lab.write("trap.py", TRAP), str(seen), *places, says="ready")
    return seen


def config(lab: Lab, entries: dict[str, Any]) -> str:
    return lab.write("mcp.json", json.dumps({"mcpServers": entries}))


def test_a_name_that_answers_differently_the_second_time(lab: Lab) -> None:
    port = 3000
    names(lab, resolv="nameserver 127.0.0.53\n")
    flip = [f"good{n}.test={n}=127.0.0.1={META}" for n in (1, 2, 3)]
    lab.start(
        lab.python,
        lab.write("dns.py", FLIPPING),
        *flip,
        f"bad.test=1={META}=127.0.0.1",
        f"step0.test=0=127.0.0.1={META}",
        f"step1.test=0=127.0.0.1={META}",
        says="ready",
    )
    seen = trap(lab, f"{META}:{port}")
    lab.write("hello.py", (SERVERS / "hello.py").read_text())
    server = (SERVERS / "calendar_server.py").read_text().replace('"127.0.0.1", 0', f'"127.0.0.1", {port}')
    lab.start(lab.python, lab.write("endpoint.py", server), port=port)
    urls = {n: lab.url(f"http://{n}.test:{port}/mcp") for n in ("good1", "good2", "good3", "bad")}
    run = audited.run(lab, "diagnose", "--json", "--config", config(lab, urls))
    verdicts = {s["name"]: s["verdict"] for s in run.report}
    assert verdicts == {"good1": "healthy", "good2": "healthy", "good3": "healthy", "bad": "not_checked"}, (
        run.done.stdout
    )
    assert {a for a, _ in run.connects} == {"127.0.0.1"} and seen.read_text() == ""
    # The steps alone resolve for themselves, and go through the same connector.
    for n, args in enumerate((("health", "http://step0.test:3000/"), ("port", "3000", "--host", "step1.test"))):
        alone = audited.run(lab, *args)
        assert {a for a, _ in alone.connects} <= {"127.0.0.1", "::1"}, (n, alone.connects)
    assert seen.read_text() == ""


def test_no_server_leads_to_a_forbidden_or_private_place(lab: Lab) -> None:
    """Login metadata, issuers, redirects, endpoint events, and texts on stderr: nobody but the config names a place."""
    port = 3000
    lab.start(lab.python, lab.write("astray.py", ASTRAY), str(port), port=port)
    seen = trap(lab, f"{META}:80", f"{META}:{port}", f"{NEAR}:80", f"{META}:2375", "127.0.0.1:6379")
    base = f"http://127.0.0.1:{port}"
    secret = {"Authorization": "Bearer canary-of-the-token"}
    goals = [f"http://{META}/x", f"http://[::ffff:{META}]/x", "http://2852039166/x", "http://metadata.google.internal/x",
             "http://0xa9.254.169.254/x", "http://[64:ff9b::a9fe:a9fe]/x"]  # fmt: skip
    moves = [*goals, f"http://{NEAR}/x", "http://127.0.0.1:6379/x", "file:///etc/passwd", "javascript:alert(1)"]
    entries: dict[str, Any] = {}
    for n, goal in enumerate(goals):
        entries[f"auth{n}"] = lab.url(f"{base}/auth/{goal}", headers=secret)
        entries[f"issuer{n}"] = lab.url(f"{base}/issuer/{goal}", headers=secret)
    for n, goal in enumerate(moves):
        entries[f"move{n}"] = lab.url(f"{base}/{'see' if n % 2 else 'move'}/{goal}", headers=secret)
        entries[f"sse{n}"] = {"type": "sse", "url": f"{base}/sse/{goal}", "headers": secret}
    said = {
        "engine": f"Cannot connect to the Docker daemon at tcp://{META}:2375. Is the docker daemon running?",
        "refused": f"Error: connect ECONNREFUSED {META}:80", "named": "dial tcp evil.example:80: connect: connection refused",
        "proxied": f"node:internal Error: connect ECONNREFUSED {META}:80",
    }  # fmt: skip
    for name, text in said.items():
        entries[name] = lab.stdio(lab.python, "-c", f"import sys; sys.exit({text!r})")
    entries["proxied"]["env"] = {"HTTPS_PROXY": "http://127.0.0.1:6380", "HTTP_PROXY": "http://127.0.0.1:6380"}
    run = audited.run(lab, "diagnose", "--json", "--timeout", "10", "--config", config(lab, entries))
    assert {s["verdict"] for s in run.report} <= {"broken", "unexplained"} and len(run.report) == len(entries)
    assert seen.read_text() == ""
    assert {a for a, _ in run.connects} <= {"127.0.0.1", "::1"} and 6379 not in {p for _, p in run.connects}
    assert not {n for n in run.resolved if "evil" in n or "metadata" in n}
    assert "canary-of-the-token" not in run.done.stdout


def test_the_connector_refuses_every_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio
    import socket

    def opened(*_: Any, **__: Any) -> Any:
        raise AssertionError("a socket was made")

    async def all_ways(host: str) -> None:
        bare = host.strip("[]")
        for rules in (guard.GIVEN, guard.AGENT, guard.FOREIGN):
            with guard.acting(rules):
                with pytest.raises(connector.NotAllowedError):
                    await connector.open_stream(bare, 80, 1)
                with pytest.raises(connector.NotAllowedError):
                    await connector.http_backend().connect_tcp(bare, 80)
                if guard.literal(bare) is not None:
                    assert await connector.connect(bare, 80, 1) == (None, connector.NOT_ALLOWED)
                    with pytest.raises(connector.NotAllowedError):
                        connector.datagram(bare, 80)

    async def local(host: str) -> None:
        with guard.acting(guard.FOREIGN), pytest.raises(connector.NotAllowedError):
            await connector.open_stream(host.strip("[]"), 80, 1)

    monkeypatch.setattr(socket.socket, "connect", opened)
    for host in NEVER:
        asyncio.run(all_ways(host))
    for host in LOCAL:
        asyncio.run(local(host))


def test_a_resolver_that_names_a_forbidden_address_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio
    import socket

    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 0)) for a in ("8.8.8.8", META)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    with pytest.raises(connector.NotAllowedError, match=re.escape(META)):
        asyncio.run(connector.lookup("two.example"))
