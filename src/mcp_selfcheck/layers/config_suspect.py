"""Suspicions that an entry's own text raises. None of them is a fault by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ..clients import Client
from ..jsonc_tolerant import SMART
from ..model import Problem, Target, plain

MINECRAFT = 25565
# What documentation leaves to be filled in. Anchored, so that a word inside a real value does not count.
PLACEHOLDER = re.compile(
    r"""^(?:Bearer\s+|Basic\s+|token\s+)?["']?(?:
      <[^<>=/\s][^<>=]*>                                          # <token>, <your api key>
    | \[(?:your|insert|api|token|path|enter|add)[^\]]*\]            # [YOUR_KEY]
    | \{\{?\s*(?:your|insert|api)[^}]*\}\}?
    | your[-_ ](?:[\w-]+[-_ ])*?(?:api[-_ ]?)?
      (?:key|token|secret|password|id|here|value|url|username|user|email|host|domain|project|database|name)(?:[-_ ]\w+)*
    | (?:my|insert|enter|add|put|paste|replace)[-_ ](?:[\w-]+[-_ ])*?(?:key|token|secret|password)(?:[-_ ](?:here|value))?
    | replace[-_ ](?:me|this|with)\w*(?:[-_ ]\w+)*
    | [\w-]*(?:your|YOUR)[-_](?:[\w-]*)(?:key|token|secret|password|here|id|KEY|TOKEN|SECRET|PASSWORD|HERE|ID)[\w-]*
    | (?:sk|ghp|xoxb|pk)[-_](?:xxx+|\.\.\.|your|\*{3,})[\w.*-]*
    | x{4,} | \.{3} | …  | \*{3,} | change[-_ ]?me | todo | fixme | placeholder | api[-_ ]?key | api[-_ ]token
    | (?:api[-_ ]?)?key[-_ ]here | (?:token|password|secret)[-_ ]here | replace[-_ ]?me\w*
    | example[-_](?:key|token|secret|password) | insert[-_ ]\S+
    )["']?$""",
    re.I | re.X,
)
# Words that are an ordinary argument, though as a key's value they would be a placeholder: --auth api-key.
_MODE = re.compile(r"^(?:--?[\w-]+=)?(?:api[-_ ]?(?:key|token)|todo|fixme|placeholder|\.{3}|…|\*+|x+)$", re.I)
PLACEHOLDER_PATH = re.compile(
    r"(?:^|/)(?:absolute/)?path/to(?:/|$)|(?:^|/)(?:your|YOUR)[-_]?[\w-]*(?:path|dir|directory|folder|username|user|name|project"
    r"|PATH|DIR|USERNAME|USER|NAME|PROJECT)\b|(?:/Users|/home)/(?:username|your[-_]?\w*|user_?name|<[^>]+>|\.\.\.)(?:/|$)"
    r"|<[^<>/]*(?:path|dir|folder|file|user|name|project|your)[^<>/]*>",
    re.I,
)
PLACEHOLDER_HOST = re.compile(
    r"(?:^|\.)(?:your|my)[-_][\w-]+(?:\.|$)|^(?:your|my)(?:server|host|domain|company|site|app)\b|^(?:host|hostname|server)$",
    re.I,
)


def suspicions(t: Target, client: Client, environ: Mapping[str, str]) -> list[Problem]:
    """All that the words of the entry raise; the disk is looked at elsewhere."""
    found = [*_tildes(t), *_quotes(t), *_placeholders(t), *_smart(t), *_escapes(t)]
    if t.url is not None:
        found += _minecraft(t)
    return found


def values(t: Target) -> Iterator[tuple[str, str]]:
    """Place and text of everything that a stdio server gets: command, arguments, folder."""
    if t.command is not None:
        yield "command", t.command
    for i, arg in enumerate(t.args):
        yield f"args[{i}]", plain(arg)
    if t.cwd is not None:
        yield "cwd", t.cwd


def secrets(t: Target) -> Iterator[tuple[str, str]]:
    """Place and text of env and headers."""
    for name, value in t.env.items():
        yield f"env.{name}", value.reveal()
    for name, value in t.headers.items():
        yield f"headers.{name}", value.reveal()


def _tildes(t: Target) -> Iterator[Problem]:
    for where, text in (*values(t), *secrets(t)):
        _, _, behind = text.partition("=")
        if text.startswith(("~/", "~\\")) or text == "~" or behind.startswith("~/"):
            shown = "" if where.startswith(("env.", "headers.")) else text
            yield Problem(kind="tilde", where=where, detail=shown)


def _quotes(t: Target) -> Iterator[Problem]:
    for where, text in values(t):
        _, _, behind = text.partition("=")
        for part in (text, behind):
            if len(part) > 2 and part[0] == part[-1] and part[0] in "\"'" and " " not in part[:1]:
                shown = part[1:-1]
                yield Problem(
                    kind="quotes-in-arg", where=where, detail=text, after=text[: len(text) - len(part)] + shown
                )
                break


def _placeholders(t: Target) -> Iterator[Problem]:
    for where, text in (*values(t), *secrets(t)):
        behind = text.partition("=")[2] if where.startswith("args") else ""
        is_path = "/" in text or "\\" in text
        if where.startswith("args") and _MODE.match(text):
            continue
        hit = (is_path and PLACEHOLDER_PATH.search(text.replace("\\", "/"))) or any(
            PLACEHOLDER.match(part.strip()) for part in (text, behind) if part
        )
        if hit:
            hidden = where.startswith(("env.", "headers."))
            yield Problem(
                kind="placeholder", where=where, detail="" if hidden else text, note="path" if is_path else "value"
            )
    if t.url is not None:
        host = _host(t.url.reveal())
        query = urlsplit(t.url.reveal()).query if host else ""
        if PLACEHOLDER_HOST.search(host):
            yield Problem(kind="placeholder", where="url", detail=host, note="host")
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            if value and PLACEHOLDER.match(value):
                yield Problem(kind="placeholder", where=f"url query {name}", note="value")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _smart(t: Target) -> Iterator[Problem]:
    for name in t.env:
        if set(name) & SMART:
            yield Problem(kind="smart-quotes", where=f"env.{name}", detail=name, note="key")
    for where, text in (*values(t), *secrets(t)):
        if text and (text[0] in SMART or text[-1] in SMART):
            shown = "" if where.startswith(("env.", "headers.")) else text
            yield Problem(kind="smart-quotes", where=where, detail=shown, note="value")


def _escapes(t: Target) -> Iterator[Problem]:
    """A backslash path whose single backslashes parse as control characters: "C:\\temp" holds a tab."""
    for where, text in values(t):
        if re.match(r"^[A-Za-z]:[^/]*[\t\n\r\b\f]", text) or re.match(r"^[A-Za-z]:.*[\b\f]", text):
            yield Problem(kind="invalid-escape", where=where, detail=text.encode("unicode_escape").decode())


def _minecraft(t: Target) -> Iterator[Problem]:
    assert t.url is not None
    try:
        port = urlsplit(t.url.reveal()).port
    except ValueError:
        return
    if port == MINECRAFT:
        yield Problem(kind="minecraft-port", where="url", detail=str(port))
