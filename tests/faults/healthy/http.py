"""Servers over HTTP that work, many of them in a way that tempts a false alarm."""

from tests.faults.http.worlds import TS1_HEAD, everything, fastmcp, front, mcp1, mcp2, node, odd, ts1
from tests.lab import Lab, World, fault, healthy


@healthy(needs=["node"], warns=["tcp-exposed"])
def everything_streamable(lab: Lab):
    return lab.url(f"http://127.0.0.1:{everything(lab, 'streamableHttp')}/mcp")


@healthy(needs=["node"], warns=["tcp-exposed"])
def everything_sse(lab: Lab):
    return {"type": "sse", "url": f"http://127.0.0.1:{everything(lab, 'sse')}/sse"}


@healthy(needs=["mcp1"])
def mcp1_stateful(lab: Lab):
    return lab.url(f"http://127.0.0.1:{mcp1(lab)}/mcp")


@healthy(needs=["mcp1"])
def mcp1_stateless_json(lab: Lab):
    return lab.url(f"http://127.0.0.1:{mcp1(lab, more='stateless_http=True, json_response=True')}/mcp")


@healthy(needs=["mcp1"])
def mcp1_localhost_and_other_path(lab: Lab):
    port = mcp1(lab, more="streamable_http_path='/api/tools/v2'")
    return lab.url(f"http://localhost:{port}/api/tools/v2")


@healthy(needs=["mcp1"])
def mcp1_sse(lab: Lab):
    return {"type": "sse", "url": f"http://127.0.0.1:{mcp1(lab, 'sse')}/sse"}


@healthy(needs=["mcp2"])
def mcp2_stateful(lab: Lab):
    return lab.url(f"http://127.0.0.1:{mcp2(lab)}/mcp")


@healthy(needs=["mcp2"])
def mcp2_stateless(lab: Lab):
    return lab.url(f"http://127.0.0.1:{mcp2(lab, more='stateless_http=True')}/mcp")


@healthy(needs=["mcp2"])
def mcp2_json(lab: Lab):
    return lab.url(f"http://127.0.0.1:{mcp2(lab, more='json_response=True')}/mcp")


@healthy(needs=["mcp2"])
def mcp2_sse(lab: Lab):
    return {"type": "sse", "url": f"http://127.0.0.1:{mcp2(lab, 'sse')}/sse"}


@healthy(needs=["fastmcp"])
def fastmcp_http(lab: Lab):
    return lab.url(f"http://127.0.0.1:{fastmcp(lab)}/mcp")


@healthy(needs=["fastmcp"])
def fastmcp_sse(lab: Lab):
    port = fastmcp(lab, 'transport="sse"')
    return {"type": "sse", "url": f"http://127.0.0.1:{port}/sse"}


@healthy(needs=["node"])
def ts1_express(lab: Lab):
    return lab.url(f"http://127.0.0.1:{ts1(lab)}/mcp")


@healthy(needs=["node"])
def ts1_stateless_get_405(lab: Lab):
    """The stateless example of the SDK: a new server for each request, GET and DELETE refused with 405."""
    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json());
app.post('/mcp', async (req, res) => {
  const t = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  res.on('close', () => t.close());
  await make().connect(t);
  await t.handleRequest(req, res, req.body);
});
const no = (req, res) => res.status(405).json({ jsonrpc: '2.0', error: { code: -32000, message: 'Method not allowed.' }, id: null });
app.get('/mcp', no); app.delete('/mcp', no);
app.listen(port, '127.0.0.1');
"""
    )
    return lab.url(f"http://127.0.0.1:{node(lab, code)}/mcp")


@healthy(needs=["node"])
def ts1_sse_in_express(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json()); const open = {};
app.get('/events', async (req, res) => {
  const t = new SSEServerTransport('/post', res); open[t.sessionId] = t; res.on('close', () => delete open[t.sessionId]);
  await make().connect(t);
});
app.post('/post', async (req, res) => { await open[req.query.sessionId].handlePostMessage(req, res, req.body); });
app.listen(port, '127.0.0.1');
"""
    )
    return {"type": "sse", "url": f"http://127.0.0.1:{node(lab, code)}/events"}


