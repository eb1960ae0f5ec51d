"""How messages stand on the pipes, and whether the pipes lead to the server at all."""

from ...facts.launch import LaunchFacts
from ...facts.stdio import StdioFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "stdio-content-length", "stdio-framing",
    title="The server frames messages with Content-Length",
    means="The server speaks the framing of language servers: a header with the length before each message. MCP over stdio has"
    " one JSON message on each line, so the two never understand each other.",
    who="server_author",
    fix="Update the server to a version that writes one JSON message on each line, or replace its LSP transport by an MCP SDK's.",
    confirm_with=Confirm("diagnose", {}),
    over=("stdio-silent", "stdio-stdout-pollution"),
)  # fmt: skip
def content_length(t: Trace) -> Proof | None:
    f = t.get(StdioFacts)
    if f is None or f.answered:
        return None
    framed = f.asked.get("with Content-Length frames", "")
    if framed.lower().startswith("content-length"):
        return Proof(
            f"One JSON line got no answer; the same request with a header got “{framed}”.",
            ("stdio.asked[with Content-Length frames]",), {"header": framed},
        )  # fmt: skip
    if f.framing == "content-length":
        return Proof("Stdout begins with a Content-Length header.", ("stdio.framing",))
    return None


@cause(
    "stdio-stdin-closed", "stdio-framing",
    title="The server's input is not the client's pipe",
    means="The process that writes to the client reads from somewhere else, so no request reaches it. A shell gives /dev/null to"
    " what it starts in the background, and a wrapper can close or replace the input.",
    who="you",
    fix="Start the server in the foreground: write exec before it in the start script, and remove the & or < {stdin}.",
    confirm_with=Confirm("diagnose", {}),
    over=("stdio-silent", "launch-crashed", "launch-exits-silently"),
)  # fmt: skip
def stdin_closed(t: Trace) -> Proof | None:
    f, launch = t.get(StdioFacts), t.get(LaunchFacts)
    if f is not None and f.stdin_from and not f.answered and f.said == 0:
        said = f"The process runs and never answers; what writes to its stdout reads from {f.stdin_from}."
        return Proof(said, ("stdio.stdin_from",), {"stdin": f.stdin_from})
    if launch is None or launch.run is None or launch.run.answered or not launch.run.stdin_from:
        return None
    run = launch.run
    if run.exit_code != 0:
        return None
    said = f"The process that wrote to its stdout read from {run.stdin_from}; it ended with exit code 0 and no answer."
    return Proof(said, ("launch.run.stdin_from", "launch.run.exit_code"), {"stdin": run.stdin_from})


@cause(
    "stdio-run-by-hand", "stdio-framing",
    title="A stdio server was started in a terminal",
    means="The server waits for JSON messages on its input. Typed keys are no messages, so it reports invalid JSON; nothing is wrong"
    " with it.",
    who="you",
    fix="Register the same command in the client; it starts the server and speaks to it.",
    severity="info",
    confirm_with=Confirm("diagnose", {}),
    exempt="seen only in a text that a person pastes: a server under diagnosis is never started in a terminal",
)  # fmt: skip
def run_by_hand(t: Trace) -> Proof | None:
    return None
