"""Why a start failed: small questions that differ from it in one thing each, asked side by side."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from .. import consent
from ..budget import Budget
from ..facts.launch import BANNERS, CONTROL, FileLook, Helper, Run
from . import Walk, again
from .launch_command import plain_name
from .launch_look import every, installed, look, own_machine, present_without_bit, which
from .launch_once import Login, login, once, python
from .launch_project import (
    built_project,
    lists_dependency,
    node_engines,
    node_project,
    package_of,
    requires_python,
    syntax_error,
    venv_pythons,
)
from .launch_scene import Scene
from .launch_start import Plan, Started, start

_LOGIN_SECONDS = 3.0
_ONCE_SECONDS = 5.0
_RERUN_SECONDS = 8.0
_PACKAGES = ("mcp", "fastmcp", "pydantic")

# Names of programs and files that an error text says are missing, in the words of shells, Node, Python, Go and Rust.
_NO_PROGRAM = (
    re.compile(r"""^(?:/usr/bin/)?env: [‘'"]?([\w.+-]+)[’'"]?: No such file""", re.MULTILINE),
    re.compile(r"(?:line )?\d+: (?:exec: )?([\w.+/-]+): (?:command )?not found", re.MULTILINE),
    re.compile(r"^[\w/.-]*(?:ba|z|da|k|a)?sh: (?:exec: )?([\w.+/-]+): (?:command )?not found", re.MULTILINE),
    re.compile(r"command not found: ([\w.+/-]+)"),
    re.compile(r"\bspawn ([\w.+/-]+) ENOENT"),
    re.compile(r"""exec(?:ve)?: "([\w.+/-]+)": executable file not found"""),
    re.compile(r"""FileNotFoundError: \[Errno 2\] No such file or directory: '([\w.+-]+)'"""),
    re.compile(r"""(?:setpriv|nice|nohup|timeout|setsid|stdbuf): failed to (?:execute|run command) ['‘]?([\w.+-]+)"""),
    re.compile(r"""(?:nice|nohup|timeout|setsid|stdbuf): ['‘]?([\w.+-]+)['’]?: No such file"""),
)
_NO_FILE = (
    re.compile(r"""can't open file '([^'\n]+)'"""),
    re.compile(r"""Cannot find module '((?:/|\./|\.\./|[A-Z]:)[^'\n]+)'"""),
    re.compile(r"""(?:ENOENT: no such file or directory, \w+|No such file or directory:) ['"]([^'"\n]+)['"]"""),
    re.compile(r"""^\S*sh: (?:\d+: )?(?:line \d+: )?(?:cannot open |can't open ['‘]?)?(/[^:'’\n]+)['’]?: No such file""", re.MULTILINE),
    re.compile(r"""Module not found "(?:file://)?([^"\n]+)\""""),
    re.compile(r"Unable to access jarfile (\S+)"),
    re.compile(r"""(?:Cannot open|Could not open input file:|error: Module not found) ["']?(/[^"'\n]+)"""),
)  # fmt: skip
_DENIED = re.compile(
    r"""\[Errno (?:1|13|30)\] [^\n:]{3,40}: ['"]([^'"\n]+)['"]|E(?:ACCES|PERM|ROFS): [^\n,]{3,40}, \w+ '([^'\n]+)'"""
    r"""|(?:open|mkdir|create) ([^\s:'"]+): (?:permission denied|read-only file system|operation not permitted)"""
    r"""|cannot (?:create|touch|make)(?: directory)? ['‘]?([^'’:\n]+)['’]?: (?:Permission denied|Read-only)""",
)
_NO_MODULE = re.compile(r"No module named ['\"]?([\w.]+)")
_NO_NAME = re.compile(r"cannot import name ['\"]?\w+['\"]? from ['\"]?([\w.]+)")
_NO_PACKAGE = re.compile(r"Cannot find (?:package|module) '((?:@[\w.-]+/)?[\w.-]+)[^']*'(?: imported from (\S+))?")
_REQUIRE_STACK = re.compile(r"Require stack:\s*-\s*(/\S+)")
_CWD_WORDS = re.compile(
    r"EROFS|Read-only file system|EACCES|EPERM|Permission denied|Operation not permitted|ENOENT|No such file|"
    r"unable to open database|cannot create|FileNotFoundError|does not exist",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|HOME|USER|LANG|TMPDIR|TOKEN|DISPLAY|SHELL)\b")


