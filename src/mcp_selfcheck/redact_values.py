"""What in a named value, an argument, a URL or a path is secret. Text in, secret parts out; nothing is read or written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .redact_words import is_host, is_number, is_path, is_plain

GRAM = 8  # characters of a secret that may never be seen together (contract: no prefix of 8 or more)
SHORTEST = 4  # shorter values cannot be told from ordinary text

SECRET_NAME = re.compile(
    r"(?i)(secret|token|pass(?:w|phrase|code|$|[-_])|pwd|api[-_]?key|apikey|access[-_]?key|private[-_]?key|auth(?!or(?!i))"
    r"|credential|cookie|session|bearer|signature|dsn|jwt|webhook|connection[-_]?string|verifier|assertion|nonce"
    r"|(?:^|[-_.])(?:key|pat|pin|sig|sid|otp|pw)$|(?<=[a-z])Key$)"
)
# Names that speak about a secret and hold none.
ABOUT = re.compile(
    r"(?i)(?:^|[-_.])(?:max|min|limit|timeout|ttl|count|size|length|port|expir\w*|interval|retries|enabled|disabled|url|uri|host"
    r"|file|path|dir|sock|socket|type|method|mode|scheme|provider|name|issuer|audience|region|version|parallelism|algorithm)s?$"
    r"|^max[-_]|^(?:xdg|dbus|desktop|gdm)"
)
_HOSTLY = re.compile(r"(?i)(?:host|server|addr|address|domain|endpoint|node|broker)s?$")
# Names of URLs that are a credential as a whole.
_KEY_URL = re.compile(r"(?i)hook|dsn|secret|token|key")
# A reference to a variable, or what a guide leaves to be filled in: the very thing that a finding must be able to name.
_NO_SECRET = re.compile(
    r"(?i)^(?:(?:bearer|basic|token)\s+)?(?:\$\{[\w:./ -]{1,60}\}|\$[a-z_]\w{1,60}|%[a-z_]\w{1,60}%|\{env:\w{1,60}\}"
    r"|<[a-z _-]{1,60}>|\[[a-z _-]{1,60}\]|your[-_ ][a-z _-]{1,60}|x{4,60}|change[-_ ]?me)$"
)
_SCHEME = re.compile(r"(?i)^(bearer|basic|token|apikey|digest)\s+")
_PAIRS = re.compile(r"^\s*[\w .-]{1,40}=[^;=]{0,400}(?:;\s*[\w .-]{1,40}=[^;]{0,400})+;?\s*$")
TOKEN = re.compile(
    r"^(?:sk-[\w-]{8,}|sk_(?:live|test)_\w+|gh[pousr]_\w{16,}|github_pat_\w+|xox[abeoprs]-[\w-]+|A[KS]IA[A-Z0-9]{12,}"
    r"|AIza[\w-]{20,}|eyJ[\w-]{8,}\.[\w.-]*|glpat-[\w-]+|npm_\w{16,}|hf_\w{16,}|pypi-[\w-]{16,}|Bearer\s+\S+"
    r"|(?:ntn|secret|lin_api|figd|sbp|dop_v1|tvly|pplx|gsk|xai|r8|fc|ctx7sk|tok|key|pat)[-_][\w-]{12,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*)$",
    re.S,
)
_CACHES = """
    _npx archive-v0 builds-v0 environments-v2 environments-v1 store overlay2 sha256 .pnpm dlx wheels-v5 sdists-v9
    containers volumes blobs objects snapshots
