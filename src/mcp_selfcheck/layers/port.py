"""One step alone: who has a port of this machine or of another one, and what connecting to it gives."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .. import guard
from ..budget import Budget
from ..facts.tcp import Dial, Listener, Rule
from . import here, tcp_firewall
from .dns import is_literal, resolve
from .tcp import LOCAL_WAIT, LOOPBACKS, REMOTE_WAIT
from .tcp_banner import who_talks
from .tcp_dial import OPEN, dial
from .tcp_listeners import listeners_on, look_closer
from .tcp_rules import Packet


@dataclass(frozen=True, kw_only=True)
class PortReport:
    """What a port is. `state`: open, silent, reset, refused, filtered, unreachable, unresolved. `speaks` is the service
    behind it (tcp_banner.py). `ipv4` and `ipv6` are the best result of each family, "" when none was tried.
    """

    port: int
    host: str
    state: str
    speaks: str = ""
    first_words: str = ""
    ipv4: str = ""
    ipv6: str = ""
    dials: tuple[Dial, ...] = ()
    listeners: tuple[Listener, ...] = ()
    listeners_read: str = ""
    rules: tuple[Rule, ...] = ()
    firewall_read: str = ""
    container: str = ""
    error: str = ""
    since: Mapping[str, str] = field(default_factory=dict)


async def check_port(
    port: int, host: str | None = None, timeout: float = 8.0, rules: guard.Rules = guard.GIVEN
) -> PortReport:
    """Looks at a port inside `timeout` seconds. Raises guard.Refused for an address that must not be contacted, and
    ValueError for a port that there is none of.
    """
    if not 0 < port < 65536:
        raise ValueError(f"a port is a number from 1 to 65535, not {port}")
    budget = Budget(timeout)
    name = (host or "localhost").strip().strip("[]")
    addresses: tuple[str, ...] = (name,)
    error = ""
    if not is_literal(name):
        addresses, error = await resolve(name, budget.at_most(timeout / 2))
    elif guard.literal(name) is not None:
        addresses = (str(guard.literal(name)),)
    if not addresses:
        return PortReport(port=port, host=name, state="unresolved", error=error)
    guard.check_addresses(name, addresses, rules)
    local = all(here.is_ours(a) for a in addresses)
    if local:
        addresses = tuple(dict.fromkeys((*addresses, *LOOPBACKS)))
    wait = budget.at_most(LOCAL_WAIT if local else min(REMOTE_WAIT, timeout / 2))
    dialled = asyncio.gather(*(dial(a, port, wait) for a in addresses[:16]))
    found, read = await listeners_on(port) if local else ((), "")
    dials = await dialled
    packets = [Packet(source=here.source_for(d.address), address=d.address, port=port, local=local) for d in dials]
    open_at = next((d.address for d in dials if d.result == OPEN), None)
    closer, firewall, talks = await asyncio.gather(
        look_closer(found, budget.at_most(0.6)), tcp_firewall.look(packets, budget.at_most(3.0)),
        who_talks(open_at, port, budget.slice(2.5)) if open_at else _silence(),
    )  # fmt: skip
    report = PortReport(
        port=port, host=name, state="", dials=tuple(dials), listeners=closer, listeners_read=read, rules=firewall[0],
        firewall_read=firewall[1], container=here.container(), speaks=talks[0], first_words=talks[1],
        ipv4=_best(dials, False), ipv6=_best(dials, True), since={x.address: x.since for x in closer if x.since},
    )  # fmt: skip
    return replace(report, state=_state(report))


async def _silence() -> tuple[str, str]:
    return "", ""


def _best(dials: list[Dial], six: bool) -> str:
    results = [d.result for d in dials if (":" in d.address) == six]
    return OPEN if OPEN in results else next(iter(results), "")


def _state(r: PortReport) -> str:
    results = {d.result for d in r.dials}
    if OPEN in results:
        return r.speaks if r.speaks in ("silent", "reset") else "open"
    if "ETIMEDOUT" in results or "EPERM" in results or "EACCES" in results:
        return "silent" if any(x.queue for x in r.listeners) else "filtered"
    if "ECONNREFUSED" in results:
        held = {x.address for x in r.listeners}
        return "filtered" if r.rules and held & {d.address for d in r.dials} else "refused"
    return "unreachable"
