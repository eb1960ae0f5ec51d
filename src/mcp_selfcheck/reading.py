"""Foreign text in, heard signatures out: the same reading for live stderr, a client's log, and what a user pasted."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from . import causes
from .model import Heard, Says, Text

LINE_LIMIT = 4000


@functools.cache
def _compiled(pattern: str, ignorecase: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE if ignorecase else 0)


def hear(texts: Iterable[Text]) -> dict[str, Heard]:
    """The best match of each cause's signatures in the texts, by code."""
    best: dict[str, Heard] = {}
    for text in texts:
        for code, heard in _hear_one(text).items():
            if code not in best or heard.score > best[code].score:
                best[code] = heard
    return best


def _hear_one(text: Text) -> dict[str, Heard]:
    lines = [line[:LINE_LIMIT] for line in text.text.splitlines()]
    found: dict[str, Heard] = {}
    for c in causes.load():
        for says in c.says:
            heard = _match(c.code, says, lines, text)
            if heard and (c.code not in found or heard.score > found[c.code].score):
                found[c.code] = heard
    return found


def _match(code: str, says: Says, lines: list[str], text: Text) -> Heard | None:
    pattern = _compiled(says.pattern, says.ignorecase)
    if says.needs and not any(_compiled(says.needs, says.ignorecase).search(x) for x in lines):
        return None
    if says.unless and any(_compiled(says.unless, says.ignorecase).search(x) for x in lines):
        return None
    for number in range(len(lines), 0, -1):  # newest line first
        m = pattern.search(lines[number - 1])
        if m:
            values = {k: v for k, v in m.groupdict().items() if v is not None}
            return Heard(
                code=code, matched=m.group(0), values=values, line=number, score=says.score, origin=text.origin
            )
    return None
