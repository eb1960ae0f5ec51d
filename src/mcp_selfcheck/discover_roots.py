"""Where in a document the servers stand: under the key that the client reads, or under another."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import jsonc
from .discover_entry import is_entry
from .discover_keys import LEGIT
from .discover_read import Document
from .model import Problem

ROOTS: tuple[tuple[str, ...], ...] = (
    ("mcpServers",), ("servers",), ("context_servers",), ("mcp_servers",), ("mcp",), ("amp.mcpServers",),
    ("mcp.servers",), ("mcp", "servers"), ("mcp", "mcpServers"), ("settings", "mcp", "servers"),
    ("customizations", "vscode", "mcp", "servers"), ("tools", "mcpServers"), ("config", "mcpServers"),
)  # fmt: skip
# Files that hold much else: an object with a "command" at their top is no lost server.
SETTINGS = frozenset((
    "settings.json", "settings.local.json", ".claude.json", "config.json", "config.yaml", "config.toml",
    "opencode.json", "opencode.jsonc",
))  # fmt: skip
_NEAR = ("mcpservers", "mcpserver", "contextservers", "servers", "server")


@dataclass(frozen=True)
class Entry:
    name: str
    value: Any
    pointer: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def entries(document: Document, root: Sequence[str], *, listed: bool = False) -> Iterator[Entry]:
    """The servers of a document, those under the client's own root first, then those that it does not see there.

    `listed` when the client wants a list of entries here, each with its name.
    """
    data = document.data
    if not isinstance(data, Mapping):
        return
    own = tuple(root)
    names: set[str] = set()
    pointer, servers = _own(data, own)
    for entry in _under(document, pointer, servers, own):
        names.add(entry.name)
        yield _not_listed(document, pointer, entry) if listed and isinstance(servers, Mapping) else entry
    if not own:  # the names stand at the top, as this client wants them
        return
    for entry in _lost(document, pointer):
        if entry.name not in names:
            names.add(entry.name)
            yield entry
    if own[:1] == ("projects",):  # what else stands in that file belongs to another scope
        return
    for entry in _misplaced(document, data, pointer, own):
        if entry.name not in names:
            names.add(entry.name)
            yield entry


def _own(data: Mapping[str, Any], root: tuple[str, ...]) -> tuple[tuple[str, ...], Any]:
    """The value at the root; VS Code's settings may write it with a dot."""
    dotted = ".".join(root)
    if len(root) > 1 and dotted in data:
        return (dotted,), data[dotted]
    return root, at(data, root)


def at(data: Any, pointer: Sequence[str]) -> Any:
    for key in pointer:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _under(document: Document, pointer: tuple[str, ...], servers: Any, own: tuple[str, ...]) -> Iterator[Entry]:
    if isinstance(servers, list):
        yield from _listed(document, pointer, servers)
        return
    if not isinstance(servers, Mapping):
        return
    for key, value in servers.items():
        name = str(key)
        if isinstance(value, Mapping) and _spelled(name) in _NEAR and not is_entry(value):
            inner = {k: v for k, v in value.items() if is_entry(v)}
            if inner:  # {"mcpServers": {"mcpServers": {…}}}
                line, column = document.position((*pointer, name))
                problem = Problem(
                    kind="wrong-root-key", fatal=True, line=line, column=column, where=".".join((*pointer, name)),
                    detail=".".join(own), note="nested twice",
                )  # fmt: skip
                for n, v in inner.items():
                    yield Entry(str(n), v, (*pointer, name, str(n)), (problem,))
                continue
        yield Entry(name, value, (*pointer, name))


def _listed(document: Document, pointer: tuple[str, ...], servers: list[Any]) -> Iterator[Entry]:
    """Continue keeps a list, each entry with its name; nobody else reads one."""
    problems: tuple[Problem, ...] = ()
    if document.format != "yaml":
        line, column = document.position(pointer)
        problems = (
            Problem(kind="invalid-syntax", fatal=True, line=line, column=column, note="list",
                    detail=f"{'.'.join(pointer)} holds a list, where the client wants an object of names"),
        )  # fmt: skip
    for index, value in enumerate(servers):
        if isinstance(value, Mapping):
            yield Entry(str(value.get("name", f"#{index + 1}")), value, (*pointer, str(index)), problems)


