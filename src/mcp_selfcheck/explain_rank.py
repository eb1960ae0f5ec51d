"""Ranking like a doctor: specific before general, cause before consequence, the newest failure before old ones."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from . import causes
from .model import Cause, Heard
from .reading_text import START, Clean


@dataclass(frozen=True)
class Ranked:
    cause: Cause
    heard: Heard
    points: float


COMPANY = 0.15  # for each further signature of the same cause
NEWER = 0.3  # for standing at the end rather than at the start
OLD = 1.2  # off, for a failure before the last start when there is one after it
SILENCED = 1.0  # off, for what an equally clear candidate names as its consequence, and for general beside specific
SPREAD = 1.3  # candidates further than this behind the first are left out
FLOOR = 0.75


def rank(text: Clean, heard: Iterable[Heard]) -> list[Ranked]:
    """The causes that the signatures speak for, best first; several signatures of one cause strengthen it."""
    by_code: dict[str, list[Heard]] = defaultdict(list)
    for h in heard:
        by_code[h.code].append(h)
    if not by_code:
        return []
    last = max(text.numbers[-1], 1)
    starts = [text.line_at(m.start()) for m in START.finditer(text.text)]
    ranked = []
    for code, hs in by_code.items():
        best = max(hs, key=lambda h: (h.score, h.line))
        points = best.score + COMPANY * min(3, len({h.matched for h in hs if h.score >= 1}) - 1)
        points += NEWER * best.line / last if last > 1 else 0
        ranked.append(Ranked(causes.by_code()[code], best, points))
    ranked = _aged(ranked, starts)
    ranked = _silenced(ranked)
    order = {code: i for i, code in enumerate(causes.by_code())}
    ranked.sort(key=lambda r: (-r.points, order[r.cause.code]))
    top = ranked[0].points
    return [r for r in ranked if r.points >= FLOOR and r.points >= top - SPREAD]


def _aged(ranked: list[Ranked], starts: list[int]) -> list[Ranked]:
    if not starts:
        return ranked
    episode = {id(r): bisect.bisect_right(starts, r.heard.line) for r in ranked}
    newest = max((episode[id(r)] for r in ranked if r.heard.score >= 2), default=0)
    return [r if episode[id(r)] >= newest else Ranked(r.cause, r.heard, r.points - OLD) for r in ranked]


def _silenced(ranked: list[Ranked]) -> list[Ranked]:
    strong = [r for r in ranked if r.heard.score >= 2]
    quiet = {code: r.heard.score for r in strong for code in r.cause.over}
    specific = max((r.heard.score for r in strong if not r.cause.general), default=0.0)
    out = []
    for r in ranked:
        own = r.heard.score
        off = quiet.get(r.cause.code, 0.0) >= own or (r.cause.general and specific >= own)
        out.append(Ranked(r.cause, r.heard, r.points - SILENCED) if off else r)
    return out
