"""What the endpoint says about credentials. Nothing is logged in, refreshed or registered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from ..facts.auth import AuthFacts
from . import Walk
from .auth_metadata import Document, authorization_server, challenge, facts_of, protected_resource
from .auth_token import Credentials, credentials, unused
from .exchange import Answer, Door, Question, shown
from .http_matrix import endpoint_of
from .http_open import is_protocol
from .http_peer import opening, stream_question

RESOURCE = ("resource", "authorization_servers", "scopes_supported", "bearer_methods_supported")
ISSUER = (
    "issuer", "authorization_endpoint", "token_endpoint", "registration_endpoint", "code_challenge_methods_supported",
    "client_id_metadata_document_supported", "grant_types_supported", "scopes_supported",
)  # fmt: skip


async def probe(w: Walk) -> AuthFacts:
    """Costs nothing when the server did not ask for credentials."""
    has = credentials(w.target.headers)
    facts = AuthFacts(
        sent=has.sent, header_name=has.header, scheme_written=has.scheme, flaw=has.flaw, token_kind=has.kind,
        token_expired=has.expired, token_audience=", ".join(has.audience),
        saw="credentials accepted" if has.sent != "none" else "no credentials wanted",
    )  # fmt: skip
    refused: Answer | None = w.state.get("http.refused")
    if refused is None:
        return facts
    door: Door = w.state["http.door"]
    values = [v for k, v in refused.headers if k == "www-authenticate"]
    said = challenge(values)
    (resource, issuer, server), asked = await asyncio.gather(
        _documents(w, door, said), _differences(w, door, refused, has)
    )
    facts = replace(
        facts, state="broken", status=refused.status, challenge={**said, **_shown_url(said)}, url=shown(door.url),
        challenge_present=bool(values), metadata_url=resource.url if resource.body else "",
        metadata=facts_of(resource.body, RESOURCE), metadata_error=resource.error, issuer=issuer,
        issuer_metadata=facts_of(server.body, ISSUER), issuer_error=server.error, expected_resource=_resource(door.url),
        unused=unused(w.target), body="" if refused.fact.is_mcp else refused.fact.body[:400],
        saw=f"HTTP {refused.status}" + (f", {said['scheme']} challenge" if said else ", no challenge"),
    )  # fmt: skip
    w.hear("body", refused.fact.body)
    return _compared(facts, refused, asked)


def _shown_url(said: dict[str, str]) -> dict[str, str]:
    try:
        return {"resource_metadata": shown(said["resource_metadata"])} if "resource_metadata" in said else {}
    except ValueError:
        return {}


def _resource(url: str) -> str:
    """The resource identifier of a URL (RFC 8707, 2): lower-case scheme and host, no fragment, no query here."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}{parts.path}"


async def _documents(w: Walk, door: Door, said: dict[str, str]) -> tuple[Document, str, Document]:
    """Protected-resource metadata, the first issuer that it names, and that issuer's metadata.

    Without such metadata the origin itself may be the issuer (2025-03-26 basic/authorization, 2.3.2).
    """
    if said.get("scheme", "bearer").lower() not in ("bearer", "dpop"):
        return Document(), "", Document()
    resource = await protected_resource(w, door, said.get("resource_metadata", ""))
    named = resource.body.get("authorization_servers")
    issuer = next((x for x in named if isinstance(x, str)), "") if isinstance(named, list) else ""
    parts = urlsplit(door.url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    server = await authorization_server(w, door, issuer or origin)
    if not issuer and not server.body:
        return resource, "", Document()
    return resource, issuer or origin, server


async def _differences(w: Walk, door: Door, refused: Answer, has: Credentials) -> dict[str, Answer]:
    """The same request without credentials, and with the same token in its exact form. To the same origin only."""
    asked: dict[str, Question] = {}
    if has.sent != "none":
        asked["without"] = _again(refused, "without credentials", drop=(has.header.lower(),))
    if has.token is not None and (has.sent == "malformed" or has.scheme != "Bearer") and has.token.reveal():
        exact = {"authorization": f"Bearer {has.token.reveal()}"}
        asked["corrected"] = _again(refused, "with the exact form", headers=exact)
    answers = await asyncio.gather(*(door.ask(q, w.budget) for q in asked.values()))
    return dict(zip(asked, answers, strict=True))


def _again(refused: Answer, how: str, *, drop: tuple[str, ...] = (), headers: dict[str, str] | None = None) -> Question:
    what = f"{refused.fact.what} {how}"
    if refused.fact.method == "GET":
        q = stream_question(what, drop=drop)
    else:
        method = "server/discover" if "discover" in refused.fact.what else "initialize"
        q = opening(method, what=what, drop=drop)
    return replace(q, headers={**q.headers, **(headers or {})}, fresh=True)


def _compared(facts: AuthFacts, refused: Answer, asked: dict[str, Answer]) -> AuthFacts:
    without, corrected = asked.get("without"), asked.get("corrected")
    same = without is not None and all(
        getattr(without.fact, name) == getattr(refused.fact, name) for name in ("status", "body", "content_type")
    ) and without.header("www-authenticate") == refused.header("www-authenticate")  # fmt: skip
    return replace(
        facts, without_status=without.status if without else None, without_same=same,
        corrected_status=corrected.status if corrected else None,
        corrected_answers=bool(corrected and (is_protocol(corrected) or endpoint_of(corrected))),
    )  # fmt: skip
