"""Proxies in front of real MCP servers: nginx, and small ones with one bad habit."""

from tests.faults.proxy.worlds import server
from tests.lab import Lab, World, fault, healthy

# The older HTTP+SSE transport of the TypeScript SDK: it does not tell nginx to let events through.
SSE_NODE = """
const http = require('http');
const { Server } = require('@modelcontextprotocol/sdk/server/index.js');
const { SSEServerTransport } = require('@modelcontextprotocol/sdk/server/sse.js');
const { ListToolsRequestSchema } = require('@modelcontextprotocol/sdk/types.js');
const [port, base] = [Number(process.argv[2]), process.argv[3] || ''];
const open = {};
http.createServer(async (q, r) => {
  const url = new URL(q.url, 'http://x');
  if (q.method === 'GET' && url.pathname === '/sse') {
    const transport = new SSEServerTransport('/messages', r);
    open[transport.sessionId] = transport;
    const server = new Server({name: 'weather', version: '1'}, {capabilities: {tools: {}}});
    server.setRequestHandler(ListToolsRequestSchema, async () => ({tools: [{name: 'forecast', inputSchema: {type: 'object'}}]}));
    await server.connect(transport);
  } else if (q.method === 'POST' && open[url.searchParams.get('sessionId')]) {
    await open[url.searchParams.get('sessionId')].handlePostMessage(q, r);
  } else { r.statusCode = 404; r.end('Not found'); }
}).listen(port, '127.0.0.1');
"""

# A reverse proxy with a habit. Chunked answers are passed on as they come, except where the habit says otherwise.
HABIT = r"""
import asyncio, re, sys
port, back, habit = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
PAGE = b"<html><head><title>403 Forbidden</title></head><body><h1>The requested URL was rejected. Please consult with your administrator.</h1><p>Your support ID is: 7245</p></body></html>"
def page(status, body, *more):
    lines = [f"HTTP/1.1 {status}", "Server: edge-guard", "Content-Type: text/html", f"Content-Length: {len(body)}", "Connection: close", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
async def serve(r, w):
    try:
        head = await r.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = await r.readexactly(int(length.group(1))) if length else b""
    except (asyncio.IncompleteReadError, OSError):
        w.close(); return
    agent = (re.search(rb"(?i)user-agent: ([^\r]*)", head) or [b"", b""])[1]
    refusal = None
    if habit == "words" and re.search(rb"clientInfo|SELECT .* FROM", body): refusal = page("403 Forbidden", PAGE)
    if habit == "browsers" and b"Mozilla" not in agent: refusal = page("403 Forbidden", b"<html><body><h1>403</h1></body></html>")
    if habit == "challenge": refusal = page("403 Forbidden", b"<html><title>Just a moment...</title></html>", "cf-mitigated: challenge", "Server: cloudflare")
    if refusal:
        w.write(refusal); await w.drain(); w.close(); return
    head = re.sub(rb"(?i)connection: [^\r]*", b"Connection: close", head)
    if habit == "strip": head = re.sub(rb"(?i)\r\naccept: [^\r]*", b"\r\nAccept: */*", head)
    try: br, bw = await asyncio.open_connection("127.0.0.1", back)
    except OSError:
        w.write(page("502 Bad Gateway", b"")); w.close(); return
    bw.write(head + body)
    answer = await br.readuntil(b"\r\n\r\n")
    found = re.search(rb"(?i)\r\nmcp-session-id: ([^\r]*)", answer)
    if habit == "twice" and found: answer = answer.replace(found[0], found[0] * 2)
    try:
        if habit == "collect":
            rest = await br.read(-1)
            w.write(answer + rest); await w.drain()
        else:
            w.write(answer)
            while data := await br.read(65536):
                w.write(data); await w.drain()
    except OSError: pass
    finally: w.close(); bw.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", port) as s: await s.serve_forever()
asyncio.run(main())
"""

PASS = "proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host 127.0.0.1:{back};"


def habit(lab: Lab, back: int, name: str) -> int:
    port = lab.free_port()
    lab.start(lab.python, lab.write("habit.py", HABIT), str(port), str(back), name, port=port)
    return port


def old_sse(lab: Lab) -> int:
    """A server of the TypeScript SDK over HTTP+SSE; returns its port."""
    port = lab.free_port()
    script = lab.write("sse.js", SSE_NODE)
    modules = lab.npm("@modelcontextprotocol/sdk", "").split("/@modelcontextprotocol")[0]
    lab.start(lab.node, script, str(port), port=port, env={"NODE_PATH": modules})
    return port


def nginx(lab: Lab, back: int, location: str = "/", more: str = "", outer: str = "", way: str = PASS) -> int:
    port = lab.free_port()
    way = way.replace("{back}", str(back))
    lab.nginx(
        f"server {{ listen 127.0.0.1:{port}; {outer} location {location} {{ proxy_pass http://127.0.0.1:{back}; {way} {more} }} }}",
        port,
    )
    return port


