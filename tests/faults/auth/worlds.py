"""Servers that want credentials."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.faults.http.worlds import odd
from tests.lab import Lab


def jwt(**claims: Any) -> str:
    """A token that carries claims; its signature is worth nothing."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"


def guarded(
    lab: Lab,
    sdk: str = "mcp1",
    resource: str = "http://127.0.0.1:PORT/mcp",
    issuer: str = "http://127.0.0.1:9",
    scopes: str = "",
) -> int:
    """An SDK server with a token verifier that knows the token "right-token"; with `scopes` that one lacks them."""
    port = lab.free_port()
    wanted = f"required_scopes=[{scopes!r}]," if scopes else ""
    resource = resource.replace("PORT", str(port))
    head = (
        "from mcp.server.fastmcp import FastMCP as Server"
        if sdk == "mcp1"
        else "from mcp.server import MCPServer as Server"
    )
    place = f'host="127.0.0.1", port={port}'
    code = f"""
{head}
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
class Verifier:
    async def verify_token(self, token):
        return AccessToken(token=token, client_id="c", scopes=["read"], expires_at=None) if token == "right-token" else None
m = Server("guarded", token_verifier=Verifier(), {place + "," if sdk == "mcp1" else ""}
    auth=AuthSettings(issuer_url="{issuer}", resource_server_url="{resource}", {wanted}))
@m.tool()
def add(a: int) -> int:
    return a
m.run("streamable-http", {place if sdk != "mcp1" else ""})
""".replace('m.run("streamable-http", )', 'm.run("streamable-http")')
    lab.start(lab.mcp1 if sdk == "mcp1" else lab.mcp2, lab.write(f"guarded{port}.py", code), port=port)
    return port


def documents(
    lab: Lab, metadata: dict[str, Any] | None = None, server: dict[str, Any] | None = None, challenge: str | None = "Bearer",
    ok: str = "never", status: int = 401, **entry: Any,
) -> dict[str, Any]:  # fmt: skip
    """A hand-written server with its login documents; `ok` is the Authorization header that it accepts.

    PORT in values becomes its port.
    """
    port = lab.free_port()

    def at_port(value: Any) -> str:
        return repr(json.loads(json.dumps(value).replace("PORT", str(port))))

    headers = f"WWW_Authenticate={at_port(challenge)}" if challenge else ""
    methods = f"""
def do_GET(self):
    found = {at_port(metadata)} if self.path.startswith("/.well-known/oauth-protected-resource") else None
    if self.path.startswith("/.well-known/oauth-authorization-server"):
        found = {at_port(server)}
    self.say(200, found) if found else self.say(404, "no", "text/plain")
def do_POST(self):
    if self.headers.get("authorization") != {ok!r}:
        self.take()
        return self.say({status}, {{"error": "unauthorized"}}, {headers})
    self.mcp()
"""
    return odd(lab, methods, port=port, **entry)


def issuer(**more: Any) -> dict[str, Any]:
    """Authorization-server metadata (RFC 8414) that lacks nothing."""
    base = "http://127.0.0.1:PORT"
    found = {
        "issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
        "registration_endpoint": f"{base}/register", "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
    }  # fmt: skip
    return {k: v for k, v in {**found, **more}.items() if v is not None}
