"""The report as the contract's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ..model import Cause, Explanation, Report, Target

SCHEMA = "mcp-selfcheck.report/1"


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _number(k, _pruned(v)) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_pruned(v) for v in value]
    return value


def _number(key: str, value: Any) -> Any:
    """A port is a number in every schema; templates of causes hold texts only."""
    return int(value) if key == "port" and isinstance(value, str) and value.isascii() and value.isdigit() else value


def server(report: Report) -> dict[str, Any]:
    """One entry of `servers`, in the contract's shape."""
    raw = asdict(report)
    raw["source"] = {"file": report.source.file, "line": report.source.line}
    return _pruned(raw)  # type: ignore[no-any-return]


def document(reports: Iterable[Report]) -> dict[str, Any]:
    return {"schema": SCHEMA, "servers": [server(r) for r in reports]}


def render(reports: Iterable[Report]) -> str:
    return json.dumps(document(reports), indent=2, ensure_ascii=False)


def targets(found: Iterable[Target]) -> dict[str, Any]:
    """The configured servers: names of environment variables only, no value, no secret argument."""
    servers = [
        {
            "name": t.name,
            "client": t.client,
            "source": {"file": t.source.file, "line": t.source.line},
            "scope": t.source.scope,
            "transport": t.transport,
            "target": t.shown_url or " ".join([t.command or "", *(str(a) for a in t.args)]).strip(),
            "env": sorted(t.env),
            "disabled": t.disabled,
            "cwd": t.cwd,
            "problems": [_problem(p.kind, p.line, p.column, p.detail) for p in t.problems],
            "also": [{"client": client, "differs": differs} for client, differs in t.also],
        }
        for t in found
    ]
    return _pruned({"schema": "mcp-selfcheck.servers/1", "servers": servers})  # type: ignore[no-any-return]


def _problem(kind: str, line: int | None, column: int | None, detail: str) -> str:
    where = f" (line {line}" + (f", column {column})" if column else ")") if line else ""
    return f"config-{kind}{where}" + (f": {detail}" if detail else "")


def explanation(found: Explanation) -> dict[str, Any]:
    """The contract's `explain --json`."""
    body = {"schema": "mcp-selfcheck.explanation/1", "candidates": [asdict(c) for c in found.candidates]}
    return _pruned(body | ({"advice": found.advice} if found.advice else {}))  # type: ignore[no-any-return]


def catalogue(chosen: Iterable[Cause]) -> dict[str, Any]:
    keys = ("code", "layer", "family", "title", "means", "who", "fix", "commands", "severity", "exempt")
    entries = [{k: getattr(c, k) for k in keys} for c in chosen]
    return _pruned({"schema": "mcp-selfcheck.causes/1", "causes": entries})  # type: ignore[no-any-return]


def step(name: str, answer: Any) -> dict[str, Any]:
    """A single step's answer: its fields, and `says` in words."""
    return _pruned({"schema": "mcp-selfcheck.step/1", "step": name, **asdict(answer)})  # type: ignore[no-any-return]
