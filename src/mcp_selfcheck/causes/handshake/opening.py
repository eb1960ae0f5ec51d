"""What is wrong with the answer to the protocol's opening."""

import re

from ...facts.handshake import HandshakeFacts, Opening
from ...facts.http import HttpFacts
from ...facts.session import SessionFacts
from ...facts.tools import ToolsFacts
from ...model import Confirm, Proof, Trace, cause

_EARLY = re.compile(
    r"(?:not|never) (?:been |yet |fully )?initiali[sz]ed|before initiali[sz]|initiali[sz]ation (?:is |was |has )?(?:not |in)|uninitiali[sz]ed"
    r"|(?:expected|waiting for|missing) (?:notifications/)?initialized",
    re.I,
)


def _broken(t: Trace) -> tuple[HandshakeFacts, Opening] | None:
    f = t.get(HandshakeFacts)
    return (f, f.opened) if f is not None and f.opened is not None and f.state == "broken" else None


@cause(
    "handshake-strict-server", "handshake",
    title="The server demands fields that are optional",
    means="The protocol lets a client leave these fields out. The server refuses the handshake without them and accepts it with them.",
    who="server_author",
    fix="Update the server, or make every optional field of initialize optional in it: capabilities.roots, sampling, clientInfo.title.",
    confirm_with=Confirm("diagnose", {}),
    over=("handshake-error",),
)  # fmt: skip
def strict_server(t: Trace) -> Proof | None:
    found = _broken(t)
    if found is None:
        return None
    f, opened = found
    full = next((o for o in f.others if o.how == "with every optional field"), None)
    if opened.outcome != "error" or full is None or full.outcome != "result":
        return None
    if any(o.how.startswith("initialize ") and o.outcome == "result" for o in f.others):
        return None
    said = f"initialize got error {opened.error_code} “{opened.error_message}”; with every optional field filled in it got a result."
    return Proof(said, ("handshake.opened.error_code", "handshake.others[with every optional field].outcome"))


