"""Why a session that was opened is not there when it is used."""

import re

from ...facts.http import HttpFacts
from ...facts.session import SessionFacts
from ...model import Confirm, Proof, Says, Trace, cause

HEALTH = Confirm("probe_health", {"url": "{url}"})
_ALREADY = re.compile(
    r"already (?:been )?(?:initialized|connected)|only (?:one|a single) (?:client|session|connection)|already has an? (?:active )?(?:client|session|transport)"
    r"|cannot be reused|another (?:client|session|connection) (?:is|has)|in use by another|max(?:imum)?[^.\n]{0,30}(?:sessions?|clients?|connections?)",
    re.I,
)
_ENDED = re.compile(r"session (?:not found|(?:has been |was )?terminated|(?:is )?closed)", re.I)
_MISSING = re.compile(
    r"(?:missing|no valid|without|requires?|required|no) (?:an? )?(?:mcp[- ])?session[- ]?id|session[- ]?id(?: header)? (?:is )?(?:required|missing)",
    re.I,
)
_CONSEQUENCES = ("tools-list-failed", "handshake-error", "handshake-timeout", "handshake-before-initialized")


def _url(t: Trace) -> str:
    return t.target.shown_url if t.target else ""


@cause(
    "session-many-workers", "session-loss",
    title="The session is known to some of the server's workers only",
    means=(
        "Several processes serve the URL, and each keeps its own sessions in memory. A request that lands at another one than "
        "the first finds no session."
    ),
    who="server_author",
    fix="Run one worker, or send a session always to the same one (sticky sessions on Mcp-Session-Id), or make the server stateless.",
    says=[Says(r"Session (?:not found|terminated)|Could not find session|Invalid or expired session", 2)],
    confirm_with=HEALTH,
    over=_CONSEQUENCES,
)  # fmt: skip
def many_workers(t: Trace) -> Proof | None:
    s = t.get(SessionFacts)
    if s is None or not s.repeat:
        return None
    good = [x for x in s.repeat if x < 300]
    bad = [x for x in s.repeat if x in (400, 404)]
    if not bad or not s.session_id_given:
        return None
    if not good:
        return _by_connection(t, s, bad[0])
    said = f" (“{s.refused_text[:80]}”)" if s.refused_text else ""
    return Proof(
        f"The same call on the same session, made several times: HTTP {good[0]} to some, HTTP {bad[0]}{said} to others.",
        ("session.repeat", *(("session.refused_text",) if said else ())), {"url": _url(t)},
    )  # fmt: skip


def _by_connection(t: Trace, s: SessionFacts, bad: int) -> Proof | None:
    """Workers that share one socket: the connection decides which of them answers."""
    if s.kept_status is not None and s.kept_status < 300:
        return Proof(
            f"The same call on the same session: HTTP {s.kept_status} on the connection that opened it, HTTP {bad} on every new one.",
            ("session.kept_status", "session.repeat"), {"url": _url(t)},
        )  # fmt: skip
    if len(s.streams) > 1 and s.streams[0] < 300 and s.streams[-1] in (400, 404):
        return Proof(
            f"Streams opened one after the other: a POST to the endpoint that a stream announces is answered HTTP {s.streams[0]} "
            f"for some and HTTP {s.streams[-1]} for others.",
            ("session.streams", "session.repeat"), {"url": _url(t)},
        )  # fmt: skip
    if s.streams and s.streams[-1] in (400, 404) and re.search(r"session", s.refused_text, re.I):
        return Proof(
            f"A POST to the endpoint that an open stream has just announced is answered HTTP {bad} (“{s.refused_text[:80]}”), each time: "
            "another process than the one that holds the stream answers.",
            ("session.streams", "session.repeat", "session.refused_text"), {"url": _url(t)}, confidence="likely",
        )  # fmt: skip
    return None


