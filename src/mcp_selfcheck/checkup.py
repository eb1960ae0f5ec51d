"""What both faces need: choose targets by name, ask for leave, diagnose many at once."""

from __future__ import annotations

import asyncio
import difflib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from . import showing
from .clients import CLIENTS
from .consent import NOBODY
from .discover import discover, from_file, from_url
from .examine import diagnose
from .model import Report, Target

TIMEOUT = 30.0  # seconds for one server, when nobody says otherwise
AT_ONCE = 24  # servers that are diagnosed at the same time

Progress = Callable[[str, str], None]


class NotFoundError(LookupError):
    """No configured server has that name. str() says what to do next."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        asked, names = showing.name(name), sorted({showing.name(k) for k in known})
        near = difflib.get_close_matches(asked, names, n=1, cutoff=0.5)
        say = f'No configured server is named "{asked}".'
        if near:
            say += f' Did you mean "{near[0]}"?'
        elif names:
            say += " Configured are: " + ", ".join(names[:12]) + (" …" if len(names) > 12 else "") + "."
        else:
            say += " No server is configured where we looked; name a file with --config FILE."
        super().__init__(say)
        self.name, self.near = name, near[0] if near else None


def not_usable(configs: Sequence[str], client: str | None) -> str:
    """Why these options name nothing that can be read, and what to type instead; "" when they do."""
    for file in configs:
        if not os.path.lexists(file):
            return f"there is no file {file}"
        if os.path.isdir(file):
            return f"{file} is a folder; name the config file in it"
        if os.path.isfile(file) and not os.access(file, os.R_OK):
            return f"{file} cannot be read; its permissions do not allow it"
    ids = [c.id for c in CLIENTS]
    if client is None or client in ids:
        return ""
    near = difflib.get_close_matches(client.lower().replace(" ", "-"), ids, n=3, cutoff=0.5)
    return f'no client has the id "{client}"; ' + (
        f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(ids)}"
    )


def everything(configs: Sequence[str] = (), client: str | None = None) -> list[Target]:
    """The targets of the given files, or of this machine when none is given."""
    if configs:
        found = [t for file in configs for t in from_file(Path(file), client=client)]
    else:
        found = discover(client=client)
    showing.remember(found)
    return found


def choose(found: Sequence[Target], names: Sequence[str]) -> list[Target]:
    """The targets with those names, in that order; all that are switched on, when no name is given.

    Raises NotFoundError. An unreadable file stays in the choice: it may be the reason why a name is missing.
    """
    if not names:
        return [t for t in found if not t.disabled]
    chosen: list[Target] = []
    for name in names:
        here = [t for t in found if name in (t.name, showing.name(t.name))]
        broken = [t for t in found if not t.name and t.problems]
        if not here and not broken:
            raise NotFoundError(name, (t.name for t in found if t.name))
        chosen += here or broken
    return chosen


def for_url(url: str) -> Target:
    """A target for a URL that a person typed."""
    target = from_url(url)
    showing.remember([target])
    return target


async def checkup(
    targets: Sequence[Target], *, timeout: float = TIMEOUT, progress: Progress | None = None,
    also: Sequence[str] = (), once: frozenset[str] = NOBODY,
) -> list[Report]:  # fmt: skip
    """Diagnoses all of them, at most AT_ONCE at a time, each inside `timeout` seconds, in the order given.

    `once`: what a person agreed to for this time (consent.py). `also`: clients (ids) for which the table "works in other clients" is wanted though they are not on this machine.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(target: Target) -> Report:
        async with gate:
            say = (lambda layer: progress(showing.name(target.name), layer)) if progress else None
            return await diagnose(target, timeout=timeout, progress=say, once=once, also=also)

    reports = list(await asyncio.gather(*(one(t) for t in targets)))
    return showing.one(reports, targets)


def exit_code(reports: Iterable[Report]) -> int:
    """0 all healthy, 1 one is not, 3 could not check, 4 we failed; the worst wins in the order 4, 1, 3, 0 (contract 1)."""
    codes = {
        "healthy": 0, "warning": 0, "broken": 1, "unexplained": 1, "not_checked": 3, "selfcheck_failed": 4,
    }  # fmt: skip
    seen = {codes[r.verdict] for r in reports}
    return next((c for c in (4, 1, 3) if c in seen), 0)
