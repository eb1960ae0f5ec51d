"""Why a process that runs says nothing."""

from ...facts.said import last_error
from ...facts.stdio import StdioFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "stdio-child-steals-stdin", "stdio-deadlock",
    title="A program started by the server reads its stdin",
    means="The server started another program without giving it an input of its own, so both read from the client's pipe. Requests go to"
    " the wrong one, or the server waits for it forever.",
    who="server_author",
    fix="Start {program} with an input of its own: stdin=subprocess.DEVNULL in Python, stdio: ['ignore', ...] in Node.js.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def child_steals_stdin(t: Trace) -> Proof | None:
    f = t.get(StdioFacts)
    if f is None or f.answered or f.said or not f.shared_stdin:
        return None
    said = f"No answer came; {f.shared_stdin}, started by the server, holds the same input pipe."
    return Proof(said, ("stdio.shared_stdin", "stdio.children"), {"program": f.shared_stdin})


@cause(
    "stdio-stderr-not-drained", "stdio-deadlock",
    title="The client does not read the server's stderr",
    means="A pipe holds about 64 KB on Linux and 4 KB on Windows. When the client never reads stderr, the server stops at the log line"
    " that finds it full.",
    who="client_vendor",
    fix="Lower the server's log level, or send its log to a file, until the client reads stderr.",
    confirm_with=Confirm("diagnose", {}),
    exempt="the fault lies in a client that does not read; we read stderr, so a diagnosed server never meets it",
)  # fmt: skip
def stderr_not_drained(t: Trace) -> Proof | None:
    return None


@cause(
    "stdio-silent", "stdio-deadlock",
    title="The server runs and does not answer",
    means="The process was started and is alive, but it has not answered the client's first request.",
    who="server_author",
    fix="Find what the server waits for: {hint}",
    confirm_with=Confirm("diagnose", {}),
    general=True,
)  # fmt: skip
def silent(t: Trace) -> Proof | None:
    f = t.get(StdioFacts)
    if f is None or not f.silent or f.framing not in ("", "none") or f.glued or f.bad_bytes:
        return None
    cites, parts, hint = (
        ["stdio.answered"],
        ["No JSON-RPC message came before the deadline"],
        "look at its log and its stack.",
    )
    if f.asked.get("with PYTHONUNBUFFERED=1") == "answers":
        cites.append("stdio.asked[with PYTHONUNBUFFERED=1]")
        parts.append("with PYTHONUNBUFFERED=1 the same server answers: its answer stays in a buffer")
        hint = "flush stdout after each message; PYTHONUNBUFFERED=1 in env does it from outside."
    elif f.asked.get("at the end of input") == "answers":
        cites.append("stdio.asked[at the end of input]")
        parts.append("the answer came only when the input ended")
        hint = "read line by line and flush stdout after each message."
    elif f.process_state == "stopped":
        cites.append("stdio.process_state")
        parts.append("the process is stopped (SIGSTOP or SIGTTIN)")
        hint = "it was stopped by a signal; kill -CONT lets it go on."
    elif f.reads_stdin is False:
        cites.append("stdio.reads_stdin")
        parts.append("what we wrote was not taken from its stdin")
        hint = "it never reads its stdin; see whether it needs an argument such as --stdio."
    elif f.reads_stdin:
        cites.append("stdio.reads_stdin")
        parts.append("the process took the request from its stdin")
    if f.idle is not None:
        parts.append("it is idle" if f.idle else "it is busy")
        cites.append("stdio.idle")
    if f.listening:
        parts.append(f"it listens on {f.listening[0]}, but answers no HTTP there")
        cites.append("stdio.listening")
    if f.noise:
        parts.append(f"stdout says “{f.noise[0]}”")
        cites.append("stdio.noise")
    end, certain = last_error(f.stderr)
    if certain:  # a thread of it died, and another one keeps the process alive
        last = [x for x in end.splitlines() if x.strip() and not x.startswith(("Node.js v", " "))][-1]
        cites.append("stdio.stderr")
        parts.append(f"its last words on stderr are “{last.strip()[:200]}”")
        hint = "the error on its stderr ended the part that should answer."
    return Proof("; ".join(parts) + ".", tuple(cites), {"hint": hint})
