"""Why a request that goes through the configured proxy fails, or fails because it does not."""

import re
from urllib.parse import urlsplit

from ...facts.http import HttpFacts
from ...facts.launch import LaunchFacts
from ...facts.proxy import ProxyFacts
from ...model import Confirm, Proof, Says, Trace, cause

CHECK = Confirm("check_proxy", {})
# Products that put pages of their own in place of answers (their default pages and Server headers).
GATEWAYS = re.compile(
    r"zscaler|netskope|forti(?:gate|guard|web|net)|blue ?coat|forcepoint|websense|mcafee web gateway|skyhigh|sophos|barracuda"
    r"|big-?ip|f5 networks|squid/|tinyproxy|palo alto networks|cisco umbrella|captive portal|web ?filter|smoothwall|sonicwall",
    re.IGNORECASE,
)  # fmt: skip
LOGIN = (200, 203, 301, 302, 303, 307, 308, 401, 403, 511)


def _failing(t: Trace) -> ProxyFacts | None:
    f = t.get(ProxyFacts)
    return f if f is not None and f.failed and f.used else None


def _values(f: ProxyFacts) -> dict[str, str]:
    host = f.target.rsplit(":", 1)[0]
    return {"proxy": f.used, "variable": f.variable, "target": f.target, "host": host, "exceptions": _extended(f, host)}


def _extended(f: ProxyFacts, host: str) -> str:
    """NO_PROXY as it should read: what is there, and this machine's names or the host."""
    wanted = ["localhost", "127.0.0.1", "::1"] if f.local else [host]
    if f.local and host not in wanted:
        wanted.append(host)
    there = [x.strip() for x in f.no_proxy.split(",") if x.strip()]
    return ",".join([*there, *(w for w in wanted if w not in there)])


def _cites(f: ProxyFacts, *more: str) -> tuple[str, ...]:
    return ("proxy.used", "proxy.variable", *(f"proxy.{m}" for m in more))


@cause(
    "proxy-unreachable", "forward-proxy",
    title="The configured proxy itself cannot be reached",
    means=(
        "A setting sends the requests to a proxy, and nothing usable answers at the proxy's address. The refused "
        "connection in the client's message is the one to the proxy, not to the server."
    ),
    who="you",
    fix="Start the proxy at {proxy}, or remove {variable}. To leave it out for this server only, set NO_PROXY={exceptions}.",
    commands=["env -u {variable} mcp-selfcheck diagnose"],
    says=[
        Says(r"Failed to connect to proxy|ProxyConnectionError|ERR_PROXY_CONNECTION_FAILED|proxyconnect tcp:", 3,
             unless=r"authenticat|\b407\b"),
        Says(r"Cannot connect to proxy\.?|Unable to connect to proxy|Could not resolve proxy|curl: \(5\)", 3,
             unless=r"authenticat|\b407\b|Tunnel connection failed"),
        Says(r"(?:connect )?ECONNREFUSED (?P<proxy>\S+:\d+).*(?:proxy|tunnel)", 2),
        Says(r"(?:proxy|tunnel).*ECONNREFUSED (?P<proxy>\S+:\d+)", 2),
    ],
    confirm_with=CHECK,
    over=("tcp-backend-not-running", "launch-registry-unreachable"),
)  # fmt: skip
def unreachable(t: Trace) -> Proof | None:
    f = _failing(t)
    if f is None:
        return None
    if f.ignored_error and f.health != "open":
        return Proof(
            f"The program's connection ends with {f.ignored_error}: that is the proxy of {f.variable}, {f.used}, and it does "
            f"not answer us either ({f.health}).",
            _cites(f, "ignored_error", "health"), _values(f),
        )  # fmt: skip
    if f.health and f.health != "open":
        said = {
            "ECONNREFUSED": "the connection is refused (ECONNREFUSED)",
            "ETIMEDOUT": "nothing answers before the deadline (ETIMEDOUT)",
            "EINVAL": "that is no address to connect to",
        }.get(f.health, f"its name has no address ({f.health})" if f.health.startswith("EAI_") else f.health)
        direct = f"; {f.target} without the proxy: {f.direct_result}" if f.direct_result else ""
        more = ("health", "direct_result") if f.direct_result else ("health",)
        return Proof(f"{f.variable} names the proxy {f.used}, and {said}{direct}.", _cites(f, *more), _values(f))
    # A SOCKS error is a proxy at work; silence may be the server's; for this machine the next cause knows more.
    mute = f.answer_error and f.answer_error != "ETIMEDOUT" and not re.match("SOCKS_(?!NOT_SPOKEN)", f.answer_error)
    if mute and not (f.local and f.direct_result == "open"):
        return Proof(
            f"{f.variable} names the proxy {f.used}; its port is open and does not answer as a proxy: {f.answer_error}.",
            _cites(f, "answer_error"), _values(f),
        )  # fmt: skip
    return None


