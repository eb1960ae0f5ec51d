"""Healthy stdio servers that tempt a false alarm."""

from tests.lab import Lab, World, healthy

# A whole server in the standard library, with room for oddities: {before}, {on_start}, {tools}.
RAW = """
import json, sys, time
def send(m):
    sys.stdout.write(json.dumps(m) + "\\n"); sys.stdout.flush()
TOOLS = [{"name": "add", "description": "Adds.", "inputSchema": {"type": "object",
          "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"]}}]
CAPABILITIES = {"tools": {}}
VERSION = "2025-06-18"
def handle(m):
    method, id = m.get("method"), m.get("id")
    if method == "initialize":
        send({"jsonrpc": "2.0", "id": id, "result": {"protocolVersion": VERSION, "capabilities": CAPABILITIES,
              "serverInfo": {"name": "raw", "version": "1.0"}}})
    elif method == "tools/list":
        send({"jsonrpc": "2.0", "id": id, "result": {"tools": TOOLS}})
    elif method == "ping":
        send({"jsonrpc": "2.0", "id": id, "result": {}})
    elif id is not None:
        send({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "Method not found"}})
"""
LOOP = """
for line in sys.stdin:
    if line.strip():
        handle(json.loads(line))
"""


def raw(lab: Lab, before: str = "", loop: str = LOOP) -> dict[str, object]:
    """The entry of a bare Python server; `before` runs between its definitions and its loop."""
    return lab.stdio(lab.python, lab.write("server.py", RAW + before + loop))


@healthy()
def bare_python(lab: Lab):
    return raw(lab)


@healthy(needs=["node"])
def everything(lab: Lab):
    return lab.stdio(lab.node, lab.npm("@modelcontextprotocol/server-everything"))


@healthy(needs=["node"])
def filesystem(lab: Lab):
    return lab.stdio(lab.node, lab.npm("@modelcontextprotocol/server-filesystem"), str(lab.tmp))


@healthy(needs=["node"])
def memory(lab: Lab):
    return lab.stdio(
        lab.node, lab.npm("@modelcontextprotocol/server-memory"), env={"MEMORY_FILE_PATH": str(lab.tmp / "m.json")}
    )


@healthy(needs=["mcp1"])
def time_server(lab: Lab):
    return lab.stdio(lab.mcp1, "-m", "mcp_server_time", "--local-timezone", "Europe/Berlin")


HELLO = """
from {module} import {cls}
mcp = {cls}("hello")
@mcp.tool()
def add(a: int, b: int = 2) -> int:
    "Adds."
    return a + b
@mcp.tool()
def nothing() -> str:
    "Takes nothing."
    return "x"
{more}
mcp.run()
"""


def hello(lab: Lab, python: str, module: str, cls: str, more: str = "") -> dict[str, object]:
    return lab.stdio(python, lab.write("hello.py", HELLO.format(module=module, cls=cls, more=more)))


@healthy(needs=["mcp1"])
def sdk1(lab: Lab):
    return hello(lab, lab.mcp1, "mcp.server.fastmcp", "FastMCP")


@healthy(needs=["mcp2"])
def sdk2(lab: Lab):
    return hello(lab, lab.mcp2, "mcp.server", "MCPServer")


@healthy(needs=["fastmcp"])
def fastmcp(lab: Lab):
    return hello(lab, lab.fastmcp, "fastmcp", "FastMCP")


TS1 = """
import { McpServer } from '%(sdk)s/server/mcp.js';
import { StdioServerTransport } from '%(sdk)s/server/stdio.js';
import { z } from '%(zod)s';
const server = new McpServer({ name: 'ts1', version: '1.0.0' });
server.registerTool('add', { description: 'Adds.', inputSchema: { a: z.number(), list: z.array(z.string()).optional() },
  outputSchema: { sum: z.number() } }, async () => ({ content: [], structuredContent: { sum: 1 } }));
server.registerTool('nothing', { description: 'Takes nothing.' }, async () => ({ content: [] }));
%(more)s
await server.connect(new StdioServerTransport());
"""


