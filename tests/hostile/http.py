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
        TABLE.append(Hostile(f"{name} (SSE)", sse, with_type("sse"), "http", **{**more, "quick": name[:3] in ("H03", "H22")}))


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


http("H03 accepts and never answers", "silent", "tcp-accepts-but-silent", sse="tcp-accepts-but-silent | http-no-response", timeouts=(5.0, 10.0), quick=True)
# Two seconds are too short to ask the port in other tongues as well: what was seen of HTTP is said.
http("H03 accepts and never answers, little time", "silent", "tcp-accepts-but-silent | http-no-response", sse="tcp-accepts-but-silent | http-no-response", timeouts=(2.0,))
http("H04 closes at once", "closes", "unexplained", sse="unexplained | tcp-reset")
http("H04 reset at once", "reset at once", "tcp-reset", sse="tcp-reset")
http("H04 reset in the headers", "reset in the headers", "tcp-reset", sse="tcp-reset")
http("H04 reset in the body", "reset in the body", "unexplained", sse="unexplained")
http("H05 headers in drips", "headers in drips", NO_RESPONSE, sse=NO_RESPONSE, timeouts=ALL, quick=True)
http("H05 a status line in drips", "status line in drips", "http-no-response")
http("H06 a body in drips", "body in drips", "http-no-response", sse="unexplained | http-no-response", timeouts=ALL)
http("H06 chunks in drips", "chunks in drips", "http-no-response")
http("H07 comments for ever", "comments for ever", "handshake-timeout", sse="unexplained | http-no-response | handshake-timeout", timeouts=ALL, quick=True)
http("H07 comments in a flood", "comments in a flood", "http-response-too-large", sse="http-response-too-large", timeouts=ALL)
http("H08 events in a flood", "events in a flood", "http-response-too-large", sse="http-response-too-large")
http("H08 messages in a flood", "messages in a flood", "http-response-too-large", sse="http-response-too-large", timeouts=ALL)
http("H08 a line without end", "a line without end", TOO_LARGE, sse="http-response-too-large", quick=True)
http("H08 an event without end", "an event without end", TOO_LARGE, sse="http-response-too-large")
http("H08 an event of bad text", "an event of bad text", "http-not-mcp", sse="http-not-mcp")
http("H09 early hints for ever", "early hints", "http-no-response | unexplained", sse="http-no-response | unexplained", timeouts=ALL, quick=True)
http("H09 continue for ever", "continue", "http-no-response", timeouts=ALL)
http("H10 headers without end", "a million headers", TOO_LARGE, sse=TOO_LARGE)
http("H10 a header of 100 MB", "a header of 100 MB", TOO_LARGE, sse=TOO_LARGE, quick=True)
http("H10 escapes in the reason", "escapes in the reason", "http-server-error", sse="http-server-error", quick=True)
http("H10 escapes in headers", "escapes in headers", "unexplained", sse="unexplained")
http("H10 folded and NUL headers", "folded and NUL headers", "unexplained", sse="unexplained")
http("H11 a gzip bomb", "gzip bomb", TOO_LARGE, sse="http-response-too-large", quick=True)
http("H11 a gzip bomb as a stream", "gzip bomb in a stream", TOO_LARGE, sse="http-response-too-large")
http("H11 a bomb in a bomb", "gzip in gzip", TOO_LARGE, sse="http-response-too-large")
http("H11 not gzip at all", "not gzip", "unexplained", sse="unexplained")
http("H11 gzip that is cut", "cut gzip", "http-not-mcp")
http("H11 an unknown encoding", "brotli", "unexplained", sse="unexplained")
http("H11 five hundred encodings", "many encodings", "unexplained", sse="unexplained")
http("H12 a body without end", "endless body", TOO_LARGE, sse="http-response-too-large", quick=True)
http("H12 a page without end", "endless page", "http-response-too-large", sse="http-response-too-large")
http("H12 chunks without end", "endless chunks", TOO_LARGE, sse="http-response-too-large")
http("H12 a chunk's head without end", "a chunk's head without end", "unexplained", sse="unexplained")
http("H12 trailers without end", "trailers without end", "unexplained", sse="unexplained")
http("H12 an error without end", "an error without end", "http-response-too-large", sse="http-response-too-large")
http("H12 a negative length", "negative length", "unexplained", sse="unexplained")
http("H12 a huge length", "huge length", "http-no-response")
http("H12 shorter than it says", "too short", "unexplained", sse="unexplained")
http("H12 longer than it says", "too long", "http-not-mcp")
http("H12 length and chunks", "length and chunks", "http-not-mcp")
http("H12 a bad chunk size", "bad chunk size", "unexplained", sse="unexplained")
http("H12 a huge chunk size", "huge chunk size", "http-no-response")
http("H13 HTTP/0.9", "HTTP/0.9", "unexplained", sse="unexplained | tcp-foreign-service")
http("H13 HTTP/2 preface", "HTTP/2 preface", "unexplained")
http("H13 HTTP/2 frames", "HTTP/2 frames", "unexplained")
http("H13 TLS on a plain port", "TLS alert", "tls-https-only-port", sse="tls-https-only-port")
http("H13 SSH", "SSH", "tcp-foreign-service", sse="tcp-foreign-service")
http("H13 noise without end", "endless noise", "unexplained", sse="unexplained | tcp-foreign-service", quick=True)
http("H13 NUL without end", "endless NUL", "unexplained")
http("H13 a reason without end", "a line of noise without end", "http-response-too-large", sse="http-response-too-large")
http("H14 a circle", "redirect circle", "http-redirect-loop", sse="http-redirect-loop")
http("H14 on and on", "redirect chain", "http-redirect-loop", sse="http-redirect-loop", quick=True)
http("H14 to a file", "redirect to a file", "unexplained", sse="unexplained")
http("H14 to a script", "redirect to a script", "unexplained")
http("H14 to the metadata service", "redirect to the metadata service", "unexplained", sse="unexplained")
http("H14 to nonsense", "redirect to nonsense", "unexplained", sse="unexplained")
http("H14 to a place of 60 KB", "redirect of 1 MB", "unexplained")
http("H14 to nowhere", "redirect without place", "unexplained")
http("H18 no challenge", "challenge missing", "auth-token-rejected", sse="auth-token-rejected")
http("H18 fifty challenges", "fifty challenges", "auth-token-rejected", sse="auth-token-rejected")
http("H18 a challenge of 50 KB", "a challenge of 50 KB", "auth-token-rejected", quick=True)
http("H18 metadata on a private address", "metadata on a private address", "auth-token-rejected")
http("H18 metadata at a script", "metadata at a script", "auth-token-rejected")
http("H18 metadata at nonsense", "metadata at nonsense", "auth-token-rejected")
http("H18 metadata that is no JSON", "metadata of no JSON", "auth-token-rejected")
http("H18 metadata that nests", "metadata that nests", "auth-token-rejected")
http("H18 metadata of wrong kinds", "metadata of wrong kinds", "auth-token-rejected", quick=True)
http("H18 metadata of another resource", "metadata of another resource", "auth-token-rejected")
http("H18 metadata with a script", "metadata with a script", "auth-token-rejected")
http("H18 metadata that leads to itself", "metadata that leads to itself", "auth-token-rejected")
http("H18 metadata without end", "metadata without end", "auth-token-rejected", quick=True)
http("H18 metadata that never comes", "metadata never", "auth-token-rejected", timeouts=ALL)
http("H19 a login page", "login page", "http-not-mcp", sse="http-not-mcp")
http("H19 405", "405", "unexplained", sse="unexplained")
http("H19 404 page", "404", "http-wrong-path", sse="http-wrong-path")
http("H19 403", "403", "auth-token-rejected", sse="auth-token-rejected")
http("H19 406", "406", "unexplained", sse="unexplained")
http("H19 429 with Retry-After of ages", "429 of ages", "http-rate-limited", sse="http-rate-limited")
http("H19 500 with a secret", "500 with a secret", "http-server-error", sse="http-server-error")
http("H19 503 page of a gateway", "503 page", "http-bad-gateway", sse="http-bad-gateway")
http("H19 status 999", "status 999", "unexplained", sse="unexplained")
http("H19 status 000", "status 000", "unexplained", sse="unexplained")
http("H20 empty", "empty", "http-not-mcp", sse="http-not-mcp")
http("H20 JSON but no RPC", "JSON but no RPC", "http-not-mcp", sse="http-not-mcp")
http("H20 the wrong content type", "wrong type", "http-wrong-content-type", sse="http-not-mcp")
http("H20 UTF-16", "UTF-16", "http-not-mcp", sse="http-not-mcp")
http("H20 deep JSON", "deep JSON", "http-not-mcp", sse="http-response-too-large")
http("H20 a huge number", "huge number", "handshake-invalid-response", sse="unexplained | http-not-mcp")
http("H20 a lone surrogate", "lone surrogate", "handshake-invalid-response")
http("H20 result and error", "result and error", "handshake-invalid-response")
http("H20 an error that is a string", "error is a string", "handshake-invalid-response")
http("H20 a message that is an object", "message is an object", "handshake-error")
http("H21 a session with blanks", "session with blanks", "tools-list-failed")
http("H21 a session in latin-1", "session in latin-1", "tools-list-failed")
http("H21 a session of 60 KB", "session of 60 KB", "tools-list-failed")
http("H21 another session each time", "session changes", "healthy")
http("H21 a session with escapes", "session with escapes", "tools-list-failed")
http("H22 endpoint elsewhere", "endpoint elsewhere", "", sse="proxy-endpoint-origin")
http("H22 endpoint of nonsense", "endpoint of nonsense", "", sse="unexplained")
http("H22 endpoint of 60 KB", "endpoint of 60 KB", "", sse="handshake-timeout")
http("H22 a stream that floods", "endpoint that floods", "http-transport-mismatch", sse="handshake-timeout", timeouts=ALL, quick=True)
http("H22 a stream that stays silent", "endpoint that is silent", "http-transport-mismatch", sse="handshake-timeout", timeouts=ALL)
http("H23 wants the version header", "version wanted", "healthy")
http("H23 takes no version header", "version refused", "healthy | tools-list-failed")
http("H24 words that want to be obeyed", "injection", "http-server-error", sse="http-server-error")
http("H25 reflects the request", "reflects", "http-server-error", sse="http-server-error", quick=True)
http("H26 a thousand cookies", "thousand cookies", "http-not-mcp", sse="http-not-mcp")
http("H27 good once, then silent", "good once", "tools-list-failed", timeouts=ALL, quick=True)
http("H27 good until tools/list", "good until tools", "tools-list-failed", timeouts=ALL)
http("H27 tools/list in drips", "tools in drips", "tools-list-failed")
http("H27 tools/list without end", "tools without end", "tools-list-failed")
http("H27 tools/list pages without end", "tools pages", "tools-list-failed", timeouts=ALL)
http("H27 the notification is never answered", "notification never answered", "healthy")
http("H28 flapping between connections", "flapping", "healthy | unexplained | http-bad-gateway | tcp-reset")
http("H28 flapping in one connection", "flapping in one connection", "healthy")
http("H29 WebSocket upgrade", "WebSocket", "unexplained", sse="unexplained")
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


