from tests.faults.http.worlds import TS1_HEAD, front, mcp1, mcp2, node, odd
from tests.lab import Lab, fault


@fault("session-many-workers", needs=["mcp1", "nginx"])
def two_backends_in_turn(lab: Lab):
    a, b = mcp1(lab), mcp1(lab)
    return front(
        lab,
        "location / { proxy_pass http://both; proxy_set_header Host 127.0.0.1:1; proxy_buffering off; }",
        upstream=f"upstream both {{ server 127.0.0.1:{a}; server 127.0.0.1:{b}; }}",
    )


@fault("session-many-workers", needs=["mcp2"])
def uvicorn_with_four_workers(lab: Lab):
    port = lab.free_port()
    lab.write(
        "app.py",
        "from mcp.server import MCPServer\nm = MCPServer('two', version='1')\n@m.tool()\ndef add(a: int) -> int:\n    return a\n"
        "app = m.streamable_http_app()\n",
    )
    lab.start(
        lab.mcp2,
        "-m",
        "uvicorn",
        "app:app",
        "--port",
        str(port),
        "--workers",
        "4",
        says="startup complete",
        cwd=str(lab.tmp),
    )
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("session-many-workers", needs=["mcp1"])
def sse_with_four_workers(lab: Lab):
    port = lab.free_port()
    lab.write(
        "app.py",
        "from mcp.server.fastmcp import FastMCP\nm = FastMCP('one')\n@m.tool()\ndef add(a: int) -> int:\n    return a\n"
        "app = m.sse_app()\n",
    )
    lab.start(
        lab.mcp1,
        "-m",
        "uvicorn",
        "app:app",
        "--port",
        str(port),
        "--workers",
        "4",
        says="startup complete",
        cwd=str(lab.tmp),
    )
    return {"type": "sse", "url": f"http://127.0.0.1:{port}/sse"}


@fault("session-header-missing", needs=["mcp1", "nginx"])
def proxy_hides_the_answer_header(lab: Lab):
    port = mcp1(lab)
    lab.must_show("400")
    return front(
        lab,
        f"location / {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Host 127.0.0.1:{port}; proxy_buffering off; "
        "proxy_hide_header Mcp-Session-Id; }",
    )


@fault("session-header-missing", needs=["mcp2", "nginx"])
def proxy_drops_the_request_header(lab: Lab):
    port = mcp2(lab)
    return front(
        lab,
        f"location / {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Host 127.0.0.1:{port}; proxy_buffering off; "
        'proxy_set_header Mcp-Session-Id ""; }',
    )


@fault("session-lost")
def sessions_are_not_kept(lab: Lab):
    lab.must_show("404")
    return odd(
        lab,
        """
def do_POST(self):
    import uuid
    m = json.loads(self.take())
    if m["method"] == "initialize":
        return self.say(200, self.reply(m), Mcp_Session_Id=uuid.uuid4().hex)
    self.say(404, {"jsonrpc": "2.0", "id": m.get("id"), "error": {"code": -32001, "message": "Session not found"}})
""",
    )


@fault("session-lost")
def session_ends_at_once(lab: Lab):
    return odd(
        lab,
        """
seen = {}
def do_POST(self):
    import uuid
    m = json.loads(self.take())
    if m["method"] == "initialize":
        return self.say(200, self.reply(m), Mcp_Session_Id=uuid.uuid4().hex)
    n = self.seen[self.headers["mcp-session-id"]] = self.seen.get(self.headers["mcp-session-id"], 0) + 1
    if n > 2:
        return self.say(404, "Session terminated", "text/plain")
    self.say(200, self.reply(m)) if "id" in m else self.say(202, kind=None)
""",
    )


ONE_TRANSPORT = (
    TS1_HEAD
    + """
const app = express(); app.use(express.json());
const t = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID() });
await make().connect(t);
app.all('/mcp', (req, res) => t.handleRequest(req, res, req.body));
app.listen(port, '127.0.0.1');
"""
)


@fault("session-single-client", needs=["node"])
def one_transport_for_all(lab: Lab):
    lab.must_show("already initialized")
    return lab.url(f"http://127.0.0.1:{node(lab, ONE_TRANSPORT)}/mcp")