def ts1(lab: Lab, more: str = "") -> dict[str, object]:
    values = {"sdk": lab.npm("@modelcontextprotocol/sdk", "dist/esm"), "zod": lab.npm("zod", "index.js"), "more": more}
    return lab.stdio(lab.node, lab.write("server.mjs", TS1 % values))


TS2 = """
import { McpServer } from '%(sdk)s/dist/index.mjs';
import { serveStdio } from '%(sdk)s/dist/stdio.mjs';
import * as z from '%(zod)s';
serveStdio(() => {
  const server = new McpServer({ name: 'ts2', version: '1.0.0' });
  server.registerTool('add', { description: 'Adds.', inputSchema: z.object({ a: z.number() }) }, async () => ({ content: [] }));
  return server;
});
"""


@healthy(needs=["node"])
def typescript1(lab: Lab):
    return ts1(lab)


@healthy(needs=["node"])
def typescript1_logs_to_stderr(lab: Lab):
    return ts1(lab, "console.error('Server running on stdio'); console.error('ERROR: just a test of the log');")


@healthy(needs=["node"])
def typescript2(lab: Lab):
    values = {"sdk": lab.npm("@modelcontextprotocol/server", "."), "zod": lab.npm("zod", "index.js")}
    return lab.stdio(lab.node, lab.write("server.mjs", TS2 % values))


@healthy()
def floods_stderr(lab: Lab):
    return raw(
        lab, "for i in range(20000): sys.stderr.write(f'INFO line {i} of a very long log that nobody reads\\n')\n"
    )


@healthy(timeout=30)
def starts_in_six_seconds(lab: Lab):
    return raw(lab, "time.sleep(6)\n")


@healthy()
def crlf_line_ends(lab: Lab):
    return raw(
        lab,
        """
def send(m):
    sys.stdout.buffer.write(json.dumps(m).encode() + b"\\r\\n"); sys.stdout.buffer.flush()
""",
    )


@healthy()
def asks_before_it_answers(lab: Lab):
    """Notifications, a ping and a question for roots come first; the answer only when those were answered."""
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "initialize":
        send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "starting"}})
        for n, method in ((900, "ping"), ("r-1", "roots/list")):
            send({"jsonrpc": "2.0", "id": n, "method": method})
            answer = json.loads(sys.stdin.readline())
            assert answer["id"] == n and ("result" in answer or answer["error"]["code"] == -32601), answer
    handle(m)
""",
    )


@healthy()
def prints_at_exit(lab: Lab):
    return raw(lab, "import atexit\natexit.register(lambda: print('Goodbye'))\n")


@healthy(needs=["mcp2"])
def prints_without_flush(lab: Lab):
    """Python holds the line back until the process ends; no client sees it."""
    return hello(lab, lab.mcp2, "mcp.server", "MCPServer", "print('loaded')")


@healthy()
def prompts_only(lab: Lab):
    return raw(lab, 'CAPABILITIES = {"prompts": {}}\n')


@healthy()
def resources_but_no_tools(lab: Lab):
    """Declares tools, has none, and offers resources: nothing is wrong."""
    return raw(
        lab,
        """
CAPABILITIES = {"tools": {}, "resources": {}}
TOOLS = []
old = handle
def handle(m):
    if m.get("method") == "resources/list":
        send({"jsonrpc": "2.0", "id": m["id"], "result": {"resources": [{"uri": "file:///a", "name": "a"}]}})
    else:
        old(m)
""",
    )


@healthy()
def unicode_everywhere(lab: Lab):
    return raw(
        lab,
        """
TOOLS[0] |= {"title": "Addieren – 加算 ✓", "description": "Zählt «zusammen» 🎉 ‮ [/x] <b>"}
def send(m):
    sys.stdout.buffer.write(json.dumps(m, ensure_ascii=False).encode() + b"\\n"); sys.stdout.buffer.flush()
""",
    )


@healthy()
def two_megabytes_of_tools(lab: Lab):
    return raw(lab, 'TOOLS = [{**TOOLS[0], "name": f"t{i}", "description": "word, " * 2800} for i in range(120)]\n')


@healthy()
def slow_list(lab: Lab):
    return raw(
        lab,
        """