raw_tls("H16 the handshake never ends", "tcp-accepts-but-silent", "time.sleep(60)", timeouts=ALL, quick=True)
raw_tls("H16 a record in drips", "unexplained", "c.sendall(b'\\x16\\x03\\x03\\x40\\x00')\nwhile True: c.sendall(b'\\x02'); time.sleep(.2)", timeouts=ALL)
raw_tls("H16 records without end", "unexplained", "while True: c.sendall(b'\\x16\\x03\\x03\\x40\\x00' + b'\\x0b\\xff\\xff\\xff' + bytes(16380))")
raw_tls("H16 warnings without end", "unexplained", "while True: c.sendall(b'\\x15\\x03\\x03\\x00\\x02\\x01\\x5a' * 1000)")
raw_tls("H16 change of cipher without end", "unexplained", "while True: c.sendall(b'\\x14\\x03\\x03\\x00\\x01\\x01' * 1000)")
raw_tls("H16 noise", "unexplained", "while True: c.sendall(os.urandom(65536))", quick=True)
raw_tls("H16 plain HTTP", "tls-plain-http-port", "c.sendall(b'HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n')")
raw_tls("H16 a reset", "tcp-reset", "import struct\nc.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))")
raw_tls("H16 an end", "unexplained", "pass")
raw_tls("H16 an alert", "tls-protocol-version", "c.sendall(b'\\x15\\x03\\x03\\x00\\x02\\x02\\x28')")


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
tls("H16 a deep chain", "healthy", deep)
tls("H16 a large certificate", "unexplained", big)
tls("H16 TLS, then silence", "http-no-response", plain, "silent", timeouts=ALL)
tls("H16 TLS, then a flood", TOO_LARGE, plain, "endless body")
tls("H16 TLS, then comments for ever", "handshake-timeout", plain, "comments for ever", timeouts=ALL)


