"""Why the program starts something that is not there, or is not started as it must be."""

from __future__ import annotations

import posixpath as paths
import re
import shlex

from ...facts.launch import FileLook, LaunchFacts
from ...model import Confirm, Proof, Trace, cause

_CONTAINERS = ("docker", "podman", "nerdctl")


def _missing(f: LaunchFacts, t: Trace) -> FileLook | None:
    """The path of the entry that is not there and that ended this start."""
    assert f.run is not None
    command = f.look("command")
    if f.run.spawn_error in ("ENOENT", "ENOTDIR") and f.run.spawn_step == "exec":
        return command if command is not None and command.kind == "missing" else None
    if f.run.spawn_error:
        return None
    given = [a for a in t.target.args if isinstance(a, str)] if t.target is not None else []
    for look in f.looks:
        if look.kind != "missing":
            continue
        if look.role == "directory" and re.search(r"No such file|os error 2|does not exist|ENOENT", f.words):
            return look
        of_entry = look.role in ("inner", "script")
        named = look.role in ("named in the error", "argument") and any(
            a == look.path or a.endswith("=" + look.path) for a in given
        )
        if look.role == "argument" and not _said_missing(f.words, look.path):
            continue
        if (of_entry or named) and paths.basename(look.path.rstrip("/")) in f.words:
            return look
    return None


def _said_missing(text: str, path: str) -> bool:
    """Whether a line that names the path says that it is not there (usage errors name their arguments too)."""
    words = r"ENOENT|no such|not exist|not found|cannot|can't|could not|unable|access|missing|not a directory|not a file|invalid path"
    lines = [x for x in text.splitlines() if path in x]
    return any(re.search(words, x, re.IGNORECASE) and not re.search(r"unrecognized|unexpected", x) for x in lines)


