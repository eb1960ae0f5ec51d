"""The knowledge: one file for each family of rivals, most specific first. A cause judges a Trace and touches nothing."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from dataclasses import replace

from ..model import LAYERS, Cause, Says


@functools.cache
def load(layer: str | None = None) -> tuple[Cause, ...]:
    """Every cause of the catalogue (or of one layer), in the order of the path, then file, then definition."""
    if layer is None:
        return tuple(c for name in LAYERS for c in load(name))
    try:
        package = importlib.import_module(f"{__name__}.{layer}")
    except ModuleNotFoundError:
        return ()
    found: dict[str, Cause] = {}  # a cause that a file only imports from another is not counted again
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        found.update({v.code: v for v in vars(module).values() if isinstance(v, Cause) and v.layer == layer})
    said = spoken(layer)
    return tuple(replace(c, says=(*c.says, *said.get(c.code, ()))) if c.code in said else c for c in found.values())


@functools.cache
def spoken(layer: str) -> dict[str, tuple[Says, ...]]:
    """What programs print when a cause of this layer holds, by code: says/<layer>.py and its parts."""
    package = importlib.import_module(f"{__name__}.says")
    names = [i.name for i in pkgutil.iter_modules(package.__path__) if i.name.split("_")[0] == layer]
    tables = [importlib.import_module(f"{package.__name__}.{name}").SAYS for name in sorted(names)]
    codes = {code for table in tables for code in table}
    return {code: tuple(s for table in tables for s in table.get(code, ())) for code in codes}


@functools.cache
def by_code() -> dict[str, Cause]:
    return {c.code: c for c in load()}
