"""After a walk: ports that programs' own texts name are looked up, and an open port that is no HTTP is asked what it is."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..facts.handshake import HandshakeFacts
from ..facts.http import HttpFacts
from ..facts.launch import LaunchFacts
from ..facts.tcp import Listener, TcpFacts
from ..facts.tls import TlsFacts
from ..guard import is_loopback_host
from ..model import Target, plain
from . import Walk, here, tcp_kin
from .connector import resolve
from .dns import hosts_names, is_literal
from .tcp_banner import add_who_talks
from .tcp_dial import dial
from .tcp_firewall import run
from .tcp_listeners import Socket, describe, listeners_on, sockets

IN_USE = re.compile(
    r"EADDRINUSE|address already in use|Address in use|Only one usage of each socket address|port is already allocated"
    r"|port \S+ (?:is|was) (?:already |currently )?(?:in use|taken|occupied|being used|used by)|port is in use"
    r"|already (?:running|listening) on port \d|Connection in use: \(|WinError 10013|forbidden by its access permissions|listen EACCES"
    r"|java\.net\.BindException|WinError 10048|\[Errno (?:98|48)\]|os error (?:98|48)\b",
    re.IGNORECASE,
)  # fmt: skip
# Where such a text names the port, best first: node, uvicorn and asyncio, Go, docker, words.
PORTS = (
    r"(?:EADDRINUSE|EACCES)[^\n]*?[\s:]{1,2}(?:\S*:)?(\d{2,5})\b",
    r"bind on address \('[^']*', (\d{2,5})",
    r"listen tcp[46]? \S*?:(\d{2,5})",
    r"Bind for \S+?:(\d{2,5}) failed",
    r"\(\s*['\"][\w.:]*['\"]\s*,\s*(\d{2,5})\)",
    r"\bport ?= ?(\d{2,5})\b",
    r"\b[Pp]ort[ :=]+(\d{2,5})\b",
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|localhost|\[[0-9a-f:]*\]|::):(\d{2,5})\b",
    r"^\s*port: (\d{2,5})",
)
REFUSED = re.compile(
    r"ECONNREFUSED|connection refused|actively refused|Errno (?:111|61)\b|os error (?:111|61)\b", re.IGNORECASE
)
# The same in vaguer words: enough where the server broke, as the place is dialled.
NOT_REACHED = re.compile(
    r"(?:could not|couldn't|cannot|can't|can not|unable to|failed to) (?:connect|reach)|connection attempts failed"
    r"|connect call failed|connection (?:failed|error)|fetch failed|not (?:reachable|responding)|is .{1,40} running\?",
    re.IGNORECASE,
)
PLACES = (
    r"ECONNREFUSED\s+(\[?[0-9a-fA-F.:]+?\]?):(\d{2,5})\b",
    r"dial tcp (\[?[0-9a-zA-Z.:-]+?\]?):(\d{2,5}): connect",
    r"host='([^']+)', port=(\d{2,5})",
    r"[Cc]onnect call failed \('([^']+)', (\d{2,5})",
    r"connect\w*\(\s*\(\s*['\"]([\w.:-]+)['\"]\s*,\s*(\d{2,5})\s*\)",
    r"(?:https?|wss?|tcp|redis|postgres(?:ql)?|mysql|mongodb)://(?:[^@/\s]*@)?(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):(\d{2,5})\b",
    r"\b(localhost|\d{1,3}(?:\.\d{1,3}){3}|host\.docker\.internal):(\d{2,5})\b",
    r"at (localhost|\d{1,3}(?:\.\d{1,3}){3}),? (?:on )?port (\d{2,5})\b",
    r"[Cc]onnection to server at \"([^\"]+)\"(?: \([^)]*\))?, port (\d{2,5}) failed",
)
ADDRESS = (
    r"(?:^|[/@\s=])(localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]|host\.docker\.internal):(\d{2,5})(?:$|[/?\s])"
)
PLACES_WITHOUT_HOST = (r"\bport[ :=]+(\d{2,5})\b",)


# A program that opened a port itself: uvicorn, Flask, express and others.
OPENED = r"(?:running|listening|started|server)\b[^\n]{0,60}?[:\s]%d\b"
# … and of one that takes another port by itself.
TAKES_ANOTHER = re.compile(
    r"(?:try|tries|trying|us(?:e|es|ing)|pick\w*|choos\w*|switch\w*|mov\w*|bound|fall(?:ing)? ?back)\b[^\n]{0,40}?"
    r"\b(?:another|next|free|random|different|alternative|other|instead|port \d+)\b",
    re.IGNORECASE,
)
CLAIMED = r"(?:running|listening|started)\b[^\n]{0,60}?[:\s](\d{4,5})\b"
# Words of a server that goes on without what refused it, or calls it a trifle.
GOES_ON = re.compile(
    r"fall(?:ing)? ?back|in-memory|without|optional|skipp|continu|ignor|disabl|will retry|retrying|"
    r"\b(?:warn|warning|info|debug|notice)\b",
    re.IGNORECASE,
)


# Where a traceback or a stack says in which line of which file it was: no port.
FRAMES = re.compile(
    r"""^\s*File "[^"]*", line \d+.*$|^\s*at .*:\d+:\d+\)?$|\S+\.(?:py|m?js|cjs|ts|go|rs):\d+(?::\d+)?""", re.MULTILINE
)
TRACEBACK = 60  # lines of a traceback that are looked at