"""
_CACHE_OF = frozenset(_CACHES.split())


def looks_random(text: str, least: int = GRAM) -> bool:
    """Whether a word is no word: letters and digits that take turns, or case that does, in a part of `least` or more."""
    if TOKEN.match(text):
        return True
    for part in re.split(r"[^A-Za-z0-9]+", text):
        if len(part) < least or not part.isascii() or not part.isalnum():
            continue
        digits = sum(c.isdigit() for c in part)
        turns = sum(a.isdigit() != b.isdigit() for a, b in pairwise(part))
        if digits >= 2 and len(part) - digits >= 2 and turns >= 3:
            return True
        cases = sum(a.islower() and b.isupper() for a, b in pairwise(part))
        if len(part) >= 16 and cases >= 5:
            return True
    return False


def url_secrets(url: str, *, named: bool = False) -> Iterator[str]:
    """The parts of a URL that may hold a secret: userinfo, query values, fragment, path segments that are no words."""
    try:
        parts = urlsplit(url)
        password = parts.password or ""
        found = [parts.username or "", password]
        host = parts.hostname or ""
    except ValueError:
        yield from _broken_url(url)
        return
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    yield from (v for k, v in pairs if SECRET_NAME.search(k) and is_number(v))
    yield from (password,) if is_number(password) else ()
    found += [v for k, v in pairs if SECRET_NAME.search(k) or _tells(v)] or ([] if pairs else [parts.query])
    found += [k for k, _ in pairs if looks_random(k, 12)]
    found += [v for k, v in parse_qsl(parts.fragment) if SECRET_NAME.search(k) or _tells(v)] or (
        [parts.fragment] if _tells(parts.fragment) else []
    )
    segments = [s for s in parts.path.split("/") if s]
    found += [s for s in segments if looks_random(unquote(s)) and not _is_commit(s)]
    if named:
        found += [s for s in segments if len(s) >= 12 or (len(s) >= GRAM and any(c.isdigit() for c in s))]
    found += [label for label in host.split(".") if looks_random(label, 12)] if not is_plain(host) else []
    for text in found:
        if text and not is_plain(text) and not _NO_SECRET.match(text):
            yield text
            if unquote(text) != text:
                yield unquote(text)


def _broken_url(url: str) -> Iterator[str]:
    """What a URL that no program can split may hold: what stands before the @, and every value behind the ?."""
    user = re.search(r"//([^/@\s]*)@", url)
    if user:
        yield from (x for x in user.group(1).split(":") if len(x) >= SHORTEST)
    _, _, query = url.partition("?")
    yield from (x for x in re.split(r"[&=#]", query) if _tells(x))


def masked(arg: str, previous: str = "") -> str:
    """The argument with stars where a secret stands, however short; "***" when that cannot be told apart."""
    parts = sorted({p for p in argument_secrets(arg, previous) if p}, key=len, reverse=True)
    for part in parts:
        if len(part) < SHORTEST or part not in arg:
            flag, is_pair, _ = arg.partition("=")
            return f"{flag}=***" if is_pair and flag.startswith("-") else "***"
        arg = arg.replace(part, "***")
    return arg


def _is_commit(segment: str) -> bool:
    return bool(re.search(r"@(?:[0-9a-f]{7,40}|v?[\d.]+)$", segment))


def _tells(value: str) -> bool:
    """Whether a value without a telling name is treated as one that must not be shown."""
    if is_plain(value) or is_path(value) or is_host(value):
        return looks_random(value, 12)
    if len(value) >= GRAM:
        return True
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return len(value) >= SHORTEST and mixed


def path_secrets(path: str) -> Iterator[str]:
    """The names in a path that look like a token. Hashes below the caches of package managers are none."""
    before = ""
    for segment in re.split(r"[/\\]", path):
        for part in re.split(r"[=:,]", segment):
            # `@` and a hash pins a package or an image.
            if before not in _CACHE_OF and "@" not in part and looks_random(part, 12):
                yield part
        before = segment


def secrets_in(name: str, value: str, depth: int = 0) -> Iterator[str]:
    """The secret parts of a named value (environment variable, header, key): the value, or what is secret inside it.

    Parts of any length: which are long enough to be looked for in a text is the gate's business.
    """
    value = value.strip("\0")
    named = bool(SECRET_NAME.search(name)) and not ABOUT.search(name)
    text = value.strip()
    if not text or _NO_SECRET.match(text):
        return
    if "://" in text and re.match(r"[A-Za-z][\w+.-]*://", _SCHEME.sub("", text)):
        for url in text.split(",") if text.count("://") > 1 else [text]:
            yield from url_secrets(url.strip(), named=bool(_KEY_URL.search(name)))
    elif depth < 4 and text[0] in "{[" and (inner := _json(text)) is not None:
        yield from leaves(inner, name, depth + 1)
    elif depth < 4 and _PAIRS.match(text):
        for pair in text.split(";"):
            key, _, inside = pair.partition("=")
            yield from secrets_in(key.strip(), inside.strip(), depth + 1)
    elif is_path(text) and (not named or text.count("/") + text.count("\\") > 1):
        yield from path_secrets(text)
    elif named:
        if not is_plain(text) or is_number(text):
            yield from _with_scheme(value)
            yield from _assigned(text, depth)
    elif not (_HOSTLY.search(name) and re.fullmatch(r"[A-Za-z0-9.:_-]+", text) and not looks_random(text)) and _tells(
        text
    ):
        yield value


def _assigned(text: str, depth: int) -> Iterator[str]:
    """What is secret inside `sid=5Md7ey; theme=dark` or `Digest username="me", response="…"`, each by its own name."""
    for pair in re.split(r"[;,]", _SCHEME.sub("", text)) if depth < 4 and len(text) <= 8192 else ():
        if m := re.fullmatch(r"\s*([\w.-]{1,60})\s*=\s*(\"?)([^\s\"=]{4,4096})\2\s*", pair):
            yield from secrets_in(m.group(1), m.group(3), depth + 1)


def _with_scheme(value: str) -> Iterator[str]:
    yield value
    bare = _SCHEME.sub("", value)
    if bare != value and bare:
        yield bare
        yield from _basic_parts(bare)


def _basic_parts(bare: str) -> Iterator[str]:
    try:
        decoded = base64.b64decode(bare, validate=True).decode()
    except ValueError:
        return
    user, _, password = decoded.partition(":")
    yield from (x for x in (decoded, user, password) if x)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def leaves(value: Any, name: str = "", depth: int = 0) -> Iterator[str]:
    """The secrets in a JSON value, each judged by the key under which it stands."""
    if depth > 8:
        return
    if isinstance(value, dict):
        for key, inner in list(value.items())[:2000]:
            yield from leaves(inner, str(key), depth + 1)
    elif isinstance(value, list):
        for inner in value[:2000]:
            yield from leaves(inner, name, depth + 1)
    elif isinstance(value, str):
        yield from secrets_in(name, value, depth)


# --- arguments -------------------------------------------------------------------------------------------------------
_FLAG = re.compile(
    r"^--?(?:[\w-]*[-_.])?(?:token|api[-_]?key|apikey|key|secret|pass(?:word|wd|phrase|code)?|pwd|auth(?:orization)?|bearer"
    r"|credentials?|pat|pin|dsn|connection[-_]?string|conn[-_]?str|cookie|client[-_]?secret|access[-_]?key|jwt|signature)$",
    re.I,
)
_CAMEL_FLAG = re.compile(
    r"^--?[a-z0-9]+(?:[A-Z][a-z0-9]*)*(?:Token|Key|Secret|Password|Passwd|Passphrase|Bearer|Auth|Credentials?)$"
)
# Flags whose value is a name=value pair or a header, the value of which may be one.
_PAIR_FLAG = re.compile(r"^(?:-e|--env|-E|-H|--header|--headers|--env-var|--set|-D|--define)$")
_PAIR = re.compile(r"^([\w.-]+)\s*([=:])\s*(.+)$", re.S)
_LOGIN_FLAG = re.compile(r"^(?:-u|--user|--userpwd|--login|--basic)$")
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.I)


def is_secret_flag(flag: str) -> bool:
    return bool(_FLAG.match(flag) or _CAMEL_FLAG.match(flag))


def argument_secrets(arg: str, previous: str = "") -> Iterator[str]:
    """The secret parts of an argument; `previous` is the one before it, which may be the flag that it belongs to."""
    if not arg or _NO_SECRET.match(arg):
        return
    if is_secret_flag(previous) and not arg.startswith("--"):
        yield from secrets_in("secret", arg)
        return
    if _PAIR_FLAG.match(previous) and (m := _PAIR.match(arg)):
        yield from secrets_in("authorization" if m.group(2) == ":" else m.group(1), m.group(3))
        return
    if _LOGIN_FLAG.match(previous) and ":" in arg and not _URL.match(arg):
        yield arg.partition(":")[2]
        return
    glued = re.match(r"^-[eHD](?=[A-Za-z])", arg)
    if glued and (m := _PAIR.match(arg[2:])) and not arg.startswith("--"):
        yield from secrets_in("authorization" if m.group(2) == ":" else m.group(1), m.group(3))
        return
    if arg.startswith("-----BEGIN"):
        yield arg
        return
    yield from _valued(arg)


def _valued(arg: str) -> Iterator[str]:
    """FLAG=VALUE, NAME=VALUE, a URL, a JSON text, a token by its form, or a path with a token in it."""
    flag, is_pair, value = arg.partition("=")
    if is_pair and re.fullmatch(r"-{0,2}[\w.-]+", flag):
        if is_secret_flag(flag):
            yield from secrets_in("secret", value)
        elif flag in ("--env", "--header", "--headers", "--env-var", "--set") and (m := _PAIR.match(value)):
            yield from secrets_in("authorization" if m.group(2) == ":" else m.group(1), m.group(3))
        elif re.fullmatch(r"[A-Z][A-Z0-9_]*", flag) or SECRET_NAME.search(flag):
            yield from secrets_in(flag, value)
        elif flag.startswith("-"):
            yield from _value(value)
        else:
            yield from _value(arg)
    else:
        yield from _value(arg)


def _value(text: str) -> Iterator[str]:
    if TOKEN.match(text):
        yield from _with_scheme(text)
    elif _URL.match(text):
        yield from url_secrets(text)
    elif text[:1] in ("{", "[") and (inner := _json(text)) is not None:
        yield from leaves(inner)
    elif _PAIRS.match(text):
        yield from secrets_in("", text)
    elif "/" in text or "\\" in text:
        yield from path_secrets(text)
    elif looks_random(text, 16) and "@" not in text:
        yield text


# Headers that carry no credential, with the form that their values must have to be taken for harmless.
_MEDIA = r"[a-z*]{1,20}/[a-z0-9*+.-]{1,40}"
_PUBLIC = {
    "origin": re.compile(r"(?i)(null|https?://[a-z0-9._\[\]:-]{1,100}/?)"),
    "host": re.compile(r"(?i)[a-z0-9._\[\]:-]{1,100}"),
    "accept": re.compile(rf"(?i){_MEDIA}(;\s?q=[\d.]{{1,5}})?(,\s?{_MEDIA}(;\s?q=[\d.]{{1,5}})?){{0,5}}"),
    "content-type": re.compile(rf"(?i){_MEDIA}(;\s?charset=\"?[a-z0-9-]{{1,20}}\"?)?"),
    "mcp-protocol-version": re.compile(r"[\d.v-]{1,20}"),
}


def public_header(name: str, value: str) -> bool:
    """Whether a header of an entry says nothing secret: known by name, and of the form that its name promises."""
    form = _PUBLIC.get(name.lower())
    return form is not None and form.fullmatch(value.strip()) is not None and not looks_random(value)
