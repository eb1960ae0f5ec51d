"""One small question to one program: run to its end, bounded, nothing left."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import spawn
from ..budget import Budget

_OUTPUT_CAP = 64 * 1024
_MARK = "=mcp-selfcheck="


@dataclass(frozen=True)
class Once:
    """How it ended and what it said. `error` is an errno name or "timeout" when it did not come to an end."""

    exit_code: int | None = None
    signal: str = ""
    stdout: str = ""
    stderr: str = ""
    error: str = ""

    @property
    def first_line(self) -> str:
        return next((x.strip() for x in (self.stdout + "\n" + self.stderr).splitlines() if x.strip()), "")[:200]


async def once(argv: Sequence[str], env: Mapping[str, str], cwd: str, budget: Budget) -> Once:
    """Runs argv[0] (a path) with its stdin at the end from the beginning."""
    out = bytearray()

    def take(chunk: bytes) -> None:
        if len(out) < _OUTPUT_CAP:
            out.extend(chunk[: _OUTPUT_CAP - len(out)])

    try:
        child = await spawn.start(argv[0], argv, env, cwd, take)
    except spawn.SpawnError as error:
        return Once(error=error.name)
    child.close_stdin()
    try:
        async with asyncio.timeout(budget.left()):
            await child.gone.wait()
        async with asyncio.timeout(budget.at_most(0.3)):
            await asyncio.gather(child.stdout_closed.wait(), child.stderr_closed.wait())
    except TimeoutError:
        pass
    finally:
        await child.close(0)
    text = out.decode("utf-8", "replace")
    ended = child.ended
    cut = "" if ended.exit_code is not None or ended.signal else "timeout"
    return Once(ended.exit_code, ended.signal, text, child.stderr.text(), cut)


@dataclass(frozen=True)
class Login:
    """What a login shell of this person has: its PATH, and the names of its variables. Empty when it did not answer."""

    path: str = ""
    names: frozenset[str] = field(default=frozenset())


async def login(environ: Mapping[str, str], budget: Budget) -> Login:
    """What a terminal has: an interactive login shell, and for bash also one without login (Linux desktops start that).

    What the start-up files print is passed over. The environment that we were started with is left out, so that the
    start-up files speak alone.
    """
    shell = environ.get("SHELL", "")
    if Path(shell).name not in ("bash", "zsh", "fish", "ksh") or not os.access(shell, os.X_OK):
        shell = next((s for s in ("/bin/bash", "/bin/zsh", "/bin/sh") if os.access(s, os.X_OK)), "/bin/sh")
    flags = {"sh": ("-lc",), "bash": ("-lic", "-ic")}.get(Path(shell).name, ("-lic",))
    ask = f"printf '\\n{_MARK}%s\\n' \"$PATH\"; printf '{_MARK}'; env -0"
    bare = {k: v for k, v in environ.items() if k in ("HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG")}
    bare["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    answers = await asyncio.gather(*(once([shell, f, ask], bare, "/", budget) for f in flags))
    folders: list[str] = []
    names: set[str] = set()
    for said in answers:
        parts = said.stdout.split(_MARK)
        if len(parts) >= 3:
            folders += parts[-2].strip("\n").split(os.pathsep)
            names |= {entry.partition("=")[0] for entry in parts[-1].split("\0") if "=" in entry}
    return Login(os.pathsep.join(dict.fromkeys(f for f in folders if f)), frozenset(names - set(bare)))


# Runs in any Python 2.7 or 3: which of the named modules it finds, and which versions are installed.
_PYTHON_ASK = """
import sys, json
folder, modules, packages = json.loads(sys.argv[1])
if folder: sys.path[0] = folder
said = {"version": "%d.%d.%d" % sys.version_info[:3], "found": {}, "packages": {}}
try:
    from importlib.util import find_spec
except ImportError:
    import imp
    def find_spec(name): return imp.find_module(name)
for name in modules:
    top = name.split(".")[0]
    try: said["found"][top] = find_spec(top) is not None
    except Exception: said["found"][top] = False
    if top != name and said["found"][top]:
        try: said["found"][name] = find_spec(name) is not None
        except Exception: said["found"][name] = False
try:
    from importlib.metadata import version
    for name in packages:
        try: said["packages"][name] = version(name)
        except Exception: pass
except ImportError: pass
sys.stdout.write("\\n" + json.dumps(said) + "\\n")
"""


@dataclass(frozen=True)
class Python:
    """What one interpreter says of itself."""

    version: str = ""
    found: Mapping[str, bool] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)


async def python(
    path: str, env: Mapping[str, str], cwd: str, folder: str, modules: Sequence[str], packages: Sequence[str],
    budget: Budget,
) -> Python:  # fmt: skip
    """Which of `modules` it finds, with `folder` as the script's folder; imports the parents of dotted ones."""
    question = json.dumps([folder, list(modules), list(packages)])
    said = await once([path, "-B", "-c", _PYTHON_ASK, question], env, cwd, budget)
    try:
        answer = json.loads(said.stdout.strip().rsplit("\n", 1)[-1])
        return Python(str(answer["version"]), dict(answer["found"]), dict(answer["packages"]))
    except (ValueError, KeyError, TypeError):
        return Python()
