"""What the files of a launch look like, seen without starting anything."""

from __future__ import annotations

import difflib
import os
import platform
import stat
import struct
from collections.abc import Mapping
from pathlib import Path

from ..facts.launch import FileLook

# What execvp(3) searches when PATH is not set (glibc, _CS_PATH).
DEFAULT_PATH = "/bin:/usr/bin"
_HEAD = 4096

# ELF e_machine (elf.h) and Mach-O cputype (mach/machine.h) by the name that platform.machine() gives.
_ELF = {3: "i386", 8: "mips", 20: "powerpc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64",
        243: "riscv64", 258: "loongarch64"}  # fmt: skip
_MACH = {7: "i386", 0x01000007: "x86_64", 12: "arm", 0x0100000C: "arm64"}


def which(name: str, path: str | None, cwd: str | None = None) -> str:
    """Where execvp(3) finds `name` on `path` (None: no PATH in the environment), or "".

    A file without the right to execute does not count, as for execvp; a name with a slash is not looked up.
    """
    for folder in (DEFAULT_PATH if path is None else path).split(os.pathsep):
        place = os.path.join(cwd or "", folder or ".", name)
        if executable(place):
            return place
    return ""


def every(name: str, path: str | None) -> tuple[str, ...]:
    """All places of `name` on `path`, first match first, the same file once."""
    found: dict[str, str] = {}
    for folder in (DEFAULT_PATH if path is None else path).split(os.pathsep):
        place = os.path.join(folder or ".", name)
        if executable(place):
            found.setdefault(os.path.realpath(place), place)
    return tuple(found.values())


def present_without_bit(name: str, path: str | None) -> str:
    """A regular file of that name on `path` that may not be executed, or ""."""
    for folder in (DEFAULT_PATH if path is None else path).split(os.pathsep):
        place = os.path.join(folder or ".", name)
        if os.path.isfile(place) and not executable(place):
            return place
    return ""


def executable(place: str) -> bool:
    """Whether execve(2) may run it: a regular file with the bit. For root, access(2) needs one of the three bits."""
    return os.path.isfile(place) and os.access(place, os.X_OK)


# Folders that installers fill and that only a shell's start-up files put on PATH.
_INSTALL_FOLDERS = (
    "~/.local/bin", "~/.cargo/bin", "~/.volta/bin", "~/.bun/bin", "~/.deno/bin", "~/.asdf/shims", "~/.nodenv/shims",
    "~/.local/share/mise/shims", "~/.pyenv/shims", "~/.rye/shims", "~/.npm-global/bin", "~/.local/share/pnpm",
    "~/Library/pnpm", "~/n/bin", "~/bin", "~/go/bin", "~/.pixi/bin", "~/miniconda3/bin", "~/anaconda3/bin",
    "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin", "/usr/local/bin", "/snap/bin", "/opt/local/bin", "/usr/bin",
)  # fmt: skip
_INSTALL_PATTERNS = (
    (".nvm/versions/node", "bin"), (".fnm/node-versions", "installation/bin"),
    (".local/share/fnm/node-versions", "installation/bin"), (".local/share/mise/installs/node", "bin"),
)  # fmt: skip


def installed(name: str, home: str) -> tuple[str, ...]:
    """Where installers usually put a program of that name, newest version first. Looks at a fixed list of folders."""
    folders = [f.replace("~", home, 1) for f in _INSTALL_FOLDERS]
    for root, tail in _INSTALL_PATTERNS:
        try:
            versions = sorted((p.name for p in (Path(home) / root).iterdir()), key=_version_key, reverse=True)
        except OSError:
            continue
        folders += [os.path.join(home, root, v, tail) for v in versions[:20]]
    return tuple(p for p in (os.path.join(f, name) for f in folders) if executable(p))[:5]


def _version_key(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.lstrip("v").split(".") if part.isdigit())


def look(path: str, role: str, env: Mapping[str, str], cwd: str | None = None) -> FileLook:
    """What lies at `path` (relative to `cwd`). Reads at most 4 KiB and never a device or a pipe."""
    place = os.path.join(cwd or "", path)
    try:
        info = Path(place).stat()
    except OSError as error:
        link = _link(place)
        if link:
            return FileLook(path=path, role=role, kind="broken link", link_to=link)
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            near, upto = _nearest(place)
            return FileLook(path=path, role=role, kind="missing", near=near, exists_up_to=upto)
        return FileLook(path=path, role=role, kind="unreadable")
    if stat.S_ISDIR(info.st_mode):
        return FileLook(path=path, role=role, kind="directory")
    if not stat.S_ISREG(info.st_mode):
        return FileLook(path=path, role=role, kind="special")
    may = executable(place)
    try:
        with open(place, "rb") as f:
            head = f.read(_HEAD)
    except OSError:
        return FileLook(path=path, role=role, kind="unreadable", executable=may)
    return _read_head(path, role, may, head, env, place, info.st_size)