@cause(
    "launch-relative-import", "script-path",
    title="A file with relative imports is run by its path",
    means="The file belongs to a Python package and imports its neighbours relatively (from . import …). Run by its path "
    "it is no part of that package, so those imports have nothing to be relative to.",
    who="you",
    fix="Start it as a module from the folder above the package, {above}: {python} -m {module}, with that folder as \"cwd\" or "
    "PYTHONPATH.",
    commands=["cd {above} && {python} -m {module}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def relative_import(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died:
        return None
    heard = re.search(
        r"attempted relative import (?:with no known parent package|beyond top-level package|in non-package)"
        r"|Parent module '' not loaded, cannot perform relative import", f.words,
    )  # fmt: skip
    if heard is None:
        return None
    path = f.script or next((x.path for x in f.looks if x.role == "script"), "")
    module, above = f.asked.get("module of the script", ""), f.asked.get("folder above its package", "")
    python = f.command if f.launcher == "python" else "python"
    values = {"module": module or "package.module", "above": above or "<folder>", "python": python}
    what = f"{path} was run by its path" if path else "A file was run by its path"
    name = f"; as part of its package it is {module}" if module else ""
    cites = f.cites("launch.asked[module of the script]") if module else f.cites()
    return Proof(f"{what}: “{heard[0]}”{name}.", cites, values)


@cause(
    "launch-not-built", "script-path",
    title="The project has not been built",
    means="The entry points to a file that the build makes. The sources are there, the built file is not.",
    who="you",
    fix="Build it in {project}: {build}",
    commands=["cd {project} && {build:words}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def not_built(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.failed:
        return None
    look = _missing(f, t) or next((x for x in f.looks if x.kind == "missing" and x.role == "named in the error"), None)
    project, build = f.asked.get("project", ""), f.asked.get("build script", "")
    if look is None or not project or not build or "sources" not in f.asked:
        return None
    place = paths.normpath(paths.join(f.cwd, look.path))
    if (
        not place.startswith(project.rstrip("/") + "/")
        or "/node_modules/" in place
        or place.startswith(f.asked["sources"] + "/")
    ):
        return None
    manager = f.asked.get("package manager", "")
    command = f"{manager} install && {manager} run build" if manager else build
    return Proof(
        f"{place} does not exist. It lies in the project {project}, whose build (“{build}”) was not run: the sources are "
        f"in {f.asked['sources']}.",
        f.cites(f"launch.looks[{look.path}].kind", "launch.asked[build script]", "launch.asked[sources]"),
        {"project": project, "build": command},
    )  # fmt: skip


@cause(
    "launch-interpreter-missing", "script-path",
    title="The script's interpreter does not exist",
    means="The file is there, but the program that has to run it is not: its first line, or the link that it is, leads to a "
    "place where nothing is. A removed or moved virtual environment leaves such files.",
    who="you",
    fix="Create the environment again, or name an interpreter that exists in \"command\" and {path} in \"args\".",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def interpreter_missing(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    for look in f.looks:
        if look.role not in ("command", "inner") or look.crlf:
            continue
        if look.kind == "broken link":
            text = f"{look.path} is a link to {look.link_to}, which does not exist."
            return Proof(text, f.cites(f"launch.looks[{look.path}].link_to"), {"path": look.path})
        if look.kind == "script" and look.interpreter_found == "missing":
            named = look.interpreter
            h = next((x for x in f.helpers if x.why == f"the interpreter of {look.path}"), None)
            if h is not None and (h.on_client_path or h.on_terminal_path or h.installed_at):
                return None  # it exists, out of the client's reach
            text = f"{look.path} exists; its first line names {named}, which does not."
            return Proof(text, f.cites(f"launch.looks[{look.path}].interpreter"), {"path": look.path})
    heard = re.search(
        r"(?P<path>/[^\s:]+): (?P<by>/[^\s:]+): bad interpreter: No such file[^\n]*|No Python at ['\"](?P<at>[^'\"\n]+)['\"]"
        r"|did not find executable at '(?P<exe>[^']+)'", f.words,
    )  # fmt: skip
    if heard is None or "^M" in heard[0]:
        return None
    path = heard["path"] or f.resolved or f.command
    return Proof(f"“{heard[0].strip()}”.", f.cites(), {"path": path})


@cause(
    "launch-path-missing", "script-path",
    title="A path in the entry does not exist",
    means="The entry names a file or folder that is not there. Paths are taken literally, and a relative one begins at the "
    "folder in which the client starts the server.",
    who="you",
    fix="Write the real path in place of {path}{near}.",
    commands=["ls -l {parent}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def path_missing(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    look = _missing(f, t)
    if look is None:
        return None
    from_here = "" if look.path.startswith("/") else f" below {f.cwd}"
    text = f"{look.path} does not exist{from_here}."
    if look.exists_up_to:
        text += f" The part that exists is {look.exists_up_to}."
    keys = [f"launch.looks[{look.path}].kind"]
    near = ""
    if look.near:
        near = f"; {look.near} exists"
        text += f" {look.near} does."
        keys.append(f"launch.looks[{look.path}].near")
    values = {"path": look.path, "near": near, "parent": look.exists_up_to or "."}
    return Proof(text, f.cites(*keys), values)


@cause(
    "launch-usage-error", "script-path",
    title="The program does not accept these arguments",
    means="The program started and ended at once, because it could not make sense of its arguments: one is missing, one is "
    "unknown to it, or they stand in another order than it wants.",
    who="you",
    fix="Correct \"args\" as the program's own usage says.",
    commands=["{command:words} --help"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def usage_error(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.died or f.run.exit_code == 0 or f.launcher in _CONTAINERS:
        return None
    split = _split_at_blank(f, t)
    if split is not None:
        return split
    for pattern in _USAGE:
        heard, sure = f.find(pattern)
        if heard is not None:
            said = " ".join(heard[0].split())[:200]
            return Proof(
                f"“{said}”; the start {f.ending}{_given(t)}.", f.cites(), {"command": _program(f)}, confidence=sure
            )
    return None


def _split_at_blank(f: LaunchFacts, t: Trace) -> Proof | None:
    """An argument with a blank of which only the part before it arrived."""
    for arg in t.target.args if t.target is not None else ():
        if not isinstance(arg, str) or not re.search(r"\S\s", arg) or arg in f.words or re.search(r"[;|&\n]", arg):
            continue
        head = arg.split()[0]
        if len(head) > 3 and "/" in head and re.search(re.escape(head) + r"(?:['\"’:]|$|\s)", f.words, re.MULTILINE):
            return Proof(
                f"The argument “{arg}” has a blank in it; the program speaks of “{head}” alone: it was cut at the blank.",
                f.cites(), {"command": _program(f)},
            )  # fmt: skip
    return None


def _program(f: LaunchFacts) -> str:
    """The words that start the program, without its own arguments."""
    if f.launcher == "python" and (f.module or f.script):
        return shlex.join([f.command, *(["-m", f.module] if f.module else [f.script])])
    if f.launcher == "node" and f.script:
        return shlex.join([f.command, f.script])
    if f.launcher in ("npx", "uvx") and f.package:
        return shlex.join([f.command, *(["-y"] if f.launcher == "npx" else []), f.package])
    return shlex.join([f.command])


def _given(t: Trace) -> str:
    """The options that the entry gives, when there are few: the wrong one is among them."""
    given = [
        a.partition("=")[0] for a in (t.target.args if t.target else ()) if isinstance(a, str) and a.startswith("-")
    ]
    return f"; the entry gives {', '.join(given)}" if 0 < len(given) <= 4 else ""


_USAGE = (
    # argparse, optparse, click, typer
    re.compile(r"^\S[^\n]*: error: (?:the following arguments are required|unrecognized arguments|argument |invalid choice|"
               r"expected |one of the arguments|too few arguments|no such option|unexpected)[^\n]*", re.MULTILINE),
    re.compile(r"(?:Error:|│) (?:No such (?:option|command)|Missing (?:argument|option|parameter|command)|Got unexpected extra arg|"
               r"Invalid value for|Option [^\n]{1,60} requires)[^\n]*"),
    # clap, uv, commander, yargs, oclif
    re.compile(r"^error: (?:unexpected argument|the following required arguments|unrecognized subcommand|invalid value|a value is "
               r"required|the argument|unknown option|missing required argument|required option|too many arguments|unknown command|"
               r"option )[^\n]*", re.MULTILINE | re.IGNORECASE),
    re.compile(r"(?:Unknown|Unrecognized|Unexpected|Missing required|Invalid|Not enough)(?: or unexpected)? (?:positional |command[- ]line |"
               r"non-option )?(?:argument|option|flag|command|subcommand)s?\b[^\n]*", re.IGNORECASE),
    # node, python, cobra, Go flag, getopt
    re.compile(r"^\S*node: bad option: [^\n]*|^[Uu]nknown option: ?-[^\n]*|^(?:Error: )?unknown (?:shorthand )?(?:flag|command)[^\n]*|"
               r"^flag provided but not defined[^\n]*|^\S+: (?:unrecognized|invalid|illegal|unknown) option [^\n]*|"
               r"requires (?:at least|exactly) \d+ arg[^\n]*|accepts (?:at most )?\d+ arg\(s\)[^\n]*", re.MULTILINE | re.IGNORECASE),
    re.compile(r"^Provide a command (?:or script )?to (?:run|invoke) with[^\n]*", re.MULTILINE),
    re.compile(r"^(?:\S+: )?usage: \S[^\n]*", re.MULTILINE | re.IGNORECASE),
)  # fmt: skip


@cause(
    "launch-exits-silently", "script-path",
    title="The program ends at once and says nothing",
    means="The program came to its end without an error and without a word, before it read the first message. Its main part "
    "did not run: often a test for “started directly” that fails when it is started through a link, as npx does.",
    who="server_author",
    fix="Start the file itself ({how}), or use a version of the server whose main part runs when it is started through a link.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def exits_silently(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.run.exit_code != 0 or not f.died or f.words or f.launcher in _CONTAINERS:
        return None
    again = f.rerun("by its real path")
    if again is not None and again.answered:
        return Proof(
            "It ended with exit code 0 and without a word. Started by the real path of its file, it answers.",
            f.cites("launch.reruns[by its real path].answered"), {"how": "node and the real path of the file"},
        )  # fmt: skip
    what = f.script or f.module or f.package or f.command
    return Proof(
        f"{what} ended with exit code 0, without a word on stdout or stderr, before it answered.", f.cites(),
        {"how": f"not {f.command}" if not f.script else f.script},
    )  # fmt: skip
