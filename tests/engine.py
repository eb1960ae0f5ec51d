"""The part of a container engine's API that `docker run` asks first: an engine that has no image and cannot pull one.

python engine.py SOCKET STATUS MESSAGE
"""

from __future__ import annotations

import json
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path


class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return "socket"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode() if body is not None else b"OK"
        self.send_response(status)
        self.send_header("Api-Version", "1.47")
        self.send_header("Ostype", "linux")
        self.send_header("Content-Type", "application/json" if body is not None else "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_GET(self) -> None:
        if "_ping" in self.path:
            self.answer(200, None)
        else:
            self.answer(200, {"Version": "27.5.1", "ApiVersion": "1.47", "Os": "linux", "Arch": "amd64"})

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/containers/create" in self.path:
            self.answer(404, {"message": "No such image: " + "the-image"})
        else:
            self.answer(int(sys.argv[2]), {"message": sys.argv[3]})


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


if __name__ == "__main__":
    server = Server(sys.argv[1], Engine)
    Path(sys.argv[1]).chmod(0o600)
    print("ready", flush=True)
    server.serve_forever()
