"""Processes of this machine that look like the server of an entry, and whether they speak MCP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..budget import Budget
from ..facts.tcp import Listener
from ..model import Target, plain
from . import here
from .connector import open_stream
from .tcp_listeners import Socket, describe, listeners, sockets

# Names that say nothing about which server is meant.
COMMON = frozenset(
    (
        "mcp", "server", "servers", "local", "localhost", "remote", "http", "https", "stdio", "test", "tests",
        "main", "default", "node", "python", "python3", "npx", "uvx", "docker", "mcp-server", "mcpserver",
        "mcp_server", "my-server", "myserver", "example", "demo", "sick", "dev", "prod", "app", "api", "tool",
        "tools", "client", "service", "web", "index", "dist", "build", "src", "bin", "run", "start", "serve",
        "uvicorn", "my", "the", "new", "old", "lib", "out", "cli", "home", "user", "work", "project", "projects", "sse",
    )
)  # fmt: skip
# Programs whose listening sockets are never an MCP server's own.
SYSTEM = frozenset(
    (
        "sshd", "redis-server", "postgres", "mysqld", "mariadbd", "mongod", "memcached", "nginx", "haproxy",
        "caddy", "traefik", "envoy", "dockerd", "docker-proxy", "containerd", "systemd", "systemd-resolve",
        "systemd-resolved", "cupsd", "dnsmasq", "named", "avahi-daemon", "rpcbind", "master", "exim4", "smbd",
        "rapportd", "ControlCenter", "chrome", "firefox", "code", "cursor", "Xorg", "tailscaled",
    )
)  # fmt: skip
INTERPRETERS = (
    "python",
    "node",
    "bun",
    "deno",
    "java",
    "dotnet",
    "ruby",
    "php",
    "tsx",
    "uv",
    "npx",
    "npm",
    "go",
    "docker",
)
SMELLS = re.compile(r"mcp|modelcontextprotocol|model.context.protocol", re.IGNORECASE)
SOURCE = re.compile(rb"fastmcp|\bmcp\b|modelcontextprotocol", re.IGNORECASE)
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


@dataclass(frozen=True)
class Process:
    """What we may see of a process. `script` is the first argument that is a file, as an absolute path; `ports` are the
    ports that its command line and its environment name."""

    pid: int
    ppid: int
    words: tuple[str, ...]
    cwd: str
    script: str
    age: float
    ports: frozenset[int] = frozenset()


def processes() -> list[Process]:
    """The processes of our user, without ourselves and our ancestors. Blocks for some milliseconds."""
    import time

    import psutil

    mine = {os.getpid()}
    with contextlib.suppress(psutil.Error, OSError):
        mine |= {p.pid for p in psutil.Process().parents()}
    found = []
    now = time.time()
    for p in psutil.process_iter():
        if p.pid in mine:
            continue
        with contextlib.suppress(psutil.Error, OSError, AttributeError):
            if hasattr(os, "getuid") and p.uids().real != os.getuid():
                continue
            if not _same_network(p.pid):
                continue
            words = tuple(p.cmdline())
            if words:
                cwd = p.cwd()
                age = now - p.create_time()
                found.append(Process(p.pid, p.ppid(), words, cwd, _script(words, cwd), age, _ports(p, words)))
    return found


def _ports(process: Any, words: tuple[str, ...]) -> frozenset[int]:
    """The ports that a process was told: --port 3000, host:3000, PORT=3000."""
    import psutil

    found = {int(m.group(1)) for w in words[1:] if (m := re.fullmatch(r"(?:.*[:=])?(\d{4,5})", w))}
    with contextlib.suppress(psutil.Error, OSError):
        told = {k: v for k, v in process.environ().items() if k.upper().endswith("PORT")}
        found |= {int(v) for v in told.values() if re.fullmatch(r"\d{2,5}", v)}
    return frozenset(found)


def _same_network(pid: int) -> bool:
    """Whether a process shares our network (network_namespaces(7)); yes where there is no such thing."""
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink()
    except OSError:
        return not os.path.exists("/proc/self/ns/net")


def _script(words: tuple[str, ...], cwd: str) -> str:
    for word in words[1:6]:
        if not word.startswith("-") and re.search(r"\.(py|js|mjs|cjs|ts|rb|jar|sh)$|/", word):
            path = Path(cwd) / word
            if os.path.isfile(path):
                return str(path)
    return ""


def home_of(target: Target) -> Path | None:
    """The directory of a project that holds the config, None for a config in a home or system directory."""
    folder = Path(target.source.file).absolute().parent
    while folder.name.startswith("."):
        folder = folder.parent
    home = Path("~").expanduser()
    if folder == home or len(folder.parts) < 3 or folder.is_relative_to("/etc"):  # /, /home, /tmp, /Users: no project
        return None
    if folder.is_relative_to(home / ".config") or folder.is_relative_to(home / "Library"):
        return None
    return folder


def names_of(name: str) -> list[str]:
    """The name of an entry as a program may carry it: whole, and without the words that say nothing (my-weather-server)."""
    name = name.lower()
    telling = [w for w in re.split(r"[^a-z0-9]+", name) if w and w not in COMMON]
    return [n for n in dict.fromkeys((name, "-".join(telling), "_".join(telling))) if len(n) >= 4 and n not in COMMON]


def _near(script: str) -> tuple[str, ...]:
    """The script's own name and the folders that name its project: those above dist, build, src and their like too."""
    if not script:
        return ()
    place = Path(script)
    found = [place.name, place.parent.name]
    for folder in place.parents[1:4]:
        if found[-1].lower() not in COMMON:
            break
        found.append(folder.name)
    return tuple(found)


