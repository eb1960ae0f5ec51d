"""Reads the opening of the protocol; when it failed, opens the server in other ways to see which one works."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .. import wire
from ..budget import Budget
from ..facts.handshake import HandshakeFacts, Opening
from ..model import State
from . import Walk, again
from .conversation import Conversation
from .launch_start import Plan
from .opening import read_opening

PART = 0.7  # of what is left, for the openings that differ
SHORTEST = 0.3  # seconds below which nothing is opened to see whether it answers
AT_ONCE = 3
OTHER_VERSIONS = ("2025-06-18", "2025-03-26", "2024-11-05")

NO_INITIALIZE = (-32022, -32601)  # how servers of 2026-07-28 refuse it

# Everything that a client may send and need not (InitializeRequest, 2025-11-25).
EVERY_FIELD = {
    "protocolVersion": wire.LEGACY,
    "capabilities": {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {}, "experimental": {}},
    "clientInfo": {**wire.CLIENT_INFO, "title": "mcp-selfcheck"},
}


async def probe(w: Walk) -> HandshakeFacts:
    """The opening as facts. A healthy one costs nothing; a failed one costs some starts, side by side."""
    openings: list[Opening] = list(w.state.get("openings", ()))
    opened: wire.Message | None = w.state.get("opened")
    others: list[Opening] = list(w.state.get("others", ()))
    answered = opened is not None and opened.kind == "result"
    # Over pipes the last opening counts; over HTTP those behind a failed one were asked only for comparison.
    own = w.state.get("own_openings", len(openings)) if w.live is None else len(openings)
    main = 0 if openings and not answered and w.live is None else own - 1
    last = openings.pop(main) if openings else None
    works = last is not None and answered and last.outcome == "result" and _known_version(w, last)
    if not works and last is not None and w.budget.left() > SHORTEST:
        differ = _differ(w, last, others) if w.live is not None else _differ_remote(w, last)
        others += await w.budget.within(differ, [])
    live = w.state.pop("other_live", None)
    refused = last is not None and last.outcome != "result"
    state: State = "passed" if works else "broken"
    if not works and refused and not _client_known(w) and await _goes_on(w, live, (*openings, *others)):
        opened, state = w.state["opened"], "passed"
    elif live is not None:
        await live[0].close(0)
    return _facts(w, last, (*openings, *others), opened, state)


def _client_known(w: Walk) -> bool:
    return w.client.id != "unknown"


async def _goes_on(w: Walk, live: tuple[Conversation, wire.Message | None] | None, others: Iterable[Opening]) -> bool:
    """Goes on in the era that works: the client is not known, so one that opens in this way may be meant."""
    if live is not None:
        await _adopt(w, *live)
        return True
    modern = next((o for o in others if o.method == "server/discover" and o.outcome == "result"), None)
    if w.remote is None or modern is None or wire.MODERN not in modern.versions:
        return False
    message = await w.remote.ask("server/discover", None, w.budget.slice(w.budget.share(0.5)), modern=True)
    if message is None or message.kind != "result":
        return False
    w.remote.era = "modern"
    w.state["opened"] = message
    return True


def _known_version(w: Walk, opening: Opening) -> bool:
    """Whether this client goes on with what the server chose (2025-11-25 basic/lifecycle#version-negotiation)."""
    if opening.method == "server/discover":
        return wire.MODERN in opening.versions
    if w.client.only_version:
        return opening.version == w.client.version
    return opening.version in wire.LEGACY_VERSIONS


async def _adopt(w: Walk, live: Conversation, message: wire.Message | None) -> None:
    if w.live is not None:
        await w.live.close(0)
    w.live = live
    w.state["opened"] = message
    if live.era == "legacy":
        await live.tell(wire.notification("notifications/initialized"), w.budget)


async def _differ_remote(w: Walk, last: Opening) -> list[Opening]:
    """The same questions over HTTP, each opening a session of its own."""
    if w.remote is None or last.method != "initialize" or last.outcome not in ("error", "result"):
        return []
    if last.error_code in NO_INITIALIZE:
        return []
    peer, budget = w.remote, w.budget.slice(w.budget.share(PART))
    tries = {f"initialize {v}": {**EVERY_FIELD, "protocolVersion": v, "capabilities": {}, "clientInfo": wire.CLIENT_INFO}
             for v in (*OTHER_VERSIONS, wire.LEGACY) if v != last.asked_version}  # fmt: skip
    tries["with every optional field"] = EVERY_FIELD
    messages = await asyncio.gather(*(peer.ask("initialize", params, budget) for params in tries.values()))
    return [
        read_opening("initialize", m, asked_version=str(params["protocolVersion"]), how=how)
        for (how, params), m in zip(tries.items(), messages, strict=True)
    ]


async def _differ(w: Walk, last: Opening, known: list[Opening]) -> list[Opening]:
    """Other openings, each in a process of its own because the first request decides the era of a process."""
    budget = w.budget.slice(w.budget.share(PART))
    how = again.plan(w)
    jobs: list[Any] = []
    modern = {o.method for o in (*known, last)} >= {"server/discover"}
    if last.method == "initialize" and last.outcome in ("error", "silent", "exited", "result") and not modern:
        first = _discover(w, how, budget)
        if last.error_code in NO_INITIALIZE:
            found: Opening = await first
            return [found] if found.outcome == "result" else [found, await _initialize(how, budget, OTHER_VERSIONS[-1])]
        jobs.append(first)
    if last.method == "initialize" and last.outcome in ("error", "result"):
        versions = [v for v in (*OTHER_VERSIONS, wire.LEGACY) if v != last.asked_version]
        jobs += [_initialize(how, budget, v) for v in versions]
    if last.method == "initialize" and last.outcome == "error":
        jobs.append(_initialize(how, budget, wire.LEGACY, EVERY_FIELD))
    if last.method == "server/discover" and last.outcome != "result":
        jobs.append(_initialize(how, budget, wire.LEGACY))
    return [o for o in await _few(jobs) if o is not None]


async def _few(jobs: list[Any]) -> list[Any]:
    """All of them, at most AT_ONCE at the same time: each starts the server, and the first one still runs."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(job: Any) -> Any:
        async with room:
            return await job

    return list(await asyncio.gather(*(one(job) for job in jobs)))


async def _discover(w: Walk, how: Plan, budget: Budget) -> Opening:
    opening, live, message = await again.opens(how, "server/discover", budget, label="server/discover", keep=True)
    if live is not None:
        if wire.MODERN in opening.versions:
            w.state["other_live"] = (live, message)
        else:
            await live.close(0)
    return opening


async def _initialize(how: Plan, budget: Budget, version: str, params: dict[str, Any] | None = None) -> Opening:
    label = "with every optional field" if params else f"initialize {version}"
    opening, _, _ = await again.opens(how, "initialize", budget, version=version, label=label, params=params)
    return opening


def _facts(
    w: Walk, last: Opening | None, others: tuple[Opening, ...], opened: wire.Message | None, state: State
) -> HandshakeFacts:
    result = opened.result if opened is not None else {}
    info = result.get("serverInfo") or result.get("_meta", {}).get("io.modelcontextprotocol/serverInfo")
    info = info if isinstance(info, dict) else {}
    capabilities = result.get("capabilities")
    agreed = last.version if last is not None and state == "passed" and opened is not None else ""
    peer = w.peer
    stderr = w.live.stderr[-4000:] if w.live is not None and state == "broken" else ""
    w.hear("stderr", stderr)
    return HandshakeFacts(
        state=state, saw=_saw(last, agreed, info, peer.era if peer else ""), era=_era((last, *others) if last else others),
        client_opening=w.client.opening, client_respawns=w.client.respawns, client_version=w.client.version,
        client_only=w.client.only_version, client_known=_client_known(w), version=agreed, opened=last, others=_keyed(others),
        server_name=wire.safe(str(info.get("name", "")), 80), server_version=wire.safe(str(info.get("version", "")), 40),
        capabilities=tuple(sorted(wire.safe(k, 40) for k in capabilities)) if isinstance(capabilities, dict) else (),
        instructions_bytes=len(str(result.get("instructions", ""))), stderr=stderr,
    )  # fmt: skip


def _keyed(openings: Iterable[Opening]) -> tuple[Opening, ...]:
    """Each under a name of its own: `how`, or the method with the version."""
    return tuple(
        replace(
            o, raw="", how=o.how or (o.method if o.method == "server/discover" else f"{o.method} {o.asked_version}")
        )
        for o in openings
    )


def _era(openings: Iterable[Opening]) -> str:
    works = {o.method for o in openings if o.outcome == "result"}
    if len(works) == 2:
        return "dual"
    return {"initialize": "legacy", "server/discover": "modern"}.get(next(iter(works), ""), "none")


def _saw(last: Opening | None, agreed: str, info: dict[str, Any], era: str) -> str:
    if agreed:
        name = wire.safe(f"{info.get('name', '')} {info.get('version', '')}".strip(), 80)
        return f"{name or 'a server'} speaks {agreed}"
    if last is None:
        return "not opened"
    if last.outcome == "error":
        return f"{last.method} got error {last.error_code}"
    return f"{last.method}: {last.outcome}" + (f" {last.version}" if last.version else "")
