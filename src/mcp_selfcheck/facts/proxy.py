"""Which proxy the URL takes, why, and what happens with and without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class ProxyFacts(Facts):
    """`used` is the proxy (host:port, no userinfo) that the client would take, `variable` the setting that says so,
    `no_proxy` its exceptions and `no_proxy_match` the one that matched. `health`: open, or an errno or EAI name.
    `status` is what the proxy answered to our request through it, `direct_status` what the server answered without.
    """

    layer = "proxy"
    used: str = ""
    variable: str = ""
    scheme: str = ""
    no_proxy: str = ""
    no_proxy_match: str = ""
    honoured: str = ""
    pac: str = ""
    health: str = ""
    status: int | None = None
    status_headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    direct_result: str = ""
    direct_status: int | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