@healthy(needs=["node"])
def ts2_handler(lab: Lab):
    code = """
import http from 'node:http';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod';
const handler = createMcpHandler(() => {
  const s = new McpServer({ name: 'ts2', version: '1' });
  s.registerTool('add', { description: 'Adds', inputSchema: z.object({ a: z.number() }) }, async ({ a }) => ({ content: [{ type: 'text', text: String(a) }] }));
  return s;
});
http.createServer(async (req, res) => {
  const chunks = []; for await (const c of req) chunks.push(c);
  const headers = new Headers(Object.entries(req.headers).map(([k, v]) => [k, String(v)]));
  const body = ['GET', 'HEAD'].includes(req.method) ? undefined : Buffer.concat(chunks);
  const answer = await handler.fetch(new Request(`http://${req.headers.host}${req.url}`, { method: req.method, headers, body }));
  res.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body) for await (const c of answer.body) res.write(c);
  res.end();
}).listen(Number(process.env.PORT), '127.0.0.1');
"""
    return lab.url(f"http://127.0.0.1:{node(lab, code)}/mcp")


@healthy(needs=["mcp1", "nginx"])
def behind_nginx(lab: Lab):
    port = mcp1(lab)
    return front(
        lab,
        f"location /tools/ {{ proxy_pass http://127.0.0.1:{port}/; proxy_buffering off; proxy_http_version 1.1; "
        f"proxy_set_header Host 127.0.0.1:{port}; }}",
        path="/tools/mcp",
    )


@healthy()
def get_answered_405(lab: Lab):
    return odd(lab)


@healthy()
def token_accepted(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    if self.headers.get("authorization") != "Bearer right-token-4711":
        self.take()
        return self.say(401, {"error": "unauthorized"}, WWW_Authenticate="Bearer")
    self.mcp()
""",
        headers={"Authorization": "Bearer right-token-4711"},
    )


@healthy()
def api_key_accepted(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    if self.headers.get("x-api-key") != "key-4711-4711":
        self.take()
        return self.say(403, {"error": "forbidden"})
    self.mcp()
""",
        headers={"X-API-Key": "key-4711-4711"},
    )


@healthy()
def priming_event_comments_and_crlf(lab: Lab):
    """A stream that begins with a comment and an empty event with an id, as resumable servers send them."""
    return odd(
        lab,
        r"""
def do_POST(self):
    m = json.loads(self.take())
    if "id" not in m:
        return self.say(202, kind=None)
    data = json.dumps(self.reply(m))
    half = len(data) // 2
    note = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "hello"}})
    body = f": hi\r\n\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\ndata: {note}\r\n\r\nevent: message\r\nid: 2\r\ndata: {data}\r\n\r\n"
    self.say(200, body, "text/event-stream; charset=utf-8")
""",
    )


@healthy(timeout=30)
def slow_first_answer(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    m = json.loads(self.take())
    if m["method"] == "initialize":
        time.sleep(5)
    self.say(202, kind=None) if "id" not in m else self.say(200, self.reply(m))
""",
    )


@healthy()
def keepalive_off(lab: Lab):
    return odd(lab, "protocol_version = 'HTTP/1.0'\n")


@healthy()
def chunked_and_gzipped(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    import gzip
    m = json.loads(self.take())
    if "id" not in m:
        return self.say(202, kind=None)
    body = gzip.compress(json.dumps(self.reply(m)).encode())
    self.send_response(200)
    self.send_header("Content-Type", "application/json; charset=utf-8")
    self.send_header("Content-Encoding", "gzip")
    self.send_header("Transfer-Encoding", "chunked")
    self.end_headers()
    for part in (body[:10], body[10:], b""):
        self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(part), part))
""",
    )


