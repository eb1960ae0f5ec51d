"""The project around a script: its environment, its manifest, whether it was built. Reads files only."""

from __future__ import annotations

import json
import os
import re
import warnings
from pathlib import Path
from typing import Any

from .launch_look import above

_MANIFEST_CAP = 512 * 1024
_VENVS = (".venv", "venv", "env", ".env", "virtualenv")


def venv_pythons(*starts: str) -> tuple[str, ...]:
    """Interpreters of virtual environments at or above these folders, nearest first (at most four levels up)."""
    found: list[str] = []
    for start in starts:
        folder = Path(start)
        for _ in range(4):
            for name in _VENVS:
                place = folder / name / "bin" / "python"
                if os.path.isfile(folder / name / "pyvenv.cfg") and os.access(place, os.X_OK):
                    found.append(str(place))
            if folder == folder.parent or os.path.exists(folder / ".git"):
                break
            folder = folder.parent
    return tuple(dict.fromkeys(found))[:4]


def read_json(path: Path) -> dict[str, Any]:
    """A manifest, or nothing when it cannot be read."""
    try:
        with path.open("rb") as f:
            found = json.loads(f.read(_MANIFEST_CAP))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def node_project(missing: str) -> dict[str, str]:
    """What the nearest package.json above a path says about building it: facts for the questions, by question.

    A package that was installed below node_modules is no project of this person.
    """
    folder = above(str(Path(missing).parent), ("package.json",))
    if not folder or "node_modules" in Path(folder).parts:
        return {}
    manifest = read_json(Path(folder) / "package.json")
    found = {"project": folder}
    scripts = manifest.get("scripts")
    build = scripts.get("build") if isinstance(scripts, dict) else None
    if isinstance(build, str) and build.strip():
        found["build script"] = build.strip()[:200]
    sources = next((s for s in ("src", "lib", "source", "tsconfig.json") if os.path.exists(Path(folder) / s)), "")
    if sources:
        found["sources"] = str(Path(folder) / sources)
    found["node_modules"] = "exists" if os.path.isdir(Path(folder) / "node_modules") else "missing"
    found["package manager"] = _manager(Path(folder), manifest)
    engines = manifest.get("engines")
    if isinstance(engines, dict) and isinstance(engines.get("node"), str):
        found["engines.node"] = engines["node"][:60]
    return found


def _manager(folder: Path, manifest: dict[str, Any]) -> str:
    """The package manager of a Node project: what its manifest names, or whose lock file lies there."""
    named = str(manifest.get("packageManager", "")).partition("@")[0]
    if named in ("npm", "pnpm", "yarn", "bun"):
        return named
    locks = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun", "bun.lockb": "bun"}
    return next((manager for lock, manager in locks.items() if os.path.exists(folder / lock)), "npm")


def package_of(script: str) -> tuple[str, str]:
    """(the dotted name of a Python file in its package, the folder above that package).

    As many folders belong to it as its relative imports have dots, and further ones that hold an __init__.py.
    """
    path = Path(script)
    try:
        with path.open("rb") as f:
            source = f.read(_MANIFEST_CAP).decode("utf-8", "replace")
    except OSError:
        return "", ""
    dots = max((len(m) for m in re.findall(r"^\s*from (\.+)", source, re.MULTILINE)), default=1)
    names, folder = [path.stem] if path.stem != "__main__" else [], path.parent
    for depth in range(1, 9):
        if folder == folder.parent or not (depth <= dots or os.path.exists(folder / "__init__.py")):
            break
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names), str(folder)


def lists_dependency(folder: str, name: str) -> bool:
    """Whether the package.json in `folder` names `name` as a dependency of any kind."""
    manifest = read_json(Path(folder) / "package.json")
    kinds = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
    return any(isinstance(manifest.get(k), dict) and name in manifest[k] for k in kinds)


def node_engines(script: str) -> str:
    """`engines.node` of the package that a script belongs to, installed or own, or ""."""
    folder = above(str(Path(os.path.realpath(script)).parent), ("package.json",), 6)
    engines = read_json(Path(folder) / "package.json").get("engines") if folder else None
    wanted = engines.get("node") if isinstance(engines, dict) else None
    return wanted[:60] if isinstance(wanted, str) else ""


def built_project(missing: str) -> dict[str, str]:
    """The same for compiled languages: a missing target/release/x below a Cargo.toml, a binary beside a go.mod."""
    folder = above(
        str(Path(missing).parent), ("Cargo.toml", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts"), 5
    )
    if not folder:
        return {}
    commands = {
        "Cargo.toml": "cargo build --release", "go.mod": "go build", "pom.xml": "mvn package",
        "build.gradle": "gradle build", "build.gradle.kts": "gradle build",
    }  # fmt: skip
    manifest = next(n for n in commands if os.path.exists(Path(folder) / n))
    below = os.path.relpath(missing, folder)
    if not re.match(r"(target|build|bin|dist|out)/", below) and os.sep in below:
        return {}
    return {"project": folder, "build script": commands[manifest], "sources": str(Path(folder) / manifest)}


# What a line looks like that only a newer Python reads (docs.python.org, whatsnew).
_NEW_SYNTAX = (
    (r"(?:async )?def \w+\[|class \w+\[|type \w+(?:\[[^\]]*\])? =", "3.12"), (r"except\*", "3.11"),
    (r"match [^=]+:$|case [^=]+:$", "3.10"), (r"except \w+(?:, \w+)+:", "3.14"), (r".*\bt[\"']", "3.14"), (r".*:=", "3.8"),
)  # fmt: skip


def syntax_error(text: str) -> dict[str, str]:
    """Whether the file of a Python syntax error is one for a newer Python: this one reads it, or the line shows it.

    It is not executed.
    """
    found = re.findall(
        r"""File "([^"\n]+\.py)", line \d+\n([^\n]*)\n(?:[^\n]*\n){0,2}?(?:SyntaxError|IndentationError|TabError)""",
        text,
    )
    if not found:
        return {}
    file, line = found[-1]
    asked = {"file of the syntax error": file}
    since = next((v for pattern, v in _NEW_SYNTAX if re.match(pattern, line.strip())), "")
    if since:
        asked["syntax came with"] = since
    try:
        source = Path(file).read_bytes()[: 1024 * 1024]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return asked | {"parses with a newer Python": "no"}
    except OSError:
        return asked
    return asked | {"parses with a newer Python": "yes"}


def requires_python(*starts: str) -> str:
    """`requires-python` of the nearest pyproject.toml, or ""."""
    for start in starts:
        folder = above(start, ("pyproject.toml",), 5)
        if not folder:
            continue
        try:
            text = (Path(folder) / "pyproject.toml").read_text("utf-8", "replace")[:_MANIFEST_CAP]
        except OSError:
            continue
        found = re.search(r"""^\s*requires-python\s*=\s*["']([^"'\n]{1,60})["']""", text, re.MULTILINE)
        if found:
            return found[1]
    return ""
