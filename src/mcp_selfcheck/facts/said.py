"""What package managers print, made readable: line prefixes and the wrapping of long lines taken away."""

from __future__ import annotations

import re

# npm 7 to 9 begin lines with "npm ERR!", 10 and later with "npm error"; a kind such as 404 or notarget may follow.
_NPM = re.compile(r"^npm (?:ERR!|error|WARN|warn)\s?", re.MULTILINE)
_BOX = re.compile(r"[×╰─▶│├]+")
_NPM_CODE = re.compile(r"^npm (?:ERR!|error) code (E?[A-Z0-9_]+)\s*$", re.MULTILINE)


def flat(text: str) -> str:
    """The text as one line: uv breaks its messages at 80 columns and draws boxes around them, npm marks every line."""
    return re.sub(r"\s+", " ", _BOX.sub(" ", _NPM.sub("", text))).strip()


def npm_code(text: str) -> str:
    """The last error code that npm names (E404, ECONNREFUSED, …), or ""."""
    found = _NPM_CODE.findall(text)
    return found[-1] if found else ""


def bare(package: str) -> str:
    """A package name without version, tag, extras and markers: `@a/b@1.2` is `@a/b`, `x[cli]>=2` is `x`."""
    scope = package.startswith("@")
    name = package[1:] if scope else package
    name = re.split(r"[@=<>!~\[; ]", name, maxsplit=1)[0]
    return "@" + name if scope else name


def quoted(text: str, pattern: str, limit: int = 200) -> str:
    """The first line in which the pattern stands, without the marks of npm and uv and cut, or ""."""
    for line in text.splitlines():
        if re.search(pattern, line):
            return flat(line)[:limit]
    return ""
