"""What is installed where a dead server was looked for: SDK versions, module types, half-filled npx folders. Reads files only."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..facts.launch import LaunchFacts
from ..facts.said import bare
from .known_packages import normal

_PYTHON = ("mcp", "fastmcp", "mcp-types", "pydantic")
_NODE = ("@modelcontextprotocol/sdk", "@modelcontextprotocol/server", "@modelcontextprotocol/client",
         "@modelcontextprotocol/core", "zod")  # fmt: skip
_READ = 1024 * 1024
_SITE = re.compile(r"[\"'(]?((?:/|[A-Za-z]:\\)[^\"'()\n]*?[/\\](?:site|dist)-packages)[/\\]")
_BIN = re.compile(r"File \"((?:/|[A-Za-z]:\\)[^\"\n]*?)[/\\](?:bin|Scripts)[/\\][^/\\\"\n]+\"")
_NODE_FILE = re.compile(r"(?:file://)?(/[^\s'\"():]+\.[cm]?[jt]sx?)\b")


def _json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, or {} when there is none that can be read."""
    try:
        with path.open("rb") as f:
            found = json.loads(f.read(_READ))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _lib(prefix: str) -> Iterator[str]:
    """The site-packages folders of a Python environment at `prefix`."""
    for pattern in ("lib/python*/site-packages", "Lib/site-packages"):
        yield from (str(p) for p in sorted(Path(prefix).glob(pattern))[:4])


def site_folders(f: LaunchFacts, argv: Iterable[str], stderr: str) -> list[str]:
    """Where the Python packages of this launch lie: first what its traceback names, then what its files suggest."""
    found = _SITE.findall(stderr)
    for prefix in _BIN.findall(stderr):
        found += _lib(prefix)
    starts = [f.resolved, *(x.interpreter_found for x in f.looks if x.role == "command")]
    for path in starts:
        if path and f.launcher in ("", "python"):
            found += _lib(str(Path(path).parent.parent))
    found += _lib(activated(argv)) if activated(argv) else []
    if f.launcher == "uv run":
        words = list(argv)
        folders = [words[i + 1] for i, word in enumerate(words[:-1]) if word in ("--directory", "--project")]
        for folder in (*folders, f.cwd):
            found += _lib(os.path.join(folder, ".venv"))
    return list(dict.fromkeys(found))


def activated(argv: Iterable[str]) -> str:
    """The virtual environment that the command line of a shell activates, or ""."""
    found = re.search(r"(?:\.|source) ['\"]?(/[^\s'\";&]+)/bin/activate\b", " ".join(argv))
    return found[1] if found else ""


def python_packages(folders: Iterable[str]) -> dict[str, str]:
    """Versions of the SDK and what it rests on, from the metadata folders; the first folder that has one counts."""
    found: dict[str, str] = {}
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            m = re.fullmatch(r"(.+?)-([^-]+)\.(?:dist|egg)-info", name)
            if m and normal(m[1]) in _PYTHON:
                found.setdefault(normal(m[1]), m[2])
    return found


def requirements(folders: Iterable[str], package: str) -> tuple[str, list[str]]:
    """The version of an installed Python distribution and the normal names of what it requires; ("", []) when absent."""
    for folder in folders:
        for path in Path(folder).glob("*.dist-info"):
            if normal(path.name.split("-")[0]) != normal(package):
                continue
            try:
                text = (path / "METADATA").read_text("utf-8", "replace")[:_READ].split("\n\n", 1)[0]
            except OSError:
                continue
            version = re.search(r"^Version: (.+)$", text, re.MULTILINE)
            needs = re.findall(r"^Requires-Dist: ([\w.\-]+)", text, re.MULTILINE)
            return (version[1].strip() if version else ""), [normal(n) for n in needs]
    return "", []


def node_files(f: LaunchFacts, stderr: str) -> list[str]:
    """The JavaScript files that the error names, the server's own first; then the script itself."""
    named = [p for p in _NODE_FILE.findall(stderr) if not p.startswith("/node:")]
    script = os.path.join(f.cwd, f.script) if f.script else ""
    return list(dict.fromkeys([*named, *([script] if script else [])]))[:20]


def node_packages(files: Iterable[str]) -> dict[str, str]:
    """Versions of the SDK packages that these files would be given, as Node looks them up: folder by folder upwards."""
    found: dict[str, str] = {}
    for file in files:
        for folder in list(Path(file).parents)[:12]:
            for name in _NODE:
                if name not in found:
                    version = _json(folder / "node_modules" / name / "package.json").get("version")
                    if isinstance(version, str):
                        found[name] = version
    return found


def module_type(file: str) -> tuple[str, str]:
    """The package.json that decides how Node reads `file`, and its "type" ("not set" without one); ("", "") if none."""
    for folder in list(Path(file).parents)[:12]:
        manifest = folder / "package.json"
        if os.path.isfile(manifest):
            return str(manifest), str(_json(manifest).get("type") or "not set")
    return "", ""


# --- npx ------------------------------------------------------------------------------------------------------------

_FOLDER = re.compile(r"((?:/|[A-Za-z]:\\)[^\s'\"\n]*?[/\\]_npx[/\\][0-9a-f]{8,})[/\\]")
_NO_FILE = re.compile(r"Cannot find module '((?:/|[A-Za-z]:\\)[^'\n]+)'")
_NO_NAME = re.compile(r"Cannot find (?:module|package) '((?![./\\]|[A-Za-z]:)[^'\n]+)'")
_FROM = re.compile(r"imported from (/[^\s'\"]+)|^- (/[^\s'\"]+)", re.MULTILINE)


