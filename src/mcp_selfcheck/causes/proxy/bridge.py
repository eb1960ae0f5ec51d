"""Whether a program that translates between stdio and HTTP is the one that fails."""

from ...model import Confirm, Proof, Says, Trace, cause


@cause(
    "proxy-bridge", "bridge",
    title="The bridge between stdio and HTTP fails",
    means=(
        "A bridge (mcp-remote, mcp-proxy, supergateway, a container gateway) stands between client and server. The server "
        "works when it is asked directly, and not through this version of the bridge."
    ),
    who="you",
    fix="Use another version of the bridge, or connect the client to the server directly.",
    says=[
        Says(r"(?:supergateway|mcp-remote|mcp-proxy|mcp-bridge).{0,80}(?:TypeError|Cannot read propert|unhandled|AttributeError)", 2.5),
        Says(r"Timeout waiting for response from container", 2.5),
        Says(r"(?:Conflict|Already connected to a transport).{0,80}(?:supergateway|mcp-proxy)", 2.5),
    ],
    confirm_with=Confirm("probe_health", {"url": "{url}"}),
    exempt="a bridge with a bug of its own would have to be kept and run; the bridges of today carry the requests of a diagnosis",
)  # fmt: skip
def bridge(t: Trace) -> Proof | None:
    return None