def _not_listed(document: Document, pointer: tuple[str, ...], entry: Entry) -> Entry:
    line, column = document.position(pointer)
    problem = Problem(kind="invalid-syntax", fatal=True, line=line, column=column, note="no list",
                      detail=f"{'.'.join(pointer)} holds names, where the client wants a list of entries, each with its “name”")  # fmt: skip
    return replace(entry, problems=(problem, *entry.problems))


def _lost(document: Document, pointer: tuple[str, ...]) -> Iterator[Entry]:
    """Entries that stand under an earlier root of the same name: parsers keep the last one only."""
    if not pointer or document.fault is not None or document.format not in ("json", "jsonc", "json+comments"):
        return
    places = document.twice_in(pointer[:-1]).get(pointer[-1], [])
    for start, line in places[:-1]:
        servers = jsonc.value_at(document.text, start)
        problem = Problem(kind="two-objects", fatal=True, line=line, where=pointer[-1], note="root twice",
                          detail=f"“{pointer[-1]}” stands twice, at lines {line} and {places[-1][1]}")  # fmt: skip
        for name, value in servers.items() if isinstance(servers, Mapping) else ():
            yield Entry(str(name), value, (*pointer, str(name)), (problem,))


def _inside(document: Document, pointer: tuple[str, ...], servers: Any, own: tuple[str, ...]) -> Iterator[Entry]:
    """Entries inside another entry: a brace that closes too late."""
    for key, value in servers.items() if isinstance(servers, Mapping) else ():
        for inner, v in value.items() if isinstance(value, Mapping) else ():
            if is_entry(v) and str(inner) not in LEGIT:
                here = (*pointer, str(key), str(inner))
                yield Entry(str(inner), v, here, (_wrong(document, here, own, "inside another"),))


def _spelled(key: str) -> str:
    return re.sub(r"[\s_\-.]", "", key.lower())


def _misplaced(
    document: Document, data: Mapping[str, Any], own_pointer: tuple[str, ...], own: tuple[str, ...]
) -> Iterator[Entry]:
    """Entries under a root that this client does not read."""
    found = False
    candidates = [r for r in ROOTS if r not in (own, own_pointer)]
    candidates += [(k,) for k in data if (k,) not in ROOTS and _near_root(str(k)) and (k,) != own_pointer]
    for pointer in candidates:
        servers = at(data, pointer)
        if not isinstance(servers, Mapping) or not any(is_entry(v) for v in servers.values()):
            continue
        problem = _wrong(document, pointer, own, "other key")
        for name, value in servers.items():
            if is_entry(value):
                found = True
                yield Entry(str(name), value, (*pointer, str(name)), (problem,))
    for entry in _inside(document, own_pointer, at(data, own_pointer), own):
        found = True
        yield entry
    if found or Path(document.file).name.lower() in SETTINGS:
        return
    if is_entry(data):
        yield Entry("", data, (), (_wrong(document, (), own, "no name"),))
        return
    for name, value in data.items():
        if is_entry(value) and value.get("type") != "command":
            yield Entry(str(name), value, (str(name),), (_wrong(document, (str(name),), own, "no root"),))


def _near_root(key: str) -> bool:
    spelled = _spelled(key)
    return spelled in _NEAR or bool(difflib.get_close_matches(spelled, ("mcpservers",), n=1, cutoff=0.85))


def _wrong(document: Document, pointer: tuple[str, ...], own: tuple[str, ...], note: str) -> Problem:
    line, column = document.position(pointer) if pointer else (1, 1)
    root = ".".join(p for p in own if p)
    return Problem(
        kind="wrong-root-key", fatal=True, line=line, column=column, where=".".join(pointer), detail=root, note=note,
        before=f'"{pointer[-1]}": {{' if pointer and note == "other key" else None,
        after=f'"{own[-1]}": {{' if pointer and note == "other key" and len(pointer) == len(own) else None,
    )  # fmt: skip
