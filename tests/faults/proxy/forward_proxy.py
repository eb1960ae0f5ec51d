"""Servers on this machine, and a proxy in the environment."""

from tests.faults.proxy.worlds import SERVER, forward, server, socks, tinyproxy, tls_server
from tests.lab import Lab, World, fault, healthy


@fault("proxy-intercepts-localhost", needs=["mcp1"])
def gateway_answers_502(lab: Lab) -> World:
    lab.must_show("HTTP_PROXY", "NO_PROXY", "502")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": forward(lab, "502")})


@fault("proxy-intercepts-localhost", needs=["mcp1"])
def lower_case_and_localhost(lab: Lab) -> World:
    lab.must_show("http_proxy", "localhost")
    return World(lab.url(f"http://localhost:{server(lab)}/mcp"), env={"http_proxy": forward(lab, "503")})


@fault("proxy-intercepts-localhost", needs=["mcp1"])
def policy_forbids(lab: Lab) -> World:
    lab.must_show("403")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"ALL_PROXY": forward(lab, "403")})


@fault("proxy-intercepts-localhost", needs=["mcp1", "tinyproxy"])
def tinyproxy_filters_it(lab: Lab) -> World:
    lab.must_show("HTTP_PROXY")
    rules = lab.write("filter", "127\\.0\\.0\\.1\n")
    proxy = tinyproxy(lab, f'Filter "{rules}"', "FilterURLs Off")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": proxy})


@fault("proxy-intercepts-localhost", needs=["mcp1"])
def exceptions_name_another_spelling(lab: Lab) -> World:
    """NO_PROXY has localhost, the URL has the address."""
    lab.must_show("127.0.0.1", "localhost,.corp.example")
    env = {"HTTP_PROXY": forward(lab, "not-local"), "NO_PROXY": "localhost,.corp.example"}
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env=env)


@fault("proxy-intercepts-localhost", needs=["mcp1"])
def exceptions_as_a_network(lab: Lab) -> World:
    """Python's httpx does not read 127.0.0.0/8."""
    lab.must_show("127.0.0.0/8")
    env = {"HTTP_PROXY": forward(lab, "502"), "NO_PROXY": "127.0.0.0/8,10.0.0.0/8"}
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env=env)


@fault("proxy-intercepts-localhost", needs=["mcp1", "openssl"])
def tunnel_is_refused(lab: Lab) -> World:
    lab.must_show("HTTPS_PROXY")
    crt, key = lab.certificate()
    env = {"HTTPS_PROXY": forward(lab, "not-local"), "SSL_CERT_FILE": crt}
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env=env)


@fault("proxy-intercepts-localhost", needs=["mcp1"])
def login_page_for_localhost(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": forward(lab, "login")})


@fault("proxy-intercepts-localhost", needs=["mcp1"])
def legacy_sse_server(lab: Lab) -> World:
    entry = {"type": "sse", "url": f"http://127.0.0.1:{server(lab, 'sse')}/sse"}
    return World(entry, env={"HTTP_PROXY": forward(lab, "502")})


@fault("proxy-unreachable", needs=["mcp1"])
def nothing_there(lab: Lab) -> World:
    dead = lab.free_port()
    lab.must_show(f"127.0.0.1:{dead}", "ECONNREFUSED", "HTTP_PROXY")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": f"http://127.0.0.1:{dead}"})


@fault("proxy-unreachable", needs=["mcp1", "openssl"])
def dead_for_https(lab: Lab) -> World:
    dead = lab.free_port()
    lab.must_show(f"127.0.0.1:{dead}")
    crt, key = lab.certificate()
    env = {"https_proxy": f"127.0.0.1:{dead}", "SSL_CERT_FILE": crt}
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env=env)


@fault("proxy-unreachable", needs=["mcp1"])
def name_of_nowhere(lab: Lab) -> World:
    lab.must_show("proxy.corp.invalid")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": "http://proxy.corp.invalid:8080"})


