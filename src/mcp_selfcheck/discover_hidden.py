"""Secrets around an entry that the client or the server reads from elsewhere: they are never used, only never shown."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .discover_read import read_bytes
from .known import of_lines
from .redact_values import SECRET_NAME, TOKEN, argument_secrets, leaves, secrets_in

_LARGEST = 256 * 1024
_ENV_FLAGS = ("--env-file", "--envfile", "--env-file-if-exists", "--dotenv", "--env_file")
_DOTENV = (".env", ".env.local", ".env.development", ".env.production", ".npmrc")
_READ = "command cmd args env envs environment headers http_headers url serverUrl httpUrl uri baseUrl cwd type"
_USED = frozenset(_READ.split())


def of_entry(
    entry: Mapping[str, Any], args: Sequence[str], folders: Sequence[str], expanded: Sequence[tuple[str, str]],
) -> Iterator[str]:  # fmt: skip
    """`folders` are where the server may run; `expanded` the variables that were put in, with their values."""
    for name, value in expanded:
        yield from secrets_in(name, value)
    for key, value in entry.items():
        if key in _USED:
            continue
        if key == "headersHelper" and isinstance(value, str):
            yield from _words(value)
        elif isinstance(value, (dict, list)):
            yield from _telling(key, value)
        elif isinstance(value, str) and (SECRET_NAME.search(key) or TOKEN.match(value)):
            yield from secrets_in(key, value)
    named = [v for k in ("envFile", "env_file", "envfile") for v in _texts(entry.get(k))]
    for at, arg in enumerate(args):
        flag, _, value = arg.partition("=")
        if flag in _ENV_FLAGS:
            named += [value] if value else list(args[at + 1 : at + 2])
    for folder in dict.fromkeys(f for f in (*folders, *_folders_of(args)) if f and f != "/"):
        for name in (*named, *_DOTENV):
            yield from of_env_file(os.path.join(folder, name))
    for name in named:
        yield from of_env_file(name)


def of_inputs(document: Any) -> Iterator[str]:
    """What VS Code's `inputs` hold as a default, judged by their id; a masked one in any case."""
    inputs = document.get("inputs") if isinstance(document, Mapping) else None
    for item in inputs if isinstance(inputs, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("default"), str):
            name = "secret" if item.get("password") is True else str(item.get("id"))
            yield from secrets_in(name, item["default"])


def of_env_file(path: str) -> Iterator[str]:
    """The secrets in a file of KEY=VALUE lines: under any name, as in the entry's own environment block."""
    raw = read_bytes(path) if path else None
    if isinstance(raw, bytes) and len(raw) <= _LARGEST:
        text = raw.decode("utf-8-sig", "replace")
        yield from of_lines(text)
        for row in text.splitlines()[:2000]:
            m = re.match(r"\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$", row)
            if m:
                yield from secrets_in(m.group(1), m.group(2).strip("\"'"))
        for m in re.finditer(r"([A-Za-z_][\w.-]*)\s*=\s*([\"'])((?:(?!\2)[\s\S]){8,8000})\2", text):
            if "\n" in m.group(3):  # a key over several lines
                yield from secrets_in(m.group(1), m.group(3))


def _texts(value: Any) -> list[str]:
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)]


def _folders_of(args: Sequence[str]) -> list[str]:
    """The folders of the files that the command line names: a server reads the .env beside its script."""
    files = [a for a in args[:32] if a.startswith("/") and "\0" not in a]
    return [a if os.path.isdir(a) else str(Path(a).parent) for a in files][:4]


def _telling(name: str, value: Any) -> Iterator[str]:
    """Nested settings of an entry: only what stands under a telling key, or is a token by its form."""
    if isinstance(value, Mapping):
        for key, inner in list(value.items())[:500]:
            yield from _telling(str(key), inner)
    elif isinstance(value, list):
        for inner in value[:500]:
            yield from _telling(name, inner)
    elif isinstance(value, str) and (SECRET_NAME.search(name) or TOKEN.match(value)):
        yield from leaves(value, name)


def _words(command: str) -> Iterator[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    previous = ""
    for word in words:
        yield from argument_secrets(word, previous)
        previous = word
