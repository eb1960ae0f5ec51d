"""Every address is dialled and the machine is asked who listens; when nobody answers, why."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace

from ..budget import Budget
from ..facts.dns import DnsFacts
from ..facts.tcp import Dial, Listener, Rule, TcpFacts
from . import Walk, here, proxied, tcp_firewall, tcp_kin
from .connector import resolve
from .dns import host_and_port
from .tcp_dial import OPEN, dial, dial_all
from .tcp_listeners import listeners_on, look_closer
from .tcp_rules import Packet

AT_ONCE = 32  # addresses that are dialled
LOCAL_WAIT = 2.5  # seconds; a lost SYN is sent again after 1 s (RFC 6298 section 2)
REMOTE_WAIT = 6.0
LOOPBACKS = ("127.0.0.1", "::1")
HOSTS_OF_CONTAINERS = ("host.docker.internal", "host.containers.internal", "gateway.docker.internal")


async def probe(w: Walk) -> TcpFacts:
    url = w.target.url.reveal() if w.target.url else ""
    host, port = host_and_port(url)
    scheme = url.split(":", 1)[0].lower()
    by = proxied.route(w)
    dns = w.get(DnsFacts)
    addresses = dns.addresses[:AT_ONCE] if dns else ()
    if by:
        return TcpFacts(host=host, port=port, through_proxy=by, saw=f"the client leaves this to {by}")
    local = bool(addresses) and all(here.is_ours(a) for a in addresses)
    seconds = w.budget.at_most(LOCAL_WAIT if local else min(REMOTE_WAIT, w.budget.share(0.35)))
    dialled = asyncio.create_task(dial_all(addresses, port, seconds))
    found, read = await listeners_on(port) if local else ((), "")
    dials = await dialled
    facts = TcpFacts(
        host=host, port=port, scheme=scheme, local=local, dials=dials, listeners=found, listeners_read=read,
        container=here.container(w.environ), saw=_saw(dials, port),
    )  # fmt: skip
    address = next((d.address for d in dials if d.result == OPEN), None)
    if address is not None:
        w.state["tcp.address"] = address
        holders = [x for x in found if _answers_for(x, address)]
        if holders and all(x.state == "stopped" for x in holders):
            return replace(facts, state="broken", saw=f"{facts.saw}; the process is stopped")
        return facts
    return await _differences(w, replace(facts, state="broken"))


def _saw(dials: Sequence[Dial], port: int) -> str:
    return f"port {port}: " + ", ".join(f"{d.address} {d.result}" for d in dials[:4])


def _answers_for(x: Listener, address: str) -> bool:
    return x.address == address or (here.is_any(x.address) and (x.address == "::" or ":" not in address))


async def _differences(w: Walk, facts: TcpFacts) -> TcpFacts:
    """All that may tell why no address is open, asked at the same time."""
    part = w.budget.slice(min(6.0, w.budget.share(0.6)))
    tried = [d.address for d in facts.dials]
    async with asyncio.TaskGroup() as group:
        besides = group.create_task(_besides(facts, part))
        firewall = group.create_task(_firewall(tried, facts, part))
        kin = group.create_task(_kin(w, facts, part))
        others = group.create_task(_others(facts, part))
        closer = group.create_task(look_closer(facts.listeners, part.at_most(1.0)))
        alive = group.create_task(_alive(facts, part))
    rules, read = firewall.result()
    elsewhere, silent = kin.result()
    return replace(
        facts, dials=(*facts.dials, *besides.result()), rules=rules, firewall_read=read, elsewhere=elsewhere,
        stdio_process=silent, asked=others.result(), listeners=closer.result(), host_alive=alive.result(),
    )  # fmt: skip


async def _besides(facts: TcpFacts, budget: Budget) -> tuple[Dial, ...]:
    """The loopback addresses that the client does not try, where the URL means this machine."""
    if not facts.local:
        return ()
    more = [a for a in LOOPBACKS if facts.dial(a) is None]
    return tuple(await asyncio.gather(*(dial(a, facts.port, budget.at_most(1.5), "besides") for a in more)))


async def _firewall(tried: list[str], facts: TcpFacts, budget: Budget) -> tuple[tuple[Rule, ...], str]:
    packets = [
        Packet(here.source_for(a), a, facts.port, facts.local, d.result, *here.ids())
        for a in tried
        if (d := facts.dial(a)) is not None and d.result != OPEN
    ]
    rules, read = await tcp_firewall.look(packets, budget.at_most(3.0))
    held = any(_answers_for(x, a) for x in facts.listeners for a in tried)
    return tuple(r for r in rules if r.action != "redirect" or held), read


async def _kin(w: Walk, facts: TcpFacts, budget: Budget) -> tuple[tuple[Listener, ...], Listener | None]:
    """Only where nobody holds the port: a server that is somewhere else."""
    if not facts.local or any(_answers_for(x, a.address) for x in facts.listeners for a in facts.dials):
        return (), None
    if "ECONNREFUSED" not in facts.results():
        return (), None
    return await tcp_kin.find(w.target, facts.port, budget)


async def _others(facts: TcpFacts, budget: Budget) -> dict[str, str]:
    """The same port on the machine around us, when we are in a container or in WSL; macOS: who may reach the network."""
    asked: dict[str, str] = {}
    if facts.local and facts.container:
        names = {n: (await resolve(n, budget.at_most(1.5)))[0] for n in HOSTS_OF_CONTAINERS}
        gateway = here.gateway()
        if gateway and facts.container == "wsl":
            names["the Windows host"] = (gateway,)
        found = await asyncio.gather(
            *(dial(a[0], facts.port, budget.at_most(2.0)) for a in names.values() if a and not here.is_ours(a[0]))
        )
        asked = dict(
            zip((n for n, a in names.items() if a and not here.is_ours(a[0])), (d.result for d in found), strict=True)
        )
    if sys.platform == "darwin" and not facts.local and "EHOSTUNREACH" in facts.results():
        address = facts.dials[0].address
        code, _ = await tcp_firewall.run(
            ["curl", "-sk", "-m", "2", "-o", "/dev/null", f"telnet://{address}:{facts.port}"], budget.at_most(3.0)
        )
        asked["/usr/bin/curl"] = "reached it" if code in (0, 28, 49) else "did not reach it"
    return asked


async def _alive(facts: TcpFacts, budget: Budget) -> str:
    """A sign of life of another machine: an answer on a common port, or its entry in the neighbour table."""
    if facts.local or not facts.dials:
        return ""
    address = facts.dials[0].address
    wait = budget.at_most(2.0)
    ports = [p for p in (443, 80, 22) if p != facts.port]
    neighbours = asyncio.create_task(tcp_firewall.run(["ip", "neigh", "show", address.split("%", 1)[0]], wait))
    dials = await asyncio.gather(*(dial(address, p, wait) for p in ports))
    code, out = await neighbours
    for d in dials:
        if d.result in (OPEN, "ECONNREFUSED"):
            return f"port {d.port} answers ({d.result})"
    if code == 0 and " lladdr " in out and "FAILED" not in out:
        return "it is in the neighbour table"
    return "no: the neighbour table has no machine for it" if "FAILED" in out or "INCOMPLETE" in out else ""
