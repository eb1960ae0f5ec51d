"""Foreign text in, heard signatures out: the same reading for live stderr, a client's log, and what a user pasted."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from . import causes
from .model import Heard, Says, Text
from .reading_context import tags
from .reading_patterns import compiled, literals
from .reading_text import Clean, clean

TABLE = Path(__file__).parent / "causes" / "says" / "literals.json"
_NEWEST_OF = 64  # of so many matches of one signature the last is taken


def hear(texts: Iterable[Text]) -> dict[str, Heard]:
    """The best match of each cause's signatures in the texts, by code. Hints (Says.hint) are for pasted text only."""
    best: dict[str, Heard] = {}
    for text in texts:
        if not text.text:
            continue
        for heard in matches(clean(text.text), origin=text.origin):
            if heard.code not in best or heard.score > best[heard.code].score:
                best[heard.code] = heard
    return best


@functools.cache
def _signatures() -> tuple[tuple[str, Says, tuple[str, ...]], ...]:
    known = _table()
    return tuple(
        (c.code, s, tuple(known[s.pattern]) if s.pattern in known else tuple(literals(s.pattern)))
        for c in causes.load()
        for s in c.says
    )


def _table() -> dict[str, list[str]]:
    """The literals of every signature as `make docs` wrote them down: a saving of time, checked by a test."""
    with suppress(OSError, ValueError):
        found: dict[str, list[str]] = json.loads(TABLE.read_text("utf-8"))
        return found
    return {}


def prepare() -> None:
    """Loads the catalogue and its signatures: a tenth of a second that fits into the wait for a server's start."""
    _signatures()


def matches(text: Clean, *, hints: bool = False, origin: str = "", about: str | None = None) -> Iterator[Heard]:
    """Every signature that the text holds, in the order of the catalogue; the newest match of each.

    `about` is what the text says of its world (reading_context.tags), which `needs` and `unless` may ask for.
    """
    lowered = text.lowered
    world = text.text + "\n" + (tags(text.text) if about is None else about)
    seen: dict[str, bool] = {}
    for code, says, words in _signatures():
        if says.hint and not hints:
            continue
        if words and not any(w in lowered for w in words):
            continue
        if not _allowed(says, world, seen):
            continue
        found = list(islice(compiled(says.pattern, says.ignorecase).finditer(text.text), _NEWEST_OF))
        if found and (last := found[-1]).group():
            yield Heard(
                code=code, matched=" ".join(last.group().split()), values=_values(last.groupdict()),
                line=text.line_at(last.start()), score=says.score, origin=origin,
            )  # fmt: skip


def _allowed(says: Says, world: str, seen: dict[str, bool]) -> bool:
    for pattern, wanted in ((says.needs, True), (says.unless, False)):
        if pattern is None:
            continue
        if pattern not in seen:
            seen[pattern] = compiled(pattern, says.ignorecase).search(world) is not None
        if seen[pattern] is not wanted:
            return False
    return True


def _values(groups: Mapping[str, str | None]) -> dict[str, str]:
    return {k: " ".join(v.split()).rstrip(".,;:") for k, v in groups.items() if v}
