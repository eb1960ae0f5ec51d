"""Where the client's own limits end a call that works."""

from __future__ import annotations

from ...model import Confirm, Proof, Trace, cause


@cause(
    "client-tool-timeout",
    "limits",
    title="The client gives up on a tool before the server is done",
    means="The client waits a fixed time for the result of a tool. The server was still working on it.",
    who="you",
    fix="Raise the client's time limit for tool calls, or let the server report progress, which many clients count as a "
    "sign of life.",
    confirm_with=Confirm("diagnose", {}),
    exempt="a diagnosis calls no tool of the server",
)
def tool_timeout(t: Trace) -> Proof | None:
    return None


@cause(
    "client-output-too-large",
    "limits",
    title="The result of a tool is larger than the client accepts",
    means="The client cuts or refuses results above a number of tokens, so that they do not fill the model's context.",
    who="server_author",
    fix="Let the tool return less at once (pages, filters), or raise the client's limit (Claude Code: MAX_MCP_OUTPUT_TOKENS).",
    confirm_with=Confirm("diagnose", {}),
    exempt="a diagnosis calls no tool of the server",
)
def output_too_large(t: Trace) -> Proof | None:
    return None
