from tests.faults.auth.worlds import documents, guarded, issuer, jwt
from tests.faults.http.worlds import odd
from tests.lab import Lab, fault

BASE = "http://127.0.0.1:PORT"
FITS = {"resource": f"{BASE}/mcp", "authorization_servers": [BASE]}
CHALLENGE = f'Bearer resource_metadata="{BASE}/.well-known/oauth-protected-resource/mcp"'


@fault("auth-audience")
def token_of_another_service(lab: Lab):
    token = jwt(sub="me", aud="https://api.other.example/", exp=4102444800)
    lab.must_show("https://api.other.example")
    return documents(
        lab, FITS, issuer(), 'Bearer error="invalid_token", error_description="invalid audience"',
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip


@fault("auth-audience")
def audience_list_and_metadata(lab: Lab):
    token = jwt(sub="me", aud=["https://one.example/mcp", "https://two.example/mcp"], exp=4102444800)
    return documents(lab, FITS, issuer(), 'Bearer error="invalid_token"', headers={"Authorization": f"Bearer {token}"})


@fault("auth-metadata-mismatch", needs=["mcp1"])
def resource_says_localhost(lab: Lab):
    """The server calls itself localhost, the entry 127.0.0.1: for a token these are two servers."""
    port = guarded(lab, resource="http://localhost:PORT/mcp")
    lab.must_show("http://localhost", "http://127.0.0.1")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("auth-metadata-mismatch")
def resource_of_the_inside(lab: Lab):
    lab.must_show("http://mcp.internal:8080/mcp")
    return documents(
        lab, {"resource": "http://mcp.internal:8080/mcp", "authorization_servers": [BASE]}, issuer(), CHALLENGE
    )


@fault("auth-metadata-mismatch")
def issuer_calls_itself_otherwise(lab: Lab):
    lab.must_show("https://login.example")
    return documents(lab, FITS, issuer(issuer="https://login.example"), CHALLENGE)


@fault("auth-registration-unsupported")
def no_registration_endpoint(lab: Lab):
    lab.must_show("registration_endpoint")
    return documents(lab, FITS, issuer(registration_endpoint=None), CHALLENGE)


@fault("auth-registration-unsupported")
def origin_is_the_issuer(lab: Lab):
    """No protected-resource metadata, as in the protocol of 2025-03-26: the origin itself is the issuer."""
    return documents(lab, None, issuer(registration_endpoint=None), "Bearer")


@fault("auth-required")
def client_metadata_documents_instead(lab: Lab):
    return documents(
        lab, FITS, issuer(registration_endpoint=None, client_id_metadata_document_supported=True), CHALLENGE
    )


@fault("auth-required")
def parent_resource_is_allowed(lab: Lab):
    return documents(lab, {"resource": f"{BASE}/", "authorization_servers": [BASE]}, issuer(), CHALLENGE)


@fault("auth-required")
def unreachable_authorization_server(lab: Lab):
    return documents(lab, {**FITS, "authorization_servers": ["http://127.0.0.1:9"]}, None, CHALLENGE)


@fault("auth-token-rejected")
def documents_do_not_matter_with_a_token(lab: Lab):
    return documents(
        lab, {"resource": "http://elsewhere.example/mcp", "authorization_servers": [BASE]}, issuer(), CHALLENGE,
        headers={"Authorization": "Bearer abcdefgh12345678"},
    )  # fmt: skip


@fault("auth-callback-port")
def login_helper_finds_its_port_taken(lab: Lab):
    """A helper between stdio and a URL that wants a login listens for the answer of the browser, as mcp-remote does."""
    port = lab.free_port()
    lab.start(lab.python, "-m", "http.server", str(port), "--bind", "127.0.0.1", port=port)
    lab.must_show(str(port))
    code = f"""
import socket, sys
s = socket.socket()
try: s.bind(("127.0.0.1", {port}))
except OSError: sys.exit("Fatal error: Callback port {port} is already in use (EADDRINUSE)")
"""
    return lab.stdio(lab.python, lab.write("helper.py", code))


def login_helper(lab: Lab, path: str, form: str, status: int, answer: str):
    """A program that asks a real authorization server for something, is refused, and ends with what it was told."""
    server = odd(lab, f"def do_POST(self): self.take(); self.say({status}, {answer!r})")
    url = server["url"].removesuffix("/mcp") + path
    code = f"""
import sys, urllib.error, urllib.request
try: urllib.request.urlopen({url!r}, {form!r}.encode())
except urllib.error.HTTPError as e: sys.exit(f"Fatal error: authorization server answered HTTP {{e.code}}: {{e.read().decode()}}")
"""
    return lab.stdio(lab.python, lab.write("helper.py", code))


@fault("auth-registration-rejected")
def registration_is_refused(lab: Lab):
    lab.must_show("invalid_client_metadata")
    return login_helper(lab, "/register", "{}", 400, '{"error": "invalid_client_metadata"}')


@fault("auth-stale-client")
def registration_is_forgotten(lab: Lab):
    lab.must_show("invalid_client")
    return login_helper(lab, "/token", "client_id=c-1", 401, '{"error": "invalid_client"}')


@fault("auth-refresh-rejected")
def refresh_token_is_refused(lab: Lab):
    lab.must_show("invalid_grant")
    return login_helper(lab, "/token", "grant_type=refresh_token", 400, '{"error": "invalid_grant"}')


@fault("auth-required")
def helper_waits_for_a_person(lab: Lab):
    """It listens for the answer of a browser, as every such helper does, and is no HTTP server of its own."""
    lab.must_show("Please authorize")
    port = lab.free_port()
    code = f"""
import http.server, sys
print("Please authorize this client by visiting: https://login.example/authorize", file=sys.stderr, flush=True)
http.server.HTTPServer(("127.0.0.1", {port}), http.server.BaseHTTPRequestHandler).serve_forever()
"""
    return lab.stdio(lab.python, lab.write("helper.py", code))
