"""Servers that the cases of http, auth and session share: SDK servers, odd ones out of the standard library, nginx in front."""

from __future__ import annotations

from typing import Any

from tests.lab import NODE_MODULES, Lab

ODD = """
import json, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass

    def take(self):
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def say(self, status, body=b"", kind="application/json", **more):
        body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for k, v in more.items():
            self.send_header(k.replace("_", "-"), v)
        self.end_headers()
        self.wfile.write(body)

    def reply(self, m):
        results = {
            "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "odd", "version": "1"}},
            "tools/list": {"tools": [{"name": "add", "description": "Adds", "inputSchema": {"type": "object", "properties": {}}}]},
            "ping": {},
        }
        if m["method"] in results:
            return {"jsonrpc": "2.0", "id": m["id"], "result": results[m["method"]]}
        return {"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "Method not found"}}

    def mcp(self, kind="application/json", **more):
        m = json.loads(self.take())
        if "id" not in m:
            return self.say(202, kind=None)
        self.say(200, self.reply(m), kind, **more)

    def do_GET(self): self.say(405, Allow="POST")
    def do_DELETE(self): self.say(405, Allow="POST")
    def do_POST(self): self.mcp()

%s

ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def odd(lab: Lab, methods: str = "", path: str = "/mcp", port: int | None = None, **entry: Any) -> dict[str, Any]:
    """An MCP server written by hand, with these methods in place of its own; returns its entry."""
    port = port or lab.free_port()
    body = "\n".join(f"    {line}" if line.strip() else "" for line in methods.strip("\n").splitlines())
    lab.start(lab.python, lab.write(f"server{port}.py", ODD % body), str(port), port=port)
    return lab.url(f"http://127.0.0.1:{port}{path}", **entry)


GUARD = (
    'transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=True, allowed_hosts=["localhost:*"])'
)


def mcp1(lab: Lab, transport: str = "streamable-http", more: str = "", host: str = "127.0.0.1") -> int:
    """FastMCP of the SDK 1.x; `more` are keyword arguments of FastMCP. Returns the port."""
    port = lab.free_port()
    code = f"""
from mcp.server.fastmcp import FastMCP
from mcp.server.transport_security import TransportSecuritySettings
m = FastMCP("one", host="{host}", port={port}, {more})
@m.tool()
def add(a: int, b: int) -> int:
    return a + b
m.run(transport="{transport}")
"""
    lab.start(lab.mcp1, lab.write(f"one{port}.py", code), port=port, host=host)
    return port


def mcp2(lab: Lab, transport: str = "streamable-http", more: str = "") -> int:
    """MCPServer of the SDK 2.x on 127.0.0.1; `more` are keyword arguments of run()."""
    port = lab.free_port()
    code = f"""
from mcp.server import MCPServer
m = MCPServer("two", version="1")
@m.tool()
def add(a: int, b: int) -> int:
    return a + b
m.run("{transport}", host="127.0.0.1", port={port}, {more})
"""
    lab.start(lab.mcp2, lab.write(f"two{port}.py", code), port=port)
    return port


def fastmcp(lab: Lab, more: str = 'transport="http"') -> int:
    port = lab.free_port()
    code = f"""
from fastmcp import FastMCP
m = FastMCP("three")
@m.tool
def add(a: int, b: int) -> int:
    return a + b
m.run(host="127.0.0.1", port={port}, show_banner=False, {more})
"""
    lab.start(lab.fastmcp, lab.write(f"three{port}.py", code), port=port)
    return port


def node(lab: Lab, code: str, host: str = "127.0.0.1") -> int:
    """An ES module of the lab's npm packages; PORT is in its environment."""
    port = lab.free_port()
    link = lab.tmp / "node_modules"
    if not link.exists():
        link.symlink_to(NODE_MODULES)
    lab.start(lab.node, lab.write(f"server{port}.mjs", code), port=port, host=host, env={"PORT": str(port)})
    return port


def everything(lab: Lab, transport: str) -> int:
    port = lab.free_port()
    script = lab.npm("@modelcontextprotocol/server-everything")
    lab.start(lab.node, script, transport, port=port, env={"PORT": str(port)})
    return port


TS1_HEAD = """
import express from 'express';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
const make = () => {
  const s = new McpServer({ name: 'ts', version: '1' });
  s.registerTool('add', { description: 'Adds', inputSchema: { a: z.number() } }, async ({ a }) => ({ content: [{ type: 'text', text: String(a) }] }));
  return s;
};
const port = Number(process.env.PORT);
"""
# The stateful server of the SDK's own examples: one transport for each session.
TS1_STATEFUL = """
const open = {};
const handle = async (req, res) => {
  const id = req.headers['mcp-session-id'];
  let t = id && open[id];
  if (!t) {
    if (id) return res.status(404).json({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null });
    if (req.body?.method !== 'initialize')
      return res.status(400).json({ jsonrpc: '2.0', error: { code: -32000, message: 'Bad Request: No valid session ID provided' }, id: null });
    t = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), onsessioninitialized: i => { open[i] = t; } });
    await make().connect(t);
  }
  await t.handleRequest(req, res, req.body);
};
"""


def ts1(
    lab: Lab, code: str = "const app = createMcpExpressApp(); app.all('/mcp', handle); app.listen(port, '127.0.0.1');"
) -> int:
    return node(lab, TS1_HEAD + TS1_STATEFUL + code)


def front(lab: Lab, location: str, *, extra: str = "", upstream: str = "", path: str = "/mcp") -> dict[str, Any]:
    """nginx with one server block; returns the entry of its URL."""
    port = lab.free_port()
    lab.nginx(f"{upstream} server {{ listen 127.0.0.1:{port}; {extra} {location} }}", port)
    return lab.url(f"http://127.0.0.1:{port}{path}")
