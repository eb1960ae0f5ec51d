"""Names of tools that a client or a model refuses."""

from ...model import Confirm, Proof, Trace, cause
from .schema import proof_of


@cause(
    "tools-duplicate-name", "tool-names",
    title="Two tools of this server have the same name",
    means="Names of tools must be unique. Models' interfaces refuse a request with the same name twice, and a client cannot tell them apart.",
    who="server_author",
    fix="Rename or remove one of the tools named {tool}.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def duplicate_name(t: Trace) -> Proof | None:
    return proof_of(t, "duplicate-name", "The model's interface refuses a request with equal names.")


@cause(
    "tools-name-invalid", "tool-names",
    title="A tool has a name that clients or models refuse",
    means="The name of a tool may hold letters, digits, _, . and -, at most 128, and the client puts the server's name before it. With another"
    " name the model's interface refuses the request.",
    who="server_author",
    fix="Rename {tool} ({detail}), or give the server a shorter name in the config when the prefix makes it too long.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def name_invalid(t: Trace) -> Proof | None:
    return proof_of(t, "name-invalid", "Models take letters, digits, _ and -.")
