"""Closes a stdio server in order and sees what it does; for a URL asks session_http."""

from __future__ import annotations

import importlib

from ..facts.session import SessionFacts
from . import Walk
from .stdio import NOISE_SHOWN, shown

ORDERLY = 2.0  # seconds that a server has to end by itself (2025-11-25 basic/lifecycle#shutdown says "reasonable")


async def probe(w: Walk) -> SessionFacts:
    """For stdio the end of the walk: the end of its input must end the server."""
    if w.live is None:
        http = importlib.import_module(f"{__package__}.session_http")
        found: SessionFacts = await http.probe(w)
        return found
    c = w.live
    noise = [n for n in c.noise if n.message.kind == "noise" and n.answers > 0]
    before = c.noise_lines
    early = sum(n.answers == 0 for n in c.noise)
    ended = await c.finish(w.budget.at_most(ORDERLY))
    if not ended:
        await c.close(0)
    return SessionFacts(
        saw="ended when its input was closed" if ended else "still ran after its input was closed",
        exits_at_eof=ended,
        noise=tuple(shown(n.message) for n in noise[:NOISE_SHOWN]),
        noise_lines=before - early if noise else 0,
        noise_at_end=c.noise_lines - before,
    )  # fmt: skip
