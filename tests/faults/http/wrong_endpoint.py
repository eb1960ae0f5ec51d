from tests.faults.http.worlds import TS1_HEAD, everything, mcp1, mcp2, node, odd
from tests.lab import Lab, fault


@fault("http-wrong-path", needs=["mcp1"])
def root_instead_of_mcp(lab: Lab):
    lab.must_show("/mcp")
    return lab.url(f"http://127.0.0.1:{mcp1(lab)}/")


@fault("http-wrong-path", needs=["mcp2"])
def misspelt(lab: Lab):
    lab.must_show("/mcp")
    return lab.url(f"http://127.0.0.1:{mcp2(lab)}/mpc")


@fault("http-wrong-path", needs=["mcp1"])
def sse_server_on_its_root(lab: Lab):
    lab.must_show("/sse")
    return {"type": "sse", "url": f"http://127.0.0.1:{mcp1(lab, 'sse')}/"}


@fault("http-wrong-path", needs=["node"])
def everything_one_level_too_deep(lab: Lab):
    lab.must_show("/mcp")
    return lab.url(f"http://127.0.0.1:{everything(lab, 'streamableHttp')}/mcp/v1")


@fault("http-wrong-path", needs=["fastmcp"])
def mounted_twice(lab: Lab):
    """A FastMCP app that is mounted below /mcp keeps its own /mcp: the endpoint is /mcp/mcp."""
    port = lab.free_port()
    code = f"""
import uvicorn
from fastmcp import FastMCP
from starlette.applications import Starlette
from starlette.routing import Mount
m = FastMCP("deep")
@m.tool
def add(a: int) -> int:
    return a
app = m.http_app()
uvicorn.run(Starlette(routes=[Mount("/mcp", app=app)], lifespan=app.lifespan), host="127.0.0.1", port={port})
"""
    lab.start(lab.fastmcp, lab.write("deep.py", code), port=port)
    lab.must_show("/mcp/mcp")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("http-wrong-path", needs=["node"])
def named_on_the_home_page(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = express(); app.use(express.json());
app.get('/', (req, res) => res.send('<html><body>Weather. MCP endpoint: <code>/weather/eu/mcp</code></body></html>'));
app.post('/weather/eu/mcp', async (req, res) => {
  const t = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await make().connect(t); await t.handleRequest(req, res, req.body);
});
app.listen(port, '127.0.0.1');
"""
    )
    lab.must_show("/weather/eu/mcp")
    return lab.url(f"http://127.0.0.1:{node(lab, code)}/mcp")


@fault("http-wrong-path", needs=["mcp1"])
def unusual_path_that_nobody_can_guess(lab: Lab):
    port = mcp1(lab, more="streamable_http_path='/kitchen/knives'")
    lab.must_show("404")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-foreign-service")
def post_refused_and_a_page_at_the_root(lab: Lab):
    lab.must_show("405", "Pictures", "pid ")
    return odd(
        lab,
        """
def do_GET(self): self.say(200, "<html><title>Pictures</title></html>", "text/html")
def do_POST(self):
    self.take()
    self.say(405, "Method Not Allowed", "text/plain")
""",
    )


@fault("tcp-foreign-service", needs=["node"])
def express_application_that_has_no_such_route(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = express();
app.get('/', (req, res) => res.send('<html><head><title>Recipes</title></head><body>Soup</body></html>'));
app.listen(port, '127.0.0.1');
"""
    )
    lab.must_show("Recipes", "node", "404")
    return lab.url(f"http://127.0.0.1:{node(lab, code)}/mcp")


@fault("http-not-mcp")
def text_for_every_request(lab: Lab):
    lab.must_show("text/plain")
    return odd(lab, "def do_POST(self):\n    self.take()\n    self.say(200, 'OK', 'text/plain')\ndo_GET = do_POST")


@fault("http-not-mcp")
def other_json_api(lab: Lab):
    return odd(
        lab,
        """
def do_GET(self): self.say(200, {"service": "orders", "version": 3})
def do_POST(self):
    self.take()
    self.say(200, {"ok": True, "id": 17, "items": []})
""",
        path="/api/orders",
    )


@fault("http-not-mcp")
def empty_200(lab: Lab):
    lab.must_show("empty")
    return odd(lab, "def do_POST(self):\n    self.take()\n    self.say(200)\ndef do_GET(self): self.say(200)")


@fault("http-not-mcp")
def sign_in_page(lab: Lab):
    lab.must_show("/login")
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.say(302, Location="/login?next=%2Fmcp")
def do_GET(self):
    self.say(200, "<html>Sign in</html>", "text/html") if self.path.startswith("/login") else self.say(302, Location="/login")
""",
    )


@fault("http-not-mcp")
def graphql(lab: Lab):
    lab.must_show("400", "errors")
    return odd(
        lab,
        """
def do_GET(self): self.say(404, "none", "text/plain")
def do_POST(self):
    self.take()
    if self.path == "/graphql": return self.say(400, {"errors": [{"message": "Must provide query string."}]})
    self.say(404, "none", "text/plain")
""",
        path="/graphql",
    )
