"""Where we are: in a container, in WSL, in a network namespace of our own; which addresses are this machine's."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from .. import surroundings
from .connector import datagram


def container(environ: Mapping[str, str] | None = None) -> str:
    """docker, podman, kubernetes, wsl or what the variable `container` says (systemd's Container Interface); else ""."""
    if sys.platform != "linux":
        return ""
    ask = (surroundings.environ() if environ is None else environ).get
    if named := ask("container"):
        return named[:40]
    if os.path.exists("/.dockerenv"):
        return "docker"
    if os.path.exists("/run/.containerenv"):
        return "podman"
    if ask("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    return "wsl" if "microsoft" in _read("/proc/sys/kernel/osrelease").lower() else ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def apart() -> bool:
    """Whether our network namespace is not that of process 1. False where that cannot be known."""
    try:
        return Path("/proc/self/ns/net").readlink() != Path("/proc/1/ns/net").readlink()
    except OSError:
        return False


def is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def is_any(address: str) -> bool:
    return address.split("%", 1)[0] in ("0.0.0.0", "::", "*")


def is_ours(address: str) -> bool:
    """Whether the address belongs to this machine: the kernel lets us bind it. Nothing is sent."""
    if is_loopback(address) or is_any(address):
        return True
    try:
        family, kind, _, _, where = socket.getaddrinfo(address, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[
            0
        ]
        with socket.socket(family, kind) as s:
            s.bind(where)
        return True
    except socket.gaierror:
        return False
    except OSError as e:
        return e.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL)


def source_for(address: str) -> str:
    """Our own address on the way to `address`, or "" when there is no way. Nothing is sent (connect(2) on UDP)."""
    try:
        with datagram(address, 9) as s:
            return str(s.getsockname()[0])
    except OSError:
        return ""


def ids() -> tuple[int | None, int | None]:
    """The user and the group that our connections are made by; a firewall may go by them."""
    return (os.geteuid(), os.getegid()) if hasattr(os, "geteuid") else (None, None)


def gateway() -> str:
    """The default gateway (IPv4), or "". In a container of a bridge network that is the host."""
    for line in _read("/proc/net/route").splitlines()[1:]:
        parts = line.split()
        if len(parts) > 2 and parts[1] == "00000000" and parts[2] != "00000000":
            return socket.inet_ntoa(bytes.fromhex(parts[2])[::-1])
    return ""
