"""Why Node reads a file as the kind of module that it is not."""

from __future__ import annotations

import re

from ...model import Confirm, Proof, Trace, cause
from .package import STDERR, failed

_DIAGNOSE = Confirm("diagnose", {})

_ESM = (
    (re.compile(r"SyntaxError: (Cannot use import statement outside a module)"), "commonjs"),
    (re.compile(r"SyntaxError: (Unexpected token 'export')"), "commonjs"),
    (re.compile(r"SyntaxError: (await is only valid in async functions and the top level bodies of modules)"), "commonjs"),
    (re.compile(r"SyntaxError: (Cannot use 'import\.meta' outside a module)"), "commonjs"),
    (re.compile(r"Error \[(ERR_REQUIRE_ESM|ERR_REQUIRE_ASYNC_MODULE)\]"), "require"),
    (re.compile(r"(Must use import to load ES Module)"), "require"),
    (re.compile(r"ReferenceError: ((?:require|module|exports|__dirname|__filename) is not defined(?: in ES module scope)?)"), "module"),
)  # fmt: skip


@cause(
    "launch-esm-cjs",
    "sdk-version",
    title="Node reads the file as the other kind of module",
    means="A JavaScript file is either an ES module (import) or CommonJS (require). Node decides that by the nearest "
    "package.json and the file's ending, and here it decided for the kind that this file is not.",
    who="server_author",
    fix="Make the file and what decides about it agree: {how}.",
    over=("launch-node-too-old", "launch-env-missing"),
    confirm_with=_DIAGNOSE,
)
def esm_cjs(t: Trace) -> Proof | None:
    seen = failed(t)
    if seen is None:
        return None
    f, stderr = seen
    for pattern, read_as in _ESM:
        m = pattern.search(stderr)
        if not m or (m[1].startswith(("require is", "module is", "exports is")) and "file://" not in stderr):
            continue
        file = _file(stderr)
        manifest, kind = f.asked.get("module type set by", ""), f.asked.get("module type", "")
        node = f.versions.get("node", "")
        why = f" {manifest} says “type”: {kind}." if manifest else ""
        cites = (STDERR, *(("launch.asked[module type]", "launch.asked[module type set by]") if manifest else ()))
        text = f"“{m[1]}” in {file or 'the script'}.{why}"
        if read_as == "require" and node:
            text += f" Node {node} runs it."
            cites = (*cites, "launch.versions[node]")
        return Proof(text, cites, {"how": _cure(read_as, file, manifest)})
    return None


def _file(stderr: str) -> str:
    m = re.search(r"(?:^|[\s(])(?:file://)?(/[^\s:'\"]+\.[cm]?[jt]sx?)(?::\d+|\b)", stderr)
    return m[1] if m else ""


def _cure(read_as: str, file: str, manifest: str) -> str:
    where = manifest or "the package.json beside it"
    if read_as == "commonjs":
        if file.endswith(".cjs"):
            return f"rename {file} so that it ends with .mjs"
        return f'set "type": "module" in {where}, or rename the file so that it ends with .mjs'
    if read_as == "module":
        return f'rename {file or "the file"} so that it ends with .cjs, or take "type": "module" out of {where}'
    return "run it with Node 22.12 or newer, which can require ES modules, or install a release built for CommonJS"
