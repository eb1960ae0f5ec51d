"""What package managers print, made readable: line prefixes and the wrapping of long lines taken away."""

from __future__ import annotations

import re

# npm 7 to 9 begin lines with "npm ERR!", 10 and later with "npm error"; a kind such as 404 or notarget may follow.
_NPM = re.compile(r"^npm (?:ERR!|error|WARN|warn)\s?", re.MULTILINE)
_BOX = re.compile(r"[×╰─▶│├]+")
_LONG_WORD = re.compile(r"\S{400,}")  # no name and no path: patterns take time that grows with the square of it
_NPM_CODE = re.compile(r"^npm (?:ERR!|error) code (E?[A-Z0-9_]+)\s*$", re.MULTILINE)


_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = re.compile(r"(?:During handling of the above exception|The above exception was the direct cause)")
_NODE_PLACE = re.compile(r"^(?:file://)?(?:/|node:|[A-Z]:\\)\S*:\d+$", re.MULTILINE)
_FRAME = re.compile(r"^\s*(?:at |File \"|\|? *\^|~|npm error A complete|Node\.js v\d|\d+: 0x)")
LAST_LINES = 15  # without stack frames: the longest final message of npm, uv and pydantic that was seen, and some room


def last_error(text: str) -> tuple[str, bool]:
    """(the text of the error that ended a program, whether that is certain): the last uncaught exception of Python or
    Node.js when the output ends with one, with those that it was chained to; else the last lines."""
    rows = [x for x in text.rstrip().splitlines() if x.strip()]
    start = text.rfind(_TRACEBACK)
    if start >= 0:
        behind = [x for x in text[start:].splitlines()[1:] if x.strip() and not x.startswith((" ", "\t"))]
        while (earlier := text.rfind(_TRACEBACK, 0, start)) >= 0 and _CHAINED.search(text[earlier:start]):
            start = earlier
        if len(behind) == 1:
            return text[start:], True
    if rows and re.match(r"Node\.js v\d", rows[-1]):
        places = list(_NODE_PLACE.finditer(text))
        if places:
            return text[places[-1].start() :], True
    shown = [x for x in rows if not _FRAME.match(x)]
    return "\n".join(shown[-LAST_LINES:]), False


LONGEST_LINE = 1000


def short_lines(text: str) -> str:
    """The text with the middle taken out of lines longer than LONGEST_LINE."""
    if len(text) <= LONGEST_LINE:
        return text
    half = LONGEST_LINE // 2
    return "\n".join(x if len(x) <= LONGEST_LINE else f"{x[:half]} … {x[-half:]}" for x in text.split("\n"))


def flat(text: str) -> str:
    """The text as one line: uv breaks its messages at 80 columns and draws boxes around them, npm marks every line."""
    return _LONG_WORD.sub("…", re.sub(r"\s+", " ", _BOX.sub(" ", _NPM.sub("", text)))).strip()


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