@fault("proxy-buffers-stream", needs=["node", "nginx"])
def nginx_as_it_comes(lab: Lab) -> World:
    """proxy_buffering is on unless somebody says otherwise."""
    back = old_sse(lab)
    lab.must_show("nginx", f"127.0.0.1:{back}", "proxy_buffering off")
    return World({"type": "sse", "url": f"http://127.0.0.1:{nginx(lab, back, way='')}/sse"})


@fault("proxy-buffers-stream", needs=["mcp1", "nginx"])
def nginx_told_not_to_listen(lab: Lab) -> World:
    """The server says X-Accel-Buffering: no, and nginx has been told to ignore it."""
    back = server(lab, "sse")
    port = nginx(
        lab, back, more="proxy_ignore_headers X-Accel-Buffering;", way="proxy_set_header Host 127.0.0.1:{back};"
    )
    return World({"type": "sse", "url": f"http://127.0.0.1:{port}/sse"})


@fault("proxy-buffers-stream", needs=["node", "nginx"])
def nginx_compresses_the_stream(lab: Lab) -> World:
    more = "gzip on; gzip_types text/event-stream; gzip_min_length 1; gzip_proxied any;"
    return World({"type": "sse", "url": f"http://127.0.0.1:{nginx(lab, old_sse(lab), more=more)}/sse"})


@fault("proxy-buffers-stream", needs=["node"])
def collects_until_the_end(lab: Lab) -> World:
    """A gateway that reads the whole answer before it passes it on."""
    return World({"type": "sse", "url": f"http://127.0.0.1:{habit(lab, old_sse(lab), 'collect')}/sse"})


@fault("proxy-session-header", needs=["mcp1"])
def copied_by_the_gateway(lab: Lab) -> World:
    lab.must_show("Mcp-Session-Id")
    return World(lab.url(f"http://127.0.0.1:{habit(lab, server(lab), 'twice')}/mcp"))


@fault("proxy-session-header", needs=["mcp1", "nginx"])
def added_by_nginx(lab: Lab) -> World:
    more = "add_header Mcp-Session-Id $upstream_http_mcp_session_id always;"
    return World(lab.url(f"http://127.0.0.1:{nginx(lab, server(lab), more=more)}/mcp"))


@fault("proxy-endpoint-origin", needs=["mcp1", "nginx"])
def names_its_inner_address(lab: Lab) -> World:
    """The application builds its endpoint from what it knows of itself."""
    back = lab.free_port()
    lab.start(lab.python, lab.write("inner.py", INNER), str(back), f"http://127.0.0.1:{back}", port=back)
    lab.must_show(f"http://127.0.0.1:{back}/messages")
    return World({"type": "sse", "url": f"http://127.0.0.1:{nginx(lab, back, more='proxy_buffering off;')}/sse"})


@fault("proxy-endpoint-origin", needs=["mcp1"])
def names_https(lab: Lab) -> World:
    port = lab.free_port()
    lab.start(lab.python, lab.write("inner.py", INNER), str(port), f"https://127.0.0.1:{port}", port=port)
    return World({"type": "sse", "url": f"http://127.0.0.1:{port}/sse"})


@fault("proxy-strips-accept", needs=["node"])
def adapter_sends_anything(lab: Lab) -> World:
    lab.must_show("406")
    return World(lab.url(f"http://127.0.0.1:{habit(lab, node_streamable(lab), 'strip')}/mcp"))


@fault("proxy-strips-accept", needs=["node", "nginx"])
def nginx_drops_it(lab: Lab) -> World:
    return World(
        lab.url(f"http://127.0.0.1:{nginx(lab, node_streamable(lab), more='proxy_set_header Accept text/html;')}/mcp")
    )


@fault("proxy-path-rule", needs=["mcp1", "nginx"])
def only_below_the_path(lab: Lab) -> World:
    back = server(lab)
    lab.must_show("/mcp", "404")
    outer = "location = /mcp { return 404; }"
    rewrite = "rewrite ^/mcp/$ /mcp break; proxy_pass_header Server;"
    return World(lab.url(f"http://127.0.0.1:{nginx(lab, back, location='/mcp/', more=rewrite, outer=outer)}/mcp"))


@fault("proxy-bot-challenge", needs=["mcp1"])
def challenge_in_a_header(lab: Lab) -> World:
    lab.must_show("cf-mitigated")
    return World(lab.url(f"http://127.0.0.1:{habit(lab, server(lab), 'challenge')}/mcp"))


@fault("proxy-bot-challenge", needs=["mcp1"])
def browsers_only(lab: Lab) -> World:
    lab.must_show("403", "200")
    return World(lab.url(f"http://127.0.0.1:{habit(lab, server(lab), 'browsers')}/mcp"))


