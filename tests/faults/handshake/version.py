"""Versions that one side does not know."""

from tests.faults.handshake.opening import answers
from tests.faults.healthy.stdio import raw
from tests.faults.http.worlds import odd
from tests.lab import Lab, fault, healthy

VERSION = "handshake-version-unsupported"


def only(
    lab: Lab, version: str, code: int = -32602, message: str = "Unsupported protocol version"
) -> dict[str, object]:
    return raw(
        lab,
        f'VERSION = "{version}"\n',
        loop=f"""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "initialize" and m["params"]["protocolVersion"] != VERSION:
        send({{"jsonrpc": "2.0", "id": m["id"], "error": {{"code": {code}, "message": "{message}"}}}})
    else: handle(m)
""",
    )


@fault(VERSION)
def accepts_only_2024_11_05(lab: Lab):
    lab.must_show("2024-11-05", "2025-11-25")
    return only(lab, "2024-11-05")


@fault(VERSION)
def accepts_only_2025_03_26(lab: Lab):
    lab.must_show("2025-03-26")
    return only(lab, "2025-03-26", -32000, "protocol version mismatch")


@fault(VERSION)
def chooses_1_0(lab: Lab):
    lab.must_show("“1.0”")
    return raw(lab, 'VERSION = "1.0"\n')


@fault(VERSION)
def chooses_the_future(lab: Lab):
    lab.must_show("2099-01-01")
    return answers(
        lab, 'json.dumps({"jsonrpc": "2.0", "id": id, "result": {**result, "protocolVersion": "2099-01-01"}})'
    )


@healthy()
def chooses_2024_11_05(lab: Lab):
    return raw(lab, 'VERSION = "2024-11-05"\n')


@fault(VERSION)
def header_of_one_version_only(lab: Lab):
    """The handshake agrees on 2025-06-18, and the server then takes the header of another version only."""
    lab.must_show("2025-06-18", "2025-03-26")
    return odd(
        lab,
        """
def do_POST(self):
    if self.headers.get("mcp-protocol-version", "2025-03-26") != "2025-03-26":
        self.take()
        return self.say(400, "cannot serve this revision", "text/plain")
    self.mcp()
""",
    )
