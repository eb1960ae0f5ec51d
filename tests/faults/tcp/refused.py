"""Nobody, or somebody else, answers at the address of the URL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

from tests.faults.tcp.servers import everything, http_server, listener, redis
from tests.lab import Lab, World, fault, healthy


@fault("tcp-nothing-listening")
def nobody_there(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    lab.must_show(f"127.0.0.1 port {port}: ECONNREFUSED")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-nothing-listening")
def nobody_at_localhost(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    lab.must_show(str(port))
    return lab.url(f"http://localhost:{port}/sse")


@fault("tcp-nothing-listening", needs=["mcp2"])
def the_server_was_stopped(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    process = http_server(lab, port)
    process.terminate()
    process.wait(10)
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-nothing-listening", needs=["mcp2"], netns=True)
def another_program_on_the_neighbouring_port(lab: Lab) -> dict[str, Any]:
    listener(lab, 3001, "time.sleep(100)")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-nothing-listening", netns=True)
def it_listens_on_another_loopback_address(lab: Lab) -> dict[str, Any]:
    listener(lab, 3000, "time.sleep(100)", host="127.0.0.5")
    lab.must_show("127.0.0.5")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-nothing-listening", netns=True)
def a_remote_machine_refuses(lab: Lab) -> dict[str, Any]:
    peer(lab)
    return lab.url("http://10.77.0.2:3000/mcp")


def peer(lab: Lab) -> str:
    """A second machine, 10.77.0.2, wired to the lab's namespace (10.77.0.1). Returns its namespace."""
    other = f"{lab.netns}-b"
    subprocess.run(["ip", "netns", "add", other], check=True)
    lab._stack.callback(subprocess.run, ["ip", "netns", "del", other], check=False)
    lab.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", other)
    lab.run("ip", "addr", "add", "10.77.0.1/24", "dev", "v0")
    lab.run("ip", "link", "set", "v0", "up")
    for words in (
        ["addr", "add", "10.77.0.2/24", "dev", "v1"],
        ["link", "set", "v1", "up"],
        ["link", "set", "lo", "up"],
    ):
        subprocess.run(["ip", "-n", other, *words], check=True)
    return other


@fault("tcp-wrong-port", needs=["mcp2"])
def the_script_beside_the_config_has_another_port(lab: Lab) -> dict[str, Any]:
    port, other = lab.free_port(), lab.free_port()
    http_server(lab, other)
    lab.must_show(str(port), str(other))
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-wrong-port", needs=["mcp2"])
def the_server_named_as_the_entry_has_another_port(lab: Lab) -> World:
    import tempfile

    port, other = lab.free_port(), lab.free_port()
    place = lab._stack.enter_context(tempfile.TemporaryDirectory())
    text = (
        "from mcp.server.mcpserver import MCPServer\n"
        f"app = MCPServer('x')\napp.run('streamable-http', host='127.0.0.1', port={other})\n"
    )
    script = f"{place}/weather-hub.py"
    with open(script, "w") as f:
        f.write(text)
    lab.start(lab.mcp2, script, port=other)
    lab.must_show(str(other), "weather-hub")
    return World(entry=lab.url(f"http://localhost:{port}/mcp"), name="weather-hub")


@fault("tcp-wrong-port", needs=["node"], netns=True)
def the_only_server_here_has_another_port(lab: Lab) -> dict[str, Any]:
    everything(lab, 3001)
    lab.must_show("3000", "3001")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-wrong-port", needs=["node"])
def the_server_does_not_heed_its_port_argument(lab: Lab) -> dict[str, Any]:
    port, other = lab.free_port(), lab.free_port()
    script = lab.npm("@modelcontextprotocol/server-everything")
    lab.start(lab.node, script, "streamableHttp", "--port", str(port), port=other, env={"PORT": str(other)})
    lab.must_show(str(port), str(other))
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-stdio-server", needs=["mcp2"])
def started_in_a_terminal_over_stdio(lab: Lab) -> dict[str, Any]:
    text = "from mcp.server.mcpserver import MCPServer\napp = MCPServer('x')\napp.run()\n"
    piped(lab, lab.mcp2, lab.write("server.py", text))
    lab.must_show("server.py")
    return lab.url(f"http://127.0.0.1:{lab.free_port()}/mcp")