def without_frames(text: str) -> str:
    """The text without the places in source files; the source lines themselves stay."""
    return FRAMES.sub("", text)


def _beginning(lines: list[str], number: int) -> int:
    """Where the traceback begins whose last line this is, or some lines before."""
    first = max(0, number - TRACEBACK)
    starts = [n for n in range(first, number) if lines[n].startswith("Traceback (most recent call last)")]
    return starts[-1] if starts else max(0, number - 6)


def port_in_use(text: str) -> int | None:
    """The port that a program calls taken; None when the text says no such thing or names no port."""
    text = without_frames(text)
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if IN_USE.search(line):
            near = "\n".join(lines[_beginning(lines, number) : number + 9])
            for pattern in PORTS:
                found = re.search(pattern, line) or re.search(pattern, near, re.MULTILINE)
                if found and 0 < int(found.group(1)) < 65536:
                    return int(found.group(1))
            said = re.findall(
                r"(?:listening|running|started|server)\b[^\n]{0,60}?[:\s](\d{2,5})\b", text, re.IGNORECASE
            )
            return int(said[-1]) if said and int(said[-1]) < 65536 else None
    return None


def port_of_entry(target: Target, found: Sequence[Socket]) -> int | None:
    """The port when the text names none: the entry's own --port or PORT, a port that another copy of it holds, or the
    only port in the script's source that somebody holds.
    """
    told = [plain(a) for a in target.args]
    for flag, value in zip(told, [*told[1:], ""], strict=True):
        if (m := re.fullmatch(r"--?(?:\w+-)?p(?:ort)?=?(\d{2,5})?", flag)) and (m.group(1) or value).isdigit():
            return int(m.group(1) or value)
    for name, secret in target.env.items():
        if name.upper().endswith("PORT") and secret.reveal().isdigit():
            return int(secret.reveal())
    held = {s.port for s in found}
    kin = {s.port for s in found if tcp_kin.same_command(target, str(describe(s.pid).get("command_line", "")).split())}
    if len(kin) == 1:
        return kin.pop()
    for word in told:
        try:
            with (Path(target.cwd or ".") / word).open("rb") as f:
                named = {int(n) for n in re.findall(rb"\b\d{4,5}\b", f.read(65536))} & held
        except (OSError, ValueError):
            continue
        if len(named) == 1:
            return named.pop()
    return None


def place_refused(text: str, words: re.Pattern[str] = REFUSED) -> tuple[str, int] | None:
    """(host, port) that a program calls refused, from the newest such line; None when it names none."""
    lines = without_frames(text).splitlines()
    for number in range(len(lines) - 1, -1, -1):
        if not words.search(lines[number]):
            continue
        near = "\n".join(lines[_beginning(lines, number) : number + 9])
        for where in (lines[number], near):
            for pattern in PLACES:
                found = re.search(pattern, where)
                if found and 0 < int(found.group(2)) < 65536:
                    return found.group(1).strip("[]"), int(found.group(2))
            both = re.search(r"address: '([^']+)'[\s\S]{0,40}?port: (\d+)", where)
            if both:
                return both.group(1), int(both.group(2))
            for pattern in PLACES_WITHOUT_HOST:
                found = re.search(pattern, where)
                if found and 0 < int(found.group(1)) < 65536:
                    return "127.0.0.1", int(found.group(1))
    return None


