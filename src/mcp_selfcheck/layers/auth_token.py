"""What the entry's credentials say about themselves. Nothing here may show a token, or a part of one."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..model import Secret, Target
from ..redact import SECRET_NAME

_SCHEMES = ("bearer", "basic", "digest", "token", "apikey", "dpop", "negotiate", "aws4-hmac-sha256")
_UNUSED_KEYS = re.compile(
    r"(?i)^(token|access_?token|bearer(_?token)?|api_?key|authorization(_?token)?|auth_?token|x-api-key)$"
)


@dataclass(frozen=True)
class Credentials:
    """`sent`: none, bearer, basic, other, malformed. `scheme` as written, when it is one. `token` for resending only."""

    sent: str = "none"
    header: str = ""
    scheme: str = ""
    flaw: str = ""
    token: Secret | None = None
    kind: str = ""
    expired: str = ""
    audience: tuple[str, ...] = ()


def credentials(headers: Mapping[str, Secret]) -> Credentials:
    """Reads the Authorization header, or another header whose name says that it holds a key."""
    for name, value in headers.items():
        if name.lower() == "authorization":
            return _authorization(name, value.reveal())
    for name, value in headers.items():
        if SECRET_NAME.search(name) and name.lower() not in ("cookie", "mcp-session-id"):
            return Credentials("other" if value.reveal().strip() else "malformed", name, flaw=_empty(value.reveal()))
    return Credentials()


def _empty(value: str) -> str:
    return "" if value.strip() else "it is empty"


def _authorization(name: str, value: str) -> Credentials:
    """credentials = auth-scheme SP token68 / params (RFC 9110, 11.4; RFC 6750, 2.1)."""
    text = value.strip().strip("\"'")
    scheme, _, rest = text.partition(" ")
    token = rest.strip()
    if not text:
        return Credentials("malformed", name, flaw="it is empty")
    if text != value.strip():
        return _flawed(name, "bearer", "there are quotation marks around it", _last(text))
    bare = scheme.rstrip(":=").lower()
    if bare in _SCHEMES and bare != scheme.lower():
        return _flawed(name, bare, f"there is a “{scheme[-1]}” after the scheme", _last(text))
    if not token:
        if bare in _SCHEMES:
            return Credentials("malformed", name, scheme, flaw=f"nothing follows “{scheme}”")
        glued = re.match(r"(?i)bearer[:=_-]?(?=.{8})", text)
        words = "no blank stands between “Bearer” and the token" if glued else "it has no scheme: “Bearer ” is missing"
        return _flawed(name, "", words, text[glued.end() :] if glued else text)
    if bare == "bearer":
        return _bearer(name, scheme, token)
    if bare == "basic":
        return Credentials("basic", name, scheme)
    if bare not in _SCHEMES and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,30}", scheme):
        return _flawed(name, "", "it does not begin with a scheme", _last(text))
    return Credentials("other", name, scheme, token=Secret(token))


def _last(text: str) -> str:
    return text.split()[-1] if text.split() else ""


def _flawed(name: str, scheme: str, flaw: str, token: str) -> Credentials:
    return Credentials("malformed", name, scheme, flaw, Secret(token.strip("\"'")), *_claims(token))


def _bearer(name: str, scheme: str, token: str) -> Credentials:
    if token.lower().startswith("bearer "):
        return _flawed(name, scheme, "“Bearer” stands twice", _last(token))
    if token[:1] in "\"'<" or token[-1:] in "\"'>":
        return _flawed(name, scheme, "there are quotation marks or brackets around the token", token.strip("\"'<>"))
    if re.search(r"\s", token):
        return _flawed(name, scheme, "there is a blank inside the token", re.sub(r"\s", "", token))
    return Credentials("bearer", name, scheme, "", Secret(token), *_claims(token))


def _claims(token: str) -> tuple[str, str, tuple[str, ...]]:
    """Kind, when it expired (""), audience: the token's own unverified claims (RFC 7519, 4.1)."""
    parts = token.split(".")
    if len(parts) != 3:
        return "opaque", "", ()
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        if not isinstance(claims, dict):
            return "opaque", "", ()
        exp = claims.get("exp")
        expired = ""
        if isinstance(exp, (int, float)) and not isinstance(exp, bool) and exp < time.time():
            expired = datetime.fromtimestamp(exp, UTC).strftime("%Y-%m-%d %H:%M UTC")
        given = claims.get("aud")
        audience = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        return "jwt", expired, tuple(a[:200] for a in audience if isinstance(a, str))[:5]
    except (ValueError, OverflowError, OSError, RecursionError):
        return "opaque", "", ()


def unused(target: Target) -> tuple[str, ...]:
    """Places of a URL entry that hold a credential which no client sends over HTTP: env, and keys that are not headers."""
    found = [f"env.{name}" for name in sorted(target.env) if SECRET_NAME.search(name)]
    if target.client not in ("continue", "continue-dev"):
        found += [key for key in sorted(target.raw) if _UNUSED_KEYS.match(key)]
    return tuple(found)
