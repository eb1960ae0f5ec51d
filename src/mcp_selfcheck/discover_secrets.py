"""What in an entry must not be shown: decided while it is read, so that no secret is ever a plain string."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from .model import Secret

# Flags whose value is a credential, in the spellings that servers use: --token X, --api-key=X, -H "Authorization: X".
_FLAG = re.compile(
    r"^--?(?:[\w-]*[-_])?(?:token|api[-_]?key|apikey|key|secret|pass(?:word|wd|phrase)?|pwd|auth(?:orization)?|bearer"
    r"|credentials?|pat|dsn|connection[-_]?string|cookie|client[-_]?secret|access[-_]?key)$",
    re.I,
)
# Flags whose value is a name=value pair or a header, the value of which may be one.
_PAIR_FLAG = re.compile(r"^(?:-e|--env|-H|--header|--headers|--env-var)$")
_PAIR = re.compile(r"^([\w.-]+)\s*([=:])\s*(.+)$", re.S)
_TOKEN = re.compile(
    r"^(?:sk-[\w-]{8,}|sk_(?:live|test)_\w+|gh[pousr]_\w{16,}|github_pat_\w+|xox[abeprs]-[\w-]+|AKIA[A-Z0-9]{12,}"
    r"|AIza[\w-]{20,}|eyJ[\w-]{8,}\.[\w.-]*|glpat-[\w-]+|npm_\w{20,}|hf_\w{16,}|pypi-[\w-]{20,}|Bearer\s+\S+"
    r"|(?:ntn|secret|lin_api|figd|sbp|dop_v1|tvly|pplx|gsk|xai|r8|fc|ctx7sk)[-_][\w-]{12,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*)$",
    re.S,
)
_RANDOM = re.compile(r"^[A-Za-z0-9+/_=-]{24,}$")
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.I)
_URL_SECRET = re.compile(r"//[^/@\s]+@|[?&][^=&\s]*(?:key|token|secret|sig|auth|code|pass)[^=&\s]*=", re.I)


def guard(args: Sequence[str]) -> tuple[str | Secret, ...]:
    """The arguments, with a Secret where a value is one or looks like one."""
    out: list[str | Secret] = []
    previous = ""
    for arg in args:
        out.append(Secret(arg) if _is_secret(arg, previous) else arg)
        previous = arg
    return tuple(out)


def _is_secret(arg: str, previous: str) -> bool:
    if not arg:
        return False
    if _FLAG.match(previous) and not arg.startswith("--"):
        return True
    if _PAIR_FLAG.match(previous) and _PAIR.match(arg):
        return True
    flag, is_pair, _value = arg.partition("=")
    if is_pair and (_FLAG.match(flag) or (flag.startswith(("--env", "--header")) and _PAIR.match(_value))):
        return True
    if is_pair and re.fullmatch(r"[A-Z][A-Z0-9_]*", flag) and looks_secret_name(flag):
        return True
    if _TOKEN.match(arg) or (is_pair and _TOKEN.match(_value)):
        return True
    if _URL.match(arg):
        return bool(_URL_SECRET.search(arg))
    return _looks_random(arg)


def looks_secret_name(name: str) -> bool:
    """Whether a variable of that name usually holds a credential."""
    return bool(re.search(r"TOKEN|SECRET|PASS|KEY|AUTH|CREDENTIAL|PRIVATE|_PAT$|DSN", name, re.I))


def _looks_random(arg: str) -> bool:
    """A long value of mixed characters that is no path, package, script or flag: 24 characters, 3.5 bits each."""
    if not _RANDOM.match(arg) or arg.startswith(("-", "/", "@", ".")) or arg.count("/") > 1:
        return False
    digits, letters = sum(c.isdigit() for c in arg), sum(c.isalpha() for c in arg)
    if digits < 3 or letters < 3:
        return False
    counts = [arg.count(c) / len(arg) for c in set(arg)]
    return -sum(p * math.log2(p) for p in counts) >= 3.5


def shown_url(url: str) -> str:
    """scheme://host:port/path of a URL: no user, no password, no query. A URL that cannot be split loses the same."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # a broken IPv6 literal
        return re.sub(r"//[^/@]*@", "//", re.split(r"[?#]", url, maxsplit=1)[0])
    netloc = parts.netloc.rpartition("@")[2]
    path = parts.path
    if not parts.scheme or not netloc:
        return re.sub(r"^[^/@\s]*@", "", re.split(r"[?#]", url.strip(), maxsplit=1)[0])
    kept = [Secret(p) if _TOKEN.match(p) or _looks_random(p) else p for p in path.split("/")]
    return f"{parts.scheme}://{netloc}" + "/".join(str(p) for p in kept)


# Keys whose values may be shown when a line of a config file is quoted.
_SHOWN_KEYS = frozenset(("command", "cmd", "type", "transport", "cwd", "disabled", "enabled", "timeout", "name"))
_QUOTES = "\"'“”„‟«»‘’‚‛`"
_KEY = re.compile(rf"[{_QUOTES}]?([\w.\-/ @]+?)[{_QUOTES}]?\s*[:=]\s*(?=\S)")
_ITEM = re.compile(rf"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")
_STRUCTURE = re.compile(r"[\[\]{},\s]*\Z")


def mask_line(line: str) -> str:
    """A line of a config file that may be quoted: values are stars, but for those of keys that hold no secret."""
    m = _KEY.match(line.lstrip())
    lead = len(line) - len(line.lstrip())
    if m is None:
        return _mask_items(line)[:300]
    key, at = m.group(1).strip(), lead + m.end()
    rest = line[at:]
    if rest[:1] in "[{" or key in _SHOWN_KEYS:
        return (line[:at] + _mask_items(rest, keys=rest[:1] == "{"))[:300]
    tail = _STRUCTURE.search(rest)
    ending = tail.group() if tail else ""
    comment = re.search(r"\s(//|/\*|#).*$", rest)
    if comment and rest[: comment.start()].rstrip().endswith((*_QUOTES, ",")):
        ending = ("," if rest[: comment.start()].rstrip().endswith(",") else "") + " " + comment.group(1) + " …"
    quote = rest[0] if rest[0] in _QUOTES else ""
    close = {"“": "”", "„": "“", "«": "»", "‘": "’"}.get(quote, quote)
    return (line[:at] + f"{quote}***{close}" + ending)[:300]


def _mask_items(text: str, *, keys: bool = False) -> str:
    previous = ""

    def item(m: re.Match[str]) -> str:
        nonlocal previous
        value, before = m.group(1), previous
        previous = value
        is_key = text[m.end() :].lstrip()[:1] in (":", "=")
        if is_key:
            return m.group()
        hidden = _is_secret(value, before) or (keys and before not in _SHOWN_KEYS)
        return m.group()[0] + ("***" if hidden else value) + m.group()[-1]

    return _ITEM.sub(item, text)
