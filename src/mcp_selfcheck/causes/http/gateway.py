"""Whether a gateway in front of the server answers in its place, or nobody does."""

import re

from ...facts.http import Exchange, HttpFacts
from ...facts.proxy import ProxyFacts
from ...facts.tcp import TcpFacts
from ...model import Confirm, Proof, Says, Trace, cause

HEALTH = Confirm("probe_health", {"url": "{url}"})
_GATEWAYS = re.compile(
    r"nginx|openresty|envoy|haproxy|traefik|caddy|cloudflare|awselb|apache|varnish|squid|tengine|istio|kong", re.I
)
_NO_BACKEND = re.compile(
    r"no (?:healthy|available) (?:upstream|server)|no server is available|bad gateway|upstream (?:connect|request)|"
    r"service temporarily unavailable|backend (?:fetch|server)|ECONNREFUSED|connection refused|error code 5[02]\d",
    re.I,
)
# http-proxy-middleware and the development servers built on it answer 504 (or 500) when they cannot connect.
_NOT_CONNECTED = re.compile(r"error occurr?ed while trying to proxy|ECONNREFUSED|connection refused", re.I)


def _failure(t: Trace, *statuses: int) -> tuple[HttpFacts, Exchange] | None:
    """The failing exchange, unless a forward proxy gave that status in the server's place."""
    f, p = t.get(HttpFacts), t.get(ProxyFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status not in statuses:
        return None
    if p is not None and p.used and p.direct_status is not None and p.direct_status != x.status:
        return None
    return f, x


def _who(x: Exchange) -> str:
    return f" by {x.server}" if x.server else f" via {x.via}" if x.via else ""


def _own(x: Exchange) -> str:
    """The evidence that names the one who answered."""
    return "server" if x.server else "via" if x.via else "status"


@cause(
    "http-gateway-timeout", "gateway",
    title="A gateway gave up waiting for the server",
    means="The gateway in front reached the server, or tried to, and got no answer within its own limit of time.",
    who="network_admin",
    fix="See why the server behind the gateway takes so long; for work that must take long, raise the gateway's limit (proxy_read_timeout in nginx).",
    says=[Says(r"\b504\b.{0,30}Gateway Time-?out", 3), Says(r"Error code:? 524|\b524\b.{0,30}timeout occurred", 3)],
    confirm_with=HEALTH,
)  # fmt: skip
def gateway_timeout(t: Trace) -> Proof | None:
    found = _failure(t, 504, 522, 524)
    if found is None or _NOT_CONNECTED.search(found[1].body):
        return None
    f, x = found
    return Proof(f"{x.what} {f.url} is answered {x.said}{_who(x)}.", (f.key(x), f.key(x, _own(x))), {"url": f.url})


@cause(
    "http-bad-gateway", "gateway",
    title="The gateway does not reach the server behind it",
    means=(
        "A gateway (reverse proxy, load balancer, tunnel) answers at this URL, but the MCP server behind it does not run, "
        "or the gateway looks for it in the wrong place."
    ),
    who="network_admin",
    fix="Start the server behind the gateway, and compare its address and port with what the gateway is told (proxy_pass, upstream).",
    says=[
        Says(r"\b502\b.{0,20}Bad Gateway", 2.6),
        Says(r"upstream prematurely closed connection|no live upstreams|no healthy upstream", 3),
        Says(r"connect\(\) failed \(111: Connection refused\) while connecting to upstream", 3),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def bad_gateway(t: Trace) -> Proof | None:
    found = _failure(t, 502, 503, 520, 521, 523, 530, 500, 504)
    if found is None:
        return None
    f, x = found
    if x.status in (500, 504) and not (
        (x.status == 504 and _NOT_CONNECTED.search(x.body)) or "trying to proxy" in x.body
    ):
        return None
    if x.status == 503 and not (_GATEWAYS.search(f"{x.server} {x.via}") or _NO_BACKEND.search(x.body)):
        return None
    if x.status == 503 and x.rpc_code is not None:
        return None
    said = (
        "" if x.body.lstrip().startswith("<") or (not _NO_BACKEND.search(x.body) and "proxy" not in x.body) else x.body
    )
    quoted = f": “{' '.join(said.split())[:100]}”" if said else ""
    return Proof(
        f"{x.what} {f.url} is answered {x.said}{_who(x)}{quoted}.",
        (f.key(x), f.key(x, _own(x)), *((f.key(x, "body"),) if quoted else ())), {"url": f.url},
    )  # fmt: skip


@cause(
    "http-rate-limited", "gateway",
    title="The server takes no more requests for now",
    means="The server, or its gateway, counts requests and has had too many of them from here (429).",
    who="you",
    fix="Wait {wait}, or ask the operator of the server for a larger quota.",
    says=[Says(r"\b429\b.{0,20}Too Many Requests", 2.4)],
    confirm_with=HEALTH,
)  # fmt: skip
def rate_limited(t: Trace) -> Proof | None:
    found = _failure(t, 429)
    if found is None:
        return None
    f, x = found
    if not x.retry_after:
        return Proof(f"{x.what} {f.url} is answered HTTP 429.", (f.key(x),), {"url": f.url, "wait": "some minutes"})
    after = x.retry_after[:40]
    wait = f"{after} seconds" if after.isdigit() else f"until {after}"
    return Proof(
        f"{x.what} {f.url} is answered HTTP 429 with Retry-After: {after}.", (f.key(x), f.key(x, "retry_after")),
        {"url": f.url, "wait": wait},
    )  # fmt: skip


@cause(
    "http-no-response", "gateway",
    title="The request is taken, and no answer comes",
    means=(
        "The connection opens and the request is sent, but no answer arrives before the deadline. The server's workers are "
        "busy or blocked, or this request hangs inside it."
    ),
    who="server_author",
    fix="See what the server does with the request: its log, and its stack while the request hangs. A server with one worker needs more of them.",
    says=[Says(r"(?:Read|Response|Headers) ?Timeout ?Error|UND_ERR_HEADERS_TIMEOUT", 1.8)],
    confirm_with=HEALTH,
)  # fmt: skip
def no_response(t: Trace) -> Proof | None:
    f, tcp = t.get(HttpFacts), t.get(TcpFacts)
    x = f.failure if f else None
    if f is None or x is None:
        return None
    values = {"url": f.url}
    if x.status is not None:
        if x.ended != "deadline" or x.status >= 400 or "event-stream" in x.content_type:
            return None  # a stream that stays open without the answer: the handshake's to tell
        return Proof(
            f"{x.what} {f.url} is answered with the status line HTTP {x.status}, and the body does not end.",
            (f.key(x), f.key(x, "ended")), values,
        )  # fmt: skip
    if x.error != "ETIMEDOUT":
        return None
    other = next((a for a in f.asked if a.status is not None), None)
    if other is not None:
        return Proof(
            f"{x.what} {f.url} gets no status line before the deadline, while {other.what} on the same server is answered "
            f"HTTP {other.status}.",
            (f.key(x, "error"), f.key(other)), values,
        )  # fmt: skip
    if f.request_read is False or (tcp is not None and _stuck(tcp)):
        return None
    read = " The server's side has read the request." if f.request_read else ""
    cites = (f.key(x, "error"), *(("http.request_read",) if f.request_read is not None else ()))
    return Proof(f"{x.what} {f.url} gets no status line before the deadline, nor does a GET.{read}", cites, values)


def _stuck(tcp: TcpFacts) -> bool:
    """The process does not even take connections: the tcp layer's to tell."""
    return any(listener.queue or listener.state in ("stopped", "spinning") for listener in tcp.listeners)
