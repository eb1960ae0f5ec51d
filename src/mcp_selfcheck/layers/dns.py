"""The host's name becomes addresses, by the resolver that a client uses."""

from __future__ import annotations

import difflib
import ipaddress
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

from .. import guard
from ..facts.dns import DnsFacts
from . import Walk, dns_ask, here, proxied
from .connector import resolve

LIMIT = 12.0  # seconds; glibc gives up after 10 with one server that is silent (resolv.conf(5): 5 s, 2 attempts)


def host_and_port(url: str) -> tuple[str, int]:
    """The host without brackets and zone, lower case, and the port that the scheme implies. Raises ValueError."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme in ("https", "wss") else 80)


def is_literal(host: str) -> bool:
    """Whether the host is an address: dotted, or any spelling that inet_aton(3) takes (127.1, 0x7f000001)."""
    try:
        ipaddress.ip_address(host.split("%", 1)[0])
        return True
    except ValueError:
        pass
    try:
        socket.inet_aton(host)
        return bool(re.fullmatch(r"[0-9a-fx.]+", host, re.IGNORECASE))
    except OSError:
        return False


def hosts_names() -> list[str]:
    """The names in hosts(5), where there is one."""
    try:
        text = Path("/etc/hosts").read_text("utf-8", "replace")
    except OSError:
        return []
    return [name for line in text.splitlines() for name in line.split("#", 1)[0].split()[1:]]


def asks_servers() -> bool:
    """Whether the C library asks name servers at all: nsswitch.conf(5) can leave it at files."""
    try:
        text = Path("/etc/nsswitch.conf").read_text("utf-8", "replace")
    except OSError:
        return True
    line = re.search(r"^\s*hosts:(.*)$", text, re.MULTILINE)
    return line is None or bool(re.search(r"\b(?:dns|resolve|mdns\w*|myhostname|wins|libvirt\w*)\b", line.group(1)))


async def probe(w: Walk) -> DnsFacts:
    """Raises guard.Refused when an address must not be contacted."""
    try:
        host, _ = host_and_port(w.target.url.reveal() if w.target.url else "")
    except ValueError:
        return DnsFacts(state="broken", error="EINVAL", saw="the URL cannot be read")
    guard.check_host(host)
    by = proxied.route(w)
    if is_literal(host):
        addresses, _ = await resolve(host, w.budget.at_most(2))
        guard.check_addresses(host, addresses or (host,), guard.now())
        return DnsFacts(host=host, literal=True, addresses=addresses or (host,), saw=f"{host} is an address")
    seconds = w.budget.at_most(min(LIMIT, w.budget.share(0.5)))
    addresses, error = await resolve(host, seconds if not by else min(seconds, 2.0))
    if by and not addresses:
        return DnsFacts(host=host, error=error, through_proxy=by, saw=f"the proxy {by} resolves {host}")
    if addresses:
        guard.check_addresses(host, addresses, guard.now())
        return DnsFacts(host=host, addresses=addresses, through_proxy=by, saw=f"{host} is {', '.join(addresses)}")
    servers = dns_ask.nameservers() if asks_servers() else ()
    compared = await dns_ask.compare(host, servers, w.budget.at_most(min(3.0, w.budget.share(0.5))))
    near = tuple(difflib.get_close_matches(host, sorted(set(hosts_names())), n=2, cutoff=0.75))
    return DnsFacts(
        state="broken", host=host, error=error, nameservers=servers, compared=compared, near=near,
        container=here.container(w.environ), saw=f"{host} has no address: {error}",
    )  # fmt: skip
