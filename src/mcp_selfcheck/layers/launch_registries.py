"""What package managers say about their registries, as the entry's environment sets them. Nothing is installed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..facts.launch import LaunchFacts
from ..facts.said import flat, npm_code
from . import Walk
from .launch_look import which
from .programs import Said, run_program

_WIRE = re.compile(r"E(CONN\w+|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|PROTO|PIPE|5\d\d)|ERR_SOCKET_TIMEOUT|"
                   r"\w*CERT\w*|\w*SIGNATURE\w*|FETCH_ERROR|ENOTCACHED")  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What all questions share. `silent`: the process lives and has not answered."""

    w: Walk
    f: LaunchFacts
    env: Mapping[str, str]
    argv: tuple[str, ...]
    stderr: str
    silent: bool

    def seconds(self, most: float) -> float:
        return min(most, self.w.budget.left() * 0.6)


@contextlib.contextmanager
def apart(env: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """The environment with a cache of our own for a package manager, gone afterwards: a question leaves nothing in the
    person's cache, and what is answered comes from the registry."""
    kept = {
        k: v for k, v in env.items() if k.lower() not in ("npm_config_cache", "npm_config_logs_max", "uv_cache_dir")
    }
    with tempfile.TemporaryDirectory(prefix="mcp-selfcheck-", ignore_cleanup_errors=True) as place:
        yield {**kept, "npm_config_cache": place, "npm_config_logs_max": "0", "UV_CACHE_DIR": place}


def beside(q: Question, name: str) -> str:
    """The program `name` that belongs to the launcher: beside it, or on the PATH that the client gives."""
    near = os.path.join(Path(q.f.resolved).parent, name) if q.f.resolved else ""
    return near if near and os.access(near, os.X_OK) else which(name, q.env.get("PATH"), q.f.cwd)


async def npm_view(q: Question, name: str) -> dict[str, str]:
    """What npm's registry, as this environment sets it, says about a name: a version, E404, or why it gave nothing."""
    npm = beside(q, "npm")
    if not npm:
        return {}
    argv = [npm, "view", name, "version", "--fetch-retries=0", "--fetch-timeout=3000", "--no-update-notifier"]
    with apart(q.env) as env:
        said = await run_program(argv, env, q.f.cwd or None, q.seconds(6))
    code = npm_code(said.err)
    if said.code is None:
        return {"npm view": "no answer"}
    if _WIRE.fullmatch(code) or code.startswith("E5"):
        return {"npm view": f"unreachable: {code} {_address(said.err)}".strip()}
    version = said.out.strip().splitlines()[-1:] if said.code == 0 else []
    return {"npm view": code or (version[0] if version else "nothing")}


async def npm_bins(q: Question, name: str) -> dict[str, str]:
    """The programs of a package as its registry lists them, or "none"."""
    npm = beside(q, "npm")
    if not npm:
        return {}
    argv = [npm, "view", name, "bin", "--json", "--fetch-retries=0", "--fetch-timeout=3000", "--no-update-notifier"]
    with apart(q.env) as env:
        said = await run_program(argv, env, q.f.cwd or None, q.seconds(6))
    if said.code != 0:
        return {}
    try:
        bins = json.loads(said.out or "{}")
    except ValueError:
        return {}
    names = ", ".join(sorted(bins)) if isinstance(bins, dict) else ""
    return {"programs of the package": names or "none"}


def _address(text: str) -> str:
    """Whom a network error speaks of: host and port after the errno, or the host of the URL."""
    line = flat(text)
    found = re.search(r"(?:connect|getaddrinfo|read|write) (?:E\w+ )([\w.:\[\]-]+)", line)
    if found:
        return found[1]
    url = re.search(r"https?://(?:[^/@\s]*@)?([\w.\-\[\]:]+)", line)
    return url[1] if url else ""


async def npm_origins(q: Question, name: str) -> dict[str, str]:
    """The registry that npm uses for this name and where that is set: a file, the environment, the command line.

    From `npm config ls`, which prints what is not npm's default under headings that name the source.
    """
    npm = beside(q, "npm")
    if not npm:
        return {}
    with apart(q.env) as env:
        said = await run_program([npm, "config", "ls"], env, q.f.cwd or None, q.seconds(5))
    keys = [f"{name.split('/')[0]}:registry"] if name.startswith("@") else []
    rows: dict[str, tuple[str, str]] = {}
    source = ""
    for line in said.out.splitlines():
        heading = re.match(r'; "(\w+)" config from (.+)', line)
        if heading:
            source = heading[2] if heading[2].startswith("/") else heading[1]
        # a later heading outranks an earlier one, and npm marks what is outranked itself
        row = re.match(r'((?:@[\w.-]+:)?registry) = "([^"]*)"', line)
        if row and "overridden" not in line:
            rows[row[1]] = (re.sub(r"//[^/@]*@", "//", row[2]), source)
    for key in (*keys, "registry"):
        if key in rows:
            return {"npm registry": rows[key][0], "npm registry set by": f"{key} in {rows[key][1]}"}
    return {}


_INDEX_FLAGS = ("--index-url", "-i", "--default-index", "--index", "--extra-index-url", "--find-links", "-f")


async def uv_resolve(q: Question, name: str) -> dict[str, str]:
    """What the Python index, as this environment and command line set it, has under a name."""
    uv = beside(q, "uv")
    if not uv:
        return {}
    flags: list[str] = []
    words = list(q.argv)
    for i, word in enumerate(words[1:], 1):
        if word in _INDEX_FLAGS and i + 1 < len(words):
            flags += [word, words[i + 1]]
        elif word in ("--offline", "--no-index") or ("=" in word and word.split("=")[0] in _INDEX_FLAGS):
            flags.append(word)
    quick = {**q.env, "UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "3", "NO_COLOR": "1"}
    argv = [uv, "pip", "compile", "--no-deps", "--no-header", "--no-annotate", "--quiet", *flags, "-"]
    offline = "--offline" in flags or bool(q.env.get("UV_OFFLINE"))  # then the cache is all that there is to ask
    with contextlib.nullcontext(quick) if offline else apart(quick) as env:
        said = await run_program(argv, env, q.f.cwd or None, q.seconds(6), name.encode() + b"\n")
    return {"uv finds": _read_resolve(said, name)}


def _read_resolve(said: Said, name: str) -> str:
    version = re.search(r"^[\w.\-]+==(\S+)", said.out, re.MULTILINE)
    if said.code == 0 and version:
        return version[1]
    words = flat(said.err)
    if re.search(r"was not found in", words):
        refused = re.search(r"\b(401|403)\b", words)
        return f"refused: {refused[1]}" if refused else "not found"
    wire = re.search(
        r"(Connection refused|dns error|Name or service not known|failed to lookup|timed? ?out|invalid peer certificate: \w+"
        r"|certificate|unreachable|Connection reset)", words, re.IGNORECASE)  # fmt: skip
    if wire:
        return f"unreachable: {wire[1]} {_address(words)}".strip()
    status = re.search(r"HTTP status (?:server|client) error \((\d{3})", words)
    if status:
        return f"unreachable: {status[1]} {_address(words)}".strip() if status[1] >= "5" else f"refused: {status[1]}"
    return "no answer"
