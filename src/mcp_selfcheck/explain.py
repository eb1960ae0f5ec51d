"""A text becomes ranked causes, or the honest answer that it carries nothing."""

from __future__ import annotations

from .model import Explanation


def explain(text: str) -> Explanation:
    """Skeleton."""
    return Explanation()
