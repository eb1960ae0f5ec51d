"""No secret of env, headers, arguments or URL stands in any output, whatever a server does with it; nothing is left behind."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import PROGRAM, Lab
from tests.test_server import Host

# Prints all it was given, in the spellings in which servers do it, then goes on as it is told.
TELLTALE = """
import base64, json, os, sys, urllib.parse
told = [v for k, v in os.environ.items() if k.startswith("ACME")] + sys.argv[2:]
for t in told:
    for s in (t, json.dumps(t), urllib.parse.quote(t), base64.b64encode(t.encode()).decode(), repr(t), t[:12] + "..."):
        print("debug: using", s, file=sys.stderr)
    print(f"Error: could not log in with {t}", file=sys.stderr)
if sys.argv[1] == "die":
    sys.exit(f"fatal: rejected {told}")
if sys.argv[1] == "banner":
    print("starting with", *told, flush=True)
for line in sys.stdin:
    r = json.loads(line)
    if "id" not in r:
        continue
    if sys.argv[1] == "error":
        out = {"error": {"code": -32000, "message": "cannot use " + " ".join(told)}}
    elif r["method"] == "initialize":
        out = {"result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
               "serverInfo": {"name": told[0], "version": told[0]}, "instructions": " ".join(told)}}
    else:
        out = {"result": {"tools": [{"name": "no good " + told[0], "description": told[0], "inputSchema": {"type": "string"}}]}}
    print(json.dumps({"jsonrpc": "2.0", "id": r["id"], **out}), flush=True)
"""
# Answers every request with all that came in it.
MIRROR = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Mirror(BaseHTTPRequestHandler):
    def do_POST(self):
        told = f"<p>{self.path} {self.headers} " + self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        body = told.encode()
        self.send_response(int(sys.argv[2]), "Refused " + str(self.headers.get("Authorization")))
        self.send_header("Content-Type", "text/html")
        self.send_header("X-Echo", str(self.headers.get("X-Api")))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST
    def log_message(self, *a): pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Mirror).serve_forever()
"""


def spellings(secret: str) -> Iterator[str]:
    yield secret
    yield secret[:8]
    yield urllib.parse.quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    for pad in ("", "a", "ab"):
        yield base64.b64encode((pad + secret).encode()).decode()[4:-4]


def canary(tag: str) -> str:
    return f"{tag}-{secrets.token_hex(9)}"


def world(lab: Lab, kind: str) -> tuple[dict[str, Any], list[str]]:
    """An entry full of canaries, and the canaries."""
    c = [canary(t) for t in ("Kf3", "Zq8", "Vb5", "Wm7")]
    if kind.startswith("http"):
        port = lab.free_port()
        lab.start(lab.python, lab.write("mirror.py", MIRROR), str(port), kind[4:], port=port)
        url = f"http://me:{c[0]}@127.0.0.1:{port}/mcp?token={c[1]}"
        return lab.url(url, headers={"Authorization": f"Bearer {c[2]}", "X-Api": c[3]}), c
    if kind == "refused":
        url = f"http://me:{c[0]}@127.0.0.1:{lab.free_port()}/mcp?token={c[1]}"
        return lab.url(url, headers={"Authorization": f"Bearer {c[2]}", "X-Api": c[3]}), c
    script = lab.write("server.py", TELLTALE)
    given = {"ACME_API_KEY": c[0], "ACME_NOTE": c[1]}
    return lab.stdio(lab.python, script, kind, "--token", c[2], f"--password={c[3]}", env=given), c


def tree(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("kind", ["die", "banner", "error", "tools", "http401", "http500", "http200", "refused"])
def test_no_canary_in_any_output(kind: str, tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    try:
        entry, canaries = world(lab, kind)
        file = lab.home / ".config" / "Claude" / "claude_desktop_config.json"
        cursor = lab.home / ".cursor" / "mcp.json"
        for place in (file, cursor):
            place.parent.mkdir(parents=True)
            place.write_text(json.dumps({"mcpServers": {"sick": entry}}, indent=1))
        before = tree(lab.home)
        env = {"PATH": os.environ["PATH"], "HOME": str(lab.home), "PYTHONDONTWRITEBYTECODE": "1"}
        outputs: list[str] = []
        report = tmp_path / "report.md"
        for words in (
            ["diagnose", "sick", "--timeout", "8", "--report", str(report)],
            ["diagnose", "--config", str(cursor), "--client", "cursor", "--json", "--timeout", "8"],
            ["list"],
            ["list", "--json"],
            ["log", "sick"],
        ):
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM, *words],
                env=env,
                cwd=lab.tmp,
                capture_output=True,
                text=True,
                timeout=60,
            )
            outputs += [done.stdout, done.stderr]
        outputs.append(report.read_text())
        outputs += agent(lab.home)
        assert tree(lab.home) == before, "a file was written or changed"
    finally:
        lab.close()
    said = "\n".join(outputs)
    assert "sick" in said
    for secret in canaries:
        for spelt in spellings(secret):
            at = said.find(spelt)
            assert at < 0, f"{spelt!r} of {secret!r} in: {said[max(0, at - 300) : at + 60]!r}"


