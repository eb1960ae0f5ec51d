"""Whether the port to which a login returns belongs to the client."""

from ...model import Confirm, Proof, Says, Trace, cause


@cause(
    "auth-callback-port", "port-in-use",
    title="The port to which the login returns is taken",
    means=(
        "During a login the client listens on a port of this machine for the answer. Another program, or an older copy of the "
        "client, holds that port, so the answer goes to the wrong one."
    ),
    who="you",
    fix="End the program that holds the callback port, or set another callback port in the client.",
    says=[
        Says(r"(?:OAuth|callback)[^\n]{0,80}(?:EADDRINUSE|address already in use|port \d+ is (?:already )?in use)", 3),
        Says(r"(?:EADDRINUSE|address already in use)[^\n]{0,80}(?:callback|oauth)", 3),
        Says(r"Invalid or expired state parameter|state (?:parameter )?mismatch|potential CSRF attack", 2.4),
    ],
    confirm_with=Confirm("check_port", {"port": "{port}"}),
    exempt="the port is taken only while a client logs in; a diagnosis does not log in",
)  # fmt: skip
def callback_port(t: Trace) -> Proof | None:
    return None
