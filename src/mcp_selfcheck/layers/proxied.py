"""Whether the client would hand this URL to a proxy, by the rules of layers/proxy_route.py."""

from __future__ import annotations

from . import Walk, proxy


def route(w: Walk) -> str:
    """The proxy as scheme://host:port, or "" when the client connects by itself."""
    if w.target.url is None:
        return ""
    found = proxy.way_of(w)
    return found.shown if found.proxied else ""
