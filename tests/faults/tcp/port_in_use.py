"""The server wants a port that somebody has."""

from __future__ import annotations

from typing import Any

from tests.faults.tcp.servers import listener, redis
from tests.lab import Lab, fault, healthy


@fault("tcp-port-in-use-other", needs=["redis"])
def redis_has_it(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    redis(lab, port)
    text = f"import socket, sys\ns = socket.socket()\ntry:\n    s.bind(('127.0.0.1', {port}))\nexcept OSError as e:\n    sys.exit(f'{{e}}: port {port}')\n"
    lab.must_show("redis-server", str(port))
    return lab.stdio(lab.python, lab.write("server.py", text))


@fault("tcp-port-in-use-other", needs=["node"])
def node_says_eaddrinuse(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    listener(lab, port, "time.sleep(1000)")
    lab.must_show(str(port), "listener.py")
    return lab.stdio(lab.node, lab.write("server.js", f"require('http').createServer().listen({port}, '127.0.0.1');\n"))


@fault("tcp-port-in-use-other", needs=["mcp2"])
def uvicorn_says_errno_98(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    listener(lab, port, "time.sleep(1000)")
    text = f"from mcp.server.mcpserver import MCPServer\nMCPServer('x').run('streamable-http', host='127.0.0.1', port={port})\n"
    lab.must_show(str(port), "listener.py")
    return lab.stdio(lab.mcp2, lab.write("server.py", text))


@fault("tcp-port-in-use-stale")
def an_older_copy_in_python(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    script = lab.write("server.py", f"import asyncio\nasync def main():\n    s = await asyncio.start_server(lambda r, w: None, '127.0.0.1', {port})\n    print('ready', flush=True)\n    await asyncio.sleep(1000)\nasyncio.run(main())\n")  # fmt: skip
    old = lab.start(lab.python, script, says="ready")
    lab.must_show(str(old.pid), str(port))
    return lab.stdio(lab.python, script)


@fault("tcp-port-in-use-stale", needs=["node"])
def an_older_copy_in_node(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    script = lab.write(
        "dist/index.js", f"require('net').createServer().listen({port}, () => console.error('ready'));\n"
    )
    old = lab.start(lab.node, script, says="ready")
    lab.must_show(str(old.pid), str(port))
    return lab.stdio(lab.node, script)


@fault("tcp-bound-twice")
def the_same_server_starts_twice(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    text = (
        f"import socket, sys\ndef start():\n    s = socket.socket()\n    s.bind(('127.0.0.1', {port}))\n    s.listen()\n"
        f"    print('Server listening on port {port}', file=sys.stderr)\n    return s\na = start()\nb = start()\n"
    )
    lab.must_show(str(port))
    return lab.stdio(lab.python, lab.write("server.py", text))


@fault("tcp-bound-twice", needs=["node"])
def a_node_server_listens_twice(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    text = (
        f"const http = require('http');\nfunction start() {{ http.createServer().listen({port}, () => console.error('HTTP server"
        f" running on http://localhost:{port}')); }}\nstart();\nsetTimeout(start, 200);\n"
    )
    return lab.stdio(lab.node, lab.write("server.js", text))


@healthy(needs=["mcp2"], warns=["tcp-port-in-use-other"])
def the_side_port_is_taken_and_the_server_works(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    listener(lab, port, "time.sleep(1000)")
    text = (
        "import socket, sys\nfrom mcp.server.mcpserver import MCPServer\ntry:\n"
        f"    socket.create_server(('127.0.0.1', {port}))\nexcept OSError as e:\n"
        f"    print(f'dashboard on port {port} not started: {{e}}', file=sys.stderr)\n"
        "app = MCPServer('x')\n@app.tool()\ndef draw() -> str:\n    'Draws.'\n    return 'x'\napp.run()\n"
    )
    return lab.stdio(lab.mcp2, lab.write("server.py", text))
