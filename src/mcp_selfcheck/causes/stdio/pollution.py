"""What else stands on stdout beside the protocol's messages."""

import re

from ...facts.session import SessionFacts
from ...facts.stdio import StdioFacts
from ...model import Confirm, Proof, Says, Severity, Trace, cause

_DOTENV = re.compile(
    r"^\W*\[?dotenv(@\d[\w.\-]*)?\]?\W.*\binject|^\W{0,4}inject(ed|ing) env \(\d+\) from ", re.IGNORECASE
)
_RUNTIME = re.compile(r"^(PHP )?(Warning|Notice|Deprecated|Fatal error|Parse error):? .* on line \d+|^\S*Warning: ")
_LOG = re.compile(
    r'^\s*\{.*"(level|severity|msg|message)"|\b(DEBUG|INFO|WARN(ING)?|ERROR|NOTICE)\b|^\[?\d{4}-\d\d-\d\d[T ]'
)


def _lines(t: Trace) -> tuple[tuple[str, ...], int, str, str]:
    """The lines that are no messages, how many, the evidence's key, and when they came."""
    f = t.get(StdioFacts)
    if f is not None and f.noise and (f.answered or f.said or f.flood):
        return f.noise, f.noise_lines, "stdio.noise", f.noise_when
    if f is not None and f.glued:
        return (f.glued,), 1, "stdio.glued", "on the line of the answer"
    s = t.get(SessionFacts)
    if s is not None and s.noise:
        return s.noise, s.noise_lines, "session.noise", "between the answers"
    return (), 0, "", ""


def _severity(t: Trace) -> Severity:
    """A client whose tolerance is not known counts as strict: a server MUST NOT write anything else (transports/stdio)."""
    f = t.get(StdioFacts)
    return "warning" if f is not None and f.client_tolerates else "error"


@cause(
    "stdio-dotenv-banner", "stdout-pollution",
    title="dotenv writes its banner on stdout",
    means="Since version 17 the package dotenv prints a line when it reads its file. On the stdout of a stdio server that line"
    " stands where the client expects a message.",
    who="server_author",
    fix="Set DOTENV_CONFIG_QUIET=true in the env of this entry, or call config({{ quiet: true }}) in the server.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def dotenv_banner(t: Trace) -> Proof | None:
    lines, _, key, when = _lines(t)
    for line in lines:
        if _DOTENV.search(line):
            return Proof(f"Stdout carries “{line}” {when}.", (key,), {"line": line}, severity=_severity(t))
    return None


@cause(
    "stdio-stdout-pollution", "stdout-pollution",
    title="The server writes other text on stdout",
    means="On stdio, stdout belongs to the protocol: one JSON-RPC message on each line and nothing else. A client that reads"
    " another line there reports invalid JSON or drops the connection.",
    who="server_author",
    fix="Send the line “{line}” to stderr: print(..., file=sys.stderr), console.error, a log handler on stderr, or"
    " display_errors=stderr in PHP.",
    says=[Says(r"^(PHP )?(Warning|Notice|Deprecated): +.* in .+ on line \d+", 1)],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def stdout_pollution(t: Trace) -> Proof | None:
    lines, count, key, when = _lines(t)
    f = t.get(StdioFacts)
    if not lines and f is not None and f.flood and not f.answered and not f.said:
        return Proof(f"{f.flood}, and no answer.", ("stdio.flood",), {"line": "(empty)"})
    if not lines:
        return None
    line = next(
        (x for x in lines if any(c.isalpha() for c in x)), lines[0]
    )  # a frame drawn around the words says nothing
    if f is not None and f.flood and not f.answered:
        return Proof(f"{f.flood}, and no answer; it begins with “{line}”.", (key, "stdio.flood"), {"line": line})
    if key == "stdio.glued":
        return Proof(f"The answer stands on one line behind other text: “{line}”.", (key,), {"line": line})
    what = "a runtime's warning" if _RUNTIME.search(line) else "a log record" if _LOG.search(line) else "a line of text"
    more = f", and {count - 1} more" if count > 1 else ""
    return Proof(f"Stdout carries {what} {when}: “{line}”{more}.", (key,), {"line": line}, severity=_severity(t))
