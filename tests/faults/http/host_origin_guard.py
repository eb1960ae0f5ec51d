from tests.faults.http.worlds import GUARD, TS1_HEAD, front, mcp1, mcp2, node
from tests.lab import Lab, fault


@fault("http-host-rejected", needs=["mcp1"])
def name_that_the_guard_does_not_know(lab: Lab):
    lab.must_show("421", "127.0.0.2")
    return lab.url(f"http://127.0.0.2:{mcp1(lab, host='127.0.0.2', more=GUARD)}/mcp")


@fault("http-host-rejected", needs=["mcp2", "nginx"])
def proxy_drops_the_port(lab: Lab):
    port = mcp2(lab)
    lab.must_show("421", "Invalid Host header")
    return front(
        lab, f"location / {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Host $host; proxy_buffering off; }}"
    )


@fault("http-host-rejected", needs=["node"])
def express_app_of_the_sdk(lab: Lab):
    code = (
        TS1_HEAD
        + """
const app = createMcpExpressApp();
app.post('/mcp', async (req, res) => {
  const t = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await make().connect(t); await t.handleRequest(req, res, req.body);
});
app.listen(port, '127.0.0.2');
"""
    )
    lab.must_show("403")
    return lab.url(f"http://127.0.0.2:{node(lab, code, host='127.0.0.2')}/mcp")


@fault("http-host-rejected", needs=["mcp1"])
def host_header_in_the_entry(lab: Lab):
    return lab.url(f"http://127.0.0.1:{mcp1(lab)}/mcp", headers={"Host": "tools.corp.example"})


@fault("http-host-rejected", needs=["mcp1"])
def sse_stream_too(lab: Lab):
    return {"type": "sse", "url": f"http://127.0.0.2:{mcp1(lab, 'sse', host='127.0.0.2', more=GUARD)}/sse"}


@fault("http-origin-rejected", needs=["mcp2"])
def origin_in_the_entry(lab: Lab):
    lab.must_show("403", "https://app.example")
    return lab.url(f"http://127.0.0.1:{mcp2(lab)}/mcp", headers={"Origin": "https://app.example"})


@fault("http-origin-rejected", needs=["mcp1", "nginx"])
def origin_added_by_a_proxy(lab: Lab):
    port = mcp1(lab)
    return front(
        lab,
        f"location / {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Host 127.0.0.1:{port}; "
        "proxy_set_header Origin https://portal.example; }",
    )