@fault("proxy-unreachable", needs=["mcp1"])
def socks_is_not_running(lab: Lab) -> World:
    """An ssh -D that has ended."""
    dead = lab.free_port()
    lab.must_show("ALL_PROXY", str(dead))
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"ALL_PROXY": f"socks5://127.0.0.1:{dead}"})


@fault("proxy-unreachable", netns=True)
def corporate_proxy_is_gone(lab: Lab) -> World:
    """The server is elsewhere, and the proxy on the way to it is away."""
    lab.run("ip", "addr", "add", "10.77.0.1/32", "dev", "lo")
    lab.must_show("10.77.0.1:3128")
    return World(lab.url("http://mcp.acme.internal/mcp"), env={"HTTP_PROXY": "http://10.77.0.1:3128"})


@fault("proxy-auth-required", needs=["mcp1"])
def basic(lab: Lab) -> World:
    lab.must_show("407", "Basic")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": forward(lab, "auth")})


@fault("proxy-auth-required")
def ntlm_on_the_way_out(lab: Lab) -> World:
    lab.must_show("407")
    return World(lab.url("https://mcp.acme.internal/mcp"), env={"HTTPS_PROXY": forward(lab, "ntlm")})


@fault("proxy-auth-required", needs=["mcp1", "tinyproxy"])
def tinyproxy_with_users(lab: Lab) -> World:
    proxy = tinyproxy(lab, "BasicAuth ann secret-word")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": proxy})


@fault("proxy-auth-required", needs=["mcp1", "tinyproxy"])
def wrong_password(lab: Lab) -> World:
    lab.must_show("401", "credentials in the setting")
    proxy = tinyproxy(lab, "BasicAuth ann secret-word").replace("//", "//ann:other-word@")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": proxy})


@fault("proxy-error-page", needs=["mcp1"], netns=True)
def login_page_on_the_way(lab: Lab) -> World:
    """A captive portal answers 200 with its form; the server's own address answers as MCP."""
    lab.run("ip", "addr", "add", "10.77.0.2/32", "dev", "lo")
    lab.must_show("sign in")
    lab.start(
        lab.mcp1, lab.write("weather.py", SERVER), "10.77.0.2", "8000", "streamable-http", port=8000, host="10.77.0.2"
    )
    url = "http://10.77.0.2:8000/mcp"
    return World(lab.url(url), env={"HTTP_PROXY": forward(lab, "login")})


@fault("proxy-error-page")
def sent_to_a_login(lab: Lab) -> World:
    lab.must_show("302")
    return World(lab.url("http://mcp.acme.internal/mcp"), env={"HTTP_PROXY": forward(lab, "redirect")})


@fault("tcp-nothing-listening")
def server_is_down_behind_a_proxy(lab: Lab) -> World:
    """The proxy answers 502 because nobody is there; the proxy is not to blame."""
    return World(lab.url(f"http://127.0.0.1:{lab.free_port()}/mcp"), env={"HTTP_PROXY": forward(lab)})


@fault("proxy-auth-required")
def socks_with_users(lab: Lab) -> World:
    lab.must_show("SOCKS")
    return World(lab.url("http://mcp.acme.internal/mcp"), env={"ALL_PROXY": socks(lab, "ann:secret-word")})


@healthy(needs=["mcp1"])
def socks_that_reaches_this_machine(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"ALL_PROXY": socks(lab)})


@healthy(needs=["mcp1"])
def exceptions_take_it_out(lab: Lab) -> World:
    env = {"HTTP_PROXY": forward(lab, "502"), "NO_PROXY": "localhost,127.0.0.1"}
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env=env)


@healthy(needs=["mcp1"])
def dead_proxy_that_nobody_takes(lab: Lab) -> World:
    env = {"HTTP_PROXY": f"http://127.0.0.1:{lab.free_port()}", "no_proxy": "127.0.0.1, localhost, ::1"}
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env=env)


