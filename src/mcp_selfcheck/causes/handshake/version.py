"""Versions of the protocol that one side does not know."""

import re

from ...facts.handshake import HandshakeFacts, Opening
from ...facts.tools import ToolsFacts
from ...model import Confirm, Proof, Trace, cause

# Versions that today's clients go on with (TypeScript SDK 1.32, Python SDK 2.3).
_KNOWN = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07")

_VERSION_WORDS = re.compile(
    r"(?:unsupported|invalid|unknown|unexpected|bad|not supported)[^\n]{0,40}protocol[- ]?version|protocol[- ]?version[^\n]{0,60}"
    r"(?:unsupported|not supported|invalid|unknown|expected|must be)",
    re.I,
)


@cause(
    "handshake-version-unsupported", "version-negotiation",
    title="Client and server have no protocol version in common",
    means="Client and server agree on a version of the protocol in the handshake. Here one of them does not know what the other asks for.",
    who="you",
    fix="Update the side that is behind: the server knows {server}, this client asks for {client}.",
    confirm_with=Confirm("diagnose", {}),
    over=("handshake-error",),
)  # fmt: skip
def version_unsupported(t: Trace) -> Proof | None:
    f = t.get(HandshakeFacts)
    if f is not None and f.state == "passed":
        return _later(t, f)
    if f is None or f.opened is None or f.state != "broken" or f.opened.method != "initialize":
        return _unknown_offer(f)
    opened = f.opened
    if opened.outcome == "result" and opened.version not in _KNOWN:
        said = f"Asked for {opened.asked_version}, the server chose “{opened.version}”, which no client knows."
        return Proof(
            said,
            ("handshake.opened.outcome", "handshake.opened.raw"),
            {"server": opened.version, "client": opened.asked_version},
        )
    if opened.outcome == "result" and f.client_only and opened.version != opened.asked_version:
        said = f"Asked for {opened.asked_version}, the server chose {opened.version}; this client takes {opened.asked_version} only."
        values = {"server": opened.version, "client": opened.asked_version}
        return Proof(said, ("handshake.opened.outcome", "handshake.opened.raw"), values)
    if opened.outcome != "error":
        return None
    works = _accepted(f.others)
    if works and opened.asked_version not in works:
        said = (
            f"initialize {opened.asked_version} got error {opened.error_code} “{opened.error_message}”;"
            f" initialize {' and '.join(works)} got a result."
        )
        values = {"server": ", ".join(works), "client": opened.asked_version}
        return Proof(said, ("handshake.opened.error_code", f"handshake.others[initialize {works[0]}].outcome"), values)
    if opened.versions and opened.asked_version not in opened.versions and opened.error_code != -32022:
        said = f"initialize {opened.asked_version} got error {opened.error_code}, which names {', '.join(opened.versions)}."
        values = {"server": ", ".join(opened.versions), "client": opened.asked_version}
        return Proof(said, ("handshake.opened.error_code", "handshake.opened.versions"), values)
    return None


def _accepted(others: tuple[Opening, ...]) -> list[str]:
    """The versions with which initialize worked and that the server then chose."""
    return [o.asked_version for o in others if o.how.startswith("initialize ") and o.outcome == "result"]


def _later(t: Trace, f: HandshakeFacts) -> Proof | None:
    """The handshake agrees on a version, and the next request is refused for the MCP-Protocol-Version header that names it."""
    tools = t.get(ToolsFacts)
    if (
        tools is None
        or tools.state != "broken"
        or t.target is None
        or t.target.transport == "stdio"
        or f.opened is None
    ):
        return None
    taken = [o for o in f.others if o.method == "tools/list" and o.outcome == "result"]
    works = next((o for o in taken if o.asked_version), taken[0] if taken else None)  # a version tells more than none
    said = tools.error_message
    if works is not None:
        told = f" “{said[:160]}”" if said else ""
        return Proof(
            f"initialize agreed on {f.version}; tools/list with MCP-Protocol-Version: {f.version} is refused{told}, and "
            f"{works.how.removeprefix('tools/list ')} it is answered.",
            ("handshake.version", "tools.outcome", f"handshake.others[{works.how}].outcome"),
            {"server": works.asked_version or "no such header", "client": f.version},
        )  # fmt: skip
    if not said or not _VERSION_WORDS.search(said):
        return None
    named = re.findall(r"20\d\d-\d\d-\d\d", said)
    return Proof(
        f"initialize agreed on {f.version}; tools/list with MCP-Protocol-Version: {f.version} is refused: “{said[:200]}”.",
        ("handshake.version", "tools.error_message"),
        {"server": ", ".join(dict.fromkeys(n for n in named if n != f.version)) or "another version", "client": f.version},
    )  # fmt: skip


def _unknown_offer(f: HandshakeFacts | None) -> Proof | None:
    if f is None or f.opened is None or f.state != "broken" or f.opened.outcome != "result" or not f.opened.versions:
        return None
    offered = ", ".join(f.opened.versions)
    said = f"server/discover offers {offered}; this client asks for {f.opened.asked_version}."
    return Proof(said, ("handshake.opened.versions",), {"server": offered, "client": f.opened.asked_version})
