"""Which addresses may be contacted, and why not. What may be started: consent.py."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Kind = Literal["global", "private", "loopback", "forbidden"]


class Refused(Exception):  # noqa: N818 - an outcome, not an error
    """An address or a URL that must not be contacted. str() says which and why."""


# --- addresses ---------------------------------------------------------------------------------------------------

# Where clouds keep credentials: AWS, Azure, Google, Oracle, Alibaba (vendors' documentation, 2026).
METADATA = frozenset(
    ipaddress.ip_address(a)
    for a in ("169.254.169.254", "169.254.170.2", "168.63.129.16", "192.0.0.192", "100.100.100.200",
              "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254")
)  # fmt: skip
METADATA_NAMES = frozenset(
    ("metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal",
     "metadata.azure.internal", "metadata.tencentyun.com", "metadata.packet.net", "metadata.platformequinix.com",
     "metadata.exoscale.com", "rancher-metadata")
)  # fmt: skip
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215
V4_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291 section 2.5.5.1
V4_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")  # RFC 2765
PRIVATE = tuple(
    ipaddress.ip_network(n)
    for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "192.0.2.0/24",
              "198.51.100.0/24", "203.0.113.0/24", "fc00::/7", "2001:db8::/32", "2001:2::/48", "3fff::/20")
)  # fmt: skip

# IANA special-purpose registries; Python 3.11 takes some of these for global (CVE-2024-4032).
RESERVED = tuple(
    ipaddress.ip_network(n) for n in ("0.0.0.0/8", "192.0.0.0/24", "240.0.0.0/4", "100::/64", "5f00::/16")
)  # fmt: skip


def literal(host: str) -> Address | None:
    """The address that a host spells, in any way a client takes: 127.1, 0x7f000001, 2130706433, ①②⑦.⓪.⓪.①, %31…

    None for a name.
    """
    text = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".").strip("[]").rstrip(".").split("%", 1)[0]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    if not text or not set(text.lower()) <= set("0123456789abcdefx."):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except (OSError, ValueError):
        return None


def embedded(address: Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries for a translator or a tunnel. Not the mapped form (::ffff:…)."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    raw = address.packed
    found: list[bytes] = []
    if address in NAT64 or address in V4_TRANSLATED or (address in V4_COMPATIBLE and int(address) > 1):
        found.append(raw[12:])
    if address in NAT64_LOCAL:  # the prefix length is the operator's choice: every place of RFC 6052 section 2.2
        found += [raw[12:], raw[6:8] + raw[9:11], raw[7:8] + raw[9:12], raw[9:13]]
    if raw[:2] == b"\x20\x02":  # 6to4, RFC 3056
        found.append(raw[2:6])
    if raw[8:12] in (b"\0\0\x5e\xfe", b"\x02\0\x5e\xfe"):  # ISATAP, RFC 5214
        found.append(raw[12:])
    if address.teredo:  # RFC 4380
        found += [a.packed for a in address.teredo]
    return [ipaddress.IPv4Address(x) for x in found]


def classify(address: Address) -> tuple[Kind, str]:
    """What kind of place an address is, and the word for it."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return classify(mapped)
    for inner in embedded(address):
        kind, word = classify(inner)
        if kind != "global":
            return "forbidden", f"{word} address {inner} inside {address}"
    if address in METADATA:
        return "forbidden", "cloud metadata"
    if address.is_link_local:
        return "forbidden", "link-local"
    if address.is_loopback or address.is_unspecified:  # connecting to 0.0.0.0 or :: reaches this machine
        return "loopback", "loopback"
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return "forbidden", "site-local"
    if address.is_multicast:
        return "forbidden", "multicast"
    if any(address in n for n in PRIVATE if n.version == address.version):
        return "private", "private"
    if any(address in n for n in RESERVED if n.version == address.version):
        return "forbidden", "reserved"
    return ("global", "global") if address.is_global else ("forbidden", "reserved")


