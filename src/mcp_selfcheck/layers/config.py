"""Reads the entry."""

from __future__ import annotations

from ..facts.config import ConfigFacts
from . import Walk


async def probe(w: Walk) -> ConfigFacts:
    """Skeleton."""
    return ConfigFacts(file=w.target.source.file, client=w.target.client, saw="entry read")
