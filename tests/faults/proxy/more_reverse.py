"""More habits of what stands in front of a server, as other programs have them."""

from tests.faults.proxy.reverse_proxy import habit, nginx, node_streamable
from tests.faults.proxy.worlds import server
from tests.lab import Lab, World, fault, healthy

# Answers of guards, with the status and the sign that each is known by.
GUARDS = r"""
import http.server, sys
kind = sys.argv[2]
ANSWERS = {
    "squid": (403, {"Server": "squid/5.7", "X-Squid-Error": "ERR_ACCESS_DENIED 0", "Via": "1.1 proxy (squid/5.7)"}, "<html><title>ERROR: The requested URL could not be retrieved</title>Access Denied.</html>"),
    "vercel": (429, {"x-vercel-mitigated": "challenge", "Server": "Vercel"}, "<!DOCTYPE html><title>Vercel Security Checkpoint</title>"),
    "moment": (503, {"Server": "cloudflare"}, "<!DOCTYPE html><title>Just a moment...</title>"),
    "aws": (202, {"x-amzn-waf-action": "challenge"}, ""),
    "407": (407, {"Proxy-Authenticate": "Negotiate"}, "<html>Proxy Authentication Required</html>"),
    "zscaler": (403, {"Server": "Zscaler/6.2"}, "<html><title>Access Denied</title></html>"),
}
class Guard(http.server.BaseHTTPRequestHandler):
    def version_string(self): return ANSWERS[kind][1].get("Server", "guard")
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, body = ANSWERS[kind]
        self.send_response(status)
        for k, v in headers.items():
            if k != "Server": self.send_header(k, v)
        if body: self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body.encode())
    do_GET = do_POST = do_DELETE = do_OPTIONS = answer
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Guard).serve_forever()
"""


def guard(lab: Lab, kind: str) -> World:
    port = lab.free_port()
    lab.start(lab.python, lab.write("guard.py", GUARDS), str(port), kind, port=port)
    return World(lab.url(f"http://127.0.0.1:{port}/mcp"))


@fault("proxy-error-page")
def squid_denies(lab: Lab) -> World:
    lab.must_show("squid")
    return guard(lab, "squid")


@fault("proxy-error-page")
def zscaler_denies(lab: Lab) -> World:
    lab.must_show("Zscaler")
    return guard(lab, "zscaler")


@fault("proxy-auth-required")
def nobody_configured_it(lab: Lab) -> World:
    lab.must_show("407")
    return guard(lab, "407")


@fault("proxy-bot-challenge")
def vercel(lab: Lab) -> World:
    return guard(lab, "vercel")


@fault("proxy-bot-challenge")
def just_a_moment(lab: Lab) -> World:
    return guard(lab, "moment")


@fault("proxy-bot-challenge")
def aws_challenge(lab: Lab) -> World:
    return guard(lab, "aws")


@fault("proxy-strips-accept", needs=["mcp1", "nginx"])
def nginx_sends_none(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{nginx(lab, server(lab), more='proxy_set_header Accept text/plain;')}/mcp"))


@fault("proxy-path-rule", needs=["mcp1"])
def balancer_without_a_name(lab: Lab) -> World:
    """A load balancer whose own 404 carries no Server header."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("lb.py", BALANCER), str(port), str(server(lab)), port=port)
    return World(lab.url(f"http://127.0.0.1:{port}/mcp"))


@healthy(needs=["node"])
def accept_arrives(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{habit(lab, node_streamable(lab), 'none')}/mcp"))


BALANCER = r"""
import asyncio, re, sys
port, back = int(sys.argv[1]), int(sys.argv[2])
async def serve(r, w):
    head = await r.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    body = await r.readexactly(int(length.group(1))) if length else b""
    if not re.match(rb"\w+ /mcp/", head):
        w.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"); await w.drain(); w.close(); return
    head = re.sub(rb"(?i)connection: [^\r]*", b"Connection: close", head.replace(b" /mcp/ ", b" /mcp ", 1))
    br, bw = await asyncio.open_connection("127.0.0.1", back)
    bw.write(head + body)
    try:
        while data := await br.read(65536):
            w.write(data); await w.drain()
    except OSError: pass
    finally: w.close(); bw.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", port) as s: await s.serve_forever()
asyncio.run(main())
"""