@dataclass
class Answers:
    """What the questions brought; fields as in LaunchFacts."""

    login: Login = field(default_factory=Login)
    helpers: list[Helper] = field(default_factory=list)
    looks: list[FileLook] = field(default_factory=list)
    reruns: list[Run] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)


async def ask(w: Walk, scene: Scene, plan: Plan, started: Started) -> Answers:
    """All questions that this failure makes relevant, inside what is left of the budget."""
    answers = Answers()
    text = started.run.stderr + "\n" + started.run.stdout
    budget = w.budget.slice(w.budget.share(0.85))
    answers.login = await login(w.environ, budget.slice(_LOGIN_SECONDS))
    _paths(w, scene, text, answers)
    await asyncio.gather(
        _helpers(w, scene, text, answers, budget),
        _pythons(w, scene, text, answers, budget),
        _node(scene, text, answers, budget),
    )
    await _reruns(w, scene, plan, started, text, answers, budget)
    return answers


def named_programs(text: str) -> list[str]:
    return list(dict.fromkeys(m[1] for p in _NO_PROGRAM for m in p.finditer(text)))[:6]


# --- files ------------------------------------------------------------------------------------------------------------
def _paths(w: Walk, scene: Scene, text: str, answers: Answers) -> None:
    """Looks at the paths that the error names, and at the project around a missing one."""
    named = list(dict.fromkeys(m[1] for p in _NO_FILE for m in p.finditer(text)))[:4]
    known = {x.path for x in scene.looks}
    for path in named:
        if "/" in path and path not in known:
            answers.looks.append(look(path, "named in the error", scene.env, scene.cwd))
    for denied in list(dict.fromkeys(next(g for g in m.groups() if g) for m in _DENIED.finditer(text)))[:2]:
        if denied not in known and (not denied.startswith("/") or os.path.dirname(denied) == scene.cwd):  # noqa: PTH120
            answers.looks.append(look(denied, "denied", scene.env, scene.cwd))
    known |= {x.path for x in answers.looks}
    for word in w.target.args:
        path = word.rpartition("=")[2] if isinstance(word, str) else ""
        if path.startswith("/") and path not in known and path in text and not os.path.exists(path):
            answers.looks.append(look(path, "argument", scene.env, scene.cwd))
    missing = [x for x in (*scene.looks, *answers.looks) if x.kind == "missing"]
    for seen in missing[:3]:
        place = os.path.join(scene.cwd, seen.path)
        found = node_project(place) if re.search(r"\.[cm]?[jt]sx?$|/(dist|build|lib|out)(/|$)", place) else {}
        found = found or (built_project(place) if seen.role == "command" else {})
        for question, answer in found.items():
            answers.asked.setdefault(question, answer)
    for x in scene.looks:
        if x.role == "command" and _noexec(x.path):
            answers.asked["mounted noexec"] = x.path
    if any(x.kind in ("elf", "mach-o") for x in (*scene.looks, *answers.looks)):
        answers.asked["machine"] = own_machine()
    answers.asked |= syntax_error(text)
    if scene.parsed.script and "relative import" in text:
        module, above = package_of(os.path.join(scene.cwd, scene.parsed.script))
        answers.asked |= {"module of the script": module, "folder above its package": above} if module else {}
    npm = re.search(r"(/[^\s'\"]*?/\.npm)\b", text)
    if npm:
        try:
            owner = Path(npm[1]).stat().st_uid
            answers.asked["owner of the npm cache"] = f"uid {owner}"
            answers.asked["path of the npm cache"] = npm[1]
        except OSError:
            pass


def _noexec(path: str) -> bool:
    """Whether the file lies on a file system that is mounted noexec (statvfs(3), ST_NOEXEC)."""
    try:
        return bool(os.statvfs(path).f_flag & getattr(os, "ST_NOEXEC", 8))
    except OSError:
        return False


