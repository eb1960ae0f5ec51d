"""The file parses, but the client cannot use the entry as it stands."""

from __future__ import annotations

from ...facts.config import ConfigFacts
from ...model import Confirm, Problem, Proof, Trace, cause
from .later import STDIO, change, died, place, refused

_CONFIRM = Confirm("list_servers", {})


def _stop(t: Trace, kind: str) -> tuple[ConfigFacts, Problem] | None:
    f = t.get(ConfigFacts)
    p = f.stops(kind) if f is not None else None
    return (f, p) if f is not None and p is not None else None


def _cites(kind: str, f: ConfigFacts) -> tuple[str, ...]:
    return (f"config.seen[{kind}]", *(("config.file",) if f.file else ()))


@cause(
    "config-wrong-file", "config-semantics",
    title="The server stands in a file that the client does not read",
    means="Each client reads its own files only. A server written into another one is never started and never listed, "
    "and no error is shown.",
    who="you",
    fix="Move the entry from {file} to {real}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def wrong_file(t: Trace) -> Proof | None:
    found = _stop(t, "wrong-file")
    if found is None:
        return None
    f, p = found
    if p.note == "other project":
        text = f"{place(f, p)}: the entry belongs to the project {p.where}; {p.detail} reads it only there."
        fix = {"file": f.file, "real": "the user scope (claude mcp add -s user), or start the client in " + p.where}
        return Proof(text, _cites("wrong-file", f), fix)
    text = f"The entry stands in {f.file}. {p.detail} does not read servers from it; it reads {p.where}."
    return Proof(text, _cites("wrong-file", f), {"file": f.file, "real": p.where})


@cause(
    "config-wrong-root-key", "config-semantics",
    title="The servers stand under a key that the client does not read",
    means="Clients differ in the name of the key that holds the servers: mcpServers, servers, context_servers, mcp, "
    "mcp_servers. A client skips a key that it does not know, without a word.",
    who="you",
    fix="Put the entries of {file} under the key “{expected}”.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def wrong_root_key(t: Trace) -> Proof | None:
    found = _stop(t, "wrong-root-key")
    if found is None:
        return None
    f, p = found
    where = {
        "no name": "the entry stands alone, without a name and without the key",
        "no root": f"the entry “{p.where}” stands at the top of the file, not under a key",
        "inside another": f"the entry stands inside another one, at “{p.where}”",
        "nested twice": f"the servers stand one level too deep, under “{p.where}”",
    }.get(p.note, f"the servers stand under “{p.where}”")
    text = f"{place(f, p)}: {where}; {f.client_name} reads “{p.detail}”."
    edit = change(f.file, p.line, p.before, p.after) if p.before and p.after else None
    return Proof(text, _cites("wrong-root-key", f), {"file": f.file, "expected": p.detail, "found": p.where}, edit=edit)


@cause(
    "config-unknown-key", "config-semantics",
    title="A key of the entry is misspelt",
    means="A key that the client does not know is skipped, so what it holds never takes effect. Keys are exact: case, "
    "plural and blanks count.",
    who="you",
    fix="Rename the key “{key}” to “{meant}” in {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def unknown_key(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    for p in f.all("unknown-key") if f is not None else ():
        assert f is not None
        if p.note == "name" or not _misses(t, f, p):
            continue
        shown = f"“{p.where}”" if p.where.strip() == p.where else f"“{p.where}” (with a blank)"
        text = f"{place(f, p)}: the entry has the key {shown}; {f.client_name} reads “{p.detail}”, which is not there."
        sure = p.fatal or p.note in ("args", "headers") or "launch-env-missing" in t.heard
        return Proof(
            text, _cites("unknown-key", f), {"file": f.file, "key": p.where, "meant": p.detail},
            confidence="proven" if sure else "likely", edit=change(f.file, p.line, f'"{p.where}":', f'"{p.detail}":'),
        )  # fmt: skip
    return None


def _misses(t: Trace, f: ConfigFacts, p: Problem) -> bool:
    """Whether what broke is what the lost key would have given."""
    if p.fatal:
        return f.fatal == "unknown-key"
    if p.note == "headers":
        return refused(t) is not None
    if p.note == "args":
        return t.broken_at in STDIO
    return p.note in ("env", "cwd") and died(t)


@cause(
    "config-missing-target", "config-semantics",
    title="The entry has neither a command nor a URL",
    means="A client starts a command or connects to a URL. An entry without either names no server.",
    who="you",
    fix="Add “command” with “args”, or “url”, to the entry “{name}” in {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def missing_target(t: Trace) -> Proof | None:
    found = _stop(t, "missing-target")
    if found is None or t.target is None:
        return None
    f, p = found
    keys = ", ".join(sorted(t.target.raw)) or "none"
    what = "the entry is no object" if p.note else f"its keys are: {keys}"
    text = f"{place(f, p)}: “{t.target.name}” has no command and no URL; {what}."
    return Proof(text, _cites("missing-target", f), {"file": f.file, "name": t.target.name})


@cause(
    "config-duplicate-server", "config-semantics",
    title="The same server name is configured twice",
    means="A client keeps one entry for each name. The other one is shadowed: it is never used, and changes made to it "
    "have no effect.",
    who="you",
    fix="Remove or rename one of the two entries: {winner}, {loser}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def duplicate_server(t: Trace) -> Proof | None:
    """An error when the entry that was asked about does not count, or when the one that counts is broken while the
    shadowed one names things that exist; a warning else."""
    f = t.get(ConfigFacts)
    p = f.problem("duplicate-server") if f is not None else None
    if f is None or p is None or t.target is None:
        return None
    own = f"{f.file}:{f.line}" if f.line else f.file
    if p.fatal:
        if f.fatal != "duplicate-server":
            return None
        text = (
            f"“{t.target.name}” at {own} is shadowed by the entry of the {p.where} scope at {p.detail}, which differs."
        )
        return Proof(text, _cites("duplicate-server", f), {"winner": p.detail, "loser": own})
    hurts = died(t) and p.note == "stands"
    where = "earlier in the same file" if p.where == "same file" else f"in the {p.where} scope"
    text = f"“{t.target.name}” stands at {own} and, different, {where} at {p.detail}; only the first one is used."
    if hurts:
        text += " What the shadowed entry names exists."
    return Proof(
        text, _cites("duplicate-server", f), {"winner": own, "loser": p.detail},
        severity="error" if hurts else "warning",
    )  # fmt: skip


@cause(
    "config-pending-approval", "config-semantics",
    title="The server waits for your approval in the client",
    means="A project's file can name any command, so the client asks before it starts what stands there. Until you have "
    "agreed in the client itself, the server does not exist for it.",
    who="you",
    fix="Start {client} in {folder} and approve the server, or trust the folder there.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def pending_approval(t: Trace) -> Proof | None:
    found = _stop(t, "pending-approval")
    if found is None:
        return None
    f, p = found
    folder = p.detail.split(": ")[0].split(" has ")[0].split(" is ")[0]
    text = f"{place(f, p)}: {f.client_name} has not been given leave to start it ({p.detail})."
    return Proof(text, _cites("pending-approval", f), {"client": f.client_name, "folder": folder})


@cause(
    "config-disabled", "config-semantics",
    title="The server is switched off in the client",
    means="The entry is there and stays there, but the client neither starts nor lists it while it is switched off.",
    who="you",
    fix="Switch “{name}” on: set “disabled” to false or “enabled” to true, or enable it in the client's own list.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def disabled(t: Trace) -> Proof | None:
    found = _stop(t, "disabled")
    if found is None or t.target is None:
        return None
    f, p = found
    wanted = "false" if p.where == "disabled" else "true"
    if p.where:
        text = (
            f"{place(f, p)}: the entry “{t.target.name}” has “{p.where}”: {'true' if wanted == 'false' else 'false'}."
        )
        other = "true" if wanted == "false" else "false"
        edit = change(f.file, p.line, f'"{p.where}": {other}', f'"{p.where}": {wanted}')
    else:
        text = f"{f.client_name} lists “{t.target.name}” ({place(f, p)}) among the servers that are switched off."
        edit = None
    return Proof(text, _cites("disabled", f), {"name": t.target.name}, edit=edit)


@cause(
    "config-transport-unsupported", "config-semantics",
    title="The client cannot use this entry's transport",
    means="Clients differ in which transports a file may name and how. An entry of another kind is refused or skipped.",
    who="you",
    fix="Give the entry in {file} a “type” and a transport that the client takes there, or reach the server by a bridge command "
    "such as npx -y mcp-remote URL.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def transport_unsupported(t: Trace) -> Proof | None:
    found = _stop(t, "transport-unsupported")
    if found is None:
        return None
    f, p = found
    stdio_only = f.client == "claude-desktop"
    bridge = "use the bridge “npx -y mcp-remote URL” as command, or add the URL as a connector in the client"
    said, how = {
        "unknown type": (f"“{p.detail}” is no transport of MCP", "set “type” to stdio, http or sse"),
        "type of another client": (
            f"{f.client_name} does not know the type “{p.detail}”",
            f"use one that it knows: {p.after}" if p.after else "use a type that it knows, such as http",
        ),
        "no type": (f"{f.client_name} refuses an entry without “type”", f"add “type”: “{p.detail}”"),
        "both kinds": (
            f"the entry has a command and a URL (“{p.detail}”), and {f.client_name} takes one of them",
            "remove the other",
        ),
        "url without type": (f"{f.client_name} skips a URL without “type”", "add “type”: “http” (or “sse”)"),
        "type without its key": (f"its type needs “{p.detail}”, which is not there", "make “type” fit, or remove it"),
    }.get(
        p.note,
        (
            f"{f.client_name} takes no {p.detail} server from this file",
            bridge if stdio_only else "use another transport",
        ),
    )
    return Proof(f"{place(f, p)}: {said}; {how}.", _cites("transport-unsupported", f), {"file": f.file})


@cause(
    "config-invalid-url", "config-semantics",
    title="The URL of the entry is no URL",
    means="A URL needs http:// or https://, a host, and, when it names one, a port from 1 to 65535, all without blanks.",
    who="you",
    fix="Write the whole URL, such as {example}, in {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def invalid_url(t: Trace) -> Proof | None:
    found = _stop(t, "invalid-url")
    if found is None:
        return None
    f, p = found
    words = {
        "no scheme": "has no http:// or https:// before it", "scheme": f"begins with {p.detail}://, not with http:// or https://",
        "slashes": "lacks a slash behind http:", "no host": "names no host", "port": "has a port that is none (1 to 65535)",
        "blank": "has a blank in its address", "host": "has a host name with characters that none may have",
        "empty": "is empty",
    }[p.note]  # fmt: skip
    shown = t.target.shown_url if t.target is not None else ""
    example = "http://" + shown if p.note == "no scheme" and shown else "http://localhost:8000/mcp"
    edit = change(f.file, p.line, f'"{shown}"', f'"{example}"') if p.note == "no scheme" and shown and f.file else None
    text = f"{place(f, p)}: the URL “{shown}” {words}."
    return Proof(text, _cites("invalid-url", f), {"file": f.file, "example": example}, edit=edit)
