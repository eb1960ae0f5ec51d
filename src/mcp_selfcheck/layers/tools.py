"""Asks for the list of tools, all pages of it, and has every tool looked at. It never calls a tool."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from .. import wire
from ..facts.handshake import HandshakeFacts, Opening
from ..facts.tools import ToolProblem, ToolsFacts
from ..model import State
from . import Peer, Walk, tools_zod
from .http_peer import HttpPeer
from .tools_lint import CLAUDE, Rules, lint

PAGES = 50
TOOLS = 5000
PROBLEMS_SHOWN = 20
MANY = 128  # tools that the interfaces of OpenAI and Gemini, and with them VS Code, take in one request
LISTS = {"prompts": ("prompts/list", "prompts"), "resources": ("resources/list", "resources"),
         "templates": ("resources/templates/list", "resourceTemplates")}  # fmt: skip

# What stands before a tool's name when it reaches the model, where that was seen; {s} is the server's name.
PREFIXES = {"claude-code": "mcp__{s}__", "codex": "mcp__{s}__", "copilot-cli": "{s}-", "opencode": "{s}_"}


@dataclass
class Listing:
    """All pages together. `outcome` as in ToolsFacts; `tools` are the first TOOLS of `total`."""

    outcome: str = "listed"
    tools: list[Any] = field(default_factory=list)
    total: int = 0
    pages: int = 0
    message: wire.Message | None = None
    flaws: tuple[str, ...] = ()
    body: str = ""


async def probe(w: Walk) -> ToolsFacts:
    """Lists tools when the server offers them; when there are none, sees what else it offers."""
    peer = w.peer
    assert peer is not None, "the handshake stands"
    opened: wire.Message | None = w.state.get("opened")
    capabilities = opened.result.get("capabilities") if opened is not None else None
    offers = capabilities if isinstance(capabilities, dict) else {}
    declared = isinstance(offers.get("tools"), dict)
    features = tuple(sorted(k for k in offers if k in ("prompts", "resources", "completions", "extensions", "tasks")))
    if not declared and features:
        return _facts(w, ToolsFacts(outcome="not_offered", other_features=features, saw="no tools offered"))
    listing = await _list(w, peer, "tools/list", "tools")
    facts = ToolsFacts(outcome=listing.outcome, pages=listing.pages, declared=declared)
    if not declared:
        return _facts(w, _nothing_declared(listing))
    if listing.outcome != "listed":
        return _facts(w, await _failed(w, listing, facts))
    may_change = bool(offers["tools"].get("listChanged"))
    if not listing.tools:
        features = await _others(w, peer, offers)
        return _facts(w, ToolsFacts(
            outcome="listed", count=0, pages=listing.pages, declared=True, other_features=features, may_change=may_change,
            saw="no tools" + (f", but {', '.join(features)}" if features else ""),
            state="passed" if features or may_change else "broken",
        ))  # fmt: skip
    return _facts(w, _linted(w, listing, may_change))


def _nothing_declared(listing: Listing) -> ToolsFacts:
    """A server that declares nothing at all: what tools/list says decides."""
    count = listing.total if listing.outcome == "listed" else None
    state: State = "passed" if count else "broken"
    saw = f"{count} tools, but the capability is not declared" if count else "nothing offered"
    return ToolsFacts(
        outcome=listing.outcome if count else "not_offered", count=count, undeclared=bool(count), state=state, saw=saw
    )


async def _list(w: Walk, peer: Peer, method: str, key: str) -> Listing:
    """Follows nextCursor (2025-11-25 server/utilities/pagination). Stops at a cursor that came before."""
    found = Listing()
    cursors: set[int] = set()  # their hashes: a cursor may be as long as it likes
    params: dict[str, Any] | None = None
    budget = w.budget.slice(w.budget.share(0.8))
    for _ in range(PAGES):
        m = await peer.ask(method, params, budget, modern=peer.era == "modern")
        found.message = m
        if m is None:
            gone = w.live is not None and not w.live.alive
            last = getattr(peer, "last", None)  # over HTTP: the exchange that brought no JSON-RPC
            if last is not None and last.status is not None:
                found.outcome, found.flaws = "refused", (f"HTTP {last.status}",)
                found.body = "" if "html" in last.content_type else last.body
                return found
            found.outcome = "exited" if gone else "silent"
            if last is not None and last.error not in ("", "ETIMEDOUT"):
                found.outcome, found.flaws = "cut", (last.error,)
            return found
        if m.kind == "error":
            found.outcome = "error"
            return found
        items = m.result.get(key)
        if m.kind != "result" or not isinstance(items, list):
            found.outcome = "invalid"
            found.flaws = m.flaws or (f'"{key}" is no array' if key in m.result else f'"{key}" is missing',)
            return found
        found.pages += 1
        found.tools += items[: TOOLS - len(found.tools)]
        found.total += len(items)
        cursor = m.result.get("nextCursor")
        if not isinstance(cursor, str):
            return found
        if hash(cursor) in cursors or len(found.tools) >= TOOLS:
            break
        cursors.add(hash(cursor))
        params = {"cursor": cursor}
    found.outcome = "endless"
    return found


async def _failed(w: Walk, listing: Listing, facts: ToolsFacts) -> ToolsFacts:
    m = listing.message
    if w.remote is not None and getattr(w.remote, "refused", None) is not None:
        from .http import look_at_session  # its session is not known: the session layer's questions, while it is true

        await look_at_session(w)
    elif isinstance(w.remote, HttpPeer) and w.remote.last is not None and w.remote.last.status == 400:
        await other_versions(w, w.remote)
    error = m.error if m is not None else {}
    stderr, ended = "", None
    if w.live is not None and w.live.child is not None:
        stderr, ended = w.live.stderr[-4000:], w.live.child.ended
    w.hear("stderr", stderr)
    message = wire.safe(str(error.get("message", "")) or listing.body, 600)
    w.hear("answer", message)
    saw = {"error": f"tools/list got error {m.code if m else ''}", "silent": "tools/list got no answer",
           "exited": "the server ended at tools/list", "endless": "tools/list never came to an end",
           "cut": f"tools/list brought no answer: {listing.flaws[0] if listing.flaws else ''}",
           "refused": f"tools/list got {listing.flaws[0] if listing.flaws else ''}"}  # fmt: skip
    return ToolsFacts(
        outcome=listing.outcome, pages=facts.pages, declared=True, state="broken",
        saw=saw.get(listing.outcome, "tools/list got no valid answer"), error_code=m.code if m is not None else None,
        error_message=message, flaws=tuple(wire.safe(f, 200) for f in listing.flaws), stderr=stderr,
        count=listing.total or None,
        exit_code=ended.exit_code if ended else None, signal=ended.signal if ended else "",
    )  # fmt: skip


async def other_versions(w: Walk, peer: HttpPeer) -> None:
    """Whether another MCP-Protocol-Version, or none, makes the server answer what it refused with 400."""
    facts = w.get(HandshakeFacts)
    if facts is None or peer.era == "modern" or not peer.version:
        return
    asked: list[str | None] = [None, *(v for v in wire.LEGACY_VERSIONS if v != peer.version)]
    q = peer.question("tools/list", None, modern=False, fresh=True, seconds=3.0)
    questions = []
    for version in asked:
        headers = {k: v for k, v in q.headers.items() if k.lower() != "mcp-protocol-version"}
        questions.append(replace(q, headers=headers | ({"mcp-protocol-version": version} if version else {})))
    answers = await asyncio.gather(*(peer.door.ask(one, w.budget.slice(w.budget.share(0.5))) for one in questions))
    found = [
        Opening(
            method="tools/list", how=f"tools/list with MCP-Protocol-Version: {v}" if v else "tools/list without that header",
            outcome="result" if a.message is not None and a.message.kind == "result" else "refused", asked_version=v or "",
        )
        for v, a in zip(asked, answers, strict=True)
    ]  # fmt: skip
    w.facts["handshake"] = replace(facts, others=(*facts.others, *found))


async def _others(w: Walk, peer: Peer, offers: dict[str, Any]) -> tuple[str, ...]:
    """What a server without a single tool offers instead."""
    found = []
    for name, (method, key) in LISTS.items():
        if ("resources" if name == "templates" else name) in offers:
            m = await peer.ask(method, None, w.budget.slice(w.budget.share(0.3)), modern=peer.era == "modern")
            if m is not None and m.kind == "result" and m.result.get(key):
                found.append(name)
    return tuple(found)


def _linted(w: Walk, listing: Listing, may_change: bool) -> ToolsFacts:
    rules = Rules(
        client=w.client.id, prefix=PREFIXES.get(w.client.id, "").format(s=w.target.name), name_limit=w.client.name_limit,
    )  # fmt: skip
    problems: list[ToolProblem] = lint(listing.tools, rules)
    names = tuple(wire.safe(str(t.get("name", "")), 80) if isinstance(t, dict) else "" for t in listing.tools)
    fatal = any(p.fatal for p in problems)
    shapes = [[t.get("name"), t.get("inputSchema")] if isinstance(t, dict) else t for t in listing.tools]
    count, limit = listing.total, w.client.tool_limit or (None if w.client.id in CLAUDE else MANY)
    zod = tools_zod.look(w, listing.tools)
    kept: list[ToolProblem] = []
    for p in problems:
        if sum(k.kind == p.kind for k in kept) < PROBLEMS_SHOWN and (p.where, p.kind) not in {
            (k.where, k.kind) for k in kept
        }:
            kept.append(p)
    return ToolsFacts(
        outcome="listed", count=count, pages=listing.pages, declared=True, may_change=may_change, problems=tuple(kept),
        names=names, own_limit=w.client.tool_limit is not None, asked=zod, digest=hashlib.sha256(wire.dump(shapes).encode()).hexdigest()[:16], limit=limit,
        state="broken" if fatal or zod else "passed", saw=f"{count} tool{'s' if count != 1 else ''}",
    )  # fmt: skip


def _facts(w: Walk, facts: ToolsFacts) -> ToolsFacts:
    """Adds what came on stdout beside the answers."""
    c = w.live
    if c is None:
        return facts
    strays = [n.message for n in c.noise if n.message.kind == "invalid" and n.message.answers and n.message.id is None]
    strays += [m for m in c.messages if m.kind == "error" and m.id is None]
    return replace(facts, strays=tuple(wire.safe(m.text, 200) for m in strays[:3]))
