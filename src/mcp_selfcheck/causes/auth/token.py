"""What is wrong with the credentials of the request: none, not sent, badly written, refused, or too weak."""

import re

from ...facts.auth import AuthFacts
from ...model import Confirm, Proof, Says, Trace, cause
from .helper import KEY, helper_said

_LOGIN = re.compile(
    r"please (?:authori[sz]e|log ?in|sign in|authenticate)|waiting for (?:authori[sz]ation|authentication|login)"
    r"|(?:open|visit)[^\n]{0,60}(?:to|and) (?:authori[sz]e|log ?in|sign in|authenticate)",
    re.I,
)
HEALTH = Confirm("probe_health", {"url": "{url}"})


def refused(t: Trace) -> AuthFacts | None:
    f = t.get(AuthFacts)
    return f if f is not None and f.state == "broken" and f.status is not None else None


def challenge_words(f: AuthFacts) -> str:
    """The decisive part of the challenge in words."""
    scheme = f.challenge.get("scheme", "")
    if not scheme:
        return "without a WWW-Authenticate header"
    error = f.challenge.get("error")
    return f"WWW-Authenticate: {scheme}" + (f', error="{error}"' if error else "")


def challenge_cites(f: AuthFacts) -> tuple[str, ...]:
    names = [n for n in ("scheme", "error") if f.challenge.get(n)]
    return (
        "auth.status",
        *(f"auth.challenge[{n}]" for n in names),
        *(("auth.challenge_present",) if not names else ()),
    )


