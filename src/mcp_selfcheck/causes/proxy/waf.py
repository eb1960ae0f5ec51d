"""Whether a guard in front of the server refuses the client for what it is, or for what it says."""

import re

from ...facts.http import Exchange, HttpFacts
from ...facts.proxy import ProxyFacts
from ...model import Confirm, Proof, Says, Trace, cause

HEALTH = Confirm("probe_health", {"url": "{url}"})
# Headers by which a guard says that it challenges or blocks (vendors' documentation).
HEADERS = (
    ("cf-mitigated", re.compile("challenge|block", re.I)),
    ("x-vercel-mitigated", re.compile("challenge|deny", re.I)),
    ("x-amzn-waf-action", re.compile("challenge|captcha", re.I)),
    ("x-datadome", re.compile("protected|.", re.I)),
    ("x-dd-b", re.compile(".")),
)
PAGES = re.compile(
    r"Just a moment\.\.\.|cf[-_]chl|challenge-platform|Attention Required! \| Cloudflare|Checking your browser"
    r"|captcha-delivery\.com|px-captcha|_Incapsula_Resource|Incapsula incident ID|Making sure you(?:'|&#39;)re not a bot"
    r"|Pardon Our Interruption|Enable JavaScript and cookies to continue|Vercel Security Checkpoint|Sucuri WebSite Firewall",
    re.IGNORECASE,
)  # fmt: skip
BLOCKED = re.compile(
    r"Sorry, you have been blocked|The requested URL was rejected\. Please consult|Your support ID is|Request Rejected"
    r"|mod_security|ModSecurity|This request has been blocked|The request is blocked\.|blocked by (?:the |our )?(?:web application )?firewall"
    r"|Web Application Firewall|Access Denied.{0,200}Reference (?:&#32;)?#",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip


def _failure(t: Trace) -> tuple[HttpFacts, Exchange] | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status is None or x.is_mcp or x.rpc_code is not None:
        return None
    return f, x


def _mark(x: Exchange) -> tuple[str, str]:
    """The sign of a challenge and the evidence field in which it stands."""
    for name, value in HEADERS:
        if name in x.headers and value.search(x.headers[name]):
            return f"{name}: {x.headers[name]}", "status"
    m = PAGES.search(x.body)
    return (m.group(0), "body") if m else ("", "")


@cause(
    "proxy-payload-blocked", "waf",
    title="A firewall refuses the text of the request",
    means=(
        "A web application firewall in front of the server reads the requests and refuses those whose text looks like an "
        "attack. Other requests to the same URL pass."
    ),
    who="network_admin",
    fix="Ask for an exception of the firewall's rule for {url}; until then, avoid the text that it refuses.",
    says=[
        Says(r"Sorry, you have been blocked", 2.8),
        Says(r"The requested URL was rejected\. Please consult with your administrator", 3),
        Says(r"ModSecurity: Access denied|Request blocked by (?:WAF|firewall)", 3),
    ],
    confirm_with=HEALTH,
    over=("http-not-mcp", "http-wrong-path", "http-origin-rejected", "http-host-rejected"),
)  # fmt: skip
def payload_blocked(t: Trace) -> Proof | None:
    found, p = _failure(t), t.get(ProxyFacts)
    if (
        found is None
        or p is None
        or found[1].status not in (403, 406, 503)
        or not p.harmless_passed
        or p.browser_passed
    ):
        return None
    f, x = found
    m = BLOCKED.search(x.body)
    html = "html" in x.content_type
    if not (m or html):
        return None
    words = f" (“{m.group(0)[:60]}”)" if m else ""
    return Proof(
        f"{x.what} {f.url} is refused with {x.status}{words}; a ping to the same URL reaches the server and is answered "
        f"{p.harmless_status}.",
        (f.key(x), "proxy.harmless_status"), {"url": f.url},
    )  # fmt: skip


@cause(
    "proxy-bot-challenge", "waf",
    title="A guard in front of the server takes the client for a bot",
    means=(
        "A protection in front of the server wants to see a browser: it answers with a challenge or a block page. An MCP "
        "client cannot solve it."
    ),
    who="network_admin",
    fix="Exempt {url} and /.well-known/ from bot protection (a rule that skips the challenge for these paths).",
    says=[
        Says(r"cf-mitigated: *challenge", 3),
        Says(r"Just a moment\.\.\.|Attention Required! \| Cloudflare|Enable JavaScript and cookies to continue", 3),
        Says(r"x-vercel-mitigated: *challenge|Vercel Security Checkpoint|x-amzn-waf-action: *(?:challenge|captcha)", 3),
        Says(r"Sorry, you have been blocked", 2.2),
        Says(r"error code: 1010|Incapsula incident ID|captcha-delivery\.com|px-captcha", 3),
    ],
    confirm_with=HEALTH,
    over=("http-not-mcp", "http-wrong-path", "http-bad-gateway", "http-rate-limited", "http-origin-rejected", "http-host-rejected", "http-wrong-content-type"),
)  # fmt: skip
def bot_challenge(t: Trace) -> Proof | None:
    found, p = _failure(t), t.get(ProxyFacts)
    if found is None:
        return None
    f, x = found
    who = f" by {x.server}" if x.server else ""
    mark, field = _mark(x)
    if mark:
        return Proof(
            f"{x.what} {f.url} is answered {x.status}{who} with a challenge: {mark}.",
            (f.key(x), f.key(x, field)),
            {"url": f.url},
        )
    if p is not None and p.browser_passed:
        return Proof(
            f"{x.what} {f.url} is answered {x.status}{who}; the same request with a browser's User-Agent is answered "
            f"{p.browser_status}.",
            (f.key(x), "proxy.browser_status"), {"url": f.url},
        )  # fmt: skip
    m = BLOCKED.search(x.body)
    if m and x.status in (403, 406, 503):
        said = " ".join(m.group(0).split())[:60]
        return Proof(
            f"{x.what} {f.url} is answered {x.status}{who} with a firewall's page: “{said}”.", (f.key(x), f.key(x, "body")),
            {"url": f.url}, "likely",
        )  # fmt: skip
    return None