def kinship(target: Target, p: Process) -> str:
    """Why a process looks like the server of this entry: name, directory; or "" when nothing says so."""
    words = [w.lower().rsplit("/", 1)[-1] for w in (*p.words[1:], *_near(p.script)) if w]
    for name in names_of(target.name):
        if any(re.search(rf"(^|[^a-z0-9]){re.escape(name)}($|[^a-z0-9])", word) for word in words):
            return "its name"
    folder = home_of(target)
    if folder is not None and p.script and Path(p.script).is_relative_to(folder):
        return "its script lies beside the config"
    return ""


def listens_kinship(target: Target, p: Process, port: int) -> str:
    """The same for a process that listens somewhere: it was told the port of the URL, or runs in the config's project."""
    if port in p.ports:
        return f"it was told port {port}"
    near = kinship(target, p) or ("it runs in the config's directory" if Path(p.cwd) == home_of(target) else "")
    return near or ("a word of its name" if _shares_a_word(target.name, p) else "")


def _shares_a_word(name: str, p: Process) -> bool:
    """Whether a long word of the entry's name is a word of the program's: "github-work" and github-mcp-server."""
    words = {w for w in re.split(r"[^a-z0-9]+", name.lower()) if len(w) >= 5 and w not in COMMON}
    told = " ".join(w.lower().rsplit("/", 1)[-1] for w in (*p.words[1:], *_near(p.script)))
    return bool(words & set(re.split(r"[^a-z0-9]+", told)))


def smells(p: Process) -> bool:
    """Whether the command or its script speaks of MCP."""
    if any(SMELLS.search(w.rsplit("/", 1)[-1]) or "modelcontextprotocol" in w for w in p.words):
        return True
    if p.script:
        with contextlib.suppress(OSError), Path(p.script).open("rb") as f:
            return bool(SOURCE.search(f.read(65536)))
    return False


def other_entries(target: Target) -> list[Target]:
    """The other entries of this machine and of the same file: their servers are not this entry's."""
    from ..discover import discover, from_file

    entries: list[Target] = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        entries += discover()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        entries += from_file(Path(target.source.file))
    return [t for t in entries if (t.url, t.command) != (target.url, target.command)]


