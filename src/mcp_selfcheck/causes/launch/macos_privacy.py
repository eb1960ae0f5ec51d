"""What macOS keeps a server from doing without asking."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "launch-quarantined", "macos-privacy",
    title="macOS keeps the downloaded program in quarantine",
    means="The file came from the internet and is not signed by a known developer. macOS ends such a program at its start.",
    who="you",
    fix="If you trust where it came from, take the mark away from {path}.",
    commands=["xattr -p com.apple.quarantine {path}", "xattr -d com.apple.quarantine {path}"],
    confirm_with=Confirm("diagnose", {}),
    exempt="needs macOS",
)  # fmt: skip
def quarantined(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.system != "darwin" or not f.failed:
        return None
    marked = f.asked.get("com.apple.quarantine")
    killed = f.run.signal == "SIGKILL" or f.run.exit_code == 137 or f.run.spawn_error in ("EPERM", "EACCES")
    path = f.resolved or f.command
    if marked and killed:
        text = f"{path} carries the mark com.apple.quarantine, and its start {f.ending}."
        return Proof(text, f.cites("launch.asked[com.apple.quarantine]"), {"path": path})
    return None


_PRIVATE = re.compile(r"/(?:Documents|Desktop|Downloads|CloudStorage|Mobile Documents)(?:/|\b)")


@cause(
    "launch-protected-folder", "macos-privacy",
    title="macOS does not let the client into this folder",
    means="Documents, Desktop, Downloads and the cloud folders are protected: a program gets in only when the application that "
    "started it was allowed to.",
    who="you",
    fix="Allow the client Full Disk Access in System Settings, Privacy & Security, or move the files out of the protected folder.",
    confirm_with=Confirm("diagnose", {}),
    exempt="needs macOS",
)  # fmt: skip
def protected_folder(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.system != "darwin" or not f.failed:
        return None
    heard = re.search(r"(?m:^)[^\n]*(?:EPERM|Operation not permitted|Errno 1\])[^\n]*", f.words)
    refused = f.run.spawn_error == "EPERM"
    place = next((p for p in (heard[0] if heard else "", f.cwd, *(x.path for x in f.looks)) if _PRIVATE.search(p)), "")
    if not place or not (heard or refused):
        return None
    said = f"“{heard[0].strip()[:240]}”" if heard else f"The start in {place} was refused (EPERM)"
    return Proof(f"{said}: a folder that macOS protects.", f.cites("launch.system"))