@dataclass(frozen=True)
class Rules:
    """Which kinds of addresses may be contacted. Forbidden ones (link-local, metadata, reserved …) never."""

    kinds: frozenset[Kind]

    def __and__(self, other: Rules) -> Rules:
        return Rules(self.kinds & other.kinds)


GIVEN = Rules(frozenset(("global", "private", "loopback")))  # a config or a person names the address
AGENT = Rules(frozenset(("loopback",)))  # only an agent names it
FOREIGN = Rules(frozenset(("global",)))  # only a diagnosed server names it

_now: ContextVar[Rules] = ContextVar("rules", default=GIVEN)


def now() -> Rules:
    """The rules for whatever opens a connection at this place (layers/connector.py)."""
    return _now.get()


@contextlib.contextmanager
def acting(rules: Rules) -> Iterator[Rules]:
    """Inside, no connection is opened that these rules, or those around them, do not allow."""
    token = _now.set(_now.get() & rules)
    try:
        yield _now.get()
    finally:
        _now.reset(token)


def check_host(host: str) -> None:
    """Raises Refused for a name or a spelled address that is never contacted, whatever it resolves to."""
    name = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".").strip("[]").rstrip(".").lower()
    if name in METADATA_NAMES:
        raise Refused(f"{host}: cloud metadata; such addresses are never contacted")
    address = literal(host)
    if address is not None and classify(address)[0] == "forbidden":
        raise Refused(f"{host}: {classify(address)[1]}; such addresses are never contacted")


def check_addresses(host: str, addresses: Iterable[str], rules: Rules) -> None:
    """Raises Refused when one of them must not be contacted. Every address counts: a client may take any of them."""
    check_host(host)
    for text in addresses:
        address = literal(text)
        if address is None:
            raise Refused(f"{host}: {text} is no address")
        kind, word = classify(address)
        where = text if text == host else f"{host} is {text}"
        if kind == "forbidden":
            raise Refused(f"{where}: {word}; such addresses are never contacted")
        if kind in rules.kinds:
            continue
        if rules.kinds == AGENT.kinds:
            raise Refused(f"{where}: only this machine may be contacted here")
        raise Refused(f"{where}: {word}; only a config may name such an address")


def is_loopback_host(host: str) -> bool:
    """localhost (RFC 6761 section 6.3) or a loopback address in any spelling."""
    name = host.rstrip(".").lower()
    address = literal(name)
    if address is not None:
        return classify(address)[0] == "loopback"
    return name == "localhost" or name.endswith(".localhost")


def _place(url: str) -> tuple[str, str]:
    """Scheme and host. Raises Refused for what is no http(s) URL."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as e:
        raise Refused(f"not a URL: {e}") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise Refused(f"only http and https URLs with a host are contacted, not {parts.scheme or 'a text'}")
    return parts.scheme.lower(), host.lower()


def rules_for_url(url: str, configured: Iterable[str] = (), allowed: Sequence[str] = ()) -> Rules:
    """The rules for a URL (or http://host) that an agent gives. `configured` are URLs of configs, `allowed` hosts of
    --allow-host. Raises Refused when the host is none of these (contract 4).
    """
    _, host = _place(url)
    check_host(host)
    if host in {h.lower().rstrip(".") for h in allowed}:
        return GIVEN
    for other in configured:
        with contextlib.suppress(Refused):
            if _place(other)[1] == host and not is_loopback_host(host):
                return GIVEN
    if is_loopback_host(host):
        return AGENT
    raise Refused(f"{host} is not this machine and stands in no config; --allow-host {host} permits it")


def rules_for_server_url(server: str) -> Rules:
    """The rules for a URL that a server at the address `server` names (metadata of its login, issuer of its
    certificate): places of its own kind and public ones. A server on this machine may name private places too
    (2026-07-28 basic/security_best_practices, SSRF)."""
    address = literal(server)
    kind = classify(address)[0] if address is not None else "global"
    if kind == "loopback":
        return GIVEN
    return Rules(FOREIGN.kinds | {kind}) if kind == "private" else FOREIGN