def place_of_entry(target: Target) -> tuple[str, int] | None:
    """The place when the text names none: the only address:port, or port, of the entry's variables, arguments and script."""
    told = [plain(a) for a in target.args]
    named = {s.reveal() for s in target.env.values()} | set(told)
    found = {(m.group(1).strip("[]"), int(m.group(2))) for x in named if (m := re.search(ADDRESS, x))}
    host = next((s.reveal() for n, s in target.env.items() if n.upper().endswith("HOST")), "127.0.0.1")
    ports = {s.reveal() for n, s in target.env.items() if n.upper().endswith("PORT")}
    found |= {(host, int(p)) for p in ports if re.fullmatch(r"\d{2,5}", p)}
    if not found:
        for word in told:
            try:
                with (Path(target.cwd or ".") / word).open("rb") as f:
                    source = f.read(65536).decode("utf-8", "replace")
            except (OSError, ValueError):
                continue
            found = {("127.0.0.1", int(n)) for n in re.findall(r"(?<![\w.])\d{4,5}(?![\w.])", source)}
            break
    return found.pop() if len(found) == 1 else None


async def look_up(w: Walk, broken_at: str | None) -> None:
    """Called once, when the walk has ended and the server still runs. Costs nothing when there is nothing to look up."""
    if broken_at in ("tls", "http", "handshake") and w.get(TcpFacts) is not None:
        http, tls = w.get(HttpFacts), w.get(TlsFacts)
        if tls is not None and tls.chain:
            pass  # it speaks TLS: what is wrong there is known
        elif http is None or http.first is None or http.first.status is None:
            await add_who_talks(w)
    await look_up_port_in_text(w, broke=broken_at is not None)


async def look_up_port_in_text(w: Walk, *, broke: bool = True) -> None:
    """Looks for "address in use" and "connection refused" in what the server wrote, and looks at that port now.

    Facts of the tcp layer are made or completed. Does nothing when the texts say no such thing.
    """
    texts = [t.text for t in w.texts]
    if w.live is not None:
        texts.append(w.live.stderr)
    handshake = w.get(HandshakeFacts)
    if handshake is not None and handshake.opened is not None:
        texts.append(handshake.opened.error_message)
    text = "\n".join(texts)[-200_000:]
    before = w.get(TcpFacts) or TcpFacts(container=here.container(w.environ) if text else "")
    after = before
    if IN_USE.search(text) and (broke or not TAKES_ANOTHER.search(text)):
        port = port_in_use(text) or port_of_entry(w.target, (await asyncio.to_thread(sockets))[0])
        after = await _in_use(w, after, port, text) if port is not None else after
    elif broke and (launch := w.get(LaunchFacts)) is not None and launch.died and (port := port_claimed(text)):
        found = replace(await _in_use(w, after, port, text), in_use_claimed=True)
        after = found if found.in_use_by in ("kin", "other") else after
    refused = bool(REFUSED.search(text))
    if refused or (broke and NOT_REACHED.search(text)):
        place = place_refused(text) if refused else place_refused(text, NOT_REACHED)
        if place is None and refused and broke:
            place = place_of_entry(w.target)
        if place is not None:
            after = replace(await _refused(w, after, *place), refused_matters=matters(text))
    if after is not before:
        w.facts["tcp"] = replace(after, walk_broke=broke)


def port_claimed(text: str) -> int | None:
    """The port that a program says it listens on. One that ends all the same may have missed that it is taken: Express 5
    hands the error to the function that prints the line.
    """
    found = re.search(CLAIMED, without_frames(text), re.IGNORECASE)
    return int(found.group(1)) if found and int(found.group(1)) < 65536 else None


def opened_before(text: str, port: int) -> bool:
    """Whether the program said that it opened the port itself, or wrote its first lines twice, before the failure."""
    text = without_frames(text)
    before = text[: found.start()] if (found := IN_USE.search(text)) else text
    lines = [re.sub(r"\d+", "0", line) for line in before.splitlines() if len(line) > 12]
    return bool(re.search(OPENED % port, before, re.IGNORECASE)) or len(lines) > len(set(lines))


