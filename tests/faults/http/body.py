from tests.faults.http.worlds import TS1_HEAD, front, mcp1, node, odd
from tests.lab import Lab, fault


@fault("http-body-consumed", needs=["node"])
def express_json_without_req_body(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json());
app.post('/mcp', async (req, res) => {
  const t = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await make().connect(t); await t.handleRequest(req, res);
});
app.listen(port, '127.0.0.1');
"""
    )
    lab.must_show("400")
    return lab.url(f"http://127.0.0.1:{node(lab, code)}/mcp")


@fault("http-body-consumed", needs=["node"])
def sse_post_without_body(lab: Lab):
    """The same mistake with HTTP+SSE: the POST to the endpoint fails."""
    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json()); const open = {};
app.get('/sse', async (req, res) => {
  const t = new SSEServerTransport('/messages', res); open[t.sessionId] = t; await make().connect(t);
});
app.post('/messages', async (req, res) => { await open[req.query.sessionId].handlePostMessage(req, res); });
app.listen(port, '127.0.0.1');
"""
    )
    return {"type": "sse", "url": f"http://127.0.0.1:{node(lab, code)}/sse"}


@fault("http-payload-too-large", needs=["mcp1", "nginx"])
def nginx_body_limit(lab: Lab):
    port = mcp1(lab)
    lab.must_show("413", "nginx")
    return front(lab, f"location / {{ proxy_pass http://127.0.0.1:{port}; }}", extra="client_max_body_size 64;")


@fault("http-payload-too-large", needs=["node"])
def express_body_limit(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json({ limit: 50 }));
app.post('/mcp', (req, res) => res.json({}));
app.listen(port, '127.0.0.1');
"""
    )
    lab.must_show("413")
    return lab.url(f"http://127.0.0.1:{node(lab, code)}/mcp")


@fault("http-response-too-large")
def endless_body(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.send_response(200)
    self.send_header("Content-Type", "application/json")
    self.send_header("Connection", "close")
    self.end_headers()
    self.wfile.write(b'{"jsonrpc":"2.0","id":1,"result":{"x":"')
    try:
        while True:
            self.wfile.write(b"a" * 65536)
    except OSError:
        pass
""",
    )


@fault("http-response-too-large")
def gzip_bomb(lab: Lab):
    lab.must_show("gzip")
    return odd(
        lab,
        """
def do_POST(self):
    import zlib
    self.take()
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join([z.compress(b" " * (1 << 20)) for _ in range(300)] + [z.flush()])
    self.say(200, body, Content_Encoding="gzip")
""",
    )


@fault("http-response-too-large")
def header_flood(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.wfile.write(b"HTTP/1.1 200 OK\\r\\n")
    try:
        for n in range(20000):
            self.wfile.write(b"X-Filler-%d: %s\\r\\n" % (n, b"y" * 100))
    except OSError:
        pass
    self.close_connection = True
""",
    )


@fault("http-server-error", needs=["node"])
def express_throws(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json());
app.post('/mcp', (req, res) => { throw new Error('database is locked'); });
app.listen(port, '127.0.0.1');
"""
    )
    lab.must_show("500")
    return lab.url(f"http://127.0.0.1:{node(lab, code)}/mcp")


@fault("http-server-error")
def error_in_json(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.say(500, {"jsonrpc": "2.0", "id": None, "error": {"code": -32603, "message": "Internal server error"}})
""",
    )


@fault("http-server-error", needs=["mcp1"])
def starlette_500(lab: Lab):
    port = lab.free_port()
    code = f"""
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
async def mcp(request):
    return {{}}["missing"]
uvicorn.run(Starlette(routes=[Route("/mcp", mcp, methods=["GET", "POST"])]), host="127.0.0.1", port={port})
"""
    lab.start(lab.mcp1, lab.write("app.py", code), port=port)
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("http-server-error")
def starting_up_503(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.say(503, {"status": "warming up"})
def do_GET(self): self.say(503, {"status": "warming up"})
""",
    )


@fault("http-body-consumed")
def proxy_waits_for_a_body_that_was_read(lab: Lab):
    """A development proxy behind a body parser: the request goes on with its length and without its body."""
    port = lab.free_port()
    back = odd(lab)["url"]
    code = f"""
import http.client, sys, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
back = urllib.parse.urlsplit({back!r})
class H(BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def pass_on(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        c = http.client.HTTPConnection(back.netloc)
        c.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for k, v in self.headers.items(): c.putheader(k, v)
        c.endheaders()
        r = c.getresponse()
        body = r.read()
        self.send_response(r.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = do_DELETE = pass_on
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(("127.0.0.1", {port}), H).serve_forever()
"""
    lab.start(lab.python, lab.write("proxy.py", code), port=port)
    lab.must_show("without a body")
    return lab.url(f"http://127.0.0.1:{port}/mcp")
