"""What the proxy and TLS cases share: real MCP servers over HTTP, and forward proxies that behave as they are told."""

from __future__ import annotations

from tests.lab import Lab

SERVER = """
import sys
from mcp.server.fastmcp import FastMCP
app = FastMCP("weather", host=sys.argv[1], port=int(sys.argv[2]), log_level="WARNING")
@app.tool()
def forecast(city: str) -> str:
    "The weather of tomorrow"
    return f"rain in {city}"
app.run(sys.argv[3])
"""

TLS_SERVER = """
import sys, uvicorn
from mcp.server.fastmcp import FastMCP
app = FastMCP("weather", host=sys.argv[1], log_level="WARNING")
@app.tool()
def forecast(city: str) -> str:
    "The weather of tomorrow"
    return f"rain in {city}"
uvicorn.run(app.streamable_http_app(), host=sys.argv[1], port=int(sys.argv[2]), log_level="warning",
            ssl_certfile=sys.argv[3], ssl_keyfile=sys.argv[4])
"""

# A forward proxy as companies have them: CONNECT and absolute-form requests, and one rule about what to refuse.
FORWARD = r"""
import asyncio, re, sys
from urllib.parse import urlsplit
port, rule = int(sys.argv[1]), sys.argv[2]
PAGE = "<html><head><title>Sign in to the network</title></head><body><form action='/login'>Company network. Please sign in.</form></body></html>"
def answer(status, reason, body, *more):
    lines = [f"HTTP/1.1 {status} {reason}", "Content-Type: text/html", f"Content-Length: {len(body)}", "Connection: close", *more]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
REFUSALS = {
    "auth": answer(407, "Proxy Authentication Required", "<h1>407</h1>", 'Proxy-Authenticate: Basic realm="corp"'),
    "ntlm": answer(407, "Proxy Authentication Required", "", "Proxy-Authenticate: Negotiate", "Proxy-Authenticate: NTLM"),
    "502": answer(502, "Bad Gateway", "<h1>502 Bad Gateway</h1>", "Via: 1.1 gateway.corp.example"),
    "503": answer(503, "Service Unavailable", "", "Server: gateway"),
    "403": answer(403, "Forbidden", "<html><body>Access to this address is denied by policy</body></html>"),
    "login": answer(200, "OK", PAGE),
    "redirect": answer(302, "Found", "", "Location: http://login.corp.example/?back=1", "Via: 1.1 gateway.corp.example"),
}
async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data); await writer.drain()
    except OSError: pass
    finally: writer.close()
async def serve(reader, writer):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except Exception:
        writer.close(); return
    head = re.sub(rb"(?i)connection: keep-alive", b"Connection: close", head)
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ", 2)
    if method == "CONNECT":
        host, _, far = target.rpartition(":")
    else:
        parts = urlsplit(target); host, far = parts.hostname or "", parts.port or 80
    own = host.strip("[]") in ("localhost", "127.0.0.1", "::1")
    if rule == "silent": await asyncio.sleep(60)
    if rule in REFUSALS or (rule == "not-local" and own):
        writer.write(REFUSALS.get(rule) or REFUSALS["502"]); await writer.drain(); writer.close(); return
    try:
        up_reader, up_writer = await asyncio.open_connection(host.strip("[]"), int(far))
    except OSError:
        writer.write(REFUSALS["502"]); await writer.drain(); writer.close(); return
    if method == "CONNECT":
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        up_writer.write(head.replace(target.encode(), (parts.path or "/").encode() + (b"?" + parts.query.encode() if parts.query else b""), 1))
    await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", port) as s: await s.serve_forever()
asyncio.run(main())
"""

# SOCKS 5 as `ssh -D` speaks it, with or without user and password.
SOCKS = r"""
import asyncio, struct, sys
port, users = int(sys.argv[1]), sys.argv[2]
async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data); await writer.drain()
    except OSError: pass
    finally: writer.close()
async def serve(r, w):
    try:
        _, count = await r.readexactly(2)
        methods = await r.readexactly(count)
        method = (2 if 2 in methods else 255) if users else 0
        w.write(bytes([5, method]))
        if method == 255: return w.close()
        if users:
            _, n = await r.readexactly(2); name = await r.readexactly(n)
            word = await r.readexactly((await r.readexactly(1))[0])
            good = f"{name.decode()}:{word.decode()}" == users
            w.write(bytes([1, 0 if good else 1]))
            if not good: return w.close()
        _, _, _, kind = await r.readexactly(4)
        if kind == 1: host = ".".join(map(str, await r.readexactly(4)))
        elif kind == 3: host = (await r.readexactly((await r.readexactly(1))[0])).decode()
        else: return w.close()
        far, = struct.unpack(">H", await r.readexactly(2))
        try: ur, uw = await asyncio.open_connection(host, far)
        except OSError:
            w.write(b"\x05\x05\0\x01\0\0\0\0\0\0"); return w.close()
        w.write(b"\x05\0\0\x01\0\0\0\0\0\0")
        await asyncio.gather(pump(r, uw), pump(ur, w))
    except asyncio.IncompleteReadError: w.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", port) as s: await s.serve_forever()
asyncio.run(main())
"""


def server(lab: Lab, transport: str = "streamable-http", host: str = "127.0.0.1") -> int:
    """A healthy MCP server (SDK 1.x); returns its port."""
    port = lab.free_port(host)
    lab.start(lab.mcp1, lab.write("weather.py", SERVER), host, str(port), transport, port=port, host=host)
    return port


def tls_server(lab: Lab, certificate: tuple[str, str], host: str = "127.0.0.1") -> int:
    """The same over TLS, served by uvicorn; returns its port."""
    port = lab.free_port(host)
    lab.start(lab.mcp1, lab.write("weather_tls.py", TLS_SERVER), host, str(port), *certificate, port=port, host=host)
    return port


def forward(lab: Lab, rule: str = "open") -> str:
    """A forward proxy with that rule; returns its URL."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("forward.py", FORWARD), str(port), rule, port=port)
    return f"http://127.0.0.1:{port}"


def tinyproxy(lab: Lab, *lines: str) -> str:
    """tinyproxy with these lines in its configuration; returns its URL."""
    port = lab.free_port()
    conf = "\n".join(
        [f"Port {port}", "Listen 127.0.0.1", "MaxClients 10", f'LogFile "{lab.tmp}/tinyproxy.log"', *lines]
    )
    lab.start("tinyproxy", "-d", "-c", lab.write("tinyproxy.conf", conf + "\n"), port=port)
    return f"http://127.0.0.1:{port}"


def socks(lab: Lab, users: str = "") -> str:
    """A SOCKS 5 proxy; returns its URL."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("socks.py", SOCKS), str(port), users, port=port)
    return f"socks5h://127.0.0.1:{port}"
