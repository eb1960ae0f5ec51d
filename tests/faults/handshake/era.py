"""Servers of one era, clients of the other."""

import json
from pathlib import Path

from tests.faults.healthy.stdio import raw
from tests.lab import Lab, World, fault, healthy

MODERN = """
import json, sys
META = {"io.modelcontextprotocol/serverInfo": {"name": "new", "version": "1"}}
def send(m): print(json.dumps({"jsonrpc": "2.0", **m}), flush=True)
for line in sys.stdin:
    m = json.loads(line)
    meta = m.get("params", {}).get("_meta", {})
    common = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private", "_meta": META}
    if "id" not in m: continue
    if "io.modelcontextprotocol/protocolVersion" not in meta:
        send({"id": m["id"], "error": ERROR})
    elif m["method"] == "server/discover":
        send({"id": m["id"], "result": {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, **common}})
    elif m["method"] == "tools/list":
        send({"id": m["id"], "result": {"tools": [{"name": "a", "inputSchema": {"type": "object"}}], **common}})
    else: send({"id": m["id"], "error": {"code": -32601, "message": "Method not found"}})
"""
REFUSES = '{"code": -32022, "message": "Unsupported protocol version", "data": {"supported": ["2026-07-28"]}}'
UNKNOWN = '{"code": -32601, "message": "Method not found: initialize"}'


def modern(lab: Lab, error: str = REFUSES) -> dict[str, object]:
    return lab.stdio(lab.python, lab.write("server.py", MODERN.replace("ERROR", error)))


@fault("handshake-modern-only", verdict="warning")
def unknown_client(lab: Lab):
    lab.must_show("2026-07-28", "-32022")
    return modern(lab)


@fault("handshake-modern-only", verdict="warning")
def method_not_found(lab: Lab):
    lab.must_show("-32601")
    return modern(lab, UNKNOWN)


@fault("handshake-modern-only")
def claude_desktop(lab: Lab):
    lab.must_show("2026-07-28")
    return World(entry=modern(lab), client="claude-desktop")


@fault("handshake-modern-only")
def cursor(lab: Lab):
    return World(entry=modern(lab, UNKNOWN), client="cursor")


@healthy()
def modern_only_with_a_modern_client(lab: Lab):
    return World(entry=modern(lab), client="claude-code")


@healthy()
def respawning_client_and_a_server_that_dies_on_discover(lab: Lab):
    return World(
        entry=raw(
            lab,
            loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "server/discover": sys.exit("ExpectedInitializeRequest")
    handle(m)
""",
        ),
        client="claude-code",
    )


def dies_on_discover(lab: Lab) -> dict[str, object]:
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] != "initialize" and not globals().get("open"): sys.exit("ExpectedInitializeRequest")
    open = True
    handle(m)
""",
    )


BREAKS = "handshake-discover-breaks-server"


def in_copilot(lab: Lab, entry: dict[str, object]) -> World:
    """That client opens with server/discover, and does not start the server anew."""
    file = lab.write("home/.copilot/mcp-config.json", json.dumps({"mcpServers": {"sick": entry}}))
    return World(entry=entry, config=Path(file), client="copilot-cli")


@fault(BREAKS)
def server_dies(lab: Lab):
    lab.must_show("the server ended")
    return in_copilot(lab, dies_on_discover(lab))


@fault(BREAKS, verdict="warning")
def server_stays_silent(lab: Lab):
    lab.must_show("no answer came")
    return in_copilot(
        lab,
        raw(
            lab,
            loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] != "server/discover": handle(m)
""",
        ),
    )


@healthy()
def server_dies_and_the_client_is_not_known(lab: Lab):
    """A client starts such a server anew and goes on with initialize (2026-07-28 stdio, backward compatibility)."""
    return dies_on_discover(lab)


@healthy()
def leaves_out_what_it_does_not_know(lab: Lab):
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] in ("initialize", "tools/list", "ping"): handle(m)
""",
    )


@healthy()
def copilot_and_a_legacy_server(lab: Lab):
    return in_copilot(lab, raw(lab))


@fault("handshake-header-mismatch", needs=["nginx", "mcp2"])
def proxy_drops_the_method_header(lab: Lab):
    lab.must_show("-32020")
    return World(entry=without_method_header(lab), client="claude-code")


@fault("handshake-header-mismatch", verdict="warning", needs=["nginx", "mcp2"])
def proxy_drops_it_and_the_client_is_not_known(lab: Lab):
    lab.must_show("-32020")
    return without_method_header(lab)


def without_method_header(lab: Lab) -> dict[str, object]:
    inner, outer = lab.free_port(), lab.free_port()
    script = lab.write(
        "s.py",
        "from mcp.server import MCPServer\nm = MCPServer('x')\n@m.tool()\ndef add(a: int) -> int:\n    return a\n"
        f"m.run('streamable-http', host='127.0.0.1', port={inner})\n",
    )
    lab.start(lab.mcp2, script, port=inner)
    lab.nginx(
        f"server {{ listen 127.0.0.1:{outer}; location / {{ proxy_pass http://127.0.0.1:{inner}; proxy_set_header Host $proxy_host;"
        ' proxy_set_header Mcp-Method ""; } }',
        port=outer,
    )  # fmt: skip
    return lab.url(f"http://127.0.0.1:{outer}/mcp")
