"""Answers to the opening that no client accepts."""

from typing import Any

from tests.faults.healthy.stdio import raw, ts1
from tests.faults.http.worlds import odd
from tests.lab import Lab, fault

INVALID = "handshake-invalid-response"


def answers(lab: Lab, line: str) -> dict[str, object]:
    """A server that answers initialize with this Python expression, `id` being the request's id, `result` a good result."""
    return raw(
        lab,
        loop=f"""
result = {{"protocolVersion": "2025-06-18", "capabilities": {{"tools": {{}}}}, "serverInfo": {{"name": "x", "version": "1"}}}}
for line in sys.stdin:
    m = json.loads(line)
    id = m.get("id")
    if m["method"] == "initialize": print({line}, flush=True)
    else: handle(m)
""",
    )


@fault(INVALID)
def wrong_id(lab: Lab):
    lab.must_show("999")
    return answers(lab, 'json.dumps({"jsonrpc": "2.0", "id": 999, "result": result})')


@fault(INVALID)
def id_as_string(lab: Lab):
    return answers(lab, 'json.dumps({"jsonrpc": "2.0", "id": str(id), "result": result})')


@fault(INVALID)
def no_jsonrpc(lab: Lab):
    lab.must_show("jsonrpc")
    return answers(lab, 'json.dumps({"id": id, "result": result})')


@fault(INVALID)
def result_and_error(lab: Lab):
    lab.must_show("both result and error")
    return answers(lab, 'json.dumps({"jsonrpc": "2.0", "id": id, "result": result, "error": None})')


@fault(INVALID)
def no_server_info(lab: Lab):
    lab.must_show("serverInfo")
    return answers(lab, '(result.pop("serverInfo"), json.dumps({"jsonrpc": "2.0", "id": id, "result": result}))[1]')


@fault(INVALID)
def version_is_a_number(lab: Lab):
    lab.must_show("protocolVersion")
    return answers(lab, 'json.dumps({"jsonrpc": "2.0", "id": id, "result": {**result, "protocolVersion": 1.0}})')


@fault(INVALID)
def bare_result(lab: Lab):
    """The result alone, without the frame of JSON-RPC: neither id nor jsonrpc."""
    return answers(lab, 'json.dumps({"jsonrpc": "2.0", "id": id, **result})')


@fault(INVALID)
def a_batch(lab: Lab):
    lab.must_show("batch")
    return answers(lab, 'json.dumps([{"jsonrpc": "2.0", "id": id, "result": result}])')


@fault(INVALID)
def not_a_number(lab: Lab):
    lab.must_show("NaN")
    return answers(lab, 'json.dumps({"jsonrpc": "2.0", "id": id, "result": {**result, "x": float("nan")}})')


@fault(INVALID, layer="handshake")
def pretty_printed(lab: Lab):
    lab.must_show("several lines")
    return answers(lab, 'json.dumps({"jsonrpc": "2.0", "id": id, "result": result}, indent=2)')


@fault(INVALID, needs=["node"])
def no_line_end(lab: Lab):
    lab.must_show("no line end")
    return lab.stdio(
        lab.node,
        "-e",
        """
process.stdin.on('data', d => { const m = JSON.parse(d); if (m.id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id: m.id,
  result: { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'x', version: '1' } } })); });
""",
    )


ERROR = "handshake-error"


@fault(ERROR)
def license_missing(lab: Lab):
    lab.must_show("License key expired on 2026-01-31", "-32001")
    return answers(
        lab,
        'json.dumps({"jsonrpc": "2.0", "id": id, "error": {"code": -32001, "message": "License key expired on 2026-01-31"}})',
    )


@fault(ERROR, needs=["node"])
def handler_throws(lab: Lab):
    lab.must_show("cannot open vault")
    types = lab.npm("@modelcontextprotocol/sdk", "dist/esm/types.js")
    return ts1(
        lab,
        f"import {{ InitializeRequestSchema }} from '{types}';"
        + """
server.server.setRequestHandler(InitializeRequestSchema, async () => { throw new Error('cannot open vault'); });
""",
    )


@fault(ERROR)
def internal_error_with_id_null(lab: Lab):
    lab.must_show("-32603")
    return answers(
        lab, 'json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32603, "message": "Internal error"}})'
    )


@fault("handshake-strict-server")
def wants_every_capability(lab: Lab):
    lab.must_show("capabilities.roots.listChanged")
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "initialize":
        try: m["params"]["capabilities"]["roots"]["listChanged"]
        except KeyError:
            send({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32700, "message": "missing field capabilities.roots.listChanged"}})
            continue
    handle(m)
""",
    )


@fault("handshake-strict-server")
def wants_a_title(lab: Lab):
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "initialize" and "title" not in m["params"]["clientInfo"]:
        send({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32602, "message": "invalid type: missing field `title`"}})
    else: handle(m)
""",
    )


@fault("handshake-timeout")
def talks_but_never_answers(lab: Lab):
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "thinking"}})
""",
    )


@fault("handshake-timeout")
def floods_notifications(lab: Lab):
    return raw(
        lab,
        loop="""
sys.stdin.readline()
while True: send({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}})
""",
    )


@fault("handshake-stray-response", verdict="warning")
def answers_the_notification(lab: Lab):
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    m = json.loads(line)
    if "id" not in m: send({"jsonrpc": "2.0", "id": None, "result": {}})
    handle(m)
""",
    )


@fault("handshake-stray-response", verdict="warning")
def error_for_the_notification(lab: Lab):
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    m = json.loads(line)
    if "id" not in m: send({"jsonrpc": "2.0", "id": None, "error": {"code": -32601, "message": "Method not found"}})
    else:
        if m["method"] == "tools/list": time.sleep(1.5)
        handle(m)
""",
    )


def over_http(lab: Lab, change: str) -> dict[str, Any]:
    """A server over HTTP whose answers are changed by this line of code (`a` is the answer, `m` the request)."""
    return odd(
        lab,
        f"""
def do_POST(self):
    m = json.loads(self.take())
    if "id" not in m: return self.say(202, kind=None)
    a = self.reply(m)
    {change}
    self.say(200, a)
""",
    )


@fault("handshake-invalid-response")
def wrong_id_over_http(lab: Lab):
    lab.must_show("99")
    return over_http(lab, 'a["id"] = 99')


@fault("handshake-invalid-response")
def no_version_over_http(lab: Lab):
    lab.must_show("protocolVersion")
    return over_http(lab, 'if m["method"] == "initialize": del a["result"]["protocolVersion"]')


@fault("handshake-timeout")
def stream_that_only_keeps_alive(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.send_response(200)
    self.send_header("Content-Type", "text/event-stream")
    self.end_headers()
    for _ in range(600):
        self.wfile.write(b": keepalive\\n\\n")
        self.wfile.flush()
        time.sleep(1)
""",
    )


@fault("handshake-before-initialized")
def bridge_keeps_the_notification_back(lab: Lab):
    lab.must_show("-32002", "notifications/initialized")
    inner = raw(
        lab,
        loop="""
ready = False
for line in sys.stdin:
    m = json.loads(line)
    ready = ready or m["method"] == "notifications/initialized"
    if ready or m["method"] in ("initialize", "ping"): handle(m)
    elif "id" in m: send({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32002, "message": "Server not initialized"}})
""",
    )
    bridge = lab.write(
        "bridge.py",
        """
import subprocess, sys
inner = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
for line in sys.stdin.buffer:
    if b'"id"' in line:
        inner.stdin.write(line); inner.stdin.flush()
inner.stdin.close()
""",
    )
    return lab.stdio(lab.python, bridge, str(inner["command"]), *inner["args"])
