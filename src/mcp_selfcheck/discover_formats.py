"""Config files that are not JSON: TOML, YAML and XML become the same Document, with the lines of their entries."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from . import jsonc, jsonc_tolerant
from .discover_read import Document
from .discover_secrets import mask_line
from .model import Problem

_TOML_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_TOML_TABLE = re.compile(r"^\s*\[\s*([^\[\]#]+?)\s*\]\s*(?:#.*)?$")
_TOML_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.|$)""")


def _toml(file: str, text: str) -> Document:
    bom = text.startswith("\ufeff")
    text = text[1:] if bom else text
    lines = dict(_toml_tables(text))
    try:
        return Document(file, "toml", tomllib.loads(text.replace("\r\n", "\n")), None, text, lines=lines)
    except tomllib.TOMLDecodeError as error:
        m = _TOML_AT.search(str(error))
        rows = text.split("\n")
        line, column = (int(m.group(1)), int(m.group(2))) if m else (len(rows), 1)
        detail = _TOML_AT.sub("", str(error)).strip()
    except RecursionError:
        line, column, detail, rows = 1, 1, "nested too deeply", text.split("\n")
    before = rows[line - 1].rstrip("\r") if line <= len(rows) else ""
    smart = set(before) & jsonc_tolerant.SMART
    fault = Problem(
        kind="smart-quotes" if smart else "invalid-syntax", line=line, column=column, before=mask_line(before), fatal=True,
        detail=f"the typographic quote {min(smart)}" if smart else detail,
    )  # fmt: skip
    data: dict[str, Any] = {}
    for path in lines:  # the names that the tables' headers still tell
        here = data
        for key in path:
            here = here.setdefault(key, {})
    return Document(file, "toml", data, fault, text, lines=lines)


def _toml_tables(text: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    for number, row in enumerate(text.split("\n"), 1):
        m = _TOML_TABLE.match(row.rstrip("\r"))
        if not m:
            continue
        path: list[str] = []
        at, header = 0, m.group(1)
        while (key := _TOML_KEY.match(header, at)) is not None:
            path.append(key.group(1) or key.group(2) or key.group(3) or "")
            at = key.end()
            if key.group(4) != ".":
                break
        if path:
            yield tuple(path), (number, row.index("[") + 1)


# --- YAML ------------------------------------------------------------------------------------------------------------
def _yaml(file: str, text: str) -> Document:
    try:
        import yaml
    except ImportError:
        return Document(
            file, "yaml", fault=Problem(kind="yaml-not-readable", detail="PyYAML is not installed", fatal=True)
        )
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            data = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        rows = text.split("\n")
        before = rows[line - 1].rstrip("\r") if line <= len(rows) else ""
        fault = Problem(
            kind="invalid-syntax",
            line=line,
            column=column,
            before=mask_line(before),
            detail=error.problem or "",
            fatal=True,
        )
        return Document(file, "yaml", fault=fault, text=text)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        # A YAML error without a mark, a nesting bomb, or a value such as an impossible date.
        detail = str(error).split("\n", 1)[0] or "nested too deeply"
        return Document(
            file, "yaml", fault=Problem(kind="invalid-syntax", line=1, column=1, detail=detail, fatal=True), text=text
        )
    lines = dict(_yaml_keys(node, (), 0)) if node is not None else {}
    if not isinstance(data, dict):
        fault = Problem(kind="invalid-syntax", line=1, column=1, detail="the file holds no mapping", fatal=True)
        return Document(file, "yaml", None, fault, text)
    return Document(file, "yaml", data, None, text, lines=lines)


def _yaml_keys(node: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    """Positions of keys down to the entries (three levels): aliases are not followed further, so no bomb goes off."""
    if depth > 3 or not isinstance(node.value, list):
        return
    for index, item in enumerate(node.value[:20000]):
        if isinstance(item, tuple):
            key = (*path, str(item[0].value))
            yield key, (item[0].start_mark.line + 1, item[0].start_mark.column + 1)
            if depth < 2:
                yield from _yaml_keys(item[1], key, depth + 1)
        else:
            yield (*path, str(index)), (item.start_mark.line + 1, item.start_mark.column + 1)


# --- XML -------------------------------------------------------------------------------------------------------------
def _xml(file: str, text: str) -> Document:
    """JetBrains' list of servers as {component: {name: entry}}. Entities are refused: nothing here needs them."""
    import xml.etree.ElementTree as ElementTree

    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return Document(
            file, "xml", fault=Problem(kind="invalid-syntax", line=1, column=1, detail="a DOCTYPE", fatal=True)
        )
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        line, column = getattr(error, "position", (1, 0))
        return Document(
            file,
            "xml",
            fault=Problem(kind="invalid-syntax", line=line, column=column + 1, detail=str(error), fatal=True),
        )
    data: dict[str, dict[str, Any]] = {}
    lines: dict[tuple[str, ...], tuple[int, int]] = {}
    for component in root.iter("component"):
        entries = data.setdefault(component.get("name", ""), {})
        for server in component.iter("McpServerCommand"):
            options = {o.get("name"): o.get("value", "") for o in server.iter("option")}
            name = options.get("name") or ""
            switch = {"enabled": options["enabled"]} if "enabled" in options else {}
            if not options.get("programPath"):  # since 2025.3 only the state stands here, the definition in mcp.json
                entries[name] = switch
                continue
            env = {e.get("name", ""): e.get("value", "") for e in server.iter("env")}
            entries[name] = {
                "command": options.get("programPath"), "args": _words(options.get("arguments") or ""), "env": env, **switch,
            }  # fmt: skip
            found = re.search(rf'name="name"\s+value="{re.escape(name)}"', text)
            if found:
                lines[(component.get("name", ""), name)] = jsonc.position(text, found.start())
    return Document(file, "xml", data, None, text, lines=lines)


def _words(text: str) -> list[str]:
    """The arguments of a command line; quotes hold words together."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


READERS: dict[str, Callable[[str, str], Document]] = {"toml": _toml, "yaml": _yaml, "xml": _xml}
