"""A host program with a real SDK: asks for a diagnosis and answers what it is asked. Runs in the lab's environments.

    python consent_client.py MODE REPLY COMMAND ARGUMENT... < {"server": …}

MODE: v1 (SDK 1.x), legacy, modern (SDK 2.x). REPLY: accept, remember, decline, cancel, or none (cannot ask). With
MEANWHILE in the environment, that shell line runs between the question and the answer. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

MODE, REPLY, COMMAND, *ARGS = sys.argv[1:]
asked: list[str] = []


def reply(message: str) -> dict[str, Any]:
    asked.append(message)
    if len(asked) == 1 and os.environ.get("MEANWHILE"):
        subprocess.run(os.environ["MEANWHILE"], shell=True, check=True)
    if REPLY in ("accept", "remember"):
        return {"action": "accept", "content": {"remember": True} if REPLY == "remember" else {}}
    return {"action": REPLY}


async def old(arguments: dict[str, Any]) -> Any:
    from mcp import ClientSession, StdioServerParameters, types
    from mcp.client.stdio import stdio_client

    async def answer(context: Any, params: Any) -> Any:
        return types.ElicitResult(**reply(params.message))

    parameters = StdioServerParameters(command=COMMAND, args=ARGS, env=dict(os.environ))
    async with stdio_client(parameters) as (read, write):
        session = ClientSession(read, write, elicitation_callback=None if REPLY == "none" else answer)
        async with session:
            await session.initialize()
            return await session.call_tool("diagnose", arguments)


async def new(arguments: dict[str, Any]) -> Any:
    import mcp.types as types
    from mcp import Client, StdioServerParameters

    async def answer(context: Any, params: Any) -> Any:
        return types.ElicitResult(**reply(params.message))

    parameters = StdioServerParameters(command=COMMAND, args=ARGS, env=dict(os.environ))
    mode = "legacy" if MODE == "legacy" else "2026-07-28"
    callback = {} if REPLY == "none" else {"elicitation_callback": answer}
    async with Client(parameters, mode=mode, **callback) as client:
        return await client.call_tool("diagnose", arguments)


result = asyncio.run((old if MODE == "v1" else new)(json.load(sys.stdin)))
said = result.model_dump(mode="json", by_alias=True)
print(
    json.dumps(
        {
            "asked": asked,
            "error": said.get("isError"),
            "report": said.get("structuredContent"),
            "text": said["content"][0]["text"],
        }
    )
)
