"""Packages made on the spot for the fault cases: npm packages and Python wheels, and a registry on loopback that gives them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.lab import ROOT, Lab

# A stdio server without any dependency: newline-delimited JSON-RPC, legacy era.
JS_SERVER = """#!/usr/bin/env node
let rest = ""
process.stdin.on("data", (chunk) => {
  rest += chunk
  const lines = rest.split("\\n")
  rest = lines.pop()
  for (const line of lines) {
    if (!line.trim()) continue
    const m = JSON.parse(line)
    if (m.id === undefined) continue
    const say = (x) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id: m.id, ...x }) + "\\n")
    const info = { name: "made-on-the-spot", version: "1.0.0" }
    if (m.method === "initialize")
      say({ result: { protocolVersion: m.params.protocolVersion, capabilities: { tools: {} }, serverInfo: info } })
    else if (m.method === "tools/list")
      say({ result: { tools: [{ name: "echo", description: "Echoes.", inputSchema: { type: "object" } }] } })
    else if (m.method === "ping") say({ result: {} })
    else say({ error: { code: -32601, message: "Method not found" } })
  }
})
process.stdin.on("end", () => process.exit(0))
"""
PY_SERVER = """
import json, sys
INFO = {"name": "made-on-the-spot", "version": "1.0.0"}
TOOL = {"name": "echo", "description": "Echoes.", "inputSchema": {"type": "object"}}
def main():
    for line in sys.stdin:
        m = json.loads(line)
        if "id" not in m:
            continue
        answer = {"jsonrpc": "2.0", "id": m["id"]}
        if m["method"] == "initialize":
            v = m["params"]["protocolVersion"]
            answer["result"] = {"protocolVersion": v, "capabilities": {"tools": {}}, "serverInfo": INFO}
        elif m["method"] == "tools/list":
            answer["result"] = {"tools": [TOOL]}
        elif m["method"] == "ping":
            answer["result"] = {}
        else:
            answer["error"] = {"code": -32601, "message": "Method not found"}
        print(json.dumps(answer), flush=True)
"""
UVX = shutil.which("uvx", path=str(Path(sys.executable).parent)) or shutil.which("uvx") or "uvx"
UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv") or "uv"


def has_uvx() -> bool:
    return Path(UVX).exists()


def npm_package(lab: Lab, name: str, files: dict[str, str], version: str = "1.0.0", **manifest: Any) -> None:
    """Puts an npm package into the lab's registry."""
    place = f"registry/npm/{name}"
    lab.write(f"{place}/package.json", json.dumps({"name": name, "version": version, **manifest}))
    for path, text in files.items():
        lab.write(f"{place}/{path}", text, 0o755)


def wheel(
    lab: Lab, name: str, files: dict[str, str], version: str = "1.0.0", *, requires: tuple[str, ...] = (),
    scripts: dict[str, str] | None = None, python: str = "",
) -> None:  # fmt: skip
    """Puts a pure Python wheel into the lab's registry."""
    module = name.replace("-", "_")
    place = lab.tmp / "registry" / "wheels"
    place.mkdir(parents=True, exist_ok=True)
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {r}\n" for r in requires)
    meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    meta += f"Requires-Python: {python}\n" if python else ""
    entries = "".join(f"{k} = {v}\n" for k, v in (scripts or {}).items())
    with zipfile.ZipFile(place / f"{module}-{version}-py3-none-any.whl", "w") as z:
        for path, text in files.items():
            z.writestr(path, text)
        z.writestr(f"{info}/METADATA", meta)
        z.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: lab\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        if entries:
            z.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{entries}")
        z.writestr(f"{info}/RECORD", "")


def registry(lab: Lab, status: int = 0) -> str:
    """Starts the registry over what was put into it; its URL without a slash at the end."""
    port = lab.free_port()
    (lab.tmp / "registry" / "wheels").mkdir(parents=True, exist_ok=True)
    lab.start(
        sys.executable, str(ROOT / "tests" / "registry.py"), str(port), str(lab.tmp / "registry"),
        *([str(status)] if status else []), port=port,
    )  # fmt: skip
    return f"http://127.0.0.1:{port}"


def npx(lab: Lab, *args: str, registry: str, **more: Any) -> dict[str, Any]:
    env = {"npm_config_registry": registry, "npm_config_update_notifier": "false", **more.pop("env", {})}
    return lab.stdio("npx", *args, env=env, **more)


def uvx(lab: Lab, *args: str, registry: str, **more: Any) -> dict[str, Any]:
    env = {"UV_INDEX_URL": f"{registry}/simple", "UV_PYTHON": lab.python, **more.pop("env", {})}
    env["PATH"] = f"{Path(UVX).parent}:{os.environ['PATH']}"
    return lab.stdio(UVX, *args, env=env, **more)
