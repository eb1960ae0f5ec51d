from tests.faults.http.worlds import front, odd
from tests.lab import Lab, fault


@fault("http-bad-gateway", needs=["nginx"])
def backend_not_started(lab: Lab):
    lab.must_show("502", "nginx")
    return front(lab, f"location / {{ proxy_pass http://127.0.0.1:{lab.free_port()}; }}")


@fault("http-bad-gateway", needs=["nginx"])
def maintenance_page(lab: Lab):
    lab.must_show("503")
    return front(lab, "location / { return 503; }")


@fault("http-bad-gateway", needs=["nginx"])
def backend_hangs_up(lab: Lab):
    port = lab.free_port()
    code = (
        f"import socket\ns = socket.create_server(('127.0.0.1', {port}))\n"
        "while True:\n    c, _ = s.accept()\n    c.recv(10000)\n    c.close()\n"
    )
    lab.start(lab.python, lab.write("backend.py", code), port=port)
    return front(lab, f"location / {{ proxy_pass http://127.0.0.1:{port}; }}")


@fault("http-bad-gateway", needs=["nginx"])
def sse_behind_a_dead_gateway(lab: Lab):
    return {
        **front(lab, f"location / {{ proxy_pass http://127.0.0.1:{lab.free_port()}; }}", path="/sse"),
        "type": "sse",
    }


@fault("http-gateway-timeout", needs=["nginx"])
def backend_hangs(lab: Lab):
    back = odd(lab, "def do_POST(self):\n    self.take()\n    time.sleep(60)")["url"]
    lab.must_show("504")
    return front(lab, f"location / {{ proxy_pass {back}; proxy_read_timeout 1s; }}")


@fault("http-rate-limited", needs=["nginx"])
def nginx_limit(lab: Lab):
    lab.must_show("429", "120")
    return front(lab, "location / { add_header Retry-After 120 always; return 429; }")


@fault("http-rate-limited")
def json_with_a_date(lab: Lab):
    lab.must_show("Wed, 21 Oct 2099 07:28:00 GMT")
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.say(429, {"error": "too many requests"}, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT")
""",
    )


@fault("http-no-response")
def hangs_on_post(lab: Lab):
    return odd(lab, "def do_POST(self):\n    self.take()\n    time.sleep(600)")


@fault("http-no-response")
def hangs_on_everything(lab: Lab):
    return odd(lab, "def do_POST(self):\n    self.take()\n    time.sleep(600)\ndef do_GET(self): time.sleep(600)")


@fault("http-no-response")
def body_never_ends(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    self.take()
    self.send_response(200)
    self.send_header("Content-Type", "application/json")
    self.send_header("Content-Length", "500")
    self.end_headers()
    self.wfile.write(b'{"jsonrpc": "2.0", ')
    time.sleep(600)
""",
    )
