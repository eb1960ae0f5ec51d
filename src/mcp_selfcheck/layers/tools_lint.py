"""Looks at each tool by itself: what clients' schemas and models' interfaces refuse. Pure; no reference is followed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import wire
from ..facts.tools import ToolProblem
from .tools_schema import dialect, gemini, nodes

CLAUDE = ("claude-desktop", "claude-code", "cowork")
GEMINI = ("gemini-cli", "antigravity")
LONG = 64  # characters that every known model interface takes in a tool's name
LONGEST = 128  # 2026-07-28 server/tools#tool-names
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")  # what Anthropic's interface takes as a property's name


@dataclass(frozen=True)
class Rules:
    """What this client adds: its id, the prefix that it puts before a name, how long the whole may be."""

    client: str = "unknown"
    prefix: str = ""
    name_limit: int | None = None


def lint(tools: Sequence[Any], rules: Rules) -> list[ToolProblem]:
    """Every problem of every tool, in the order of the tools. One bad tool hides no other."""
    found: list[ToolProblem] = []
    for number, tool in enumerate(tools, 1):
        if not isinstance(tool, dict):
            found.append(ToolProblem(where=f"tool {number}", kind="schema-shape", detail="the tool is no object"))
            continue
        name = tool.get("name")
        where = wire.safe(name, 80) if isinstance(name, str) and name else f"tool {number}"
        found += [ToolProblem(where=where, kind=kind, detail=detail, fatal=fatal)
                  for kind, detail, fatal in _one(tool, name, rules)]  # fmt: skip
    names = Counter(t["name"] for t in tools if isinstance(t, dict) and isinstance(t.get("name"), str))
    found += [ToolProblem(where=wire.safe(n, 80) or "the empty name", kind="duplicate-name", detail=f"{times} times")
              for n, times in names.items() if times > 1]  # fmt: skip
    return found


Problem = tuple[str, str, bool]


def _one(tool: dict[str, Any], name: Any, rules: Rules) -> Iterator[Problem]:
    yield from _name(name, rules)
    if "description" in tool and not isinstance(tool["description"], str):
        yield "schema-shape", '"description" is no string', True
    if "inputSchema" not in tool:
        yield "schema-shape", "inputSchema is missing", True
        return
    schema = tool["inputSchema"]
    shape = list(_shape(schema, "inputSchema"))
    yield from (("schema-shape", detail, True) for detail in shape)
    if isinstance(schema, dict):
        yield from _model(schema, rules, invalid=bool(shape))
    if tool.get("outputSchema") is not None:
        output = tool["outputSchema"]
        shape = list(_shape(output, "outputSchema"))
        yield from (("output-schema", detail, True) for detail in shape)
        if isinstance(output, dict) and not shape:
            yield from (("output-schema", detail, fatal) for detail, fatal in dialect(output))


def _name(name: Any, rules: Rules) -> Iterator[Problem]:
    if not isinstance(name, str) or not name:
        yield "name-invalid", "the name is missing" if name is None else "the name is empty or no string", True
        return
    if not _NAME.fullmatch(name):
        odd = next(c for c in name if not _NAME.fullmatch(c))
        yield "name-invalid", f"the name holds {wire.safe(odd)!r} (U+{ord(odd):04X})", True
    whole = len(rules.prefix + name)
    limit = rules.name_limit
    if len(name) > LONGEST:
        yield "name-invalid", f"the name has {len(name)} characters; {LONGEST} are allowed", True
    elif limit is not None and whole > limit:
        yield (
            "name-invalid",
            f"the name has {whole} characters with the prefix {rules.prefix}; this client allows {limit}",
            True,
        )
    elif len(name) > LONG or (rules.prefix and whole > LONG and rules.client not in CLAUDE):
        yield "name-invalid", f"the name has {whole} characters; some models' interfaces allow {LONG}", False


def _shape(schema: Any, what: str) -> Iterator[str]:
    """What the clients' own schemas refuse (ToolSchema of the TypeScript SDK 1.x and 2.x, mcp.types of the Python SDK)."""
    if not isinstance(schema, dict):
        yield f"{what} is {_kind(schema)}, not an object"
        return
    if schema.get("type") != "object":
        given = "missing" if "type" not in schema else wire.safe(wire.dump(schema["type"]), 60)
        yield f'{what}.type is {given}, not "object"'
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        yield f"{what}.properties is {_kind(properties)}, not an object"
    else:
        for key, value in properties.items():
            if not isinstance(value, dict):
                yield f"{what}.properties.{wire.safe(key, 60)} is {_kind(value)}, not an object"
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(r, str) for r in required):
        yield f"{what}.required is no list of names"


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _model(schema: dict[str, Any], rules: Rules, *, invalid: bool) -> Iterator[Problem]:
    """What models' interfaces refuse with HTTP 400, for the whole request."""
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            yield "schema-combinator", f"{word} stands at the root of inputSchema", True
    properties = schema.get("properties")
    for key in properties if isinstance(properties, dict) else ():
        if not _KEY.fullmatch(key):
            yield "schema-key", f"the property {wire.safe(key, 80)!r}", True
    if not invalid:
        yield from (("schema-dialect", detail, fatal) for detail, fatal in dialect(schema))
    if rules.client not in CLAUDE:
        for path, node in nodes(schema):
            if node.get("type") == "array" and "items" not in node and "prefixItems" not in node:
                yield "schema-shape", f"the array {path or 'inputSchema'} has no items", True
    if rules.client in GEMINI:
        yield from (("schema-gemini", detail, True) for detail in gemini(schema))
