"""Certificates whose time or name is wrong, and ports where the two sides do not speak the same."""

from tests.faults.proxy.worlds import server, tls_server
from tests.faults.tls.trust import NEEDS, chained, nginx_tls
from tests.lab import Lab, World, fault, healthy


@fault("tls-expired", needs=NEEDS)
def ran_out(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab CA")
    crt, key = lab.certificate("leaf", ca=root, starts="20240101000000Z", ends="20250228120000Z")
    lab.must_show("2025-02-28", "Renew")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": root[0]})


@fault("tls-expired", needs=[*NEEDS, "nginx"])
def ran_out_and_self_signed(lab: Lab) -> World:
    """To trust it would not help."""
    crt, key = lab.certificate(starts="20240101000000Z", ends="20250228120000Z")
    lab.must_show("2025-02-28")
    return World(lab.url(f"https://localhost:{nginx_tls(lab, crt, key)}/mcp"))


@fault("tls-expired", needs=NEEDS)
def not_yet(lab: Lab) -> World:
    crt, key = lab.certificate(starts="20990101000000Z", ends="21000101000000Z")
    lab.must_show("2099-01-01", "clock")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": crt})


@fault("tls-expired", needs=NEEDS)
def its_signer_ran_out(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab CA")
    middle = lab.certificate("middle", hosts=(), ca=root, is_ca=True, subject="/CN=Homelab Signer",
                             starts="20230101000000Z", ends="20240101000000Z")  # fmt: skip
    crt, key = lab.certificate("leaf", ca=middle)
    lab.must_show("2024-01-01", "Homelab Signer")
    full = chained(lab, "full.pem", crt, middle[0])
    return World(lab.url(f"https://localhost:{tls_server(lab, (full, key))}/mcp"), env={"SSL_CERT_FILE": root[0]})


@fault("tls-name-mismatch", needs=NEEDS)
def name_for_the_world_only(lab: Lab) -> World:
    crt, key = lab.certificate(hosts=("mcp.example.com", "www.example.com"))
    lab.must_show("mcp.example.com", "localhost")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": crt})


@fault("tls-name-mismatch", needs=NEEDS)
def address_is_not_in_it(lab: Lab) -> World:
    crt, key = lab.certificate(hosts=("localhost",))
    lab.must_show("127.0.0.1", "localhost")
    return World(lab.url(f"https://127.0.0.1:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": crt})


@fault("tls-name-mismatch", needs=[*NEEDS, "nginx"])
def self_signed_for_another_name(lab: Lab) -> World:
    crt, key = lab.certificate(hosts=("intranet.corp.example",))
    lab.must_show("intranet.corp.example")
    return World(lab.url(f"https://localhost:{nginx_tls(lab, crt, key)}/mcp"))


@healthy(needs=NEEDS)
def only_a_subject(lab: Lab) -> World:
    """Without alternative names Python and Node.js still read the subject."""
    crt, key = lab.certificate(hosts=(), subject="/CN=localhost")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": crt})


@fault("tls-plain-http-port", needs=["mcp1"])
def uvicorn_in_clear(lab: Lab) -> World:
    lab.must_show("https", "HTTP 4")
    return World(lab.url(f"https://127.0.0.1:{server(lab)}/mcp"))


@fault("tls-plain-http-port", needs=["node"])
def node_in_clear(lab: Lab) -> World:
    port = lab.free_port()
    text = (
        f"require('http').createServer((q, r) => {{ r.statusCode = 404; r.end('no') }}).listen({port}, '127.0.0.1')\n"
    )
    lab.start(lab.node, lab.write("clear.js", text), port=port)
    return World(lab.url(f"https://localhost:{port}/mcp"))


@fault("tls-plain-http-port")
def python_in_clear(lab: Lab) -> World:
    port = lab.free_port()
    lab.start(lab.python, "-m", "http.server", str(port), "--bind", "127.0.0.1", cwd=str(lab.home), port=port)
    return World(lab.url(f"https://127.0.0.1:{port}/mcp"))


@fault("tls-plain-http-port", needs=["nginx"])
def nginx_in_clear(lab: Lab) -> World:
    port = lab.free_port()
    lab.nginx(f"server {{ listen 127.0.0.1:{port}; return 404; }}", port)
    return World(lab.url(f"https://localhost:{port}/mcp"))


@fault("tls-https-only-port", needs=NEEDS)
def uvicorn_with_tls(lab: Lab) -> World:
    port = tls_server(lab, lab.certificate())
    lab.must_show("TLSv1.3", "https://")
    return World(lab.url(f"http://localhost:{port}/mcp"))


@fault("tls-https-only-port", needs=[*NEEDS, "nginx"])
def nginx_says_400(lab: Lab) -> World:
    crt, key = lab.certificate()
    lab.must_show("400")
    return World(lab.url(f"http://localhost:{nginx_tls(lab, crt, key)}/mcp"))


@fault("tls-https-only-port", needs=["node", "openssl"])
def node_with_tls(lab: Lab) -> World:
    port = lab.free_port()
    crt, key = lab.certificate()
    text = (
        "const fs = require('fs'); require('https').createServer({cert: fs.readFileSync(process.argv[2]), "
        f"key: fs.readFileSync(process.argv[3])}}, (q, r) => r.end('x')).listen({port}, '127.0.0.1')\n"
    )
    lab.start(lab.node, lab.write("tls.js", text), crt, key, port=port)
    return World(lab.url(f"http://127.0.0.1:{port}/mcp"))


@fault("tls-https-only-port", needs=["openssl"])
def openssl_with_tls(lab: Lab) -> World:
    port = lab.free_port()
    crt, key = lab.certificate()
    lab.start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", crt, "-key", key, "-www", port=port)
    return World(lab.url(f"http://127.0.0.1:{port}/mcp"))


@fault("tls-protocol-version", needs=["openssl"])
def tls_1_0_alone(lab: Lab) -> World:
    port = lab.free_port()
    crt, key = lab.certificate()
    lab.start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", crt, "-key", key, "-tls1", "-cipher",
              "ALL:@SECLEVEL=0", "-www", port=port)  # fmt: skip
    lab.must_show("TLSv1.0")
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


@fault("tls-protocol-version", needs=["openssl"])
def an_old_cipher_alone(lab: Lab) -> World:
    port = lab.free_port()
    crt, key = lab.certificate()
    lab.start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", crt, "-key", key, "-tls1_2", "-cipher",
              "NULL-SHA256:@SECLEVEL=0", "-www", port=port)  # fmt: skip
    lab.must_show("HANDSHAKE_FAILURE")
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


