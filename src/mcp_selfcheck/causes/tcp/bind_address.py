"""On which addresses the server listens, and on which it is wanted."""

from ...facts.tcp import TcpFacts
from ...model import Proof, Trace, cause
from .refused import owner, refused

# Front servers: which of their addresses are open to whom is their own configuration's business.
FRONTS = ("nginx", "caddy", "haproxy", "traefik", "envoy", "apache2", "httpd", "docker-proxy", "lighttpd")


def _loopback(address: str) -> bool:
    return address.startswith(("127.", "::ffff:127.")) or address == "::1"


@cause(
    "tcp-loopback-only", "bind-address",
    title="The server listens on loopback only",
    means="The server accepts connections from its own machine by 127.0.0.1 or ::1 only, while the URL uses another address.",
    who="you",
    fix="Write {there} in the URL, or let the server listen on {address} and require authentication.",
)  # fmt: skip
def loopback_only(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or not f.local or f.rules or not f.listeners:
        return None
    if not all(_loopback(x.address) for x in f.listeners) or any(d.address in ("127.0.0.1", "::1") for d in f.tried):
        return None
    here = next((d for d in f.dials if d.kind == "besides" and d.result == "open"), None)
    if here is None:
        return None
    x, tried = f.listeners[0], f.tried[0]
    there = f"[{here.address}]:{f.port}" if ":" in here.address else f"{here.address}:{f.port}"
    said = f"{tried.address} port {f.port}: {tried.result}; {here.address} port {f.port}: open; {owner(x)} listens on {x.address}."
    cites = (f"tcp.dials[{tried.address}].result", f"tcp.dials[{here.address}].result")
    return Proof(said, cites, {"there": there, "address": tried.address})


@cause(
    "tcp-exposed", "bind-address",
    title="The server is open to the whole network",
    means="The server listens on all addresses of this machine, though the entry uses it from this machine only. Everybody in the"
    " same network can reach it.",
    who="you",
    fix="Let the server listen on 127.0.0.1 only, or require authentication.",
    severity="warning",
)  # fmt: skip
def exposed(t: Trace) -> Proof | None:
    f = t.get(TcpFacts)
    if f is None or not f.connected or t.broken_at is not None:
        return None
    if not all(_loopback(d.address) for d in f.tried):
        return None
    if t.target is not None and any(h.lower() in ("authorization", "x-api-key", "api-key") for h in t.target.headers):
        return None
    x = next((x for x in f.listeners if x.address in ("0.0.0.0", "::") and x.program not in FRONTS), None)
    if x is None:
        return None
    where = f"tcp.listeners[{x.address}].port"
    return Proof(
        f"The URL means this machine, but {owner(x)} listens on {x.address} port {f.port}, that is, on every address.",
        (where,),
    )
