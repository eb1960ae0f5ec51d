"""What connecting to every address shows, beside who really listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class Dial:
    """One connection attempt. `result`: open, or an errno name (ECONNREFUSED, ETIMEDOUT for our own deadline too).

    `kind` is "besides" for an address that the client does not try: the other loopback, the host of a container.
    """

    address: str
    port: int = 0
    result: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A socket in state LISTEN on this machine and the process that holds it. `own` when the user is ours.

    `address` is unique in its tuple: the address, with the port where several ports are listed. `state`: running,
    stopped, spinning, "" when unknown. `queue` is "some wait" or "full, room for N" when connections stay in the accept queue.
    `kin` tells why the process looks like the server of the entry; `speaks` is "mcp" when it answered as one.
    """

    address: str
    port: int = 0
    pid: int | None = None
    program: str = ""
    command_line: str = ""
    user: str = ""
    own: bool | None = None
    state: str = ""
    queue: str = ""
    kin: str = ""
    speaks: str = ""
    since: str = field(default="", metadata={"shown": False})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A firewall rule that matches. `system`: nft, iptables, ufw, firewalld, pf … `text` is the rule's own wording.

    `action`: drop, reject, redirect. Not `sure` when one of its conditions (a rate, a mark) cannot be told from outside.
    `reply` when it keeps what comes back.
    """

    system: str
    text: str = ""
    action: str = ""
    sure: bool = True
    reply: bool = False


@dataclass(frozen=True, kw_only=True)
class TcpFacts(Facts):
    """`dials` are one for each address; `listeners` hold that port; `elsewhere` are other ports of processes that look
    like the server of this entry. `first_bytes` is what the peer says by itself, `talks` what kind of service that is
    (ssh, redis, postgresql, http, tls …, or silent, reset, closed). `through_proxy` means that the client does not
    connect here itself. `listeners_read` and `firewall_read` say how far we could look: "ok", "partly", or an errno.

    `in_use` is the port that a program's own text calls taken (EADDRINUSE); then `listeners` are its holders and
    `in_use_by` is self, kin (an older copy), other or nobody; `in_use_claimed` when the program
    said instead that it listens there, and ended. `refused_in_text` is an address:port that a program
    calls refused, and `refused_now` what a connection of ours to it gives; `refused_matters` unless the same text calls it
    a warning or says how it goes on without. `walk_broke` when the walk ended at a broken layer.
    """

    layer = "tcp"
    host: str = ""
    port: int = 0
    scheme: str = ""
    local: bool = False
    dials: tuple[Dial, ...] = ()
    listeners: tuple[Listener, ...] = ()
    listeners_read: str = ""
    elsewhere: tuple[Listener, ...] = ()
    stdio_process: Listener | None = None
    rules: tuple[Rule, ...] = ()
    firewall_read: str = ""
    host_alive: str = ""
    first_bytes: str = ""
    talks: str = ""
    container: str = ""
    through_proxy: str = ""
    in_use: int | None = None
    in_use_by: str = ""
    in_use_claimed: bool = field(default=False, metadata={"shown": False})
    refused_in_text: str = ""
    refused_now: str = ""
    refused_matters: bool = field(default=False, metadata={"shown": False})
    walk_broke: bool = field(default=False, metadata={"shown": False})
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def connected(self) -> bool:
        """A client gets through: one of the addresses that it tries is open."""
        return any(d.result == "open" for d in self.tried)

    @property
    def tried(self) -> tuple[Dial, ...]:
        """The addresses that the client itself tries."""
        return tuple(d for d in self.dials if d.kind != "besides")

    def results(self) -> frozenset[str]:
        return frozenset(d.result for d in self.tried)

    def dial(self, address: str) -> Dial | None:
        return next((d for d in self.dials if d.address == address), None)
