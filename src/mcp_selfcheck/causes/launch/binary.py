"""Why a program made of machine code does not run on this computer."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause

_SYSTEMS = {"mach-o": "macOS", "pe": "Windows"}


@cause(
    "launch-wrong-architecture", "binary",
    title="The binary is for another kind of computer",
    means="The program was built for another processor or another operating system than this computer has.",
    who="you",
    fix="Install the build of {path} that is made for this computer.",
    commands=["file {path}", "uname -sm"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def wrong_architecture(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    own = f.asked.get("machine", "")
    for look in f.looks:
        key = f"launch.looks[{look.path}].kind"
        if look.kind in ("pe", "mach-o") and _SYSTEMS[look.kind] != _own_system(f):
            if (
                f.run.spawn_error in ("ENOEXEC", "EACCES")
                or "Exec format error" in f.words
                or f.run.exit_code in (126, 2)
            ):
                text = f"{look.path} is a program for {_SYSTEMS[look.kind]}, and this computer runs {_own_system(f)}."
                return Proof(text, f.cites(key), {"path": look.path})
        elif look.kind == "elf" and look.machine and own and look.machine != own and (
            f.run.spawn_error in ("ENOEXEC", "ENOENT") or "Exec format error" in f.words
        ):  # fmt: skip
            text = f"{look.path} is built for {look.machine}; this computer is {own} ({f.run.spawn_error or 'Exec format error'})."
            return Proof(
                text, f.cites(f"launch.looks[{look.path}].machine", "launch.asked[machine]"), {"path": look.path}
            )
    heard, sure = f.find(
        r"(?m:^)[^\n]*(?:Bad CPU type in executable|cannot execute binary file: Exec format error|os error 86|"
        r"exec format error)[^\n]*", re.IGNORECASE,
    )  # fmt: skip
    if heard is None:
        return None
    path = re.search(r"(/[^\s:'\"]+)", heard[0])
    return Proof(f"“{heard[0].strip()[:240]}”.", f.cites(), {"path": path[1] if path else f.command}, confidence=sure)


def _own_system(f: LaunchFacts) -> str:
    return {"darwin": "macOS", "win32": "Windows"}.get(f.system, "Linux")


_LOADER = re.compile(
    r"(?m:^)[^\n]*(?:version `(?:GLIBC|GLIBCXX|CXXABI|GCC)_[\d.]+' not found|error while loading shared libraries: [^\n]+|"
    r"Error loading shared library [^\n]+|Error relocating [^\n]+: symbol not found|symbol lookup error|Library not loaded: [^\n]+|"
    r"libstdc\+\+\.so\.6: [^\n]*not found|FATAL: kernel too old|cannot open shared object file)[^\n]*"
)


@cause(
    "launch-incompatible-binary", "binary",
    title="The binary does not fit this system's libraries",
    means="The program was built against system libraries that this computer does not have, or has in an older version.",
    who="you",
    fix="Install {library}, or a build of the program for this system (often called static, or musl).",
    commands=["ldd {path}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def incompatible_binary(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    own = f.asked.get("machine", "")
    for look in f.looks:
        refused = f.run.spawn_error == "ENOENT" or f.run.exit_code in (126, 127)
        if refused and look.kind == "elf" and look.interpreter_found == "missing" and look.machine in ("", own):
            text = f"{look.path} exists; the loader that it asks for, {look.interpreter}, does not."
            key = f"launch.looks[{look.path}].interpreter"
            return Proof(text, f.cites(key), {"path": look.path, "library": look.interpreter})
    heard, sure = f.find(_LOADER)
    if heard is not None and "docker" not in f.launcher:
        library = re.search(r"(GLIBC(?:XX)?_[\d.]+|CXXABI_[\d.]+|lib[\w.+-]+\.so[\d.]*|[\w.-]+\.dylib)", heard[0])
        values = {"path": f.resolved or f.command, "library": library[1] if library else "the missing library"}
        return Proof(f"“{' '.join(heard[0].split())[:240]}”; the start {f.ending}.", f.cites(), values, confidence=sure)
    if f.run.signal == "SIGILL":
        text = f"{f.resolved or f.command} was ended by SIGILL: it uses processor instructions that this computer does not have."
        return Proof(
            text, f.cites(), {"path": f.resolved, "library": "a build for older processors"}, confidence="likely"
        )
    return None


@cause(
    "launch-os-unsupported", "binary",
    title="The server does not support this operating system",
    means="The server itself says that it does not work on this operating system.",
    who="server_author",
    fix="Use the server on a system that it supports, or disable the entry here.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def os_unsupported(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died or not f.run or f.run.exit_code == 0:
        return None
    heard, sure = f.find(
        r"(?m:^)[^\n]*(?:(?:unsupported|not supported on(?: this)?|does(?: not|n't) support(?: this)?|is not available on(?: this)?|"
        r"not compatible with(?: your| this)?)[^\n]{0,30}(?:platform|operating system|\bOS\b|linux|darwin|macos|windows|win32|system\b)"
        r"|(?:only (?:supported|works|runs|available|supports?)|requires?)(?: on)? (?:macOS|Mac OS|darwin|Windows|win32)\b|EBADPLATFORM|"
        r"(?:macOS|Windows|Darwin)[ -]only|(?:platform|OS|system) (?:'?\w+'? )?(?:is )?not supported|Unsupported (?:platform|OS|operating system)|"
        r"only (?:supports|runs on|works on|for) (?:macOS|Mac OS|Windows)|must be run on (?:macOS|Windows))[^\n]*",
        re.IGNORECASE,
    )  # fmt: skip
    if heard is None:
        return None
    text = f"“{' '.join(heard[0].split())[:240]}”; the start {f.ending} on {_own_system(f)}."
    return Proof(text, f.cites("launch.system"), confidence=sure)