@healthy(needs=["mcp1"])
def plain_http_on_this_machine(lab: Lab) -> World:
    return World(lab.url(f"http://localhost:{server(lab)}/mcp"))


@fault("tls-plain-http-port")
def waits_for_a_line(lab: Lab) -> World:
    """A server that reads lines never answers the greeting of TLS."""
    port = lab.free_port()
    lab.start(lab.python, lab.write("lines.py", LINES), str(port), port=port)
    return World(lab.url(f"https://localhost:{port}/mcp"))


@fault("tls-protocol-version", needs=["openssl"])
def python_that_stays_behind(lab: Lab) -> World:
    port = lab.free_port()
    crt, key = lab.certificate()
    script = (
        "import http.server, ssl, sys\n"
        "s = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.BaseHTTPRequestHandler)\n"
        "c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(*sys.argv[2:4]); c.set_ciphers('ALL:@SECLEVEL=0')\n"
        "c.minimum_version = ssl.TLSVersion.TLSv1; c.maximum_version = ssl.TLSVersion.TLSv1_1\n"
        "s.socket = c.wrap_socket(s.socket, server_side=True); s.serve_forever()\n"
    )
    lab.start(lab.python, "-W", "ignore", lab.write("behind.py", script), str(port), crt, key, port=port)
    lab.must_show("TLSv1.1")
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


@fault("tls-protocol-version", needs=["mcp1", "openssl", "nginx"])
def nginx_with_one_old_cipher(lab: Lab) -> World:
    crt, key = lab.certificate()
    more = "ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA:@SECLEVEL=0; ssl_prefer_server_ciphers on;"
    port = nginx_tls(lab, crt, key, more=more)
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


LINES = """
import socket, sys, threading
def serve(c):
    with c:
        data = b""
        while b"\\r\\n\\r\\n" not in data:
            more = c.recv(4096)
            if not more: return
            data += more
        c.sendall(b"HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n")
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
"""
