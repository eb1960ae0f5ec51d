"""Whether the server turns the request away for the name it was called by, or for the web page it comes from."""

import re

from ...facts.http import Exchange, HttpFacts
from ...model import Confirm, Proof, Says, Trace, cause

_HOST_WORDS = re.compile(
    r"invalid host|host header|host .{0,80}(?:not allowed|not permitted|is not trusted)|HTTP_HOST|blocked request", re.I
)
_ORIGIN_WORDS = re.compile(
    r"(?:invalid|forbidden|bad|unknown|disallowed) origin|origin .{0,80}not (?:allowed|permitted|trusted)", re.I
)


def _passes(f: HttpFacts, x: Exchange, words: str) -> Exchange | None:
    """The same request with one header changed, that came through to the server: as MCP, or to its question for a token."""
    for a in f.asked:
        if words in a.what and (a.found or a.status == 401) and a.status != x.status:
            return a
    return None


@cause(
    "http-host-rejected", "host-origin-guard",
    title="The server does not answer to this host name",
    means=(
        "The server accepts requests for certain host names only: a guard against DNS rebinding that SDKs switch on for "
        "local servers. The name in the URL, or the one that a proxy in front passes on, is not among them."
    ),
    who="server_author",
    fix="Add “{host}” to the host names that the server allows (allowed_hosts of its transport security settings), or call it by a name that it allows{alternative}.",
    says=[
        Says(r"Invalid Host header(?:: (?P<host>[\w.:\[\]-]+))?", 3),
        Says(r"Invalid Host: (?P<host>[\w.:\[\]-]+)", 3),
        Says(r"421 Misdirected Request", 2.6),
        Says(r"Invalid HTTP_HOST header: '(?P<host>[^']+)'", 3),
        Says(r"Blocked request\. This host \(\"?(?P<host>[\w.:-]+)\"?\) is not allowed", 3),
    ],
    confirm_with=Confirm("probe_health", {"url": "{url}"}),
)  # fmt: skip
def host_rejected(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status not in (400, 403, 404, 421, 444):
        return None
    host = "another" if "host" in f.entry_headers else f.url.split("/")[2]
    passed = _passes(f, x, " with Host ")
    if passed is not None:
        name = passed.what.rpartition(" ")[2]
        values = {"host": host if host != "another" else "the name", "url": f.url, "alternative": f", such as {name}"}
        given = f"the Host header of the entry{f.sent('host')[0]}" if host == "another" else f"Host: {host}"
        return Proof(
            f"With {given} the answer is {x.said}{_quoted(x)}; with Host: {name} and nothing else changed it is HTTP {passed.status}.",
            (f.key(x), f.key(passed)), values,
        )  # fmt: skip
    if x.status in (400, 403, 421) and _HOST_WORDS.search(x.rpc_message or x.body):
        return Proof(
            f"{x.what} {f.url} is answered {x.said}{_quoted(x)}.",
            (f.key(x), f.key(x, "body") if x.body else f.key(x, "rpc_message")),
            {"host": host if host != "another" else "the name", "url": f.url, "alternative": ""},
        )  # fmt: skip
    return None


def _quoted(x: Exchange) -> str:
    said = " ".join((x.rpc_message or x.body).split())[:80]
    return f" (“{said}”)" if said and not said.startswith("<") else ""


@cause(
    "http-origin-rejected", "host-origin-guard",
    title="The server refuses requests from this origin",
    means=(
        "The request carries an Origin header, as those of web pages do, and the server accepts only certain origins: "
        "a guard that the specification demands against web pages that call local servers."
    ),
    who="server_author",
    fix="Add the origin {origin} to the origins that the server allows (allowed_origins), or take the Origin header out of the entry.",
    says=[
        Says(r"(?:Invalid|Forbidden|Bad) Origin(?: header)?(?:: (?P<origin>[\w.:/-]+))?", 3),
        Says(r"Origin (?:header )?(?:is )?not allowed", 2.6),
    ],
    confirm_with=Confirm("probe_health", {"url": "{url}"}),
)  # fmt: skip
def origin_rejected(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status not in (400, 403):
        return None
    passed = _passes(f, x, " without the entry's origin")
    if passed is not None:
        value, cites = f.sent("origin")
        return Proof(
            f"With the Origin header of the entry{value} the answer is {x.said}{_quoted(x)}; without it, and nothing else "
            f"changed, it is HTTP {passed.status}.",
            (f.key(x), f.key(passed), *cites), {"url": f.url, "origin": value.strip() or "of the client"},
        )  # fmt: skip
    if x.status == 403 and _ORIGIN_WORDS.search(x.rpc_message or x.body):
        return Proof(
            f"{x.what} {f.url} is answered {x.said}{_quoted(x)}.",
            (f.key(x), f.key(x, "body") if x.body else f.key(x, "rpc_message")),
            {"url": f.url, "origin": "of the client"},
        )  # fmt: skip
    return None
