"""Writes down, with hashes, all that a release installs and is built with; and the bill of materials from that.

    python supply/lock.py            writes requirements.txt, build.txt and sbom.cdx.json beside this file (asks the index)
    python supply/lock.py --check    says what is not complete any more; contacts nothing

The versions are those of constraints.txt. Each line has the hashes of every file of that version, for all platforms and
Pythons, so that one file serves everywhere: pip install --require-hashes -r supply/requirements.txt
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RUN, BUILD, BILL = HERE / "requirements.txt", HERE / "build.txt", HERE / "sbom.cdx.json"
EXTRAS = ("export", "yaml")
_ROW = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")


def canonical(name: str) -> str:
    """A name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return found


def compile_to(file: Path, *given: str, text: str | None = None) -> None:
    """One resolution for every platform, with hashes; no index, no path and no time stands in it."""
    argv = [
        str(Path(sys.executable).with_name("uv")), "pip", "compile", *given, "--universal", "--python-version", "3.11", "--generate-hashes",
        "--no-header", "--quiet", "--constraint", "constraints.txt", "--output-file", str(file),
    ]  # fmt: skip
    subprocess.run(argv, cwd=ROOT, check=True, input=text, text=True)
    lines = [line for line in file.read_text().splitlines() if line.strip() != "#   -c constraints.txt"]
    file.write_text("\n".join(lines) + "\n")


def read(file: Path) -> dict[str, dict[str, Any]]:
    """Each distribution of such a file by canonical name: version, marker, hashes, and who needs it."""
    found: dict[str, dict[str, Any]] = {}
    now: dict[str, Any] = {}
    for line in file.read_text().splitlines():
        if row := _ROW.match(line):
            now = found.setdefault(canonical(row[1]), {"name": row[1], "version": row[2], "hashes": [], "via": []})
            now["marker"] = (row[3] or "").strip()
        elif held := re.fullmatch(r"\s+--hash=sha256:([0-9a-f]{64})\s*\\?", line):
            now["hashes"].append(held[1])
        elif (via := re.fullmatch(r"\s*#(?: via)?\s+(\S.*)", line)) and via[1] != "via":
            now["via"].append(via[1].split(" ")[0])
    return found


def bill() -> dict[str, Any]:
    """CycloneDX 1.6: what the program consists of, and what needs what. The same for the same requirements."""
    locked, about = read(RUN), project()["project"]
    ours = f"pkg:pypi/{about['name']}@{about['version']}"
    ref = {name: f"pkg:pypi/{name}@{d['version']}" for name, d in locked.items()}
    components = [
        {
            "type": "library", "bom-ref": ref[name], "name": d["name"], "version": d["version"], "purl": ref[name],
            "scope": "required" if not d["marker"] else "optional",
            "hashes": [{"alg": "SHA-256", "content": h} for h in d["hashes"]],
            **({"properties": [{"name": "mcp-selfcheck:marker", "value": d["marker"]}]} if d["marker"] else {}),
        }
        for name, d in sorted(locked.items())
    ]  # fmt: skip
    needs: dict[str, list[str]] = {r: [] for r in (ours, *ref.values())}
    for name, d in sorted(locked.items()):
        for who in d["via"]:
            owner = ours if who == about["name"] else ref.get(canonical(who))
            if owner and ref[name] not in needs[owner]:
                needs[owner].append(ref[name])
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": ours, "name": about["name"], "version": about["version"], "purl": ours,
            "licenses": [{"license": {"id": about["license"]}}],
        }},
        "components": components,
        "dependencies": [{"ref": r, "dependsOn": sorted(n)} for r, n in sorted(needs.items())],
    }  # fmt: skip
    return {"serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document)).urn, **document}


def dump(document: dict[str, Any]) -> str:
    """One component a line, so that a change can be read."""
    rows = {k: json.dumps(v) for k, v in document.items()}
    for key in ("components", "dependencies"):
        rows[key] = "[\n" + ",\n".join(json.dumps(x) for x in document[key]) + "\n]"
    return "{\n" + ",\n".join(f"{json.dumps(k)}: {v}" for k, v in rows.items()) + "\n}\n"


def problems() -> list[str]:
    """What is missing or old. Nothing is contacted."""
    about = project()
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    pins = {canonical(k): v for k, v in pins.items()}
    locked, build = read(RUN), read(BUILD)
    wanted = [*about["project"]["dependencies"]]
    wanted += [r for extra in EXTRAS for r in about["project"]["optional-dependencies"][extra]]
    said = []
    for requirement in wanted:
        name = canonical(re.split(r"[<>=!~\[; ]", requirement)[0])
        if name not in locked:
            said.append(f"{name} is a dependency and stands in no line of {RUN.name}")
    for name, d in {**build, **locked}.items():
        if not d["hashes"]:
            said.append(f"{name} has no hash")
        if pins.get(name, d["version"]) != d["version"]:
            said.append(f"{name} is {d['version']} here and {pins[name]} in constraints.txt")
        if not d["marker"] and name in locked and name not in pins:
            said.append(f"{name} is not in constraints.txt")
    for requirement in about["build-system"]["requires"]:
        if canonical(requirement) not in build:
            said.append(f"{requirement} builds the package and stands in no line of {BUILD.name}")
    if not BILL.is_file() or BILL.read_text() != dump(bill()):
        said.append(f"{BILL.name} is not what {RUN.name} says")
    text = RUN.read_text() + BUILD.read_text() + BILL.read_text()
    said += [f"a host or an address stands in it: {x}" for x in re.findall(r"\w+://\S+|\b\d+\.\d+\.\d+\.\d+:\d+", text)]
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        extras = [word for extra in EXTRAS for word in ("--extra", extra)]
        compile_to(RUN, "pyproject.toml", *extras)
        compile_to(BUILD, "-", text="\n".join([*project()["build-system"]["requires"], "build"]) + "\n")
        BILL.write_text(dump(bill()))
    found = problems()
    print("\n".join(found) or "complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