@cause(
    "handshake-invalid-response", "handshake",
    title="The answer to the handshake is no valid MCP message",
    means="The server answered, but the answer breaks the rules of JSON-RPC or lacks what MCP requires, so a client cannot accept it.",
    who="server_author",
    fix="Answer with one line of the form {{\"jsonrpc\": \"2.0\", \"id\": the request's id, \"result\": {{…}}}}; an SDK of MCP does that."
    " Wrong here: {problem}.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def invalid_response(t: Trace) -> Proof | None:
    found = _broken(t)
    if found is None:
        return _framed_wrong(t)
    _, opened = found
    if opened.outcome != "invalid" or not opened.problems:
        return None
    problem = opened.problems[0]
    said = f"The answer to {opened.method} is not valid: {'; '.join(opened.problems)}."
    return Proof(said, ("handshake.opened.problems", "handshake.opened.raw"), {"problem": problem})


def _framed_wrong(t: Trace) -> Proof | None:
    """A message that is not one line: with line ends inside, or without one (2025-11-25 basic/transports#stdio)."""
    from ...facts.stdio import StdioFacts

    f = t.get(StdioFacts)
    if f is None or f.framing not in ("several lines", "no line end"):
        return None
    problem = (
        "the message stands on several lines" if f.framing == "several lines" else "no line end follows the message"
    )
    return Proof(
        f"The answer on stdout is a JSON-RPC message, but {problem}.", ("stdio.framing",), {"problem": problem}
    )


@cause(
    "handshake-stray-response", "handshake",
    title="The server answers what is no request",
    means="A notification has no id and gets no answer. This server writes one, and a client cannot tell what it belongs to. Most clients log"
    " an error and go on.",
    who="server_author",
    fix="Write nothing for messages without id, such as notifications/initialized; newer SDKs do that.",
    severity="warning",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def stray_response(t: Trace) -> Proof | None:
    f = t.get(ToolsFacts)
    if f is None or not f.strays:
        return None
    return Proof(f"On stdout stands an answer that belongs to no request: “{f.strays[0]}”.", ("tools.strays",))


@cause(
    "handshake-timeout", "handshake",
    title="The server does not answer the handshake",
    means="The connection works, but neither server/discover nor initialize got an answer before the deadline.",
    who="server_author",
    fix="Find in the server's log what it does while the client waits.",
    confirm_with=Confirm("diagnose", {}),
    general=True,
)  # fmt: skip
def timeout(t: Trace) -> Proof | None:
    found = _broken(t)
    if found is None:
        return _stream_without_answer(t)
    f, opened = found
    if opened.outcome != "silent" or any(o.outcome == "result" for o in f.others):
        return None
    refused = [o for o in f.others if o.outcome == "error"]
    if refused:
        said = f"{opened.method} got no answer before the deadline; {refused[0].how} got error {refused[0].error_code}."
    else:
        methods = sorted({o.method for o in (opened, *f.others)})
        said = f"No answer to {' nor '.join(methods)} came before the deadline."
    return Proof(said, ("handshake.opened.outcome",))


def _stream_without_answer(t: Trace) -> Proof | None:
    """The POST is answered with an event stream, which stays open, and the answer is not on it."""
    h = t.get(HttpFacts)
    x = h.failure if h else None
    if h is None or x is None or x.method != "POST" or x.status is None or x.status >= 300 or x.is_mcp:
        return None
    if "event-stream" not in x.content_type or x.ended != "deadline":
        return None
    return Proof(
        f"{x.what} {h.url} is answered HTTP {x.status} with an event stream; it stays open, and no answer came on it "
        "before the deadline.",
        (h.key(x), h.key(x, "content_type"), h.key(x, "ended")),
    )  # fmt: skip


@cause(
    "handshake-error", "handshake",
    title="The server refuses the handshake with an error",
    means="The server understood the opening of the protocol and answered with an error of its own.",
    who="you",
    fix="Do what the message says: {message}",
    confirm_with=Confirm("diagnose", {}),
    general=True,
)  # fmt: skip
def error(t: Trace) -> Proof | None:
    found = _broken(t)
    if found is None or found[1].outcome != "error":
        return None
    opened = found[1]
    said = f"{opened.method} got error {opened.error_code}: “{opened.error_message}”."
    return Proof(
        said, ("handshake.opened.error_code",), {"message": opened.error_message or f"error {opened.error_code}"}
    )


@cause(
    "handshake-before-initialized", "handshake",
    title="A request came before the handshake was done",
    means="The server accepts requests only after initialize and notifications/initialized. The client sent one earlier, went on with a"
    " session that the server had opened anew, or a bridge in between keeps the notification back.",
    who="client_vendor",
    fix="Reconnect the client, so that it does the whole handshake; when that comes back, update the client, and the bridge if there is one.",
    confirm_with=Confirm("diagnose", {}),
    over=("tools-list-failed",),
)  # fmt: skip
def before_initialized(t: Trace) -> Proof | None:
    f, h = t.get(ToolsFacts), t.get(HandshakeFacts)
    if f is None or h is None or f.outcome != "error" or h.opened is None or h.opened.method != "initialize":
        return None
    if t.target is not None and t.target.transport != "stdio" and t.get(SessionFacts) is not None:
        return None  # the session is refused: the session layer's to tell
    # The Python SDK says no more than "Invalid request parameters" to a request that comes too early.
    if not _EARLY.search(f.error_message) and (f.error_code, f.error_message) != (-32602, "Invalid request parameters"):
        return None
    said = (
        f"initialize was answered and notifications/initialized was sent, and tools/list got error {f.error_code}: "
        f"“{f.error_message}”; the notification does not reach the server."
    )
    return Proof(said, ("handshake.opened.outcome", "tools.error_code", "tools.error_message"), confidence="likely")


@cause(
    "handshake-optional-method", "handshake",
    title="The client asked for a list that this server does not have",
    means="Error -32601 to resources/list or prompts/list says that the server has no resources or prompts. It is harmless.",
    who="you",
    fix="Ignore it; nothing is missing.",
    severity="info",
    confirm_with=Confirm("diagnose", {}),
    exempt="harmless, and seen only in the log of a client that asks for what was not offered",
)  # fmt: skip
def optional_method(t: Trace) -> Proof | None:
    return None


@cause(
    "handshake-initialized-twice", "handshake",
    title="The client opened the same session twice",
    means="A session is opened once. A second initialize on it is an error of the client, or of a bridge that shares one session.",
    who="client_vendor",
    fix="Update the client or the bridge; give each client a session of its own.",
    confirm_with=Confirm("diagnose", {}),
    exempt="seen only in the log of the server whose client does it",
)  # fmt: skip
def initialized_twice(t: Trace) -> Proof | None:
    return None
