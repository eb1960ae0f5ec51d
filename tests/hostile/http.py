"""Hostile HTTP servers, TLS endpoints, name servers and proxies: H01 to H30 of the list."""

# fmt: off

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.tcp.refused import names
from tests.hostile.case import TABLE, Hostile
from tests.lab import Lab, World

SERVERS = str(Path(__file__).with_name("http_servers.py"))
ALL = (2.0, 5.0, 10.0)
SECRET = {"Authorization": "Bearer canary-4f9a81c2d7e6"}
TOO_LARGE, NO_RESPONSE = "http-response-too-large", "http-no-response"


def behaving(lab: Lab, name: str, *more: str) -> int:
    """Starts the server of that name; returns its port."""
    lab.start(sys.executable, "-I", "-S", SERVERS, name, *more, says="port=")
    log = sorted(lab.tmp.glob("out-*.log"), key=lambda p: p.stat().st_mtime)[-1]
    found = re.search(r"port=(\d+)", log.read_text("utf-8", "replace"))
    assert found
    return int(found[1])


def http(name: str, server: str, want: str, *, sse: str = "", **more: Any) -> None:
    """The server as streamable HTTP, and as HTTP+SSE when `sse` says what is right there."""

    def with_type(kind: str) -> Callable[[Lab], Any]:
        return lambda lab: {"type": kind, "url": f"http://127.0.0.1:{behaving(lab, server)}/mcp", "headers": SECRET}

    if want:
        TABLE.append(Hostile(name, want, with_type("http"), "http", **more))
    if sse:
        TABLE.append(Hostile(f"{name} (SSE)", sse, with_type("sse"), "http", **more))


def made(name: str, want: str, **more: Any) -> Callable[[Callable[[Lab], Any]], Callable[[Lab], Any]]:
    def register(make: Callable[[Lab], Any]) -> Callable[[Lab], Any]:
        TABLE.append(Hostile(name, want, make, "http", **more))
        return make

    return register


@made("H01 refused", "tcp-refused | tcp-nothing-listening | tcp-not-running")
def refused(lab: Lab) -> Any:
    return lab.url(f"http://127.0.0.1:{lab.free_port()}/mcp")


