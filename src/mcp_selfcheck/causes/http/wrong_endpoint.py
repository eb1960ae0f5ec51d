"""Whether MCP stands at this URL at all, at another path of it, or nowhere on that server."""

import re

from ...facts.http import Exchange, HttpFacts
from ...facts.tcp import TcpFacts
from ...model import Confirm, Proof, Says, Trace, cause
from ..tcp.refused import about, foreign_service, held, owner

HEALTH = Confirm("probe_health", {"url": "{url}"})
# How GraphQL servers and FastAPI refuse a body that they do not know.
_OTHER_API = re.compile(
    r"\s*\{\s*\"errors\":\s*\[\s*\{[^}]{0,400}\"message\"|\s*\{\s*\"detail\":\s*\[\s*\{[^\]]{0,200}\"loc\""
)
LOGIN = ("login", "signin", "sign-in", "sign_in", "sso", "saml", "oauth2", "authorize", "auth/")


def page(f: HttpFacts) -> Exchange | None:
    """A page of another kind on the same server: proof that it is a web server, and of what."""
    for name in ("GET page", "GET root"):
        x = f.ask(name)
        if x is not None and x.status is not None and x.status < 300 and not x.found and x.body_bytes:
            return x
    return None


def describe(x: Exchange) -> str:
    """The kind of a body in words, with its beginning."""
    kind = x.content_type.split(";")[0].strip() or "no content type"
    start = " ".join(x.body.split())[:60]
    return f"{kind}, “{start}”" if start else f"{kind}, empty"