old = handle
def handle(m):
    if m.get("method") == "tools/list": time.sleep(3)
    old(m)
""",
    )


@healthy()
def pages(lab: Lab):
    return raw(
        lab,
        """
old = handle
def handle(m):
    if m.get("method") == "tools/list":
        n = int(m.get("params", {}).get("cursor", "0"))
        result = {"tools": [{**TOOLS[0], "name": f"tool{n}"}]}
        if n < 5: result["nextCursor"] = str(n + 1)
        send({"jsonrpc": "2.0", "id": m["id"], "result": result})
    else:
        old(m)
""",
    )


@healthy()
def schema_of_every_kind(lab: Lab):
    """Draft-07 marker, references inside, no properties, recursive, patterns of JavaScript, keywords nobody knows."""
    return raw(
        lab,
        r"""
def tool(name, schema, **more): return {"name": name, "inputSchema": {"type": "object", **schema}, **more}
TOOLS = [
    tool("a", {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"x": {"$ref": "#/definitions/d"}},
               "definitions": {"d": {"type": ["string", "null"]}}, "additionalProperties": False}),
    tool("b", {}),
    tool("c", {"properties": {"n": {"$ref": "#/$defs/node"}}, "$defs": {"node": {"type": "object", "properties": {
               "next": {"$ref": "#/$defs/node"}, "items": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}}),
    tool("d.e-f_g", {"properties": {"p": {"type": "string", "pattern": "^\\p{L}+(?<year>\\d{4})$", "format": "odd", "x-ui": 1},
               "q": {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "items": {"type": "string"}, "required": {"type": "boolean"}}}),
    tool("h", {"additionalProperties": False}, outputSchema={"type": "object", "properties": {"r": {"type": "number"}}},
         annotations={"readOnlyHint": True}, icons=[], _meta={"x": 1}, title="H"),
]
""",
    )


@healthy()
def behind_a_shell(lab: Lab):
    script = lab.write("server.py", RAW + LOOP)
    return lab.stdio("sh", lab.write("run.sh", f"cd {lab.tmp}\n{lab.python} {script}\n"))


@healthy()
def listens_on_a_port_too(lab: Lab):
    return raw(lab, "import socket\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n")


@healthy()
def starts_a_helper_without_input(lab: Lab):
    return raw(lab, "import subprocess\np = subprocess.Popen(['sleep', '30'], stdin=subprocess.DEVNULL)\n")


@healthy()
def ignores_end_of_input(lab: Lab):
    return raw(lab, loop=LOOP + "time.sleep(600)\n")


@healthy()
def answers_byte_by_byte(lab: Lab):
    return raw(
        lab,
        """
def send(m):
    for b in json.dumps(m).encode() + b"\\n":
        sys.stdout.buffer.write(bytes([b])); sys.stdout.buffer.flush(); time.sleep(0.002)
""",
    )


@healthy(needs=["mcp2"])
def modern_client_modern_server(lab: Lab):
    entry = hello(lab, lab.mcp2, "mcp.server", "MCPServer")
    return World(entry=entry, client="claude-code")


@healthy()
def modern_client_legacy_server(lab: Lab):
    return World(entry=raw(lab), client="claude-code")


@healthy(needs=["node"])
def dotenv_quiet(lab: Lab):
    env = lab.write(".env", "A=1\n")
    package = lab.npm("dotenv", "lib/main.js")
    return ts1(lab, f"import dotenv from '{package}'; dotenv.config({{ path: '{env}', quiet: true }});")


@healthy(needs=["node"])
def dotenv_required_first(lab: Lab):
    """`node -r dotenv/config` is quiet by itself, also in version 17."""
    env = lab.write(".env", "A=1\n")
    entry = ts1(lab)
    return {**entry, "args": ["-r", lab.npm("dotenv", "config.js"), *entry["args"]], "env": {"DOTENV_CONFIG_PATH": env}}
