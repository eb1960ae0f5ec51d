"""Where an MCP endpoint usually stands, beside the path that the entry names. Same origin only."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LIMIT = 12
# Defaults of python-sdk, typescript-sdk examples, FastMCP, FastAPI mounts, Spring AI, Gradio.
USUAL = ("/mcp", "/mcp/", "/sse", "/", "/mcp/mcp", "/api/mcp", "/v1/mcp", "/mcp/sse", "/mcp/v1", "/gradio_api/mcp/")
_NAMED = re.compile(
    r"(?<![\w.:/-])(/(?:[\w.~-]{1,40}/){0,4}(?:mcp|sse|messages?)(?:/[\w.~-]{1,40})?/?)(?![\w/-])", re.I
)


def toggled(path: str) -> str:
    """The same path with, or without, its last slash."""
    return path.rstrip("/") if path.endswith("/") and path != "/" else f"{path}/" if path != "/" else path


def candidates(url: str) -> list[str]:
    """Paths to try for a URL, likeliest first, the URL's own left out."""
    path = urlsplit(url).path or "/"
    own = path.rstrip("/")
    parent = own.rpartition("/")[0]
    found = [toggled(path)]
    if own and not own.endswith(("/mcp", "/sse")):
        found += [f"{own}/mcp", f"{own}/sse"]
    if own.endswith(("/sse", "/mcp")) and parent:
        found += [f"{parent}/mcp", f"{parent}/sse", parent, f"{parent}/"]
    found += USUAL
    return [p for p in dict.fromkeys(found) if p and p != path][:LIMIT]


def named_in(*texts: str) -> list[str]:
    """Paths that a page names and that look like an MCP endpoint."""
    found = [m.group(1) for text in texts for m in _NAMED.finditer(text[:8000])]
    return [p for p in dict.fromkeys(found) if ".well-known" not in p][:4]
