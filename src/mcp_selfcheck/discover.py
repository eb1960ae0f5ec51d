"""Table rows become Targets: reads files, starts nothing, connects to nothing.

One entry, one Target: of the same name in several scopes of one client only the one that wins is listed, with a
problem "duplicate-server" when the others differ. Entries that no client reads (a wrong file, another project's scope)
are listed last, as disabled, so that a person who asks for that name learns why it never appears.
A file that cannot be understood at all is a Target without a name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import jsonc, surroundings
from .clients import CLIENTS, UNKNOWN, by_id
from .clients_row import Client, Place
from .discover_also import at_home, difference
from .discover_entry import Context, is_entry, is_no_server, make
from .discover_hidden import of_inputs
from .discover_places import Found, Where, decoys, files, format_of, owner
from .discover_places import by_root as client_by_root
from .discover_read import Document, read_bytes, understand
from .discover_roots import Entry, at, entries
from .discover_secrets import shown_url
from .discover_state import State
from .model import Problem, Scope, Secret, Source, Target, plain

__all__ = ["discover", "from_file", "from_url"]


def discover(
    environ: Mapping[str, str] | None = None, cwd: str | Path | None = None, home: str | Path | None = None,
    client: str | None = None,
) -> list[Target]:  # fmt: skip
    """Every server that is configured on this machine, as each client reads it; `client` limits it to one id.

    Raises nothing of the files' doing: a broken file gives Targets with the problem and hides no other file.
    """
    where = _where(environ, cwd, home)
    state = State(where)
    seen: dict[tuple[str, tuple[str, ...]], Target] = {}
    also: dict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = {}
    listed: list[Target] = []
    for row in CLIENTS:
        if client is not None and row.id != client:
            continue
        own: list[Target] = []
        for found in files(row, where):
            for target in _targets(found.file, row, found.place, where, found.place.scope, found.project):
                key = (target.source.file, target.source.pointer)
                if not target.name and not target.problems:
                    continue
                target = state.apply(_beside(target, row, found, where))
                if key not in seen:
                    own.append(seen.setdefault(key, target))
                elif seen[key].client != row.id and at_home(row, where):  # the file speaks for its first reader
                    also.setdefault(key, []).append((row.id, difference(seen[key], target)))
        listed += _merged(own, row, where)
    names = {t.name for t in listed}
    listed = [replace(t, also=tuple(also.get((t.source.file, t.source.pointer), ()))) for t in listed]
    return listed + [t for t in _elsewhere(where, client) if t.name not in names]


def _beside(target: Target, row: Client, found: Found, where: Where) -> Target:
    """The target, with a problem when its file is not read because another one is there."""
    other = where.expand(found.place.unless, found.project) if found.place.unless else None
    if not other or not os.path.lexists(other):
        return target
    problem = Problem(kind="wrong-file", fatal=True, where=other, detail=row.name, note="beside")
    return replace(target, disabled=True, problems=(problem, *target.problems))


def from_file(
    path: str | Path, environ: Mapping[str, str] | None = None, cwd: str | Path | None = None,
    home: str | Path | None = None, client: str | None = None,
) -> list[Target]:  # fmt: skip
    """The servers of a file that a person named, read as its client would read it.

    The client is `client`, or recognised by the path, the file's name, or the root key; "unknown" else. Raises
    nothing: a file that cannot be understood is one Target without a name, with the fatal problem.
    """
    where = _where(environ, cwd, home)
    file = os.path.normpath(Path(where.cwd) / path)
    row, place = _reader(file, client, where)
    targets = list(_targets(file, row, place, where, "given", ""))
    for decoy_of, decoy, real in decoys(where):
        if os.path.normpath(decoy) == file and client in (None, decoy_of.id):
            problem = Problem(kind="wrong-file", fatal=True, where=real, detail=decoy_of.name)
            targets = [replace(t, client=decoy_of.id, problems=(problem, *t.problems)) for t in targets]
    state = State(where)
    targets = [state.apply(t, given=True) for t in targets]
    local = _locals(file, row, where) if row.id == "claude-code" else []
    merged = _merged([*local, *targets], row, where)
    if row.id == "claude-code" and Path(file).name == ".claude.json":
        names = {t.name for t in merged}
        merged += [t for t in _other_projects(where, file) if t.name not in names]
    return merged


def reread(target: Target) -> Target | None:
    """The same entry as its file has it now; None when it is gone."""
    place = (target.source.file, target.source.pointer)
    return next((t for t in discover(client=target.client) if (t.source.file, t.source.pointer) == place), None)


def from_url(url: str) -> Target:
    """A Target for a URL that a person typed. Raises ValueError, with words for that person, when it is none."""
    target = make("", {"url": url}, Source(file="", scope="given"), Context(UNKNOWN, {}, ""))
    fatal = next((p for p in target.problems if p.fatal), None)
    if fatal is not None:
        raise ValueError(f"{shown_url(url)!r} is no http or https URL ({fatal.note or fatal.kind})")
    return Target(
        name=target.shown_url, client="unknown", source=Source(file="", scope="given"), transport="http",
        url=Secret(url.strip()), shown_url=target.shown_url,
    )  # fmt: skip


def _where(environ: Mapping[str, str] | None, cwd: str | Path | None, home: str | Path | None) -> Where:
    environ = surroundings.environ() if environ is None else environ
    house = str(home or environ.get("HOME") or environ.get("USERPROFILE") or surroundings.home())
    here = str(cwd) if cwd is not None else _getcwd(house)
    return Where(environ, os.path.normpath(house), os.path.normpath(here))


def _getcwd(fallback: str) -> str:
    try:
        return str(Path.cwd())
    except OSError:  # the folder was deleted under us
        return fallback


def _reader(file: str, client: str | None, where: Where) -> tuple[Client, Place | None]:
    """Who reads this file, and which row of its places applies."""
    row, place = owner(file, where)
    if client is not None:
        asked = by_id(client)
        if row.id == asked.id:
            return row, place
        same = [p for p in asked.configs if "projects" not in p.root]
        fit = [p for p in same if Path(p.path).suffix == Path(file).suffix]
        return asked, next(iter(fit or same), None)
    if row is not UNKNOWN:
        return row, place
    raw = read_bytes(file)
    format = format_of(file, None)
    if isinstance(raw, Problem):
        return UNKNOWN, None
    loose = understand(file, "jsonc" if format == "json" else format, raw)
    return client_by_root(loose.data, format)


def _targets(file: str, row: Client, place: Place | None, where: Where, scope: Scope, project: str) -> Iterator[Target]:
    """The entries of one file. Both scopes of Claude Code's own file, when a person named it."""
    format = format_of(file, place)
    raw = read_bytes(file)
    if isinstance(raw, Problem):
        yield _nameless(file, row, raw)
        return
    document = understand(file, format, raw, bom=row.bom)
    root = _root(document, place)
    if "{PROJECT}" in root:
        root = tuple(project_key(document, where) if step == "{PROJECT}" else step for step in root)
        if "" in root or jsonc_missing(document, root):
            return
    count = 0
    folder = project or (str(_project_of(file)) if scope == "given" else where.cwd)
    ctx = Context(row, where.environ, where.home, folder, words(file, folder), str(Path(file).parent))
    for entry in entries(document, root, listed=row.id == "continue" and Path(file).name == "config.yaml"):
        if is_no_server(entry.value, row) or (format == "xml" and not is_entry(entry.value)):
            continue
        count += 1
        yield _target(document, entry, scope, ctx)
    # A broken file without a word of servers in it is another program's matter, unless a person named it.
    if (
        not count
        and document.fault is not None
        and (scope == "given" or (root or ("mcpServers",))[-1].encode() in raw or b"\0" in raw)
    ):
        yield _nameless(file, row, document.fault)


