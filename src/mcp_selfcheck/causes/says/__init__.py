"""How programs speak: signatures by cause, apart from the causes because one program's words often serve several rivals.

A signature's score: 3 and more, words that mean this cause alone; 2, words shared with few rivals; below 2 a hint, read
in pasted text only. Where rivals share the same words, each carries them with its own score, and `needs` / `unless` ask
for what tells them apart. The comment above a cause names the programs whose words these are.
"""

from __future__ import annotations

from ...model import Says


def says(pattern: str, score: float = 2.0, needs: str | None = None, unless: str | None = None) -> Says:
    """A signature; below 2 it is a hint."""
    return Says(pattern, score, needs, unless, hint=score < 2)


def exact(pattern: str, score: float = 3.0, needs: str | None = None, unless: str | None = None) -> Says:
    """A signature whose case carries meaning."""
    return Says(pattern, score, needs, unless, ignorecase=False, hint=score < 2)
