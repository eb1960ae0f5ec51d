"""The documents that tell a client how to log in: RFC 9728 and RFC 8414, read in the order of the specification."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .. import guard
from . import Walk
from .connector import NotAllowedError, lookup
from .exchange import LOOK_CAP, Door, Question, origin_of, shown

SECONDS = 4.0
PART = 0.4  # of what is left, at most: there are several documents
_PARAM = re.compile(r"([A-Za-z_][\w-]*)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,]+))")
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s+[A-Za-z_][\w-]*\s*=|\s*(?:,|$))")
KEPT = ("error", "error_description", "scope", "realm", "resource_metadata")


def challenge(values: list[str]) -> dict[str, str]:
    """The Bearer challenge of WWW-Authenticate (RFC 9110, 11.6.1), or the first one. Query parts of URLs are left out."""
    text = ", ".join(values)[:8000]
    marks = [(m.start(), m.group(1)) for m in _SCHEME.finditer(text)]
    found: list[dict[str, str]] = []
    for number, (start, scheme) in enumerate(marks):
        end = marks[number + 1][0] if number + 1 < len(marks) else len(text)
        params = {m.group(1).lower(): m.group(2) or m.group(3) or "" for m in _PARAM.finditer(text[start:end])}
        found.append({"scheme": scheme, **{k: params[k][:300] for k in KEPT if k in params}})
    return next((c for c in found if c["scheme"].lower() == "bearer"), found[0] if found else {})


@dataclass
class Document:
    """One well-known document: where it was found, what it says, or why there is none."""

    url: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    error: str = ""


async def get_json(w: Walk, door: Door, url: str, what: str) -> Document:
    """GETs a document without the entry's headers, never through a redirect. A place that the server names must be
    https unless it is this machine, and no private one unless the server is in such a place itself
    (2026-07-28 basic/security_best_practices, SSRF)."""
    try:
        scheme, host, _ = origin_of(url)
        own = door.same_origin(url)
    except ValueError:
        return Document(url[:200], error="no URL")
    if scheme not in ("http", "https") or not host:
        return Document(shown(url), error=f"{scheme or 'no'} scheme")
    if scheme == "http" and not own and not guard.is_loopback_host(host) and host not in door.addresses:
        return Document(shown(url), error="not contacted: plain http")
    other = Door(url, proxy=door.proxy, context=door.context)
    try:
        if host in door.addresses:
            other.addresses[host] = door.addresses[host]
        else:
            await _check(other, host, _server_address(door), w)
        answer = await other.ask(
            Question(
                what=what,
                method="GET",
                headers={"accept": "application/json"},
                cap=LOOK_CAP,
                seconds=min(SECONDS, w.budget.share(PART)),
            ),
            w.budget,
        )
    except NotAllowedError as refusal:
        return Document(shown(url), error=f"not contacted: {refusal}")
    except OSError:
        return Document(shown(url), error="the name does not resolve")
    finally:
        await other.close()
    if answer.status != 200:
        return Document(shown(url), error=f"HTTP {answer.status}" if answer.status else answer.fact.error)
    try:
        body = json.loads(answer.raw)
    except (ValueError, RecursionError):
        return Document(shown(url), error="HTTP 200, not JSON")
    return (
        Document(shown(url), body) if isinstance(body, dict) else Document(shown(url), error="HTTP 200, no JSON object")
    )


async def _check(other: Door, host: str, server: str, w: Walk) -> None:
    """Resolves and checks the host, and pins the address. Through a proxy a name may be unknown here, but what is known
    is checked. Raises OSError: NotAllowedError, or that of the resolver."""
    with guard.acting(guard.rules_for_server_url(server)):
        try:
            other.addresses[host] = (await lookup(host, w.budget.at_most(SECONDS)))[0]
        except NotAllowedError:
            raise
        except OSError:
            if not other.proxy:
                raise


def _server_address(door: Door) -> str:
    """Where the diagnosed server is: the address that was found, else what its URL spells."""
    host = origin_of(door.url)[1]
    return door.addresses.get(host, host)


async def protected_resource(w: Walk, door: Door, named: str) -> Document:
    """The URL of the challenge, else the well-known URL with the path, else without (2026-07-28 basic/authorization)."""
    parts = urlsplit(door.url)
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/.well-known/oauth-protected-resource"
    tried = [named] if named else [base + parts.path.rstrip("/"), base]
    last = Document()
    for url in dict.fromkeys(tried):
        last = await get_json(w, door, url, "GET protected-resource metadata")
        if last.body:
            if not _strings(last.body.get("authorization_servers")):
                last.error = "no authorization_servers in it"
            return last
    return last


def _strings(value: Any) -> list[str]:
    return [x for x in value if isinstance(x, str)] if isinstance(value, list) else []


async def authorization_server(w: Walk, door: Door, issuer: str) -> Document:
    """RFC 8414 and OpenID Connect Discovery, in the order of the specification."""
    try:
        parts = urlsplit(issuer)
        base, path = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", parts.path.rstrip("/")
    except ValueError:
        return Document(issuer[:200], error="no URL")
    tried = [f"{base}/.well-known/oauth-authorization-server{path}", f"{base}/.well-known/openid-configuration{path}"]
    tried += [f"{base}{path}/.well-known/openid-configuration"] if path else []
    last = Document()
    for url in tried:
        last = await get_json(w, door, url, "GET authorization-server metadata")
        if last.body or not last.error.startswith("HTTP "):
            break
    return last


def facts_of(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Those members of a document that matter, as text."""
    found: dict[str, str] = {}
    for name in names:
        value = body.get(name)
        if isinstance(value, bool):
            found[name] = "yes" if value else "no"
        elif isinstance(value, str):
            found[name] = value[:300]
        elif isinstance(value, list):
            found[name] = ", ".join(_strings(value)[:12])[:300]
    return {k: v for k, v in found.items() if v}
