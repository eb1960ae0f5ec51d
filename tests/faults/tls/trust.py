"""Certificates that the client does not trust, for each reason."""

import http.server
import threading
from datetime import UTC, datetime, timedelta

from tests.faults.proxy.worlds import TLS_SERVER as TLS
from tests.faults.proxy.worlds import forward, server, tls_server
from tests.lab import Lab, World, fault, healthy

NEEDS = ["mcp1", "openssl"]


def chained(lab: Lab, name: str, *certificates: str) -> str:
    """Certificates in one file."""
    texts = []
    for certificate in certificates:
        with open(certificate) as f:
            texts.append(f.read())
    return lab.write(name, "".join(texts))


def intermediate(lab: Lab, root: tuple[str, str], subject: str) -> tuple[str, str]:
    return lab.certificate("middle", hosts=(), ca=root, is_ca=True, subject=subject)


def nginx_tls(lab: Lab, crt: str, key: str, *, more: str = "", names: str = "localhost") -> int:
    """nginx with TLS in front of a real MCP server; returns its port."""
    port = lab.free_port()
    back = server(lab)
    lab.nginx(
        f"server {{ listen 127.0.0.1:{port} ssl; server_name {names}; ssl_certificate {crt}; ssl_certificate_key {key}; {more}\n"
        f"location / {{ proxy_pass http://127.0.0.1:{back}; proxy_http_version 1.1; proxy_set_header Connection ''; "
        f"proxy_set_header Host 127.0.0.1:{back}; proxy_buffering off; }} }}",
        port,
    )
    return port


@fault("tls-self-signed", needs=NEEDS)
def uvicorn_with_its_own(lab: Lab) -> World:
    crt, key = lab.certificate()
    lab.must_show("localhost")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"))


@fault("tls-self-signed", needs=[*NEEDS, "nginx"])
def one_line_of_openssl(lab: Lab) -> World:
    """As every tutorial makes it: no alternative names, a CA bit, the address in the URL."""
    key, crt = str(lab.tmp / "k.pem"), str(lab.tmp / "c.pem")
    lab.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", crt, "-days", "365",
            "-subj", "/CN=localhost")  # fmt: skip
    return World(lab.url(f"https://localhost:{nginx_tls(lab, crt, key)}/mcp"))


@fault("tls-self-signed", needs=NEEDS)
def own_certificate_through_a_proxy(lab: Lab) -> World:
    crt, key = lab.certificate()
    port = tls_server(lab, (crt, key))
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"HTTPS_PROXY": forward(lab)})


