"""What Windows and its guards keep from being started."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "launch-antivirus", "windows-security",
    title="An antivirus program blocks the executable",
    means="The guard of this computer removed the program or does not let it start.",
    who="you",
    fix="Look into the guard's history; if the program is what you think it is, restore and allow it.",
    confirm_with=Confirm("explain_error", {}),
    exempt="needs Windows with an antivirus program",
)  # fmt: skip
def antivirus(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.system != "win32" or not f.failed:
        return None
    heard = re.search(
        r"(?m:^)[^\n]*(?:WinError 22[56]\b|os error 22[56]\b|contains a virus or potentially unwanted|-2147024786|0x800700E1)[^\n]*",
        f.words,
    )
    return Proof(f"“{heard[0].strip()[:240]}”.", f.cites()) if heard else None


@cause(
    "launch-app-control", "windows-security",
    title="Windows allows only signed programs here",
    means="Smart App Control or a company's rule for applications blocks programs without a known signature, such as the small "
    "starters that uv and pip make.",
    who="you",
    fix="Start the server with a signed program (python -m module), or have the rule changed by whoever made it.",
    confirm_with=Confirm("explain_error", {}),
    exempt="needs Windows with application control",
)  # fmt: skip
def app_control(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.system != "win32" or not f.failed:
        return None
    heard = re.search(
        r"(?m:^)[^\n]*(?:WinError 4551|os error 4551|Application Control policy|Code Integrity determined|blocked by group policy|WinError 1260)[^\n]*",
        f.words,
    )
    return Proof(f"“{heard[0].strip()[:240]}”.", f.cites()) if heard else None
