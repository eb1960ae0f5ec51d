"""Why the interpreter does not find what the server imports."""

from __future__ import annotations

import posixpath as paths
import re

from ...facts.launch import LaunchFacts
from ...model import Confirm, Proof, Trace, cause

_MISSING = re.compile(r"No module named ['\"]?(?P<module>[\w.]+)")
# Modules that newer Pythons bring: their absence is the age of the interpreter (docs.python.org, "New in version").
NEWER = {
    "tomllib": (3, 11), "zoneinfo": (3, 9), "graphlib": (3, 9), "contextvars": (3, 7), "dataclasses": (3, 7),
    "importlib.resources": (3, 7), "importlib.metadata": (3, 8), "annotationlib": (3, 14), "compression": (3, 14),
}  # fmt: skip
# Where the name of the package differs from that of the module.
_PACKAGES = {
    "bs4": "beautifulsoup4", "yaml": "PyYAML", "PIL": "pillow", "cv2": "opencv-python", "sklearn": "scikit-learn",
    "dotenv": "python-dotenv", "jwt": "PyJWT", "git": "GitPython", "serial": "pyserial", "psycopg2": "psycopg2-binary",
    "dateutil": "python-dateutil", "googleapiclient": "google-api-python-client", "fitz": "PyMuPDF", "docx": "python-docx",
    "pptx": "python-pptx", "websocket": "websocket-client", "magic": "python-magic", "Crypto": "pycryptodome",
    "discord": "discord.py", "telegram": "python-telegram-bot", "MySQLdb": "mysqlclient", "attr": "attrs", "github": "PyGithub",
}  # fmt: skip


def _module(f: LaunchFacts | None) -> str:
    """The module whose absence ended the start: in the last traceback, or in Python's own words for -m."""
    if f is None or not f.died:
        return ""
    last = f.words.rpartition("Traceback (most recent call last)")[2]
    found = _MISSING.findall(last)
    return found[-1] if found else ""


def _answers(f: LaunchFacts, module: str) -> tuple[list[str], list[str]]:
    """The interpreters that find the module, and those that do not (the one in use counts as such when it said so)."""
    have: list[str] = []
    have_not: list[str] = []
    for question, answer in f.asked.items():
        if question.startswith(f"{module} in "):
            (have if answer == "found" else have_not).append(question.removeprefix(f"{module} in "))
    return have, have_not


@cause(
    "launch-wrong-python", "python-env",
    title="Another Python than the project's runs the server",
    means="The module that the server imports is installed, but in another Python than the one that the entry starts.",
    who="you",
    fix="Write {right} into {into}.",
    commands=["{right} -c {check}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def wrong_python(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    module = _module(f)
    if f is None or not module:
        return None
    have, _ = _answers(f, module)
    used = f.asked.get("python", "")
    right = next((p for p in have if p != used), "")
    if not right:
        return None
    runs = f" {used} runs the server." if used else ""
    wrapped = f.launcher in ("sh", "bash", "zsh", "dash") or (not f.launcher and not used)
    into = f"{f.script or f.command}, in place of the python that it starts" if wrapped else '"command"'
    return Proof(
        f"“No module named {module}”.{runs} {right} has {module}.",
        f.cites(f"launch.asked[{module} in {right}]"), {"right": right, "check": f"import {module}", "into": into},
    )  # fmt: skip


@cause(
    "launch-module-missing", "python-env",
    title="A module is not installed where the server runs",
    means="What runs the server does not have a module that it imports, so the server ends before it can answer.",
    who="you",
    fix="Install {package} where the server runs{place}: {install}",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def module_missing(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died:
        return None
    module = _module(f)
    return _python_module(f, module) if module else _node_package(f)


def _python_module(f: LaunchFacts, module: str) -> Proof | None:
    top = module.split(".")[0]
    used = f.asked.get("python", "")
    if module in NEWER or top in NEWER or module.endswith(".__main__"):
        return None
    if module != top and f.asked.get(f"{top} in {used}", "not found") == "found":
        return None  # the package is there and has no such part: a matter of its version
    if module != top and not used:
        return None
    package = _PACKAGES.get(top, top.replace("_", "-") if top.startswith("mcp_") else top)
    runs = f"{used} runs the server and does not have it" if used else f"The start {f.ending}"
    install = {"uvx": f"uvx --with {package} …", "uv run": f"uv add {package}"}.get(f.launcher)
    if install is None:
        install = f"{used or 'python'} -m pip install {package}"
    cites = [f"launch.asked[{top} in {used}]"] if f"{top} in {used}" in f.asked else []
    return Proof(
        f"“No module named {module}”. {runs}.", f.cites(*cites),
        {"package": package, "place": f" ({used})" if used else "", "install": install, "python": used or "python"},
    )  # fmt: skip


def _node_package(f: LaunchFacts) -> Proof | None:
    """A project of this person whose dependencies were not installed. Installed packages are another family's matter."""
    package, project = f.asked.get("missing npm package", ""), f.asked.get("project", "")
    if not package or not project or "/node_modules/" in project:
        return None
    listed = f.asked.get("listed in package.json") == "yes"
    cites = ["launch.asked[missing npm package]", "launch.asked[project]", "launch.asked[node_modules]"]
    if f.asked.get("node_modules") == "missing":
        why = "there is no node_modules there"
    else:
        why = "its node_modules does not have it" if listed else "its package.json does not name it"
    install = "npm install" if listed else f"npm install {package}"
    return Proof(
        f"Node.js does not find “{package}”, which {paths.basename(f.script) or 'the server'} of the project {project} "
        f"imports: {why}.",
        f.cites(*cites),
        {"package": package, "place": f" ({project})", "install": f"cd {project} && {install}"},
    )  # fmt: skip
