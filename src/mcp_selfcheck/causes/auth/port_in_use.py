"""Whether the port to which a login returns belongs to the client."""

import re

from ...facts.launch import LaunchFacts
from ...facts.tcp import TcpFacts
from ...model import Confirm, Proof, Says, Trace, cause
from ..tcp.refused import about, held, owner

_TAKEN = re.compile(
    r"(?:oauth|callback)[^\n]{0,80}(?:EADDRINUSE|address already in use|in use)|(?:EADDRINUSE|in use)[^\n]{0,80}(?:callback|oauth)",
    re.I,
)


@cause(
    "auth-callback-port", "port-in-use",
    title="The port to which the login returns is taken",
    means=(
        "During a login the client listens on a port of this machine for the answer. Another program, or an older copy of the "
        "client, holds that port, so the answer goes to the wrong one."
    ),
    who="you",
    fix="End the program that holds the callback port {port}, or set another callback port in the client.",
    says=[
        Says(r"(?:OAuth|callback)[^\n]{0,80}(?:EADDRINUSE|address already in use|port \d+ is (?:already )?in use)", 3),
        Says(r"(?:EADDRINUSE|address already in use)[^\n]{0,80}(?:callback|oauth)", 3),
        Says(r"Invalid or expired state parameter|state (?:parameter )?mismatch|potential CSRF attack", 2.4),
    ],
    confirm_with=Confirm("check_port", {"port": "{port}"}),
    over=("tcp-port-in-use-other", "tcp-port-in-use-stale", "launch-crashed"),
)  # fmt: skip
def callback_port(t: Trace) -> Proof | None:
    f, tcp = t.get(LaunchFacts), t.get(TcpFacts)
    if f is None or f.run is None or not f.died:
        return None
    said = next((x.strip() for x in f.run.stderr.splitlines() if _TAKEN.search(x)), "")
    if not said:
        return None
    if tcp is None or tcp.in_use is None or tcp.in_use_by not in ("other", "kin", "unknown"):
        m = re.search(r"(?<!\d)\d{4,5}(?!\d)", said.partition("]")[2] or said)
        values = {"port": m[0] if m else ""}
        return Proof(
            f"The client's login helper ended and said “{said[:160]}”.", ("launch.run.stderr",), values, "likely"
        )
    x = held(tcp)
    by = f"; it is held by {owner(x)}" if x is not None and x.pid else ""
    return Proof(
        f"The client's login helper ended and said “{said[:160]}”: the port {tcp.in_use} to which a login returns{by}.",
        ("launch.run.stderr", "tcp.in_use", *(about(tcp) if by else ())), {"port": str(tcp.in_use)},
    )  # fmt: skip
