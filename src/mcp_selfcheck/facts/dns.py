"""What the resolver says about the host of the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class DnsFacts(Facts):
    """`error` is the EAI_* name, ETIMEDOUT when the resolver did not come back, or EINVAL for a name that cannot be
    asked for; `addresses` in the order in which a client would try them; `literal` when the host is an address already.

    `nameservers` are those of /etc/resolv.conf. `compared` holds what each of them answered when it was asked by a
    packet of our own: "10.0.0.53 about the host" is NXDOMAIN, NOERROR, NODATA, SERVFAIL, REFUSED, ETIMEDOUT or an
    errno name; "10.0.0.53 about the root" is the same for the root zone. `near` are names of the hosts file that
    look alike. `through_proxy` means that the client leaves the name to a proxy.
    """

    layer = "dns"
    host: str = ""
    literal: bool = False
    addresses: tuple[str, ...] = ()
    error: str = ""
    nameservers: tuple[str, ...] = ()
    compared: Mapping[str, str] = field(default_factory=dict)
    near: tuple[str, ...] = ()
    through_proxy: str = ""
    container: str = ""
