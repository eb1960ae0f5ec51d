"""A healthy MCP server over streamable HTTP in the standard library alone. Prints its port."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from hello import answer


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.path != "/mcp":
            return self.reply(404, {"error": "not found"})
        if "id" not in request:
            return self.reply(202, None)
        result = answer(request["method"], request.get("params") or {})
        if result is None:
            error = {"code": -32601, "message": "Method not found"}
            return self.reply(404, {"jsonrpc": "2.0", "id": request["id"], "error": error})
        return self.reply(200, {"jsonrpc": "2.0", "id": request["id"], "result": result})

    def do_GET(self) -> None:
        self.reply(405 if self.path == "/mcp" else 404, None)

    def reply(self, status: int, body: object) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
print(server.server_port, flush=True)
server.serve_forever()
