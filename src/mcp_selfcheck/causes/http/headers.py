"""Whether the headers of the request or of the answer are what stops the two sides."""

import re

from ...facts.http import Exchange, HttpFacts
from ...model import Confirm, Proof, Says, Trace, cause

HEALTH = Confirm("probe_health", {"url": "{url}"})


def _pair(f: HttpFacts, x: Exchange, *words: str) -> Exchange | None:
    for word in words:
        for a in f.asked:
            if word in a.what and (a.found or a.status in (200, 202, 401)) and a.status != x.status:
                return a
    return None


@cause(
    "http-accept-rejected", "headers",
    title="The server refuses the Accept header of the request",
    means=(
        "A POST must say that it takes both application/json and text/event-stream. The server got an Accept header "
        "that it does not agree with and answers 406."
    ),
    who="you",
    fix="Send both types in Accept: application/json, text/event-stream. {repair}",
    says=[
        Says(r"Not Acceptable: Client must accept both application/json and text/event-stream", 2.8),
        Says(r"\b406\b.{0,40}Not Acceptable", 2),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def accept_rejected(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status not in (400, 406):
        return None
    own = _pair(f, x, " without the entry's accept")
    if own is not None:
        value, cites = f.sent("accept")
        return Proof(
            f"With the Accept header of the entry{value} the answer is {x.said}; with “application/json, text/event-stream” in "
            f"its place it is HTTP {own.status}.",
            (f.key(x), f.key(own), *cites),
            {"url": f.url, "repair": "Remove the Accept header from the entry; the client sends the right one by itself."},
        )  # fmt: skip
    other = _pair(f, x, " with Accept ") if x.status == 406 else None
    if other is None:
        return None
    kind = other.what.rpartition(" ")[2]
    return Proof(
        f"With “Accept: application/json, text/event-stream”, as the protocol wants it, the answer is {x.said}; with "
        f"“Accept: {kind}” it is HTTP {other.status}.",
        (f.key(x), f.key(other)),
        {"url": f.url, "repair": "Let the server, or the gateway in front of it, take an Accept header with several types."},
    )  # fmt: skip


@cause(
    "http-content-type-rejected", "headers",
    title="The server refuses the Content-Type of the request",
    means=(
        "The body of a POST is JSON, and its Content-Type must say application/json. The server compares that header "
        "by the letter and got another one."
    ),
    who="you",
    fix="Send Content-Type: application/json, without parameters. {repair}",
    says=[
        Says(r"Unsupported Media Type: Content-Type must be application/json", 3),
        Says(r"Invalid Content-Type header", 2.8),
        Says(r"Invalid content type: must be 'application/json'", 3),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def content_type_rejected(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status not in (400, 406, 415, 422):
        return None
    own = _pair(f, x, " without the entry's content-type")
    if own is not None:
        value, cites = f.sent("content-type")
        return Proof(
            f"With the Content-Type header of the entry{value} the answer is {x.said}; with “application/json” it is HTTP {own.status}.",
            (f.key(x), f.key(own), *cites),
            {"url": f.url, "repair": "Remove the Content-Type header from the entry; the client sends “application/json”."},
        )  # fmt: skip
    other = _pair(f, x, " with charset")
    if other is None:
        return _changed_on_the_way(f, x)
    return Proof(
        f"With “Content-Type: application/json” the answer is {x.said}; with “application/json; charset=utf-8” it is "
        f"HTTP {other.status}.",
        (f.key(x), f.key(other)),
        {"url": f.url, "repair": "Let the server take “application/json” without a charset parameter, as clients send it."},
    )  # fmt: skip


_KIND_WORDS = re.compile(r"content[- _]?type|media[- ]type", re.I)


def _changed_on_the_way(f: HttpFacts, x: Exchange) -> Proof | None:
    """The server complains of the Content-Type though the right one was sent: something in between changed it."""
    said = " ".join((x.rpc_message or x.body).split())
    if x.method != "POST" or "content-type" in f.entry_headers or not _KIND_WORDS.search(said):
        return None
    if x.status != 415 and x.rpc_code is None and "application/json" not in said and "invalid" not in said.lower():
        return None
    by = f" (Server: {x.server})" if x.server else ""
    return Proof(
        f"{x.what} {f.url} says “Content-Type: application/json”, and the answer is {x.said}{by}: “{said[:120]}”.",
        (f.key(x), f.key(x, "rpc_message") if x.rpc_message else f.key(x, "body")),
        {"url": f.url, "repair": "Let the proxy or gateway in front of the server pass the Content-Type header on as it is."},
    )  # fmt: skip


@cause(
    "http-wrong-content-type", "headers",
    title="The answer is MCP, but its Content-Type says otherwise",
    means=(
        "The body is what was asked for, but the header calls it something else than application/json or "
        "text/event-stream. Clients go by the header and throw the answer away."
    ),
    who="server_author",
    fix="Make the server send “Content-Type: {right}” with this answer; it sends {wrong}.",
    says=[
        Says(r"Unexpected content type: (?!text/html)(?P<wrong>[\w/+.-]+|null|None)", 2.8),
        Says(r"Unknown media type returned: (?P<wrong>[\w/+.-]+)", 3),
        Says(r"Invalid Content-Type, expected \"text/event-stream\"", 2.4),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def wrong_content_type(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status is None or x.status >= 300:
        return None
    wrong = f"“{x.content_type}”" if x.content_type else "none"
    cites = (f.key(x), *((f.key(x, "content_type"),) if x.content_type else ()))
    if x.is_mcp:
        events = x.body.lstrip().startswith(("event:", "data:", "id:", "retry:", ":"))
        right = "text/event-stream" if x.first_event or events else "application/json"
        return Proof(
            f"The answer to {x.what} is a valid JSON-RPC message, HTTP {x.status}, with the Content-Type {wrong}.",
            (*cites, f.key(x, "is_mcp")), {"right": right, "wrong": wrong, "url": f.url},
        )  # fmt: skip
    if f.configured == "sse" and x.method == "GET" and x.body.startswith(("event:", "data:")):
        return Proof(
            f"The stream at {f.url} holds server-sent events, with the Content-Type {wrong}.",
            (*cites, f.key(x, "body")), {"right": "text/event-stream", "wrong": wrong, "url": f.url},
        )  # fmt: skip
    return None