@fault("tcp-stdio-server", needs=["node"])
def a_node_server_over_stdio(lab: Lab) -> dict[str, Any]:
    sdk = lab.npm("@modelcontextprotocol/sdk", "dist/esm/server")
    text = (
        f"import {{ McpServer }} from '{sdk}/mcp.js';\nimport {{ StdioServerTransport }} from '{sdk}/stdio.js';\n"
        "const s = new McpServer({ name: 'x', version: '1' });\nawait s.connect(new StdioServerTransport());\n"
    )
    piped(lab, lab.node, lab.write("server.mjs", text))
    return lab.url(f"http://localhost:{lab.free_port()}/mcp")


@fault("tcp-nothing-listening", needs=["mcp2"])
def the_stdio_process_is_that_of_another_entry(lab: Lab) -> World:
    import json
    from pathlib import Path

    script = lab.write("other.py", "from mcp.server.mcpserver import MCPServer\napp = MCPServer('x')\napp.run()\n")
    piped(lab, lab.mcp2, script)
    entries = {
        "sick": lab.url(f"http://127.0.0.1:{lab.free_port()}/mcp"), "other": {"command": lab.mcp2, "args": [script]},
    }  # fmt: skip
    return World(config=Path(lab.write("mcp.json", json.dumps({"mcpServers": entries}))))


@fault("tcp-nothing-listening", needs=["mcp2"])
def the_server_beside_it_is_that_of_another_entry(lab: Lab) -> World:
    import json
    from pathlib import Path

    other = lab.free_port()
    http_server(lab, other)
    entries = {
        "sick": lab.url(f"http://127.0.0.1:{lab.free_port()}/mcp"), "other": lab.url(f"http://127.0.0.1:{other}/mcp"),
    }  # fmt: skip
    return World(config=Path(lab.write("mcp.json", json.dumps({"mcpServers": entries}))))


def piped(lab: Lab, *argv: str) -> None:
    """A program whose input is a pipe that stays open, as when a terminal or a supervisor holds it."""
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish() -> None:
        process.kill()
        process.wait(10)

    lab._stack.callback(finish)


@fault("tcp-ipv6-only", needs=["mcp2"])
def only_the_ipv6_loopback(lab: Lab) -> dict[str, Any]:
    port = lab.free_port("::1")
    http_server(lab, port, "::1")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-ipv6-only", netns=True)
def all_of_ipv6_and_nothing_of_ipv4(lab: Lab) -> dict[str, Any]:
    body = "time.sleep(100)"
    text = (
        "import socket, time\ns = socket.socket(socket.AF_INET6)\ns.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)\n"
        f"s.bind(('::', 3000))\ns.listen(5)\nprint('ready', flush=True)\n{body}\n"
    )
    lab.start(lab.python, lab.write("six.py", text), says="ready")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-ipv4-only", needs=["mcp2"])
