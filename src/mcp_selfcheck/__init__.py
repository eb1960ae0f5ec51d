"""mcp-selfcheck diagnoses MCP servers. Importing this package imports neither `mcp` nor `httpx`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import diagnose, discover, explain

__all__ = ["diagnose", "discover", "explain"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
