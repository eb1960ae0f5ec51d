"""What becomes of the body: swallowed on the way in, too large, or an answer that only says that the server failed."""

from ...facts.http import Exchange, HttpFacts
from ...model import Confirm, Proof, Says, Trace, cause

HEALTH = Confirm("probe_health", {"url": "{url}"})


@cause(
    "http-body-consumed", "body",
    title="The server lost the body of the request before reading it",
    means=(
        "The server says that it cannot parse the body, though it was valid JSON. Another part of it, mostly a body parser "
        "such as express.json(), has read the body first, and the MCP handler found the stream empty."
    ),
    who="server_author",
    fix="Hand the parsed body on, as in transport.handleRequest(req, res, req.body), or keep body parsers away from the MCP route.",
    says=[
        Says(r"stream is not readable", 3),
        Says(r"\"code\":\s*-32700\b.{0,120}Parse error", 2),
        Says(r"body (?:stream )?(?:is|has|was) (?:already )?(?:been )?(?:consumed|used|read|disturbed)|Body is unusable", 2.6),
    ],
    confirm_with=HEALTH,
    over=("http-no-response", "proxy-buffers-stream"),
)  # fmt: skip
def body_consumed(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None:
        return None
    if x.status is None:
        return _waits_for_it(f, x)
    said = " ".join((x.rpc_message or x.body).split())[:120]
    telling = "not readable" in x.body or "already been" in x.body or "Body is unusable" in x.body
    if x.rpc_code != -32700 and not (x.status >= 400 and telling):
        return None
    other = f.ask("POST of an empty object")
    same = other is not None and other.status == x.status
    cites: tuple[str, ...] = (f.key(x), f.key(x, "rpc_code" if x.rpc_code is not None else "body"))
    if same and other is not None:
        cites = (*cites, f.key(other))
    more = "; so it does for “{}”" if same else ""
    return Proof(f"The server answers a valid JSON body with {x.said}, “{said}”{more}.", cites, {"url": f.url})


def _waits_for_it(f: HttpFacts, x: Exchange) -> Proof | None:
    """A proxy behind a body parser waits for a body that was read before: the request hangs, and one without a body does not."""
    none, small = f.ask("POST without a body"), f.ask("POST of 2 bytes")
    if none is None or small is None or (x.error, small.error) != ("ETIMEDOUT", "ETIMEDOUT"):
        return None
    if none.status is None and none.error != "CLOSED":
        return None
    ends = f"answered HTTP {none.status}" if none.status is not None else "closed at once"
    return Proof(
        f"{x.what} {f.url} gets no answer before the deadline, nor does a POST of 2 bytes, while a POST without a body is {ends}: "
        "what reads the body waits for one that was read before.",
        (f.key(x, "error"), f.key(small, "error"), f.key(none, "error" if none.status is None else "status")), {"url": f.url}, confidence="likely",
    )  # fmt: skip


@cause(
    "http-payload-too-large", "body",
    title="The request is larger than the server allows",
    means="The server, or a gateway in front of it, limits the size of a request, and this one is above the limit (413).",
    who="network_admin",
    fix="Raise the limit for request bodies on the server or its gateway (client_max_body_size in nginx, limit of a body parser).",
    says=[
        Says(r"\b413\b.{0,40}(?:Request Entity|Payload|Content) Too Large", 3),
        Says(r"PayloadTooLargeError|request entity too large", 3),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def payload_too_large(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status != 413:
        return None
    small = f.ask("POST of 2 bytes")
    by = f" (Server: {x.server})" if x.server else ""
    if small is not None and small.status is not None and small.status != 413:
        return Proof(
            f"{x.what} of less than 300 bytes is answered HTTP 413{by}; a body of 2 bytes is answered HTTP {small.status}.",
            (f.key(x), f.key(small)), {"url": f.url},
        )  # fmt: skip
    return Proof(f"{x.what} of less than 300 bytes is answered HTTP 413{by}.", (f.key(x),), {"url": f.url})


@cause(
    "http-response-too-large", "body",
    title="The answer is beyond any sensible size",
    means=(
        "The answer to the first request did not end where one would expect: it goes on and on, unpacks to far more than "
        "was sent, or its headers alone fill a buffer."
    ),
    who="server_author",
    fix="See what {url} really serves, and let the endpoint answer this request with one message.",
    says=[Says(r"maxContentLength size of \d+ exceeded|Response (?:body|header)s? (?:is |are )?too large|HPE_HEADER_OVERFLOW", 2.6)],
    confirm_with=HEALTH,
)  # fmt: skip
def response_too_large(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None:
        return None
    if x.error == "HEADERS_TOO_LARGE":
        return Proof(
            f"The headers of the answer to {x.what} are longer than 100 KiB.", (f.key(x, "error"),), {"url": f.url}
        )
    if x.ended != "capped":
        return None
    packed = f", packed as {x.encoding}" if x.encoding else ""
    return Proof(
        f"The answer to {x.what} was still going on after {_size(x.body_bytes)}{packed}, where it was cut off.",
        (f.key(x), f.key(x, "ended")), {"url": f.url},
    )  # fmt: skip


def _size(count: int) -> str:
    return f"{count // (1 << 20)} MiB" if count >= 1 << 20 else f"{count // 1024} KiB"


@cause(
    "http-server-error", "body",
    title="The server itself fails on a valid request",
    means="The server answered with a status of its own failure (5xx). What went wrong stands in its log, not in the answer.",
    who="server_author",
    fix="Read the server's log at the time of the request; the first error in it is the reason.",
    says=[Says(r"\b500\b.{0,20}Internal Server Error", 1.6)],
    confirm_with=HEALTH,
    general=True,
)  # fmt: skip
def server_error(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status is None or not 500 <= x.status < 600 or f.endpoint_found:
        return None
    if x.status == 501 and "Unsupported method" in x.body:
        return None
    said = " ".join((x.rpc_message or x.body).split())[:100]
    quoted = f", “{said}”" if said and not said.startswith("<") else ""
    cites = (f.key(x), f.key(x, "body")) if quoted and x.body else (f.key(x),)
    return Proof(f"{x.what} {f.url} is answered {x.said}{quoted}.", cites, {"url": f.url})
