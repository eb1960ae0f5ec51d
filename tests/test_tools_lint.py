"""Looking at foreign schemas: the same verdict as a general validator, in bounded time, and nothing is fetched."""

from __future__ import annotations

import os
import time
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mcp_selfcheck.layers.tools_lint import Rules, lint
from mcp_selfcheck.layers.tools_meta import KEYWORDS
from mcp_selfcheck.layers.tools_schema import _metaschema, dialect

EXAMPLES = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 300
META = Draft202012Validator(Draft202012Validator.META_SCHEMA)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 2.0, -1.5, "object", "string", "x", "#", "a#b", "1a", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYWORDS, "x"]), inner, max_size=3),
    max_leaves=10,
)
SCHEMAS = st.dictionaries(st.sampled_from([*KEYWORDS, "x-other"]), VALUES, max_size=4)


@settings(max_examples=EXAMPLES * 3, deadline=None)
@given(SCHEMAS)
def test_the_table_says_what_the_metaschema_says(schema: dict[str, Any]) -> None:
    assert bool(_metaschema(schema)) == (not META.is_valid(schema)), (schema, _metaschema(schema))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        VALUES | st.fixed_dictionaries({"name": VALUES, "inputSchema": SCHEMAS, "outputSchema": VALUES}), max_size=3
    )
)
@example([{"name": "", "inputSchema": {}, "outputSchema": None}] * 2)
def test_any_list_of_tools_can_be_looked_at(tools: list[Any]) -> None:
    for client in ("unknown", "gemini-cli", "claude-code"):
        for problem in lint(tools, Rules(client=client, prefix="mcp__x__", name_limit=64)):
            assert problem.where and problem.kind and problem.detail.encode()


def test_thirty_thousand_properties_take_a_moment() -> None:
    schema = {"type": "object", "properties": {f"p{i}": {"type": "string", "description": "d"} for i in range(30_000)}}
    begun = time.process_time()
    assert lint([{"name": "a", "inputSchema": schema}], Rules()) == []
    assert time.process_time() - begun < 2


def test_references() -> None:
    def said(schema: dict[str, Any]) -> list[bool]:
        return [fatal for _, fatal in dialect(schema)]

    inside = {"$defs": {"a/b": {"type": "string"}, "n": {"$anchor": "here"}}}
    assert (
        said({**inside, "properties": {"x": {"$ref": "#/$defs/a~1b"}, "y": {"$ref": "#here"}, "z": {"$ref": "#"}}})
        == []
    )
    assert said({**inside, "properties": {"x": {"$ref": "#/$defs/gone"}}}) == [True]
    assert said({**inside, "properties": {"x": {"$ref": "#gone"}}}) == [True]
    assert said({**inside, "properties": {"x": {"$ref": "https://a.example/s.json"}}}) == [False]
    assert (
        said({"$id": "https://a.example/s", **inside, "properties": {"x": {"$ref": "https://a.example/s#/$defs/n"}}})
        == []
    )
