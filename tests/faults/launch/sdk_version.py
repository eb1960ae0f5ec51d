"""Servers written for another version of their SDK, run with real SDKs; files that Node reads as the other module kind."""

from __future__ import annotations

from typing import Any

from tests.lab import NODE_MODULES, Lab, fault, healthy
from tests.packages import JS_SERVER, PY_SERVER


def _beside_sdk(lab: Lab, name: str, text: str) -> str:
    """A script in a project whose node_modules are the lab's."""
    path = lab.write(f"project/{name}", text)
    (lab.tmp / "project" / "node_modules").symlink_to(NODE_MODULES)
    return path


@fault("launch-python-sdk-v2", needs=("mcp2",))
def fastmcp_import(lab: Lab) -> dict[str, Any]:
    lab.must_show("mcp.server.fastmcp", "mcp 2.", "mcp<2")
    code = 'from mcp.server.fastmcp import FastMCP\nmcp = FastMCP("x")\nmcp.run()\n'
    return lab.stdio(lab.mcp2, lab.write("server.py", code))


@fault("launch-python-sdk-v2", needs=("mcp2",))
def decorators_of_the_low_level_server(lab: Lab) -> dict[str, Any]:
    code = 'from mcp.server import Server\napp = Server("x")\n@app.list_tools()\nasync def tools():\n    return []\n'
    lab.must_show("list_tools", "mcp 2.", "mcp<2")
    return lab.stdio(lab.mcp2, lab.write("server.py", code))


@fault("launch-python-sdk-v2", needs=("mcp2",))
def tool_attribute_renamed(lab: Lab) -> dict[str, Any]:
    code = 'import mcp.types as t\ntool = t.Tool(name="a", inputSchema={"type": "object"})\nprint(tool.inputSchema)\n'
    lab.must_show("inputSchema", "mcp<2")
    return lab.stdio(lab.mcp2, lab.write("server.py", code))


@fault("launch-python-sdk-v2", needs=("mcp2",))
def error_class_moved(lab: Lab) -> dict[str, Any]:
    lab.must_show("McpError", "mcp<2")
    return lab.stdio(lab.mcp2, "-u", lab.write("server.py", "from mcp import McpError\n"))


@fault("launch-python-sdk-v2", needs=("mcp2",))
def module_of_the_session_gone(lab: Lab) -> dict[str, Any]:
    lab.must_show("mcp.shared.session", "mcp<2")
    return lab.stdio(lab.mcp2, lab.write("server.py", "from mcp.shared.session import RequestResponder\n"))


@fault("launch-python-sdk-v2", needs=("mcp2",))
def tool_attribute_renamed_in_a_handler(lab: Lab) -> dict[str, Any]:
    """Starts and answers the opening; breaks when the tools are listed."""
    code = (
        "import asyncio\nfrom mcp.server import Server\nfrom mcp.server.stdio import stdio_server\nimport mcp.types as types\n"
        "async def tools(ctx, params):\n    t = types.Tool(name='a', inputSchema={'type': 'object'})\n"
        "    t.inputSchema['x'] = 1\n    return types.ListToolsResult(tools=[t])\n"
        "app = Server('x', on_list_tools=tools)\nasync def main():\n    async with stdio_server() as (r, w):\n"
        "        await app.run(r, w, app.create_initialization_options())\nasyncio.run(main())\n"
    )
    lab.must_show("inputSchema", "mcp<2")
    return lab.stdio(lab.mcp2, lab.write("server.py", code))


@fault("launch-fastmcp-major", needs=("fastmcp",))
def fastmcp_module_moved(lab: Lab) -> dict[str, Any]:
    lab.must_show("fastmcp.tools.tool", "fastmcp 4.", "fastmcp<4")
    return lab.stdio(lab.fastmcp, lab.write("server.py", "from fastmcp.tools.tool import Tool\n"))


@fault("launch-fastmcp-major", needs=("fastmcp",))
def fastmcp_argument_gone(lab: Lab) -> dict[str, Any]:
    lab.must_show("host", "fastmcp 4.")
    return lab.stdio(
        lab.fastmcp, lab.write("server.py", 'from fastmcp import FastMCP\nFastMCP("x", host="0.0.0.0").run()\n')
    )


@fault("launch-sdk-too-old", needs=("mcp1",))
def new_server_class_with_old_sdk(lab: Lab) -> dict[str, Any]:
    lab.must_show("mcp.server.mcpserver", "mcp 1.", "mcp>=2")
    return lab.stdio(lab.mcp1, lab.write("server.py", "from mcp.server.mcpserver import MCPServer\n"))


@fault("launch-sdk-too-old", needs=("node",))
def file_of_a_later_sdk(lab: Lab) -> dict[str, Any]:
    place = "project/node_modules/@modelcontextprotocol/sdk"
    exports = '{"./*": "./dist/*"}'
    lab.write(
        f"{place}/package.json",
        f'{{"name": "@modelcontextprotocol/sdk", "version": "1.2.0", "type": "module", "exports": {exports}}}',
    )
    lab.write(f"{place}/dist/server/index.js", "export class Server {}\n")
    code = 'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"\n'
    lab.must_show("@modelcontextprotocol/sdk 1.2.0", "1.3.0", "server/mcp.js")
    return lab.stdio(lab.node, lab.write("project/index.mjs", code))


