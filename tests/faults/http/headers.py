from tests.faults.http.worlds import everything, fastmcp, front, mcp1, mcp2, odd
from tests.lab import Lab, fault


@fault("http-accept-rejected", needs=["mcp1"])
def accept_in_the_entry(lab: Lab):
    lab.must_show("406")
    return lab.url(f"http://127.0.0.1:{mcp1(lab)}/mcp", headers={"Accept": "application/json"})


@fault("http-accept-rejected", needs=["node"])
def accept_anything_in_the_entry(lab: Lab):
    return lab.url(f"http://127.0.0.1:{everything(lab, 'streamableHttp')}/mcp", headers={"accept": "*/*"})


@fault("http-accept-rejected")
def gateway_that_wants_one_type(lab: Lab):
    lab.must_show("application/json")
    return odd(
        lab,
        """
def do_POST(self):
    if "," in self.headers.get("accept", ""):
        self.take()
        return self.say(406, "Not Acceptable", "text/plain")
    self.mcp()
""",
    )


@fault("http-content-type-rejected", needs=["mcp2"])
def text_in_the_entry(lab: Lab):
    return lab.url(f"http://127.0.0.1:{mcp2(lab)}/mcp", headers={"Content-Type": "text/plain"})


@fault("http-content-type-rejected", needs=["fastmcp"])
def form_in_the_entry(lab: Lab):
    return lab.url(
        f"http://127.0.0.1:{fastmcp(lab)}/mcp", headers={"content-type": "application/x-www-form-urlencoded"}
    )


@fault("http-content-type-rejected")
def exact_match_without_charset(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    if self.headers.get("content-type") != "application/json":
        self.take()
        return self.say(415, {"error": "Unsupported Media Type"})
    self.mcp()
""",
        headers={"Content-Type": "application/json; charset=utf-8"},
    )


@fault("http-content-type-rejected")
def charset_wanted(lab: Lab):
    return odd(
        lab,
        """
def do_POST(self):
    if "charset" not in self.headers.get("content-type"):
        self.take()
        return self.say(415, "charset missing", "text/plain")
    self.mcp()
""",
    )


@fault("http-wrong-content-type")
def json_as_text(lab: Lab):
    lab.must_show("text/plain")
    return odd(lab, "def do_POST(self): self.mcp('text/plain; charset=utf-8')")


@fault("http-wrong-content-type")
def no_content_type(lab: Lab):
    return odd(lab, "def do_POST(self): self.mcp(None)")


@fault("http-wrong-content-type")
def events_as_html(lab: Lab):
    lab.must_show("text/event-stream")
    return odd(
        lab,
        r"""
def do_POST(self):
    m = json.loads(self.take())
    self.say(202, kind=None) if "id" not in m else self.say(200, f"event: message\ndata: {json.dumps(self.reply(m))}\n\n", "text/html")
""",
    )


@fault("http-content-type-rejected", needs=["mcp1", "nginx"])
def proxy_changes_the_content_type(lab: Lab):
    back = mcp1(lab)
    lab.must_show("application/json")
    return front(
        lab,
        f"location / {{ proxy_pass http://127.0.0.1:{back}; proxy_set_header Content-Type text/plain; }}",
    )


@fault("http-wrong-content-type")
def events_that_are_called_json(lab: Lab):
    lab.must_show("application/json", "text/event-stream")
    return odd(
        lab,
        """
def do_POST(self):
    m = json.loads(self.take())
    self.say(200, "event: message\\ndata: " + json.dumps(self.reply(m)) + "\\n\\n")
""",
    )
