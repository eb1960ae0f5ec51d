"""Servers of one era, clients of the other."""

from tests.faults.healthy.stdio import raw
from tests.lab import Lab, World, fault, healthy

MODERN = '''
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
'''
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
    return World(entry=raw(lab, loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "server/discover": sys.exit("ExpectedInitializeRequest")
    handle(m)
"""), client="claude-code")