def the_url_names_the_ipv6_loopback(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    http_server(lab, port)
    return lab.url(f"http://[::1]:{port}/mcp")


@fault("tcp-ipv4-only", needs=["node"], netns=True)
def a_name_that_is_ipv6_only(lab: Lab) -> dict[str, Any]:
    names(lab, "::1 devbox localhost6\n127.0.0.1 localhost\n")
    listener(lab, 3000, "time.sleep(100)")
    return lab.url("http://devbox:3000/mcp")


def names(lab: Lab, hosts: str = "127.0.0.1 localhost\n", resolv: str | None = None) -> None:
    """A hosts file, and a resolv.conf, that hold in the lab's namespace only (ip-netns(8))."""
    import shutil
    from pathlib import Path

    place = Path("/etc/netns") / str(lab.netns)
    place.mkdir(parents=True, exist_ok=True)
    lab._stack.callback(shutil.rmtree, place, True)
    (place / "hosts").write_text(hosts)
    if resolv is not None:
        (place / "resolv.conf").write_text(resolv)


@fault("tcp-foreign-service", needs=["redis"])
def redis_has_the_port(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    redis(lab, port)
    lab.must_show("Redis", "redis-server", str(port))
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-foreign-service", needs=["redis"])
def redis_with_a_password(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    redis(lab, port, "--requirepass", "abc")
    lab.must_show("Redis")
    return lab.url(f"http://localhost:{port}/sse")


@fault("tcp-foreign-service")
def an_ssh_greeting(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    body = (
        "while True:\n    c, _ = s.accept()\n    try:\n        c.sendall(b'SSH-2.0-OpenSSH_9.2p1 Debian-2\\r\\n')\n"
        "        c.recv(99)\n    except OSError:\n        pass\n    c.close()"
    )
    listener(lab, port, body)
    lab.must_show("SSH")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-foreign-service")
def a_directory_of_files(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    lab.start(lab.python, "-m", "http.server", str(port), "--bind", "127.0.0.1", port=port, cwd=str(lab.tmp))
    lab.must_show("http.server")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("http-not-mcp", needs=["nginx"])
def a_web_application_for_every_path(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    page = '"<!doctype html><html><head><title>Shop</title></head><body><div id=root></div></body></html>"'
    lab.nginx(
        f"server {{ listen 127.0.0.1:{port}; location / {{ default_type text/html; return 200 {page}; }} }}", port
    )
    lab.must_show("nginx", "pid ")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-accepts-but-silent", needs=["mcp2"])
def stopped_by_a_signal(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    process = http_server(lab, port)
    os.kill(process.pid, signal.SIGSTOP)
    lab.must_show(str(process.pid), "stopped")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-accepts-but-silent", timeout=20)
def spinning_without_end(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    process = listener(lab, port, "while True: pass")
    lab.must_show(str(process.pid), "spinning")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-accepts-but-silent", timeout=20)
def never_accepts(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    process = listener(lab, port, "time.sleep(1000)")
    lab.must_show(str(process.pid))
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-accepts-but-silent", timeout=20)
def accepts_and_sleeps(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    listener(lab, port, "held = []\nwhile True: held.append(s.accept())")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-accepts-but-silent", netns=True)
def the_backlog_is_full(lab: Lab) -> dict[str, Any]:
    listener(lab, 3000, "time.sleep(1000)", backlog=0)
    fill = (
        "import socket, time\nheld = []\nfor _ in range(4):\n    c = socket.socket(); c.setblocking(False)\n"
        "    c.connect_ex(('127.0.0.1', 3000)); held.append(c)\nprint('ready', flush=True)\ntime.sleep(1000)\n"
    )
    lab.start(sys.executable, lab.write("fill.py", fill), says="ready")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-backend-not-running")
def a_bridge_that_ends_without_its_application(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    lab.must_show(f"127.0.0.1:{port}")
    text = (
        "import socket, sys\ntry:\n"
        f"    socket.create_connection(('127.0.0.1', {port}))\nexcept OSError as e:\n"
        f"    sys.exit(f'Failed to connect to the editor at 127.0.0.1:{port}: {{e}}')\n"
    )
    return lab.stdio(lab.python, lab.write("bridge.py", text))


@fault("tcp-backend-not-running", needs=["node"])
def a_node_bridge_whose_socket_is_refused(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    lab.must_show(str(port))
    text = f"require('net').connect({port}, '127.0.0.1');\nprocess.stdin.resume();\n"
    return lab.stdio(lab.node, lab.write("bridge.cjs", text))


@fault("tcp-backend-not-running", needs=["mcp2"])
def the_server_lives_and_its_editor_does_not(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    text = (
        "import socket, sys\nfrom mcp.server.mcpserver import MCPServer\ntry:\n"
        f"    socket.create_connection(('127.0.0.1', {port}))\nexcept OSError as e:\n"
        f"    print(f'ERROR - Failed to connect to the editor on port {port}: {{e}}', file=sys.stderr)\n"
        "app = MCPServer('x')\n@app.tool()\ndef draw() -> str:\n    'Draws.'\n    return 'x'\napp.run()\n"
    )
    return lab.stdio(lab.mcp2, lab.write("bridge.py", text))


@healthy(needs=["mcp2"])
def the_cache_is_optional(lab: Lab) -> World:
    port = lab.free_port()
    text = (
        "import socket, sys\nfrom mcp.server.mcpserver import MCPServer\ntry:\n"
        f"    socket.create_connection(('127.0.0.1', {port}))\nexcept OSError as e:\n"
        f"    print(f'WARNING redis at 127.0.0.1:{port}: {{e}}; falling back to memory', file=sys.stderr)\n"
        "app = MCPServer('x')\n@app.tool()\ndef draw() -> str:\n    'Draws.'\n    return 'x'\napp.run()\n"
    )
    return World(entry=lab.stdio(lab.mcp2, lab.write("bridge.py", text)))


@healthy(needs=["mcp2"])
def slow_to_accept(lab: Lab) -> dict[str, Any]:
    """The backlog answers at once, the program only after two seconds."""
    port = lab.free_port()
    text = (
        "import asyncio, socket, sys, time, uvicorn\nfrom mcp.server.mcpserver import MCPServer\n"
        "server = MCPServer('x')\n@server.tool()\ndef add(a: int) -> int:\n    'Adds.'\n    return a\n"
        f"app = server.streamable_http_app()\ns = socket.create_server(('127.0.0.1', {port}))\n"
        "print('ready', flush=True)\ntime.sleep(2)\nuvicorn.Server(uvicorn.Config(app, log_level='error')).run(sockets=[s])\n"
    )
    lab.start(lab.mcp2, lab.write("slow.py", text), says="ready")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@healthy(needs=["mcp2"])
def another_server_on_the_neighbouring_port(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    http_server(lab, port)
    redis(lab, lab.free_port())
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@healthy(needs=["mcp2"])
def plain_ipv4(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    http_server(lab, port)
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@healthy(needs=["mcp2"])
def ipv4_by_the_name_localhost(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    http_server(lab, port)
    return lab.url(f"http://localhost:{port}/mcp")


@healthy(needs=["mcp2"])
def ipv6_by_its_address(lab: Lab) -> dict[str, Any]:
    port = lab.free_port("::1")
    http_server(lab, port, "::1")
    return lab.url(f"http://[::1]:{port}/mcp")


@healthy(needs=["mcp2"], netns=True)
def a_name_with_a_dead_address_first(lab: Lab) -> dict[str, Any]:
    names(lab, "10.9.9.9 devbox\n127.0.0.1 devbox localhost\n")
    lab.run("ip", "addr", "add", "10.9.9.1/24", "dev", "lo")
    lab.run("iptables", "-A", "OUTPUT", "-d", "10.9.9.9", "-j", "DROP")
    http_server(lab, 3000)
    return lab.url("http://devbox:3000/mcp", headers={"Host": "127.0.0.1:3000"})


@healthy(needs=["mcp2"], netns=True)
def localhost_is_both_and_the_server_ipv4(lab: Lab) -> dict[str, Any]:
    names(lab, "::1 localhost\n127.0.0.1 localhost\n")
    http_server(lab, 3000)
    return lab.url("http://localhost:3000/mcp")


@healthy(needs=["mcp2"], netns=True)
def rules_for_other_ports(lab: Lab) -> dict[str, Any]:
    for port in ("3001", "25", "8080"):
        lab.run("iptables", "-A", "INPUT", "-p", "tcp", "--dport", port, "-j", "DROP")
    http_server(lab, 3000)
    return lab.url("http://127.0.0.1:3000/mcp")


@healthy(needs=["mcp2", "nginx"])
def behind_nginx(lab: Lab) -> dict[str, Any]:
    back, port = lab.free_port(), lab.free_port()
    http_server(lab, back)
    lab.nginx(
        f"server {{ listen {port}; location / {{ proxy_pass http://127.0.0.1:{back}; proxy_set_header Host 127.0.0.1:{back};"
        " proxy_buffering off; } }", port,
    )  # fmt: skip
    return lab.url(f"http://127.0.0.1:{port}/mcp")
