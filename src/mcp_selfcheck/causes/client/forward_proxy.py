"""Why a client's platform does not let it reach the server's address."""

from __future__ import annotations

from ...model import Confirm, Proof, Trace, cause


@cause(
    "client-blocks-private-host",
    "forward-proxy",
    title="The client's platform refuses private addresses",
    means="Hosted clients and some servers' platforms refuse addresses of private networks and redirects to them, so that "
    "they cannot be used to reach internal services.",
    who="client_vendor",
    fix="Add the host to the platform's list of allowed domains, or give the server a public name.",
    confirm_with=Confirm("probe_health", {"url": "{url}"}),
    exempt="the platform's own proxy or settings decide; a probe from here takes another way",
)
def blocks_private_host(t: Trace) -> Proof | None:
    return None
