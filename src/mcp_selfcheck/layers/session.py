"""Closes a stdio server in order and sees what it does; for a URL asks session_http."""

from __future__ import annotations

import importlib

from ..facts.session import SessionFacts
from . import Walk, eras
from .stdio import NOISE_SHOWN, shown

# Shutdown over stdio (2025-11-25 basic/lifecycle#shutdown): end of input, a reasonable time, SIGTERM, a reasonable time,
# SIGKILL. No tool was called, so there is little to finish: most servers end at once, and nobody should wait for the rest.
AFTER_EOF = 0.05  # seconds
AFTER_TERM = 1.0


async def probe(w: Walk) -> SessionFacts:
    """For stdio the end of the walk: the end of its input must end the server."""
    if w.live is None:
        http = importlib.import_module(f"{__package__}.session_http")
        found: SessionFacts = await http.probe(w)
        await eras.look(w)
        return found
    c = w.live
    noise = [n for n in c.noise if n.message.kind == "noise" and n.answers > 0]
    before = c.noise_lines
    early = sum(n.answers == 0 for n in c.noise)
    if not await c.finish(w.budget.at_most(AFTER_EOF)):
        c.terminate()
        await c.finish(w.budget.at_most(AFTER_TERM))
        await c.close(0)
    await eras.look(w)
    return SessionFacts(
        saw="closed",
        noise=tuple(shown(n.message) for n in noise[:NOISE_SHOWN]),
        noise_lines=before - early if noise else 0,
    )  # fmt: skip
