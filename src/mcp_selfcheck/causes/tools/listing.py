"""The list of tools as a whole."""

import re

from ...facts.launch import LaunchFacts
from ...facts.tools import ToolsFacts
from ...model import Confirm, Proof, Trace, cause

# Errors of a schema library of one major version that was handed the objects of another.
_ZOD = re.compile(
    r"reading '_zod'|reading '_def'|reading 'def'|Mixed Zod versions|reading '_parse'|_parse is not a function|\._zod\b|safeParse(Async)? is not a function"
    r"|reading 'typeName'|_def\.typeName|inst\._zod|def\.shape is not|reading 'run'|keyValidator|toJSONSchema|v3Schema\."
    r"|from zod [34]\b|zod v?[34] schemas?|zod [34]\b[^\n]{0,60}(?:convert|support|mix|upgrade)|Upgrade to zod",
)
# How the TypeScript SDK 1.x, and zod 4 itself, refuse a mixture when a tool is registered.
_MIXED = re.compile(
    r"(?:Error: )Mixed Zod versions detected[^\n]*|TypeError: [^\n]*(reading '_zod'|_parse is not a function)[^\n]*"
)


@cause(
    "tools-zod-conflict", "schema-sdk",
    title="Two major versions of zod meet in the server",
    means="The server builds its schemas with one major version of zod, and the SDK reads them with another. Listing the tools fails, or"
    " lists them without their arguments.",
    who="server_author",
    fix="Make npm ls zod show one major version: install the version that the SDK asks for, and import it everywhere.",
    commands=["npm ls zod"],
    confirm_with=Confirm("diagnose", {}),
    over=("tools-list-failed", "launch-crashed"),
)  # fmt: skip
def zod_conflict(t: Trace) -> Proof | None:
    f, launch = t.get(ToolsFacts), t.get(LaunchFacts)
    if launch is not None and launch.died and launch.run is not None:
        m = _MIXED.search(launch.run.stderr)
        said = f"The server ended with exit code {launch.run.exit_code}: “{m[0]}”." if m else ""
        return Proof(said, ("launch.run.stderr", "launch.run.exit_code")) if m else None
    if f is not None and f.outcome == "listed" and f.asked.get("zod of the SDK"):
        own, sdk = f.asked["zod of the server"], f.asked["zod of the SDK"]
        said = (
            f"The server's script builds its arguments with zod {own}, the MCP SDK beside it reads them with zod {sdk}; tools/list "
            f"gives {f.count} tools, and not one has arguments. Every call of them fails."
        )
        return Proof(
            said,
            ("tools.asked[zod of the server]", "tools.asked[zod of the SDK]", "tools.count"),
            {"sdk": sdk.split(".")[0]},
        )
    if f is None or f.outcome != "error":
        return None
    m = _ZOD.search(f.error_message)
    if m is None:
        return None
    said = f"tools/list got error {f.error_code}: “{f.error_message[:200]}”."
    return Proof(said, ("tools.error_message",))


@cause(
    "tools-list-failed", "tool-list",
    title="The list of tools cannot be had",
    means="The handshake works, but tools/list fails. The client shows the server as connected, without tools or with an error.",
    who="server_author",
    fix="Find in the server's log why tools/list fails: {hint}",
    confirm_with=Confirm("diagnose", {}),
    general=True,
)  # fmt: skip
def list_failed(t: Trace) -> Proof | None:
    f = t.get(ToolsFacts)
    if f is None or f.state != "broken" or f.outcome in ("listed", "not_offered", ""):
        return None
    cites = ["tools.outcome"]
    if f.outcome == "error":
        cites.append("tools.error_message" if f.error_message else "tools.outcome")
        said = f"tools/list got error {f.error_code}: “{f.error_message}”."
        return Proof(said, tuple(cites), {"hint": f.error_message or f"error {f.error_code}"})
    if f.outcome == "exited":
        how = f"signal {f.signal}" if f.signal else f"exit code {f.exit_code}"
        last = next((x.strip() for x in reversed(f.stderr.splitlines()) if x.strip()), "")
        said = f"At tools/list the server ended with {how}" + (f"; it said “{last[:200]}”." if last else ".")
        return Proof(said, tuple(cites), {"hint": last[:200] or f"it ended with {how}."})
    if f.outcome == "silent":
        return Proof("tools/list got no answer before the deadline.", tuple(cites), {"hint": "it does not answer."})
    if f.outcome == "cut":
        said = f"The connection ended at tools/list before an answer came ({f.flaws[0]}), also on a new connection."
        return Proof(said, ("tools.outcome", "tools.flaws"), {"hint": f"it ends the connection ({f.flaws[0]})."})
    if f.outcome == "endless":
        said = f"After {f.pages} pages and {f.count or 0} tools tools/list still names a next page."
        return Proof(said, (*cites, "tools.pages"), {"hint": "nextCursor has to be left out on the last page."})
    if f.outcome == "refused":
        text = f": “{f.error_message[:200]}”" if f.error_message else " and no message"
        return Proof(
            f"tools/list got {f.flaws[0]}{text}.", ("tools.flaws", *(("tools.error_message",) if f.error_message else ())),
            {"hint": f"it answers {f.flaws[0]}{text}."},
        )  # fmt: skip
    flaw = "; ".join(f.flaws) or "the answer is not valid"
    return Proof(f"The answer to tools/list is not valid: {flaw}.", tuple(cites), {"hint": f"{flaw}."})


@cause(
    "tools-empty", "tool-list",
    title="The server is connected and offers no tools",
    means="The handshake works, and the list of tools is empty. The client shows the server as connected, and the model can do nothing with it.",
    who="you",
    fix="Enable tools in the server: see its options and the settings that it needs, such as keys and permissions.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def empty(t: Trace) -> Proof | None:
    f = t.get(ToolsFacts)
    if f is None:
        return None
    if f.undeclared:
        said = f"The server has {f.count} tools, but does not declare the capability “tools”; a client then does not ask for them."
        return Proof(said, ("tools.undeclared", "tools.count"), severity="warning")
    if f.outcome == "listed" and f.count == 0 and not f.other_features:
        said = "tools/list gives an empty list, and there are no prompts or resources either."
        return Proof(said, ("tools.count",), severity="warning" if f.may_change else None)
    if f.outcome == "not_offered" and not f.other_features:
        return Proof(
            "The server declares neither tools nor prompts nor resources.", ("tools.outcome", "tools.declared")
        )
    return None


@cause(
    "tools-too-many", "tool-list",
    title="The server has more tools than clients take",
    means="Clients, and the interfaces of models, have a limit for the number of tools of all servers together. This server alone exceeds it.",
    who="you",
    fix="Disable tools of this server in the client until at most {limit} are left over all servers.",
    severity="warning",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def too_many(t: Trace) -> Proof | None:
    f = t.get(ToolsFacts)
    if f is None or f.limit is None or f.count is None or f.count <= f.limit:
        return None
    who = "this client takes" if f.own_limit else "models' interfaces, and clients such as VS Code, take"
    said = f"The server has {f.count} tools; {who} {f.limit}."
    return Proof(said, ("tools.count", "tools.limit"), {"limit": str(f.limit)})