# --- proxies ------------------------------------------------------------------------------------------------------------
def proxied(name: str, want: str, server: str, *, scheme: str = "http", url: str = "http://203.0.113.7:8000/mcp", **more: Any) -> None:
    """The URL of a far server through a proxy that behaves so."""
    variable = "HTTPS_PROXY" if url.startswith("https") else "HTTP_PROXY"

    def make(lab: Lab) -> Any:
        port = behaving(lab, server)
        return World({"type": "http", "url": url, "headers": SECRET}, env={variable: f"{scheme}://user:canary-proxy-77aa@127.0.0.1:{port}"})

    TABLE.append(Hostile(name, want, make, "http", **more))


FAR = "https://203.0.113.7/mcp"
proxied("H17 a silent proxy", "unexplained", "silent", timeouts=ALL, quick=True)
proxied("H17 a silent proxy for TLS", "unexplained", "silent", url=FAR, timeouts=ALL)
proxied("H17 a proxy that floods", "proxy-unreachable", "endless noise", url=FAR)
proxied("H17 a proxy with headers without end", "unexplained", "a million headers", url=FAR)
proxied("H17 a proxy in drips", "unexplained", "headers in drips", url=FAR, timeouts=ALL)
proxied("H17 a proxy that closes", "proxy-unreachable", "closes", url=FAR)
proxied("H17 a proxy that resets", "proxy-unreachable", "reset at once", url=FAR)
proxied("H17 a proxy with early hints for ever", "unexplained", "early hints", url=FAR)
proxied("H17 a page instead of a tunnel", "unexplained", "login page", url=FAR)
proxied("H17 a page of the proxy", "proxy-error-page", "login page")
proxied("H17 a proxy that reflects", "proxy-error-page", "reflects")
proxied("H17 a page without end", "proxy-error-page", "endless page")
proxied("H17 SOCKS that is silent", "unexplained", "silent", scheme="socks5", timeouts=ALL)
proxied("H17 SOCKS that floods", "proxy-unreachable", "endless NUL", scheme="socks5")
proxied("H17 SOCKS that floods, TLS", "proxy-unreachable", "endless NUL", scheme="socks5h", url=FAR)