@fault("launch-sdk-api-changed", needs=("mcp1",))
def keyword_that_this_version_does_not_take(lab: Lab) -> dict[str, Any]:
    code = 'from mcp.server.fastmcp import FastMCP\nmcp = FastMCP("x", description="weather")\nmcp.run()\n'
    lab.must_show("description", "mcp 1.")
    return lab.stdio(lab.mcp1, lab.write("server.py", code))


@fault("launch-node-sdk-moved", needs=("node",))
def stdio_transport_moved_to_a_subpath(lab: Lab) -> dict[str, Any]:
    lab.must_show("StdioServerTransport", "@modelcontextprotocol/server 2.")
    code = 'import { McpServer, StdioServerTransport } from "@modelcontextprotocol/server"\n'
    return lab.stdio(lab.node, _beside_sdk(lab, "index.mjs", code))


@fault("launch-node-sdk-moved", needs=("node",))
def internal_file_of_the_sdk(lab: Lab) -> dict[str, Any]:
    lab.must_show("@modelcontextprotocol/sdk 1.", "server/elsewhere.js")
    code = 'import { McpServer } from "@modelcontextprotocol/sdk/server/elsewhere.js"\n'
    return lab.stdio(lab.node, _beside_sdk(lab, "index.mjs", code))


@fault("launch-node-sdk-moved", needs=("node",))
def old_path_in_the_new_package(lab: Lab) -> dict[str, Any]:
    lab.must_show("./server/mcp.js", "@modelcontextprotocol/server 2.")
    return lab.stdio(lab.node, _beside_sdk(lab, "index.cjs", 'require("@modelcontextprotocol/server/server/mcp.js")\n'))


@fault("launch-node-sdk-moved", needs=("node",))
def method_gone_in_the_new_package(lab: Lab) -> dict[str, Any]:
    code = (
        'import { McpServer } from "@modelcontextprotocol/server"\n'
        'const server = new McpServer({ name: "x", version: "1" })\nserver.tool("a", async () => ({ content: [] }))\n'
    )
    lab.must_show("server.tool is not a function", "2.")
    return lab.stdio(lab.node, _beside_sdk(lab, "index.mjs", code))


@fault("launch-esm-cjs", needs=("node",))
def import_in_a_commonjs_package(lab: Lab) -> dict[str, Any]:
    manifest = lab.write("project/package.json", '{"name": "x", "type": "commonjs"}')
    lab.must_show("Cannot use import statement outside a module", manifest)
    return lab.stdio(lab.node, lab.write("project/index.js", 'import fs from "node:fs"\n'))


@fault("launch-esm-cjs", needs=("node",))
def require_in_a_module_package(lab: Lab) -> dict[str, Any]:
    manifest = lab.write("project/package.json", '{"name": "x", "type": "module"}')
    lab.must_show("require is not defined", manifest)
    return lab.stdio(lab.node, lab.write("project/build/index.js", 'const fs = require("node:fs")\n'))


@fault("launch-esm-cjs", needs=("node",))
def dirname_in_a_module(lab: Lab) -> dict[str, Any]:
    lab.must_show("__dirname is not defined", "server.mjs")
    return lab.stdio(
        lab.node, lab.write("server.mjs", 'import path from "node:path"\nconsole.error(path.join(__dirname, "x"))\n')
    )


@fault("launch-esm-cjs", needs=("node",))
def require_of_a_module_that_awaits(lab: Lab) -> dict[str, Any]:
    lab.write("part.mjs", "await 1\nexport const a = 1\n")
    lab.must_show("ERR_REQUIRE_ASYNC_MODULE")
    return lab.stdio(lab.node, lab.write("server.cjs", 'require("./part.mjs")\n'))


@fault("launch-esm-cjs", needs=("node",))
def require_of_a_module_switched_off(lab: Lab) -> dict[str, Any]:
    """As Node before 20.19 and 22.12 does it."""
    lab.write("part.mjs", "export const a = 1\n")
    lab.must_show("ERR_REQUIRE_ESM")
    return lab.stdio(lab.node, "--no-experimental-require-module", lab.write("server.cjs", 'require("./part.mjs")\n'))


@healthy(needs=("mcp1",))
def deprecated_import_that_still_works(lab: Lab) -> dict[str, Any]:
    code = (
        "import sys\nprint(\"DeprecationWarning: No module named 'mcp.server.fastmcp' in mcp 2.x, pin 'mcp<2'\", file=sys.stderr)\n"
        'from mcp.server.fastmcp import FastMCP\nmcp = FastMCP("x")\n@mcp.tool()\ndef echo(text: str) -> str:\n'
        '    """Echoes."""\n    return text\nmcp.run()\n'
    )
    return lab.stdio(lab.mcp1, lab.write("server.py", code))


@healthy()
def falls_back_when_the_new_name_is_missing(lab: Lab) -> dict[str, Any]:
    code = (
        "import sys, traceback\ntry:\n    import mcp.server.mcpserver\nexcept ImportError:\n    traceback.print_exc()\n"
        + PY_SERVER
        + "main()\n"
    )
    return lab.stdio(lab.python, lab.write("server.py", code))


@healthy(needs=("node",))
def node_that_reparses_a_module_without_type(lab: Lab) -> dict[str, Any]:
    """Node 20.19 and 22 read an untyped file as ES module after all, and warn on stderr."""
    lab.write("project/package.json", '{"name": "x"}')
    return lab.stdio(
        lab.node, lab.write("project/index.js", 'import fs from "node:fs"\n' + JS_SERVER.split("\n", 1)[1])
    )
