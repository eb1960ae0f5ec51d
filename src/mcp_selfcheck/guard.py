"""What may be started or contacted, and why not: consent for commands, and an address guard for URLs."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import json
import os
import shutil
import socket
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from . import surroundings
from .model import Target, plain

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
    """What one URL may reach beside global addresses. `local`: this machine and private networks; `only_loopback`."""

    local: bool = False
    only_loopback: bool = False


GIVEN = Rules(local=True)
AGENT = Rules(only_loopback=True)
FOREIGN = Rules()


def rules_for(target: Target) -> Rules:
    """An address that stands in a config, or that a person typed, may be on this machine or in a private network."""
    return GIVEN


def check_addresses(host: str, addresses: Iterable[str], rules: Rules) -> None:
    """Raises Refused when one of them must not be contacted. Every address counts: a client may take any of them."""
    for text in addresses:
        address = literal(text)
        if address is None:
            raise Refused(f"{host}: {text} is no address")
        kind, word = classify(address)
        where = text if text == host else f"{host} is {text}"
        if kind == "forbidden":
            raise Refused(f"{where}: {word}; such addresses are never contacted")
        if rules.only_loopback and kind != "loopback":
            raise Refused(f"{where}: only this machine may be contacted here")
        if kind != "global" and not (rules.local or rules.only_loopback):
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
    address = literal(host)
    if address is not None:
        check_addresses(host, (host,), GIVEN)
    if is_loopback_host(host):
        return AGENT
    if host in {h.lower().rstrip(".") for h in allowed}:
        return GIVEN
    for other in configured:
        with contextlib.suppress(Refused):
            if _place(other)[1] == host:
                return GIVEN
    raise Refused(f"{host} is not this machine and stands in no config; --allow-host {host} permits it")


def rules_for_server_url(target: Target) -> Rules:
    """The rules for a URL that a diagnosed server names (OAuth metadata, redirects): no private place, unless the
    server itself is on this machine."""
    host = urlsplit(target.url.reveal()).hostname if target.url else None
    return GIVEN if host and is_loopback_host(host) else FOREIGN


# --- consent -----------------------------------------------------------------------------------------------------

# Names of variables whose value decides what is executed: an approval counts for their values too.
STEERING = (
    "PATH",
    "LD_",
    "DYLD_",
    "NODE_",
    "PYTHON",
    "NPM_CONFIG_",
    "UV_",
    "PIP_",
    "RUBY",
    "PERL5",
    "JAVA_",
    "BASH_ENV",
)


def fingerprint(target: Target) -> str:
    """SHA-256 over what would happen: the resolved command, its arguments, the environment's names, the directory,
    the URL, and the file that says so. Not over the server's name: a name can be given to another command.
    """
    path = shutil.which(target.command) if target.command else None
    steering = {k: v.reveal() for k, v in target.env.items() if k.upper().startswith(STEERING)}
    said = [
        os.path.realpath(path) if path else target.command, [plain(a) for a in target.args], sorted(target.env),
        sorted(steering.items()), target.cwd, target.url.reveal() if target.url else None,
        os.path.realpath(target.source.file),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def state_file() -> Path:
    """Where approvals are kept (XDG Base Directory Specification)."""
    base = surroundings.environ().get("XDG_STATE_HOME", "")
    root = Path(base) if base.startswith("/") else Path("~/.local/state").expanduser()
    return root / "mcp-selfcheck" / "approvals.json"


def _stored() -> dict[str, dict[str, str]]:
    try:
        found = json.loads(state_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in found.items() if isinstance(k, str) and isinstance(v, dict)}


@contextlib.contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """A private temporary file beside `file` that takes its place at the end."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".approvals-")
    os.close(handle)  # mkstemp(3) made it with mode 0600
    try:
        yield Path(name)
        Path(name).replace(file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def approved(target: Target) -> bool:
    return fingerprint(target) in _stored()


def approve(target: Target) -> None:
    """Remembers a person's consent to exactly this. Raises OSError when it cannot be kept."""
    entries = _stored() | {fingerprint(target): {"name": target.name, "file": target.source.file}}
    with _replacing(state_file()) as place:
        place.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", "utf-8")


def approvals() -> list[str]:
    """What was approved: name, file and the start of the fingerprint, sorted."""
    return sorted(f"{v.get('name', '')}  {v.get('file', '')}  {k[:12]}" for k, v in _stored().items())


def refusal(target: Target) -> str | None:
    """Why this server may not be started or contacted; None when it may.

    User-scope entries and those of a file that a person names are that person's own. A project's file came with the
    project: it is only read, until a person approves it.
    """
    asked = next((p for p in target.problems if p.kind == "asked-value"), None)
    if asked is not None:
        return f"{asked.where} holds {asked.detail}: the client asks its user for that value, so no file tells it"
    if target.url is not None:
        host = ""
        with contextlib.suppress(ValueError):
            host = urlsplit(target.url.reveal()).hostname or ""
        address = literal(host) if host else None
        kind, word = classify(address) if address is not None else ("global", "")
        if kind == "forbidden":
            return f"{host}: {word}; such addresses are never contacted"
    if target.source.scope == "project" and not approved(target):
        return (
            f"{target.source.file} came with the project and is only read. "
            f"To let this entry be used: mcp-selfcheck approve {target.name}"
        )
    return None
