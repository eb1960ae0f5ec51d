"""What models' interfaces and clients refuse in the description of a tool's input."""

from collections.abc import Sequence

from ...facts.tools import ToolProblem, ToolsFacts
from ...model import Confirm, Proof, Trace, cause


def proof_of(t: Trace, kind: str, says: str) -> Proof | None:
    """A proof that names the first tools with that problem. `says` ends the sentence that begins with the tool."""
    f = t.get(ToolsFacts)
    found = f.all(kind) if f is not None else ()
    if not found:
        return None
    fatal = [p for p in found if p.fatal]
    shown = fatal or list(found)
    said = f"{_names(shown)}: {shown[0].detail}. {says}"
    key = f"tools.problems[{shown[0].where}].detail"
    if [p.where for p in f.problems if p.kind != kind].count(shown[0].where) if f else False:
        key = "tools.outcome"  # the same name stands for another problem too
    values = {"tool": shown[0].where, "detail": shown[0].detail}
    return Proof(said, (key,), values, severity=None if fatal else "warning")


def _names(found: Sequence[ToolProblem]) -> str:
    names = list(dict.fromkeys(p.where for p in found))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ("Tool " if len(names) == 1 else "Tools ") + ", ".join(f"“{n}”" for n in names[:3]) + more


@cause(
    "tools-schema-shape", "schema-model-api",
    title="A tool's inputSchema does not have the required form",
    means="The inputSchema of a tool is a JSON Schema object of type \"object\". Clients check that and drop the whole list of tools when one is"
    " not; some models refuse the request.",
    who="server_author",
    fix="Correct the inputSchema of {tool} ({detail}); a tool without arguments has {{\"type\": \"object\", \"properties\": {{}}}}.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def schema_shape(t: Trace) -> Proof | None:
    return proof_of(t, "schema-shape", "A client drops the whole list, or the model refuses the request.")


@cause(
    "tools-schema-combinator", "schema-model-api",
    title="anyOf, oneOf or allOf stands at a schema's root",
    means="Models' interfaces take no anyOf, oneOf or allOf at the root of a tool's input. One such tool makes them refuse every request of"
    " the conversation.",
    who="server_author",
    fix="Move it below a property of {tool}, or list all properties at the root; until then disable this tool in the client.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def schema_combinator(t: Trace) -> Proof | None:
    return proof_of(t, "schema-combinator", "The model's interface answers the whole request with HTTP 400.")


@cause(
    "tools-schema-key", "schema-model-api",
    title="A tool's argument has a name that models refuse",
    means="The names of a tool's arguments may hold letters, digits, _, . and -, at most 64 of them. One other name makes the model's interface"
    " refuse every request of the conversation.",
    who="server_author",
    fix="Rename the argument of {tool} ({detail}); until then disable this tool in the client.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def schema_key(t: Trace) -> Proof | None:
    return proof_of(t, "schema-key", "Allowed are 1 to 64 of a-z, A-Z, 0-9, _, . and -.")


@cause(
    "tools-schema-dialect", "schema-model-api",
    title="A tool's inputSchema is no valid JSON Schema 2020-12",
    means="Models' interfaces read schemas as JSON Schema 2020-12. A schema written for an older draft, with a reference that leads nowhere or a"
    " broken pattern, makes them refuse every request of the conversation.",
    who="server_author",
    fix="Correct the schema of {tool}: {detail}; until then disable this tool in the client.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def schema_dialect(t: Trace) -> Proof | None:
    return proof_of(t, "schema-dialect", "That is not valid in JSON Schema 2020-12.")


@cause(
    "tools-schema-gemini", "schema-model-api",
    title="A tool's schema lies outside what Gemini takes",
    means="The Gemini interface takes a part of JSON Schema only. What lies outside makes it refuse every request of the conversation.",
    who="server_author",
    fix="Simplify the schema of {tool} ({detail}), or use a client or model that takes it.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def schema_gemini(t: Trace) -> Proof | None:
    return proof_of(t, "schema-gemini", "Gemini answers such a declaration with INVALID_ARGUMENT.")
