"""Why Windows does not start what works elsewhere."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "launch-windows-npx", "windows-launch",
    title="Windows cannot start npx without cmd",
    means="On Windows npx is npx.cmd, a script for cmd.exe. A client that starts programs without a shell cannot run it.",
    who="you",
    fix="Set \"command\" to cmd and put /c and {name} before the other \"args\".",
    commands=["where.exe {name}"],
    confirm_with=Confirm("diagnose", {}),
    exempt="needs Windows",
)  # fmt: skip
def windows_npx(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.system != "win32" or not f.failed:
        return None
    name = re.split(r"[\\/]", f.command)[-1].removesuffix(".cmd")
    shim = f.resolved.lower().endswith((".cmd", ".bat")) or name in ("npx", "npm", "pnpm", "yarn", "bunx")
    if not shim or f.run.spawn_error not in ("ENOENT", "EINVAL", "ENOEXEC"):
        return None
    return Proof(
        f"{f.resolved or f.command} is a script for cmd.exe and could not be started by itself ({f.run.spawn_error}).",
        f.cites(), {"name": name},
    )  # fmt: skip


@cause(
    "launch-windows-quoting", "windows-launch",
    title="cmd.exe cuts a path at its blank",
    means="cmd.exe takes quotes away from its command line. A path or argument with a blank, as in C:\\Program Files, falls "
    "into pieces there.",
    who="you",
    fix="Start the program itself (node.exe and the script's path) without cmd, or use the short path (C:\\PROGRA~1).",
    confirm_with=Confirm("diagnose", {}),
    exempt="needs Windows",
)  # fmt: skip
def windows_quoting(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.system != "win32" or not f.failed:
        return None
    heard = re.search(
        r"(?m:^)[^\n]*['\"]?(?P<head>[A-Z]:\\\S*[^\s'\"\\])['\"]?(?: is not recognized|' ist | n'est pas|[^\n]*Cannot find module)[^\n]*",
        f.words,
    )
    if heard is None:
        return None
    whole = next((a for a in t.target.argv() if a.startswith(heard["head"] + " ")), "") if t.target is not None else ""
    if not whole and heard["head"] != "C:\\Program":
        return None
    return Proof(f"“{heard[0].strip()[:200]}”: the path was cut at its blank.", f.cites())