# A port that greets with all it was given: a secret of a configured server, told by the server itself.
GREETER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    talk, _ = listener.accept()
    with talk:
        talk.sendall(("ready, using " + " ".join(sys.argv[2:]) + "\\n").encode())
"""


def test_no_canary_in_what_the_other_commands_say(tmp_path: Path) -> None:
    """watch, port, proxy, health and explain: secrets in the entry, in what is typed, and in the proxy's address."""
    lab = Lab(tmp_path)
    try:
        entry, canaries = world(lab, "http401")
        proxied, typed = canary("Hd2"), canary("Pn9")
        proxy, greeter, refused = lab.free_port(), lab.free_port(), lab.free_port()
        script = lab.write("mirror.py", MIRROR)
        lab.start(lab.python, script, str(proxy), "407", port=proxy)
        lab.start(lab.python, lab.write("greeter.py", GREETER), str(greeter), *canaries, proxied, port=greeter)
        file = lab.home / ".cursor" / "mcp.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"mcpServers": {"sick": entry}}))
        before = tree(lab.home)
        said = f"Error: 401 Unauthorized: {' '.join(canaries)}\nproxy rejected {proxied}\nCannot find module '{canaries[2]}'"
        url, login = f"http://me:{typed}@127.0.0.1", f"mcp?token={typed}#access_token={typed}"
        env = {"PATH": os.environ["PATH"], "HOME": str(lab.home), "PYTHONDONTWRITEBYTECODE": "1"}
        env |= {
            "HTTP_PROXY": f"http://me:{proxied}@127.0.0.1:{proxy}",
            "http_proxy": f"http://me:{proxied}@127.0.0.1:{proxy}",
        }
        port = urllib.parse.urlsplit(entry["url"]).port
        dead, off = f"{url}:{refused}/{login}", f"http://me:{typed}@acme.invalid/{login}"
        outputs = [
            spoken(lab, env, *words)
            for words in (
                ["explain", said], ["explain", said, "--json"], ["explain", "-", "--json"], ["port", str(greeter)],
                ["port", str(greeter), "--json"], ["proxy"], ["proxy", off, "--json"],
                ["proxy", f"{url}:{port}/{login}", "--json"], ["health", f"{url}:{port}/{login}"],
                ["health", f"{url}:{port}/{login}", "--json"], ["health", dead, "--json"], ["health", off],
            )
        ]  # fmt: skip
        outputs += [watched(lab, env), watched(lab, env, "--json")]
        assert tree(lab.home) == before, "a file was written or changed"
    finally:
        lab.close()
    assert all(outputs) and "sick" in outputs[-1] and "sick" in outputs[-2]
    for secret in (*canaries, proxied, typed):
        for spelt in spellings(secret):
            for shown in outputs:
                at = shown.find(spelt)
                assert at < 0, f"{spelt!r} of {secret!r} in: {shown[max(0, at - 300) : at + 60]!r}"


def spoken(lab: Lab, env: dict[str, str], *words: str) -> str:
    """What one command says; what is typed to `explain -` is what is pasted to `explain`."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], env=env, cwd=lab.tmp, capture_output=True, text=True, timeout=60,
        input="fatal: rejected " + env["HTTP_PROXY"],
    )  # fmt: skip
    assert done.returncode != 2, done.stderr
    return done.stdout + done.stderr


def watched(lab: Lab, env: dict[str, str], *more: str) -> str:
    """What `watch` says in its first round and at its end."""
    argv = [sys.executable, "-c", PROGRAM, "watch", "--every", "1", "--timeout", "8", *more]
    watch = subprocess.Popen(argv, env=env, cwd=lab.tmp, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert watch.stdout is not None
        first = watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=30)
    finally:
        watch.kill()
    return first + out + err


def agent(home: Path) -> list[str]:
    """What the MCP face says of the same server: tool results and resources."""
    host = Host(home).opened()
    try:
        calls = [
            host.call(1, "list_servers"),
            host.call(2, "diagnose", server="sick", response_format="detailed"),
            host.call(3, "read_log", server="sick"),
        ]
        host.send(
            b'{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"selfcheck://report/sick"}}',
            b'{"jsonrpc":"2.0","id":5,"method":"resources/read","params":{"uri":"selfcheck://servers"}}',
        )
        answers = host.answers(2)
        return [json.dumps(c, ensure_ascii=False) for c in (*calls, answers[4], answers[5])]
    finally:
        host.process.kill()
        host.process.communicate()
