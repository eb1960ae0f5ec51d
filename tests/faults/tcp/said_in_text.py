"""Ports and places that a server names only in a traceback, in its source, in its settings or in an answer."""

from __future__ import annotations

from typing import Any

from tests.faults.tcp.servers import listener
from tests.lab import Lab, World, fault, healthy

HOLD = "time.sleep(1000)"


@fault("tcp-backend-not-running")
def the_place_is_a_constant(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    text = f"import socket\nHOST = 'localhost'\nPORT = {port}\ns = socket.socket()\ns.connect((HOST, PORT))\n"
    lab.must_show(str(port))
    return lab.stdio(lab.python, lab.write("server.py", text))


@fault("tcp-backend-not-running")
def the_place_is_in_the_settings(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    text = "import os, urllib.request\nurllib.request.urlopen(os.environ['ENGINE'] + '/stats')\n"
    lab.must_show(str(port))
    return lab.stdio(lab.python, lab.write("server.py", text), env={"ENGINE": f"http://127.0.0.1:{port}"})


@fault("tcp-backend-not-running")
def the_answer_names_it(lab: Lab) -> dict[str, Any]:
    port, own = lab.free_port(), lab.free_port()
    text = f"""
import http.server, json, socket
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            socket.create_connection(("127.0.0.1", {port}), 1)
        except OSError as e:
            said = f"Could not connect to the editor at 127.0.0.1:{port}: {{e}}"
        error = {{"code": -32000, "message": said}}
        body = json.dumps({{"jsonrpc": "2.0", "id": asked.get("id"), "error": error}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", {own}), H).serve_forever()
"""
    lab.start(lab.python, lab.write("bridge.py", text), port=own)
    lab.must_show(str(port))
    return lab.url(f"http://127.0.0.1:{own}/mcp")


@fault("tcp-port-in-use-other")
def deep_in_a_traceback(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    held = listener(lab, port, HOLD)
    text = f"import http.server\nhttp.server.HTTPServer(('127.0.0.1', {port}), http.server.BaseHTTPRequestHandler)\n"
    lab.must_show(str(port), str(held.pid))
    return lab.stdio(lab.python, lab.write("server.py", text))


@fault("tcp-port-in-use-other", needs=["node"])
def it_claims_to_listen_and_ends(lab: Lab) -> dict[str, Any]:
    """Express 5 gives the error to the function that prints the good news."""
    port = lab.free_port()
    held = listener(lab, port, HOLD)
    lab.must_show(str(port), str(held.pid))
    server = lab.npm("@modelcontextprotocol/server-everything")
    return lab.stdio(lab.node, server, "sse", env={"PORT": str(port)})


@fault("tcp-bound-twice")
def twice_in_python(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    text = f"import socket\na = socket.create_server(('127.0.0.1', {port}))\nb = socket.create_server(('127.0.0.1', {port}))\n"
    lab.must_show(str(port))
    return lab.stdio(lab.python, lab.write("server.py", text))


@healthy(needs=["mcp2"])
def it_takes_another_port(lab: Lab) -> World:
    port = lab.free_port()
    listener(lab, port, HOLD)
    text = (
        f"import socket, sys\nfrom mcp.server.mcpserver import MCPServer\ns = socket.socket()\ntry:\n    s.bind(('127.0.0.1', {port}))\n"
        f"except OSError:\n    print('port {port} is in use, trying another one', file=sys.stderr)\n    s.bind(('127.0.0.1', 0))\n"
        "app = MCPServer('x')\n@app.tool()\ndef add(a: int, b: int) -> int:\n    'Adds.'\n    return a + b\napp.run()\n"
    )
    return World(entry=lab.stdio(lab.mcp2, lab.write("server.py", text)), client="claude-desktop")


@fault("tcp-wrong-port", needs=["mcp2"])
def its_name_is_that_of_its_folder(lab: Lab) -> World:
    from tests.faults.tcp.servers import http_server

    port = lab.free_port()
    http_server(lab, port, script="mcp-server-linear/dist/index.py")
    lab.must_show(str(port))
    return World(entry=lab.url(f"http://127.0.0.1:{lab.free_port()}/mcp"), name="linear")


@fault("tcp-reset")
def it_closes_without_a_byte(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    listener(lab, port, "while True:\n    c, _ = s.accept()\n    c.recv(9999)\n    c.close()")
    lab.must_show(str(port))
    return lab.url(f"http://127.0.0.1:{port}/mcp")
