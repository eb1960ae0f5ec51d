"""What in an entry must not be shown: decided while it is read, so that no secret is ever a plain string."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from .model import Secret
from .redact_values import argument_secrets, looks_random


def guard(args: Sequence[str]) -> tuple[str | Secret, ...]:
    """The arguments, with a Secret where a value is one or holds one."""
    out: list[str | Secret] = []
    previous = ""
    for arg in args:
        out.append(Secret(arg) if _is_secret(arg, previous) else arg)
        previous = arg
    return tuple(out)


def _is_secret(arg: str, previous: str) -> bool:
    return any(True for _ in argument_secrets(arg, previous))


def looks_secret_name(name: str) -> bool:
    """Whether a variable of that name usually holds a credential."""
    return bool(re.search(r"TOKEN|SECRET|PASS|KEY|AUTH|CREDENTIAL|PRIVATE|_PAT$|DSN", name, re.I))


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
    kept = [Secret(p) if looks_random(unquote(p)) else p for p in path.split("/")]
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
