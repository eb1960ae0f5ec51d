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


def same(one: str, other: str) -> bool:
    """Whether two names are the same Python distribution or npm package."""
    return re.sub(r"[-_.]+", "-", one).lower() == re.sub(r"[-_.]+", "-", other).lower()


def npm_missing(stderr: str) -> str:
    """The package that npm's registry does not have, with the version asked for, or ""."""
    words = flat(stderr)
    found = re.search(r"'(@?[^'\s]+?)' (?:is not in (?:this|the npm) registry|could not be found)", words)
    found = found or re.search(r"requested resource '(@?[^'\s]+?)' could not be found", words)
    if found:
        return found[1]
    target = re.search(r"No matching version found for (\S+?)\.(?: |$)", words)
    return target[1] if target else ""


def uv_missing(stderr: str) -> tuple[str, str]:
    """(name, wanted version) that uv's resolver did not find; the version is "" when there is none at all."""
    words = flat(stderr)
    found = re.search(r"Because (\S+) was not found in", words)
    if found:
        return found[1], ""
    version = re.search(
        r"Because (?:there is no version of|there are no versions of|only .*? is available and you require) ([\w.\-]+)(?:\[\w+\])?([=<>!~]\S+)?",
        words,
    )
    return (version[1], (version[2] or "").rstrip(",")) if version else ("", "")
