"""Mistakes of a client's own program with a session; seen in its log only."""

from ...model import Confirm, Proof, Trace, cause

_EXEMPT = "the mistake lies in the client's program; we hold a session of our own"


@cause(
    "session-closed-reused", "client-state",
    title="The client uses a session that it has closed",
    means="The client's program kept a session after its connection ended, or used it outside the block that opened it. The server is not"
    " involved any more.",
    who="client_vendor",
    fix="Open a new session when one was closed, and keep the block that opened it alive while it is used.",
    confirm_with=Confirm("diagnose", {}),
    exempt=_EXEMPT,
)  # fmt: skip
def closed_reused(t: Trace) -> Proof | None:
    return None


@cause(
    "session-cancel-scope", "client-state",
    title="A session was closed in another task than it was opened in",
    means="The Python SDK's connections belong to the task that opened them. Closing one elsewhere raises this error, which often hides an"
    " earlier one.",
    who="client_vendor",
    fix="Open and close each connection in the same task; look for the first error in the group, that is the real one.",
    confirm_with=Confirm("diagnose", {}),
    exempt=_EXEMPT,
)  # fmt: skip
def cancel_scope(t: Trace) -> Proof | None:
    return None


@cause(
    "session-harmless-noise", "client-state",
    title="An error in the log without an effect",
    means="Some versions of the SDKs log an exception when a connection ends. Calls before and after it succeed.",
    who="you",
    fix="Ignore it, or update the SDK that logs it.",
    severity="info",
    confirm_with=Confirm("diagnose", {}),
    exempt="it has no effect, so a diagnosis finds a healthy server",
)  # fmt: skip
def harmless_noise(t: Trace) -> Proof | None:
    return None
