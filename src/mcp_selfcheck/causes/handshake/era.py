"""Two eras of the protocol: initialize (until 2025-11-25) and server/discover (2026-07-28)."""

from ...facts.handshake import HandshakeFacts
from ...model import Confirm, Proof, Trace, cause

_REFUSED = (-32022, -32601)


@cause(
    "handshake-modern-only", "protocol-2026-07-28",
    title="The server speaks only the protocol of 2026-07-28",
    means="The server has no initialize any more. A client that opens with initialize cannot use it; a client that knows 2026-07-28 can.",
    who="you",
    fix="Update the client to a version that speaks 2026-07-28, or run a version of the server that still answers initialize.",
    confirm_with=Confirm("diagnose", {}),
    over=("handshake-error", "handshake-timeout", "handshake-version-unsupported", "handshake-invalid-response"),
)  # fmt: skip
def modern_only(t: Trace) -> Proof | None:
    f = t.get(HandshakeFacts)
    if f is None or f.opened is None or f.opened.method != "initialize" or f.opened.outcome == "result":
        return None
    works = f.other("server/discover")
    if (
        works is None
        or works.outcome != "result"
        or any(o.method == "initialize" and o.outcome == "result" for o in f.others)
    ):
        return None
    cites = ["handshake.opened.outcome", "handshake.others[server/discover].outcome"]
    if f.opened.outcome == "error":
        first = f"initialize got error {f.opened.error_code} “{f.opened.error_message}”"
    elif f.opened.outcome == "silent":
        first = "initialize got no answer"
    else:
        first = "initialize got no valid answer"
    said = f"{first}; server/discover in a process of its own offers {', '.join(works.versions)}."
    return Proof(said, tuple(cites), severity=None if f.client_known else "warning")


@cause(
    "handshake-discover-breaks-server", "protocol-2026-07-28",
    title="The server cannot bear the client's first question",
    means="Newer clients open with server/discover of 2026-07-28. A server that does not know it has to answer with an error and go on; this"
    " one ends or stays silent. With initialize it works.",
    who="server_author",
    fix="Update the server to one that answers unknown methods with error -32601, or switch the client to the older handshake.",
    confirm_with=Confirm("diagnose", {}),
    over=("handshake-timeout", "handshake-error", "stdio-silent"),
)  # fmt: skip
def discover_breaks_server(t: Trace) -> Proof | None:
    f = t.get(HandshakeFacts)
    if f is None or (f.client_opening != "server/discover" and (f.client_known or f.state != "passed")):
        return None
    everything = (*f.others, *((f.opened,) if f.opened else ()))
    bad = next(
        (o for o in everything if o.method == "server/discover" and o.outcome in ("exited", "silent", "invalid")), None
    )
    good = next((o for o in everything if o.method == "initialize" and o.outcome == "result"), None)
    if bad is None or good is None or (bad.outcome == "exited" and f.client_respawns):
        return None
    what = {"exited": "the server ended", "silent": "no answer came", "invalid": "the answer was not valid"}[
        bad.outcome
    ]
    key = "handshake.opened.outcome" if bad is f.opened else "handshake.others[server/discover].outcome"
    where = "a fresh process" if t.target is None or t.target.transport == "stdio" else "before that the server"
    said = f"At server/discover {what}; {where} answered initialize with {good.version}."
    certain = bad.outcome == "exited" and f.client_opening == "server/discover"
    return Proof(said, (key,), severity="error" if certain else "warning")


@cause(
    "handshake-header-mismatch", "protocol-2026-07-28",
    title="A header and the message do not say the same",
    means="A request of 2026-07-28 names its method and version in HTTP headers too, and the server compares them with the body. Something on"
    " the way dropped or changed one.",
    who="network_admin",
    fix="Let the proxy or bridge pass Mcp-Method, Mcp-Name, Mcp-Param-* and MCP-Protocol-Version unchanged, or update it.",
    confirm_with=Confirm("diagnose", {}),
    over=("handshake-error",),
)  # fmt: skip
def header_mismatch(t: Trace) -> Proof | None:
    f = t.get(HandshakeFacts)
    if f is None or f.opened is None:
        return None
    if f.state != "broken":
        return _other_era(f)
    if f.opened.error_code == -32020:
        said = f"{f.opened.method} got error -32020: “{f.opened.error_message}”."
        return Proof(said, ("handshake.opened.error_code", "handshake.opened.error_message"))
    other = next((o for o in f.others if o.error_code == -32020), None)
    if other is None or not other.how:
        return None
    said = f"{other.method} got error -32020: “{other.error_message}”; {f.opened.method} does not work either."
    return Proof(said, (f"handshake.others[{other.how}].error_code",))


def _other_era(f: HandshakeFacts) -> Proof | None:
    """initialize works; a client that opens with server/discover is refused for a header, and must not fall back."""
    other = f.other("server/discover")
    if other is None or other.error_code != -32020 or f.client_known or not other.how:
        return None
    said = f"server/discover, sent with every header of 2026-07-28, got error -32020: “{other.error_message}”; initialize works."
    return Proof(
        said, (f"handshake.others[{other.how}].error_code", f"handshake.others[{other.how}].error_message"), severity="warning",
    )  # fmt: skip


@cause(
    "handshake-mixed-eras", "protocol-2026-07-28",
    title="The client mixes two eras of the protocol",
    means="The client asked server/discover and then sent initialize on the same pipe. The first request decides the era of the process, so"
    " the second is refused with -32022.",
    who="client_vendor",
    fix="Update the client; until then make the server start faster than the client's timer for server/discover.",
    confirm_with=Confirm("diagnose", {}),
    exempt="the order of messages is the client's; we open each process in one era",
)  # fmt: skip
def mixed_eras(t: Trace) -> Proof | None:
    return None


@cause(
    "handshake-legacy-only", "protocol-2026-07-28",
    title="The server refuses requests of 2026-07-28",
    means="The server keeps sessions and answers a request of the newer protocol with an error in plain text. Clients that fall back to"
    " initialize work with it.",
    who="server_author",
    fix="Update the server's SDK, or switch its stateless option on.",
    severity="warning",
    confirm_with=Confirm("diagnose", {}),
    exempt="every known client that opens with server/discover falls back to initialize, so nothing breaks",
)  # fmt: skip
def legacy_only(t: Trace) -> Proof | None:
    return None