# --- programs ---------------------------------------------------------------------------------------------------------
async def _helpers(w: Walk, scene: Scene, text: str, answers: Answers, budget: Budget) -> None:
    wanted: dict[str, str] = {}
    command = scene.argv[0]
    if "/" not in command:
        wanted[command] = "the command"
    for seen in scene.looks:
        if seen.kind == "script" and seen.interpreter_found == "missing":
            words = [x for x in seen.interpreter.split() if not x.startswith("-")]
            if len(words) > 1 and Path(words[0]).name == "env":
                wanted.setdefault(words[1], f"the interpreter of {seen.path}")
    if scene.parsed.inner and "/" not in scene.parsed.inner[0] and scene.parsed.launcher in _WRAPPERS:
        wanted.setdefault(scene.parsed.inner[0], f"what {command} runs")
    for name in named_programs(text):
        if "/" not in name:
            wanted.setdefault(name, "named in the error")
    if re.search(r"git executable not found|spawn git|git: not found|git: command not found", text, re.IGNORECASE):
        wanted.setdefault("git", "named in the error")
    found = await asyncio.gather(*(_helper(w, scene, n, why, answers.login, budget) for n, why in wanted.items()))
    answers.helpers = sorted(found, key=lambda h: list(wanted).index(h.name))


_WRAPPERS = ("sh", "bash", "zsh", "dash", "env", "cmd", "nice", "nohup", "setsid", "timeout", "")


async def _helper(w: Walk, scene: Scene, name: str, why: str, at: Login, budget: Budget) -> Helper:
    path = scene.env.get("PATH")
    here = every(name, path)
    terminal = which(name, at.path) or which(name, w.environ.get("PATH"))
    without_entry = ""
    if "PATH" in w.target.env and not here:
        without_entry = which(name, w.environ.get("PATH"))
    others = [p for p in (*here[1:], *every(name, at.path), *every(name, w.environ.get("PATH")))
              if here and os.path.realpath(p) != os.path.realpath(here[0])]  # fmt: skip
    banner = other_banner = ""
    if here and why == "the command" and name in BANNERS:
        both = [here[0], *others[:1]]
        said = await asyncio.gather(
            *(once([p, "--version"], dict(w.environ), "/", budget.slice(_ONCE_SECONDS)) for p in both)
        )
        lines = [s.error or s.first_line or "nothing" for s in said]
        banner, other_banner = lines[0], lines[1] if len(lines) > 1 else ""
    return Helper(
        name=name, why=why, on_client_path=here[0] if here else "", on_terminal_path=terminal,
        installed_at="" if here else next(iter(installed(name, w.environ.get("HOME", "/"))), ""), without_entry_path=without_entry,
        without_bit=present_without_bit(name, path), banner=banner, other=others[0] if others else "",
        other_banner=other_banner,
    )  # fmt: skip


# --- Python -----------------------------------------------------------------------------------------------------------
def python_of(scene: Scene) -> str:
    """The interpreter that runs the server, as far as the files say it, or ""."""
    if plain_name(scene.argv[0]) == "python":
        return scene.resolved
    if scene.parsed.launcher == "python" and scene.parsed.inner and plain_name(scene.parsed.inner[0]) == "python":
        inner = scene.parsed.inner[0]
        return inner if "/" in inner else which(inner, scene.env.get("PATH"))
    for seen in scene.looks:
        if seen.kind == "script" and plain_name(seen.interpreter_found) == "python":
            return seen.interpreter_found
    return ""


