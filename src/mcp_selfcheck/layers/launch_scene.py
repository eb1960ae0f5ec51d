"""What is known of a launch before anything is started: the command line, where it leads, in which environment."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import clients
from ..facts.launch import FileLook
from . import Walk
from .launch_command import Parsed, parse
from .launch_look import look, which


@dataclass(frozen=True)
class Scene:
    """`resolved` is where the client's PATH finds the command, or the command itself when it is a path."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    parsed: Parsed
    resolved: str
    looks: tuple[FileLook, ...]


def survey(w: Walk) -> Scene:
    """Looks at the files of the launch; starts nothing."""
    env = clients.environment(w.client, w.target, w.environ)
    cwd = clients.working_directory(w.client, w.target, w.environ) or _here()
    argv = tuple(w.target.argv())
    parsed = parse(argv)
    command = argv[0]
    resolved = command if "/" in command else which(command, env.get("PATH"), cwd)
    looks: list[FileLook] = []
    if resolved:
        looks.append(look(resolved, "command", env, cwd))
    inner = parsed.inner[0] if parsed.inner and parsed.inner[0] != parsed.script else ""
    if "/" in inner and parsed.launcher not in ("npx", "uvx", "pipx", "docker", "podman", "nerdctl"):
        looks.append(look(inner, "inner", env, cwd))
    if parsed.script and "://" not in parsed.script:
        looks.append(look(parsed.script, "script", env, os.path.join(cwd, parsed.directory)))
    if parsed.directory and not parsed.script.startswith("/"):
        folder = look(parsed.directory, "directory", env, cwd)
        looks += [folder] if folder.kind != "directory" else []
    return Scene(argv, env, cwd, parsed, resolved, tuple(looks))


def _here() -> str:
    """The folder in which we are; "/" when it was removed under us."""
    try:
        return str(Path.cwd())
    except OSError:
        return "/"


def cwd_state(cwd: str) -> str:
    """exists, missing, file, no entry (may not be entered) or read only (for us)."""
    try:
        mode = Path(cwd).stat().st_mode
    except PermissionError:
        return "no entry"
    except OSError:
        return "missing"
    if not stat.S_ISDIR(mode):
        return "file"
    if not os.access(cwd, os.X_OK):
        return "no entry"
    read_only = os.statvfs(cwd).f_flag & os.ST_RDONLY or not os.access(cwd, os.W_OK)
    kernels = cwd.rstrip("/").split("/")[1:2] in (
        ["proc"],
        ["sys"],
    )  # access(2) says yes there, and nothing can be made
    return "read only" if read_only or kernels else "exists"
