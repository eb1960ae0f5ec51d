"""A healthy MCP server over stdio in the standard library alone: both ways of opening, one tool."""

import json
import sys
from typing import Any

TOOL = {
    "name": "greet",
    "description": "Says hello to somebody.",
    "inputSchema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
}
INFO = {"name": "hello", "version": "1.0.0"}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    modern = "io.modelcontextprotocol/protocolVersion" in params.get("_meta", {})
    kind = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"} if modern else {}
    if method == "initialize":
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": INFO}
    if method == "server/discover" and modern:
        return {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "serverInfo": INFO, **kind}
    if method == "tools/list":
        return {"tools": [TOOL], **kind}
    if method == "ping":
        return {}
    return None


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue
        result = answer(request["method"], request.get("params") or {})
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        reply |= (
            {"result": result} if result is not None else {"error": {"code": -32601, "message": "Method not found"}}
        )
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