def _root(document: Document, place: Place | None) -> tuple[str, ...]:
    """The root under which the client finds servers in this document: the first of those it reads that holds some."""
    if place is None:
        return ("mcpServers",)
    for root in (place.root, *place.also) if place.also else ():
        found = at(document.data, root)
        if isinstance(found, Mapping) and any(is_entry(v) for v in found.values()):
            return root
    return place.root


def words(file: str, project: str) -> dict[str, str]:
    """What the file of a plugin or an extension may write for its own folder."""
    folder = str(Path(file).parent)
    if Path(file).name == "gemini-extension.json":
        return {"${extensionPath}": folder, "${workspacePath}": project, "${/}": os.sep, "${pathSeparator}": os.sep}
    return {"${CLAUDE_PLUGIN_ROOT}": folder} if "/plugins/" in file else {}


def jsonc_missing(document: Document, root: tuple[str, ...]) -> bool:
    """Whether nothing stands at that root."""
    data: Any = document.data
    for key in root:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data is None


def project_key(document: Document, where: Where) -> str:
    """The key of the project where we are in Claude Code's own file, or ""."""
    data = document.data
    projects = data.get("projects") if isinstance(data, Mapping) else None
    if not isinstance(projects, Mapping):
        return ""
    return next((p for p in where.projects if p in projects), "")


