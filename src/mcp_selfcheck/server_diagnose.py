"""The tool diagnose of the MCP face: it asks the user before it starts what came with a project."""
# Without `from __future__ import annotations`: the SDK reads the resolvers in the annotations, which are made in here.

import asyncio
from typing import Annotated, Any, Literal

import mcp.types as types
from mcp.server import MCPServer
from mcp.server.elicitation import AcceptedElicitation, CancelledElicitation, DeclinedElicitation
from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve
from pydantic import BaseModel, Field

from . import approvals, asking, checkup, consent
from .consent import Deed
from .guard import acting
from .model import Target
from .render import html, jsonform
from .render import text as words
from .schemas import ReportShape
from .server import Desk, Server
from .server_answers import STYLE, hints, result, safe

ASKED = 3  # entries that one question may be about
WHOLE = 12_000  # characters of a question; a longer one is not asked, since nothing of it may be left out

Picked = list[tuple[Target, Deed | None]]


class Consent(BaseModel):
    """The form: accepting it is the consent."""

    remember: bool = Field(
        default=False, title="Remember", description="Also for later diagnoses, until something of it changes"
    )


def add_diagnose(app: MCPServer[Any], desk: Desk) -> None:
    """Registers diagnose."""

    def pick(server: str | None, url: str | None) -> Picked:
        """The targets, and of those that wait for an approval what they would do at this moment."""
        found = desk.target(server, url)
        return [(t, consent.deed(t) if _waits(t) else None) for t in found]

    async def ask(ctx: Context, picked: Annotated[Any, Resolve(pick)]) -> Elicit[Consent] | None:
        """The answer counts for these very words (the SDK compares them), so for this fingerprint."""
        waiting = [(t, d) for t, d in picked if d is not None]
        said = "\n\n".join(asking.question(t, d) for t, d in waiting)
        if not waiting or len(waiting) > ASKED or len(said) > WHOLE or not _can_ask(ctx):
            return None
        return Elicit(f"{said}\n\nStart it for this diagnosis? Decline if you do not know it.", Consent)

    @app.tool(
        title="Diagnose an MCP server",
        description="Why an MCP server is missing, red, refused, slow or without tools: walks config, start, pipes or network, "
        "protocol and tools, stops at the first break and names the root cause with proof and fix. Use it first. Starts or "
        "contacts only what is configured here, never calls a tool of that server, changes nothing. Up to 30 s.",
        annotations=hints("Diagnose an MCP server", starts=True),
        meta={"ui": {"resourceUri": html.APP_URI}},
    )
    @safe
    async def diagnose(
        ctx: Context,
        picked: Annotated[Any, Resolve(pick)],
        answer: Annotated[ElicitationResult[Consent], Resolve(ask)],
        server: Server = None,
        url: Annotated[
            str | None, Field(description="A URL instead of a name: on this machine, or one from a config")
        ] = None,
        response_format: Annotated[
            Literal["concise", "detailed"], Field(description="detailed adds every piece of evidence")
        ] = "concise",
    ) -> Annotated[types.CallToolResult, ReportShape]:
        rules = await asyncio.to_thread(desk.rules, url)
        running: set[asyncio.Task[None]] = set()
        steps = 0

        def progress(name: str, layer: str) -> None:
            nonlocal steps
            steps += 1
            task = asyncio.ensure_future(ctx.report_progress(steps, None, f"{name}: {layer}"))
            running.add(task)
            task.add_done_callback(running.discard)

        with acting(rules):
            reports = await checkup.checkup([t for t, _ in picked], progress=progress, once=_agreed(picked, answer))
        await asyncio.gather(*running, return_exceptions=True)
        desk.reports.update({r.name: r for r in reports})
        document = jsonform.document(reports)
        if response_format == "concise":
            for entry in document["servers"]:
                if entry["verdict"] not in ("unexplained", "selfcheck_failed", "not_checked"):
                    entry["evidence"] = []
        body = "\n\n".join(words.report(r, STYLE) for r in reports) + _said(answer)
        return result(f"{words.summary(reports)}\n\n{body}" if len(reports) > 1 else body, document)


def _waits(target: Target) -> bool:
    return consent.forbidden(target) is None and consent.needed(target) and consent.waits(target) is not None


def _can_ask(ctx: Context) -> bool:
    """Whether the client declared that it can put a form before its user (a bare `elicitation: {}` means that too)."""
    declared = ctx.client_capabilities.elicitation if ctx.client_capabilities is not None else None
    return declared is not None and (declared.form is not None or declared.url is None)


def _agreed(picked: Picked, answer: Any) -> frozenset[str]:
    """The fingerprints that the user has seen and agreed to; kept when the user said so."""
    if not isinstance(answer, AcceptedElicitation) or not isinstance(answer.data, Consent):
        return consent.NOBODY
    shown = [(t, d) for t, d in picked if d is not None]
    if answer.data.remember:
        for target, deed in shown:
            approvals.add(target, deed.fingerprint, deed.parts)
    return frozenset(deed.fingerprint for _, deed in shown)


def _said(answer: Any) -> str:
    if isinstance(answer, DeclinedElicitation):
        return "\n\nThe user declined the start."
    return "\n\nThe user gave no answer to the question." if isinstance(answer, CancelledElicitation) else ""
