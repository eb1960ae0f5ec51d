"""The last step before anything is shown, whatever face shows it: all that is known to be secret, out of all that is said."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from .model import Secret, Target
from .redact import Gate, swept, visible
from .redact_values import masked

T = TypeVar("T")
_read: list[Target] = []  # what the configs held when they were read last: a failure of our own may repeat it


def remember(targets: Sequence[Target]) -> None:
    """Messages that belong to no single server are shown without the secrets of these."""
    _read[:] = targets


def one(value: T, targets: Sequence[Target] = ()) -> T:
    """An answer, a report or a list of them, without the secrets of these targets and of this person's surroundings."""
    return swept(value, Gate.for_targets(targets))


def targets(found: Sequence[Target]) -> list[Target]:
    """Entries as they may be listed: an argument that holds a secret shows what is none (`--api-key=***`)."""
    gate = Gate.for_targets(found)
    return [swept(replace(t, args=tuple(_arguments(t))), gate) for t in found]


def _arguments(target: Target) -> list[str]:
    shown, previous = [], ""
    for argument in target.args:
        value = argument.reveal() if isinstance(argument, Secret) else argument
        mask = masked(value, previous)
        # What was hidden for another reason than its form is hidden as a whole.
        shown.append("***" if isinstance(argument, Secret) and mask == value else mask)
        previous = value
    return shown


def name(text: str) -> str:
    """A server's name as every face writes it."""
    return visible(text).replace("\n", " ")[:120]


def line(text: str, limit: int = 600) -> str:
    """A message of our own that repeats what somebody typed or what a file says."""
    return Gate.for_targets(_read).line(text, limit, ours=True)


def failure(error: BaseException) -> str:
    """Our own failure in one line: what it was and where."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f" at {where.tb_frame.f_globals.get('__name__')}:{where.tb_lineno}" if where else ""
    return line(f"mcp-selfcheck itself failed: {type(error).__name__}: {error}{place}")


def quiet() -> None:
    """Keeps the event loop from printing tracebacks of its own: what failed is told where it is awaited."""
    logging.getLogger("asyncio").disabled = True
    sys.unraisablehook = _unheard


def _unheard(what: object) -> None:
    """A loop that could not be made complains once more when it is collected: the failure itself has been told."""