def matters(text: str) -> bool:
    """Whether the refused connection stops the server's work, as far as its own words tell."""
    lines = text.splitlines()
    last = max((n for n, line in enumerate(lines) if REFUSED.search(line)), default=0)
    around = lines[max(0, last - 1) : last + 4]
    for n in range(last, max(-1, last - TRACEBACK * 2), -1):  # what was said before a traceback, or its chain, began
        if n > 0 and lines[n].startswith("Traceback (most recent"):
            around.append(lines[n - 1])
    return not any(GOES_ON.search(line) for line in around)


async def _in_use(w: Walk, facts: TcpFacts, port: int, text: str) -> TcpFacts:
    found, read = await listeners_on(port)
    child = w.live.child.pid if w.live is not None and w.live.child is not None else None
    ours = await asyncio.to_thread(_family, child)
    by = holder(w.target, found, ours)
    if by == "nobody" and "EACCES" not in text and (opened_before(text, port) or await asyncio.to_thread(_free, port)):
        by = "self"
    if by == "self":  # the number of a process that we started is chance
        found = tuple(replace(x, pid=None, since="") for x in found)
    if sys.platform == "win32":
        _, said = await run(
            ["netsh", "int", "ipv4", "show", "excludedportrange", "protocol=tcp"], w.budget.at_most(2.0)
        )
        if inside := excluded(said, port):
            facts = replace(facts, asked={**facts.asked, "excluded port range": inside})
    return replace(facts, in_use=port, in_use_by=by, listeners=found, listeners_read=read)


def excluded(said: str, port: int) -> str:
    """The range of `netsh int ipv4 show excludedportrange` that the port lies in, or ""."""
    ranges = ((int(a), int(b)) for a, b in re.findall(r"^\s*(\d+)\s+(\d+)", said, re.MULTILINE))
    return next((f"{low}-{high}" for low, high in ranges if low <= port <= high), "")


def holder(target: Target, found: Sequence[Listener], ours: frozenset[int]) -> str:
    """Who holds a port that is in use: self, kin (an older copy of the same server), other, unknown, or nobody."""
    if not found:
        return "nobody"
    if any(x.pid in ours for x in found if x.pid is not None):
        return "self"
    if all(x.pid is None for x in found):
        return "unknown"
    return "kin" if any(tcp_kin.same_command(target, x.command_line.split()) for x in found) else "other"


def _free(port: int) -> bool:
    """Whether anybody could open the port now: we take it and give it back, and nobody has it for UDP."""
    import psutil

    try:
        with socket.socket() as s:
            s.bind(("0.0.0.0", port))
        return not any(c.laddr and c.laddr.port == port for c in psutil.net_connections("udp"))
    except (OSError, psutil.Error):
        return False


def _family(pid: int | None) -> frozenset[int]:
    """A process and its descendants."""
    import psutil

    if pid is None:
        return frozenset()
    try:
        return frozenset([pid, *(c.pid for c in psutil.Process(pid).children(recursive=True))])
    except (psutil.Error, OSError):
        return frozenset([pid])


async def _refused(w: Walk, facts: TcpFacts, host: str, port: int) -> TcpFacts:
    """Dials the place that the server could not reach, when it is on this machine: no other machine is contacted."""
    addresses: tuple[str, ...] = (host,) if is_literal(host) else ()
    if _own_name(host):  # any other name would be asked of a nameserver because a server wrote it
        addresses = (await resolve(host, w.budget.at_most(1.0)))[0]
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    ours = [a for a in addresses if here.is_ours(a)]
    if not ours:
        return replace(facts, refused_in_text=shown, refused_now="not asked: not this machine")
    dials = await asyncio.gather(*(dial(a, port, max(0.5, w.budget.at_most(1.5))) for a in ours))
    now = "open" if any(d.result == "open" for d in dials) else dials[0].result
    if runs_in_container(w.target):  # its localhost is not ours: we dialled outside of the container
        facts = replace(facts, asked={**facts.asked, f"port {port} outside the container": now})
    return replace(facts, refused_in_text=shown, refused_now=now)


def _own_name(host: str) -> bool:
    """A name of this machine, or one that hosts(5) tells."""
    return is_loopback_host(host) or host in (socket.gethostname(), *hosts_names())


def runs_in_container(target: Target) -> bool:
    return os.path.basename(target.command or "") in ("docker", "podman", "nerdctl") and "run" in target.args  # noqa: PTH119
