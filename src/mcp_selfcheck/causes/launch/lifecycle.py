"""What a server's former and present processes do to it."""

from __future__ import annotations

from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "launch-waits-for-input",
    "lifecycle",
    title="The command asks a question that nobody can answer",
    means="A client starts its servers without a terminal. The command stopped at a question for a person, and the "
    "protocol never began.",
    who="you",
    fix="Let the command ask nothing: {how}.",
    over=("stdio-silent", "launch-slow-start", "stdio-stdout-pollution"),
    confirm_with=Confirm("diagnose", {}),
)
def waits_for_input(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.run.answered or not f.prompt:
        return None
    question = f.prompt.splitlines()[-1][-160:].strip()
    how = "run it once in a terminal and answer there, or give the answer by an argument or a variable"
    if f.launcher == "npx":
        how = "put -y before the package name"
    text = f"It printed “{question}” without a line end and waits, idle, for an answer."
    return Proof(text, ("launch.prompt",), {"how": how, "question": question})


@cause(
    "launch-orphans",
    "lifecycle",
    title="Servers of former sessions are still running",
    means="Processes of the same command line have lost the client that started them and did not end. They hold memory, "
    "files and ports.",
    who="you",
    fix="End them: {pids}.",
    commands=["kill {pids:words}"],
    severity="warning",
    confirm_with=Confirm("diagnose", {}),
)
def orphans(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    found = f.asked.get("orphans", "") if f is not None else ""
    if f is None or not found:
        return None
    pids = found.split(", ")
    word = "process" if len(pids) == 1 else "processes"
    text = (
        f"The {word} {found} with the same command line outlived the client: the parent is gone, stdin leads nowhere."
    )
    return Proof(text, ("launch.asked[orphans]",), {"pids": " ".join(pids)})


@cause(
    "launch-started-twice",
    "lifecycle",
    title="The client starts the server two times",
    means="Some clients start a server once to look at it and once to use it. A server that takes a fixed port or a lock "
    "fails at the second start.",
    who="client_vendor",
    fix="Let the server take a free port, or upgrade the client.",
    severity="warning",
    exempt="the client that starts it twice must run; a probe starts the server itself",
)
def started_twice(t: Trace) -> Proof | None:
    return None
