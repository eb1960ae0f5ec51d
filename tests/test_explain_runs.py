"""The signatures against what real programs print, run here; for the others, the program whose words they are is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mcp_selfcheck import causes, explain
from mcp_selfcheck.reading_patterns import compiled
from mcp_selfcheck.reading_text import clean, decoded

LAB = Path(__file__).parent.parent / ".lab"
SOURCES = Path(__file__).parent / "texts" / "sources.json"
HEARD = 150  # so many signatures at least are printed by the programs below; the number may only grow


def python(name: str) -> str:
    return str(LAB / name / "bin" / "python")


CLIENT = """
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
const [kind, ...rest] = process.argv.slice(2);
const transport = kind === "http" ? new StreamableHTTPClientTransport(new URL(rest[0]))
  : new StdioClientTransport({ command: rest[0], args: rest.slice(1) });
const client = new Client({ name: "x", version: "1" });
client.onerror = (e) => console.error(e);
await client.connect(transport, { timeout: 4000 });
"""

TLS = """
import http.client, http.server, ssl, subprocess, sys, threading
mode = sys.argv[1]
name = "other.example" if mode == "name" else "localhost"
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "k",
    "-out", "c", "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + name], check=True, capture_output=True)
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
server.handle_error = lambda *a: None
if mode != "plain":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("c", "k")
    if mode == "version":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if mode == "client":
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations("c")
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
trust = ssl.create_default_context(cafile=None if mode == "self" else "c")
if mode == "version":
    trust.minimum_version = ssl.TLSVersion.TLSv1_3
link = http.client.HTTPSConnection("localhost", server.server_port, timeout=5, context=trust)
link.connect()
if mode == "client":
    link.sock.recv(1)  # the server's alert; a request could meet the closed end first
