"""The one gate for foreign text: known secrets out first, patterns second, then control characters, then length."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from .model import Secret, Target

STARS = "***"
GRAM = 8  # characters of a secret that may never be seen together (contract: no prefix of 8 or more)
_SCAN_CAP = 256 * 1024

SECRET_NAME = re.compile(
    r"(?i)(secret|token|passw|passwd|pwd|api[-_]?key|apikey|access[-_]?key|private[-_]?key|auth|credential|cookie"
    r"|session|bearer|signature|dsn|(?:^|[-_])key$|(?:^|[-_])pat$)"
)
_PLAIN_WORD = re.compile(
    r"(?i)^(true|false|yes|no|on|off|null|none|[-+]?\d{1,7}(\.\d+)?|localhost|production|development|staging|"
    r"[a-z]{2}_[A-Z]{2}(\.utf-?8)?|c\.utf-?8|\d{1,3}(\.\d{1,3}){3}(:\d+)?|"
    r"application/[a-z+.-]+|text/[a-z+.-]+|\*/\*|(application/json, )?text/event-stream)$"
)
_PATH_LIKE = re.compile(
    r"^(~|\.{1,2})?(/[\w.@ +,~-]*)+(:(~|\.)?(/[\w.@ +,~-]*)+)*$|^[A-Za-z]:[\\/][^\n\"]*$|^\\\\[^\n\"]*$"
)
# A reference to a variable, or what a guide leaves to be filled in: the very thing that a finding must be able to name.
_NO_SECRET = re.compile(
    r"(?i)^(?:(?:bearer|basic|token)\s+)?(?:\$\{[\w:./ -]{1,60}\}|\$[a-z_]\w{1,60}|%[a-z_]\w{1,60}%|\{env:\w{1,60}\}"
    r"|<[a-z _-]{1,60}>|\[[a-z _-]{1,60}\]|your[-_ ][a-z _-]{1,60}|x{4,60}|change[-_ ]?me)$"
)
_SCHEME = re.compile(r"(?i)^(bearer|basic|token|apikey|digest)\s+")

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
    )
)
_NAMED = re.compile(
    r"(?i)((?:\b|_)(?:pass(?:word|wd)?|secret|token|api[-_]?key|access[-_]?key|client[-_]?secret|authorization|code_verifier)"
    r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer |basic )?)([^\s\"',;&}<]{6,512})"
)
_ANSI = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|[PX^_][^\x1b]{0,4096}(?:\x1b\\)?|[@-Z\\^_])"
)
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """The text without terminal sequences; what else is invisible or turns text round is spelt out (\\u202e)."""
    return _HIDDEN.sub(_spelt, _ANSI.sub("", text))


def _spelt(match: re.Match[str]) -> str:
    point = ord(match.group())
    if point == 0xFE0F:  # the emoji variant of the character before: harmless and common
        return ""
    return f"\\x{point:02x}" if point < 256 else f"\\u{point:04x}" if point < 65536 else f"\\U{point:08x}"


def _is_plain(value: str) -> bool:
    """A value that says nothing secret by its form: a flag, a small number, an address, a media type, a path."""
    return bool(_PLAIN_WORD.match(value) or _PATH_LIKE.match(value))


def url_secrets(url: str) -> Iterator[str]:
    """The parts of a URL that may hold a secret: userinfo, query values, fragment, long mixed path segments."""
    try:
        parts = urlsplit(url)
        found = [parts.username or "", parts.password or "", parts.fragment]
    except ValueError:
        yield url
        return
    found += [v for _, v in parse_qsl(parts.query, keep_blank_values=True)] or [parts.query]
    found += [s for s in parts.path.split("/") if len(s) >= 20 and re.search(r"\d", s) and re.search(r"[A-Za-z]", s)]
    for text in found:
        if len(text) >= 4 and not _PLAIN_WORD.match(text):
            yield text
            if unquote(text) != text:
                yield unquote(text)


def secrets_in(name: str, value: str) -> Iterator[str]:
    """The secret parts of a named value (environment variable, header): the value, or what is secret inside a URL."""
    named = bool(SECRET_NAME.search(name))
    if _NO_SECRET.match(value.strip()):
        return
    if "://" in value and not named:
        yield from url_secrets(value)
    elif named and len(value) >= 4 and not _PLAIN_WORD.match(value):
        yield value
        bare = _SCHEME.sub("", value)
        if bare != value and len(bare) >= 4:
            yield bare
            yield from _basic_parts(bare)
    elif len(value) >= GRAM and not _is_plain(value):
        yield value


def _basic_parts(bare: str) -> Iterator[str]:
    try:
        decoded = base64.b64decode(bare, validate=True).decode()
    except ValueError:
        return
    user, _, password = decoded.partition(":")
    yield from (x for x in (decoded, user, password) if len(x) >= 4)


def _spellings(secret: str) -> Iterator[str]:
    """The secret as other programs write it: JSON, URL, shell, hexadecimal, base64 at each of the three alignments."""
    yield secret
    raw = secret.encode("utf-8", "surrogatepass")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
    yield shlex.quote(secret)[1:-1] if shlex.quote(secret) != secret else secret
    yield raw.hex()
    yield secret[::-1]
    for shift in range(3):
        # Only the middle groups depend on the secret alone; the ends mix with what stands beside it.
        coded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        core = coded[4 if shift else 0 :]
        yield core[:-1] if len(raw) % 3 else core
        yield (core[:-1] if len(raw) % 3 else core).replace("+", "-").replace("/", "_")


class Gate:
    """Knows the secrets of some targets and lets text out without them. Cheap to make; safe to share."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._grams: set[str] = set()
        self._short: list[str] = []
        for secret in dict.fromkeys(secrets):
            if len(secret) < GRAM:
                self._short.append(secret)
                continue
            for spelling in set(_spellings(secret[:8192])):
                self._grams.update(spelling[i : i + GRAM] for i in range(len(spelling) - GRAM + 1))
        self._word = (
            re.compile(
                r"(?<![A-Za-z0-9])("
                + "|".join(map(re.escape, sorted(self._short, key=len, reverse=True)))
                + r")(?![A-Za-z0-9])"
            )
            if self._short
            else None
        )

    @classmethod
    def for_target(cls, target: Target) -> Gate:
        """A gate for one server: its environment block, headers, secret arguments and URL."""
        return cls.for_targets([target])

    @classmethod
    def for_targets(cls, targets: Iterable[Target]) -> Gate:
        return cls(s for t in targets for s in _of_target(t))

    def clean(self, text: str) -> str:
        """The text without known secrets and without what looks like one."""
        text = self._known(text)
        for pattern in _PATTERNS:
            text = pattern.sub(STARS, text)
        return _NAMED.sub(lambda m: m.group(1) + STARS, text)

    def _known(self, text: str) -> str:
        if self._word is not None:
            text = self._word.sub(STARS, text)
        grams = self._grams
        if not grams or len(text) < GRAM:
            return text
        out: list[str] = []
        at = kept = 0
        last = len(text) - GRAM
        while at <= last:
            if text[at : at + GRAM] in grams:
                out.append(text[kept:at])
                out.append(STARS)
                at += GRAM
                while at <= len(text) and text[at - GRAM + 1 : at + 1] in grams and at < len(text):
                    at += 1
                kept = at
            else:
                at += 1
        out.append(text[kept:])
        return "".join(out)

    def line(self, text: str, limit: int = 400) -> str:
        """One line for showing: secrets out, everything invisible spelt out, at most `limit` characters."""
        shown = self.block(text, limit * 4).replace("\t", " ").replace("\n", " ⏎ ")
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"

    def block(self, text: str, limit: int = 2000) -> str:
        """Several lines for showing: as line(), but line ends stay; what is too long keeps its beginning and its end."""
        text = text if len(text) <= _SCAN_CAP else text[: _SCAN_CAP // 2] + "\n…\n" + text[-_SCAN_CAP // 2 :]
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        shown = self.clean(visible(self._known(text)))
        if len(shown) <= limit:
            return shown
        head = limit // 3
        return f"{shown[:head]}\n…\n{shown[-(limit - head) :]}"


def _of_target(t: Target) -> Iterator[str]:
    for mapping in (t.env, t.headers):
        for name, value in _revealed(mapping):
            # A header is sent as a credential more often than not: its value counts as named.
            yield from secrets_in("authorization" if mapping is t.headers else name, value)
    for argument in t.args:
        if isinstance(argument, Secret):
            value = argument.reveal()
            yield value
            _, _, after = value.partition("=")
            if len(after) >= 4:
                yield after
            if "://" in value:
                yield from url_secrets(value)
            if ":" in value:
                yield _SCHEME.sub("", value.split(":", 1)[1].strip())
    if t.url is not None:
        yield from url_secrets(t.url.reveal())


def _revealed(mapping: Mapping[str, Secret]) -> Iterator[tuple[str, str]]:
    return ((name, value.reveal()) for name, value in mapping.items())