def _project_of(file: str) -> Path:
    folder = Path(file).parent
    return folder.parent if folder.name.startswith(".") else folder


def _target(document: Document, entry: Entry, scope: Scope, ctx: Context) -> Target:
    line, column = document.position(entry.pointer)
    problems = list(entry.problems)
    if document.fault is not None:
        problems.insert(0, document.fault)
    name = entry.name.strip()
    if name != entry.name:
        problems.append(
            Problem(kind="unknown-key", line=line, column=column, where=entry.name, detail=name, note="name")
        )
    source = Source(file=document.file, line=line, scope=scope, pointer=entry.pointer)
    target = make(name, entry.value, source, ctx, tuple(problems))
    if inputs := tuple(Secret(s) for s in of_inputs(document.data)):
        target = replace(target, hidden=(*target.hidden, *inputs))
    earlier = _earlier(document, entry)
    if earlier is not None:
        other = make(name, earlier[0], replace(source, line=earlier[1]), ctx)
        if not _same(target, other):
            target = replace(target, problems=(*target.problems, _shadow(other, "same file", ctx.environ)))
    return target


def _earlier(document: Document, entry: Entry) -> tuple[Any, int] | None:
    """An entry of the same name that stands before in the same object: parsers keep the last one. Value and line."""
    if (
        len(entry.pointer) < 1
        or document.fault is not None
        or document.format not in ("json", "jsonc", "json+comments")
    ):
        return None
    parent = entry.pointer[:-1]
    lines = document.twice_in(parent).get(entry.pointer[-1])
    if not lines:
        return None
    at, line = lines[0]
    return jsonc.value_at(document.text, at), line


def _nameless(file: str, row: Client, problem: Problem | None) -> Target:
    problem = problem or Problem(kind="unreadable", fatal=True)
    source = Source(file=file, line=problem.line, scope="given")
    return Target(name="", client=row.id, source=source, transport="unknown", problems=(problem,))


# --- the same name more than once ------------------------------------------------------------------------------------
def _merged(targets: list[Target], row: Client, where: Where) -> list[Target]:
    """One Target for each name in the scopes of a client: the one that wins, with a problem when another differs."""
    rank = {scope: i for i, scope in enumerate(row.precedence)}
    order = sorted(range(len(targets)), key=lambda i: (rank.get(_scope(targets[i]), len(rank)), i))
    kept: dict[str, int] = {}
    out = list(targets)
    dropped: set[int] = set()
    for i in order:
        t = out[i]
        if not t.name or any(p.kind == "wrong-root-key" for p in t.problems):
            continue
        first = kept.setdefault(t.name, i)
        if first == i:
            continue
        winner = out[first]
        if _scope(t) == _scope(winner) or not row.precedence:
            continue  # two installations, or a client that keeps them apart: nobody knows that one hides the other
        if t.source.scope == "given" and winner.source.scope != "given":
            # The person asks about the entry that does not count.
            problem = Problem(
                kind="duplicate-server", fatal=True, note="shadowed", detail=_at(winner), where=_scope(winner)
            )
            out[i] = replace(t, problems=(*t.problems, problem)) if not _same(winner, t) else t
            dropped.add(first)
            continue
        dropped.add(i)
        if not _same(winner, t) and not any(p.kind == "duplicate-server" for p in winner.problems):
            shadow = _shadow(t, _scope(t), where.environ)
            out[first] = replace(winner, problems=(*winner.problems, shadow))
    return [t for i, t in enumerate(out) if i not in dropped and (t.source.scope == "given" or not _only_local(t, out))]