@healthy(needs=["mcp1"])
def proxy_for_https_only(lab: Lab) -> World:
    return World(
        lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTPS_PROXY": f"http://127.0.0.1:{lab.free_port()}"}
    )


@healthy(needs=["mcp1"])
def proxy_that_reaches_this_machine(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": forward(lab)})


@healthy(needs=["mcp1", "tinyproxy"])
def tinyproxy_that_reaches_this_machine(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": tinyproxy(lab)})


@healthy(needs=["mcp1", "tinyproxy"])
def proxy_with_the_right_password(lab: Lab) -> World:
    proxy = tinyproxy(lab, "BasicAuth ann secret-word").replace("//", "//ann:secret-word@")
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": proxy})


@healthy(needs=["mcp1", "openssl"])
def tls_through_a_tunnel(lab: Lab) -> World:
    crt, key = lab.certificate()
    env = {"HTTPS_PROXY": forward(lab), "SSL_CERT_FILE": crt}
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env=env)


@healthy()
def stdio_server_with_a_dead_proxy(lab: Lab) -> World:
    """A server over pipes does not care."""
    entry = lab.stdio(lab.mcp1, "-m", "mcp_server_time", "--local-timezone", "UTC")
    return World(entry, env={"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"})


# A server that asks its service first, as most that wrap an API do.
ASKS_FIRST = """
const url = process.env.SERVICE_URL || 'https://api.weather.example/v1/status';
fetch(url).then(r => r.text()).then(() => { process.stdin.resume(); }, e => { console.error(e); process.exit(1); });
"""


@fault("proxy-ignored", needs=["node"])
def fetch_does_not_read_the_variable(lab: Lab) -> World:
    """The service is reached through the proxy only, and Node's fetch goes by itself."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("named.py", NAMED), str(port), port=port)
    lab.must_show("api.weather.example", "HTTPS_PROXY", "NODE_USE_ENV_PROXY=1")
    return World(
        lab.stdio(lab.node, lab.write("first.js", ASKS_FIRST), env={"HTTPS_PROXY": f"http://127.0.0.1:{port}"})
    )


@fault("proxy-ignored", needs=["node"])
def refused_without_the_proxy(lab: Lab) -> World:
    """Plain http, and the address refuses everybody but the proxy."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("named.py", NAMED), str(port), port=port)
    env = {"HTTP_PROXY": f"http://127.0.0.1:{port}", "SERVICE_URL": f"http://127.0.0.1:{lab.free_port()}/status"}
    return World(lab.stdio(lab.node, lab.write("first.js", ASKS_FIRST), env=env))


@fault("proxy-unreachable")
def the_servers_own_proxy_is_dead(lab: Lab) -> World:
    dead = lab.free_port()
    lab.must_show(f"127.0.0.1:{dead}", "HTTPS_PROXY")
    script = (
        "import os, socket, urllib.parse\n"
        "proxy = urllib.parse.urlsplit(os.environ['HTTPS_PROXY'])\n"
        "try: socket.create_connection((proxy.hostname, proxy.port))\n"
        "except OSError as e: raise SystemExit(f'Error: connect ECONNREFUSED {proxy.hostname}:{proxy.port}')\n"
    )
    env = {"HTTPS_PROXY": f"http://127.0.0.1:{dead}"}
    return World(lab.stdio(lab.python, lab.write("uses.py", script), env=env))


@fault("proxy-intercepts-localhost", needs=["mcp1"], timeout=20)
def proxy_never_answers(lab: Lab) -> World:
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": forward(lab, "silent")})


@fault("proxy-intercepts-localhost", needs=["mcp1", "nginx"])
def an_ordinary_web_server_as_proxy(lab: Lab) -> World:
    port = lab.free_port()
    lab.nginx(f"server {{ listen 127.0.0.1:{port}; return 400; }}", port)
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env={"HTTP_PROXY": f"http://127.0.0.1:{port}"})


