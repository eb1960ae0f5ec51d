"""What happens to a session after it was opened: kept, lost, shared, and closed in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class SessionFacts(Facts):
    """`exits_at_eof` for stdio: the server ended by itself after its stdin was closed. `repeat` are the statuses of the
    same call made several times on one session; `second` what a second session got while the first was open.
    """

    layer = "session"
    exits_at_eof: bool | None = None
    left_behind: tuple[str, ...] = ()
    session_id_given: bool | None = None
    repeat: tuple[int, ...] = ()
    second: str = ""
    get_stream: int | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