@healthy()
def root_path_with_query(lab: Lab):
    return odd(lab, path="/?profile=work")


@healthy()
def notification_answered_200(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    m = json.loads(self.take())
    self.say(200, self.reply(m) if "id" in m else b"")
""",
    )


@healthy(needs=["node"], warns=["tcp-exposed"])
def same_entry_for_cursor(lab: Lab):
    """A URL without type in Cursor: streamable HTTP first, then HTTP+SSE, and here it is SSE."""
    return World(entry={"url": f"http://127.0.0.1:{everything(lab, 'sse')}/sse"}, client="cursor")


@healthy(needs=["mcp1"])
def legacy_server_in_claude_code(lab: Lab):
    """The client asks server/discover first, gets a 400, and goes on with initialize."""
    return World(entry=lab.url(f"http://127.0.0.1:{mcp1(lab)}/mcp"), client="claude-code")


@healthy(needs=["node"])
def node_server_in_claude_code(lab: Lab):
    return World(entry=lab.url(f"http://127.0.0.1:{ts1(lab)}/mcp"), client="claude-code")


@healthy(needs=["mcp2"])
def modern_server_in_claude_code(lab: Lab):
    return World(entry=lab.url(f"http://127.0.0.1:{mcp2(lab)}/mcp"), client="claude-code")


@healthy(needs=["mcp1"])
def sse_in_vscode_without_type(lab: Lab):
    return World(entry={"url": f"http://127.0.0.1:{mcp1(lab, 'sse')}/sse"}, client="vscode")


@healthy()
def a_405_with_a_page_for_people(lab: Lab):
    """A browser gets a page at the endpoint; a stream is refused as it must be."""
    return odd(
        lab,
        """
def do_GET(self):
    if "text/event-stream" in self.headers.get("accept", ""):
        return self.say(405, Allow="POST")
    self.say(200, "<html>This is an MCP server</html>", "text/html")
""",
    )


KEPT = """
import json, socket, struct, sys, threading
def take(c):
    data = b""
    while b"\\r\\n\\r\\n" not in data:
        got = c.recv(65536)
        if not got: return None
        data += got
    head, _, body = data.partition(b"\\r\\n\\r\\n")
    size = next((int(l.split(b":")[1]) for l in head.split(b"\\r\\n") if l.lower().startswith(b"content-length")), 0)
    while len(body) < size: body += c.recv(65536)
    return json.loads(body) if body else {}
def serve(c):
    for number in range(100):
        m = take(c)
        if m is None: return
        if number and m.get("method") == "tools/list" or m.get("method") in sys.argv[2:]:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); c.close(); return
        answers = {"initialize": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "k", "version": "1"}},
                   "tools/list": {"tools": [{"name": "a", "inputSchema": {"type": "object", "properties": {}}}]}}
        if "id" not in m: c.sendall(b"HTTP/1.1 202 Accepted\\r\\nContent-Length: 0\\r\\n\\r\\n"); continue
        found = answers.get(m["method"])
        out = {"jsonrpc": "2.0", "id": m["id"], **({"result": found} if found else {"error": {"code": -32601, "message": "Method not found"}})}
        text = json.dumps(out).encode()
        c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(text) + text)
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
while True:
    c, _ = s.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
"""


@healthy()
def gives_kept_connections_up_when_they_are_used_again(lab: Lab):
    """What a server whose idle time is over does at the moment a client comes back (RFC 9112, 9.3.1)."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("kept.py", KEPT), str(port), says="ready")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tools-list-failed")
def resets_at_tools_list(lab: Lab):
    port = lab.free_port()
    lab.start(lab.python, lab.write("kept.py", KEPT), str(port), "tools/list", says="ready")
    lab.must_show("ECONNRESET")
    return lab.url(f"http://127.0.0.1:{port}/mcp")
