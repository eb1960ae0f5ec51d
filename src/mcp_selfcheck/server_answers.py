"""How the MCP face answers: hints of a tool, the shape of a result, and our own failure in one line."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import mcp.types as types
from mcp.server.mcpserver.exceptions import ToolError

from . import checkup, showing
from .render import jsonform
from .render import text as words

CAP = 20_000
STYLE = words.Style(width=100)


def hints(title: str, *, starts: bool = False) -> types.ToolAnnotations:
    """All four hints. `starts` when configured servers are started or contacted: the world is then an open one."""
    return types.ToolAnnotations(
        title=title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=starts
    )


def result(said: str, structured: dict[str, Any]) -> types.CallToolResult:
    shown = said if len(said) <= CAP else said[:CAP] + "\n… cut; ask for one server by name"
    return types.CallToolResult(content=[types.TextContent(type="text", text=shown)], structured_content=structured)


def step(kind: str, answer: Any) -> types.CallToolResult:
    shown = showing.one(answer, checkup.everything())
    return result(words.step(shown, STYLE), jsonform.step(kind, shown))


def safe(call: Callable[..., Awaitable[types.CallToolResult]]) -> Callable[..., Awaitable[types.CallToolResult]]:
    """Our own failure becomes an answer of one line, and what a failure says goes through the gate."""

    @functools.wraps(call)
    async def guarded(*given: Any, **named: Any) -> types.CallToolResult:
        try:
            return await call(*given, **named)
        except ToolError as error:
            raise ToolError(showing.line(str(error))) from None
        except Exception as error:  # noqa: BLE001 - becomes an answer (law 7)
            raise ToolError(showing.failure(error)) from None

    return guarded