@cause(
    "session-header-missing", "session-loss",
    title="The session id does not come through",
    means=(
        "The server keeps sessions and wants their id with each request (Mcp-Session-Id). Something in between takes that "
        "header out of the answer or of the request, or the client does not send it back."
    ),
    who="network_admin",
    fix="Let the proxy or gateway pass Mcp-Session-Id in both directions; a client must echo it with each request.",
    says=[
        Says(r"Bad Request: (?:Missing session ID|Mcp-Session-Id header is required|No valid session ID provided)", 2.8),
        Says(r"missing (?:mcp[- ])?session[- ]id", 2.4),
    ],
    confirm_with=HEALTH,
    over=_CONSEQUENCES,
)  # fmt: skip
def header_missing(t: Trace) -> Proof | None:
    s = t.get(SessionFacts)
    if s is None or not s.refused_text or any(x < 300 for x in s.repeat):
        return None
    # A session of the TypeScript SDK that gave no id to the client: it says so of every request without one.
    kept_back = s.session_id_given is False and "Server not initialized" in s.refused_text
    if not kept_back and not _MISSING.search(s.refused_text):
        return None
    if not (s.refused_status or s.repeat):
        return None
    status = s.refused_status or s.repeat[0]
    given = (
        "The server gave an Mcp-Session-Id and it was sent back" if s.session_id_given
        else "The answer to initialize came without Mcp-Session-Id"
    )  # fmt: skip
    return Proof(
        f"{given}; the next request is answered HTTP {status}: “{s.refused_text[:120]}”.",
        ("session.session_id_given", "session.refused_text"), {"url": _url(t)},
    )  # fmt: skip


@cause(
    "session-lost", "session-loss",
    title="The server has forgotten the session",
    means=(
        "The server gave a session id and does not know it any more: it was restarted, the session ran out, or it is not "
        "kept at all. Some clients go on with the dead id instead of opening a new session."
    ),
    who="server_author",
    fix="Reconnect the client. If it happens at once each time, the server does not keep its sessions: see where it stores them.",
    says=[
        Says(r"Session not found|Session has been terminated|session (?:has been )?terminated|mcp_session_terminated", 2.4),
        Says(r"Bad Request: Server not initialized", 2),
    ],
    confirm_with=HEALTH,
    over=_CONSEQUENCES,
)  # fmt: skip
def lost(t: Trace) -> Proof | None:
    s = t.get(SessionFacts)
    if s is None or not s.session_id_given or not s.repeat or any(x < 300 for x in s.repeat):
        return None
    if not any(x in (400, 404) for x in s.repeat) or s.second != "opened":
        return None
    said = f": “{s.refused_text[:120]}”" if s.refused_text else ""
    return Proof(
        f"The server gave a session id, and answers HTTP {s.repeat[0]} to it{said}; a new session can be opened.",
        ("session.session_id_given", "session.repeat", "session.second"), {"url": _url(t)},
    )  # fmt: skip


