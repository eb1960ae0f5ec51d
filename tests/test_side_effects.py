"""A diagnosis leaves nothing behind: no tool called, no file written, no name asked for and no place contacted but the
ones that a config names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp_selfcheck import wire
from tests import audited
from tests.lab import FaultCase, Lab, has_node, has_root, lab_for
from tests.packages import JS_SERVER, PY_SERVER, UVX, npm_package, registry, wheel

# What a client may send without doing anything (2025-11-25 and 2026-07-28).
HARMLESS = {
    "initialize", "notifications/initialized", "notifications/cancelled", "ping", "server/discover", "tools/list",
    "prompts/list", "resources/list", "resources/templates/list",
}  # fmt: skip
# A stdio server in two modules (so that an import could leave bytecode), which tells every method that it gets.
STDIO = """
import json, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import helper
for line in sys.stdin:
    m = json.loads(line)
    helper.tell(m["method"])
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], **helper.answer(m)}), flush=True)
"""
HELPER = """
import os, sys
TOOL = {"name": "delete_everything", "description": "Deletes.", "inputSchema": {"type": "object"},
        "outputSchema": {"type": "object", "$ref": "http://schemas.example/x"}}
def tell(method):
    with open(os.environ["METHODS"], "a") as f: f.write(method + "\\n")
def answer(m):
    p = m.get("params") or {}
    if m["method"] == "initialize":
        caps = {"tools": {}, "prompts": {}, "resources": {}, "completions": {}, "logging": {}}
        return {"result": {"protocolVersion": p.get("protocolVersion"), "capabilities": caps,
                           "serverInfo": {"name": "recorder", "version": "1"}}}
    if m["method"] == "tools/list": return {"result": {"tools": [TOOL]}}
    if m["method"] == "prompts/list": return {"result": {"prompts": []}}
    if m["method"] == "resources/list": return {"result": {"resources": []}}
    if m["method"] == "resources/templates/list": return {"result": {"resourceTemplates": []}}
    if m["method"] == "ping": return {"result": {}}
    return {"error": {"code": -32601, "message": "Method not found"}}
