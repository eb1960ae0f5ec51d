"""The one gate for foreign text: known secrets out first, patterns second, then control characters, then length."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from .model import Secret, Target
from .redact_forms import ANSI, HIDDEN, Projection, coded_spans, grams, lowered, short_forms
from .redact_values import (
    GRAM,
    SECRET_NAME,
    SHORTEST,
    argument_secrets,
    path_secrets,
    public_header,
    secrets_in,
    url_secrets,
)
from .redact_words import ORDINARY, is_plain, is_wordy

__all__ = ["GRAM", "SECRET_NAME", "STARS", "Gate", "public_header", "secrets_in", "swept", "url_secrets", "visible"]

STARS = "***"
_SCAN_CAP = 48 * 1024  # characters of one text that are read: more than is ever shown of it

_PATTERNS = tuple(
    re.compile(p)
    for p in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?",
        r"\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{12,}",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{12,}|npm_[A-Za-z0-9]{16,}|pypi-[\w-]{16,})",
        r"\b(?:xox[abeoprs]-[\w-]{8,}|hf_[A-Za-z0-9]{16,}|AIza[\w-]{20,}|ya29\.[\w.-]{12,}|(?:AKIA|ASIA)[A-Z0-9]{12,})",
        r"(?i)(?<=bearer )[\w.~+/=-]{8,}",
        r"(?i)(?<=basic )[A-Za-z0-9+/=]{8,}",
        r"(?<=://)[^\s/@:]{0,100}:[^\s/@]{1,200}(?=@)",
        r"(?<=://)[\w.~%+-]{12,200}(?=@)",
        r"(?im)(?<=cookie: )[^\r\n]{1,4000}",
    )
)
_NAMED = re.compile(
    r"(?i)((?:\b|_)[\w-]{0,30}?(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|authorization|code_verifier|jwt|sessionid|session_id)"
    r"(?P<sep>[\"']?\s{0,3}[:=]\s{0,3}[\"']?)(?:bearer |basic |token )?)(?P<value>[^\s\"',;&}<>]{4,512})"
)
_QUOTED = re.compile(r"“[^”]{0,4000}”|\"[^\"]{0,4000}\"|'[^']{0,4000}'|`[^`]{0,4000}`")


def visible(text: str) -> str:
    """The text without terminal sequences; what else is invisible or turns text round is spelt out (\\u202e)."""
    return HIDDEN.sub(_spelt, ANSI.sub("", text))


def exact(text: str) -> str:
    """All of the text in one line, nothing left out: what is invisible, line ends and backslashes are spelt out."""
    spelt = HIDDEN.sub(lambda m: _spelt(m) or "\\ufe0f", text.replace("\\", "\\\\"))
    return spelt.replace("\n", "\\n").replace("\t", "\\t")


def _spelt(match: re.Match[str]) -> str:
    point = ord(match.group())
    if point == 0xFE0F:  # the emoji variant of the character before: harmless and common
        return ""
    return f"\\x{point:02x}" if point < 256 else f"\\u{point:04x}" if point < 65536 else f"\\U{point:08x}"


class Gate:
    """Knows the secrets of some targets and lets text out without them. Cheap to make; safe to share.

    `words` are secrets that are ordinary words: they are hidden where they stand alone as a value, and in our own
    sentences (`ours`) only inside quotes.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._undone: set[bytes] = set()
        self._raw: set[str] = set()
        short: dict[str, None] = {}
        words: dict[str, None] = {}
        for secret in dict.fromkeys(s.strip() for s in secrets):
            if len(secret) < SHORTEST:
                continue
            if is_wordy(secret):
                words[secret] = None
            elif len(secret) >= GRAM:
                undone, raw = grams(secret)
                self._undone |= undone
                self._raw |= raw
            else:
                short[secret] = None
        self._short = [s.encode("utf-8", "surrogatepass") for s in short]
        forms = sorted({f for s in short for f in short_forms(s)}, key=len, reverse=True)
        self._forms = (
            re.compile(r"(?i)(?<![A-Za-z0-9])(?:" + "|".join(map(re.escape, forms)) + r")(?![A-Za-z0-9])")
            if forms
            else None
        )
        known = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        self._word = re.compile(rf"(?<![\w./@:-])(?:{known})(?![\w/@-]|[.:]\w)") if words else None

    @classmethod
    def for_target(cls, target: Target) -> Gate:
        """A gate for one server: its environment, headers, arguments and URL, and what is known of this machine."""
        return cls.for_targets([target])

    @classmethod
    def for_targets(cls, targets: Iterable[Target] = ()) -> Gate:
        from .known import around

        return cls([*(s for t in targets for s in _of_target(t)), *around()])

    def clean(self, text: str, *, ours: bool = False) -> str:
        """The text without known secrets and without what looks like one."""
        text = self._known(text, ours=ours)
        for pattern in _PATTERNS:
            text = pattern.sub(STARS, text)
        return _NAMED.sub(_named, text)

    def _known(self, text: str, *, ours: bool = False) -> str:
        if self._word is not None:
            word = self._word
            text = (
                _QUOTED.sub(lambda m: m.group()[0] + word.sub(STARS, m.group()[1:-1]) + m.group()[-1], text)
                if ours else word.sub(STARS, text)
            )  # fmt: skip
        if self._forms is not None:
            text = _starred(text, coded_spans(text, self._short))
            text = self._forms.sub(STARS, text)
        if not self._raw or len(text) < GRAM:
            return text
        low, known = lowered(text), self._raw
        here = [i for i in range(len(low) - GRAM + 1) if low[i : i + GRAM] in known]
        text = _starred(text, (run for start, end in _runs(here) for run in _telling(text, start, end)))
        return _starred(text, self._undone_runs(text))

    def _undone_runs(self, text: str) -> Iterator[tuple[int, int]]:
        """Where eight or more characters of a secret stand, however they are spelt."""
        seen = Projection(text)
        data, known = seen.data, self._undone
        for first, last in _runs([i for i in range(len(data) - GRAM + 1) if data[i : i + GRAM] in known]):
            yield from _telling(text, seen.start[first], seen.end[last - 1])

    def line(self, text: str, limit: int = 400, *, ours: bool = False) -> str:
        """One line for showing: secrets out, everything invisible spelt out, at most `limit` characters."""
        shown = self.block(text, limit * 4, ours=ours).replace("\t", " ").replace("\n", " ⏎ ")
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"

    def block(self, text: str, limit: int = 2000, *, ours: bool = False) -> str:
        """Several lines for showing: as line(), but line ends stay; what is too long keeps its beginning and its end."""
        text = text if len(text) <= _SCAN_CAP else text[: _SCAN_CAP // 2] + "\n…\n" + text[-_SCAN_CAP // 2 :]
        shown = self.shown(text, ours=ours)
        if len(shown) <= limit:
            return shown
        head = limit // 3
        return f"{shown[:head]}\n…\n{shown[-(limit - head) :]}"

    def shown(self, text: str, *, ours: bool = False) -> str:
        """The whole text, without secrets and with everything invisible spelt out. What has been through stays as it is."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return self.clean(visible(self._known(text, ours=ours)), ours=ours)


def _runs(hits: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Beginnings of known runs of GRAM become the longest runs that they cover."""
    first = last = -1
    for at in hits:
        if first >= 0 and at > last:
            yield first, last
            first = -1
        first, last = (at if first < 0 else first), at + GRAM
    if first >= 0:
        yield first, last


def _telling(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The place in the text, unless it lies inside one ordinary word ("localhost", with the secret "localhost-71")."""
    left, right = start, end
    while left > 0 and text[left - 1].isalpha():
        left -= 1
    while right < len(text) and text[right].isalpha():
        right += 1
    if text[left:right].lower() not in ORDINARY:
        yield start, end


def _starred(text: str, spans: Iterable[tuple[int, int]]) -> str:
    out: list[str] = []
    at = 0
    for start, end in spans:
        if end <= at:
            continue
        out += [text[at : max(start, at)], STARS]
        at = end
    return "".join([*out, text[at:]]) if out else text


def _named(m: re.Match[str]) -> str:
    """A value behind a telling name. Prose is left alone: “token: unexpected” tells what went wrong, not a token."""
    value, sep = m.group("value"), m.group("sep")
    if STARS in value or value[:1] in "$%({[<" or is_plain(value):
        return m.group()
    if value.lower().strip(".:()") in ORDINARY or ("=" not in sep and not re.search(r"[\"']", sep) and value.isalpha()):
        return m.group()
    return m.group(1) + STARS


T = TypeVar("T")
# Fields that hold our own words and codes: nothing foreign is ever in them.
_OURS = frozenset(
    [
        "code",
        "layer",
        "family",
        "severity",
        "confidence",
        "title",
        "means",
        "who",
        "verdict",
        "broken_at",
        "transport",
        "state",
        "tool",
        "client",
        "scope",
        "works",
    ]
)


_ONE_LINE = frozenset(("file", "name", "host", "url", "command", "path", "proof", "saw", "matched", "text"))


def swept(value: T, gate: Gate) -> T:
    """The same value with every text in it through the gate, however deep: the last step before anything is shown."""
    return _swept(value, lambda text: gate.shown(text, ours=True))  # type: ignore[no-any-return]


def _swept(value: Any, show: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return show(value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _swept(getattr(value, f.name), show) for f in fields(value) if f.name not in _OURS}
        for key in _ONE_LINE & changed.keys():  # a file may have a line end in its name
            changed[key] = changed[key].replace("\n", " ⏎ ") if isinstance(changed[key], str) else changed[key]
        return replace(value, **changed)
    if isinstance(value, Mapping):
        return {show(k) if isinstance(k, str) else k: v if k in _OURS else _swept(v, show) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_swept(v, show) for v in value)
    return value


def _of_target(t: Target) -> Iterator[str]:
    for name, secret in t.env.items():
        yield from secrets_in(name, secret.reveal())
    for name, secret in t.headers.items():
        # A header is sent as a credential more often than not: its value counts as named.
        if not public_header(name, secret.reveal()):
            yield from secrets_in("authorization", secret.reveal())
    previous = ""
    for argument in t.args:
        value = argument.reveal() if isinstance(argument, Secret) else argument
        found = list(argument_secrets(value, previous))
        yield from found or ([value] if isinstance(argument, Secret) else [])
        previous = value
    for path in (t.command, t.cwd):
        yield from path_secrets(path or "")
    if t.url is not None:
        yield from url_secrets(t.url.reveal())
    yield from (s.reveal() for s in t.hidden)
