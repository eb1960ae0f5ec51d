"""The knowledge: one file for each family of rivals, most specific first. A cause judges a Trace and touches nothing."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from ..model import LAYERS, Cause


@functools.cache
def load(layer: str | None = None) -> tuple[Cause, ...]:
    """Every cause of the catalogue (or of one layer), in the order of the path, then file, then definition."""
    if layer is None:
        return tuple(c for name in LAYERS for c in load(name))
    try:
        package = importlib.import_module(f"{__name__}.{layer}")
    except ModuleNotFoundError:
        return ()
    found: list[Cause] = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        found.extend(v for v in vars(module).values() if isinstance(v, Cause))
    return tuple(found)


@functools.cache
def by_code() -> dict[str, Cause]:
    return {c.code: c for c in load()}
