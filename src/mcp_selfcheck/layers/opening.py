"""An answer to the protocol's opening, read strictly: what a client with a schema would say about it."""

from __future__ import annotations

from typing import Any

from .. import wire
from ..facts.handshake import Opening

TEXT_LIMIT = 600


def read_opening(
    method: str, message: wire.Message | None, *, asked_version: str = "", alive: bool = True, how: str = ""
) -> Opening:
    """The Opening that `message` makes of `method`. `alive` tells silence from an exit when there is no message."""
    asked = asked_version or (wire.MODERN if method == "server/discover" else wire.LEGACY)
    if message is None:
        return Opening(method=method, how=how, outcome="silent" if alive else "exited", asked_version=asked)
    raw = wire.safe(message.text, TEXT_LIMIT)
    if message.kind == "error":
        error = message.error
        data = error.get("data")
        return Opening(
            method=method, how=how, outcome="error", asked_version=asked, error_code=message.code,
            error_message=wire.safe(str(error.get("message", "")), TEXT_LIMIT),
            error_data="" if data is None else wire.safe(wire.dump(data), TEXT_LIMIT),
            versions=_supported(data), raw=raw,
        )  # fmt: skip
    problems = [f for f in message.flaws if f != wire.BOM_FLAW]
    if message.kind == "result":
        problems += _result_problems(method, message.body.get("result"))
    versions = _versions(method, message.result)
    return Opening(
        method=method, how=how, outcome="invalid" if problems or message.kind != "result" else "result",
        asked_version=asked, version=versions[0] if versions else "", versions=versions,
        problems=tuple(wire.safe(p, 200) for p in problems[:8]), raw=raw,
    )  # fmt: skip


def _versions(method: str, result: dict[str, Any]) -> tuple[str, ...]:
    if method == "server/discover":
        found = result.get("supportedVersions")
        return tuple(wire.safe(v, 40) for v in found[:8] if isinstance(v, str)) if isinstance(found, list) else ()
    chosen = result.get("protocolVersion")
    return (wire.safe(chosen, 40),) if isinstance(chosen, str) else ()


def _supported(data: Any) -> tuple[str, ...]:
    """The versions that an error names in its data: `supported` (2026-07-28, basic/versioning)."""
    found = data.get("supported") if isinstance(data, dict) else None
    return tuple(wire.safe(v, 40) for v in found[:8] if isinstance(v, str)) if isinstance(found, list) else ()


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _result_problems(method: str, result: Any) -> list[str]:
    """What the schemas of the SDKs refuse (InitializeResult 2025-11-25, DiscoverResult 2026-07-28)."""
    if not isinstance(result, dict):
        return [f'"result" is {_kind(result)}, not an object']
    found: list[str] = []
    if method == "server/discover":
        versions = result.get("supportedVersions")
        if not isinstance(versions, list) or not all(isinstance(v, str) for v in versions) or not versions:
            found.append('"supportedVersions" is no list of versions')
        if not isinstance(result.get("capabilities"), dict):
            found.append(_missing(result, "capabilities", "an object"))
        return found
    for name, kind, words in (
        ("protocolVersion", str, "a string"), ("capabilities", dict, "an object"), ("serverInfo", dict, "an object"),
    ):  # fmt: skip
        if not isinstance(result.get(name), kind):
            found.append(_missing(result, name, words))
    info = result.get("serverInfo")
    if isinstance(info, dict):
        found += [
            _missing(info, name, "a string", "serverInfo.")
            for name in ("name", "version")
            if not isinstance(info.get(name), str)
        ]
    return found


def _missing(holder: dict[str, Any], name: str, words: str, prefix: str = "") -> str:
    if name not in holder:
        return f'"{prefix}{name}" is missing'
    return f'"{prefix}{name}" is {_kind(holder[name])}, not {words}'
