"""Why the program that the entry names is not found."""

from __future__ import annotations

import re

from ...facts.launch import BANNERS, Helper, LaunchFacts
from ...model import Confirm, Proof, Trace, cause

_BREAKS = re.compile(r"no such file|not found|error while loading|GLIBC|Traceback|denied|cannot|timeout", re.IGNORECASE)
_PACKAGE_RUNNERS = ("npx", "npm", "uvx", "pipx", "pnpm", "yarn", "uv run")
PATH_RERUN = "with the PATH of a terminal"


def _wanted(f: LaunchFacts) -> list[Helper]:
    """The programs whose absence ended this start, the outermost first."""
    r = f.run
    if r is None or r.answered or not f.failed:
        return []
    found = []
    for h in f.helpers:
        if h.on_client_path or h.without_bit:
            continue
        if h.why == "the command":
            if r.spawn_error == "ENOENT" and r.spawn_step == "exec":
                found.append(h)
        elif r.spawn_error == "" and (r.exit_code == 127 or re.search(rf"\b{re.escape(h.name)}\b", f.words)):
            found.append(h)
    return found


def _where(h: Helper) -> str:
    return h.on_terminal_path or h.installed_at


def _key(h: Helper, name: str) -> str:
    return f"launch.helpers[{h.name}].{name}"


@cause(
    "launch-git-missing", "launcher-not-found",
    title="git is not there for the launcher",
    means="The package comes out of a git repository. The launcher needs the program git to fetch it, and does not find "
    "it on the PATH that the client gives.",
    who="you",
    fix="Install git, or put its folder on the PATH of the entry; a release from the package index needs no git.",
    commands=["command -v git"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def git_missing(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    git = f.helper("git") if f is not None and f.failed else None
    if f is None or git is None or git.on_client_path:
        return None
    heard = re.search(
        r"git executable not found|spawn git ENOENT|\bgit: (?:command )?not found|\"git\": executable file not found|"
        r"Cannot find command 'git'|No such file or directory: 'git'", f.words, re.IGNORECASE,
    )  # fmt: skip
    if heard is None:
        return None
    at = f" It is installed at {_where(git)}." if _where(git) else ""
    return Proof(
        f"“{heard[0]}”: there is no git on the PATH of the client.{at}",
        f.cites(_key(git, "why"), *([_key(git, "on_terminal_path")] if git.on_terminal_path else [])),
    )  # fmt: skip


@cause(
    "launch-wrong-program", "launcher-not-found",
    title="Another program of the same name comes first",
    means="The name in the entry leads to a program that is not the one that MCP guides mean by it, because its folder "
    "stands earlier on the PATH.",
    who="you",
    fix="Write the whole path of the right program into \"command\": {right}.",
    commands=["type -a {name}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def wrong_program(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.failed:
        return None
    h = f.helper(f.command)
    pattern = BANNERS.get(h.name) if h is not None else None
    if h is None or pattern is None or not h.on_client_path or not h.banner or re.match(pattern, h.banner):
        return None
    says = f"{h.on_client_path} answers --version with “{h.banner}”, which {h.name} does not say"
    if h.other and re.match(pattern, h.other_banner):
        return Proof(
            f"{says}; the one at {h.other} says “{h.other_banner}”.",
            f.cites(_key(h, "banner"), _key(h, "other_banner")), {"right": h.other, "name": h.name},
        )  # fmt: skip
    if _BREAKS.search(h.banner):
        return None
    return Proof(f"{says}.", f.cites(_key(h, "banner")), {"name": h.name}, confidence="likely")


@cause(
    "launch-env-wipes-path", "launcher-not-found",
    title="The entry's environment takes the PATH away",
    means="The \"env\" block of the entry replaces the PATH, so the client does not find a program that it would find "
    "without that block.",
    who="you",
    fix="Add {folder} to PATH in the \"env\" block of the entry, or leave PATH out of it.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def env_wipes_path(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    for h in _wanted(f) if f is not None else ():
        assert f is not None
        there = h.without_entry_path
        if "PATH" in f.entry_names and there:
            text = f"The entry's own PATH has no {h.name}. Without that PATH it would be {there}."
            key = _key(h, "without_entry_path")
        elif "PATH" not in f.env_names and _where(h):
            there = _where(h)
            text = f"The server gets an environment without PATH; {h.name} is at {there}."
            key = _key(h, "on_terminal_path" if h.on_terminal_path else "installed_at")
        else:
            continue
        again = f.rerun(PATH_RERUN)
        if again is not None and again.answered:
            text += " With that PATH the server answers."
        return Proof(text, f.cites(key), {"name": h.name, "folder": there.rpartition("/")[0]})
    return None


@cause(
    "launch-gui-path", "launcher-not-found",
    title="The client's PATH does not reach the program",
    means="The program is installed and a terminal finds it. The client does not: it was given a shorter PATH, without "
    "what the shell's start-up files add.",
    who="you",
    fix="Write the whole path into \"command\": {path}. Programs that it starts in turn need \"PATH\" in \"env\" as well.",
    commands=["command -v {name}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def gui_path(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    for h in _wanted(f) if f is not None else ():
        assert f is not None
        if not _where(h):
            continue
        place = "a terminal finds it at" if h.on_terminal_path else "it is installed at"
        text = f"{h.name} ({h.why}) is not on the PATH of the client; {place} {_where(h)}."
        again = f.rerun(PATH_RERUN)
        if again is not None and again.answered:
            text += " With the PATH of a terminal the server answers."
        key = _key(h, "on_terminal_path" if h.on_terminal_path else "installed_at")
        return Proof(text, f.cites(key), {"name": h.name, "path": _where(h)})
    return None


@cause(
    "launch-command-not-found", "launcher-not-found",
    title="The program is not installed",
    means="The client was told to start a program that is on no PATH of this computer, neither the client's nor that "
    "of a terminal, and not where installers usually put it.",
    who="you",
    fix="Install {what}, or correct the name {name} in the entry.",
    commands=["command -v {name}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def command_not_found(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    for h in _wanted(f) if f is not None else ():
        assert f is not None and f.run is not None
        if _where(h) or h.why.startswith("the interpreter"):
            continue
        if h.why != "the command" and (f.run.exit_code != 127 or f.launcher in _PACKAGE_RUNNERS):
            continue
        by = "" if h.why == "the command" else f", which {f.command} runs,"
        return Proof(
            f"{h.name}{by} is on no PATH: not the client's, not a terminal's, and not where installers put it"
            + (f" ({f.run.spawn_error})." if f.run.spawn_error else f". The start {f.ending}."),
            f.cites(_key(h, "why")), {"name": h.name, "what": _INSTALL.get(h.name, h.name)},
        )  # fmt: skip
    return None


_INSTALL = {
    "npx": "Node.js, which brings npx", "npm": "Node.js, which brings npm", "node": "Node.js", "uvx": "uv, which brings uvx",
    "uv": "uv", "bunx": "Bun, which brings bunx", "bun": "Bun", "deno": "Deno", "docker": "Docker", "python": "Python",
    "python3": "Python", "java": "a Java runtime", "dotnet": "the .NET SDK",
}  # fmt: skip
