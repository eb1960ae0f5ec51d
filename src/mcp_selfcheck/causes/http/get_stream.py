"""What the optional GET stream of a streamable HTTP server answers."""

import re

from ...facts.session import SessionFacts
from ...model import Confirm, Proof, Says, Trace, cause

# Claude Code takes a 404 on the stream for an expired session and connects again and again. Other clients log an error
# and go on without the stream.
TEARS_DOWN = {("claude-code", 404)}
WRONG = (404, 406)  # beside 5xx; a 400 or 401 speaks of the session or of credentials
# What web frameworks answer where no route is: nobody has decided anything about the stream.
_NO_ROUTE = re.compile(r"Cannot GET |Route GET:|^404 Not Found$|page could not be found", re.I)


@cause(
    "http-get-stream-not-405", "get-stream",
    title="The optional GET stream is refused with the wrong status",
    means=(
        "A server that offers no GET stream must say 405. This one says something else, and some clients take that for "
        "the end of the session, though POST requests work."
    ),
    who="server_author",
    fix="Answer GET at the endpoint with 405 Method Not Allowed, or offer the stream.",
    says=[
        Says(r"Failed to open SSE stream: (?:Not Found|Not Acceptable|Internal Server Error)", 3),
        Says(r"Unrecognized server error when connecting to SSE stream, status code: (?:404|406|500)", 3),
        Says(r"session expired \(server returned 404\)", 2.2),
    ],
    severity="warning",
    confirm_with=Confirm("probe_health", {"url": "{url}"}),
)  # fmt: skip
def get_stream_not_405(t: Trace) -> Proof | None:
    s = t.get(SessionFacts)
    if s is None or s.get_stream is None or s.state == "broken":
        return None
    client = t.target.client if t.target else ""
    tears_down = (client, s.get_stream) in TEARS_DOWN
    if s.get_stream == 404 and not tears_down and _NO_ROUTE.search(s.get_stream_body):
        return None
    if not (s.get_stream in WRONG or s.get_stream >= 500) or not s.repeat or max(s.repeat) >= 300:
        return None
    return Proof(
        f"POST requests are answered, and a GET for the event stream is answered HTTP {s.get_stream} instead of 405.",
        ("session.get_stream", "session.repeat"), {"url": t.target.shown_url if t.target else ""},
        severity="error" if tears_down else None,
    )  # fmt: skip


@cause(
    "http-duplicate-stream", "get-stream",
    title="A second GET stream was opened on one session",
    means="A session may have one GET stream. The client, or a bridge in between, opened a second one and got 409 Conflict.",
    who="client_vendor",
    fix="Upgrade the client or the bridge that opens two streams.",
    says=[Says(r"Conflict: Only one SSE stream is allowed per session", 3)],
    exempt="the second stream is the client's or the bridge's own doing; a diagnosis opens one only",
)  # fmt: skip
def duplicate_stream(t: Trace) -> Proof | None:
    return None