@made("H02 a black hole", "tcp-filtered", netns=True, timeouts=ALL)
def black_hole(lab: Lab) -> Any:
    lab.run("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "3000", "-j", "DROP")
    return lab.url("http://127.0.0.1:3000/mcp")


@made("H02 a backlog that is full", "tcp-backlog-full | tcp-accepts-but-silent | tcp-timeout | tcp-filtered | unexplained", timeouts=ALL)
def full_backlog(lab: Lab) -> Any:
    code = "import socket, time\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)\np = s.getsockname()[1]\nc = [socket.socket() for _ in range(4)]\nfor x in c: x.setblocking(False); x.connect_ex(('127.0.0.1', p))\nprint(f'port={p}', flush=True); time.sleep(99)\n"
    lab.start(sys.executable, lab.write("full.py", code), says="port=")
    port = re.search(r"port=(\d+)", next(lab.tmp.glob("out-*.log")).read_text())
    assert port
    return lab.url(f"http://127.0.0.1:{port[1]}/mcp")


http("H03 accepts and never answers", "silent", "tcp-accepts-but-silent", sse="tcp-accepts-but-silent", timeouts=ALL, quick=True)
http("H04 closes at once", "closes", "*", sse="*")
http("H04 reset at once", "reset at once", "*", sse="*")
http("H04 reset in the headers", "reset in the headers", "*", sse="*")
http("H04 reset in the body", "reset in the body", "*", sse="*")
http("H05 headers in drips", "headers in drips", NO_RESPONSE, sse=NO_RESPONSE, timeouts=ALL, quick=True)
http("H05 a status line in drips", "status line in drips", "*")
http("H06 a body in drips", "body in drips", "*", sse="*", timeouts=ALL)
http("H06 chunks in drips", "chunks in drips", "*")
http("H07 comments for ever", "comments for ever", "*", sse="*", timeouts=ALL, quick=True)
http("H07 comments in a flood", "comments in a flood", "*", sse="*", timeouts=ALL)
http("H08 events in a flood", "events in a flood", "*", sse="*")
http("H08 messages in a flood", "messages in a flood", "*", sse="*", timeouts=ALL)
http("H08 a line without end", "a line without end", TOO_LARGE, sse="*", quick=True)
http("H08 an event without end", "an event without end", TOO_LARGE, sse="*")
http("H08 an event of bad text", "an event of bad text", "*", sse="*")
http("H09 early hints for ever", "early hints", "*", sse="*", timeouts=ALL, quick=True)
http("H09 continue for ever", "continue", "*", timeouts=ALL)
http("H10 headers without end", "a million headers", TOO_LARGE, sse=TOO_LARGE)
http("H10 a header of 100 MB", "a header of 100 MB", TOO_LARGE, sse=TOO_LARGE, quick=True)
http("H10 escapes in the reason", "escapes in the reason", "http-server-error", sse="*", quick=True)
http("H10 escapes in headers", "escapes in headers", "*", sse="*")
http("H10 folded and NUL headers", "folded and NUL headers", "*", sse="*")
http("H11 a gzip bomb", "gzip bomb", TOO_LARGE, sse="*", quick=True)
http("H11 a gzip bomb as a stream", "gzip bomb in a stream", TOO_LARGE, sse="*")
http("H11 a bomb in a bomb", "gzip in gzip", TOO_LARGE, sse="*")
http("H11 not gzip at all", "not gzip", "*", sse="*")
http("H11 gzip that is cut", "cut gzip", "*")
http("H11 an unknown encoding", "brotli", "*", sse="*")
http("H11 five hundred encodings", "many encodings", "*", sse="*")
http("H12 a body without end", "endless body", TOO_LARGE, sse="*", quick=True)
http("H12 a page without end", "endless page", "*", sse="*")
http("H12 chunks without end", "endless chunks", TOO_LARGE, sse="*")
http("H12 a chunk's head without end", "a chunk's head without end", "*", sse="*")
http("H12 trailers without end", "trailers without end", "*", sse="*")
http("H12 an error without end", "an error without end", "*", sse="*")
http("H12 a negative length", "negative length", "*", sse="*")
http("H12 a huge length", "huge length", "*")
http("H12 shorter than it says", "too short", "*", sse="*")
http("H12 longer than it says", "too long", "*")
http("H12 length and chunks", "length and chunks", "*")
http("H12 a bad chunk size", "bad chunk size", "*", sse="*")
http("H12 a huge chunk size", "huge chunk size", "*")
http("H13 HTTP/0.9", "HTTP/0.9", "*", sse="*")
http("H13 HTTP/2 preface", "HTTP/2 preface", "*")
http("H13 HTTP/2 frames", "HTTP/2 frames", "*")
http("H13 TLS on a plain port", "TLS alert", "tls-https-only-port", sse="tls-https-only-port")
http("H13 SSH", "SSH", "tcp-foreign-service", sse="tcp-foreign-service")
http("H13 noise without end", "endless noise", "*", sse="*", quick=True)
http("H13 NUL without end", "endless NUL", "*")
http("H13 a reason without end", "a line of noise without end", "*", sse="*")
http("H14 a circle", "redirect circle", "http-redirect-loop", sse="http-redirect-loop")
http("H14 on and on", "redirect chain", "http-redirect-loop", sse="http-redirect-loop", quick=True)
http("H14 to a file", "redirect to a file", "*", sse="*")
http("H14 to a script", "redirect to a script", "*")
http("H14 to the metadata service", "redirect to the metadata service", "*", sse="*")
http("H14 to nonsense", "redirect to nonsense", "*", sse="*")
http("H14 to a place of 60 KB", "redirect of 1 MB", "*")
http("H14 to nowhere", "redirect without place", "*")
http("H18 no challenge", "challenge missing", "*", sse="*")
http("H18 fifty challenges", "fifty challenges", "*", sse="*")
http("H18 a challenge of 50 KB", "a challenge of 50 KB", "*", quick=True)
http("H18 metadata on a private address", "metadata on a private address", "*")
http("H18 metadata at a script", "metadata at a script", "*")
http("H18 metadata at nonsense", "metadata at nonsense", "*")
http("H18 metadata that is no JSON", "metadata of no JSON", "*")
http("H18 metadata that nests", "metadata that nests", "*")
http("H18 metadata of wrong kinds", "metadata of wrong kinds", "*", quick=True)
http("H18 metadata of another resource", "metadata of another resource", "*")
http("H18 metadata with a script", "metadata with a script", "*")
http("H18 metadata that leads to itself", "metadata that leads to itself", "*")
http("H18 metadata without end", "metadata without end", "*", quick=True)
http("H18 metadata that never comes", "metadata never", "*", timeouts=ALL)
http("H19 a login page", "login page", "*", sse="*")
http("H19 405", "405", "*", sse="*")
http("H19 404 page", "404", "*", sse="*")
http("H19 403", "403", "*", sse="*")
http("H19 406", "406", "*", sse="*")
http("H19 429 with Retry-After of ages", "429 of ages", "http-rate-limited", sse="http-rate-limited")
http("H19 500 with a secret", "500 with a secret", "http-server-error", sse="http-server-error")
http("H19 503 page of a gateway", "503 page", "*", sse="*")
http("H19 status 999", "status 999", "*", sse="*")
http("H19 status 000", "status 000", "*", sse="*")
http("H20 empty", "empty", "http-not-mcp", sse="*")
http("H20 JSON but no RPC", "JSON but no RPC", "http-not-mcp", sse="*")
http("H20 the wrong content type", "wrong type", "http-wrong-content-type", sse="*")
http("H20 UTF-16", "UTF-16", "*", sse="*")
http("H20 deep JSON", "deep JSON", "*", sse="*", quick=True)
http("H20 a huge number", "huge number", "handshake-invalid-response", sse="*")
http("H20 a lone surrogate", "lone surrogate", "*")
http("H20 result and error", "result and error", "handshake-invalid-response")
http("H20 an error that is a string", "error is a string", "handshake-invalid-response")
http("H20 a message that is an object", "message is an object", "handshake-error")
http("H21 a session with blanks", "session with blanks", "*")
http("H21 a session in latin-1", "session in latin-1", "*")
http("H21 a session of 60 KB", "session of 60 KB", "*")
http("H21 another session each time", "session changes", "*")
http("H21 a session with escapes", "session with escapes", "*")
http("H22 endpoint elsewhere", "endpoint elsewhere", "", sse="*")
http("H22 endpoint of nonsense", "endpoint of nonsense", "", sse="*")
http("H22 endpoint of 60 KB", "endpoint of 60 KB", "", sse="*")
http("H22 a stream that floods", "endpoint that floods", "*", sse="*", timeouts=ALL, quick=True)
http("H22 a stream that stays silent", "endpoint that is silent", "*", sse="handshake-timeout", timeouts=ALL)
http("H24 words that want to be obeyed", "injection", "http-server-error", sse="http-server-error")
http("H25 reflects the request", "reflects", "http-server-error", sse="http-server-error", quick=True)
http("H26 a thousand cookies", "thousand cookies", "*", sse="*")
http("H27 good once, then silent", "good once", "*", timeouts=ALL, quick=True)
http("H27 good until tools/list", "good until tools", "tools-list-failed", timeouts=ALL)
http("H27 tools/list in drips", "tools in drips", "tools-list-failed")
http("H27 tools/list without end", "tools without end", "tools-list-failed")
http("H27 tools/list pages without end", "tools pages", "*", timeouts=ALL)
http("H27 the notification is never answered", "notification never answered", "*")
http("H28 flapping between connections", "flapping", "*")
http("H28 flapping in one connection", "flapping in one connection", "*")
http("H29 WebSocket upgrade", "WebSocket", "*", sse="*")
http("H00 healthy", "healthy", "healthy")


@made("H30 only on ::1, asked at 127.0.0.1", "tcp-ipv6-only | tcp-bound-to-ipv6 | tcp-other-family | tcp-refused | tcp-localhost-family")
def only_v6(lab: Lab) -> Any:
    return lab.url(f"http://127.0.0.1:{behaving(lab, 'healthy', '--host', '::1')}/mcp")


# --- TLS ----------------------------------------------------------------------------------------------------------------
def raw_tls(name: str, want: str, code: str, **more: Any) -> None:
    """A port that gets a ClientHello and does `code` with connection c."""

    def make(lab: Lab) -> Any:
        text = (
            "import socket, threading, time, os\ns = socket.create_server(('127.0.0.1', 0), backlog=64)\nprint(f'port={s.getsockname()[1]}', flush=True)\n"
            "def one(c):\n  try:\n    c.recv(65536)\n" + "".join(f"    {line}\n" for line in code.splitlines())
            + "  except OSError: pass\n  finally: c.close()\n"
            "while True: threading.Thread(target=one, args=(s.accept()[0],), daemon=True).start()\n"
        )
        lab.start(sys.executable, lab.write("raw_tls.py", text), says="port=")
        port = re.search(r"port=(\d+)", next(lab.tmp.glob("out-*.log")).read_text())
        assert port
        return lab.url(f"https://localhost:{port[1]}/mcp", headers=SECRET)

    TABLE.append(Hostile(name, want, make, "https", **more))


raw_tls("H16 the handshake never ends", "*", "time.sleep(60)", timeouts=ALL, quick=True)
raw_tls("H16 a record in drips", "*", "c.sendall(b'\\x16\\x03\\x03\\x40\\x00')\nwhile True: c.sendall(b'\\x02'); time.sleep(.2)", timeouts=ALL)
raw_tls("H16 records without end", "*", "while True: c.sendall(b'\\x16\\x03\\x03\\x40\\x00' + b'\\x0b\\xff\\xff\\xff' + bytes(16380))")
raw_tls("H16 warnings without end", "*", "while True: c.sendall(b'\\x15\\x03\\x03\\x00\\x02\\x01\\x5a' * 1000)")
raw_tls("H16 change of cipher without end", "*", "while True: c.sendall(b'\\x14\\x03\\x03\\x00\\x01\\x01' * 1000)")
raw_tls("H16 noise", "*", "while True: c.sendall(os.urandom(65536))", quick=True)
raw_tls("H16 plain HTTP", "tls-plain-http-port", "c.sendall(b'HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n')")
raw_tls("H16 a reset", "*", "import struct\nc.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))")
raw_tls("H16 an end", "*", "pass")
raw_tls("H16 an alert", "*", "c.sendall(b'\\x15\\x03\\x03\\x00\\x02\\x02\\x28')")


def tls(name: str, want: str, build: Callable[[Lab], tuple[str, str, str]], server: str = "healthy", **more: Any) -> None:
    """The behaviour behind TLS; `build` gives certificate, key, and the trusted CA ("" for none)."""

    def make(lab: Lab) -> Any:
        crt, key, ca = build(lab)
        port = behaving(lab, server, "--tls", crt, key)
        return World(lab.url(f"https://localhost:{port}/mcp", headers=SECRET), env={"SSL_CERT_FILE": ca} if ca else {})

    TABLE.append(Hostile(name, want, make, "https", needs=("openssl",), **more))


def plain(lab: Lab, **more: Any) -> tuple[str, str, str]:
    crt, key = lab.certificate(**more)
    return crt, key, crt


def deep(lab: Lab) -> tuple[str, str, str]:
    root = above = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Deep CA")
    files: list[str] = []
    for n in range(12):
        above = lab.certificate(f"ca{n}", hosts=(), ca=above, is_ca=True, subject=f"/CN=Deep CA {n}")
        files.append(above[0])
    crt, key = lab.certificate("leaf", ca=above)
    text = "".join(Path(f).read_text() for f in [crt, *reversed(files)])
    return lab.write("chain.pem", text), key, root[0]


def big(lab: Lab) -> tuple[str, str, str]:
    hosts = ["localhost", *(f"host-{n}.a-long-name-for-a-large-certificate.example" for n in range(12000))]
    crt, key = lab.certificate(hosts=hosts)
    return crt, key, crt


tls("H16 healthy", "healthy", plain)
tls("H16 expired", "tls-expired", lambda lab: plain(lab, starts="20240101000000Z", ends="20250228120000Z"))
tls("H16 not yet valid", "tls-expired", lambda lab: plain(lab, starts="20990101000000Z", ends="21000101000000Z"))
tls("H16 another name", "tls-name-mismatch", lambda lab: plain(lab, hosts=("mcp.example.com",)))
tls("H16 self-signed", "tls-self-signed", lambda lab: (*lab.certificate(), ""))
tls("H16 escapes in the certificate", "tls-self-signed", lambda lab: (*lab.certificate(subject="/CN=\x1b[31mred\u202e"), ""))
tls("H16 a deep chain", "*", deep)
tls("H16 a large certificate", "*", big)
tls("H16 TLS, then silence", "*", plain, "silent", timeouts=ALL)
tls("H16 TLS, then a flood", TOO_LARGE, plain, "endless body")
tls("H16 TLS, then comments for ever", "*", plain, "comments for ever", timeouts=ALL)


# --- proxies ------------------------------------------------------------------------------------------------------------
def proxied(name: str, want: str, server: str, *, scheme: str = "http", url: str = "http://203.0.113.7:8000/mcp", **more: Any) -> None:
    """The URL of a far server through a proxy that behaves so."""
    variable = "HTTPS_PROXY" if url.startswith("https") else "HTTP_PROXY"

    def make(lab: Lab) -> Any:
        port = behaving(lab, server)
        return World({"type": "http", "url": url, "headers": SECRET}, env={variable: f"{scheme}://user:canary-proxy-77aa@127.0.0.1:{port}"})

    TABLE.append(Hostile(name, want, make, "http", **more))


FAR = "https://203.0.113.7/mcp"
proxied("H17 a silent proxy", "*", "silent", timeouts=ALL, quick=True)
proxied("H17 a silent proxy for TLS", "*", "silent", url=FAR, timeouts=ALL)
proxied("H17 a proxy that floods", "*", "endless noise", url=FAR)
proxied("H17 a proxy with headers without end", "*", "a million headers", url=FAR)
proxied("H17 a proxy in drips", "*", "headers in drips", url=FAR, timeouts=ALL)
proxied("H17 a proxy that closes", "*", "closes", url=FAR)
proxied("H17 a proxy that resets", "*", "reset at once", url=FAR)
proxied("H17 a proxy with early hints for ever", "*", "early hints", url=FAR)
proxied("H17 a page instead of a tunnel", "*", "login page", url=FAR)
proxied("H17 a page of the proxy", "*", "login page")
proxied("H17 a proxy that reflects", "*", "reflects")
proxied("H17 a page without end", "*", "endless page")
proxied("H17 SOCKS that is silent", "*", "silent", scheme="socks5", timeouts=ALL)
proxied("H17 SOCKS that floods", "*", "endless NUL", scheme="socks5")
proxied("H17 SOCKS that floods, TLS", "*", "endless NUL", scheme="socks5h", url=FAR)


@made("H17 no proxy there", "proxy-unreachable | proxy-refused | proxy-dead")
def dead_proxy(lab: Lab) -> Any:
    return World({"type": "http", "url": "http://203.0.113.7/mcp"}, env={"HTTP_PROXY": f"http://127.0.0.1:{lab.free_port()}"})


@made("H17 a proxy that is no URL", "*")
def odd_proxy(lab: Lab) -> Any:
    return World({"type": "http", "url": "http://203.0.113.7/mcp"}, env={"HTTP_PROXY": "http://[::1:99999/\u202e", "NO_PROXY": "*.*,,[,203.0.113.0/99"})


# --- names --------------------------------------------------------------------------------------------------------------
NAMESERVER = """
import socket, struct, sys, time
kind = sys.argv[1]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.53", 53))
print("ready", flush=True)
n = 0
while True:
    q, peer = s.recvfrom(4096)
    n += 1
    end = q.index(b"\\0", 12) + 5
    asked = struct.unpack(">H", q[end - 4:end - 2])[0]
    def say(code, answers, records):
        s.sendto(q[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, answers, 0, 0) + q[12:end] + records, peer)
    def a(*addresses):
        return b"".join(b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(x) for x in addresses)
    if kind == "silent": continue
    if kind == "slow": time.sleep(3)
    if kind == "noise": s.sendto(q[:2] + b"\\xff" * 400, peer); continue
    if kind == "cname": say(0, 1, b"\\xc0\\x0c" + struct.pack(">HHIH", 5, 1, 1, 2) + b"\\xc0\\x0c"); continue
    if asked != 1: say(0, 0, b""); continue
    if kind == "many": say(0, 28, a(*(f"127.0.1.{k}" for k in range(28))))
    elif kind == "rebind": say(0, 1, a("127.0.0.1" if n % 2 else "203.0.113.9"))
    elif kind == "metadata": say(0, 1, a("169.254.169.254"))
    else: say(0, 1, a("127.0.0.1"))
"""


def named(name: str, want: str, kind: str, **more: Any) -> None:
    def make(lab: Lab) -> Any:
        names(lab, resolv="nameserver 127.0.0.53\n")
        lab.start(sys.executable, lab.write("dns.py", NAMESERVER), kind, says="ready")
        return lab.url("http://mcp.corp.net:8000/mcp", headers=SECRET)

    TABLE.append(Hostile(name, want, make, "http", netns=True, **more))


named("H15 a silent name server", "*", "silent", timeouts=ALL)
named("H15 a slow name server", "*", "slow", timeouts=ALL)
named("H15 a name server of noise", "*", "noise", timeouts=ALL)
named("H15 a name that is its own alias", "*", "cname")
named("H15 many addresses, nobody there", "*", "many")
named("H15 another address each time", "*", "rebind")
named("H15 the metadata service's address", "*", "metadata")
for _n, (_host, _want) in enumerate({
    "0x7f000001": "*", "2130706433": "*", "0177.0.0.1": "*", "127.1": "*", "[::ffff:169.254.169.254]": "*", "[64:ff9b::a9fe:a9fe]": "*",
    "localhost.": "*", "lоcalhost": "*", "a" * 64 + ".example": "*", "xn--": "*", "%00": "*", "..": "*", "[fe80::1%25lo]": "*", "[v1.x]": "*",
}.items()):
    TABLE.append(Hostile(f"H15 host {_host[:20]!r}", _want, lambda lab, h=_host: lab.url(f"http://{h}:{lab.free_port()}/mcp"), "http"))
