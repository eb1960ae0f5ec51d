"""The file in which approvals are kept: private, replaced as a whole, and worth nothing when it is damaged or open to others."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from . import surroundings
from .model import Target
from .redact import visible

SIZE = 4 * 1024 * 1024  # bytes that such a file may have


@dataclass(frozen=True)
class Approval:
    """What was approved, in words that may be shown, and the hash of each part."""

    name: str
    client: str
    file: str
    pointer: tuple[str, ...]
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Kept:
    """The approvals by fingerprint. `problem` says why the file does not count."""

    entries: Mapping[str, Approval] = field(default_factory=dict)
    problem: str = ""

    def of(self, target: Target) -> Approval | None:
        """What was approved last for the same place of the same file."""
        same = [a for a in self.entries.values() if (a.file, a.pointer) == (target.source.file, target.source.pointer)]
        return same[-1] if same else None


def state_file() -> Path:
    """Where approvals are kept (XDG Base Directory Specification)."""
    base = surroundings.environ().get("XDG_STATE_HOME", "")
    root = Path(base) if base.startswith("/") else Path(surroundings.home()) / ".local" / "state"
    return root / "mcp-selfcheck" / "approvals.json"


def quoted(name: str) -> str:
    """A server's name as an argument that can be typed: quoted for a shell, nothing invisible in it."""
    word = shlex.quote(visible(name).replace("\n", "\\n")[:200])
    return f"-- {word}" if name.startswith("-") else word


def read() -> Kept:
    """What the file holds. A file that cannot be trusted or understood holds nothing, and says so."""
    file = state_file()
    try:
        with file.open("rb") as f:
            seen = os.fstat(f.fileno())
            if not stat.S_ISREG(seen.st_mode) or seen.st_size > SIZE:
                return Kept(problem=f"{file} is no file of approvals and does not count")
            if hasattr(os, "getuid") and (seen.st_uid not in (os.getuid(), 0) or seen.st_mode & 0o022):
                return Kept(problem=f"{file} can be written by others and does not count; make it yours with mode 0600")
            text = f.read(SIZE)
    except FileNotFoundError:
        return Kept()
    except OSError as error:
        return Kept(problem=f"{file} cannot be read ({error.strerror}) and does not count")
    try:
        held = json.loads(text)["approvals"]
        return Kept({str(k): _approval(v) for k, v in held.items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Kept(problem=f"{file} is damaged and does not count; remove it and approve anew")


def _approval(value: Any) -> Approval:
    text = [value["name"], value["client"], value["file"], *value["pointer"], *value["parts"], *value["parts"].values()]
    if not all(isinstance(t, str) for t in text):
        raise ValueError("no text")
    return Approval(value["name"], value["client"], value["file"], tuple(value["pointer"]), dict(value["parts"]))


@contextlib.contextmanager
def _replacing(file: Path) -> Iterator[BinaryIO]:
    """A private temporary file beside `file` that takes its place at the end."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".approvals-")  # mkstemp(3): mode 0600
    try:
        with os.fdopen(handle, "wb") as f:
            yield f
            f.flush()
            os.fsync(handle)
        Path(name).replace(file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _write(entries: Mapping[str, Approval]) -> None:
    shape = {
        k: {"name": a.name, "client": a.client, "file": a.file, "pointer": list(a.pointer), "parts": dict(a.parts)}
        for k, a in entries.items()
    }
    with _replacing(state_file()) as f:
        f.write(json.dumps({"schema": "mcp-selfcheck.approvals/1", "approvals": shape}, indent=1).encode() + b"\n")


def add(target: Target, fingerprint: str, parts: Mapping[str, str]) -> None:
    """Keeps one approval; it replaces an older one of the same place. Raises OSError.

    A damaged file is replaced: nothing in it counted.
    """
    source = target.source
    kept = {k: a for k, a in read().entries.items() if (a.file, a.pointer) != (source.file, source.pointer)}
    _write({**kept, fingerprint: Approval(target.name, target.client, source.file, source.pointer, parts)})


def revoke(which: str) -> list[Approval]:
    """Takes back every approval of that name, or with a fingerprint that begins so (6 characters at least).

    Returns what was taken back. Raises OSError.
    """
    kept = read().entries
    gone = {k: a for k, a in kept.items() if a.name == which or (len(which) >= 6 and k.startswith(which))}
    if gone:
        _write({k: a for k, a in kept.items() if k not in gone})
    return list(gone.values())
