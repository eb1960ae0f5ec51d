"""Sets up what the fault cases run: Python environments with other SDK generations, and npm packages.

Everything goes below .lab/ in the project. What cannot be had is said, and the tests that need it are skipped.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / ".lab"
PYTHONS = {
    "mcp1": ["mcp<2", "mcp-server-time"],
    "mcp2": ["mcp>=2.3,<3"],
    "fastmcp": ["fastmcp"],
    "bare": [],
}
NODE = [
    "@modelcontextprotocol/sdk@1",
    "@modelcontextprotocol/server@2",
    "@modelcontextprotocol/server-everything",
    "@modelcontextprotocol/server-filesystem",
    "@modelcontextprotocol/server-memory",
    "dotenv@17",
    "zod@4",
    "jsdom@26",
]
SYSTEM = {"nginx": "nginx-light", "nft": "nftables", "iptables": "iptables", "ip": "iproute2", "openssl": "openssl",
          "tinyproxy": "tinyproxy-bin", "redis-server": "redis-server"}  # fmt: skip


def run(*argv: str, cwd: Path | None = None) -> bool:
    print("lab:", " ".join(a for a in argv if not a.startswith("-"))[:100], flush=True)
    return subprocess.run(argv, cwd=cwd, stdout=subprocess.DEVNULL).returncode == 0


def is_ready(place: Path, packages: list[str]) -> bool:
    """Whether this place was set up, and for these packages."""
    mark = place / ".ready"
    return mark.exists() and mark.read_text() == "\n".join(packages)


def pythons() -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    for name, packages in PYTHONS.items():
        place = LAB / name
        if is_ready(place, packages):
            continue
        done = run(sys.executable, "-m", "venv", *(["--without-pip"] if uv else []), str(place))
        if packages and done:
            python = str(place / "bin" / "python")
            # pip, not uv, fetches: it is the client that this machine's owner has set up.
            done = run(sys.executable, "-m", "pip", "--python", python, "install", "-q", *packages)
        if done:
            (place / ".ready").write_text("\n".join(packages))
        else:
            print(f"lab: {name} could not be set up; its cases will be skipped")


def node() -> None:
    place = LAB / "node"
    if is_ready(place, NODE):
        return
    if not shutil.which("npm"):
        print("lab: no npm here; the Node cases will be skipped")
        return
    place.mkdir(parents=True, exist_ok=True)
    (place / "package.json").write_text('{"name": "lab", "private": true}')
    if run("npm", "install", "--silent", "--no-audit", "--no-fund", *NODE, cwd=place):
        (place / ".ready").write_text("\n".join(NODE))
    else:
        print("lab: npm install failed; the Node cases will be skipped")


def system() -> None:
    missing = [package for program, package in SYSTEM.items() if not shutil.which(program)]
    if missing and shutil.which("apt-get"):
        import os

        if os.geteuid() == 0:
            run("apt-get", "update", "-qq")
            os.environ["RUNLEVEL"] = "1"  # invoke-rc.d(8): installs services without starting them
            run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)


if __name__ == "__main__":
    LAB.mkdir(exist_ok=True)
    system()
    pythons()
    node()
    (LAB / ".ready").touch()
