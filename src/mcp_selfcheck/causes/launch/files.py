"""Why a script that looks right is not understood."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "launch-crlf-script", "files",
    title="The script has Windows line ends",
    means="The lines of the script end in CR LF. The CR counts as a part of the interpreter's name or of a command, and "
    "no program has such a name.",
    who="you",
    fix="Convert {path} to LF line ends, and keep git from converting it back (.gitattributes: eol=lf).",
    commands=["sed -i 's/\\r$//' {path}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def crlf_script(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    said = re.search(
        r"\\r'?: No such file|\^M: bad interpreter|\$'\\r'|\r: (?:command )?not found|\\r: not found", f.words
    )
    for look in f.looks:
        if look.crlf is None:
            continue
        shell = look.role != "command" and (f.launcher in ("sh", "bash", "dash", "zsh") or look.path.endswith("sh"))
        if look.role == "command" and (f.run.spawn_error == "ENOENT" or said or f.run.exit_code in (126, 127)):
            text = f"The first line of {look.path} ends in CR LF"
            text += f": it names “{look.interpreter}\\r”, which is no program." if look.interpreter else "."
        elif shell and (said or re.search(r"not found|[Ss]yntax error|unexpected|Illegal option", f.words)):
            text = f"The lines of {look.path} end in CR LF; the start {f.ending}."
        else:
            continue
        return Proof(text, f.cites(f"launch.looks[{look.path}].crlf"), {"path": look.path})
    return None
