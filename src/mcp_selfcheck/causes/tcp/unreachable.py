"""Why packets to the port, or a connection that was open, come to nothing."""

from ...facts.http import HttpFacts
from ...facts.tcp import TcpFacts
from ...model import Proof, Trace, cause
from .refused import ENDED, dialled, full_queue, listens_at, owner

REJECTS = ("EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT", "EACCES", "EPERM")
RESETS = ENDED


@cause(
    "tcp-filtered", "unreachable",
    title="A firewall keeps connections from this port",
    means="Packets to the port are dropped or turned away before a program sees them.",
    who="network_admin",
    fix="Allow TCP connections to {address} port {port} in {system}{rule}.",
)  # fmt: skip
def filtered(t: Trace) -> Proof | None:
    f = t.get(TcpFacts)
    if f is None or f.state != "broken" or not f.dials or f.connected:
        return None
    if any(full_queue(x) or x.state == "stopped" for x in f.listeners) and "ETIMEDOUT" in f.results() and not f.rules:
        return None
    words, cites = dialled(f)
    values = {"address": f.tried[0].address, "port": str(f.port), "system": "the firewall", "rule": ""}
    if f.rules:
        rule = f.rules[0]
        values |= {"system": rule.system, "rule": f"; the rule is: {rule.text}"}
        nobody = "" if any(listens_at(f, d) for d in f.tried) or not f.local else "; nothing listens there either"
        back = " to what comes back" if rule.reply else ""
        said = f"{words}; {rule.system} says{back} “{rule.text}”{nobody}."
        if not rule.sure:
            said = f"{words}; one rule of {rule.system} can do that{back}: “{rule.text}”{nobody}."
        return Proof(
            said, (*cites, f"tcp.rules[{rule.system}].text"), values, confidence="proven" if rule.sure else "likely"
        )
    unread = f" (its rules could not be read: {f.firewall_read})" if f.firewall_read not in ("ok", "") else ""
    if f.firewall_read:
        cites.append("tcp.firewall_read")
    if f.local:
        return _local(f, words, cites, values, unread)
    return _remote(f, words, cites, values)


def _local(f: TcpFacts, words: str, cites: list[str], values: dict[str, str], unread: str) -> Proof | None:
    """On this machine only a rule turns packets away from an open port, or drops them."""
    held = next((x for d in f.tried if (x := listens_at(f, d)) is not None), None)
    results = f.results()
    if results & {"EPERM", "EACCES"}:
        return Proof(f"{words}: the kernel does not allow the connection{unread}.", tuple(cites), values)
    if results <= {"EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT"}:
        return Proof(f"{words}, at an address of this machine itself: a rule rejects it{unread}.", tuple(cites), values)
    if held is not None and held.address not in ("::",) and results & {"ECONNREFUSED", "ETIMEDOUT"}:
        said = (
            f"{words}, although {owner(held)} listens on {held.address} port {f.port}: a rule stands between{unread}."
        )
        return Proof(said, (*cites, f"tcp.listeners[{held.address}].port"), values)
    if results == {"ETIMEDOUT"}:
        return Proof(
            f"{words}, at an address of this machine itself: packets are dropped{unread}.", tuple(cites), values
        )
    return None


def _remote(f: TcpFacts, words: str, cites: list[str], values: dict[str, str]) -> Proof | None:
    results = f.results()
    values = {**values, "system": "the firewall of that machine or on the way to it"}
    if results & {"EPERM", "EACCES"}:
        values = {**values, "system": "this machine's firewall or security policy"}
        return Proof(f"{words}: this machine's own policy does not allow the connection.", tuple(cites), values)
    if (
        f.host_alive
        and not f.host_alive.startswith("no")
        and results & {"ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT"}
    ):
        said = f"{words}, while the machine is alive: {f.host_alive}."
        return Proof(said, (*cites, "tcp.host_alive"), values)
    return None


@cause(
    "tcp-reset", "unreachable",
    title="The server resets the connection",
    means="The connection is accepted and then torn down without an answer. The server, or something before it, ends it.",
    who="server_author",
    fix="Look into the log of the server for the moment of the connection; {hint}.",
    general=True,
)  # fmt: skip
def reset(t: Trace) -> Proof | None:
    f, http = t.get(TcpFacts), t.get(HttpFacts)
    if f is None or not f.connected or t.broken_at not in ("tls", "http", "handshake"):
        return None
    by_http = http is not None and http.first is not None and http.first.status is None and http.first.error in RESETS
    if f.talks != "reset" and not by_http:
        return None
    x = f.listeners[0] if f.listeners else None
    hint = "a server on its own loopback inside a container looks like this" if x and x.program == "docker-proxy" else (
        "a TLS port that is asked in plain HTTP, and an address filter of the server, look like this"
    )  # fmt: skip
    by = f" ({owner(x)})" if x is not None and x.pid else ""
    cites = [f"tcp.dials[{d.address}].result" for d in f.tried if d.result == "open"]
    cites += ["tcp.talks"] if f.talks == "reset" else ["http.first.error"]
    ends = (
        "closes it without a byte"
        if f.talks != "reset" and http and http.first and http.first.error == "CLOSED"
        else "resets it"
    )
    return Proof(f"{f.host} port {f.port} accepts the connection and {ends}{by}.", tuple(cites), {"hint": hint})