@cause(
    "http-wrong-path", "wrong-endpoint",
    title="The path in the URL is not where MCP answers",
    means=(
        "A web server answers at this address, but nothing stands at this path (404). An MCP server has one fixed path "
        "for its endpoint, often /mcp or /sse, and the path in the entry is another one."
    ),
    who="you",
    fix="Change the URL of the entry to {right}. {how}",
    says=[
        Says(r"(?:Error POSTing to endpoint|Failed to open SSE stream)[^\n]{0,40}(?:\(HTTP 404\)|Not Found)", 2),
        Says(r"Cannot POST /(?!sse)(?P<path>[\w./-]*)", 2.2),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def wrong_path(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or f.transport_found != "none" or x.status is None:
        return None
    astray = 300 <= x.status < 400 and f.redirect_end == "status"
    if x.status not in (400, 404, 405) and not astray:
        return None
    if f.endpoint_found:
        there = f.url.split("/", 3)
        right = "/".join(there[:3]) + f.endpoint_found
        there_x = next(
            (a for a in f.asked if a.what.endswith((f" to {f.endpoint_found}", f" of {f.endpoint_found}")) and a.found),
            None,
        )
        spoken = "HTTP+SSE" if f.endpoint_transport == "sse" else "streamable HTTP"
        how = ""
        if f.endpoint_transport == "sse" and f.configured == "http":
            how = 'It speaks HTTP+SSE there, so the "type" of the entry must be "sse".'
        if f.endpoint_transport == "streamable" and f.configured == "sse":
            how = 'It speaks streamable HTTP there, so the "type" of the entry must be "http".'
        cites = (f.key(x), "http.endpoint_found", *((f.key(there_x),) if there_x else ()))
        return Proof(
            f"{f.url} answers {x.said}; {f.endpoint_found} on the same server answers as MCP ({spoken}).", cites,
            {"right": right, "how": how, "url": f.url},
        )  # fmt: skip
    if x.status != 404 or page(f) is not None or not _plain_404(f, x):
        return None
    return Proof(
        f"{f.url} answers 404 to POST and GET, and none of the usual paths answers as MCP.", (f.key(x),),
        {"right": "the one that the server prints when it starts", "how": "", "url": f.url}, confidence="likely",
    )  # fmt: skip


def _plain_404(f: HttpFacts, x: Exchange) -> bool:
    got = f.ask("GET page")
    return got is None or got.status == 404


@cause(
    "http-not-mcp", "wrong-endpoint",
    title="What answers at this URL is not an MCP server",
    means=(
        "The request was answered over HTTP, but not as MCP: a web page, another API, a sign-in page, or nothing in the "
        "body. The URL leads to another service, or to another part of it."
    ),
    who="you",
    fix="Use the URL of the MCP endpoint in the entry: the one that the server prints when it starts, or that its documentation names.",
    says=[Says(r"Unexpected content type: text/html", 2), Says(r"Unexpected token '?<'?.{0,40}<!DOCTYPE", 2)],
    confirm_with=HEALTH,
)  # fmt: skip
def not_mcp(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or f.transport_found != "none" or f.endpoint_found or x.status is None or x.is_mcp:
        return None
    values = {"url": f.url}
    if 300 <= x.status < 400:
        return _sign_in(f, x, values) or _led_to_a_page(f, x, values)
    if foreign_service.prove(t) is not None:
        return None  # who has the port is known: that says more
    by, who = _by(t)
    if x.status < 300 and x.ended == "complete" and x.rpc_code is None:
        if not x.body_bytes:
            return Proof(f"{x.what} {f.url} was answered {x.said} with an empty body{by}.", (f.key(x), *who), values)
        cites = (f.key(x), f.key(x, "body")) if x.body else (f.key(x),)
        said = f"{x.what} {f.url} was answered {x.said} with {describe(x)}: no JSON-RPC{by}."
        return Proof(said, (*cites, *who), values)
    if x.status in (400, 422) and _OTHER_API.match(x.body) and not f.differing(" with "):
        said = f"{x.what} {f.url} was answered {x.said} in the manner of another API: {describe(x)}{by}."
        return Proof(said, (f.key(x), f.key(x, "body"), *who), values, confidence="likely")
    other = page(f)
    if other is None or x.status not in (400, 403, 404, 405, 411, 415, 422, 501) or f.differing(" with "):
        return None
    if x.status == 403 and "html" not in x.content_type:
        return None
    cites = (f.key(x), f.key(other), *((f.key(other, "body"),) if other.body else ()))
    where = "the same URL" if other.what == "GET page" else "/ of that server"
    return Proof(
        f"{x.what} {f.url} was answered {x.said}, and so was every usual path; {where} is a page: {describe(other)}{by}.",
        (*cites, *who), values,
    )  # fmt: skip


def _by(t: Trace) -> tuple[str, list[str]]:
    """Who holds the port, when it is one of this machine."""
    tcp = t.get(TcpFacts)
    x = held(tcp) if tcp is not None and tcp.local and tcp.connected else None
    if tcp is None or x is None or not (x.program or x.pid):
        return "", []
    return f"; the port is held by {owner(x)}", about(tcp)


def _sign_in(f: HttpFacts, x: Exchange, values: dict[str, str]) -> Proof | None:
    where = x.location.lower()
    if not any(w in where for w in LOGIN):
        return None
    return Proof(
        f"{x.what} {f.url} was answered {x.said} with Location {x.location}: a page to sign in.",
        (f.key(x), f.key(x, "location")), values,
    )  # fmt: skip


def _led_to_a_page(f: HttpFacts, x: Exchange, values: dict[str, str]) -> Proof | None:
    hops = [a for a in f.asked if ", redirect " in a.what]
    last = hops[-1] if hops and f.redirect_end == "status" else None
    if last is None or last.status is None or last.status >= 300 or not last.body_bytes:
        return None
    return Proof(
        f"{x.what} {f.url} is answered {x.said} and leads to {f.redirects[-1]}, which gives {describe(last)}: no JSON-RPC.",
        (f.key(x), "http.redirects", f.key(last)), values,
    )  # fmt: skip


@cause(
    "http-opened-in-browser", "wrong-endpoint",
    title="The endpoint was opened with a browser; it is healthy",
    means=(
        "A browser sends a GET for a page. An MCP endpoint answers such a request with 400, 405 or 406, and that is "
        "right: it wants a POST with a JSON-RPC message."
    ),
    who="you",
    fix="Leave it as it is, and let a client use the URL. To look at a server by hand, use MCP Inspector.",
    says=[
        Says(r"GET /mcp HTTP/1\.[01]\"? (?:40[056])\b", 1.6),
        Says(r"Not Acceptable: Client must accept text/event-stream", 2.4),
    ],
    severity="info",
    exempt="what a person opened in a browser is seen in the server's log only; a diagnosis sends its own requests",
)  # fmt: skip
def opened_in_browser(t: Trace) -> Proof | None:
    return None
