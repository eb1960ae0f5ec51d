"""Whether a browser keeps the answer from its page."""

from ...model import Proof, Says, Trace, cause


@cause(
    "http-cors", "cors",
    title="A browser keeps the server's answers from the page",
    means=(
        "The client runs in a browser. The server does not allow pages of that origin to read its answers, or does not "
        "expose the Mcp-Session-Id header to them."
    ),
    who="server_author",
    fix="Switch CORS on for the client's origin, allow the MCP request headers, and expose Mcp-Session-Id (Access-Control-Expose-Headers).",
    says=[
        Says(r"blocked by CORS policy", 3),
        Says(r"No 'Access-Control-Allow-Origin' header is present", 3),
        Says(r"Access-Control-Expose-Headers", 2),
    ],
    exempt="only a browser enforces it; other clients are not affected",
)  # fmt: skip
def cors(t: Trace) -> Proof | None:
    return None
