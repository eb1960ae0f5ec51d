"""Which environment variable the server misses."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...facts.said import last_error
from ...model import Confidence, Confirm, Proof, Trace, cause

_LONG = r"[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,12}"  # in prose: a word in capitals alone is no variable
_NAME = rf"{_LONG}|[A-Z][A-Z0-9]{{2,80}}"
_W = rf"[\"'`‘“$]{{0,4}}\{{?(?P<var>{_NAME})\}}?[\"'`’”]{{0,4}}"
_V = rf"[\"'`‘“$]{{0,4}}\{{?(?P<var>{_LONG})\}}?[\"'`’”]{{0,4}}"
# How programs say that a variable is missing: Python, Node (zod, envalid, env-var, t3), Go, Rust, shells, and in prose.
_MISSING = (
    re.compile(rf"KeyError: ['\"](?P<var>{_NAME})['\"]"),
    re.compile(rf"{_V}:? (?:environment |env |config(?:uration)? )?(?:variables?|vars?|key|setting)? ?(?:\([^)\n]*\) ?)?(?:is|are|was|were|must be|"
               r"has|needs to be|not|should be|needs?|missing|undefined|unset|required|unbound|parameter|cannot be|can't be|variable)\b"
               r"[^\n]{0,40}?(?:required|missing|not set|set\b|unset|undefined|defined|not found|not provided|provided|specified|empty|null|"
               r"configured|unbound variable|present|mandatory|blank|none)", re.IGNORECASE),
    re.compile(rf"{_V}:? (?:environment |env )?(?:variable )?(?:required|missing|unset|undefined|not set|not found|not provided|not defined)\b"),
    re.compile(rf"(?:[Mm]issing|[Rr]equired?|MISSING|REQUIRED|[Pp]lease (?:set|provide|define|export|specify)|[Mm]ust (?:set|provide|define)|[Ss]et|[Nn]o|[Nn]eeds?|"
               rf"[Pp]rovide|[Cc]ould not find|[Cc]annot find|[Uu]nset|[Uu]ndefined|[Dd]efine|[Ee]xport|not set|not found)\b[^\n.]{{0,60}}?(?:\b|[:\s]){_V}"),
    re.compile(rf"(?:[Ee]nvironment|[Ee]nv|ENV)[ _](?:variables?|vars?|VARIABLES?|VARS?)\b[^\n]{{0,50}}?{_V}"),
    re.compile(rf"(?:required key|key not found:) {_V}"),
    re.compile(rf"{_V} not found\. Declare it as envvar"),
    re.compile(rf"(?:line )?\d+: (?P<var>{_NAME}): (?:unbound variable|parameter (?:not set|null or not set)|[^\n]+)"),
    re.compile(rf"^\s*{_W}: (?:undefined|Required|Missing|\[ ?['\"]?(?:Required|Invalid|expected)|is required|Field required)[^\n]*", re.MULTILINE),
    re.compile(rf"[\"']?path[\"']?:\s*\[\s*[\"'](?P<var>{_NAME})[\"']\s*\]"),
)  # fmt: skip
_ZOD = re.compile(r"""\s*\]\s*,\s*["']?message["']?:\s*["']([^"'\n]{1,120})["']""")
_LISTED = re.compile(
    rf"(?:[Ee]nvironment|[Ee]nv) (?:[Vv]ariable|[Vv]ar)s?\b[^\n:]{{0,50}}:\s*(?-i:((?:{_NAME})(?:\s*(?:,|and|&)\s*(?:{_NAME}))*))\b"
)
# pydantic-settings: the field's name stands in a line of its own.
_FIELD = re.compile(r"^(?P<var>[A-Za-z_]\w*)(?:\.\w+)*\n\s+Field required \[type=missing", re.MULTILINE)
_SETTINGS = re.compile(r"validation errors? for (?P<model>\w*(?:[Ss]ettings|[Cc]onfig\w*|[Ee]nv\w*))")
_NO_NAME = re.compile(
    r"(?:api[- ]?key|access[- ]?token|api[- ]?token|auth(?:entication)? token|credentials?|secret|password)s?\b[^\n]{0,40}\b(?:is |are |was |were |must be )?"
    r"(?:required|missing|not set|not provided|not found|not configured|undefined|empty|needed)[^\n]{0,80}"
    r"|(?:missing|no|invalid or missing|provide(?: an?)?|set(?: an?)?) (?:\w+ ){0,2}(?:api[- ]?key|access[- ]?token|api[- ]?token|credentials?)\b[^\n]{0,80}",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"\b(?:optional|warn(?:ing)?|defaults to|defaulting|using (?:the |a )?default\w*|fall(?:ing)? ?back|debug|info|deprecat\w+|disabled|ignor\w+|skipp\w+)\b",
    re.IGNORECASE,
)
_NO_VARIABLE = {"ERROR", "FATAL", "WARNING", "INFO", "DEBUG", "JSON", "HTTP", "HTTPS", "NULL", "NONE", "TRUE", "FALSE", "ENOENT", "EACCES",
                "MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND", "TYPE", "NODE", "CRITICAL", "ENVIRONMENT", "VARIABLE", "REQUIRED", "MISSING",
                "NODE_MODULE_VERSION", "ERR_REQUIRE_ESM", "SERVER", "STDIO", "ECONNREFUSED", "TRACEBACK", "GLIBC", "UTF", "ASCII",
                "PYTHON", "EROFS", "EPERM", "API_KEY_HERE"}  # fmt: skip
_OTHER_END = re.compile(
    r"ModuleNotFoundError|ImportError|SyntaxError|MODULE_NOT_FOUND|Cannot find (?:module|package)|FileNotFoundError|"
    r"PermissionError|EADDRINUSE|Address already in use|command not found|: not found|AttributeError|NameError|ReferenceError|"
    r"MemoryError|heap out of memory|Segmentation|EROFS|ECONNREFUSED"
)


def _end_of(text: str) -> str:
    """The part of the text that tells of the end: the last traceback or uncaught error, or all of it."""
    end, certain = last_error(text)
    if certain:
        return end
    _, mark, last = text.rpartition("Traceback (most recent call last)")
    return last if mark else text


def missing_variables(text: str) -> list[tuple[str, str]]:
    """The variables that a text says are missing, in its order, each with the last line that says so."""
    lines = [x for x in _end_of(text).splitlines() if not _HARMLESS.search(x) and not x.startswith("npm ")]
    kept = "\n".join(lines)
    found: list[tuple[int, str, str]] = []
    for pattern in _MISSING:
        for m in pattern.finditer(kept):
            group, name = next(((k, v) for k, v in m.groupdict().items() if v), ("", ""))
            if name and name.isupper() and name not in _NO_VARIABLE and not name.startswith(("ERR_", "E_")):
                start = kept.rfind("\n", 0, m.start(group)) + 1
                stop = kept.find("\n", m.end(group))
                line = kept[start : stop if stop >= 0 else None].strip()[:200]
                told = _ZOD.search(kept, m.end())
                if (
                    told and line.strip("\"', []") == name
                ):  # one of zod's issues: the path, and further down the message
                    line = f"{name}: {told[1]}"
                found.append((start, name, line))
    for m in _LISTED.finditer(kept):
        end = kept.find("\n", m.end())
        line = kept[kept.rfind("\n", 0, m.start()) + 1 : end if end >= 0 else None].strip()[:200]
        found += [
            (m.start() + i, name, line) for i, name in enumerate(re.findall(_NAME, m[1])) if name not in _NO_VARIABLE
        ]
    if _SETTINGS.search(kept) or re.search(r"[/\\]pydantic_settings[/\\]", text):
        found += [(m.start(), m["var"].upper(), f"{m['var']}: Field required") for m in _FIELD.finditer(kept)]
    said: dict[str, str] = {}
    for _, name, line in sorted(found):
        said[name] = line
    return list(said.items())


def _told(f: LaunchFacts | None) -> list[tuple[str, str]]:
    """What the end of a failed start says of variables that the server did not get, or got empty."""
    if f is None or not f.died or f.run is None or not f.run.exit_code or f.unsteady:
        return []
    if _OTHER_END.search(_end_of(f.words).rstrip().rpartition("\n")[2]):
        return []
    got = {n.upper() for n in f.env_names} - {n.upper() for n in f.env_empty}
    told = missing_variables(f.run.stderr) or missing_variables(f.run.stdout)
    return [(name, line) for name, line in told if name not in got]


def _sure(f: LaunchFacts, line: str) -> Confidence:
    """Proven when the line, or the name that begins one put together from two, belongs to the last error."""
    return f.find(re.escape(line if line in f.words else line.partition(": ")[0]))[1]


_ANEW = "with your whole environment"


@cause(
    "launch-env-not-inherited", "env",
    title="The client does not pass the variable on",
    means="The variable is set in your shell, but this client gives its servers only a few variables of its own "
    "environment. Everything else has to stand in the entry.",
    who="you",
    fix="Add {variable} to \"env\" in the entry{or_list}.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def env_not_inherited(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died:
        return None
    again = f.rerun(_ANEW)
    if f.unsteady:
        return None  # the same start a second time was answered: what differed did not matter
    works = again is not None and again.answered
    key = (f"launch.reruns[{_ANEW}].answered",) if works else ()
    shell = {*f.withheld, *f.login_names} - {*f.entry_names}
    for name, line in _told(f):
        matching = name if name in shell else next((s for s in sorted(shell) if s.upper().endswith("_" + name)), "")
        if not matching or matching in f.env_names:
            continue
        text = f"“{line}”. {matching} is set in your environment; the client does not pass it to the server."
        if works:
            text += " With your whole environment the server answers."
        sure = "proven" if works else _sure(f, line)
        return Proof(
            text,
            f.cites("launch.env_names", *key),
            {"variable": matching, "or_list": _list(t, matching)},
            confidence=sure,
        )
    if works:
        own = " ".join(a for a in (t.target.args if t.target else ()) if isinstance(a, str))
        named = [n for n in f.withheld if re.search(rf"\b{re.escape(n)}\b", f.words)]
        named = named or [n for n in f.withheld if re.search(rf"\$\{{?{re.escape(n)}\b", own)]
        what = ", ".join(named) or "the variable that it needs"
        return Proof(
            f"As the client starts it, the server {f.ending}. With the {len(f.withheld)} variables that the client leaves "
            f"out it answers.",
            f.cites("launch.env_names", *key), {"variable": what, "or_list": _list(t, named[0] if named else what)},
        )  # fmt: skip
    return None


def _list(t: Trace, variable: str) -> str:
    """Codex can also be told to pass a variable on, so that its value stands in no file."""
    codex = t.target is not None and t.target.client == "codex"
    return f', or its name to env_vars = ["{variable}"], so that its value stands in no file' if codex else ""


@cause(
    "launch-env-missing", "env",
    title="A variable that the server needs is not set",
    means="The server ends at its start because an environment variable, often an API key, is not set for it. A client "
    "gives a server what stands in \"env\" of its entry and little else.",
    who="you",
    fix="Add {variable} to \"env\" in the entry, with {value}.",
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def env_missing(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    told = _told(f)
    if f is None or not f.died or f.run is None:
        return None
    if told:
        name, line = told[0]
        names = ", ".join(n for n, _ in told[:4])
        state = "empty" if name in f.env_empty else "not set"
        cites = f.cites("launch.env_empty" if name in f.env_empty else "launch.env_names") if f.env_names else f.cites()
        return Proof(
            f"“{line}”; {name} is {state} in the environment that the client gives, and the start {f.ending}.",
            cites,
            {"variable": names, "value": "its value" if len(told) == 1 else "their values"},
            confidence=_sure(f, line),
        )
    end = "\n".join(x for x in _end_of(f.words).splitlines() if not _HARMLESS.search(x))
    heard = _NO_NAME.search(end)
    if heard is None or not f.run.exit_code or _OTHER_END.search(end.rstrip().rpartition("\n")[2]):
        return None
    return Proof(
        f"“{' '.join(heard[0].split())}”; the start {f.ending}.",
        f.cites(),
        {"variable": "the variable that it names", "value": "its value"},
        confidence="likely",
    )
