"""stdio entries that start HTTP servers."""

from tests.faults.healthy.stdio import hello
from tests.lab import Lab, fault

HTTP = "stdio-http-server"


def with_run(lab: Lab, python: str, module: str, cls: str, run: str, made: str = "") -> dict[str, object]:
    entry = hello(lab, python, module, cls)
    path = lab.tmp / "hello.py"
    text = path.read_text().replace(f'{cls}("hello")', made or f'{cls}("hello")').replace("mcp.run()", run)
    path.write_text(text)
    return entry


@fault(HTTP, needs=["mcp1"])
def sdk1_streamable(lab: Lab):
    port = lab.free_port()
    lab.must_show(f"http://127.0.0.1:{port}/mcp")
    made = f'FastMCP("hello", port={port})'
    return with_run(lab, lab.mcp1, "mcp.server.fastmcp", "FastMCP", 'mcp.run("streamable-http")', made)


@fault(HTTP, needs=["mcp1"])
def sdk1_sse(lab: Lab):
    port = lab.free_port()
    lab.must_show(f"http://127.0.0.1:{port}/sse")
    made = f'FastMCP("hello", port={port})'
    return with_run(lab, lab.mcp1, "mcp.server.fastmcp", "FastMCP", 'mcp.run("sse")', made)


@fault(HTTP, needs=["mcp2"])
def sdk2_streamable_on_all_addresses(lab: Lab):
    port = lab.free_port()
    lab.must_show(f":{port}/mcp")
    return with_run(
        lab, lab.mcp2, "mcp.server", "MCPServer", f'mcp.run("streamable-http", host="0.0.0.0", port={port})'
    )


@fault(HTTP, needs=["fastmcp"])
def fastmcp_http(lab: Lab):
    port = lab.free_port()
    lab.must_show(f"http://127.0.0.1:{port}/mcp")
    return with_run(lab, lab.fastmcp, "fastmcp", "FastMCP", f'mcp.run(transport="http", port={port})')


@fault(HTTP)
def plain_http_server(lab: Lab):
    """Prints on stdout where it listens, as many do."""
    port = lab.free_port()
    lab.must_show(str(port))
    return lab.stdio(lab.python, "-u", "-m", "http.server", str(port), "--bind", "127.0.0.1")


@fault(HTTP, needs=["node"])
def everything_over_http(lab: Lab):
    port = lab.free_port()
    lab.must_show(str(port))
    script = lab.npm("@modelcontextprotocol/server-everything")
    return {**lab.stdio(lab.node, script, "streamableHttp"), "env": {"PORT": str(port)}}


@fault(HTTP, needs=["node"])
def node_behind_a_shell(lab: Lab):
    port = lab.free_port()
    lab.must_show(str(port))
    code = f"require('http').createServer((q, r) => {{ r.statusCode = 404; r.end() }}).listen({port}, () => console.log('Listening on {port}'))"
    return lab.stdio("sh", "-c", f'{lab.node} -e "{code}"; true')
