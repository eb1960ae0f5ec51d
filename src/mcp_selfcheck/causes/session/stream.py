"""Event streams that end or are misread on the way."""

from ...model import Confirm, Proof, Trace, cause


@cause(
    "session-idle-timeout", "stream",
    title="An idle stream is cut after a fixed time",
    means="A load balancer, proxy or HTTP library ends a stream on which nothing was sent for a while, often after 60, 100, 300 or 350 seconds."
    " The client sees a broken connection.",
    who="network_admin",
    fix="Let the server send a comment line on its streams every 15 seconds, or raise the idle time limit of the proxy.",
    confirm_with=Confirm("diagnose", {}),
    exempt="it shows after minutes of silence, which no diagnosis waits for",
)  # fmt: skip
def idle_timeout(t: Trace) -> Proof | None:
    return None


@cause(
    "session-sse-parse", "stream",
    title="The client misreads the server's events",
    means="The stream itself is well formed, but this client reads its events wrongly: an endpoint event, a priming event without data, or line"
    " ends.",
    who="client_vendor",
    fix="Update the client, or use the other HTTP transport of the server.",
    confirm_with=Confirm("diagnose", {}),
    exempt="the mistake lies in the client's program; we read the same stream",
)  # fmt: skip
def sse_parse(t: Trace) -> Proof | None:
    return None