def _link(place: str) -> str:
    """Where a symbolic link in a chain of links ends that leads to nothing, or ""."""
    target = ""
    for _ in range(20):
        try:
            target = str(Path(place).parent / Path(place).readlink())
        except OSError:
            return target
        place = target
    return target


def _read_head(
    path: str, role: str, may: bool, head: bytes, env: Mapping[str, str], place: str, size: int
) -> FileLook:  # fmt: skip
    if not head:
        return FileLook(path=path, role=role, kind="empty", executable=may)
    if head.startswith(b"\x7fELF"):
        machine, loader = _elf(head, place)
        missing = "missing" if loader and not os.path.exists(loader) else ""
        return FileLook(
            path=path, role=role, kind="elf", executable=may, machine=machine, interpreter=loader,
            interpreter_found=missing or loader,
        )  # fmt: skip
    if head[:4] in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xcf"):
        cpu = struct.unpack("<I", head[4:8])[0] if head[0] in (0xCF, 0xCE) else 0
        return FileLook(path=path, role=role, kind="mach-o", executable=may, machine=_MACH.get(cpu, ""))
    if head.startswith(b"MZ"):
        return FileLook(path=path, role=role, kind="pe", executable=may)
    first = head.split(b"\n", 1)[0]
    crlf = first.endswith(b"\r") or None
    if not head.startswith(b"#!"):
        kind = "data" if b"\0" in head else "text"
        return FileLook(
            path=path, role=role, kind=kind, executable=may, crlf=crlf, bom=head.startswith(b"\xef\xbb\xbf") or None
        )
    words = first[2:].decode("utf-8", "replace").strip(" \t\r").split(None, 1)
    named = words[0] if words else ""
    return FileLook(
        path=path, role=role, kind="script", executable=may, crlf=crlf,
        interpreter=" ".join(words), interpreter_found=_interpreter(named, words[1:], env),
    )  # fmt: skip


def _interpreter(named: str, words: list[str], env: Mapping[str, str]) -> str:
    """Where the first line's interpreter is. `#!/usr/bin/env NAME` is followed to NAME on the PATH of `env`."""
    if not os.path.exists(named):
        return "missing"
    if Path(named).name != "env" or not words:
        return named
    names = [w for w in words[0].split() if not w.startswith("-") and "=" not in w]
    return (which(names[0], env.get("PATH")) or "missing") if names else named


def _elf(head: bytes, place: str) -> tuple[str, str]:
    """The machine of an ELF file and its program interpreter (PT_INTERP), as in elf(5)."""
    try:
        order = "<" if head[5] == 1 else ">"
        machine = _ELF.get(struct.unpack(order + "H", head[18:20])[0], "unknown")
        if head[4] == 2:
            start, size, count = struct.unpack(order + "Q", head[32:40])[0], *struct.unpack(order + "HH", head[54:58])
        else:
            start, size, count = struct.unpack(order + "I", head[28:32])[0], *struct.unpack(order + "HH", head[42:46])
        for i in range(min(count, 64)):
            entry = head[start + i * size : start + (i + 1) * size]
            if struct.unpack(order + "I", entry[:4])[0] != 3:
                continue
            if head[4] == 2:
                offset, length = struct.unpack(order + "Q", entry[8:16])[0], struct.unpack(order + "Q", entry[32:40])[0]
            else:
                offset, length = struct.unpack(order + "I", entry[4:8])[0], struct.unpack(order + "I", entry[16:20])[0]
            with open(place, "rb") as f:
                f.seek(offset)
                return machine, f.read(min(length, 512)).rstrip(b"\0").decode("utf-8", "replace")
        return machine, ""
    except (struct.error, IndexError, OSError, OverflowError):
        return "", ""


def own_machine() -> str:
    """This computer's processor, in the names that look() gives."""
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())


def _nearest(place: str) -> tuple[str, str]:
    """The existing path most like a missing one, and the part of the missing one that exists."""
    path = Path(place)
    parent, child = path.parent, path.name
    while not os.path.isdir(parent) and parent != parent.parent:
        parent, child = parent.parent, parent.name
    try:
        names = sorted(os.listdir(parent))[:5000]
    except OSError:
        return "", str(parent)
    lower = {n.lower(): n for n in names}
    close = difflib.get_close_matches(child.lower(), list(lower), 1, 0.75)
    same = lower.get(child.lower())
    found = same or (lower[close[0]] if close else "")
    near = os.path.join(str(parent), found) if found else ""
    tail = os.path.relpath(place, os.path.join(str(parent), child))
    if near and tail != "." and os.path.exists(os.path.join(near, tail)):
        near = os.path.join(near, tail)
    return near, str(parent)


def above(start: str, names: tuple[str, ...], levels: int = 8) -> str:
    """The nearest folder at or above `start` that holds one of `names`, or "". Stops at the home folder's parent."""
    folder = Path(start)
    for _ in range(levels):
        if any(os.path.exists(folder / n) for n in names):
            return str(folder)
        if folder == folder.parent:
            break
        folder = folder.parent
    return ""
