"""Facts become evidence: pairs of key and text, in the order in which the facts are defined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def evidence_of(layer: str, facts: Any) -> Iterator[tuple[str, str]]:
    """Flattens a Facts dataclass into (key, text) pairs: `layer.field`, `layer.field.sub`, `layer.field[key]`.

    None, empty and unset values give no pair. A field with metadata {"shown": False} is kept for the causes only.
    Tuples of dataclasses are keyed by their first field; tuples of scalars are joined by ", ".
    """
    for f in fields(facts):
        if not f.metadata.get("shown", True) or f.name in ("state", "saw"):
            continue
        yield from _flatten(f"{layer}.{f.name}", getattr(facts, f.name))


def _flatten(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None or value == "" or value == () or value == {}:
        return
    if is_dataclass(value):
        for f in fields(value):
            if f.metadata.get("shown", True):
                yield from _flatten(f"{key}.{f.name}", getattr(value, f.name))
    elif isinstance(value, Mapping):
        for k, v in value.items():
            yield from _flatten(f"{key}[{k}]", v)
    elif isinstance(value, tuple):
        if value and is_dataclass(value[0]):
            for item in value:
                first = fields(item)[0].name
                for f in fields(item)[1:]:
                    if f.metadata.get("shown", True):
                        yield from _flatten(f"{key}[{getattr(item, first)}].{f.name}", getattr(item, f.name))
        else:
            yield key, ", ".join(str(v) for v in value)
    elif isinstance(value, bool):
        yield key, "yes" if value else "no"
    elif isinstance(value, float):
        yield key, f"{value:g}"
    else:
        yield key, str(value)
