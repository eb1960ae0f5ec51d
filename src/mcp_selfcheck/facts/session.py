"""What happens to a session after it was opened: kept, lost, shared, and closed in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class SessionFacts(Facts):
    """`repeat` are the statuses of the same call made several times on one session, each once, ascending; `repeat_error` the errors of those that got none.
    `second` is what a second session got while the first was open: "opened", "HTTP 400: …", or an errno. `refused_*`
    tell how the server refused the session that it had given. `kept_status` is what the same call got on the
    connection that was open already. `streams` are the statuses of POSTs to the endpoints of new HTTP+SSE
    streams. `noise` are the first lines on a stdio server's stdout that are no JSON-RPC and came between its answers.
    """

    layer = "session"
    left_behind: tuple[str, ...] = ()
    session_id_given: bool | None = None
    repeat: tuple[int, ...] = ()
    second: str = ""
    get_stream: int | None = None
    get_stream_body: str = ""
    repeat_error: str = ""
    refused_status: int | None = None
    kept_status: int | None = None
    streams: tuple[int, ...] = ()
    refused_text: str = ""
    noise: tuple[str, ...] = ()
    noise_lines: int = 0
    asked: Mapping[str, str] = field(default_factory=dict)
