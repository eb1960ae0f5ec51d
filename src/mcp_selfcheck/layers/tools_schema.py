"""JSON Schema of foreign tools, looked at with bounds: no reference is fetched, no foreign pattern is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .. import wire
from .tools_meta import flaws

NODES = 20_000
# Keywords whose value is a schema, a list of schemas, or an object of schemas (JSON Schema 2020-12, core and validation).
_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems",
        "unevaluatedProperties", "contentSchema")  # fmt: skip
_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAP = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")

# Errors of Python's compiler that are errors in every dialect of regular expressions.
_BROKEN = (
    "unterminated character set",
    "missing ), unterminated subpattern",
    "unbalanced parenthesis",
    "nothing to repeat",
)


def nodes(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each subschema with its path, the root's is "". Stops after NODES."""
    wave: list[tuple[str, Any]] = [("", schema)]
    for _ in range(NODES):
        if not wave:
            return
        path, node = wave.pop()
        if not isinstance(node, dict):
            continue
        yield path, node
        step = f"{path}." if path else ""
        for word in _ONE:
            wave.append((f"{step}{word}", node.get(word)))
        for word in _LIST:
            inner = node.get(word)
            wave += [(f"{step}{word}[{i}]", x) for i, x in enumerate(inner)] if isinstance(inner, list) else []
        for word in _MAP:
            inner = node.get(word)
            wave += [(f"{step}{wire.safe(k, 60)}", x) for k, x in inner.items()] if isinstance(inner, dict) else []


def dialect(schema: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What is wrong with it as JSON Schema 2020-12, and whether that is fatal. At most one finding of each kind."""
    error = _metaschema(schema)
    if error:
        yield error, True
        return
    marks = {value for _, node in nodes(schema) for value in _marks(node)}
    for path, node in nodes(schema):
        reference = node.get("$ref")
        if isinstance(reference, str) and not _resolves(schema, reference, marks):
            if reference.startswith("#"):
                yield f"{path or 'the root'}: $ref {wire.safe(reference, 80)} leads nowhere", True
            else:
                yield (
                    f"{path or 'the root'}: $ref {wire.safe(reference.split('?')[0], 80)} lies outside the schema",
                    False,
                )
            break
    for path, node in nodes(schema):
        broken = _pattern(node.get("pattern"))
        if broken:
            yield f"{path or 'the root'}: the pattern is no regular expression: {broken}", True
            break


def _metaschema(schema: dict[str, Any]) -> str:
    """The first place at which the schema breaks the metaschema of 2020-12, or ""."""
    for path, node in nodes(schema):
        for keyword, wrong in flaws(node):
            value = wire.safe(wire.dump(node[keyword]), 60)
            place = f"{path}.{keyword}" if path else keyword
            return f"{wire.safe(place, 100)}: {value} {wrong}"
    return ""


def _marks(node: dict[str, Any]) -> Iterator[str]:
    """What a reference can name beside a place: an $id, or an anchor as "#name"."""
    if isinstance(node.get("$id"), str):
        yield node["$id"]
    for word in ("$anchor", "$dynamicAnchor"):
        if isinstance(node.get(word), str):
            yield f"#{node[word]}"


def _resolves(schema: dict[str, Any], reference: str, marks: set[str]) -> bool:
    """Whether a reference leads somewhere inside this schema (JSON Pointer, RFC 6901, or one of its marks)."""
    base = schema.get("$id")
    if isinstance(base, str) and reference.startswith(base):
        reference = "#" + reference[len(base) :].removeprefix("#")
    if reference in ("#", ""):
        return True
    if not reference.startswith("#/"):
        return reference in marks or (not reference.startswith("#") and reference.split("#")[0] in marks)
    from urllib.parse import unquote

    at: Any = schema
    for step in unquote(reference[2:]).split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(at, list) and key.isdigit() and int(key) < len(at):
            at = at[int(key)]
        elif isinstance(at, dict) and key in at:
            at = at[key]
        else:
            return False
    return True


def _pattern(pattern: Any) -> str:
    """Why it is no regular expression in any dialect, or "". It is compiled and never run."""
    if not isinstance(pattern, str) or len(pattern) > 2000:
        return ""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        words = str(error)
        return next((b for b in _BROKEN if words.startswith(b)), "")
    return ""


def gemini(schema: dict[str, Any]) -> Iterator[str]:
    """What lies outside the Schema object of the Gemini interface (function declarations)."""
    for path, node in nodes(schema):
        place = path or "inputSchema"
        kind = node.get("type")
        if isinstance(kind, list):
            yield f"{place}: type is a list, {wire.safe(wire.dump(kind), 60)}"
        elif kind not in (None, "object") and ("properties" in node or "required" in node):
            yield f"{place}: properties stand on type {wire.safe(str(kind), 30)}"
        required, properties = node.get("required"), node.get("properties")
        if isinstance(required, list) and isinstance(properties, dict):
            missing = [r for r in required if isinstance(r, str) and r not in properties]
            if missing:
                yield f"{place}: required names {wire.safe(missing[0], 60)}, which is no property"
        if path and kind == "object" and properties == {}:
            yield f"{place}: an object without properties"
        values = node.get("enum")
        if isinstance(values, list) and kind in ("integer", "number", "boolean"):
            yield f"{place}: enum on type {kind}"