link.request("GET", "/mcp")
link.getresponse()
"""

# (code, program, arguments, files to write). {dir} is the test's folder; the text is stdout and stderr together.
RUNS: list[tuple[str, str, list[str], dict[str, str]]] = [
    ("launch-module-missing", "py:bare", ["m.py"], {"m.py": "import requests_nope\n"}),
    ("launch-module-missing", "py:bare", ["-m", "mcp_server_nope"], {}),
    ("launch-wrong-python", "py:bare", ["m.py"], {"m.py": "from mcp.server.fastmcp import FastMCP\n"}),
    ("launch-python-sdk-v2", "py:mcp2", ["m.py"], {"m.py": "from mcp.server.fastmcp import FastMCP\n"}),
    ("launch-python-sdk-v2", "py:mcp2", ["m.py"], {"m.py": "from mcp.server import Server\nServer('x').list_tools()\n"}),
    ("launch-python-sdk-v2", "py:mcp2", ["m.py"], {"m.py": "from mcp import McpError\n"}),
    ("launch-sdk-too-old", "py:mcp1", ["m.py"], {"m.py": "from mcp.server import MCPServer\n"}),
    ("launch-fastmcp-major", "py:fastmcp", ["m.py"], {"m.py": "from fastmcp.tools.tool import Tool\n"}),
    ("launch-sdk-api-changed", "py:mcp1", ["m.py"], {"m.py": "from mcp.server.fastmcp import FastMCP\nFastMCP('x', version='1')\n"}),
    ("launch-relative-import", "py:bare", ["pkg/server.py"], {"pkg/server.py": "from . import api\n"}),
    ("launch-path-missing", "py:bare", ["/opt/servers/weather/server.py"], {}),
    ("launch-env-missing", "py:bare", ["m.py"], {"m.py": "import os\nos.environ['ACME_API_KEY']\n"}),
    ("launch-usage-error", "py:bare", ["-c", "import argparse; p = argparse.ArgumentParser('s'); p.add_argument('dir'); p.parse_args([])"], {}),
    ("launch-command-not-found", "py:bare", ["-c", "import subprocess; subprocess.Popen(['npx-nope'])"], {}),
    ("launch-not-executable", "py:bare", ["-c", "import subprocess; subprocess.Popen(['./plain'])"], {"plain": "x"}),
    ("config-args-in-command", "py:bare", ["-c", "import subprocess; subprocess.Popen(['uvx mcp-server-fetch'])"], {}),
    ("config-tilde", "py:bare", ["~/server.py"], {}),
    ("config-trailing-comma", "py:bare", ["-c", "import json; json.loads('{\"mcpServers\": {},}')"], {}),
    ("config-two-objects", "py:bare", ["-c", "import json; json.loads('{} {}')"], {}),
    ("config-invalid-escape", "py:bare", ["-c", "import json; json.loads(chr(34) + chr(92) + 'U' + chr(34))"], {}),
    ("config-bom", "py:bare", ["-c", "import json; json.loads('\\ufeff{}')"], {}),
    ("launch-too-many-files", "py:bare", ["-c", "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (20, 20)); x = [open('/dev/null') for _ in range(99)]"], {}),
    ("stdio-encoding", "py:bare", ["-c", "import sys; sys.stdout.reconfigure(encoding='cp1252'); print('\\u2713')"], {}),
    ("stdio-client-left", "py:bare", ["-c", "import os; r, w = os.pipe(); os.close(r); os.write(w, b'x')"], {}),
    ("stdio-run-by-hand", "py:mcp1", ["m.py"], {"m.py": "from mcp.server.fastmcp import FastMCP\nFastMCP('x').run()\n"}),
    ("tcp-nothing-listening", "py:bare", ["-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:3999/mcp')"], {}),
    ("tcp-nothing-listening", "py:mcp1", ["-c", "import httpx; httpx.get('http://127.0.0.1:3999/mcp')"], {}),
    ("config-invalid-url", "py:mcp1", ["-c", "import httpx; httpx.get('localhost:3000/mcp')"], {}),
    ("launch-command-not-found", "node", ["-e", "require('child_process').spawn('uvx-nope', ['x'])"], {}),
    ("launch-not-built", "node", ["/opt/servers/weather/dist/index.js"], {}),
    ("launch-esm-cjs", "node", ["a.js"], {"a.js": "import { a } from './x.js'; a();\n", "package.json": '{"type": "commonjs"}'}),
    ("launch-esm-cjs", "node", ["a.js"], {"a.js": "const a = require('fs')\n", "package.json": '{"type": "module"}'}),
    ("launch-out-of-memory", "node", ["--max-old-space-size=30", "-e", "const a = []; for (;;) a.push(new Array(1e6).fill(1))"], {}),
    ("launch-env-missing", "node", ["-e", "throw new Error('ACME_TOKEN environment variable is required')"], {}),
    ("launch-too-many-files", "sh", ["-c", "ulimit -n 26; node -e \"const fs = require('fs'); for (;;) fs.openSync('/dev/null')\""], {}),
    ("launch-usage-error", "node", ["--nope", "x.js"], {}),
    ("config-invalid-url", "node", ["-e", "new URL('localhost/mcp')"], {}),
    ("config-two-objects", "node", ["-e", "JSON.parse('{}{}')"], {}),
    ("tcp-nothing-listening", "node", ["-e", "require('net').connect(3999, '127.0.0.1')"], {}),
    ("tcp-nothing-listening", "node", ["client.mjs", "http", "http://127.0.0.1:3999/mcp"], {"client.mjs": CLIENT}),
    ("dns-name-not-found", "node", ["client.mjs", "http", "http://no-such-host.invalid/mcp"], {"client.mjs": CLIENT}),
    ("launch-crashed", "node", ["client.mjs", "stdio", "node", "-e", "process.exit(3)"], {"client.mjs": CLIENT}),
    ("launch-command-not-found", "node", ["client.mjs", "stdio", "uvx-nope", "weather"], {"client.mjs": CLIENT}),
    ("config-args-in-command", "node", ["client.mjs", "stdio", "npx -y weather"], {"client.mjs": CLIENT}),
    ("stdio-stdout-pollution", "node", ["client.mjs", "stdio", "node", "-e", "console.log('Server ready')"], {"client.mjs": CLIENT}),
    ("launch-node-sdk-moved", "node", ["a.mjs"], {"a.mjs": 'import { Foo } from "@modelcontextprotocol/sdk/server/mcp.js";\n'}),
    ("launch-interpreter-missing", "sh", ["-c", "chmod +x s; ./s"], {"s": "#!/usr/bin/python9\nprint(1)\n"}),
    ("launch-crlf-script", "sh", ["-c", "chmod +x s; ./s"], {"s": "#!/usr/bin/env python3\r\nprint(1)\r\n"}),
    ("launch-command-not-found", "sh", ["-c", "npxx-nope -y weather"], {}),
    ("tcp-nothing-listening", "curl", ["-sS", "http://127.0.0.1:3999/mcp"], {}),
    ("dns-name-not-found", "curl", ["-sS", "http://no-such-host.invalid/mcp"], {}),
    ("tls-self-signed", "py:bare", ["t.py", "self"], {"t.py": TLS}),
    ("tls-name-mismatch", "py:bare", ["t.py", "name"], {"t.py": TLS}),
    ("tls-protocol-version", "py:bare", ["t.py", "version"], {"t.py": TLS}),
    ("tls-client-certificate", "py:bare", ["t.py", "client"], {"t.py": TLS}),
    ("tls-plain-http-port", "py:bare", ["t.py", "plain"], {"t.py": TLS}),
    ("tcp-port-in-use-stale", "py:bare", ["-c", "import http.server as h; s = h.HTTPServer(('127.0.0.1', 0), h.BaseHTTPRequestHandler); import socket; socket.create_server(('127.0.0.1', s.server_port))"], {}),
    ("tcp-port-in-use-stale", "node", ["-e", "const s = require('net').createServer().listen(0, '127.0.0.1', () => require('net').createServer().listen(s.address().port, '127.0.0.1'))"], {}),
    ("dns-name-not-found", "py:bare", ["-c", "import socket; socket.getaddrinfo('no-such-host.invalid', 80)"], {}),
    ("launch-cwd-missing", "sh", ["-c", "mkdir d; cd d; rmdir ../d; node -p 'process.cwd()'"], {}),
    ("session-closed-reused", "py:mcp1", ["-c", "import anyio\nasync def f():\n a, b = anyio.create_memory_object_stream(0); a.close(); await a.send(1)\nanyio.run(f)"], {}),
    ("session-cancel-scope", "py:mcp1", ["-c", "import anyio, asyncio\nasync def f():\n s = anyio.CancelScope(); s.__enter__()\n async def g(): s.__exit__(None, None, None)\n await asyncio.create_task(g())\nanyio.run(f)"], {}),
    ("launch-crlf-script", "sh", ["-c", "chmod +x s; bash ./s"], {"s": "set -e\r\nuvx\r\n"}),
    ("launch-native-module", "node", ["-e", "require('fs').writeFileSync('x.node', 'no'); require('./x.node')"], {}),
    ("launch-node-too-old", "node", ["a.mjs"], {"a.mjs": "import { nope } from 'node:util'\n"}),
    ("upstream-address", "py:bare", ["-c", "import urllib.parse as u; u.urlsplit('postgres://ana:p#ss@db:5432/x').port"], {}),
    ("http-response-too-large", "node", ["-e", "'x'.repeat(2 ** 30)"], {}),
    ("launch-python-too-old", "py:bare", ["-c", "from typing import TypeIs"], {}),
    ("launch-os-unsupported", "py:bare", ["-c", "import winreg"], {}),
    ("launch-waits-for-input", "py:bare", ["-c", "input('Continue? [y/N] '); input('Password for ana: ')"], {}),
    ("launch-docker-not-running", "docker", ["-H", "unix:///nowhere/docker.sock", "run", "-i", "--rm", "weather"], {}),
]  # fmt: skip


def printed(i: int, root: Path) -> bytes | None:
    """What the program of this run printed; None where it is not here. Run once, whichever test asks first."""
    _, program, arguments, files = RUNS[i]
    exe = python(program[3:]) if program.startswith("py:") else shutil.which(program)
    if exe is None or not Path(exe).exists():
        return None
    kept = root / f"printed-{i}"
    if not kept.exists():
        place = root / f"run-{i}-{os.getpid()}"
        place.mkdir(parents=True)
        for name, content in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content.encode())
        if any(name.endswith(".mjs") for name in files):
            (place / "node_modules").symlink_to(LAB / "node" / "node_modules")
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        done = subprocess.run(
            [exe, *arguments], cwd=place, env=env, input=b"\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
        )  # fmt: skip
        (place / "printed").write_bytes(done.stdout)
        (place / "printed").rename(kept)
    return kept.read_bytes()


@pytest.fixture
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of a test run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


@pytest.mark.parametrize("i", range(len(RUNS)), ids=[f"{i}-{run[0]}-{run[1]}" for i, run in enumerate(RUNS)])
def test_what_the_real_program_prints(i: int, root: Path) -> None:
    text = printed(i, root)
    if text is None:
        pytest.skip(f"{RUNS[i][1]} is not here")
    assert [c.code for c in explain(text).candidates][:1] == [RUNS[i][0]], text.decode("utf-8", "replace")[-2000:]


def test_every_signature_is_heard_in_the_run_or_names_whose_words_it_is(root: Path) -> None:
    """tests/texts/sources.json: the programs, services and standards whose words the signatures of a cause are."""
    named: dict[str, list[str]] = json.loads(SOURCES.read_text(encoding="utf-8"))
    texts = [clean(decoded(text)).text for i in range(len(RUNS)) if (text := printed(i, root))]
    heard = {
        (c.code, s.pattern)
        for c in causes.load()
        for s in c.says
        if any(compiled(s.pattern, s.ignorecase).search(text) for text in texts)
    }
    mute = [(c.code, s.pattern) for c in causes.load() if not named.get(c.code) for s in c.says]
    assert not [x for x in mute if x not in heard], "neither printed in the run nor with a named source"
    assert set(named) <= set(causes.by_code()), "a source for a cause that is not there"
    assert all(name.strip() for names in named.values() for name in names)
    if len(texts) == len(RUNS):
        assert len(heard) >= HEARD, f"only {len(heard)} signatures are printed by a real program"