@made("H17 no proxy there", "proxy-unreachable | proxy-refused | proxy-dead")
def dead_proxy(lab: Lab) -> Any:
    return World({"type": "http", "url": "http://203.0.113.7/mcp"}, env={"HTTP_PROXY": f"http://127.0.0.1:{lab.free_port()}"})


@made("H17 a proxy that is no URL", "proxy-unreachable")
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


named("H15 a silent name server", "dns-resolver-unreachable", "silent", timeouts=ALL, resolver=True)
named("H15 a slow name server", "dns-resolver-unreachable", "slow", timeouts=ALL, resolver=True)
named("H15 a name server of noise", "unexplained", "noise", timeouts=ALL, resolver=True)
named("H15 a name that is its own alias", "dns-name-not-found", "cname")
named("H15 many addresses, nobody there", "tcp-nothing-listening", "many")
named("H15 another address each time", "tcp-nothing-listening", "rebind")
named("H15 the metadata service's address", "not_checked", "metadata")
for _host, _want in {
    "0x7f000001": "tcp-nothing-listening", "2130706433": "tcp-nothing-listening", "0177.0.0.1": "tcp-nothing-listening", "127.1": "tcp-nothing-listening", "[::ffff:169.254.169.254]": "not_checked", "[64:ff9b::a9fe:a9fe]": "not_checked",
    "localhost.": "dns-name-not-found | tcp-nothing-listening", "lоcalhost": "dns-name-not-found", "a" * 64 + ".example": "dns-name-not-found", "xn--": "dns-name-not-found", "%00": "config-invalid-url", "..": "dns-name-not-found", "[fe80::1%25lo]": "not_checked", "[v1.x]": "dns-name-not-found",
}.items():
    TABLE.append(Hostile(f"H15 host {_host[:20]!r}", _want, lambda lab, h=_host: lab.url(f"http://{h}:{lab.free_port()}/mcp"), "http"))