def claimed_ports(entries: Iterable[Target]) -> set[int]:
    """The ports that entries name in their URLs."""
    found: set[int] = set()
    for t in entries:
        with contextlib.suppress(ValueError):
            found.add((urlsplit(t.url.reveal()).port or 0) if t.url else 0)
    return found


async def speaks_mcp(address: str, port: int, path: str, secure: bool, budget: Budget) -> bool:
    """Whether a JSON-RPC ping to that path, or a GET for an event stream, is answered as an MCP server does.

    A ping opens no session and calls no tool. At most 1.5 s for each.
    """
    host = f"[{address}]" if ":" in address else address
    head = f"Host: {host}:{port}\r\nAccept: application/json, text/event-stream\r\nConnection: close\r\n"
    post = f"POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {len(PING)}\r\n\r\n"
    get = f"GET {path} HTTP/1.1\r\n{head}\r\n"
    context = None
    if secure:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    answers = await asyncio.gather(
        _ask(address, port, post.encode() + PING, context, budget), _ask(address, port, get.encode(), context, budget)
    )
    return any(
        re.search(rb'"jsonrpc"\s*:\s*"2\.0"|^event: endpoint|resource_metadata=', a, re.MULTILINE) for a in answers
    )


async def _ask(address: str, port: int, request: bytes, context: ssl.SSLContext | None, budget: Budget) -> bytes:
    data = b""
    writer = None
    try:
        async with asyncio.timeout(budget.at_most(1.5)):
            reader, writer = await open_stream(address, port, budget.at_most(1.5), context=context)
            writer.write(request)
            while len(data) < 65536:
                chunk = await reader.read(4096)
                data += chunk
                if not chunk or b'"jsonrpc"' in data or b"event: endpoint" in data:
                    break
    except (OSError, TimeoutError, ssl.SSLError):
        pass
    finally:
        if writer is not None:
            writer.close()
    return data


def _reach(address: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)


async def find(target: Target, port: int, budget: Budget) -> tuple[tuple[Listener, ...], Listener | None]:
    """(other ports of processes that are this entry's server, a process of it that listens nowhere).

    A process counts when its name or its place ties it to the entry and it speaks MCP. Without such a tie the only
    program that listens here at all counts, in a network of its own (a container), or one on the neighbouring port.
    """
    (every, _), running, others = await asyncio.gather(
        asyncio.to_thread(sockets), asyncio.to_thread(processes), asyncio.to_thread(other_entries, target)
    )
    claimed, stdio = claimed_ports(others), [t for t in others if t.command]
    parts = urlsplit(target.url.reveal()) if target.url else urlsplit("")
    path, secure = parts.path or "/", parts.scheme == "https"
    by_pid = {p.pid: p for p in running}
    running = [p for p in running if not any(same_command(t, p.words) for t in stdio)]
    tied = {p.pid: why for p in running if (why := kinship(target, p))}
    listening = [s for s in every if s.port != port and s.port not in claimed and s.pid is not None]
    listening_pids = {s.pid for s in listening}
    told = {p.pid: w for p in running if p.pid in listening_pids and (w := listens_kinship(target, p, port))}
    chosen = [s for s in listening if s.pid in told]
    if not chosen:
        chosen = _untied(listening, by_pid, port)
    asked = chosen[:8]
    answers = await asyncio.gather(*(speaks_mcp(_reach(s.address), s.port, path, secure, budget) for s in asked))
    speaking = [s for s, yes in zip(asked, answers, strict=True) if yes]
    elsewhere = tuple(
        replace(x, kin=told.get(x.pid or 0, "") or "the only MCP server here", speaks="mcp",
                address=x.address if x.address.endswith(f":{x.port}") else f"{x.address}:{x.port}")
        for x in listeners(speaking)
    )  # fmt: skip
    if elsewhere:
        return elsewhere, None
    return (), await _silent_kin(tied, by_pid, every, budget)