@fault("tls-private-ca", needs=NEEDS)
def root_is_sent_and_unknown(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/O=Acme Corp/CN=Acme Root CA")
    crt, key = lab.certificate("leaf", ca=root)
    lab.must_show("Acme Root CA")
    return World(lab.url(f"https://localhost:{tls_server(lab, (chained(lab, 'full.pem', crt, root[0]), key))}/mcp"))


@fault("tls-private-ca", needs=NEEDS)
def only_the_leaf_is_sent(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab CA")
    crt, key = lab.certificate("leaf", ca=root)
    lab.must_show("Homelab CA")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"))


@fault("tls-private-ca", needs=[*NEEDS, "nginx"])
def whole_chain_of_a_company(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/O=Acme Corp/CN=Acme Root CA")
    middle = intermediate(lab, root, "/O=Acme Corp/CN=Acme Issuing CA 2")
    crt, key = lab.certificate("leaf", ca=middle)
    return World(lab.url(f"https://localhost:{nginx_tls(lab, chained(lab, 'full.pem', crt, middle[0]), key)}/mcp"))


@fault("tls-private-ca", needs=NEEDS)
def known_to_another_runtime(lab: Lab) -> World:
    """curl's variable names the CA; the client does not read it."""
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab CA")
    crt, key = lab.certificate("leaf", ca=root)
    lab.must_show("CURL_CA_BUNDLE")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"CURL_CA_BUNDLE": root[0]})


@fault("tls-inspection", needs=NEEDS)
def zscaler(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/O=Zscaler Inc./CN=Zscaler Root CA")
    crt, key = lab.certificate("leaf", ca=root)
    lab.must_show("Zscaler")
    return World(lab.url(f"https://localhost:{tls_server(lab, (chained(lab, 'full.pem', crt, root[0]), key))}/mcp"))


@fault("tls-inspection", needs=NEEDS)
def mitmproxy_leaf_only(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/O=mitmproxy/CN=mitmproxy")
    crt, key = lab.certificate("leaf", ca=root)
    lab.must_show("mitmproxy")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"))


@fault("tls-incomplete-chain", needs=[*NEEDS, "nginx"])
def trusted_root_and_no_intermediate(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/O=Acme Corp/CN=Acme Root CA")
    middle = intermediate(lab, root, "/O=Acme Corp/CN=Acme Server Authority G2")
    crt, key = lab.certificate("leaf", ca=middle)
    lab.must_show("Acme Server Authority G2", "Acme Root CA")
    return World(lab.url(f"https://localhost:{nginx_tls(lab, crt, key)}/mcp"), env={"SSL_CERT_FILE": root[0]})


@fault("tls-incomplete-chain", needs=NEEDS)
def intermediate_by_its_name(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Test Root")
    middle = intermediate(lab, root, "/CN=Test Intermediate CA")
    crt, key = lab.certificate("leaf", ca=middle)
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": root[0]})


@fault("tls-incomplete-chain", needs=NEEDS)
def fetched_from_where_the_certificate_says(lab: Lab) -> World:
    """The certificate names an address for its issuer's (AIA), and that one closes the gap."""
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=One Root")
    middle = intermediate(lab, root, "/CN=Another Signer")
    lab.run("openssl", "x509", "-in", middle[0], "-outform", "DER", "-out", str(lab.tmp / "www.crt"))
    with open(lab.tmp / "www.crt", "rb") as f:
        der = f.read()

    class Www(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(der)))
            self.end_headers()
            self.wfile.write(der)

        def log_message(self, *args: object) -> None: ...

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Www)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    lab.on_close(web.shutdown)
    where = f"http://127.0.0.1:{web.server_port}/another.crt"
    crt, key = lab.certificate("leaf", ca=middle, extra=(f"authorityInfoAccess=caIssuers;URI:{where}",))
    lab.must_show(where)
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": root[0]})


@fault("tls-client-certificate", needs=[*NEEDS, "nginx"])
def nginx_wants_one(lab: Lab) -> World:
    crt, key = lab.certificate()
    port = nginx_tls(lab, crt, key, more=f"ssl_client_certificate {crt}; ssl_verify_client on;")
    lab.must_show("400")
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


@fault("tls-client-certificate", needs=NEEDS)
def python_wants_one(lab: Lab) -> World:
    """The refusal comes after the handshake (TLS 1.3)."""
    crt, key = lab.certificate()
    port = lab.free_port()
    script = (
        "import sys, uvicorn, ssl\nasync def app(scope, receive, send): pass\n"
        f"uvicorn.run(app, port={port}, ssl_certfile={crt!r}, ssl_keyfile={key!r}, ssl_ca_certs={crt!r}, "
        "ssl_cert_reqs=ssl.CERT_REQUIRED, lifespan='off')\n"
    )
    lab.start(lab.mcp1, lab.write("mutual.py", script), port=port)
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


@fault("tls-client-certificate", needs=["openssl"])
def openssl_wants_one_in_tls_1_2(lab: Lab) -> World:
    crt, key = lab.certificate()
    port = lab.free_port()
    lab.start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", crt, "-key", key, "-Verify", "1", "-tls1_2",
              "-www", port=port)  # fmt: skip
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


@healthy(needs=NEEDS)
def private_ca_that_the_environment_trusts(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/O=Acme Corp/CN=Acme Root CA")
    crt, key = lab.certificate("leaf", ca=root)
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": root[0]})


@healthy(needs=NEEDS)
def private_ca_for_node(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/O=Acme Corp/CN=Acme Root CA")
    crt, key = lab.certificate("leaf", ca=root)
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"NODE_EXTRA_CA_CERTS": root[0]})


@healthy(needs=NEEDS)
def self_signed_and_trusted(lab: Lab) -> World:
    crt, key = lab.certificate()
    return World(lab.url(f"https://127.0.0.1:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": crt})


@healthy(needs=[*NEEDS, "nginx"])
def whole_chain_and_trusted_root(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/O=Acme Corp/CN=Acme Root CA")
    middle = intermediate(lab, root, "/O=Acme Corp/CN=Acme Issuing CA 2")
    crt, key = lab.certificate("leaf", ca=middle)
    port = nginx_tls(lab, chained(lab, "full.pem", crt, middle[0]), key)
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": root[0]})


@healthy(needs=NEEDS)
def ends_in_an_hour(lab: Lab) -> World:
    end = datetime.now(UTC) + timedelta(hours=1)
    crt, key = lab.certificate(ends=f"{end:%Y%m%d%H%M%SZ}")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": crt})


@healthy(needs=NEEDS, netns=True)
def one_name_of_many(lab: Lab) -> World:
    crt, key = lab.certificate(hosts=[*(f"host{n}.example" for n in range(60)), "localhost"])
    lab.start(lab.mcp1, lab.write("weather_tls.py", TLS), "127.0.0.1", "8443", crt, key, port=8443)
    return World(lab.url("https://localhost:8443/mcp"), env={"SSL_CERT_FILE": crt})


@healthy(needs=NEEDS)
def wildcard(lab: Lab) -> World:
    """mcp.localhost is this machine (RFC 6761), and *.localhost covers it... for a resolver that knows it."""
    crt, key = lab.certificate(hosts=("*.example.com", "localhost", "::1", "127.0.0.1"))
    return World(lab.url(f"https://127.0.0.1:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": crt})


@healthy(needs=[*NEEDS, "nginx"])
def client_certificate_is_optional(lab: Lab) -> World:
    crt, key = lab.certificate()
    port = nginx_tls(lab, crt, key, more=f"ssl_client_certificate {crt}; ssl_verify_client optional;")
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


@healthy(needs=[*NEEDS, "nginx"])
def tls_1_2_alone(lab: Lab) -> World:
    crt, key = lab.certificate()
    return World(
        lab.url(f"https://localhost:{nginx_tls(lab, crt, key, more='ssl_protocols TLSv1.2;')}/mcp"),
        env={"SSL_CERT_FILE": crt},
    )


@fault("tls-private-ca", needs=NEEDS)
def node_does_not_read_the_variable_of_openssl(lab: Lab) -> World:
    """SSL_CERT_FILE is for OpenSSL and Python; Gemini CLI is a Node.js program."""
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab CA")
    crt, key = lab.certificate("leaf", ca=root)
    lab.must_show("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
    url = f"https://localhost:{tls_server(lab, (crt, key))}/mcp"
    return World({"httpUrl": url}, client="gemini-cli", env={"SSL_CERT_FILE": root[0]})


@healthy(needs=NEEDS)
def node_reads_its_own_variable(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab CA")
    crt, key = lab.certificate("leaf", ca=root)
    url = f"https://localhost:{tls_server(lab, (crt, key))}/mcp"
    return World({"httpUrl": url}, client="gemini-cli", env={"NODE_EXTRA_CA_CERTS": root[0]})


@fault("tls-incomplete-chain", needs=NEEDS)
def root_and_signer_of_one_name(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab Root CA")
    middle = intermediate(lab, root, "/CN=Homelab Signer")
    crt, key = lab.certificate("leaf", ca=middle)
    lab.must_show("Homelab Signer")
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": root[0]})


@fault("tls-private-ca", needs=NEEDS)
def another_ca_than_the_one_that_is_trusted(lab: Lab) -> World:
    other = lab.certificate("other", hosts=(), is_ca=True, subject="/CN=Old Office CA")
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab CA")
    crt, key = lab.certificate("leaf", ca=root)
    return World(lab.url(f"https://localhost:{tls_server(lab, (crt, key))}/mcp"), env={"SSL_CERT_FILE": other[0]})


@fault("tls-client-certificate", needs=["node", "openssl"])
def node_wants_one(lab: Lab) -> World:
    crt, key = lab.certificate()
    port = lab.free_port()
    text = (
        "const fs = require('fs'); const [, , c, k] = process.argv; const cert = fs.readFileSync(c);\n"
        "require('https').createServer({cert, key: fs.readFileSync(k), ca: cert, requestCert: true, rejectUnauthorized: true},"
        f" (q, r) => r.end('x')).listen({port}, '127.0.0.1');\n"
    )
    lab.start(lab.node, lab.write("mutual.js", text), crt, key, port=port)
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


# A server that asks its service before it answers, as most that wrap an API do.
ASKS = "fetch(process.argv[2]).then(() => process.stdin.resume(), e => { console.error(e); process.exit(1); });\n"


@fault("tls-self-signed", needs=[*NEEDS, "node"])
def its_service_signs_itself(lab: Lab) -> World:
    url = f"https://localhost:{tls_server(lab, lab.certificate())}/"
    return World(lab.stdio(lab.node, lab.write("asks.js", ASKS), url))


@fault("tls-private-ca", needs=[*NEEDS, "node"])
def its_service_has_a_private_ca(lab: Lab) -> World:
    root = lab.certificate("root", hosts=(), is_ca=True, subject="/CN=Homelab CA")
    crt, key = lab.certificate("leaf", ca=root)
    url = f"https://localhost:{tls_server(lab, (crt, key))}/"
    return World(lab.stdio(lab.node, lab.write("asks.js", ASKS), url))


@fault("tls-expired", needs=NEEDS)
def its_service_ran_out(lab: Lab) -> World:
    crt, key = lab.certificate(starts="20240101000000Z", ends="20250228120000Z")
    url = f"https://localhost:{tls_server(lab, (crt, key))}/"
    script = "import sys, ssl, urllib.request\nurllib.request.urlopen(sys.argv[1], context=ssl.create_default_context(cafile=sys.argv[2]))\n"
    return World(lab.stdio(lab.python, lab.write("asks.py", script), url, crt))
