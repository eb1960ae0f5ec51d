"""One page shows a report, as a file of its own and as the MCP App: what is foreign in it is text, never markup.

The page loads nothing and asks nothing of anybody: its own policy forbids both (CSP default-src 'none').
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources

from ..model import Report
from . import jsonform

APP_URI = "ui://mcp-selfcheck/report.html"
_EMPTY = '<script type="application/json" id="data">null</script>'


def app() -> str:
    """The page of the MCP App (specification 2026-01-26): it is empty until the host hands it a tool's result."""
    return (resources.files(__package__) / "report.html").read_text("utf-8")


def document(reports: Iterable[Report]) -> str:
    """The same page with the reports in it. `<` and the line separators of JavaScript cannot end the data."""
    data = json.dumps(jsonform.document(reports), ensure_ascii=True).replace("<", "\\u003c")
    return app().replace(_EMPTY, _EMPTY.replace("null", data))
