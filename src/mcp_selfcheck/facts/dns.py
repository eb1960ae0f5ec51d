"""What the resolver says about the host of the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class DnsFacts(Facts):
    """`error` is the EAI_* name; `addresses` in the order in which a client would try them; `literal` when the host
    is an address already. `compared` holds what other names gave ("example.com": "EAI_AGAIN").
    """

    layer = "dns"
    host: str = ""
    literal: bool = False
    addresses: tuple[str, ...] = ()
    error: str = ""
    compared: Mapping[str, str] = field(default_factory=dict)
    near: tuple[str, ...] = ()
