"""What the endpoint says about credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class AuthFacts(Facts):
    """`status` and `challenge` (WWW-Authenticate, parsed) of the refused request. `sent`: none, bearer, basic, other,
    malformed. `token_*` come from the configured token's own claims (RFC 7519), never from a server, and never the
    token itself. `metadata` and `issuer_metadata` hold what the well-known documents say (RFC 9728, RFC 8414).
    `flaw` says what is wrong with the form of the Authorization header. `expected_resource` is the URL as a client sees
    it. `unused` are places of the entry that hold a credential which is not sent over HTTP. `without_status` is what
    the same request got without credentials (`without_same`: word for word the same as with them), `corrected_status` with the same token as "Bearer <token>".
    """

    layer = "auth"
    status: int | None = None
    challenge: Mapping[str, str] = field(default_factory=dict)
    challenge_present: bool = False
    sent: str = "none"
    header_name: str = ""
    scheme_written: str = ""
    token_kind: str = ""
    token_expired: str = ""
    token_audience: str = ""
    metadata_url: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    metadata_error: str = ""
    issuer: str = ""
    issuer_metadata: Mapping[str, str] = field(default_factory=dict)
    issuer_error: str = ""
    flaw: str = ""
    url: str = ""
    expected_resource: str = ""
    unused: tuple[str, ...] = ()
    without_status: int | None = None
    without_same: bool = False
    corrected_status: int | None = None
    corrected_answers: bool = False
    body: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
