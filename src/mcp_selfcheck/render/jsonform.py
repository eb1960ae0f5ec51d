"""The report as the contract's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ..model import Report

SCHEMA = "mcp-selfcheck.report/1"


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _pruned(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_pruned(v) for v in value]
    return value


def server(report: Report) -> dict[str, Any]:
    """One entry of `servers`, in the contract's shape."""
    raw = asdict(report)
    raw["source"] = {"file": report.source.file, "line": report.source.line}
    return _pruned(raw)  # type: ignore[no-any-return]


def document(reports: Iterable[Report]) -> dict[str, Any]:
    return {"schema": SCHEMA, "servers": [server(r) for r in reports]}


def render(reports: Iterable[Report]) -> str:
    return json.dumps(document(reports), indent=2, ensure_ascii=False)
