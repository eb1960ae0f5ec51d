"""When localhost is not the machine that is meant."""

from ...facts.tcp import TcpFacts
from ...model import Proof, Trace, cause
from .refused import dialled, refused


@cause(
    "tcp-container-localhost", "container-network",
    title="localhost inside a container is the container itself",
    means="The connection was made inside a container, where localhost means the container and not the machine that it runs on.",
    who="you",
    fix="Use {gateway} instead of {host} in the address, or run both in one network.",
    over=("launch-crashed", "tcp-backend-not-running"),
)  # fmt: skip
def container_localhost(t: Trace) -> Proof | None:
    f = t.get(TcpFacts)
    if f is None:
        return None
    outside = next((k for k, v in f.asked.items() if k.endswith("outside the container") and v == "open"), None)
    if outside is not None and f.refused_in_text and _local(f.refused_in_text):
        host, _, port = f.refused_in_text.rpartition(":")
        said = f"The server in its container says that {f.refused_in_text} refuses; outside of the container port {port} is open."
        return Proof(
            said, ("tcp.refused_in_text", f"tcp.asked[{outside}]"), {"gateway": "host.docker.internal", "host": host}
        )
    r = refused(t)
    if r is None or not r.local or not r.container or r.container == "wsl":
        return None
    other = next((k for k, v in r.asked.items() if v == "open"), None)
    if other is None:
        return None
    words, cites = dialled(r)
    said = f"{words} inside this container ({r.container}); {other} port {r.port}: open."
    return Proof(said, (*cites, "tcp.container", f"tcp.asked[{other}]"), {"gateway": other, "host": r.host})


def _local(place: str) -> bool:
    return place.startswith(("localhost:", "127.", "[::1]"))


@cause(
    "tcp-wsl-localhost", "container-network",
    title="localhost in WSL is not the Windows machine",
    means="WSL 2 has a network of its own: localhost inside it is the Linux side, and a server on the Windows side is not there.",
    who="you",
    fix="Set networkingMode=mirrored in .wslconfig, or use the address of the Windows host in the URL.",
    exempt="WSL exists on Windows only",
)  # fmt: skip
def wsl_localhost(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or f.container != "wsl" or f.asked.get("the Windows host") != "open":
        return None
    words, cites = dialled(f)
    said = f"{words} inside WSL; the Windows host answers on port {f.port}."
    return Proof(said, (*cites, "tcp.container", "tcp.asked[the Windows host]"))
