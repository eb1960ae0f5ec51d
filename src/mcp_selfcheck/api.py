"""The public Python API: what is configured, what is wrong with it, what a text means."""

from __future__ import annotations

from .discover import discover
from .examine import diagnose
from .explain import explain

__all__ = ["diagnose", "discover", "explain"]
