"""Where a redirect leads, and what of the request gets lost on the way."""

from urllib.parse import urlsplit

from ...facts.http import Exchange, HttpFacts
from ...model import Confirm, Proof, Says, Trace, cause

HEALTH = Confirm("probe_health", {"url": "{url}"})


def _redirected(t: Trace) -> tuple[HttpFacts, Exchange, str] | None:
    """The facts, the redirecting answer, and the absolute URL that its Location names."""
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status is None or not 300 <= x.status < 400 or not f.redirects:
        return None
    return f, x, f.redirects[0]


def _arrives(f: HttpFacts) -> Exchange | None:
    return next((a for a in reversed(f.asked) if ", redirect " in a.what and (a.found or a.status == 401)), None)


def _tail(f: HttpFacts) -> tuple[str, tuple[str, ...]]:
    """What the same request got at the end of the redirects, with its evidence."""
    there = _arrives(f)
    if there is None:
        return "", ()
    return f"; sent there directly, the request is answered HTTP {there.status}", (f.key(there),)


@cause(
    "http-redirect-loop", "redirect",
    title="The URL redirects in a circle",
    means=(
        "Each answer sends the request on to another URL, and the way comes back to where it began, or does not end. "
        "Mostly an application behind a proxy does not know by which scheme or host it is reached."
    ),
    who="network_admin",
    fix="Tell the application the scheme and host that the proxy serves (X-Forwarded-Proto and X-Forwarded-Host, and trust in them), or take one of the two redirects away.",
    says=[
        Says(r"TooManyRedirects|Exceeded maximum allowed redirects|redirect count exceeded|ERR_TOO_MANY_REDIRECTS", 3),
        Says(r"maximum redirect reached|too many redirects", 2.8),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def redirect_loop(t: Trace) -> Proof | None:
    found = _redirected(t)
    if found is None or found[0].redirect_end not in ("loop", "endless"):
        return None
    f, x, _ = found
    way = " → ".join((f.url, *f.redirects[:4]))
    how = "and so back to the start" if f.redirect_end == "loop" else f"and on, {len(f.redirects)} redirects in all"
    return Proof(f"{way}, {how}.", (f.key(x), "http.redirects", "http.redirect_end"), {"url": f.url})


@cause(
    "http-redirect-downgrade", "redirect",
    title="A redirect leads from https back to http",
    means=(
        "The server redirects to an http:// URL although it is reached by https://. It does not know that a proxy in front "
        "of it speaks TLS. Clients do not follow, or drop the credentials, or find nobody there."
    ),
    who="server_author",
    fix="Use the URL {direct} in the entry, and tell the server that it is behind TLS (trust X-Forwarded-Proto; --proxy-headers and --forwarded-allow-ips for uvicorn).",
    confirm_with=HEALTH,
)  # fmt: skip
def redirect_downgrade(t: Trace) -> Proof | None:
    found = _redirected(t)
    if found is None or found[0].redirect_end == "loop":
        return None
    f, x, to = found
    a, b = urlsplit(f.url), urlsplit(to)
    if a.scheme != "https" or b.scheme != "http" or a.hostname != b.hostname:
        return None
    return Proof(
        f"{x.what} {f.url} is answered {x.said} with Location {to}.", (f.key(x), "http.redirects"),
        {"url": f.url, "direct": f"https://{a.netloc}{b.path}"},
    )  # fmt: skip


@cause(
    "http-trailing-slash", "redirect",
    title="The endpoint's path differs by a slash at its end",
    means=(
        "The server redirects to the same path with, or without, a slash at the end. Many clients do not repeat a POST "
        "after a redirect, or leave their headers behind."
    ),
    who="you",
    fix="Change the URL of the entry to {right}.",
    says=[
        Says(r"POST (?P<path>/[\w/-]*) HTTP/1\.[01]\"? 30[78]\b", 2.8),
        Says(r"30[78] Temporary Redirect.{0,60}location: (?P<right>\S+/)", 3),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def trailing_slash(t: Trace) -> Proof | None:
    found = _redirected(t)
    if found is None or found[0].redirect_end == "loop":
        return None
    f, x, to = found
    a, b = urlsplit(f.url), urlsplit(to)
    if a.path == b.path or a.path.rstrip("/") != b.path.rstrip("/") or a.hostname != b.hostname or a.scheme != b.scheme:
        return None
    # A port that only the server behind a proxy knows would lead astray: the path is what differs.
    right = f"{a.scheme}://{a.netloc}{b.path}"
    if f.redirect_end == "status" and _arrives(f) is None:
        return None  # the slash alone does not lead to MCP
    tail, cites = _tail(f)
    return Proof(
        f"{x.what} {f.url} is answered {x.said} with Location {to}{tail}.", (f.key(x), "http.redirects", *cites),
        {"right": right, "url": f.url},
    )  # fmt: skip


@cause(
    "http-redirect-drops-post", "redirect",
    title="A redirect stands between the client and the endpoint",
    means=(
        "The server redirects this URL elsewhere, most often from http to https. After a 301, 302 or 303 clients send a GET "
        "without body in place of the POST, and credentials do not go along to another origin."
    ),
    who="you",
    fix="Change the URL of the entry to {right}.",
    says=[Says(r"Redirect(?:ed|ion)? to '?(?P<right>https?://[^\s'\"]+)'? (?:was )?not followed", 2.8)],
    confirm_with=HEALTH,
)  # fmt: skip
def redirect_drops_post(t: Trace) -> Proof | None:
    found = _redirected(t)
    if found is None or found[0].redirect_end == "loop":
        return None
    f, x, to = found
    a, b = urlsplit(f.url), urlsplit(to)
    upgraded = a.scheme == "http" and b.scheme == "https" and a.hostname == b.hostname
    if not upgraded and _arrives(f) is None:
        return None
    tail, cites = _tail(f)
    return Proof(
        f"{x.what} {f.url} is answered {x.said} with Location {to}{tail}.", (f.key(x), "http.redirects", *cites),
        {"right": to, "url": f.url},
    )  # fmt: skip
