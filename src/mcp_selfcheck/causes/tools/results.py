"""What tools give back."""

from ...model import Confirm, Proof, Trace, cause
from .schema import proof_of


@cause(
    "tools-output-schema", "schema-sdk",
    title="A tool's outputSchema is not usable",
    means="A tool may describe its result with an outputSchema of type \"object\". Clients compile it when they list the tools, and drop the whole"
    " list when that fails.",
    who="server_author",
    fix="Correct the outputSchema of {tool} ({detail}), or leave it out; a tool that has one must return structuredContent.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def output_schema(t: Trace) -> Proof | None:
    return proof_of(t, "output-schema", "A client that compiles it drops the whole list.")


@cause(
    "tools-result-shape", "schema-sdk",
    title="A tool's result has a form that MCP does not know",
    means="The content of a result is a list of text, image, audio, resource_link and resource blocks. A client refuses other forms.",
    who="server_author",
    fix="Return content blocks, such as [{{\"type\": \"text\", \"text\": \"…\"}}].",
    confirm_with=Confirm("diagnose", {}),
    exempt="seen only when a tool is called, and we never call a tool",
)  # fmt: skip
def result_shape(t: Trace) -> Proof | None:
    return None
