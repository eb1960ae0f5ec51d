"""A small package registry on loopback: npm packuments and tarballs, PyPI simple pages and wheels, from one directory.

    python registry.py PORT DIRECTORY [STATUS]

DIRECTORY/npm/<name>/package.json are unpacked npm packages, DIRECTORY/wheels holds wheels. With STATUS every answer
is that status, as a private registry gives it (401, 403, 404, 503).
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PLACE = Path(sys.argv[2]) if len(sys.argv) > 2 else Path()
STATUS = int(sys.argv[3]) if len(sys.argv) > 3 else 0


def tarball(package: Path) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for file in sorted(package.rglob("*")):
            if file.is_file():
                tar.add(file, f"package/{file.relative_to(package)}")
    return out.getvalue()


class Registry(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="packages"')
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))  # else the next request begins in this body
        path = urllib.parse.unquote(self.path.split("?")[0]).strip("/")
        if STATUS:
            self.answer(STATUS, b'{"error": "refused"}')
        elif path.startswith("simple/"):
            self.simple(path.split("/")[1])
        elif path.startswith("wheels/"):
            self.answer(200, (PLACE / path).read_bytes(), "application/octet-stream")
        elif path.startswith("tarballs/"):
            self.answer(200, tarball(PLACE / "npm" / path.removeprefix("tarballs/").removesuffix(".tgz")))
        else:
            self.packument(path)

    def simple(self, name: str) -> None:
        found = [w for w in sorted((PLACE / "wheels").glob("*.whl")) if w.name.split("-")[0].replace("_", "-") == name]
        if not found:
            return self.answer(404, b"404 Not Found", "text/plain")
        rows = "".join(f'<a href="/wheels/{w.name}">{w.name}</a>\n' for w in found)
        return self.answer(200, f"<!DOCTYPE html><html><body>{rows}</body></html>".encode(), "text/html")

    def packument(self, name: str) -> None:
        manifest = PLACE / "npm" / name / "package.json"
        if not manifest.is_file():
            return self.answer(404, b'{"error":"Not found"}')
        package = json.loads(manifest.read_text())
        digest = hashlib.sha1(tarball(manifest.parent)).hexdigest()
        host = self.headers["Host"]
        package["dist"] = {"tarball": f"http://{host}/tarballs/{name}.tgz", "shasum": digest}
        version = package["version"]
        body = {"name": name, "dist-tags": {"latest": version}, "versions": {version: package}}
        return self.answer(200, json.dumps(body).encode())

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815


class Server(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Registry).serve_forever()