@cause(
    "proxy-auth-required", "forward-proxy",
    title="The proxy wants a user name and password",
    means=(
        "The request reached the proxy, and the proxy does not forward it without credentials. The server has not "
        "been asked."
    ),
    who="you",
    fix=(
        "Put the proxy's credentials into {variable} (http://user:password@proxy:port), ask its administrator for a rule "
        "without login, or leave it out with NO_PROXY={exceptions}."
    ),
    says=[
        Says(r"407 Proxy Authentication Required|Proxy Authentication Required", 3),
        Says(r"(?:status(?: code)?|HTTP(?:/\d(?:\.\d)?)?|error|response|Tunnel connection failed:?)[ :=(]*407\b", 3),
        Says(r"ERR_PROXY_AUTH|Proxy-Authenticate:", 3),
        Says(r"authenticationrequired\b.*<!DOCTYPE html|401 authenticationrequired", 2.5),
    ],
    confirm_with=CHECK,
)  # fmt: skip
def auth_required(t: Trace) -> Proof | None:
    f = _failing(t)
    if f is None:
        return _wanted_on_the_way(t)
    values = _values(f)
    scheme = f.status_headers.get("proxy-authenticate", "")
    if f.status == 407:
        asks = f" and asks for “{scheme}”" if scheme else ""
        sent = " The credentials in the setting were sent and refused." if f.credentials else ""
        cites = ("status", "status_headers[proxy-authenticate]") if scheme else ("status",)
        return Proof(
            f"{f.used} ({f.variable}) answers 407 to the request for {f.target}{asks}.{sent}", _cites(f, *cites), values
        )
    if f.answer_error == "SOCKS_AUTH_REQUIRED":
        return Proof(
            f"The SOCKS proxy {f.used} ({f.variable}) wants a login (RFC 1929).", _cites(f, "answer_error"), values
        )
    refused = " to the credentials in the setting" if f.credentials else ""
    if f.status == 401 and f.from_proxy and f.direct_status is None and f.html:
        return Proof(
            f"{f.used} ({f.variable}) answers 401 with a page of its own ({f.from_proxy}){refused}.",
            _cites(f, "status", "from_proxy"), values,
        )  # fmt: skip
    if f.status == 401 and f.from_proxy and f.direct_status not in (401, None):
        return Proof(
            f"{f.used} ({f.variable}) answers 401 ({f.from_proxy}){refused}; without it {f.target} answers "
            f"{f.direct_status}.",
            _cites(f, "status", "from_proxy", "direct_status"), values,
        )  # fmt: skip
    return None


def _wanted_on_the_way(t: Trace) -> Proof | None:
    """A proxy that nobody configured, and that wants a login all the same."""
    h, launch = t.get(HttpFacts), t.get(LaunchFacts)
    heard = t.heard.get("proxy-auth-required")
    if (
        launch is not None
        and launch.died
        and heard is not None
        and heard.score >= 3
        and heard.origin in ("stderr", "stdout")
    ):
        return Proof(
            f"The program ends with “{heard.matched}”.", (f"launch.run.{heard.origin}",),
            {"variable": "the proxy setting", "exceptions": "<host>"}, "likely",
        )  # fmt: skip
    x = h.failure if h else None
    if h is None or x is None or x.status != 407:
        return None
    return Proof(
        f"{x.what} {h.url} is answered 407, a proxy's status, and no proxy is configured.", (h.key(x),),
        {"exceptions": urlsplit(h.url).hostname or "<host>", "variable": "HTTPS_PROXY"},
    )  # fmt: skip


@cause(
    "proxy-intercepts-localhost", "forward-proxy",
    title="A proxy setting catches a server on this machine",
    means=(
        "The environment tells programs to use a proxy and does not take out this machine. The proxy gets the request "
        "for localhost and cannot or will not reach your machine from where it stands."
    ),
    who="you",
    fix="Set NO_PROXY={exceptions} (and no_proxy, for programs that read that spelling) where the client is started.",
    commands=["export NO_PROXY={exceptions} no_proxy={exceptions}"],
    says=[
        Says(
            r"(?:50[234]|403)\b.*https?://(?P<host>localhost|127\.0\.0\.1|\[::1\])(?::\d+)?", 2,
            unless=r"\b(?:upstream|cloudflare)\b",
        ),
    ],
    confirm_with=CHECK,
)  # fmt: skip
def intercepts_localhost(t: Trace) -> Proof | None:
    f = _failing(t)
    if f is None or not f.local or f.health != "open" or f.direct_result != "open":
        return None
    if f.direct_status is None and not f.target_is_tls:
        return None
    got = f"answers {f.status}" if f.status is not None else f"gives no answer ({f.answer_error})"
    shown = f" ({f.from_proxy})" if f.from_proxy else ""
    direct = f"answers {f.direct_status}" if f.direct_status is not None else "accepts the connection"
    missed = f"NO_PROXY={f.no_proxy} does not take out {f.target}" if f.no_proxy else "NO_PROXY is not set"
    if f.no_proxy_near:
        missed = f"in NO_PROXY, {f.no_proxy_near}"
    cites = ["status" if f.status is not None else "answer_error", "direct_result"]
    cites += ["direct_status"] if f.direct_status is not None else []
    cites += ["no_proxy"] if f.no_proxy else []
    return Proof(
        f"{f.variable} sends {f.target} through {f.used}, which {got}{shown}; without it the server {direct}; {missed}.",
        _cites(f, *cites), _values(f),
    )  # fmt: skip