@fault("proxy-intercepts-localhost", needs=["mcp1"])
def exceptions_with_blanks(lab: Lab) -> World:
    lab.must_show("commas")
    env = {"HTTP_PROXY": forward(lab, "502"), "NO_PROXY": "localhost 127.0.0.1"}
    return World(lab.url(f"http://127.0.0.1:{server(lab)}/mcp"), env=env)


@fault("auth-required")
def server_wants_a_token_behind_an_honest_proxy(lab: Lab) -> World:
    """Via on a server's 401 is no sign of the proxy's."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("named.py", NAMED), str(port), port=port)
    return World(lab.url("http://mcp.acme.internal/mcp"), env={"HTTP_PROXY": f"http://127.0.0.1:{port}"})


@healthy(needs=["mcp1"])
def editor_leaves_this_machine_out(lab: Lab) -> World:
    """VS Code has a proxy in its settings, and does not use it for localhost."""
    lab.write("home/.config/Code/User/settings.json", '{"http.proxy": "http://127.0.0.1:9"}')
    return World(lab.url(f"http://localhost:{server(lab)}/mcp"), client="vscode", args=("--client", "vscode"))


@fault("proxy-unreachable")
def editors_proxy_is_away(lab: Lab) -> World:
    dead = lab.free_port()
    lab.must_show("http.proxy", str(dead))
    text = f'{{\n  // work\n  "http.proxy": "http://127.0.0.1:{dead}",\n}}'
    lab.write("home/.config/Code/User/settings.json", text)
    return World(lab.url("https://mcp.acme.internal/mcp"), client="vscode", args=("--client", "vscode"))


@fault("proxy-unreachable", needs=["node"], timeout=25)
def npx_cannot_fetch(lab: Lab) -> World:
    dead = lab.free_port()
    lab.must_show(f"127.0.0.1:{dead}")
    env = {
        "https_proxy": f"http://127.0.0.1:{dead}",
        "npm_config_registry": "https://index.acme.internal/",
        "npm_config_fetch_retries": "0",
    }
    return World(lab.stdio("npx", "-y", "weather-mcp-server", env=env))


# A proxy that knows what only it can reach: it answers for those names itself.
NAMED = r"""
import http.server, sys
class Proxy(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self):
        self.send_response(200); self.end_headers()
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        mcp = self.path.endswith("/mcp")
        self.send_response(401 if mcp else 200)
        self.send_header("Via", "1.1 squid.corp.example")
        if mcp: self.send_header("WWW-Authenticate", 'Bearer resource_metadata="http://mcp.acme.internal/.well-known/oauth-protected-resource"')
        self.send_header("Content-Type", "application/json"); self.send_header("Content-Length", "2")
        self.end_headers(); self.wfile.write(b"{}")
    do_GET = do_POST = do_DELETE = do_OPTIONS = answer
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Proxy).serve_forever()
"""


@fault("tcp-nothing-listening")
def both_are_down(lab: Lab) -> World:
    """A proxy for other addresses is dead, and so is the server; NO_PROXY takes the server out."""
    env = {"HTTP_PROXY": f"http://127.0.0.1:{lab.free_port()}", "NO_PROXY": "localhost,127.0.0.1,::1"}
    return World(lab.url(f"http://127.0.0.1:{lab.free_port()}/mcp"), env=env)


@fault("proxy-error-page")
def notice_of_a_proxy_without_a_name(lab: Lab) -> World:
    """No header tells whose page it is; but the proxy gives it for a name that cannot exist as well."""
    lab.must_show("HTTP_PROXY", "Welcome")
    port = lab.free_port()
    code = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        page = b"<html><head><title>Welcome to our network</title></head><body>Please accept the terms</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
    do_POST = do_GET
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
    lab.start(lab.python, lab.write("portal.py", code), str(port), port=port)
    return World(lab.url("http://tools.acme-corp.invalid/mcp"), env={"HTTP_PROXY": f"http://127.0.0.1:{port}"})
