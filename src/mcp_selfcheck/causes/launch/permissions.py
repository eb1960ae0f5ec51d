"""Why the operating system does not let the program run."""

from __future__ import annotations

import re

from ...facts.launch import FileLook, LaunchFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "launch-npm-cache-owner", "permissions",
    title="Files in the npm cache belong to another user",
    means="npm keeps what it downloads below the home folder. A run as another user, usually with sudo, left files there "
    "that npm may not change now.",
    who="you",
    fix="Give the npm cache back to its user.",
    commands=['sudo chown -R "$(id -u):$(id -g)" {path}'],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def npm_cache_owner(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.failed:
        return None
    heard, sure = f.find(
        r"Your cache folder contains root-owned files[^\n]*|(?:EACCES|EPERM)[^\n]{0,160}/\.npm/_[^\n]*"
        r"|/\.npm/_(?:cacache|npx|logs)[^\n]{0,160}(?:EACCES|permission denied)"
    )  # fmt: skip
    if heard is None:
        return None
    path, owner = f.asked.get("path of the npm cache"), f.asked.get("owner of the npm cache")
    values = {"path": path} if path else {"path": "~/.npm"}
    if path and owner:
        return Proof(
            f"npm says “{heard[0].strip()}”; {path} belongs to {owner}.",
            f.cites("launch.asked[owner of the npm cache]"), values, confidence=sure,
        )  # fmt: skip
    return Proof(f"npm says “{heard[0].strip()}”.", f.cites(), values, confidence="likely")


@cause(
    "launch-not-executable", "permissions",
    title="The file cannot be executed",
    means="The entry leads to a file or folder that the operating system does not run as a program: the right to "
    "execute it is missing, or it does not begin like a program.",
    who="you",
    fix="Make {path} executable, or name the program that runs it in \"command\" and the file in \"args\".",
    commands=["chmod +x {path}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def not_executable(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    command = f.look("command")
    if f.run.spawn_error and f.run.spawn_step == "exec":
        return _refused(f, command)
    h = f.helper(f.command)
    heard, sure = f.find(
        r"^[^\n]*?(?P<path>/[^\s:'‘’\"]{1,400})['’]?: (?:[Pp]ermission denied|cannot execute[^\n]*|[Ii]s a directory)[^\n]*$",
        re.MULTILINE,
    )  # fmt: skip
    if f.run.exit_code == 126 and heard is not None and "Exec format" not in heard[0]:
        path = heard["path"]
        return Proof(f"“{heard[0].strip()}”, exit code 126.", f.cites(), {"path": path}, confidence=sure)
    if h is not None and h.without_bit and not h.on_client_path and f.run.spawn_error:
        return _no_bit(f, h.without_bit, f"launch.helpers[{h.name}].without_bit")
    return None


def _no_bit(f: LaunchFacts, path: str, key: str) -> Proof:
    return Proof(f"{path} is there, but nobody has the right to execute it.", f.cites(key), {"path": path})


def _refused(f: LaunchFacts, look: FileLook | None) -> Proof | None:
    assert f.run is not None
    h = f.helper(f.command)
    if look is None:
        found = h.without_bit if h is not None else ""
        return _no_bit(f, found, f"launch.helpers[{f.command}].without_bit") if found else None
    key = f"launch.looks[{look.path}].kind"
    error, values = f.run.spawn_error, {"path": look.path}
    if error == "EACCES":
        if look.kind == "directory":
            return Proof(f"{look.path} is a folder, not a program (EACCES).", f.cites(key), values)
        if f.asked.get("mounted noexec"):
            said = f"{look.path} lies on a file system that is mounted noexec: nothing there may be executed (EACCES)."
            return Proof(said, f.cites("launch.asked[mounted noexec]"), values)
        if look.executable is False:
            said = f"{look.path} is there, but without the right to execute it (EACCES)."
            return Proof(said, f.cites(f"launch.looks[{look.path}].executable"), values)
        interpreter = look.interpreter.split(" ")[0]
        if interpreter:
            said = f"The first line of {look.path} names {interpreter}, which may not be executed (EACCES)."
            return Proof(said, f.cites(f"launch.looks[{look.path}].interpreter"), values)
        return Proof(f"The operating system refuses to execute {look.path} (EACCES).", f.cites(key), values)
    if error == "EPERM" and f.system != "darwin":
        return Proof(f"The operating system refuses to execute {look.path} (EPERM).", f.cites(key), values)
    if error == "ENOEXEC" and look.kind in ("text", "data", "empty"):
        what = {"empty": "is empty", "text": "is a text without a first line #!…"}.get(look.kind, "is no program")
        return Proof(
            f"{look.path} {what}: the operating system does not know how to run it (ENOEXEC).", f.cites(key), values
        )
    return None
