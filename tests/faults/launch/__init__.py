"""Servers that cannot be started, or that end before they answer; and healthy ones that look as if."""

import sys
from pathlib import Path

UV = str(Path(sys.executable).with_name("uv"))  # a development tool of this project

# A small healthy server of the legacy era, in Python's and Node's standard library.
PY = """
import sys, json
def serve():
    for line in sys.stdin:
        m = json.loads(line)
        if m.get("method") == "initialize":
            r = {"protocolVersion": m["params"]["protocolVersion"], "capabilities": {"tools": {}},
                 "serverInfo": {"name": "lab", "version": "1.0.0"}}
        elif m.get("method") == "tools/list":
            r = {"tools": [{"name": "echo", "description": "Says it again.", "inputSchema": {"type": "object"}}]}
        elif m.get("method") == "ping":
            r = {}
        elif "id" in m:
            print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "Method not found"}}), flush=True)
            continue
        else:
            continue
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}), flush=True)
"""
SERVE = PY + "\nserve()\n"

NODE = """
function serve() {
  const rl = require("readline").createInterface({ input: process.stdin });
  rl.on("line", (line) => {
    const m = JSON.parse(line);
    if (m.id === undefined) return;
    let r;
    if (m.method === "initialize") r = { protocolVersion: m.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "lab", version: "1.0.0" } };
    else if (m.method === "tools/list") r = { tools: [{ name: "echo", description: "Says it again.", inputSchema: { type: "object" } }] };
    else if (m.method === "ping") r = {};
    const out = r ? { result: r } : { error: { code: -32601, message: "Method not found" } };
    process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id: m.id, ...out }) + "\\n");
  });
}
"""
NODE_SERVE = NODE + "\nserve();\n"
