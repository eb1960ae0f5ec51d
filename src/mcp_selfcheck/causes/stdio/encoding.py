"""Bytes on the pipes that are not UTF-8."""

import re

from ...facts.launch import LaunchFacts
from ...facts.stdio import StdioFacts
from ...facts.tools import ToolsFacts
from ...model import Confirm, Proof, Trace, cause

_CANNOT = re.compile(r"UnicodeEncodeError: '(?!utf-?8)([\w\-]+)' codec can't encode character.*")

_FIX = {
    "UTF-16": "in PowerShell set [Console]::OutputEncoding and $OutputEncoding to UTF8 without BOM.",
    "bom": "leave out the byte order mark.",
}


@cause(
    "stdio-encoding", "encoding",
    title="The server's output is not plain UTF-8",
    means="MCP messages are UTF-8. This server writes in another encoding, or cannot write a character in the one that it was given, so"
    " messages are lost or unreadable.",
    who="you",
    fix="Make the server write plain UTF-8 on stdout: {remedy}",
    confirm_with=Confirm("diagnose", {}),
    over=("launch-crashed", "launch-exits-silently", "stdio-silent", "tools-list-failed"),
)  # fmt: skip
def encoding(t: Trace) -> Proof | None:
    utf8 = "set PYTHONUTF8=1 in the env of this entry (Python), or encode what it writes as UTF-8."
    launch, f = t.get(LaunchFacts), t.get(StdioFacts)
    if launch is not None and launch.died and launch.run is not None:
        m = _last_error(launch.run.stderr)
        if m is None:
            return None
        said = f"The server ended with exit code {launch.run.exit_code}: “{m[0]}”."
        return Proof(said, ("launch.run.exit_code", "launch.run.stderr"), {"remedy": utf8, "codec": m[1]})
    tools = t.get(ToolsFacts)
    if tools is not None and tools.outcome == "exited" and (m := _last_error(tools.stderr)) is not None:
        said = f"At tools/list the server ended with exit code {tools.exit_code}: “{m[0]}”."
        return Proof(said, ("tools.exit_code", "tools.stderr"), {"remedy": utf8, "codec": m[1]})
    if f is None or f.state != "broken":
        return None
    if f.bad_bytes and f.noise_lines == 0:
        what = f.encoding or "no known encoding"
        said = f"The bytes {f.bad_bytes} on stdout are not UTF-8; they look like {what}."
        return Proof(said, ("stdio.bad_bytes",), {"remedy": _FIX.get(f.encoding, utf8)})
    if f.bom:
        return Proof("Stdout begins with a byte order mark (ef bb bf).", ("stdio.bom",), {"remedy": _FIX["bom"]})
    m = _last_error(f.stderr)
    if not f.answered and m is not None:
        return Proof(f"No answer came; stderr ends with “{m[0]}”.", ("stdio.stderr",), {"remedy": utf8, "codec": m[1]})
    return None


def _last_error(stderr: str) -> re.Match[str] | None:
    """Python's error when a character does not exist in the encoding of stdout, as the last line of stderr."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return _CANNOT.match(lines[-1]) if lines else None
