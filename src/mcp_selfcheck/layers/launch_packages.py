"""Questions beside a start that failed: packages, registries, SDK versions, containers; one changed thing per question."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .. import consent
from ..facts.launch import CONTROL, LaunchFacts, Run
from ..facts.said import bare, flat, npm_code
from . import Walk, again
from . import launch_container as container
from . import launch_installed as installed
from .known_packages import is_known, meant
from .launch_look import which
from .launch_orphans import orphans
from .launch_registries import Question, npm_bins, npm_origins, npm_view, uv_resolve
from .launch_start import Plan, Started, start
from .programs import run_program

FETCHERS = ("npx", "uvx")
_NAME = re.compile(r"(@[a-z0-9~-][\w.~-]*/)?[a-z0-9~-][\w.~-]*", re.IGNORECASE)
_RACE = re.compile(r"ETXTBSY|Text file busy|EEXIST|ENOTEMPTY|ECOMPROMISED|EBUSY|os error 26", re.IGNORECASE)
_NODE_ERROR = re.compile(
    r"^Node\.js v\d|node:internal|node_modules|MODULE_NOT_FOUND|SyntaxError|\.[cm]?[jt]s:\d+", re.MULTILINE
)
_PYTHON_ERROR = re.compile(r"^\s*\w*(Error|Exception)\b|^Traceback |site-packages", re.MULTILINE)


@dataclass
class Beside:
    """What the questions gave: by question, versions of installed packages, and differential starts.

    `stuck`: the launcher is alive only because it cannot reach its registry; no server runs.
    """

    asked: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    reruns: list[Run] = field(default_factory=list)
    stuck: bool = False

    def add_to(self, f: LaunchFacts) -> LaunchFacts:
        return replace(
            f, state="broken" if self.stuck else f.state, asked={**f.asked, **self.asked},
            packages={**self.packages, **f.packages}, reruns=(*f.reruns, *self.reruns),
        )  # fmt: skip


def _question(w: Walk, f: LaunchFacts, env: Mapping[str, str]) -> Question | None:
    """None when the server answered in time, or nothing was started: then there is nothing to ask."""
    run = f.run
    if run is None or run.spawn_error or (run.answered and not f.over_limit):
        return None
    silent = not run.answered and run.exit_code is None and not run.signal
    return Question(w, f, env, tuple(w.target.argv()), run.stderr, silent)


async def ask_packages(w: Walk, f: LaunchFacts, env: Mapping[str, str]) -> Beside:
    """What packages, registries and containers have to say about a start that gave no answer."""
    q, a = _question(w, f, env), Beside()
    left = await asyncio.to_thread(orphans, tuple(w.target.argv()))
    if left:
        a.asked["orphans"] = ", ".join(str(pid) for pid in left)
    if q is None or (f.over_limit and not q.silent):
        return a
    await asyncio.gather(_npm(q, a), _uv(q, a), _container(q, a), _sdk(q, a))
    if q.silent and f.launcher in FETCHERS and not _has_child(w):
        # Still fetching: whatever is silent here is not the server.
        a.asked["started so far"] = f"{f.launcher} only, no program of the package"
        a.stuck = True
    deaf = any(a.asked.get(k, "").startswith("unreachable") for k in ("npm view", "uv finds"))
    a.stuck = a.stuck or (q.silent and deaf)
    return a


def _has_child(w: Walk) -> bool:
    """Whether the launcher has started anything; True when that cannot be seen."""
    import psutil

    if w.live is None or w.live.child is None:
        return True
    try:
        return bool(psutil.Process(w.live.child.pid).children())
    except psutil.Error:
        return True


async def start_again(w: Walk, f: LaunchFacts, env: Mapping[str, str]) -> LaunchFacts:
    """The same command a second time, alone, where the first start failed by collision or came too late."""
    q = _question(w, f, env)
    if q is None or q.f.run is None:
        return f
    if f.over_limit and f.limit_s and not q.silent:
        if w.live is not None:
            await w.live.close(0)
        second = await _start(q, list(q.argv), CONTROL, min(f.limit_s, q.seconds(f.limit_s)))
        in_time = second.run.answered and second.seconds <= f.limit_s
        return replace(f, asked={**f.asked, "second start": "in time" if in_time else "too slow again"})
    if f.died and _RACE.search(q.stderr) and f.rerun(CONTROL) is None and again.may_start(w):
        second = await _start(q, list(q.argv), CONTROL, q.seconds(10))
        return replace(f, reruns=(*f.reruns, second.run))
    return f


# --- registries -----------------------------------------------------------------------------------------------------


async def _npm(q: Question, a: Beside) -> None:
    if q.f.launcher in ("npx", "npm") or "/_npx/" in q.stderr:
        _npx_folder(q, a)
    if q.f.launcher not in ("npx", "npm", "bunx", "pnpm", "sh", "bash") or not q.f.package:
        return
    name = bare(q.f.package)
    code = npm_code(q.stderr)
    if not q.silent and "could not determine executable to run" in q.stderr:
        a.asked |= await npm_bins(q, name)
    if not (q.silent or code) or not _NAME.fullmatch(name):
        return
    a.asked |= meant(name, "npm")
    found, origins = await asyncio.gather(npm_view(q, name), npm_origins(q, name))
    a.asked |= found | origins
    if code == "E404" and not name.startswith("@"):
        a.asked |= await uv_resolve(q, name)


async def _uv(q: Question, a: Beside) -> None:
    if q.f.launcher not in ("uvx", "uv run", "pipx"):
        return
    name = bare(q.f.package)
    if q.f.launcher == "uv run" and "Failed to spawn" in q.stderr:
        programs = installed.project_programs(q.f, q.argv)
        if programs:
            a.asked["programs of the package"] = programs
    if q.f.launcher == "uvx" and name:
        a.asked |= meant(name, "pypi")
    words = flat(q.stderr)
    wrong = re.search(
        r"was not found in|there (?:is|are) no version|Invalid version request|[Nn]ot a valid package", words
    )
    if not name or not (q.silent or wrong) or q.f.launcher != "uvx":
        return
    if _NAME.fullmatch(name) and "/" not in name:
        a.asked |= await uv_resolve(q, name)
    if not a.asked.get("uv finds", "").startswith("unreachable") and (
        wrong and a.asked.get("uv finds") in (None, "not found")
    ):
        for_npm = name.lstrip("@") if name.startswith("@") and "/" not in name else name
        if _NAME.fullmatch(for_npm) and which("npm", q.env.get("PATH")):
            a.asked |= await npm_view(q, for_npm)
            a.asked["known npm package"] = "yes" if is_known(for_npm, "npm") else "no"


def _npx_folder(q: Question, a: Beside) -> None:
    if q.silent:
        return
    folder = installed.npx_folder(q.f, q.env, q.stderr)
    if not folder:
        return
    if re.search(r"could not determine executable to run|: not found$|command not found", q.stderr, re.MULTILINE):
        programs = installed.npx_programs(folder, q.f.package)
        if programs:
            a.asked["programs of the package"] = programs
    missing = installed.npx_missing(folder, q.stderr, q.f.package)
    if missing or re.search(r"ENOTEMPTY|EEXIST|ENOENT", npm_code(q.stderr)):
        a.asked |= {"npx folder": folder, **missing}


# --- SDK versions ---------------------------------------------------------------------------------------------------

_VERSIONS = (
    "import importlib.metadata as m\n"
    "for n in ('mcp', 'fastmcp', 'mcp-types', 'pydantic'):\n"
    "    try: print(n, m.version(n))\n"
    "    except m.PackageNotFoundError: pass\n"
)


async def _sdk(q: Question, a: Beside) -> None:
    if q.silent or not q.stderr:
        return
    if _PYTHON_ERROR.search(q.stderr):
        folders = await asyncio.to_thread(installed.site_folders, q.f, q.argv, q.stderr)
        a.packages |= await asyncio.to_thread(installed.python_packages, folders)
        if venv := installed.activated(q.argv):
            a.asked["python"] = f"{venv}/bin/python"
        if "mcp" not in a.packages and q.f.launcher == "python" and q.f.resolved:
            said = await run_program([q.f.resolved, "-B", "-c", _VERSIONS], q.env, q.f.cwd or None, q.seconds(4))
            rows = (line.split() for line in said.out.splitlines())
            a.packages |= {row[0]: row[1] for row in rows if len(row) == 2 and row[0] not in a.packages}
        await asyncio.to_thread(_release, q, a, folders)
    if _NODE_ERROR.search(q.stderr):
        files = installed.node_files(q.f, q.stderr)
        a.packages |= await asyncio.to_thread(installed.node_packages, files)
        if files:
            manifest, kind = installed.module_type(_first_own(files))
            if manifest:
                a.asked |= {"module type": kind, "module type set by": manifest}


def _first_own(files: list[str]) -> str:
    return next((f for f in files if not f.startswith("/node_modules/") and os.path.exists(f)), files[0])


def _release(q: Question, a: Beside, folders: list[str]) -> None:
    """For uvx and pipx: whether the release requires the module that it lacks."""
    missing = re.findall(r"ModuleNotFoundError: No module named '([\w.]+)'", q.stderr)
    if not missing or q.f.launcher not in ("uvx", "pipx"):
        return
    version, needs = installed.requirements(folders, bare(q.f.package))
    if version:
        top = missing[-1].split(".")[0]
        a.asked |= {"release": f"{bare(q.f.package)} {version}", "release requires": ", ".join(needs) or "nothing"}
        a.asked["release lacks"] = top


# --- the same start again ---------------------------------------------------------------------------------------------


async def _start(q: Question, argv: list[str], how: str, seconds: float) -> Started:
    plan = Plan(
        path=q.f.resolved or argv[0], argv=tuple(argv), env=q.env, cwd=q.f.cwd or None, opening=q.w.client.opening,
        version=q.w.client.version,
    )  # fmt: skip
    started = await start(plan, how, q.w.budget.slice(seconds))
    if started.conversation is not None:
        await started.conversation.close(0)
    return started


async def _container(q: Question, a: Beside) -> None:
    words = container.words_of(q.f, q.argv)
    run = container.read_run(words)
    address = container.engine_address(q.stderr) if container.names_program(q.argv) else ""
    if address:
        a.asked["engine"] = address
        if container.own_engine(address, q.argv, q.env):
            a.asked["engine dialled"] = await container.dial_engine(address, q.seconds(2))
            a.asked["engine socket"] = container.socket_rights(address)
    if run is None:
        return
    a.asked |= {
        "image": run.image,
        "docker -i": "yes" if run.interactive else "no",
        "docker -t": "yes" if run.tty else "no",
    }
    if address or words != list(q.argv):
        return
    if run.tty:
        changed, how = container.without_tty(words, run), "without -t"
        if not run.interactive:
            changed, how = container.with_interactive(changed, run), "with -i and without -t"
    elif not run.interactive and not _image_error(q.stderr):
        changed, how = container.with_interactive(words, run), "with -i"
    else:
        return
    if consent.same(q.f.resolved or changed[0], changed, q.f.cwd or None) and again.may_start(q.w):
        a.reruns.append((await _start(q, changed, how, q.seconds(8))).run)


def _image_error(stderr: str) -> bool:
    return bool(re.search(r"pull access denied|manifest unknown|manifest for|No such image|invalid reference", stderr))
