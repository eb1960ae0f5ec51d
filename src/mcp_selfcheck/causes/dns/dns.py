"""Why the host of the URL has no address."""

from ...facts.dns import DnsFacts
from ...model import Proof, Trace, cause

NO_NAME = ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY", "EINVAL")
UNSURE = ("EAI_AGAIN", "EAI_FAIL", "EAI_SYSTEM", "ETIMEDOUT")
# Names that no resolver finds (RFC 2606, RFC 6761): they stand in examples.
NEVER = (".invalid", ".example", ".test", "example", "invalid")


def _answers(f: DnsFacts, what: str) -> dict[str, str]:
    """Nameserver → its answer to one question."""
    end = f" about {what}"
    return {k.removesuffix(end): v for k, v in f.compared.items() if k.endswith(end)}


def _nobody_answers(f: DnsFacts) -> bool:
    """No name server said anything: macOS calls that "no such name" too."""
    return bool(f.compared) and all(_silent(a) for a in f.compared.values()) and f.error != "EINVAL"


def _silent(answer: str) -> bool:
    """No answer at all: time is up, or the network or the machine there refuses."""
    return answer.startswith("E")


@cause(
    "dns-name-not-found", "dns",
    title="The host name in the URL does not exist",
    means="The resolver works and knows no address for this name. It is misspelt, belongs to an example, or is known in another"
    " network only (a VPN, a container network, a cluster).",
    who="you",
    fix="Correct the host {host} in the URL{hint}.",
    commands=["getent hosts {host}"],
)  # fmt: skip
def name_not_found(t: Trace) -> Proof | None:
    f = t.get(DnsFacts)
    if f is None or f.state != "broken" or f.addresses or f.through_proxy or not f.host:
        return None
    hosts = _answers(f, "the host")
    told = next((s for s, a in hosts.items() if a in ("NXDOMAIN", "NODATA")), None)
    reserved = f.host.rstrip(".").endswith(NEVER)
    if told is None and not reserved and (f.error not in NO_NAME or _nobody_answers(f)):
        return None
    cites = ["dns.error"]
    said = f"The resolver finds no address for {f.host} ({f.error})"
    if told is not None:
        cites.append(f"dns.compared[{told} about the host]")
        said += f"; nameserver {told} answers {hosts[told]}"
    elif reserved:
        said += "; names of that kind are reserved for examples (RFC 6761)"
    hint = ""
    if f.near:
        cites.append("dns.near")
        said += f"; {f.near[0]} stands in the hosts file"
        hint = f"; {f.near[0]} is known here"
    elif f.host in ("host.docker.internal", "gateway.docker.internal", "host.containers.internal"):
        hint = "; outside of a container the host is localhost"
    elif "." not in f.host.rstrip("."):
        hint = "; a name without dots is known only inside its own network, such as that of a compose file"
    return Proof(f"{said}.", tuple(cites), {"host": f.host, "hint": hint})


@cause(
    "dns-resolver-unreachable", "dns",
    title="No name server answers",
    means="The name could not be looked up at all: the name servers that this machine is set to use do not answer. Other names"
    " fail in the same way.",
    who="network_admin",
    fix="Make a name server reachable: set one that answers in {place}, or let this network reach {servers}.",
    commands=["getent hosts {host}"],
)  # fmt: skip
def resolver_unreachable(t: Trace) -> Proof | None:
    f = t.get(DnsFacts)
    if f is None or f.state != "broken" or f.addresses or f.through_proxy:
        return None
    if f.error not in UNSURE and not _nobody_answers(f):
        return None
    hosts, roots = _answers(f, "the host"), _answers(f, "the root")
    values = {"host": f.host, "servers": ", ".join(f.nameservers) or "a name server", "place": _place(f.container)}
    cites = ["dns.error", *(f"dns.compared[{k}]" for k in f.compared)]
    if not f.nameservers:
        said = f"Looking up {f.host} gives {f.error}, and /etc/resolv.conf names no name server."
        return Proof(said, ("dns.error",), values, confidence="likely")
    if hosts and all(_silent(a) for a in (*hosts.values(), *roots.values())):
        each = ", ".join(f"{s}: {a}" for s, a in hosts.items())
        return Proof(
            f"Looking up {f.host} gives {f.error}; asked directly, no name server answers ({each}).",
            tuple(cites),
            values,
        )
    if hosts and all(a in ("SERVFAIL", "REFUSED") or _silent(a) for a in (*hosts.values(), *roots.values())):
        each = ", ".join(f"{s}: {a}" for s, a in roots.items())
        said = f"Looking up {f.host} gives {f.error}; the name server cannot even tell about the root zone ({each})."
        return Proof(said, tuple(cites), values)
    return None


def _place(container: str) -> str:
    if container == "docker":
        return "the container's dns setting (docker run --dns, or dns: in the compose file)"
    return "/etc/wsl.conf and /etc/resolv.conf" if container == "wsl" else "/etc/resolv.conf"