@fault("session-single-client", needs=["node"])
def another_client_has_it(lab: Lab):
    port = node(lab, ONE_TRANSPORT)
    code = f"""
import json, urllib.request
body = json.dumps({{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {{"protocolVersion": "2025-06-18", "capabilities": {{}}, "clientInfo": {{"name": "first", "version": "1"}}}}}}).encode()
r = urllib.request.Request("http://127.0.0.1:{port}/mcp", body, {{"content-type": "application/json", "accept": "application/json, text/event-stream"}})
urllib.request.urlopen(r, timeout=10).read()
"""
    lab.run(lab.python, "-c", code)
    lab.must_show("already initialized")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("session-single-client", needs=["node"])
def one_server_object_for_sse(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = express(); const server = make(); let t;
app.get('/sse', async (req, res) => { t = new SSEServerTransport('/messages', res); await server.connect(t); });
app.post('/messages', async (req, res) => { await t.handlePostMessage(req, res); });
app.listen(port, '127.0.0.1');
"""
    )
    return {"type": "sse", "url": f"http://127.0.0.1:{node(lab, code)}/sse"}


@fault("session-single-client", needs=["node"])
def one_server_object_for_many_streams(lab: Lab):
    lab.must_show("a second one gets HTTP 200")
    code = (
        TS1_HEAD
        + """
const app = express(); const server = make(); const all = {};
app.get('/sse', async (req, res) => {
  const t = new SSEServerTransport('/messages', res); all[t.sessionId] = t;
  try { await server.connect(t); } catch (e) { res.end(); }
});
app.post('/messages', async (req, res) => { await all[req.query.sessionId].handlePostMessage(req, res); });
app.listen(port, '127.0.0.1');
"""
    )
    return {"type": "sse", "url": f"http://127.0.0.1:{node(lab, code)}/sse"}


@fault("session-single-client", needs=["node"])
def one_stateless_transport_for_all(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json());
const t = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
await make().connect(t);
app.all('/mcp', (req, res) => t.handleRequest(req, res, req.body));
app.listen(port, '127.0.0.1');
"""
    )
    return lab.url(f"http://127.0.0.1:{node(lab, code)}/mcp")


@fault("session-lifespan", needs=["mcp1"])
def mounted_without_lifespan(lab: Lab):
    port = lab.free_port()
    code = f"""
import uvicorn
from mcp.server.fastmcp import FastMCP
from starlette.applications import Starlette
from starlette.routing import Mount
m = FastMCP("one")
uvicorn.run(Starlette(routes=[Mount("/", app=m.streamable_http_app())]), host="127.0.0.1", port={port})
"""
    lab.start(lab.mcp1, lab.write("app.py", code), port=port)
    lab.must_show("uvicorn")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("session-lifespan", needs=["fastmcp"])
def fastmcp_without_lifespan(lab: Lab):
    port = lab.free_port()
    code = f"""
import uvicorn
from fastmcp import FastMCP
from starlette.applications import Starlette
from starlette.routing import Mount
m = FastMCP("three")
uvicorn.run(Starlette(routes=[Mount("/", app=m.http_app())]), host="127.0.0.1", port={port})
"""
    lab.start(lab.fastmcp, lab.write("app.py", code), port=port)
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("session-lost")
def notification_taken_and_session_forgotten(lab: Lab):
    """Notifications are answered 202 without a look at the session; the first request after that finds none."""
    lab.must_show("404")
    return odd(
        lab,
        """
def do_POST(self):
    import uuid
    m = json.loads(self.take())
    if "id" not in m: return self.say(202, kind=None)
    if m["method"] == "initialize": return self.say(200, self.reply(m), Mcp_Session_Id=uuid.uuid4().hex)
    self.say(404, {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "Session not found"}})
""",
    )


@fault("session-single-client", needs=["node"])
def only_session_was_ended_before(lab: Lab):
    """One transport for all: the first client ended its session, and the transport takes no other."""
    import urllib.request

    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json());
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID() });
await make().connect(transport);
app.all('/mcp', (req, res) => transport.handleRequest(req, res, req.body));
app.listen(port, '127.0.0.1');
"""
    )
    url = f"http://127.0.0.1:{node(lab, code)}/mcp"
    body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}'
    head = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    with urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=10) as got:
        head["mcp-session-id"] = got.headers["mcp-session-id"]
    urllib.request.urlopen(urllib.request.Request(url, None, head, method="DELETE"), timeout=10).close()
    return lab.url(url)