@cause(
    "auth-insufficient-scope", "token",
    title="The token is valid, but may not do this",
    means="The server knows the token and says that it lacks a scope (403 insufficient_scope).",
    who="you",
    fix="Get a token with the scope {scope}.",
    says=[Says(r"insufficient_scope(?:.{0,200}scope=\"(?P<scope>[^\"]+)\")?", 3)],
    confirm_with=HEALTH,
)  # fmt: skip
def insufficient_scope(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or (f.challenge.get("error") != "insufficient_scope" and "insufficient_scope" not in f.body):
        return None
    scope = f.challenge.get("scope", "")
    cites: tuple[str, ...] = (
        ("auth.status", "auth.challenge[error]") if f.challenge.get("error") else ("auth.status", "auth.body")
    )
    if scope:
        cites = (*cites, "auth.challenge[scope]")
    wanted, described = f', scope="{scope}"' if scope else "", f.challenge.get("error_description", "")
    if described and not scope:
        wanted, cites = f": “{described[:200]}”", (*cites, "auth.challenge[error_description]")
    return Proof(
        f'The server answers HTTP {f.status} with error="insufficient_scope"{wanted}.', cites,
        {"scope": scope or f"that the server names{f' ({described[:120]})' if described else ''}", "url": f.url},
    )  # fmt: skip


@cause(
    "auth-header-not-sent", "token",
    title="The configured token does not reach the server",
    means=(
        "The entry holds a credential, and the server sees a request without one: it stands in a place from which no client "
        "sends it to a URL, or something in between takes it out."
    ),
    who="you",
    fix="Bring the credential to the server: {repair}",
    says=[
        Says(r"No authorization provided|Missing Authorization header|no (?:bearer )?token (?:was )?provided", 2.2),
        Says(r"unauthorized for '[^']+' \(HTTP 401; resource metadata", 2),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def header_not_sent(t: Trace) -> Proof | None:
    f = refused(t)
    if f is not None and f.sent not in ("none", "malformed"):
        return _stripped(f)
    if f is None or f.sent != "none" or not f.unused or f.status != 401:
        return None
    places = ", ".join(f"“{p}”" for p in f.unused)
    return Proof(
        f"The entry holds {places} and no Authorization header; a URL entry sends only its headers, and the server answers HTTP 401.",
        ("auth.unused", "auth.sent", "auth.status"),
        {"url": f.url, "repair": 'move it into the headers of the entry: "headers": {"Authorization": "Bearer <token>"}.'},
    )  # fmt: skip


_ABSENT = re.compile(
    r"(?:no|missing|without|lacks?) (?:an? |the |any )?(?:valid )?(?:authori[sz]ation|bearer|auth|access|api|credentials?|token)"
    r"|(?:authori[sz]ation|token|credentials?|api[- ]?key)(?: header)? (?:is |was |were |not )?(?:missing|absent|not (?:provided|present|found|supplied|set|sent))",
    re.I,
)


def _stripped(f: AuthFacts) -> Proof | None:
    """The server says that it got no credentials, in the very words that it has for a request without them."""
    key = "auth.challenge[error_description]"
    said = f.challenge.get("error_description", "")
    if not _ABSENT.search(said):
        key, said = "auth.body", "" if f.body.lstrip().startswith("<") else f.body
    m = _ABSENT.search(said)
    if m is None or f.status != 401 or not f.without_same or f.token_expired:
        return None
    return Proof(
        f"The header {f.header_name} of the entry is sent, and the server answers HTTP 401 “{' '.join(said.split())[:120]}”, word for "
        "word what it answers to a request without credentials: the header does not reach it.",
        ("auth.sent", "auth.status", "auth.without_same", key),
        {"url": f.url, "repair": "let the proxy or gateway in front of the server pass it on as it is (proxy_set_header in nginx)."},
    )  # fmt: skip


@cause(
    "auth-scheme-malformed", "token",
    title="The Authorization header is not written as it must be",
    means="The header must read: the scheme that the server asks for (mostly “Bearer”), one blank, the token. The one in the entry differs from that, so the server finds no token in it.",
    who="you",
    fix='Write it as "Authorization": "{scheme} <token>".',
    says=[
        Says(r"(?:Invalid|Malformed|Unsupported) (?:Authorization|auth(?:entication)?) (?:header )?(?:format|scheme|header|type)", 2.8),
        Says(r"(?:Expected|must (?:be|start with)) ['\"]?Bearer\b", 2.8),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def scheme_malformed(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None:
        return None
    values = {"scheme": "Bearer", "url": f.url}
    if f.corrected_answers and f.status is not None:
        written = f.flaw or f"the scheme is written “{f.scheme_written}”"
        return Proof(
            f"The server answers HTTP {f.status} to the header as configured ({written}); the same token as "
            f"“Bearer <token>” is accepted (HTTP {f.corrected_status}).",
            ("auth.status", "auth.corrected_status", "auth.flaw" if f.flaw else "auth.scheme_written"), values,
        )  # fmt: skip
    if f.sent != "malformed" or not f.flaw or f.header_name.lower() != "authorization":
        return _other_scheme(f)
    return Proof(
        f"The Authorization header of the entry is malformed: {f.flaw}. The server answers HTTP {f.status}.",
        ("auth.flaw", "auth.status"), values,
    )  # fmt: skip


def _other_scheme(f: AuthFacts) -> Proof | None:
    """The header has one scheme, and the server asks for another (RFC 9110, 11.6.1)."""
    asked, written = f.challenge.get("scheme", ""), f.scheme_written
    if f.status != 401 or not asked or not written or f.header_name.lower() != "authorization":
        return None
    if asked.lower() == written.lower() or f.sent == "none":
        return None
    return Proof(
        f"The Authorization header of the entry has the scheme “{written}”; the server answers HTTP 401 and asks for “{asked}”.",
        ("auth.scheme_written", "auth.status", "auth.challenge[scheme]"), {"scheme": asked, "url": f.url},
    )  # fmt: skip


@cause(
    "auth-token-rejected", "token",
    title="The server refuses the configured credentials",
    means="The credentials are sent and the server does not accept them: wrong, expired, revoked, or made for another server.",
    who="you",
    fix="Get a new token from the service and put it into the entry.",
    says=[
        Says(r"error=\"?invalid_token\"?", 2.8),
        Says(r"(?:access )?token (?:has |is )?(?:expired|revoked|invalid)|jwt expired|invalid (?:access )?token", 2.2),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def token_rejected(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or f.sent in ("none", "malformed"):
        return None
    values = {"url": f.url}
    cites = challenge_cites(f)
    if f.token_expired:
        return Proof(
            f"The configured token expired on {f.token_expired} (its own “exp”), and the server answers HTTP {f.status}.",
            ("auth.token_expired", "auth.status"), values,
        )  # fmt: skip
    what = "The Authorization header" if f.header_name.lower() == "authorization" else f"The header {f.header_name}"
    if f.header_name.lower() != "authorization" and f.challenge.get("scheme", "").lower() == "bearer":
        return None  # the server asks for another kind of credential: it did not look at this one
    more = ""
    if f.without_status is not None and f.without_status != f.status:
        more = f"; without it the answer is HTTP {f.without_status}"
        cites = (*cites, "auth.without_status")
    return Proof(
        f"{what} ({f.sent}) is sent, and the server answers HTTP {f.status}, {challenge_words(f)}{more}.",
        (*cites, "auth.sent"), values,
    )  # fmt: skip


@cause(
    "auth-not-advertised", "token",
    title="The server wants credentials and does not say which",
    means=(
        "The server answers 401 without a WWW-Authenticate header, and has no metadata from which a client could learn where "
        "to log in. Only a token put into the entry by hand can help."
    ),
    who="you",
    fix='Get a token from the operator of the server and put it into the entry: "headers": {{"Authorization": "Bearer <token>"}}.',
    says=[Says(r"\.well-known/oauth-(?:protected-resource|authorization-server)\S*\"? (?:HTTP/1\.[01]\"? )?404", 2.4)],
    confirm_with=HEALTH,
)  # fmt: skip
def not_advertised(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or f.sent not in ("none", "malformed") or f.status != 401 or f.challenge_present:
        return None
    if f.metadata or f.issuer_metadata:
        return None
    cites = ("auth.status", "auth.challenge_present", *(("auth.metadata_error",) if f.metadata_error else ()))
    return Proof(
        f"HTTP 401 without WWW-Authenticate; /.well-known/oauth-protected-resource: {f.metadata_error or 'nothing'}.", cites,
        {"url": f.url},
    )  # fmt: skip


@cause(
    "auth-required", "token",
    title="The server wants credentials, and none are configured",
    means="The server is there and works, but answers only to requests that carry credentials. The entry has none.",
    who="you",
    fix="Log in with the client, if it offers that for this server, or put a token into the headers of the entry.",
    says=[
        Says(r"\b401\b.{0,20}Unauthorized", 1.8),
        Says(r"(?:requires|needs) authentication|Authentication required", 2),
    ],
    confirm_with=HEALTH,
    over=("stdio-http-server", "stdio-silent"),
)  # fmt: skip
def required(t: Trace) -> Proof | None:
    f = refused(t)
    told = helper_said(t, _LOGIN)
    if told is not None:
        said = (
            f"The program that logs in for the client waits for a person to log in with a browser; it said “{told[0]}”."
        )
        return Proof(said, (KEY,), confidence=told[1])
    if f is None or f.challenge.get("error") == "insufficient_scope":
        return None
    if f.sent == "none" and (f.challenge_present or f.metadata or f.issuer_metadata):
        servers = f.metadata.get("authorization_servers", "")
        more = f"; it names the authorization server {servers}" if servers else ""
        cites = (*challenge_cites(f), *(("auth.metadata[authorization_servers]",) if servers else ()))
        return Proof(
            f"The server answers HTTP {f.status}, {challenge_words(f)}, to a request without credentials{more}.",
            (*cites, "auth.sent"), {"url": f.url},
        )  # fmt: skip
    if (
        f.sent == "other"
        and f.header_name.lower() != "authorization"
        and f.challenge.get("scheme", "").lower() == "bearer"
    ):
        return Proof(
            f"The server answers HTTP {f.status}, {challenge_words(f)}; the entry sends {f.header_name}, and no Authorization header.",
            (*challenge_cites(f), "auth.header_name"), {"url": f.url},
        )  # fmt: skip
    return None
