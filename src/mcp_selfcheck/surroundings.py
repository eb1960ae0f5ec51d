"""The environment of the person who runs us: read here and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path


def environ() -> dict[str, str]:
    """A copy of our environment."""
    return dict(os.environ)


def home() -> str:
    """The home directory, as programs find it: HOME or USERPROFILE, else the account's."""
    return str(Path("~").expanduser())


def here() -> str:
    """The folder in which we are; "" when it was removed under us."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""
