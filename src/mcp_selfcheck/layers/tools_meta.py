"""The metaschema of JSON Schema 2020-12 as a table: which form each keyword's value must have.

A general validator needs a millisecond for each small schema, and a server can have thousands. The table says the same
as https://json-schema.org/draft/2020-12/schema and its vocabularies (a test compares the two); formats are not asserted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_ANCHOR = re.compile(r"^[A-Za-z_][-A-Za-z0-9._]*$")
_ID = re.compile(r"^[^#]*#?$")

Check = Callable[[Any], str]


def is_schema(value: Any) -> bool:
    return isinstance(value, (dict, bool))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _natural(value: Any) -> bool:
    return _number(value) and value >= 0 and value == int(value) if _finite(value) else False


def _finite(value: Any) -> bool:
    return _number(value) and value not in (float("inf"), float("-inf"))


def _want(test: Callable[[Any], bool], words: str) -> Check:
    return lambda value: "" if test(value) else f"is not {words}"


def _schemas(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return "is not a list of schemas"
    return "" if all(is_schema(v) for v in value) else "holds something that is no schema"


def _named_schemas(value: Any) -> str:
    if not isinstance(value, dict):
        return "is not an object"
    bad = next((k for k, v in value.items() if not is_schema(v)), None)
    return "" if bad is None else f"holds “{bad[:40]}”, which is no schema"


def _names(value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        return "is not a list of names"
    return "" if len(set(value)) == len(value) else "names something twice"


def _named_names(value: Any) -> str:
    if not isinstance(value, dict):
        return "is not an object"
    return next((f"holds a value that {w}" for w in map(_names, value.values()) if w), "")


def _dependencies(value: Any) -> str:
    if not isinstance(value, dict):
        return "is not an object"
    return "" if all(is_schema(v) or not _names(v) for v in value.values()) else "holds something that is no schema"


def _type(value: Any) -> str:
    if isinstance(value, str):
        return "" if value in TYPES else "is no JSON Schema type"
    if not isinstance(value, list) or not value:
        return "is neither a type nor a list of types"
    if not all(isinstance(v, str) and v in TYPES for v in value):
        return "holds what is no JSON Schema type"
    return "" if len(set(value)) == len(value) else "names a type twice"


_string = _want(lambda v: isinstance(v, str), "a string")
_boolean = _want(lambda v: isinstance(v, bool), "true or false")
_list = _want(lambda v: isinstance(v, list), "a list")
_schema = _want(is_schema, "a schema")
_num = _want(_number, "a number")
_nat = _want(_natural, "a whole number of at least 0")
_anchor = _want(lambda v: isinstance(v, str) and _ANCHOR.search(v) is not None, "a plain name")

KEYWORDS: dict[str, Check] = {
    "$id": _want(lambda v: isinstance(v, str) and _ID.search(v) is not None, "a reference without fragment"),
    "$schema": _string, "$ref": _string, "$dynamicRef": _string, "$comment": _string, "$recursiveRef": _string,
    "$anchor": _anchor, "$dynamicAnchor": _anchor, "$recursiveAnchor": _anchor,
    "$vocabulary": _want(lambda v: isinstance(v, dict) and all(isinstance(x, bool) for x in v.values()), "an object of booleans"),
    "$defs": _named_schemas, "definitions": _named_schemas, "properties": _named_schemas,
    "patternProperties": _named_schemas, "dependentSchemas": _named_schemas, "dependencies": _dependencies,
    "prefixItems": _schemas, "allOf": _schemas, "anyOf": _schemas, "oneOf": _schemas,
    "items": _schema, "contains": _schema, "additionalProperties": _schema, "propertyNames": _schema, "if": _schema,
    "then": _schema, "else": _schema, "not": _schema, "unevaluatedItems": _schema, "unevaluatedProperties": _schema,
    "contentSchema": _schema,
    "type": _type, "enum": _list, "examples": _list, "required": _names, "dependentRequired": _named_names,
    "multipleOf": _want(lambda v: _number(v) and v > 0, "a number above 0"),
    "maximum": _num, "exclusiveMaximum": _num, "minimum": _num, "exclusiveMinimum": _num,
    "maxLength": _nat, "minLength": _nat, "maxItems": _nat, "minItems": _nat, "maxContains": _nat, "minContains": _nat,
    "maxProperties": _nat, "minProperties": _nat,
    "pattern": _string, "format": _string, "title": _string, "description": _string, "contentEncoding": _string,
    "contentMediaType": _string, "uniqueItems": _boolean, "deprecated": _boolean, "readOnly": _boolean, "writeOnly": _boolean,
}  # fmt: skip


def flaws(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The keywords of this schema object whose value has the wrong form, and what is wrong. Subschemas are not entered."""
    for keyword, value in node.items():
        check = KEYWORDS.get(keyword)
        wrong = check(value) if check is not None else ""
        if wrong:
            yield keyword, wrong