def _only_local(t: Target, every: list[Target]) -> bool:
    """A winner that was brought in only to compare with a given file is not itself asked for."""
    return any(x.source.scope == "given" for x in every) and t.source.scope != "given"


def _scope(target: Target) -> str:
    if target.source.scope != "given":
        return target.source.scope
    if "projects" in target.source.pointer[:1]:
        return "local"
    return "project" if target.source.file.endswith(".mcp.json") else "user"


def _at(target: Target) -> str:
    return f"{target.source.file}:{target.source.line}" if target.source.line else target.source.file


def _same(a: Target, b: Target) -> bool:
    keys = ("command", "args", "env", "cwd", "url", "headers", "transport", "disabled")
    return all(getattr(a, k) == getattr(b, k) for k in keys)


def _shadow(other: Target, scope: str, environ: Mapping[str, str]) -> Problem:
    """The other entry does not count: where it stands, and whether what it names is there."""
    return Problem(
        kind="duplicate-server", detail=_at(other), where=scope, note="stands" if _stands(other, environ) else "unclear",
    )  # fmt: skip


def _stands(target: Target, environ: Mapping[str, str]) -> bool:
    """Whether the program and every path of an entry exist here."""
    if target.command is None or target.disabled:
        return False
    if shutil.which(target.command, path=environ.get("PATH")) is None:
        return False
    paths = [plain(a) for a in target.args if plain(a).startswith("/")]
    return all(os.path.exists(p) for p in paths if "\0" not in p)


def _locals(file: str, row: Client, where: Where) -> list[Target]:
    """The entries of Claude Code's stronger scope: in the given file itself, or to compare with those of a weaker one."""
    place = next(p for p in row.configs if "{PROJECT}" in p.root)
    own = where.expand(place.path) or ""
    if Path(file).name == Path(own).name:
        return list(_targets(file, row, place, where, "given", ""))
    return list(_targets(own, row, place, where, "local", "")) if os.path.isfile(own) else []


# --- entries that no client reads --------------------------------------------------------------------------------------
def _elsewhere(where: Where, client: str | None) -> Iterator[Target]:
    """Servers in files that their client does not read, and in the scope of a project where we are not."""
    for row, file, real in decoys(where, client):
        scope: Scope = "project" if any(file.startswith(f"{p}/") for p in where.projects) else "user"
        for target in _targets(file, row, owner(file, where)[1] or row.configs[0], where, scope, ""):
            if target.name:
                problem = Problem(kind="wrong-file", fatal=True, where=real, detail=row.name)
                yield replace(target, disabled=True, client=row.id, problems=(problem, *target.problems))
    own = where.expand("{CLAUDE_CONFIG_DIR|~}/.claude.json")
    if client in (None, "claude-code") and own and os.path.isfile(own):
        yield from _other_projects(where, own)


def _other_projects(where: Where, file: str) -> Iterator[Target]:
    """Claude Code's local scope of other projects: `claude mcp add` without -s user puts a server there."""
    row = by_id("claude-code")
    raw = read_bytes(file)
    if isinstance(raw, Problem):
        return
    document = understand(file, "json", raw, bom=row.bom)
    projects = document.data.get("projects") if isinstance(document.data, Mapping) else None
    for folder in projects if isinstance(projects, Mapping) else ():
        if not isinstance(folder, str) or folder in where.projects:
            continue
        state: Any = projects[folder] if isinstance(projects, Mapping) else None
        servers = state.get("mcpServers") if isinstance(state, Mapping) else None
        for name, value in servers.items() if isinstance(servers, Mapping) else ():
            entry = Entry(str(name), value, ("projects", folder, "mcpServers", str(name)))
            target = _target(document, entry, "local", Context(row, where.environ, where.home, folder))
            problem = Problem(kind="wrong-file", fatal=True, where=folder, detail=row.name, note="other project")
            yield replace(target, disabled=True, problems=(problem, *target.problems))