@cause(
    "session-single-client", "session-loss",
    title="The server takes one client only",
    means=(
        "The server keeps a single connection for all clients. While one has it, or had it, the next one is refused."
    ),
    who="server_author",
    fix="Make a server and a transport object for each session in the server's code; until then, let one client use it, and restart it in between.",
    says=[
        Says(r"Server (?:is )?already initialized", 3),
        Says(r"Already connected to a transport\. Call close\(\) before connecting", 3),
        Says(r"Stateless transport cannot be reused across requests", 3),
    ],
    confirm_with=HEALTH,
    over=(*_CONSEQUENCES, "handshake-initialized-twice", "http-server-error"),
)  # fmt: skip
def single_client(t: Trace) -> Proof | None:
    f, s = t.get(HttpFacts), t.get(SessionFacts)
    if f is not None and f.first is not None:
        for x in (f.first, *f.asked):
            said = x.rpc_message or (x.body if x.status and x.status >= 400 else "")
            if (
                x.what == "POST initialize"
                and x.status in (400, 404)
                and x.rpc_message
                and _ENDED.search(x.rpc_message)
            ):
                return Proof(
                    f"initialize names no session and is answered HTTP {x.status}: “{x.rpc_message[:120]}”; the server has one "
                    "session for all clients, and that one is over.",
                    (f.key(x), f.key(x, "rpc_message")), {"url": _url(t)},
                )  # fmt: skip
            if x.what == "POST initialize" and _ALREADY.search(said):
                which = "rpc_message" if x.rpc_message else "body"
                return Proof(
                    f"initialize is answered HTTP {x.status}: “{' '.join(said.split())[:120]}”; another client has the session.",
                    (f.key(x), f.key(x, which)), {"url": _url(t)},
                )  # fmt: skip
    if s is not None and s.refused_text and "cannot be reused" in s.refused_text and s.refused_status:
        said = s.refused_text[s.refused_text.index("cannot be reused") - 22 :].strip()
        return Proof(
            f"initialize is answered; the next request is answered HTTP {s.refused_status}: “{said[:80]}”.",
            ("session.refused_status", "session.refused_text"), {"url": _url(t)},
        )  # fmt: skip
    if (
        s is not None
        and s.repeat
        and min(s.repeat) >= 500
        and s.second.startswith("HTTP 5")
        and f is not None
        and f.era == "legacy"
    ):
        return Proof(
            f"initialize was answered once; the same initialize again gets {s.second[:100]}, and so does every other request.",
            ("session.second", "session.repeat"), {"url": _url(t)},
        )  # fmt: skip
    if s is None or s.second in ("", "opened") or not s.repeat or max(s.repeat) >= 300:
        return None
    stream = f is not None and f.transport_found == "sse"
    if s.second.startswith("opened"):
        return Proof(
            "After a second stream was opened beside the first, the first one gets no answer any more.",
            ("session.second", "session.repeat"), {"url": _url(t)},
        )  # fmt: skip
    if stream and s.second.startswith("HTTP "):
        return Proof(
            f"While one stream is open and answers, a second one gets {s.second[:160]} and no “endpoint” event.",
            ("session.second", "session.repeat"), {"url": _url(t)},
        )  # fmt: skip
    if not _ALREADY.search(s.second) and not s.second.startswith(("HTTP 400", "HTTP 409", "HTTP 500")):
        return None
    return Proof(
        f"While one session is open and answers, a second initialize gets {s.second[:160]}.",
        ("session.second", "session.repeat"), {"url": _url(t)},
    )  # fmt: skip


@cause(
    "session-lifespan", "session-loss",
    title="The session manager of the mounted MCP app does not run",
    means=(
        "The MCP app is mounted in another web app, and that one does not run the start-up code (lifespan) of the mounted app. "
        "Every request then fails inside the server."
    ),
    who="server_author",
    fix="Pass the lifespan of the MCP app to the outer app, as in FastAPI(lifespan=mcp_app.lifespan), or run session_manager.run() in its own lifespan.",
    says=[
        Says(r"Task group is not initialized\. Make sure to use run\(\)", 3),
        Says(r"StreamableHTTPSessionManager task group was not initialized", 3),
    ],
    confirm_with=HEALTH,
    over=("http-server-error",),
)  # fmt: skip
def lifespan(t: Trace) -> Proof | None:
    f = t.get(HttpFacts)
    x = f.failure if f else None
    if f is None or x is None or x.status is None or x.status < 500:
        return None
    heard = t.heard.get("session-lifespan")
    if heard is not None and heard.origin == "body":
        return Proof(
            f"{x.what} {f.url} is answered {x.said}, “{heard.matched}”.", (f.key(x), f.key(x, "body")), {"url": f.url}
        )  # fmt: skip
    odd, root = f.ask("SEARCH"), f.ask("GET root")
    if odd is None or root is None or x.server != "uvicorn" or x.body.strip() != "Internal Server Error":
        return None
    if (odd.status, odd.body) != (500, x.body) or root.status is None or (root.status >= 500 and root.url != f.url):
        return None
    return Proof(
        f"Whatever is sent to {f.url}, even a SEARCH request, is answered HTTP 500 “Internal Server Error” by uvicorn, before the "
        f"request is looked at, while / on the same server is answered HTTP {root.status}.",
        (f.key(x), f.key(odd), f.key(root), f.key(x, "server")), {"url": f.url}, confidence="likely",
    )  # fmt: skip
