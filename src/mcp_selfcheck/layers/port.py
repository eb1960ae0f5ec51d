"""One step alone: who has a port of this machine or of another one, and what connecting to it gives."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from .. import guard
from ..budget import Budget
from ..facts.tcp import Dial, Listener, Rule
from ..redact import Gate
from . import here, tcp_firewall
from .connector import resolve
from .dns import is_literal
from .tcp import LOCAL_WAIT, LOOPBACKS, REMOTE_WAIT
from .tcp_banner import who_talks
from .tcp_dial import OPEN, dial
from .tcp_listeners import listeners_on, look_closer
from .tcp_rules import Packet


@dataclass(frozen=True, kw_only=True)
class PortReport:
    """What a port is. `state`: open, silent, reset, refused, filtered, unreachable, unresolved, not_allowed. `speaks` is
    the service behind it (tcp_banner.py). `ipv4` and `ipv6` are the best result of each family, "" when none was tried.
    `says` is the same in words, `ok` when something accepts and answers there. Foreign text has gone through the gate.
    """

    ok: bool = False
    says: tuple[str, ...] = ()
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


async def check_port(
    port: int, host: str | None = None, timeout: float = 8.0, rules: guard.Rules = guard.GIVEN
) -> PortReport:
    """Looks at a port inside `timeout` seconds. Raises ValueError for a number that is no port. A host that names this
    machine must resolve to this machine; an address that must not be contacted gives the state not_allowed.
    """
    if not 0 < port < 65536:
        raise ValueError(f"a port is a number from 1 to 65535, not {port}")
    try:
        report = await _look(port, host, timeout, guard.AGENT if guard.is_loopback_host(host or "localhost") else rules)
    except guard.Refused as no:
        report = PortReport(port=port, host=host or "localhost", state="not_allowed", error=str(no))
    gate = Gate()
    held = tuple(
        replace(x, command_line=gate.line(x.command_line), program=gate.line(x.program, 80), user=gate.line(x.user, 80))
        for x in report.listeners
    )
    report = replace(report, listeners=held, host=gate.line(report.host, 120))
    report = replace(report, rules=tuple(replace(r, text=gate.line(r.text)) for r in report.rules))
    return replace(report, ok=report.state == "open", says=tuple(gate.line(x, 600) for x in _words(report)))


async def _look(port: int, host: str | None, timeout: float, rules: guard.Rules) -> PortReport:
    """The report without its words. Raises guard.Refused."""
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
    meant = set(addresses if host else (*addresses, *LOOPBACKS))  # without a host: this port, wherever it is open
    if local:
        addresses = tuple(dict.fromkeys((*addresses, *LOOPBACKS)))
    wait = budget.at_most(LOCAL_WAIT if local else min(REMOTE_WAIT, timeout / 2))
    dialled = asyncio.gather(*(dial(a, port, wait, "" if a in meant else "besides") for a in addresses[:16]))
    found, read = await listeners_on(port) if local else ((), "")
    dials = await dialled
    packets = [Packet(here.source_for(d.address), d.address, port, local, d.result, *here.ids()) for d in dials]
    open_at = next((d.address for d in dials if d.result == OPEN), None)
    closer, firewall, talks = await asyncio.gather(
        look_closer(found, budget.at_most(0.6)), tcp_firewall.look(packets, budget.at_most(3.0)),
        who_talks(open_at, port, budget.slice(2.5)) if open_at else _silence(),
    )  # fmt: skip
    report = PortReport(
        port=port, host=name, state="", dials=tuple(dials), listeners=closer, listeners_read=read, rules=firewall[0],
        firewall_read=firewall[1], container=here.container(), speaks=talks[0], first_words=talks[1],
        ipv4=_best(dials, False), ipv6=_best(dials, True),
    )  # fmt: skip
    return replace(report, state=_state(report))


async def _silence() -> tuple[str, str]:
    return "", ""


def _best(dials: list[Dial], six: bool) -> str:
    results = [d.result for d in dials if (":" in d.address) == six]
    return OPEN if OPEN in results else next(iter(results), "")


def _state(r: PortReport) -> str:
    dials = [d for d in r.dials if d.kind != "besides"]
    results = {d.result for d in dials}
    if OPEN in results:
        return r.speaks if r.speaks in ("silent", "reset") else "open"
    if "ETIMEDOUT" in results or "EPERM" in results or "EACCES" in results:
        return "silent" if any(x.queue for x in r.listeners) else "filtered"
    if "ECONNREFUSED" in results:
        held = {x.address for x in r.listeners}
        return "filtered" if r.rules and held & {d.address for d in dials} else "refused"
    return "unreachable"


STATES = {
    "open": "is open", "silent": "accepts connections and says nothing", "reset": "accepts connections and resets them",
    "refused": "refuses connections", "filtered": "is filtered", "unreachable": "cannot be reached",
    "unresolved": "cannot be asked: the name has no address", "not_allowed": "is not asked",
}  # fmt: skip


def _words(r: PortReport) -> list[str]:
    """The report for people: the answer first, then who listens, both families, firewall, surroundings."""
    first = f"Port {r.port} of {r.host} {STATES[r.state]}"
    if r.state in ("unresolved", "not_allowed"):
        return [f"{first} ({r.error})."]
    lines = [
        f"{first}; it speaks {r.speaks}."
        if r.state == "open" and r.speaks not in ("", "unknown", "closed")
        else f"{first}."
    ]
    lines += [_listener(x) for x in r.listeners]
    if not r.listeners and r.listeners_read:
        lines.append(
            "No process listens there." if r.listeners_read == "ok" else "Who listens cannot be seen in full here."
        )
    tried = ", ".join(f"{d.address} {d.result}" for d in r.dials)
    lines.append(f"IPv4: {r.ipv4 or 'not tried'}. IPv6: {r.ipv6 or 'not tried'}. ({tried})")
    lines += [f"Firewall, {x.system}: {x.text}" for x in r.rules]
    if not r.rules:
        read = (
            "no rule keeps connections from it"
            if r.firewall_read == "ok"
            else f"it could not be read ({r.firewall_read})"
        )
        lines.append(f"Firewall: {read}.")
    if r.container:
        lines.append(f"This is inside {r.container}: localhost means its own network.")
    return lines


def _listener(x: Listener) -> str:
    whose = {True: "yours", False: f"of {x.user}", None: "owner unknown"}[x.own]
    who = f"{x.program or 'A process'} (pid {x.pid}, {whose})" if x.pid is not None else "A process of another user"
    state = f", {x.state}" if x.state in ("stopped", "spinning") else ""
    since = f" since {x.since}" if x.since else ""
    line = f": {x.command_line}" if x.command_line else ""
    return f"{who} listens on {x.address}{since}{state}{line}"
