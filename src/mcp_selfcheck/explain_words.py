"""The names in a fix that only a probe knows, in words for a text that does not tell them; and what one value implies."""

from __future__ import annotations

from collections.abc import Mapping

# A name that ends a phrase (“…in the URL{hint}”) may be empty; one that stands alone needs words.
UNKNOWN: dict[str, str] = {
    "file": "the config file", "real": "the file that the client reads", "folder": "the project's folder",
    "client": "the client", "right": "the right one", "meant": "the right one", "how": "npx -y, or answer it once in a terminal",
    "name": "of this server", "command": "the program alone", "args": "a list of the arguments", "value": "the value",
    "where": "the place that uses it", "winner": "the one in use", "loser": "the one that it hides", "example": "http://host:port/mcp",
    "expected": "the key that this client reads", "key": "as it is written", "column": "the one named",
    "place": "", "into": "“command”", "also": "", "or_list": "", "by": "", "above": "the folder above it", "python": "python", "hint": "", "near": "", "rule": "", "or_else": "", "alternative": "", "detail": "see the message",
    "install": "with its package manager, into that environment", "what": "the program", "program": "the program",
    "programs": "see the list in the message", "setting": "the registry setting", "right_name": "the right name",
    "launcher": "npx for npm packages, uvx for Python packages", "want": "a version that has it", "version": "as installed",
    "library": "what the message names", "helper": "what the message names", "wanted": "of the version that it asks for",
    "project": "the project's folder", "build": "npm install, then npm run build", "remedy": "PYTHONUTF8=1 in “env” for Python",
    "stdin": "/dev/null", "servers": "the name servers", "there": "a name that the server listens on", "address": "the address",
    "do": "end it and start it again", "system": "the firewall", "target": "this address", "exceptions": "localhost,127.0.0.1,::1",
    "proxy": "the proxy", "variable": "the variable", "names": "see the certificate", "inspector": "the inspecting program",
    "issuer": "the certificate's issuer", "wait": "as long as Retry-After says", "wrong": "another", "repair": "",
    "direct": "that the redirect leads to", "resource": "this server's URL", "scope": "that the message names",
    "header": "Authorization", "problem": "see the message", "message": "see the text", "server": "another version",
    "limit": "the client's limit", "character": "in question", "encoded": "as %XX", "service": "the service behind it", "pid": "that holds the port",
    "pids": "the processes of former sessions", "registry": "the registry", "image": "as it is written", "socket": "the Docker socket",
    "cwd": "the folder named there", "other": "the one that answers", "gateway": "host.docker.internal", "tool": "the tool in question", "package": "the package",
    "path": "the path", "host": "HOST", "port": "PORT", "url": "the URL", "line": "the one named", "module": "package.module",
}  # fmt: skip

# Where the import name is not the name to install.
_DISTRIBUTION = {
    "bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil", "docx": "python-docx", "dotenv": "python-dotenv",
    "fitz": "pymupdf", "git": "gitpython", "github": "PyGithub", "jwt": "pyjwt", "magic": "python-magic", "mcp": "mcp", "PIL": "pillow",
    "pptx": "python-pptx", "psycopg2": "psycopg2-binary", "serial": "pyserial", "sklearn": "scikit-learn", "slack_sdk": "slack-sdk",
    "telegram": "python-telegram-bot", "win32com": "pywin32", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip


def implied(values: Mapping[str, str]) -> dict[str, str]:
    """The values, and what follows from them: the package of a missing module, the port of a URL."""
    known = dict(values)
    module = known.get("module", "")
    if module and "/" not in module:
        root = module.split(".")[0]
        known["package"] = _DISTRIBUTION.get(root, root.replace("_", "-"))
    if "command" in known:
        known.setdefault("name", known["command"])
    for name in ("package", "port", "path", "host"):
        if name not in known and f"{name}2" in known:
            known[name] = known[f"{name}2"]
    return known
