from tests.faults.auth.worlds import documents, guarded, issuer, jwt
from tests.faults.http.worlds import front, mcp1, odd
from tests.lab import Lab, World, fault


@fault("auth-required", needs=["mcp1"])
def sdk1_without_a_token(lab: Lab):
    lab.must_show("401", "Bearer")
    return lab.url(f"http://127.0.0.1:{guarded(lab)}/mcp")


@fault("auth-required", needs=["mcp2"])
def sdk2_without_a_token(lab: Lab):
    return lab.url(f"http://127.0.0.1:{guarded(lab, 'mcp2')}/mcp")


@fault("auth-required", needs=["mcp1", "nginx"])
def basic_auth_in_nginx(lab: Lab):
    users = lab.write("users", "a:{PLAIN}b\n")
    back = mcp1(lab)
    lab.must_show("Basic")
    return front(
        lab, f"location / {{ auth_basic tools; auth_basic_user_file {users}; proxy_pass http://127.0.0.1:{back}; }}"
    )


@fault("auth-required")
def documents_that_all_fit(lab: Lab):
    base = "http://127.0.0.1:PORT"
    lab.must_show("authorization server")
    return documents(lab, {"resource": f"{base}/mcp", "authorization_servers": [base]}, issuer())


@fault("auth-required")
def sse_stream_refused(lab: Lab):
    return {
        **odd(
            lab,
            "def do_GET(self): self.say(401, 'no', 'text/plain', WWW_Authenticate='Bearer realm=\"mcp\"')",
            path="/sse",
        ),
        "type": "sse",
    }


@fault("auth-not-advertised")
def bare_401(lab: Lab):
    lab.must_show("401")
    return documents(lab, challenge=None)


@fault("auth-not-advertised")
def json_401_of_an_api(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.say(401, {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "Unauthorized"}})
def do_GET(self): self.do_POST()
""",
    )


@fault("auth-token-rejected", needs=["mcp1"])
def wrong_token(lab: Lab):
    lab.must_show("invalid_token")
    return lab.url(f"http://127.0.0.1:{guarded(lab)}/mcp", headers={"Authorization": "Bearer wrong-token-1"})


@fault("auth-token-rejected", needs=["mcp2"])
def expired_token(lab: Lab):
    port = guarded(lab, "mcp2")
    token = jwt(sub="me", exp=1700000000)
    lab.must_show("2023-11-14")
    return lab.url(f"http://127.0.0.1:{port}/mcp", headers={"Authorization": f"Bearer {token}"})


@fault("auth-token-rejected")
def wrong_api_key(lab: Lab):
    lab.must_show("403", "X-API-Key")
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.say(403, {"error": "invalid api key"})
""",
        headers={"X-API-Key": "not-the-right-key-1"},
    )


@fault("auth-token-rejected")
def wrong_password(lab: Lab):
    lab.must_show("Basic")
    return documents(lab, challenge='Basic realm="tools"', headers={"Authorization": "Basic YTp3cm9uZw=="})


@fault("auth-header-not-sent")
def token_in_env(lab: Lab):
    lab.must_show("env.ACME_TOKEN")
    return {**documents(lab, ok="Bearer abc"), "env": {"ACME_TOKEN": "abc-abc-abc-1"}}


@fault("auth-scheme-malformed")
def no_scheme(lab: Lab):
    lab.must_show("Bearer")
    return documents(lab, ok="Bearer abcdefgh12345678", headers={"Authorization": "abcdefgh12345678"})


@fault("auth-scheme-malformed")
def lower_case_and_a_server_that_is_strict(lab: Lab):
    lab.must_show("bearer", "200")
    return documents(lab, ok="Bearer abcdefgh12345678", headers={"Authorization": "bearer abcdefgh12345678"})


@fault("auth-scheme-malformed", needs=["mcp1"])
def token_as_the_scheme(lab: Lab):
    return lab.url(f"http://127.0.0.1:{guarded(lab)}/mcp", headers={"Authorization": "Token right-token"})


@fault("auth-scheme-malformed")
def bearer_twice(lab: Lab):
    lab.must_show("twice")
    return documents(lab, headers={"Authorization": "Bearer Bearer abcdefgh12345678"})


@fault("auth-scheme-malformed")
def colon_after_bearer(lab: Lab):
    return documents(lab, headers={"Authorization": "Bearer: abcdefgh12345678"})


@fault("auth-scheme-malformed")
def nothing_after_bearer(lab: Lab):
    return documents(lab, headers={"Authorization": "Bearer "})


@fault("auth-insufficient-scope", needs=["mcp1"])
def scope_missing_sdk1(lab: Lab):
    lab.must_show("403", "insufficient_scope")
    return lab.url(
        f"http://127.0.0.1:{guarded(lab, scopes='admin')}/mcp", headers={"Authorization": "Bearer right-token"}
    )


@fault("auth-insufficient-scope")
def scope_named(lab: Lab):
    lab.must_show("files:write")
    return documents(
        lab, challenge='Bearer error="insufficient_scope", scope="files:write files:read"', status=403,
        headers={"Authorization": "Bearer abcdefgh12345678"},
    )  # fmt: skip


@fault("auth-required", needs=["mcp2"])
def in_claude_code(lab: Lab):
    """A client that opens with server/discover meets the same 401."""
    return World(entry=lab.url(f"http://127.0.0.1:{guarded(lab, 'mcp2')}/mcp"), client="claude-code")


@fault("auth-scheme-malformed")
def another_scheme_than_the_server_asks_for(lab: Lab):
    lab.must_show("“Token”", "“Bearer”")
    return documents(lab, challenge='Bearer realm="mcp"', headers={"Authorization": "Token abcdef0123456789"})


@fault("auth-header-not-sent", needs=["nginx"])
def proxy_takes_the_header_out(lab: Lab):
    entry = odd(
        lab,
        """
def do_POST(self):
    if "authorization" not in self.headers:
        self.take()
        return self.say(401, {"error": "Missing Authorization header"}, WWW_Authenticate="Bearer")
    self.mcp()
""",
    )
    back = entry["url"].rpartition("/")[0]
    lab.must_show("Missing Authorization header", "proxy")
    made = front(lab, f'location / {{ proxy_pass {back}; proxy_set_header Authorization ""; }}')
    return {**made, "headers": {"Authorization": "Bearer 0123456789abcdef"}}