"""
HTTP = """
import json, sys, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import helper
class H(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def do_POST(self):
        m = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        helper.tell(m.get("method", "?"))
        body = json.dumps({"jsonrpc": "2.0", "id": m.get("id"), **helper.answer(m)}).encode() if "id" in m else b""
        self.send_response(200 if body else 202); self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_GET(self): self.send_response(405); self.send_header("Content-Length", "0"); self.end_headers()
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
"""
WORLD = FaultCase("effects", None, lambda lab: None, "healthy", None, (), 20, has_root(), ())


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Where root allows it, a network with nothing but loopback."""
    with lab_for(WORLD, tmp_path) as made:
        yield made


def snapshot(*roots: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for root in roots:
        for folder, names, files in os.walk(root):
            for name in (*names, *files):
                info = (Path(folder) / name).lstat()
                found[str(Path(folder) / name)] = (info.st_mode, info.st_size, info.st_mtime_ns if name in files else 0)
    return found


def own(lab: Lab, entries: dict[str, Any]) -> Path:
    """The user's own config, of a client."""
    file = lab.home / ".cursor" / "mcp.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"mcpServers": entries}, indent=2))
    return file


def recorders(lab: Lab, port: int) -> Path:
    """Two servers that tell what they are sent, in the user's config. Returns the file with the methods."""
    methods = lab.tmp / "methods.txt"
    lab.write("project/helper.py", HELPER)
    script = lab.write("project/server.py", STDIO)
    lab.start(
        lab.python, "-B", lab.write("project/http_server.py", HTTP), str(port), port=port, env={"METHODS": str(methods)}
    )
    sick = lab.write("project/sick.py", "import helper\nimport no_such_module_anywhere\n")
    own(lab, {
        "pipes": lab.stdio(lab.python, script, env={"METHODS": str(methods)}),
        "sick": lab.stdio(lab.python, sick, env={"METHODS": str(methods)}),
        "web": lab.url(f"http://127.0.0.1:{port}/mcp"),
    })  # fmt: skip
    return methods


def test_no_face_calls_a_tool_or_writes_a_file(lab: Lab) -> None:
    """diagnose, list, wait, health, port, proxy, log, and every tool of the MCP face, over both transports."""
    port = 3111 if lab.netns else lab.free_port()
    methods = recorders(lab, port)
    (lab.tmp / "t").mkdir()
    roots = (lab.home, lab.tmp / "project", lab.tmp / "t")
    before = snapshot(*roots)
    url = f"http://127.0.0.1:{port}/mcp"
    runs = [
        audited.run(lab, *args, cwd=lab.tmp / "project", TMPDIR=str(lab.tmp / "t"))
        for args in (
            ("diagnose", "--json", "--client", "claude-desktop"), ("list",), ("wait", "pipes"), ("health", url),
            ("port", str(port)), ("proxy", url), ("log", "pipes"),
        )
    ]  # fmt: skip
    runs.append(audited.serve(lab, host_session(url, port), 9, cwd=lab.tmp / "project", TMPDIR=str(lab.tmp / "t")))
    asked = set(methods.read_text().split())
    assert {"initialize", "tools/list"} <= asked <= HARMLESS, asked - HARMLESS
    assert snapshot(*roots) == before
    for run in runs:
        assert not [f for f in run.written if not f.startswith("/dev")], (run.done.args[-3:], run.written)
        assert {a for a, _ in run.connects} <= {"127.0.0.1", "::1"}
        assert not {p for _, p in run.connects} - {port}, run.connects
        assert run.resolved <= {"127.0.0.1", "::1", "localhost"}, run.resolved
    answers = [json.loads(line) for line in runs[-1].done.stdout.splitlines()]
    done = {m["id"]: m["result"] for m in answers if "result" in m}
    assert set(done) >= set(range(1, 9)) and not any(r.get("isError") for r in done.values())
    assert {s["verdict"] for s in done[2]["structuredContent"]["servers"]} >= {"broken"}


def test_a_name_leads_to_no_file_outside_of_its_place(tmp_path: Path) -> None:
    from mcp_selfcheck.logs import newest

    place, secret = tmp_path / "logs", tmp_path / "secret.log"
    (place / "mcp-server-x").mkdir(parents=True)
    secret.write_text("secret")
    (place / "mcp-server-good.log").write_text("fine")
    (place / "mcp-server-link.log").symlink_to(secret)
    pattern = f"{place}/mcp-server-<NAME>.log"
    assert [f.name for f in newest(pattern, "good")] == ["mcp-server-good.log"]
    for name in ("x/../../secret", "../secret", "link", "*", "/etc/passwd", "x\0"):
        assert not [f for f in newest(pattern, name) if f.name != "mcp-server-good.log"], name


@pytest.mark.skipif(not has_node(), reason="Node.js and the lab's npm packages are not here")
def test_questions_to_registries_leave_nothing(lab: Lab) -> None:
    """npm and uv are asked with a cache of their own, which is gone afterwards."""
    import asyncio

    from mcp_selfcheck.budget import Budget
    from mcp_selfcheck.clients import UNKNOWN
    from mcp_selfcheck.facts.launch import LaunchFacts
    from mcp_selfcheck.layers import Walk
    from mcp_selfcheck.layers import launch_registries as ask
    from mcp_selfcheck.model import Source, Target

    npm_package(lab, "mcp-weather", {"index.js": JS_SERVER}, bin={"mcp-weather": "index.js"})
    wheel(lab, "acme-clock", {"acme_clock.py": PY_SERVER}, scripts={"acme-clock": "acme_clock:main"})
    lab.netns = None
    url = registry(lab)
    env = {"PATH": f"{Path(UVX).parent}:{os.environ['PATH']}", "HOME": str(lab.home), "UV_INDEX_URL": f"{url}/simple",
           "npm_config_registry": url, "UV_PYTHON": lab.python}  # fmt: skip
    target = Target(name="x", client="unknown", source=Source(file=""), transport="stdio", command="npx")
    facts = LaunchFacts(launcher="npx", package="mcp-weather", cwd=str(lab.home))
    q = ask.Question(Walk(target=target, client=UNKNOWN, budget=Budget(40)), facts, env, ("npx",), "", False)

    async def all_of_them() -> list[dict[str, str]]:
        return [
            await ask.npm_view(q, "mcp-weather"),
            await ask.npm_origins(q, "mcp-weather"),
            await ask.uv_resolve(q, "acme-clock"),
        ]

    said = asyncio.run(all_of_them())
    assert (
        said[0] == {"npm view": "1.0.0"}
        and said[2] == {"uv finds": "1.0.0"}
        and said[1]["npm registry"].startswith(url)
    )
    assert not list(lab.home.iterdir())


def host_session(url: str, port: int) -> list[bytes]:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_servers", {}), ("diagnose", {}), ("diagnose", {"url": url}), ("explain_error", {"text": "ECONNREFUSED"}),
        ("read_log", {"server": "pipes"}), ("check_port", {"port": port}), ("check_proxy", {"url": url}), ("probe_health", {"url": url}),
    ]  # fmt: skip
    lines = [wire.initialize(0), wire.notification("notifications/initialized")]
    lines += [wire.request(n, "tools/call", {"name": t, "arguments": a}) for n, (t, a) in enumerate(calls, 1)]
    return lines
