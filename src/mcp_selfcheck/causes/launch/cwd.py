"""Why the folder in which the client starts the server breaks it."""

from __future__ import annotations

import posixpath as paths
import re

from ...facts.launch import LaunchFacts, Run
from ...model import Confirm, Proof, Trace, cause

# An operation on a file that failed: Node, Python, SQLite, Go, Rust, shells.
_FAILED = re.compile(
    r"(?P<node>E(?:ROFS|ACCES|PERM|NOENT)): [^\n,]{3,40}, \w+ '(?P<p1>[^'\n]+)'"
    r"|\[Errno (?P<errno>30|13|1|2)\] [^\n:]{3,40}: '(?P<p2>[^'\n]+)'"
    r"|(?:open|mkdir|create) (?P<p3>[^\s:]+): (?:read-only file system|permission denied|no such file or directory|operation not permitted)"
    r"|(?:cannot create|cannot touch|cannot make directory|cannot create directory) ['‘]?(?P<p4>[^'’:\n]+)['’]?: "
    r"(?:Read-only|Permission denied|No such file|Operation not permitted|Directory nonexistent)[^\n]*"
    r"|unable to open database file|SQLITE_CANTOPEN|attempt to write a readonly database|os error 30|Read-only file system",
    re.IGNORECASE,
)


@cause(
    "launch-cwd-missing", "cwd",
    title="The server's working folder cannot be entered",
    means="The client starts the server in a folder that does not exist, is no folder, or may not be entered.",
    who="you",
    fix="Correct \"cwd\" in the entry ({cwd}), or make that folder.",
    commands=["ls -ld {cwd}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def cwd_missing(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    if f.run.spawn_step == "chdir" and f.run.spawn_error:
        what = {
            "ENOENT": "does not exist", "ENOTDIR": "is no folder", "EACCES": "may not be entered", "EPERM": "may not be entered",
        }.get(f.run.spawn_error, "cannot be entered")  # fmt: skip
        keys = ("launch.run.spawn_error", "launch.cwd", "launch.cwd_state")
        return Proof(f"The working folder {f.cwd} {what} ({f.run.spawn_error}).", keys, {"cwd": f.cwd})
    heard, sure = f.find(
        r"(?:ENOENT[^\n]{0,40}uv_cwd|uv_cwd[^\n]{0,40}ENOENT|cannot access parent directories|"
        r"[Cc]urrent (?:working )?directory does not exist|getcwd[^\n]{0,40}No such file)[^\n]*"
    )  # fmt: skip
    if heard is not None:
        return Proof(f"“{heard[0].strip()}”: the working folder is gone.", f.cites(), {"cwd": f.cwd}, confidence=sure)
    changed, sure = f.find(
        r"(?:can't cd to|cannot change (?:to )?(?:the )?directory(?: to)?|chdir(?: to)?(?: cwd)?|cd:) ?[('‘\"]*"
        r"(?P<path>/[^:'’\")\n]+)[^\n]*(?:No such file|not a directory|failed|ENOENT)?", re.IGNORECASE,
    )  # fmt: skip
    if changed is not None:
        return Proof(
            f"“{changed[0].strip()}”; the start {f.ending}.",
            f.cites(),
            {"cwd": changed["path"].strip()},
            confidence=sure,
        )
    return None


def _elsewhere(f: LaunchFacts) -> Run | None:
    return next((r for r in f.reruns if r.how.startswith("in ") and r.answered), None)


@cause(
    "launch-cwd-read-only", "cwd",
    title="Relative paths fail where the client starts it",
    means="The server uses paths relative to the folder in which it is started. The client starts it in a folder where these "
    "cannot be written or are not there, while in a terminal it was started in its own.",
    who="you",
    fix="Set \"cwd\" in the entry to {folder}, where the client allows it, or give the server absolute paths.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def cwd_read_only(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.died:
        return None
    every = list(_FAILED.finditer(f.words))
    if not every:
        return None
    heard = every[-1]
    path = heard["p1"] or heard["p2"] or heard["p3"] or heard["p4"] or ""
    relative = not path.startswith("/") or paths.dirname(path.rstrip("/")) == f.cwd.rstrip("/")
    again = None if f.unsteady else _elsewhere(f)
    said = " ".join(heard[0].split())
    if again is not None:
        folder = again.how.removeprefix("in ")
        return Proof(
            f"Started in {f.cwd} it fails: “{said}”. Started in {folder}, with nothing else changed, it answers.",
            f.cites("launch.cwd", f"launch.reruns[{again.how}].answered"), {"folder": folder},
        )  # fmt: skip
    writes = re.search(
        r"EROFS|Errno 30|read-only|os error 30|mkdir|Errno 13|EACCES|EPERM|permission denied|cannot|database",
        said,
        re.IGNORECASE,
    )
    here = bool(path) and (not path.startswith("/") or paths.dirname(path) == f.cwd)
    if here and re.search(r"Errno 13|EACCES|EROFS|Errno 30|EPERM|[Pp]ermission denied|[Rr]ead-only", said):
        look = next((x for x in f.looks if x.path == path), None)
        if look is not None and look.kind == "missing" and look.exists_up_to in ("", f.cwd.rstrip("/") or "/"):
            return Proof(
                f"The server is started in {f.cwd} and may not make “{path}” there: “{said}”.",
                f.cites("launch.cwd", f"launch.looks[{path}].kind"), {"folder": "a folder that it may write to"},
            )  # fmt: skip
    if relative and f.cwd_state == "read only" and (writes or f.cwd.startswith(("/proc", "/sys"))):
        return Proof(
            f"The server is started in {f.cwd}, where nothing can be written: “{said}”.",
            f.cites("launch.cwd", "launch.cwd_state"), {"folder": "a folder of the server's own"},
        )  # fmt: skip
    return None
