from tests.faults.http.worlds import odd
from tests.lab import Lab, World, fault, healthy


@fault("http-get-stream-not-405", verdict="warning")
def get_answered_404(lab: Lab):
    lab.must_show("404")
    return odd(lab, "def do_GET(self): self.say(404, 'No stream here', 'text/plain')")


@healthy()
def no_route_for_get(lab: Lab):
    return odd(lab, "def do_GET(self): self.say(404, '<pre>Cannot GET /mcp</pre>', 'text/html')")


@healthy(warns=["http-get-stream-not-405"])
def get_answered_500(lab: Lab):
    return odd(lab, "def do_GET(self): self.say(500, 'Internal Server Error', 'text/plain')")


@fault("http-get-stream-not-405")
def not_found_for_a_client_that_takes_it_for_an_end(lab: Lab):
    lab.must_show("404")
    return World(entry=odd(lab, "def do_GET(self): self.say(404, 'Not Found', 'text/plain')"), client="claude-code")
