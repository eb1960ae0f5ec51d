"""Whether a token, or what a client remembers of its login, was made for this server and is still good."""

import re
from urllib.parse import urlsplit

from ...model import Confirm, Proof, Says, Trace, cause
from .helper import KEY, helper_said
from .token import refused

_UNKNOWN_CLIENT = re.compile(
    r"invalid_client\b(?!_)|InvalidClientError|(?:unrecogni[sz]ed|unknown|invalid) client[_ ]?id|client[_ ]id\b.{0,60}(?:not found|not registered|unknown)",
    re.I,
)
_NO_GRANT = re.compile(
    r"invalid_grant\b|InvalidGrantError|refresh[_ ]token.{0,40}(?:invalid|expired|revoked|not found)", re.I
)

HEALTH = Confirm("probe_health", {"url": "{url}"})


@cause(
    "auth-audience", "oauth-tokens",
    title="The token was made for another server",
    means=(
        "A token names the server that it is for (its audience). The one in the entry names another, and the server refuses "
        "it for that."
    ),
    who="you",
    fix="Request a token for {resource} (the resource parameter of RFC 8707), or let the server accept this audience.",
    says=[
        Says(r"(?:invalid|unexpected|wrong) audience|audience (?:is )?(?:invalid|mismatch)|jwt audience invalid", 3),
        Says(r"rejected the credentials it just issued", 2.4),
    ],
    confirm_with=HEALTH,
    over=("auth-token-rejected",),
)  # fmt: skip
def audience(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or not f.token_audience or f.token_expired or f.sent != "bearer":
        return None
    resource = f.metadata.get("resource", "")
    wanted = resource or f.expected_resource
    named = f.token_audience.split(", ")
    if any(_same(a, wanted) or _same(a, f.expected_resource) for a in named):
        return None
    description = f.challenge.get("error_description", "").lower()
    told = any(w in description or w in f.body.lower() for w in ("audience", '"aud"', "resource"))
    elsewhere = all("://" in a and urlsplit(a).netloc != urlsplit(wanted).netloc for a in named)
    if not (told or resource or elsewhere):
        return None
    cites = ("auth.status", "auth.token_audience", "auth.metadata[resource]" if resource else "auth.expected_resource")
    return Proof(
        f"The token is for “{f.token_audience}” (its own “aud”), the server is “{wanted}”, and answers HTTP {f.status}.",
        cites, {"resource": wanted, "url": f.url}, confidence="proven" if told or resource else "likely",
    )  # fmt: skip


def _same(audience_named: str, resource: str) -> bool:
    """Equal, or the audience is the origin or a parent path of the resource (as SDKs compare)."""
    a, b = audience_named.rstrip("/").lower(), resource.rstrip("/").lower()
    return a == b or b.startswith(f"{a}/") or a == urlsplit(b).netloc or a == (urlsplit(b).hostname or "")


@cause(
    "auth-stale-client", "oauth-tokens",
    title="The client's registration is no longer known to the server",
    means=(
        "The client registered itself once and kept the client_id. The authorization server has forgotten it, and refuses "
        "every login with it."
    ),
    who="you",
    fix="Delete what the client remembers of this server's login (for mcp-remote: ~/.mcp-auth), and log in again.",
    says=[Says(r"invalid_client\b|(?:Unrecognized|Unknown|Invalid) client_?id|Client ID .{0,60}not found", 3)],
    over=("upstream-auth", "upstream-bad-request", "stdio-http-server"),
)  # fmt: skip
def stale_client(t: Trace) -> Proof | None:
    told = helper_said(t, _UNKNOWN_CLIENT)
    if told is None:
        return None
    return Proof(f"The program that logs in for the client said “{told[0]}”.", (KEY,), confidence=told[1])


@cause(
    "auth-refresh-rejected", "oauth-tokens",
    title="The client's refresh token is refused",
    means="The access token ran out, and the refresh token is not accepted (any more), so that the client stays with a dead token.",
    who="you",
    fix="Log in again with the client. If it comes back each time, upgrade the client.",
    says=[
        Says(r"invalid_grant\b", 2.8),
        Says(r"refresh[_ ]token (?:is |has )?(?:invalid|expired|revoked|not found)|(?:invalid|expired) refresh[_ ]token", 3),
        Says(r"Either provider\.prepareTokenRequest\(\) or authorizationCode is required", 2.6),
    ],
    over=("upstream-auth", "upstream-bad-request", "stdio-http-server"),
)  # fmt: skip
def refresh_rejected(t: Trace) -> Proof | None:
    told = helper_said(t, _NO_GRANT)
    if told is None:
        return None
    return Proof(f"The program that logs in for the client said “{told[0]}”.", (KEY,), confidence=told[1])