async def _pythons(w: Walk, scene: Scene, text: str, answers: Answers, budget: Budget) -> None:
    """Which interpreters have the modules that the error misses, and which versions they are."""
    modules = list(dict.fromkeys([*_NO_MODULE.findall(text), *_NO_NAME.findall(text)]))[:3]
    used = python_of(scene)
    started = re.search(r'^  File "(/[^"\n]+\.py)", line \d+, in <module>', text, re.MULTILINE)
    script = scene.parsed.script or (started[1] if started else "")  # a wrapper runs it: the traceback names it
    folder = str(Path(os.path.join(scene.cwd, script)).parent) if script else scene.cwd
    about = modules or re.search(r"Traceback \(most recent|SyntaxError|Python", text)
    if not about or not (used or modules or scene.parsed.launcher == "uv run"):
        return
    wanted = requires_python(folder, scene.cwd, scene.parsed.directory or folder)
    if wanted:
        answers.asked["requires-python"] = wanted
    others = list(venv_pythons(folder, scene.cwd, *([scene.parsed.directory] if scene.parsed.directory else ())))
    if modules and used and "/" not in scene.argv[0]:  # a bare name: the PATH decided which one it is
        name = Path(used).name
        others += [p for p in (which(name, answers.login.path), which(name, w.environ.get("PATH"))) if p]
    same = _real(used)
    others = [p for p in dict.fromkeys(others) if p != used and (_real(p) != same or "/bin/" in p)]
    asks = ([used] if used else []) + [p for p in others if p != used][:3]
    said = await asyncio.gather(
        *(python(p, scene.env, scene.cwd, folder if scene.parsed.script else "", modules, _PACKAGES,
                 budget.slice(_ONCE_SECONDS)) for p in asks)
    )  # fmt: skip
    for path, answer in zip(asks, said, strict=True):
        if answer.version:
            answers.versions[path] = answer.version
        for module, there in answer.found.items():
            answers.asked[f"{module} in {path}"] = "found" if there else "not found"
        if path == used:
            answers.packages.update(answer.packages)
    if used:
        answers.asked["python"] = used


def _real(path: str) -> str:
    return os.path.realpath(path) if path else ""


# --- Node -------------------------------------------------------------------------------------------------------------
async def _node(scene: Scene, text: str, answers: Answers, budget: Budget) -> None:
    """The version that runs, what the package asks for, and whether a missing package is listed and installed."""
    about = "node:" in text or "Node.js v" in text or "/node_modules/" in text or "npm " in text or "npm error" in text
    of_node = scene.parsed.launcher in ("node", "npx", "npm", "tsx", "ts-node", "pnpm", "yarn")
    shebang = next((x for x in scene.looks if plain_name(x.interpreter_found) == "node"), None)
    if not (about or of_node or shebang):
        return
    path = scene.resolved if plain_name(scene.argv[0]) == "node" else which("node", scene.env.get("PATH"))
    if shebang is not None:
        path = shebang.interpreter_found
    if path:
        said = await once([path, "--version"], scene.env, "/", budget.slice(_ONCE_SECONDS))
        if re.match(r"v\d", said.first_line):
            answers.versions["node"] = said.first_line.lstrip("v")
            answers.asked["node"] = path
    script = scene.parsed.script or (shebang.path if shebang else "")
    if script and "engines.node" not in answers.asked:
        wanted = node_engines(os.path.join(scene.cwd, script))
        if wanted:
            answers.asked["engines.node"] = wanted
    for package, importer in _NO_PACKAGE.findall(text):
        stack = _REQUIRE_STACK.search(text)
        origin = importer or (stack[1] if stack else os.path.join(scene.cwd, script))
        project = node_project(os.path.join(scene.cwd, origin))
        if package.startswith(".") or not project:
            continue
        answers.asked["missing npm package"] = package
        answers.asked["project"] = project["project"]
        answers.asked["node_modules"] = project["node_modules"]
        answers.asked["listed in package.json"] = "yes" if lists_dependency(project["project"], package) else "no"
        break


