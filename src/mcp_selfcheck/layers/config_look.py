"""What stands on the disk where an entry points: programs on the client's PATH, and values that look like paths."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..clients import project_of
from ..discover_read import read_bytes
from ..facts.launch import BANNERS
from ..model import Problem, Secret, Target, plain

SCRIPT = re.compile(
    r"\.(?:py|js|mjs|cjs|ts|mts|sh|rb|jar|php|exe|dll|json|ya?ml|toml|db|sqlite3?|txt|md|env|wasm|pl|lua)$"
)
INTERPRETERS = re.compile(
    r"^(?:python[\d.]*|pypy\d?|node|nodejs|bun|deno|tsx|ts-node|ruby|php|perl|java|bash|sh|zsh|dash|dotnet|lua|uv|uvx)$"
)
# Launchers whose first argument is a package and never a file.
PACKAGES = ("npx", "uvx", "bunx", "pnpx", "pipx", "docker", "podman")
FLAG = re.compile(r"^(-{1,2}[\w-]+)(?:\s+|=\s+)(\S.*)$", re.S)


@dataclass
class Looks:
    which: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def looks_at(t: Target, env: Mapping[str, str], cwd: str | None, environ: Mapping[str, str]) -> Looks:
    """Looks at the disk for one stdio entry. `env` is what the server gets; `cwd` where the client starts it."""
    looks = Looks()
    base = cwd or _here()
    home = environ.get("HOME") or str(Path.home())
    if t.command:
        _command(t, env, base, looks)
    for where, text in path_values(t):
        _path(t, where, text, base, home, looks)
    _glued(t, looks)
    return looks


def _command(t: Target, env: Mapping[str, str], base: str, looks: Looks) -> None:
    command = t.command or ""
    found = _which(command, env, base)
    looks.which[command] = found or "missing"
    bare = command.strip("\"'")
    if bare != command and _which(bare, env, base):
        looks.which[bare] = _which(bare, env, base) or ""
    if found or not re.search(r"\s", command.strip()):
        return
    first, rest = _split_command(command.strip(), env, base)
    head, _, tail = command.strip().partition(" ")
    if not first and head in BANNERS:  # a launcher that is not installed was meant all the same
        first, rest = head, tail.strip()
    if first:
        looks.which[first] = _which(first, env, base) or "missing"
        looks.problems.append(
            Problem(kind="args-in-command", where="command", detail=command, after=first, before=rest)
        )


def _split_command(command: str, env: Mapping[str, str], base: str) -> tuple[str, str]:
    """Where the program ends and its arguments begin: the longest front that is a program (paths may hold blanks)."""
    ends = [m.start() for m in re.finditer(r"\s", command)]
    for end in reversed(ends[:20]):
        front = command[:end].strip().strip("\"'")
        if front and _which(front, env, base):
            return front, command[end:].strip()
    return "", ""


def _which(command: str, env: Mapping[str, str], base: str) -> str | None:
    if "\0" in command or not command:
        return None
    if "/" in command:
        path = os.path.join(base, command)
        return path if os.path.isfile(path) and os.access(path, os.X_OK) else None
    return shutil.which(command, path=env.get("PATH", os.defpath))


def path_values(t: Target) -> Iterator[tuple[str, str]]:
    """Values that look like paths, by their place; of --flag=PATH the path."""
    if t.command and "/" in t.command and not re.search(r"\s-", t.command):
        yield "command", t.command
    name = (t.command or "").rsplit("/", 1)[-1]
    for i, arg in enumerate(t.args):
        if isinstance(arg, Secret) or "\0" in arg or len(arg) > 4096:
            continue
        flag, _, behind = arg.partition("=")
        text = behind if flag.startswith("-") and behind else arg
        if looks_like_path(text, name):
            yield f"args[{i}]", text
    if t.cwd:
        yield "cwd", t.cwd


def looks_like_path(text: str, program: str) -> bool:
    bare = text.strip("\"'“”‘’")
    if not bare or bare.startswith(("-", "@", "http:", "https:", "git+", "npm:")) or "://" in bare or "\n" in bare:
        return False
    if bare.startswith(("/", "~/", "./", "../", "~\\")) or bare in (".", "..", "~"):
        return True
    if SCRIPT.search(bare):
        return True
    return "/" in bare and program not in PACKAGES and not re.search(r"[\s:,;|&$%{}]", bare)


def _path(t: Target, where: str, text: str, base: str, home: str, looks: Looks) -> None:
    """What stands at a value that looks like a path, and where it would stand when read as it was meant."""
    state = _state(os.path.join(base, text))
    if state != "missing":
        looks.paths[where] = state
        return
    for kind, meant in _meanings(t, text, home):
        if _state(meant) != "missing":
            looks.paths[where] = f"missing; exists at {meant}"
            if kind == "relative-path":
                looks.problems.append(Problem(kind=kind, where=where, detail=text, after=meant, note=base))
            return
    looks.paths[where] = "missing"


def _meanings(t: Target, text: str, home: str) -> Iterator[tuple[str, str]]:
    bare = text.strip("\"'“”‘’")
    if bare != text:
        yield "quotes-in-arg", bare.replace("~/", home + "/", 1) if bare.startswith("~/") else bare
    if bare == "~" or bare.startswith("~/"):
        yield "tilde", home + bare[1:]
    if not Path(bare).is_absolute() and not bare.startswith("~"):
        folders = (t.cwd or "", str(Path(t.source.file).parent), project_of(t) or "", _here(), home)
        for folder in dict.fromkeys(f for f in folders if f and t.source.file):
            yield "relative-path", os.path.normpath(os.path.join(folder, bare))


def _state(path: str) -> str:
    try:
        return "directory" if os.path.isdir(path) else "file" if os.path.exists(path) else "missing"
    except (OSError, ValueError):
        return "missing"


def _glued(t: Target, looks: Looks) -> None:
    """A flag and its value, or a whole command line, in one argument: the program gets one word with a blank in it."""
    for i, arg in enumerate(t.args):
        if isinstance(arg, Secret) or len(arg) > 2000:
            continue
        m = FLAG.match(arg)
        if m and " " not in m.group(1):
            looks.problems.append(
                Problem(
                    kind="args-in-command",
                    where=f"args[{i}]",
                    note="glued",
                    detail=arg,
                    before=m.group(1),
                    after=m.group(2),
                )
            )
        elif i == 0 and re.match(r"^\S+\.(?:py|js|mjs|cjs|ts|sh)\s+\S", arg) and not os.path.exists(arg):
            head, _, tail = arg.partition(" ")
            looks.problems.append(
                Problem(kind="args-in-command", where="args[0]", note="glued", detail=arg, before=head, after=tail)
            )


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # the folder was deleted under us
        return "/"


def located(t: Target, problems: list[Problem]) -> list[Problem]:
    """The problems with the line of the value that they speak of; the entry's own line when that cannot be found."""
    if all(p.line or not p.where for p in problems) or t.source.line is None:
        return [p if p.line else replace(p, line=t.source.line) for p in problems]
    raw = read_bytes(t.source.file)
    rows = [] if isinstance(raw, Problem) else raw.decode("utf-8", "replace").split("\n")[t.source.line - 1 :][:400]
    return [p if p.line else replace(p, line=t.source.line + _row(t, p.where, rows)) for p in problems]


def _row(t: Target, where: str, rows: list[str]) -> int:
    """How many lines below the entry's key the value stands; 0 when it is not found."""
    kind, _, name = where.partition(".")
    if where.startswith("args["):
        i = int(where[5:-1])
        needles = [json.dumps(plain(t.args[i]), ensure_ascii=False)[1:-1], '"args"'] if i < len(t.args) else []
    elif kind in ("env", "headers"):
        needles = [json.dumps(name, ensure_ascii=False), name]
    else:
        needles = [json.dumps(where.split()[0]), where.split()[0]]
    for needle in needles:
        for number, row in enumerate(rows):
            if needle and needle in row:
                return number
    return 0
