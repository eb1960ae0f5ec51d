"""Bytes on the pipes that are not UTF-8."""

from ...facts.launch import LaunchFacts
from ...facts.stdio import StdioFacts
from ...model import Confirm, Proof, Says, Trace, cause

_FIX = {
    "UTF-16": "Write stdout as UTF-8: in PowerShell set [Console]::OutputEncoding and $OutputEncoding to UTF8 without BOM.",
    "bom": "Write stdout as UTF-8 without a byte order mark.",
}


@cause(
    "stdio-encoding", "encoding",
    title="The server's output is not plain UTF-8",
    means="MCP messages are UTF-8. This server writes in another encoding, or cannot write a character in the one that it was given, so"
    " messages are lost or unreadable.",
    who="you",
    fix="{remedy}",
    says=[
        Says(r"UnicodeEncodeError: '(?P<codec>[\w\-]+)' codec can't encode characters? .{1,80}? in position", 3),
        Says(r"UnicodeDecodeError: '(?P<codec>charmap|cp\d+|gbk|gb2312|ascii|latin-1|shift_jis)' codec can't decode byte", 2),
    ],
    confirm_with=Confirm("diagnose", {}),
    over=("launch-crashed", "stdio-silent"),
)  # fmt: skip
def encoding(t: Trace) -> Proof | None:
    utf8 = "Set PYTHONUTF8=1 in the env of this entry (Python), or make the server write UTF-8."
    heard = t.heard.get("stdio-encoding")
    launch, f = t.get(LaunchFacts), t.get(StdioFacts)
    if launch is not None and launch.died and heard is not None and "Encode" in heard.matched:
        codec = heard.values.get("codec", "")
        said = f"The server ended with exit code {launch.run.exit_code if launch.run else ''}: “{heard.matched}”."
        return Proof(said, ("launch.run.exit_code", "launch.run.stderr"), {"remedy": utf8, "codec": codec})
    if f is None or f.state != "broken":
        return None
    if f.bad_bytes and f.noise_lines == 0:
        what = f.encoding or "no known encoding"
        said = f"The bytes {f.bad_bytes} on stdout are not UTF-8; they look like {what}."
        return Proof(said, ("stdio.bad_bytes",), {"remedy": _FIX.get(f.encoding, utf8)})
    if f.bom:
        return Proof("Stdout begins with a byte order mark (ef bb bf).", ("stdio.bom",), {"remedy": _FIX["bom"]})
    if not f.answered and heard is not None and heard.origin == "stderr" and "Encode" in heard.matched:
        return Proof(f"No answer came; on stderr stands “{heard.matched}”.", ("stdio.stderr",), {"remedy": utf8})
    return None
