from tests.faults.http.worlds import everything, fastmcp, mcp1, mcp2, odd
from tests.lab import Lab, fault


@fault("http-transport-mismatch", needs=["mcp1"])
def sse_server_called_http(lab: Lab):
    lab.must_show("405", "sse")
    return lab.url(f"http://127.0.0.1:{mcp1(lab, 'sse')}/sse")


@fault("http-transport-mismatch", needs=["node"])
def node_sse_server_called_http(lab: Lab):
    lab.must_show("404")
    return lab.url(f"http://127.0.0.1:{everything(lab, 'sse')}/sse")


@fault("http-transport-mismatch", needs=["mcp2"])
def streamable_server_called_sse(lab: Lab):
    return {"type": "sse", "url": f"http://127.0.0.1:{mcp2(lab)}/mcp"}


@fault("http-transport-mismatch", needs=["fastmcp"])
def stateless_server_called_sse(lab: Lab):
    port = fastmcp(lab, 'transport="http", stateless_http=True')
    return {"type": "sse", "url": f"http://127.0.0.1:{port}/mcp"}


@fault("http-transport-mismatch", needs=["node"])
def everything_called_sse(lab: Lab):
    return {"type": "sse", "url": f"http://127.0.0.1:{everything(lab, 'streamableHttp')}/mcp"}


@fault("http-transport-mismatch")
def post_only_server_called_sse(lab: Lab):
    lab.must_show("405")
    return {**odd(lab), "type": "sse"}