# --- starting again with one thing changed ----------------------------------------------------------------------------
def _changes(w: Walk, scene: Scene, plan: Plan, started: Started, text: str, answers: Answers) -> dict[str, Plan]:
    """What to start again, by what is different; most telling first. With them, the same start once more: a server that
    fails only sometimes would make any change look like the cure."""
    run, found = started.run, dict[str, Plan]()
    missing = [h for h in answers.helpers if not h.on_client_path and (h.on_terminal_path or h.installed_at)]
    if missing:
        found["with the PATH of a terminal"] = _with_path(w, scene, plan, answers, missing)
    if run.spawn_error:
        return {how: p for how, p in found.items() if consent.same(p.path, p.argv, p.cwd)}
    spoken = {v for v in _VARIABLE.findall(text) if v in w.environ and v not in scene.env}
    withheld = {v for v in w.environ if v not in scene.env}
    nameless = not text.strip() or not re.search(r"No module named|Cannot find (module|package)|SyntaxError", text)
    if spoken or (withheld and nameless and not missing):
        found["with your whole environment"] = replace(plan, env={**w.environ, **scene.env})
    elsewhere = _other_folder(scene, text)
    if elsewhere:
        found[f"in {elsewhere}"] = replace(plan, cwd=elsewhere)
    if re.search(r"Unicode(Encode|Decode)Error", text):
        found["with PYTHONUTF8=1"] = replace(plan, env={**scene.env, "PYTHONUTF8": "1"})
    direct = _behind_link(scene, plan, run)
    if direct:
        found["by its real path"] = direct
    found = {how: p for how, p in found.items() if consent.same(p.path, p.argv, p.cwd)}
    if not found:
        return {}
    return {CONTROL: plan} | dict(list(found.items())[: again.MOST - 2])


def _with_path(w: Walk, scene: Scene, plan: Plan, answers: Answers, missing: list[Helper]) -> Plan:
    extra = [str(Path(h.on_terminal_path or h.installed_at).parent) for h in missing]
    path = os.pathsep.join(p for p in (scene.env.get("PATH", ""), answers.login.path, *extra) if p)
    program = plan.path
    if not scene.resolved and "/" not in scene.argv[0]:
        program = which(scene.argv[0], path) or plan.path
    return replace(plan, path=program, env={**scene.env, "PATH": path})


def _other_folder(scene: Scene, text: str) -> str:
    """The folder in which a developer would have started it: the project of the script; for errors about files only."""
    if not _CWD_WORDS.search(text):
        return ""
    base = scene.parsed.directory or scene.parsed.script or (scene.resolved if "/" in scene.argv[0] else "")
    if not base:
        home = scene.env.get("HOME", "")
        return home if home and home != scene.cwd and os.path.isdir(home) else ""
    folder = Path(os.path.join(scene.cwd, base))
    folder = folder if os.path.isdir(folder) else folder.parent
    if folder.parts[:2] in (("/", "usr"), ("/", "bin")) or not os.path.isdir(folder) or str(folder) == scene.cwd:
        return ""
    return str(folder)


def _behind_link(scene: Scene, plan: Plan, run: Run) -> Plan | None:
    """For a program that ended in silence: how to start the file behind a link (npx bin links) by its own path."""
    if run.exit_code != 0 or run.stderr.strip() or run.stdout.strip():
        return None
    candidates = [scene.resolved]
    if scene.parsed.launcher in ("npx", "npm") and scene.parsed.inner:
        name = scene.parsed.inner[0].rpartition("/")[2].partition("@")[0] or scene.parsed.inner[0]
        candidates += [os.path.join(scene.cwd, "node_modules", ".bin", name)]
        home = Path(scene.env.get("HOME", "/")) / ".npm" / "_npx"
        candidates += sorted(str(p) for p in home.glob(f"*/node_modules/.bin/{name}"))[:3]
    node = which("node", scene.env.get("PATH"))
    for place in candidates:
        real = os.path.realpath(place)
        if place and real != place and real.endswith((".js", ".mjs", ".cjs")) and node:
            at = scene.argv.index(scene.parsed.inner[0]) + 1 if place != scene.resolved else 1
            rest = scene.argv[at:]
            return replace(plan, path=node, argv=("node", real, *rest))
    return None


async def _reruns(
    w: Walk, scene: Scene, plan: Plan, started: Started, text: str, answers: Answers, budget: Budget
) -> None:  # fmt: skip
    changes = _changes(w, scene, plan, started, text, answers)
    simple = {how: replace(p, opening="initialize") for how, p in changes.items()}
    again.count(w, len(simple))
    done = await asyncio.gather(
        *(start(p, how, budget.slice(_RERUN_SECONDS)) for how, p in simple.items()), return_exceptions=False
    )
    for one in done:
        if one.conversation is not None:
            await one.conversation.close(0.2)
        answers.reruns.append(one.run)
