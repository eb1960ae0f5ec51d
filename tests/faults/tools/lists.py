"""Lists of tools that fail, and tools that make a client or a model refuse the whole list."""

import json
from typing import Any

from tests.faults.healthy.stdio import raw, ts1
from tests.lab import Lab, World, fault, healthy

GOOD = {
    "name": "good",
    "description": "Fine.",
    "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}},
}


def tools(lab: Lab, *items: Any) -> dict[str, object]:
    """A bare server whose list is a good tool and these."""
    return raw(lab, f"TOOLS = json.loads({json.dumps([GOOD, *items])!r})\n")


def with_schema(lab: Lab, schema: Any, name: str = "report_sales") -> dict[str, object]:
    lab.must_show(name)
    return tools(lab, {"name": name, "inputSchema": schema})


def prop(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": schema}}


SHAPE = "tools-schema-shape"


@fault(SHAPE)
def type_is_string(lab: Lab):
    return with_schema(lab, {"type": "string"})


@fault(SHAPE)
def type_is_missing(lab: Lab):
    return with_schema(lab, {"properties": {}})


@fault(SHAPE)
def no_schema_at_all(lab: Lab):
    lab.must_show("bare", "inputSchema is missing")
    return tools(lab, {"name": "bare", "description": "no schema"})


@fault(SHAPE)
def empty_php_array(lab: Lab):
    """json_encode of an empty PHP array gives [] where {} is meant."""
    lab.must_show("an array")
    return with_schema(lab, {"type": "object", "properties": []})


@fault(SHAPE)
def schema_is_null(lab: Lab):
    return with_schema(lab, None)


@fault(SHAPE)
def required_is_true(lab: Lab):
    return with_schema(lab, {"type": "object", "properties": {"a": {"type": "string"}}, "required": True})


@fault(SHAPE)
def array_without_items(lab: Lab):
    return with_schema(lab, prop({"type": "array"}))


@fault(SHAPE)
def a_tool_that_is_a_string(lab: Lab):
    lab.must_show("tool 2")
    return tools(lab, "just a name")


@fault("tools-schema-combinator")
def any_of_at_the_root(lab: Lab):
    lab.must_show("anyOf")
    return with_schema(
        lab, {"type": "object", "properties": {"a": {}, "b": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
    )


@fault("tools-schema-combinator", needs=["node"])
def discriminated_union_from_typescript(lab: Lab):
    lab.must_show("pick")
    types = lab.npm("@modelcontextprotocol/sdk", "dist/esm/types.js")
    return ts1(
        lab,
        f"import {{ ListToolsRequestSchema }} from '{types}';"
        + """
server.server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: 'pick', inputSchema: { type: 'object',
  oneOf: [{ properties: { kind: { const: 'a' } } }, { properties: { kind: { const: 'b' } } }] } }] }));
""",
    )


@fault("tools-schema-key")
def key_with_brackets(lab: Lab):
    lab.must_show("filter[name]")
    return with_schema(lab, {"type": "object", "properties": {"filter[name]": {"type": "string"}}})


@fault("tools-schema-key")
def key_with_a_dollar(lab: Lab):
    lab.must_show("$select")
    return with_schema(lab, {"type": "object", "properties": {"$select": {"type": "string"}}})


@fault("tools-schema-key")
def key_of_65_characters(lab: Lab):
    return with_schema(lab, {"type": "object", "properties": {"k" * 65: {"type": "string"}}})


DIALECT = "tools-schema-dialect"


@fault(DIALECT)
def tuple_of_draft_7(lab: Lab):
    lab.must_show("items")
    return with_schema(lab, prop({"type": "array", "items": [{"type": "number"}, {"type": "number"}]}))


@fault(DIALECT)
def exclusive_minimum_of_draft_4(lab: Lab):
    return with_schema(lab, prop({"type": "number", "minimum": 0, "exclusiveMinimum": True}))


@fault(DIALECT)
def type_that_does_not_exist(lab: Lab):
    lab.must_show("float")
    return with_schema(lab, prop({"type": "float"}))


@fault(DIALECT)
def reference_leads_nowhere(lab: Lab):
    lab.must_show("#/$defs/Missing")
    return with_schema(lab, prop({"$ref": "#/$defs/Missing"}))


@fault(DIALECT)
def broken_pattern(lab: Lab):
    return with_schema(lab, prop({"type": "string", "pattern": "[a-z"}))


@fault(DIALECT)
def required_inside_a_property(lab: Lab):
    """Draft 3 wrote required: true at the property."""
    return with_schema(lab, prop({"type": "string", "required": True}))


@fault(DIALECT, verdict="warning")
def remote_reference(lab: Lab):
    lab.must_show("https://schemas.example/order.json")
    return with_schema(lab, prop({"$ref": "https://schemas.example/order.json"}))


@fault("tools-schema-gemini")
def list_of_types_for_gemini(lab: Lab):
    return World(entry=with_schema(lab, prop({"type": ["string", "number"]})), client="gemini-cli")


@fault("tools-schema-gemini")
def required_names_no_property_for_gemini(lab: Lab):
    return World(
        entry=with_schema(lab, {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]}),
        client="gemini-cli",
    )


@healthy()
def list_of_types_elsewhere(lab: Lab):
    return tools(lab, {"name": "t", "inputSchema": prop({"type": ["string", "null"]})})


@healthy(needs=["node"])
def everything_in_gemini(lab: Lab):
    return World(entry=lab.stdio(lab.node, lab.npm("@modelcontextprotocol/server-everything")), client="gemini-cli")


OUTPUT = "tools-output-schema"


@fault(OUTPUT)
def output_is_an_array(lab: Lab):
    lab.must_show("list_files")
    return tools(lab, {**GOOD, "name": "list_files", "outputSchema": {"type": "array", "items": {"type": "string"}}})


@fault(OUTPUT)
def output_is_invalid(lab: Lab):
    return tools(lab, {**GOOD, "name": "b", "outputSchema": prop({"type": "str"})})


@fault("tools-duplicate-name")
def same_name_twice(lab: Lab):
    lab.must_show("search")
    return tools(lab, {**GOOD, "name": "search"}, {**GOOD, "name": "search"})


NAME = "tools-name-invalid"


@fault(NAME)
def name_with_a_space(lab: Lab):
    lab.must_show("get weather")
    return tools(lab, {**GOOD, "name": "get weather"})


@fault(NAME)
def name_in_another_script(lab: Lab):
    return tools(lab, {**GOOD, "name": "天気を調べる"})


@fault(NAME)
def name_of_200_characters(lab: Lab):
    lab.must_show("200")
    return tools(lab, {**GOOD, "name": "n" * 200})


@fault(NAME)
def empty_name(lab: Lab):
    return tools(lab, {**GOOD, "name": ""})


@fault(NAME)
def name_with_a_slash(lab: Lab):
    return tools(lab, {**GOOD, "name": "repo/search"})


ZOD = "tools-zod-conflict"


def mixed(lab: Lab, shape: str) -> dict[str, object]:
    v3 = lab.npm("zod", "v3/index.js")
    return ts1(
        lab,
        f"import {{ z as z3 }} from '{v3}';\nserver.registerTool('m', {{ inputSchema: {shape} }}, async () => ({{ content: [] }}));",
    )


@fault(ZOD, needs=["node"])
def zod_3_inside_zod_4(lab: Lab):
    lab.must_show("-32603")
    return mixed(lab, "{ a: z.object({ b: z3.string() }) }")


@fault(ZOD, needs=["node"])
def zod_3_array_inside_zod_4(lab: Lab):
    return mixed(lab, "{ a: z.array(z3.string()) }")


@fault(ZOD, needs=["node"], layer="tools")
def side_by_side(lab: Lab):
    """The SDK notices this mixture itself and ends before it serves."""
    lab.must_show("Mixed Zod versions")
    return mixed(lab, "{ a: z.string(), b: z3.string() }")


FAILED = "tools-list-failed"


@fault(FAILED)
def list_gives_an_error(lab: Lab):
    lab.must_show("database is locked")
    return raw(
        lab,
        """
old = handle
def handle(m):
    if m["method"] == "tools/list": send({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32603, "message": "database is locked"}})
    else: old(m)
""",
    )


@fault(FAILED)
def list_never_comes(lab: Lab):
    return raw(
        lab,
        """
old = handle
def handle(m):
    if m["method"] != "tools/list": old(m)
""",
    )


@fault(FAILED)
def list_ends_the_server(lab: Lab):
    lab.must_show("exit code 7", "no space left")
    return raw(
        lab,
        """
old = handle
def handle(m):
    if m["method"] == "tools/list":
        print("fatal: no space left", file=sys.stderr); sys.exit(7)
    old(m)
""",
    )


@fault(FAILED)
def list_is_an_object(lab: Lab):
    return raw(lab, "TOOLS = {'a': 1}\n")


@fault(FAILED)
def the_same_cursor_for_ever(lab: Lab):
    lab.must_show("next page")
    return raw(
        lab,
        """
old = handle
def handle(m):
    if m["method"] == "tools/list": send({"jsonrpc": "2.0", "id": m["id"], "result": {"tools": TOOLS, "nextCursor": "again"}})
    else: old(m)
""",
    )


@fault(FAILED)
def ever_new_cursors(lab: Lab):
    return raw(
        lab,
        """
old, count = handle, 0
def handle(m):
    global count
    if m["method"] == "tools/list":
        count += 1
        send({"jsonrpc": "2.0", "id": m["id"], "result": {"tools": [{**TOOLS[0], "name": f"t{count}"}], "nextCursor": str(count)}})
    else: old(m)
""",
    )


EMPTY = "tools-empty"


@fault(EMPTY)
def no_tools_at_all(lab: Lab):
    return raw(lab, "TOOLS = []\n")


@fault(EMPTY, needs=["mcp1"])
def sdk1_without_tools(lab: Lab):
    return lab.stdio(lab.mcp1, lab.write("s.py", "from mcp.server.fastmcp import FastMCP\nFastMCP('x').run()\n"))


@fault(EMPTY, needs=["node"])
def typescript_without_tools(lab: Lab):
    sdk = lab.npm("@modelcontextprotocol/sdk", "dist/esm")
    return lab.stdio(
        lab.node,
        lab.write(
            "s.mjs",
            f"""
import {{ McpServer }} from '{sdk}/server/mcp.js';
import {{ StdioServerTransport }} from '{sdk}/server/stdio.js';
await new McpServer({{ name: 'x', version: '1' }}).connect(new StdioServerTransport());
""",
        ),
    )


@fault(EMPTY, verdict="warning")
def tools_that_are_not_declared(lab: Lab):
    return raw(lab, "CAPABILITIES = {}\n")


@fault("tools-too-many", verdict="warning")
def more_than_windsurf_takes(lab: Lab):
    lab.must_show("101", "100")
    return World(entry=tools(lab, *({**GOOD, "name": f"t{i}"} for i in range(100))), client="windsurf")


@healthy()
def as_many_as_windsurf_takes(lab: Lab):
    return World(entry=tools(lab, *({**GOOD, "name": f"t{i}"} for i in range(99))), client="windsurf")


@fault("tools-too-many", verdict="warning")
def more_than_models_take(lab: Lab):
    lab.must_show("129", "128")
    return tools(lab, *({**GOOD, "name": f"t{i}"} for i in range(128)))


@healthy()
def as_many_as_models_take(lab: Lab):
    return tools(lab, *({**GOOD, "name": f"t{i}"} for i in range(127)))


@healthy()
def many_tools_for_a_client_that_searches_them(lab: Lab):
    return World(entry=tools(lab, *({**GOOD, "name": f"t{i}"} for i in range(300))), client="claude-code")
