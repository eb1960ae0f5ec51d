"""Whether the documents that lead to a login fit together, and let a client register."""

import re
from urllib.parse import urlsplit

from ...facts.auth import AuthFacts
from ...model import Confirm, Proof, Says, Trace, cause
from .helper import KEY, helper_said
from .token import refused

_NO_REGISTRATION = re.compile(
    r"(?:does not support|no) dynamic client registration|registration (?:is )?not supported", re.I
)
_REJECTED = re.compile(
    r"client registration (?:was )?(?:rejected|refused|failed)|failed to register (?:the )?client|invalid_client_metadata|invalid_redirect_uri",
    re.I,
)
HEALTH = Confirm("probe_health", {"url": "{url}"})


def _without_token(t: Trace) -> AuthFacts | None:
    """The server wants a login and the entry brings no token of its own: only then the documents matter."""
    f = refused(t)
    return f if f is not None and f.sent == "none" and not f.unused else None


@cause(
    "auth-metadata-mismatch", "oauth-registration",
    title="The server's login documents do not fit its URL",
    means=(
        "The documents that tell a client where to log in name another resource, or another issuer, than the ones they were "
        "found for. A client must refuse such documents, since they could lead a token astray."
    ),
    who="server_author",
    fix="Make the server name {right} there, or use in the entry the URL that it names.",
    says=[
        Says(r"Protected resource (?P<resource>\S+) does not match expected (?P<right>\S+)", 3),
        Says(r"(?:issuer|resource)(?: URL)? (?:mismatch|does not match)", 2.6),
    ],
    confirm_with=HEALTH,
    over=("auth-required",),
)  # fmt: skip
def metadata_mismatch(t: Trace) -> Proof | None:
    f = _without_token(t)
    if f is None:
        return None
    resource = f.metadata.get("resource", "")
    if resource and not _allowed(f.expected_resource, resource):
        return Proof(
            f"The server answers HTTP {f.status}; its metadata says resource “{resource}”, and the URL is “{f.expected_resource}”.",
            ("auth.status", "auth.metadata[resource]", "auth.expected_resource"), {"right": f.expected_resource, "url": f.url},
        )  # fmt: skip
    issuer = f.issuer_metadata.get("issuer", "")
    if f.metadata and issuer and issuer.rstrip("/") != f.issuer.rstrip("/"):
        return Proof(
            f"The metadata names the authorization server “{f.issuer}”, and that one calls itself “{issuer}”.",
            ("auth.issuer", "auth.issuer_metadata[issuer]"), {"right": issuer, "url": f.url},
        )  # fmt: skip
    return None


def _allowed(url: str, resource: str) -> bool:
    """Same origin, and the resource's path is a parent of the URL's (checkResourceAllowed in the SDKs; RFC 9728, 3.3)."""
    a, b = urlsplit(url), urlsplit(resource)
    if (a.scheme, _place(a.netloc, a.scheme)) != (b.scheme.lower(), _place(b.netloc.lower(), b.scheme.lower())):
        return False
    mine, named = a.path.rstrip("/") + "/", b.path.rstrip("/") + "/"
    return mine.startswith(named)


def _place(netloc: str, scheme: str) -> str:
    return netloc.removesuffix(":443" if scheme == "https" else ":80")


@cause(
    "auth-registration-unsupported", "oauth-registration",
    title="The authorization server does not let clients register",
    means=(
        "The server wants a login. A client that is not known to the authorization server would have to register itself, and "
        "the server offers no way to do so."
    ),
    who="you",
    fix="Register a client with {issuer} by hand and enter its client_id in the client's settings, or put a token into the headers of the entry.",
    says=[
        Says(r"does not support dynamic client registration", 3),
        Says(r"(?:dynamic client )?registration (?:is )?not supported", 2.6),
    ],
    confirm_with=HEALTH,
    over=("auth-required", "upstream-auth", "upstream-bad-request", "stdio-http-server"),
)  # fmt: skip
def registration_unsupported(t: Trace) -> Proof | None:
    f = _without_token(t)
    told = helper_said(t, _NO_REGISTRATION)
    if told is not None:
        said = f"The program that logs in for the client said “{told[0]}”."
        return Proof(said, (KEY,), {"issuer": "the authorization server"}, told[1])
    if f is None or not f.issuer_metadata.get("issuer") or not f.issuer_metadata.get("authorization_endpoint"):
        return None
    if f.issuer_metadata.get("registration_endpoint") or _known(f.issuer_metadata):
        return None
    if t.target is not None and any(k.lower() in ("oauth", "auth", "clientid", "client_id") for k in t.target.raw):
        return None
    return Proof(
        f"The server answers HTTP {f.status}; the metadata of its authorization server {f.issuer} has no "
        "registration_endpoint, and does not take client metadata documents.",
        ("auth.status", "auth.issuer", "auth.issuer_metadata[issuer]"), {"issuer": f.issuer, "url": f.url},
    )  # fmt: skip


def _known(metadata: object) -> bool:
    """Client ID Metadata Documents make registration needless (2026-07-28 basic/authorization)."""
    return isinstance(metadata, dict) and metadata.get("client_id_metadata_document_supported") == "yes"


@cause(
    "auth-registration-rejected", "oauth-registration",
    title="The authorization server refuses to register the client",
    means="The client asked to be registered, and the authorization server said no, or failed while doing it.",
    who="server_author",
    fix="Register the client by hand, or let the server accept its redirect URIs, scopes and grant types.",
    says=[
        Says(r"invalid_client_metadata|invalid_redirect_uri", 2.8),
        Says(r"(?:Dynamic client |client )registration (?:failed|rejected|error)", 2.8),
        Says(r"POST \"?\S*/register\"?.{0,40}\b(?:400|401|403|5\d\d)\b", 2.8),
    ],
    over=("upstream-auth", "upstream-bad-request", "stdio-http-server"),
)  # fmt: skip
def registration_rejected(t: Trace) -> Proof | None:
    told = helper_said(t, _REJECTED)
    if told is None:
        return None
    return Proof(f"The program that logs in for the client said “{told[0]}”.", (KEY,), confidence=told[1])