def _untied(listening: list[Socket], by_pid: dict[int, Process], port: int) -> list[Socket]:
    """The sockets of programs that nothing ties to the entry but that there is no other of."""
    own = [s for s in listening if s.pid in by_pid and Path(by_pid[s.pid or 0].words[0]).name not in SYSTEM]
    near = [s for s in own if abs(s.port - port) <= 2]
    if here.apart() and len({s.pid for s in own}) == 1:
        return own
    return near if len({s.pid for s in near}) == 1 else []


async def _silent_kin(
    tied: dict[int, str], by_pid: dict[int, Process], every: list[Socket], budget: Budget
) -> Listener | None:
    """A process tied to the entry that speaks of MCP, has settled, and listens on no port at all."""
    busy = {s.pid for s in every}
    busy |= {by_pid[p].ppid for p in busy if p in by_pid}
    found = [by_pid[pid] for pid in sorted(tied) if pid not in busy and smells(by_pid[pid])]
    found = [p for p in found if Path(p.words[0]).name.lower().startswith(INTERPRETERS) or p.script]
    found = [p for p in found if not any(q.ppid == p.pid and q.pid in tied for q in found)]
    if not found:
        return None
    p = found[0]
    if not await _settles(p, budget):
        return None
    about = describe(p.pid)
    if not about.get("program") or not about.get("command_line"):
        return None
    return Listener(address="none", kin=tied[p.pid], **about)


async def _settles(p: Process, budget: Budget) -> bool:
    """Whether the process stays alive, idle and without a port: it is not still starting. Waits 5.5 s at most for a
    young one, and only while it still works."""
    import psutil

    quiet = 0
    young = p.age < 15
    until = budget.slice(5.5 if young else 0.8)
    try:
        process = psutil.Process(p.pid)
        used = sum(process.cpu_times()[:2])
        while until.left() > 0 and quiet < (5 if young else 2):
            await asyncio.sleep(until.at_most(0.2))
            now = sum(process.cpu_times()[:2])
            idle = now - used < 0.02 and process.status() == psutil.STATUS_SLEEPING
            quiet, used = (quiet + 1 if idle else 0), now
        children = [process, *process.children(recursive=True)]
        return quiet >= 2 and not any(
            c.status == psutil.CONN_LISTEN for q in children for c in q.net_connections("tcp")
        )
    except (psutil.Error, OSError):
        return False


def same_command(target: Target, words: Iterable[str]) -> bool:
    """Whether a command line is that of the entry: its script, module or package stands in it."""
    told = [plain(a) for a in target.args]
    if target.command and Path(target.command).name.lower() not in COMMON and not told:
        told = [target.command]
    marks = [a for a in told if not a.startswith("-") and len(a) >= 3 and not re.fullmatch(r"\d+|run|exec|dlx|tool", a)]
    line = [w.lower() for w in words]
    for mark in marks[:2]:
        if re.search(r"\.(py|m?js|cjs|ts|jar|rb|sh)$", mark) or mark.startswith(("/", ".", "~")):
            if _same_file(mark.lower(), line, (target.cwd or "").lower()):
                return True
            continue
        name = re.sub(r"(?<=.)@[^/@]*$", "", mark).lower()  # a package without its version
        last = name.rsplit("/", 1)[-1]
        if last in COMMON or not last:
            last = name
        if any(
            w == name or w.rsplit("/", 1)[-1] in (last, f"{last}.js", f"{last}.py") or f"/{name}/" in w for w in line
        ):
            return True
    return False


def _same_file(mark: str, line: list[str], cwd: str) -> bool:
    """Whether a script stands in a command line: as written, as a path from `cwd`, or by a name that is its own."""
    name = mark.rsplit("/", 1)[-1]
    own = name.split(".", 1)[0] not in COMMON and mark.startswith("/")
    return any(w == mark or (cwd and w == f"{cwd}/{mark}") or (own and w == name) for w in line)
