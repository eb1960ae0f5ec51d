"""What connecting to every address shows, beside who really listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class Dial:
    """One connection attempt. `result`: open, or an errno name (ECONNREFUSED, ETIMEDOUT for our own deadline too)."""

    address: str
    port: int = 0
    result: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A socket in state LISTEN on this machine and the process that holds it. `own` when the user is ours."""

    address: str
    port: int = 0
    pid: int | None = None
    program: str = ""
    command_line: str = ""
    user: str = ""
    own: bool | None = None
    state: str = ""
    since: str = field(default="", metadata={"shown": False})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A firewall rule that matches. `system`: nft, iptables, ufw, firewalld, pf …"""

    system: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class TcpFacts(Facts):
    """`dials` are one for each address; `listeners` hold that port; `elsewhere` are other ports of processes that look
    like the server of this entry. `first_bytes` is what the peer says by itself, `talks` what kind of service that is.
    `through_proxy` means that the client does not connect here itself.
    """

    layer = "tcp"
    host: str = ""
    port: int = 0
    local: bool = False
    dials: tuple[Dial, ...] = ()
    listeners: tuple[Listener, ...] = ()
    listeners_read: str = ""
    elsewhere: tuple[Listener, ...] = ()
    stdio_process: Listener | None = None
    rules: tuple[Rule, ...] = ()
    firewall_read: str = ""
    first_bytes: str = ""
    talks: str = ""
    container: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def connected(self) -> bool:
        return any(d.result == "open" for d in self.dials)

    def dial(self, address: str) -> Dial | None:
        return next((d for d in self.dials if d.address == address), None)
