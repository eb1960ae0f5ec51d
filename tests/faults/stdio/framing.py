"""Pipes that lead elsewhere, and frames that a client of MCP does not know."""

from tests.faults.healthy.stdio import LOOP, RAW, raw, ts1
from tests.lab import Lab, fault

LSP = """
import json, sys
i, o = sys.stdin.buffer, sys.stdout.buffer
def send(m):
    b = json.dumps({"jsonrpc": "2.0", **m}).encode()
    o.write(b"Content-Length: %d\\r\\n\\r\\n" % len(b) + b); o.flush()
while True:
    size = 0
    while (line := i.readline()) not in (b"\\r\\n", b"\\n"):
        if not line: sys.exit()
        if line.lower().startswith(b"content-length:"): size = int(line.split(b":")[1])
    m = json.loads(i.read(size)) if size else {}
    if m.get("method") == "initialize":
        send({"id": m["id"], "result": {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}},
              "serverInfo": {"name": "lsp", "version": "1"}}})
    elif m.get("method") == "tools/list": send({"id": m["id"], "result": {"tools": []}})
"""


@fault("stdio-content-length")
def like_a_language_server(lab: Lab):
    lab.must_show("Content-Length: ")
    return lab.stdio(lab.python, lab.write("server.py", LSP))


@fault("stdio-content-length", needs=["node"])
def node_waits_for_headers(lab: Lab):
    lab.must_show("Content-Length: ")
    return lab.stdio(
        lab.node,
        lab.write(
            "server.cjs",
            """
let held = Buffer.alloc(0);
process.stdin.on('data', d => { held = Buffer.concat([held, d]);
  const at = held.indexOf('\\r\\n\\r\\n'); if (at < 0) return;
  const size = +/Content-Length: (\\d+)/i.exec(held.subarray(0, at))[1];
  const m = JSON.parse(held.subarray(at + 4, at + 4 + size));
  const b = JSON.stringify({ jsonrpc: '2.0', id: m.id, result: { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 'n', version: '1' } } });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(b)}\\r\\n\\r\\n${b}`); });
""",
        ),
    )


@fault("stdio-content-length")
def reads_lines_writes_frames(lab: Lab):
    return raw(
        lab,
        """
def send(m):
    b = json.dumps(m)
    sys.stdout.write(f"Content-Length: {len(b)}\\r\\n\\r\\n{b}"); sys.stdout.flush()
""",
    )


@fault("stdio-stdin-closed")
def background_job(lab: Lab):
    """A shell gives /dev/null to a background job: the server sees the end of input at once."""
    lab.must_show("/dev/null")
    script = lab.write("server.py", RAW + LOOP)
    return lab.stdio("sh", lab.write("entrypoint.sh", f"{lab.python} {script} &\nwait\n"))


@fault("stdio-stdin-closed", needs=["node"])
def background_job_with_health_loop(lab: Lab):
    lab.must_show("/dev/null")
    entry = ts1(lab)
    words = " ".join([entry["command"], *entry["args"]])
    return lab.stdio("sh", lab.write("entrypoint.sh", f"{words} &\nwhile true; do sleep 1; done\n"))


@fault("stdio-stdin-closed")
def redirected_in_the_script(lab: Lab):
    lab.must_show("/dev/null")
    script = lab.write("server.py", RAW + LOOP)
    return lab.stdio("bash", lab.write("run.sh", f"exec {lab.python} {script} < /dev/null\n"))
