"""What a proxy in front of the server does to its requests and answers."""

from urllib.parse import urlsplit

from ...facts.http import Exchange, HttpFacts
from ...facts.proxy import ProxyFacts
from ...model import Confirm, Proof, Says, Trace, cause

HEALTH = Confirm("probe_health", {"url": "{url}"})


def _exchanges(f: HttpFacts) -> list[Exchange]:
    return [*((f.first,) if f.first else ()), *f.asked]


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


@cause(
    "proxy-buffers-stream", "reverse-proxy",
    title="A proxy holds back the event stream",
    means=(
        "The server sends its events at once, and a proxy in front of it collects them until its buffer is full or the "
        "stream ends. The client waits for an event that is on its way and does not arrive."
    ),
    who="network_admin",
    fix="Switch buffering and compression off for this route: in nginx “proxy_buffering off; gzip off;”, or let the server send X-Accel-Buffering: no.",
    says=[
        Says(r"X-Accel-Buffering|proxy_buffering", 2.5),
    ],
    confirm_with=HEALTH,
    over=("http-no-response", "http-transport-mismatch", "http-gateway-timeout", "tcp-accepts-but-silent", "http-not-mcp"),
)  # fmt: skip
def buffers_stream(t: Trace) -> Proof | None:
    f, p = t.get(HttpFacts), t.get(ProxyFacts)
    if f is None or f.state != "broken":
        return None
    values = {"url": f.url}
    if p is not None and p.stream_held and p.upstream_spoke:
        return Proof(
            f"Through {p.front} ({f.url}): {p.stream}; the server behind it, {p.upstream}, asked the same: {p.upstream_stream}.",
            ("proxy.front", "proxy.upstream", "proxy.stream", "proxy.upstream_stream"), values,
        )  # fmt: skip
    x = f.failure
    late = x is not None and x.status == 200 and "event-stream" in x.content_type and not x.first_event and not x.is_mcp
    if x is not None and late and x.encoding and x.ended in ("deadline", "open", "encoded"):
        return Proof(
            f"{x.what} {f.url} opens an event stream with Content-Encoding: {x.encoding}, and no event comes out of it.",
            (f.key(x), f.key(x, "encoding"), f.key(x, "content_type")), values,
        )  # fmt: skip
    return None


@cause(
    "proxy-session-header", "reverse-proxy",
    title="The session id comes twice in one answer",
    means=(
        "The server and a proxy in front of it both write Mcp-Session-Id. Clients join the two into one value, which the "
        "server does not know."
    ),
    who="network_admin",
    fix="Let only one side set Mcp-Session-Id: remove the rule that adds or copies it in the proxy (add_header, proxy_pass_header).",
    says=[
        Says(r"mcp-session-id:? *[\"']?(?P<session>[\w-]{8,}), ?(?P=session)", 3),
        Says(r"(?:duplicat|twice|two|multiple)\w*.{0,40}mcp-session-id", 2.5),
    ],
    confirm_with=HEALTH,
    over=("session-lost", "http-wrong-path"),
)  # fmt: skip
def session_header(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    if f is None:
        return None
    x = next((x for x in _exchanges(f) if "mcp-session-id" in x.repeated), None)
    if x is None:
        return None
    who = f" (Server: {x.server})" if x.server else ""
    return Proof(
        f"The answer to {x.what} {f.url} carries Mcp-Session-Id more than once{who}.",
        (f.key(x, "repeated"),),
        {"url": f.url},
    )


@cause(
    "proxy-endpoint-origin", "reverse-proxy",
    title="The stream announces an endpoint at another origin",
    means=(
        "An HTTP+SSE server tells the client in its first event where to send requests. It names itself as it sees itself, "
        "not as the client reaches it, and clients refuse to send to another origin."
    ),
    who="server_author",
    fix="Let the server announce a relative endpoint ({path}), or tell it its outer address (X-Forwarded-Proto and X-Forwarded-Host, root path, base URL).",
    says=[
        Says(r"Endpoint origin does not match connection origin(?::? (?P<endpoint>\S+))?", 3),
    ],
    confirm_with=HEALTH,
    over=("http-transport-mismatch", "http-no-response", "http-redirect-downgrade"),
)  # fmt: skip
def endpoint_origin(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    if f is None or not f.endpoint_event or "://" not in f.endpoint_event or f.state != "broken":
        return None
    try:
        if _origin(f.endpoint_event) == _origin(f.url):
            return None
    except ValueError:
        return None
    return Proof(
        f"The stream of {f.url} announces {f.endpoint_event} as its endpoint: another origin.",
        ("http.endpoint_event", "http.url"), {"url": f.url, "path": urlsplit(f.endpoint_event).path or "/"},
    )  # fmt: skip


@cause(
    "proxy-strips-accept", "reverse-proxy",
    title="The Accept header does not reach the server",
    means=(
        "The request says that it takes JSON and event streams, and the server answers that it does not say so. Something "
        "between the two drops or replaces the header."
    ),
    who="network_admin",
    fix="Let the proxy or adapter in front of the server pass the Accept header on as it is.",
    says=[
        Says(r"Not Acceptable: Client must accept both application/json and text/event-stream", 2.2, needs=r"proxy|gateway|vercel|lambda|adapter|worker"),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def strips_accept(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status != 406 or "accept" in f.entry_headers:
        return None
    said = x.rpc_message or x.body
    if "must accept" not in said.lower() or any(a.status != 406 for a in f.asked if " with Accept " in a.what):
        return None
    what = "both application/json and text/event-stream" if "both" in said.lower() else "what the request does accept"
    who = f" (Server: {x.server})" if x.server else ""
    return Proof(
        f"{x.what} {f.url} says “Accept: application/json, text/event-stream”, and the answer 406 demands {what}{who}: "
        f"“{said[:90]}”. Every other Accept header gets the same.",
        (f.key(x), f.key(x, "rpc_message" if x.rpc_message else "body")), {"url": f.url},
    )  # fmt: skip


@cause(
    "proxy-path-rule", "reverse-proxy",
    title="The proxy's rule misses the exact path",
    means=(
        "A proxy or load balancer sends only what lies below the path to the MCP server. The path itself is answered by "
        "somebody else."
    ),
    who="network_admin",
    fix="Let the rule of the proxy match {path} itself too, or use {right} in the URL of the entry.",
    confirm_with=HEALTH,
    over=("http-wrong-path", "http-not-mcp", "http-trailing-slash", "http-bad-gateway", "http-transport-mismatch"),
)  # fmt: skip
def path_rule(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status not in (403, 404, 405, 502, 503) or x.is_mcp or x.rpc_code is not None:
        return None
    path = urlsplit(f.url).path.rstrip("/")
    if not path:
        return None
    for a in f.asked:
        below = a.what.startswith("POST initialize to ") and urlsplit(a.url).path.startswith(f"{path}/")
        if below and a.is_mcp and a.server != x.server:
            one, other = (f"by {y.server}" if y.server else "by somebody without a Server header" for y in (x, a))
            named = f.key(x, "server") if x.server else f.key(a, "server")
            return Proof(
                f"{path} is answered {x.status} {one}, {urlsplit(a.url).path} {a.status} {other}.",
                (f.key(x), f.key(a), named), {"url": f.url, "path": path, "right": a.url},
            )  # fmt: skip
    return None