@cause(
    "proxy-error-page", "forward-proxy",
    title="A proxy's own page stands where the server's answer belongs",
    means=(
        "The answer to the request is an error, login or notice page of a proxy or gateway on the way. The server's own "
        "answer never came."
    ),
    who="network_admin",
    fix="Ask for a rule on {proxy} that lets {target} pass, or leave the proxy out with NO_PROXY={exceptions}.",
    says=[
        Says(r"<title>\s*ERROR: The requested URL could not be retrieved|X-Squid-Error|Generated by (?:squid|tinyproxy)", 3),
        Says(r"(?:Zscaler|Blue ?Coat|Forcepoint|Netskope|McAfee Web Gateway|FortiGate|FortiGuard|WebFilter|Websense)", 2,
             needs=r"<html|<!doctype|text/html"),
        Says(r"captive[ -]?portal|Network Authentication Required|\b511\b.*Network", 2.5),
    ],
    confirm_with=CHECK,
    over=("tcp-foreign-service", "http-not-mcp", "http-wrong-content-type", "http-bad-gateway"),
)  # fmt: skip
def error_page(t: Trace) -> Proof | None:
    f = _failing(t)
    if f is None:
        return _in_front(t)
    if f.status is None or not (f.from_proxy or f.html):
        return None
    page = f" “{f.body[:80]}”" if f.body else ""
    if f.direct_status is not None or (f.target_is_tls and f.direct_result == "open"):
        direct = f"answers {f.direct_status}" if f.direct_status is not None else "accepts the connection"
        cites = ["status", "direct_result"]
        return Proof(
            f"Through {f.used} ({f.variable}) comes {f.status}{page}; without it {f.target} {direct}.",
            _cites(f, *cites), _values(f),
        )  # fmt: skip
    if f.status in LOGIN and f.from_proxy:
        return Proof(
            f"{f.used} ({f.variable}) answers {f.status} for {f.target} with a page of its own ({f.from_proxy}){page}.",
            _cites(f, "status", "from_proxy"), _values(f),
        )  # fmt: skip
    if f.target_is_tls and f.from_proxy and f.status >= 400:  # to CONNECT only a proxy answers
        here = f"; without it {f.target} gives {f.direct_result}" if f.direct_result else ""
        return Proof(
            f"{f.used} ({f.variable}) answers {f.status} to CONNECT {f.target}{page}{here}.",
            _cites(f, "status", "from_proxy", *(["direct_result"] if here else [])), _values(f),
        )  # fmt: skip
    return None


def _in_front(t: Trace) -> Proof | None:
    """A gateway that nobody configured as a proxy: its page instead of MCP, and a header that names it."""
    h = t.get(HttpFacts)
    x = h.failure if h else None
    if h is None or x is None or x.status in (None, 404, 405) or "html" not in x.content_type or x.rpc_code is not None:
        return None
    product = GATEWAYS.search(x.server) or GATEWAYS.search(x.body)
    if not (product or x.status == 511 or (x.via and x.status not in (502, 503, 504))):
        return None
    if product:
        sign, field = product.group(0), "server" if GATEWAYS.search(x.server) else "body"
    elif x.via:
        sign, field = f"Via: {x.via}", "via"
    else:
        sign, field = "status 511", "status"
    values = {"proxy": "the gateway", "target": h.url, "exceptions": urlsplit(h.url).hostname or "<host>"}
    through, cites = "", [h.key(x), h.key(x, field)]
    f = t.get(ProxyFacts)
    if f is not None and f.used:
        through, values = f" through {f.used} ({f.variable})", {**_values(f), "target": h.url}
        cites += _cites(f)
    return Proof(
        f"{x.what} {h.url}{through} is answered {x.status} with a page of a gateway on the way ({sign}).",
        tuple(cites),
        values,
    )


@cause(
    "proxy-ignored", "forward-proxy",
    title="The client does not use the proxy that the network needs",
    means=(
        "A proxy is set in the environment, and the program that makes the connection does not read such settings. "
        "Its direct connection fails, while the proxy does reach the server."
    ),
    who="you",
    fix=(
        "Make the program use {proxy}: for Node.js 22.21 or 24 and newer set NODE_USE_ENV_PROXY=1; otherwise use the client's "
        "own proxy setting."
    ),
    commands=["export NODE_USE_ENV_PROXY=1"],
    says=[
        Says(r"NODE_USE_ENV_PROXY", 3),
    ],
    confirm_with=CHECK,
    over=("tcp-backend-not-running", "launch-crashed"),
)  # fmt: skip
def ignored(t: Trace) -> Proof | None:
    f = t.get(ProxyFacts)
    if f is None or not f.ignored_works or not f.ignored_error:
        return None
    return Proof(
        f"The program connects by itself: {f.ignored_error}. Through {f.used} ({f.variable}) {f.ignored_works}.",
        _cites(f, "ignored_error", "ignored_works"), _values(f),
    )  # fmt: skip
