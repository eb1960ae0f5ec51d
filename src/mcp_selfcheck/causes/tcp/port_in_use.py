"""Who has the port that the server wants to open."""

from ...facts.tcp import TcpFacts
from ...model import Proof, Severity, Trace, cause
from .refused import about, owner

CONSEQUENCES = ("launch-crashed", "tcp-backend-not-running")


def _in_use(t: Trace, by: str) -> TcpFacts | None:
    f = t.get(TcpFacts)
    return f if f is not None and f.in_use is not None and f.in_use_by == by else None


def _says(f: TcpFacts) -> str:
    if f.in_use_claimed:
        return f"The server says that it listens on port {f.in_use}, and ends at once"
    return f"The server says that port {f.in_use} is in use"


def _severity(f: TcpFacts) -> Severity | None:
    """A server that works in spite of it is only warned about."""
    return None if f.walk_broke else "warning"


@cause(
    "tcp-bound-twice", "port-in-use",
    title="The server opens the same port twice",
    means="The process that reports the port as taken holds it itself: its start runs twice.",
    who="server_author",
    fix="Start the listener once: look for a second call that opens port {port}, or a reloader that runs the start again.",
    over=CONSEQUENCES,
)  # fmt: skip
def bound_twice(t: Trace) -> Proof | None:
    f = _in_use(t, "self")
    if f is None:
        return None
    said = f"The server says that port {f.in_use} is in use, and it is the server itself that holds it."
    if not f.listeners:
        said = f"The server says that port {f.in_use} is in use, and nobody else holds it: the port is free when the server does not run."
    return Proof(said, ("tcp.in_use", "tcp.in_use_by"), {"port": str(f.in_use)}, severity=_severity(f))


@cause(
    "tcp-port-in-use-stale", "port-in-use",
    title="An older copy of the server still holds the port",
    means="The server wants to open a port that another process of the same server has: an instance that was not ended.",
    who="you",
    fix="End the older process {pid}, then start the server again.",
    commands=["kill {pid}"],
    over=CONSEQUENCES,
)  # fmt: skip
def port_in_use_stale(t: Trace) -> Proof | None:
    f = _in_use(t, "kin")
    if f is None:
        return None
    x = next((x for x in f.listeners if x.pid is not None), f.listeners[0])
    said = f"{_says(f)}; it is held by {owner(x)}: the same program."
    return Proof(
        said,
        ("tcp.in_use", "tcp.in_use_by", *about(f)),
        {"pid": str(x.pid), "port": str(f.in_use)},
        severity=_severity(f),
    )


@cause(
    "tcp-port-reserved", "port-in-use",
    title="Windows reserves this port",
    means="Windows keeps ranges of ports for itself (Hyper-V, WSL, http.sys), and no program may open a port inside one.",
    who="you",
    fix="Choose a port outside of the reserved ranges.",
    commands=["netsh int ipv4 show excludedportrange protocol=tcp"],
    over=CONSEQUENCES,
    exempt="reserved port ranges exist on Windows only",
)  # fmt: skip
def port_reserved(t: Trace) -> Proof | None:
    f = t.get(TcpFacts)
    if f is None or f.in_use is None or not f.asked.get("excluded port range"):
        return None
    said = f"Port {f.in_use} lies in the range {f.asked['excluded port range']} that Windows excludes."
    return Proof(said, ("tcp.in_use", "tcp.asked[excluded port range]"), {"port": str(f.in_use)})


@cause(
    "tcp-port-in-use-other", "port-in-use",
    title="Another program holds the port that the server wants",
    means="The server wants to open a port that another program on this machine already has.",
    who="you",
    fix="Give the server another port, or end {program} if it is not needed.",
    over=CONSEQUENCES,
)  # fmt: skip
def port_in_use_other(t: Trace) -> Proof | None:
    f = t.get(TcpFacts)
    if f is None or f.in_use is None or f.in_use_by not in ("other", "unknown"):
        return None
    x = f.listeners[0]
    said = f"{_says(f)}; it is held by {owner(x)}."
    cites = ("tcp.in_use", f"tcp.listeners[{x.address}].port", *about(f))
    program = f"{x.program} (pid {x.pid})" if x.pid is not None else "the program that holds it"
    return Proof(said, cites, {"program": program, "port": str(f.in_use)}, severity=_severity(f))