@fault("proxy-bot-challenge", needs=["mcp1", "nginx"])
def nginx_knows_programs(lab: Lab) -> World:
    outer = "if ($http_user_agent !~* mozilla) { return 403; }"
    return World(lab.url(f"http://127.0.0.1:{nginx(lab, server(lab), outer=outer)}/mcp"))


@fault("proxy-payload-blocked", needs=["mcp1"])
def words_of_the_request(lab: Lab) -> World:
    lab.must_show("ping")
    return World(lab.url(f"http://127.0.0.1:{habit(lab, server(lab), 'words')}/mcp"))


@fault("proxy-error-page", needs=["mcp1"])
def gateway_wants_a_login(lab: Lab) -> World:
    """A company's gateway stands in front and answers with its own form."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("gate.py", GATE), str(port), port=port)
    lab.must_show("gateway.corp.example")
    return World(lab.url(f"http://127.0.0.1:{port}/mcp"))


@healthy(needs=["mcp1", "nginx"])
def nginx_in_front(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{nginx(lab, server(lab))}/mcp"))


@healthy(needs=["mcp1", "nginx"])
def nginx_in_front_of_streams(lab: Lab) -> World:
    """X-Accel-Buffering: no is heard."""
    return World({"type": "sse", "url": f"http://127.0.0.1:{nginx(lab, server(lab, 'sse'))}/sse"})


@healthy(needs=["node", "nginx"])
def nginx_without_buffers(lab: Lab) -> World:
    port = nginx(lab, old_sse(lab), more="proxy_buffering off; proxy_cache off; chunked_transfer_encoding on;")
    return World({"type": "sse", "url": f"http://127.0.0.1:{port}/sse"})


@healthy(needs=["mcp1", "nginx"])
def nginx_that_compresses(lab: Lab) -> World:
    """An answer that ends may be compressed."""
    more = "gzip on; gzip_types application/json text/event-stream; gzip_min_length 1; gzip_proxied any;"
    return World(lab.url(f"http://127.0.0.1:{nginx(lab, server(lab), more=more)}/mcp"))


@healthy()
def endpoint_with_its_outer_address(lab: Lab) -> World:
    port = lab.free_port()
    lab.start(lab.python, lab.write("inner.py", INNER), str(port), f"http://127.0.0.1:{port}", port=port)
    return World({"type": "sse", "url": f"http://127.0.0.1:{port}/sse"})


@healthy(needs=["mcp1"])
def plain_reverse_proxy(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{habit(lab, server(lab), 'none')}/mcp"))


# An application of its own make that builds its endpoint from what it knows of itself.
INNER = r"""
import http.server, json, queue, sys
port, base = int(sys.argv[1]), sys.argv[2]
waiting = queue.Queue()
class Old(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream"); self.end_headers()
        self.wfile.write(f"event: endpoint\ndata: {base}/messages?id=1\n\n".encode())
        while True:
            try: text = waiting.get(timeout=1)
            except queue.Empty: text = ""
            try: self.wfile.write(f"event: message\ndata: {text}\n\n".encode() if text else b": still here\n\n"); self.wfile.flush()
            except OSError: return
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(202); self.send_header("Content-Length", "0"); self.end_headers()
        if asked.get("method") == "initialize":
            result = {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {"name": "old", "version": "1"}}
        else: result = {"tools": [{"name": "forecast", "inputSchema": {"type": "object"}}]}
        if "id" in asked: waiting.put(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}))
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Old).serve_forever()
"""

GATE = r"""
import http.server, sys
PAGE = b"<!doctype html><html><head><title>Corp Gateway - sign in</title></head><body><form><input type=password name=p></form></body></html>"
class Gate(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        for k, v in (("Via", "1.1 gateway.corp.example (gate/7)"), ("Content-Type", "text/html"), ("Content-Length", str(len(PAGE)))):
            self.send_header(k, v)
        self.end_headers(); self.wfile.write(PAGE)
    do_GET = do_POST = do_DELETE = answer
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gate).serve_forever()
"""

NODE_STREAMABLE = """
const http = require('http');
const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');
const { StreamableHTTPServerTransport } = require('@modelcontextprotocol/sdk/server/streamableHttp.js');
http.createServer(async (q, r) => {
  const server = new McpServer({name: 'weather', version: '1'});
  server.registerTool('forecast', {description: 'The weather of tomorrow'}, async () => ({content: [{type: 'text', text: 'rain'}]}));
  const transport = new StreamableHTTPServerTransport({sessionIdGenerator: undefined});
  await server.connect(transport);
  await transport.handleRequest(q, r);
}).listen(Number(process.argv[2]), '127.0.0.1');
"""


def node_streamable(lab: Lab) -> int:
    """A stateless server of the TypeScript SDK; returns its port."""
    port = lab.free_port()
    modules = lab.npm("@modelcontextprotocol/sdk", "").split("/@modelcontextprotocol")[0]
    lab.start(lab.node, lab.write("streamable.js", NODE_STREAMABLE), str(port), port=port, env={"NODE_PATH": modules})
    return port
