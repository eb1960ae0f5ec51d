"""Which of the two HTTP transports the URL speaks, beside the one that the entry names."""

from ...facts.http import HttpFacts
from ...model import Confirm, Proof, Says, Trace, cause


@cause(
    "http-transport-mismatch", "transport-choice",
    title="The URL speaks the other HTTP transport",
    means=(
        "MCP has two transports over HTTP: streamable HTTP (POST to one URL) and the older HTTP+SSE (a GET stream that "
        "names a second URL). The entry says one, and what stands at the URL is the other."
    ),
    who="you",
    fix='Set "type" of the entry to "{right}"{or_else}.',
    says=[
        Says(r"SSE error: Non-200 status code \((?:400|405)\)", 2.2),
        Says(r"40[45] status sending message to (?P<url>\S+), will attempt to fall back to legacy SSE", 3),
        Says(r"Cannot POST /sse\b", 3),
        Says(r"sessionid must be provided|session_id is required", 2.4),
    ],
    confirm_with=Confirm("probe_health", {"url": "{url}"}),
)  # fmt: skip
def transport_mismatch(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None:
        return None
    if f.configured == "http" and f.transport_found == "sse":
        stream = f.ask("GET stream")
        if stream is None or stream.first_event != "endpoint":
            return None
        return Proof(
            f"{x.what} {f.url} is answered {x.said}; a GET of the same URL opens an event stream whose first event is "
            f"“endpoint”: HTTP+SSE. The entry says streamable HTTP.",
            (f.key(x, "status" if x.status is not None else "error"), f.key(stream, "first_event"), "http.configured"),
            {"right": "sse", "url": f.url, "or_else": ", or start the server with streamable HTTP"},
        )  # fmt: skip
    if f.configured == "sse" and f.transport_found == "streamable":
        post = next((a for a in f.asked if a.what in ("POST initialize", "POST server/discover") and a.is_mcp), None)
        if post is None:
            return None
        said = f"{x.said}, no “endpoint” event" if x.status == 200 else x.said
        return Proof(
            f"The GET stream at {f.url} gives {said}; {post.what} to the same URL is answered as MCP (HTTP {post.status}): "
            f"streamable HTTP. The entry says SSE.",
            (f.key(x, "status" if x.status is not None else "error"), f.key(post), "http.configured"),
            {"right": "http", "url": f.url, "or_else": ", or name it streamable-http where the client calls it so"},
        )  # fmt: skip
    return None
