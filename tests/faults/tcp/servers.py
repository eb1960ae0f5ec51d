"""Real servers for the tcp cases: MCP over HTTP and over stdio, and other services."""

from __future__ import annotations

import subprocess

from tests.lab import Lab

SDK2 = "from mcp.server.mcpserver import MCPServer\nimport sys\n"
TOOL = "@app.tool()\ndef add(a: int, b: int) -> int:\n    'Adds.'\n    return a + b\n"


def http_server(lab: Lab, port: int, host: str = "127.0.0.1", script: str = "server.py") -> subprocess.Popen[bytes]:
    """An MCP server of SDK 2.x over streamable HTTP at /mcp."""
    text = (
        f"{SDK2}app = MCPServer('adder')\n{TOOL}app.run('streamable-http', host=sys.argv[1], port=int(sys.argv[2]))\n"
    )
    return lab.start(lab.mcp2, lab.write(script, text), host, str(port), port=port, host=reach(host))


def reach(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def everything(lab: Lab, port: int) -> subprocess.Popen[bytes]:
    """The reference server "everything" over streamable HTTP; it listens on all addresses."""
    script = lab.npm("@modelcontextprotocol/server-everything")
    return lab.start(lab.node, script, "streamableHttp", port=port, env={"PORT": str(port)})


def listener(lab: Lab, port: int, body: str, host: str = "127.0.0.1", backlog: int = 16) -> subprocess.Popen[bytes]:
    """A Python program with a listening socket `s`; `body` says what it does then."""
    family = "AF_INET6" if ":" in host else "AF_INET"
    text = (
        f"import socket, struct, sys, time\ns = socket.socket(socket.{family})\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        f"s.bind(({host!r}, {port}))\ns.listen({backlog})\nprint('ready', flush=True)\n{body}\n"
    )
    return lab.start(lab.python, lab.write("listener.py", text), says="ready")


def redis(lab: Lab, port: int, *more: str) -> subprocess.Popen[bytes]:
    return lab.start(
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(lab.tmp),
        *more,
        port=port,
    )
