from tests.faults.http.worlds import fastmcp, front, mcp1, mcp2, odd
from tests.lab import Lab, World, fault


@fault("http-trailing-slash", needs=["mcp1"])
def slash_too_many(lab: Lab):
    port = mcp1(lab)
    lab.must_show("307", f"http://127.0.0.1:{port}/mcp")
    return lab.url(f"http://127.0.0.1:{port}/mcp/")


@fault("http-trailing-slash", needs=["mcp2"])
def mounted_app_wants_the_slash(lab: Lab):
    port = lab.free_port()
    code = f"""
import contextlib, uvicorn
from mcp.server import MCPServer
from starlette.applications import Starlette
from starlette.routing import Mount
m = MCPServer("two", version="1")
app = m.streamable_http_app(streamable_http_path="/")
@contextlib.asynccontextmanager
async def run(_):
    async with m.session_manager.run():
        yield
uvicorn.run(Starlette(routes=[Mount("/mcp", app=app)], lifespan=run), host="127.0.0.1", port={port})
"""
    lab.start(lab.mcp2, lab.write("app.py", code), port=port)
    lab.must_show("307", "/mcp/")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("http-trailing-slash", needs=["fastmcp"])
def fastmcp_with_slash(lab: Lab):
    return lab.url(f"http://127.0.0.1:{fastmcp(lab)}/mcp/")


@fault("http-trailing-slash", needs=["mcp1", "nginx"])
def nginx_location_with_slash(lab: Lab):
    """nginx redirects /tools to the location /tools/ with a 301."""
    port = mcp1(lab, more="streamable_http_path='/tools/'")
    return front(
        lab,
        f"absolute_redirect off; location /tools/ {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Host 127.0.0.1:{port}; }}",
        path="/tools",
    )


def tls_front(lab: Lab, location: str, plain: str = "") -> tuple[int, int, str]:
    """nginx with TLS and a plain port beside it; the certificate's file for SSL_CERT_FILE."""
    ca = lab.certificate("ca", hosts=(), is_ca=True, subject="/CN=Lab CA")
    crt, key = lab.certificate("leaf", ca=ca)
    secure, port = lab.free_port(), lab.free_port()
    servers = (
        f"server {{ listen 127.0.0.1:{secure} ssl; ssl_certificate {crt}; ssl_certificate_key {key}; {location} }}"
    )
    if plain:
        servers += f" server {{ listen 127.0.0.1:{port}; {plain.replace('SECURE', str(secure))} }}"
    lab.nginx(servers, secure)
    return secure, port, ca[0]


@fault("http-redirect-downgrade", needs=["mcp1", "nginx", "openssl"])
def server_behind_tls_does_not_know(lab: Lab):
    back = mcp1(lab)
    secure, _, ca = tls_front(
        lab,
        f"location / {{ proxy_pass http://127.0.0.1:{back}; proxy_set_header Host 127.0.0.1:{back}; proxy_redirect off; "
        "proxy_hide_header Location; add_header Location http://127.0.0.1:$server_port/mcp always; }",
    )
    lab.must_show("http://127.0.0.1", f"https://127.0.0.1:{secure}/mcp")
    return World(entry=lab.url(f"https://127.0.0.1:{secure}/mcp/"), env={"SSL_CERT_FILE": ca})


@fault("http-redirect-drops-post", needs=["mcp1", "nginx", "openssl"])
def http_to_https(lab: Lab):
    back = mcp1(lab)
    secure, port, ca = tls_front(
        lab,
        f"location / {{ proxy_pass http://127.0.0.1:{back}; proxy_set_header Host 127.0.0.1:{back}; proxy_buffering off; }}",
        "return 301 https://127.0.0.1:SECURE$request_uri;",
    )
    lab.must_show("301", f"https://127.0.0.1:{secure}/mcp")
    return World(entry=lab.url(f"http://127.0.0.1:{port}/mcp"), env={"SSL_CERT_FILE": ca})


@fault("http-redirect-drops-post", needs=["mcp2", "nginx"])
def found_at_another_path(lab: Lab):
    port = mcp2(lab)
    lab.must_show("302", "/mcp")
    return front(
        lab,
        f"absolute_redirect off; location = /connect {{ return 302 /mcp; }} location / {{ proxy_pass http://127.0.0.1:{port}; "
        f"proxy_set_header Host 127.0.0.1:{port}; proxy_buffering off; }}",
        path="/connect",
    )


@fault("http-redirect-loop", needs=["nginx"])
def back_and_forth(lab: Lab):
    return front(
        lab, "absolute_redirect off; location = /mcp { return 307 /mcp/; } location = /mcp/ { return 307 /mcp; }"
    )


@fault("http-redirect-loop")
def on_and_on(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    n = int(self.path.partition("n=")[2] or 0)
    self.say(302, Location=f"/mcp?n={n + 1}")
do_GET = do_POST
""",
    )


@fault("http-redirect-loop", needs=["nginx", "openssl"])
def application_forces_https_behind_tls(lab: Lab):
    """The proxy ends TLS and forwards plain HTTP; the application sees http and redirects to https for ever."""
    secure, _, ca = tls_front(lab, "location / { return 301 https://127.0.0.1:$server_port$request_uri; }")
    return World(entry=lab.url(f"https://127.0.0.1:{secure}/mcp"), env={"SSL_CERT_FILE": ca})


@fault("http-redirect-loop")
def circle_for_posts_only(lab: Lab):
    """A GET at the other end of the circle is refused, which is no end of the way for a POST."""
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.say(302, Location="/mcp2" if self.path == "/mcp" else "/mcp")
""",
    )
