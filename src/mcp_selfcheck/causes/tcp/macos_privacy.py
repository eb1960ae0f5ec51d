"""When macOS lets some programs reach the local network and others not."""

from ...facts.tcp import TcpFacts
from ...model import Proof, Trace, cause


@cause(
    "tcp-macos-local-network", "macos-privacy",
    title="macOS keeps the program from the local network",
    means="Since macOS 15 a program needs the Local Network permission to reach other machines of the same network. Without it"
    " every connection there fails as if there were no route; Apple's own tools are exempt.",
    who="you",
    fix="Allow the program that starts the client (terminal, editor, desktop application) in System Settings, Privacy & Security,"
    " Local Network, then restart it.",
    exempt="the permission exists on macOS only",
    over=("tcp-filtered",),
)  # fmt: skip
def macos_local_network(t: Trace) -> Proof | None:
    f = t.get(TcpFacts)
    if f is None or f.connected or "EHOSTUNREACH" not in f.results():
        return None
    if f.asked.get("/usr/bin/curl") != "reached it":
        return None
    first = f.tried[0]
    said = f"{first.address} port {f.port}: {first.result} from here, while /usr/bin/curl reaches it."
    return Proof(said, (f"tcp.dials[{first.address}].result", "tcp.asked[/usr/bin/curl]"))
