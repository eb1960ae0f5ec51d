"""Variables in an entry, expanded as its client expands them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .clients_row import Client
from .discover_read import read_bytes
from .model import Problem

_NAME = r"([A-Za-z_][A-Za-z0-9_]*)"
_SYNTAX = {
    "${VAR}": re.compile(rf"\$\{{{_NAME}\}}"),
    "${VAR:-d}": re.compile(rf"\$\{{{_NAME}:-([^}}]*)\}}"),
    "$VAR": re.compile(rf"\${_NAME}"),
    "${env:VAR}": re.compile(rf"\$\{{env:{_NAME}\}}"),
    "{env:VAR}": re.compile(rf"(?<!\$)\{{env:{_NAME}\}}"),
    "${env://VAR}": re.compile(rf"\$\{{env://{_NAME}\}}"),
    "${env://VAR:-d}": re.compile(rf"\$\{{env://{_NAME}:-([^}}]*)\}}"),
}
_FILES = {
    "{file:": re.compile(r"(?<!\$)\{file:([^}\n]{1,400})\}"),
    "${file:": re.compile(r"\$\{file:([^}\n]{1,400})\}"),
}
_FILE_CAP = 64 * 1024  # characters of a file whose text stands for a value
# What looks like a variable of any client, of a shell, or of cmd.exe.
LOOKS = re.compile(
    r"\$\{\{[^}]*\}\}|\$\{[^}\n]{1,80}\}|(?<![\w$])\{(?:env:\w+|file:[^}\n]{1,80})\}|%[A-Za-z_][A-Za-z0-9_]{2,}%|(?<![\w$\\])\$[A-Z_][A-Z0-9_]{2,}\b"
)


def env_file(path: str, project: str) -> dict[str, str]:
    """The variables of a file that an entry names as envFile: KEY=VALUE lines, quotes taken off. {} when unreadable."""
    raw = read_bytes(os.path.join(project or "/", path)) if path else b""
    if isinstance(raw, Problem):
        return {}
    found: dict[str, str] = {}
    for row in raw.decode("utf-8-sig", "replace").splitlines()[:2000]:
        m = re.match(r"\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$", row)
        if m:
            value = m.group(2)
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            found[m.group(1)] = value[1:-1] if quoted else value
    return found


@dataclass
class Expander:
    """Expands the texts of one entry and keeps what could not be expanded as problems."""

    client: Client
    environ: Mapping[str, str]
    home: str
    project: str
    words: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    problems: list[Problem] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)  # the variables that were put in, with their values

    def __call__(self, text: str, where: str) -> str:
        """`where` is the place in the entry: `command`, `args[0]`, `env.NAME`, `headers.NAME`, `url`, `cwd`."""
        out = text
        for token, value in self.words.items():
            out = out.replace(token, value)
        for syntax in self.client.expands:
            if syntax in _SYNTAX:
                out = _SYNTAX[syntax].sub(self._replacer(where), out)
        if "${userHome}" in self.client.expands:
            out = out.replace("${userHome}", self.home)
        if "${workspaceFolder}" in self.client.expands and self.project:
            out = out.replace("${workspaceFolder}", self.project).replace("${workspaceRoot}", self.project)
        if self.client.tilde and (out == "~" or out.startswith("~/")) and where != "url":
            out = self.home + out[1:]
        self._left(out, where)
        for syntax in self.client.expands:
            if syntax in _FILES:  # last: what stands in a file is never looked through for variables
                out = _FILES[syntax].sub(lambda m: self._content(m, where), out)
        return out

    def _content(self, m: re.Match[str], where: str) -> str:
        """The text of the file that stands for a value; the reference itself when it cannot be read."""
        path = m.group(1).strip()
        path = self.home + path[1:] if path.startswith("~/") else os.path.join(self.folder or "/", path)
        raw = read_bytes(path)
        if isinstance(raw, Problem):
            self._note(m.group(), where, "no file")
            return m.group()
        text = raw.decode("utf-8", "replace")[:_FILE_CAP].strip()
        self.used.append(("secret", text))
        return text

    def _replacer(self, where: str) -> Callable[[re.Match[str]], str]:
        def replace(m: re.Match[str]) -> str:
            name = m.group(1)
            if name in self.environ:
                self.used.append((name, self.environ[name]))
                return self.environ[name]
            if m.re.groups > 1:
                self.used.append((name, m.group(2) or ""))
                return m.group(2) or ""
            if self.client.unset == "empty" or (self.client.id == "gemini-cli" and where.startswith("env.")):
                self._note(m.group(), where, "empty")
                return ""
            return m.group()

        return replace

    def _left(self, text: str, where: str) -> None:
        for m in LOOKS.finditer(text):
            token = m.group()
            if any(token.startswith(a) for a in self.client.expands if a in _FILES):
                continue
            if any(token.startswith(a) for a in self.client.asks):
                self.problems.append(Problem(kind="asked-value", where=where, detail=token))
                continue
            known = any(_SYNTAX[s].fullmatch(token) for s in self.client.expands if s in _SYNTAX)
            self._note(token, where, "unset" if known else "literal")

    def _note(self, token: str, where: str, note: str) -> None:
        self.problems.append(Problem(kind="variable-not-expanded", where=where, detail=token, note=note))