def npx_folder(f: LaunchFacts, env: Mapping[str, str], stderr: str) -> str:
    """The folder below _npx that this command line uses: named by the error, or found by the package it lists."""
    named = _FOLDER.search(stderr)
    if named:
        return named[1]
    cache = env.get("npm_config_cache") or os.path.join(env.get("HOME", ""), ".npm")
    for manifest in sorted(Path(cache, "_npx").glob("*/package.json"))[:500]:
        wanted = _json(manifest).get("dependencies")
        if isinstance(wanted, dict) and bare(f.package) in wanted:
            return str(manifest.parent)
    return ""


def npx_missing(folder: str, stderr: str, package: str) -> dict[str, str]:
    """What the npx folder lacks, and whether the package's own archive or manifest has it.

    `npx missing` names it; `npx missing is`: "in its archive" and "a listed dependency" speak against the folder,
    "not in its archive" and "not a listed dependency" against the release.
    """
    modules = os.path.join(folder, "node_modules")
    path = _NO_FILE.search(stderr)
    if path and path[1].startswith(modules):
        return _missing_file(folder, os.path.relpath(path[1], modules))
    name = _NO_NAME.search(stderr)
    asker = _FROM.search(stderr)
    if name and asker:
        return _missing_dependency(modules, _package_of(name[1]), asker[1] or asker[2])
    manifest = _json(Path(modules, bare(package), "package.json"))
    bins = manifest.get("bin")
    for target in [bins] if isinstance(bins, str) else list((bins or {}).values()) if isinstance(bins, dict) else []:
        if isinstance(target, str) and not os.path.exists(Path(modules, bare(package), target)):
            return _missing_file(folder, os.path.join(bare(package), os.path.normpath(target)))
    return {}


def _package_of(path: str) -> str:
    """The package that a path below node_modules, or an import, belongs to."""
    words = path.replace("\\", "/").split("/")
    return "/".join(words[:2]) if words[0].startswith("@") else words[0]


def _described(modules: str, package: str) -> str:
    version = _json(Path(modules, package, "package.json")).get("version")
    return f"{package}@{version}" if isinstance(version, str) else package


def _missing_dependency(modules: str, wanted: str, asker: str) -> dict[str, str]:
    if not asker.startswith(modules):
        return {}
    package = _package_of(os.path.relpath(asker, modules).rsplit("node_modules/", 1)[-1])
    manifest = _json(Path(modules, package, "package.json"))
    listed = any(
        wanted in manifest.get(key, {})
        for key in ("dependencies", "peerDependencies", "optionalDependencies")
        if isinstance(manifest.get(key), dict)
    )
    return {
        "npx missing": wanted, "npx missing from": _described(modules, package),
        "npx missing is": "a listed dependency" if listed else "not a listed dependency",
    }  # fmt: skip


def _missing_file(folder: str, path: str) -> dict[str, str]:
    modules = os.path.join(folder, "node_modules")
    inner = path.replace("\\", "/").rsplit("node_modules/", 1)[-1]
    package = _package_of(inner)
    found = {"npx missing": inner, "npx missing from": _described(modules, package)}
    lock = _json(Path(modules, ".package-lock.json"))
    before = path[: -len(inner)] if path.endswith(inner) else ""
    entry = lock.get("packages", {}).get(f"node_modules/{before}{package}", {}) if lock else {}
    files = _archive(folder, str(entry.get("integrity", "")) if isinstance(entry, dict) else "")
    if files is not None:
        rest = inner[len(package) :].strip("/")
        has = any(rest + tail in files for tail in ("", ".js", ".cjs", ".mjs", ".json", "/index.js"))
        found["npx missing is"] = "in its archive" if has else "not in its archive"
    return found


def _archive(folder: str, integrity: str) -> set[str] | None:
    """The files of a package as npm's own store (cacache, content-v2) keeps its archive, or None when it is not there."""
    algorithm, _, digest = integrity.split(" ")[0].partition("-")
    try:
        name = base64.b64decode(digest, validate=True).hex()
    except (binascii.Error, ValueError):
        return None
    if not name or not re.fullmatch(r"sha\d+", algorithm):
        return None
    store = Path(folder).parent.parent / "_cacache" / "content-v2" / algorithm / name[:2] / name[2:4] / name[4:]
    found: set[str] = set()
    try:
        with tarfile.open(store, "r:gz") as archive:
            for member in archive:
                found.add(member.name.split("/", 1)[-1])
                if len(found) > 50_000:
                    return None
    except (OSError, tarfile.TarError, EOFError):
        return None
    return found


def npx_programs(folder: str, package: str) -> str:
    """The programs of an installed npm package, by its manifest's "bin"; "none" without one, "" when it is not there."""
    name = bare(package)
    manifest = _json(Path(folder, "node_modules", name, "package.json"))
    if not manifest:
        return ""
    bins = manifest.get("bin")
    if isinstance(bins, str):
        return name.rsplit("/", 1)[-1]
    return ", ".join(sorted(bins)) if isinstance(bins, dict) and bins else "none"


def project_programs(f: LaunchFacts, argv: Iterable[str]) -> str:
    """The scripts that the project of `uv run` declares (pyproject.toml, [project.scripts]), or ""."""
    import tomllib

    words = list(argv)
    folders = [words[i + 1] for i, word in enumerate(words[:-1]) if word in ("--directory", "--project")]
    path = Path(f.cwd, *(folders[:1])) / "pyproject.toml"
    try:
        with path.open("rb") as file:
            scripts = tomllib.load(file).get("project", {}).get("scripts", {})
    except (OSError, tomllib.TOMLDecodeError, AttributeError):
        return ""
    return ", ".join(sorted(scripts)) if isinstance(scripts, dict) else ""
