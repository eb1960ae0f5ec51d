"""The firewall's own words, read and never changed: nft, iptables, routes, pf, the firewalls of macOS and Windows."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..facts.tcp import Rule
from .tcp_iptables import Iptables
from .tcp_rules import Nft, Packet, inside

SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
CAP = 4 * 1024 * 1024


async def run(argv: list[str], seconds: float) -> tuple[int | None, str]:
    """Exit code and output (both streams) of a system program that only reads; code None when it is not here, could
    not be started, or took longer. A fixed argument list, found in the system's directories, no shell.
    """
    path = shutil.which(argv[0], path=SBIN) if sys.platform != "win32" else shutil.which(argv[0])
    if path is None:
        return None, "ENOENT"
    try:
        process = await asyncio.create_subprocess_exec(
            path, *argv[1:], stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, env={"PATH": SBIN, "LC_ALL": "C"},
        )  # fmt: skip
    except OSError as e:
        return None, errno.errorcode.get(e.errno or 0, "EIO")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(seconds):
            out = await process.stdout.read(CAP)
            return await process.wait(), out.decode("utf-8", "replace")
    except TimeoutError:
        return None, "ETIMEDOUT"
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _refused(out: str) -> bool:
    return bool(
        re.search(r"not permitted|permission denied|must be root|are you root|requires? root", out, re.IGNORECASE)
    )


async def look(packets: list[Packet], seconds: float) -> tuple[tuple[Rule, ...], str]:
    """The rules that block one of the packets, and how far we could read: ok, none, EPERM, or an errno name."""
    if sys.platform == "darwin":
        return await _macos(packets, seconds)
    if sys.platform == "win32":
        return await _windows(packets, seconds)
    return await _linux(packets, seconds)


async def _linux(packets: list[Packet], seconds: float) -> tuple[tuple[Rule, ...], str]:
    legacy = [x for x in (4, 6) if _names(x)]
    programs: list[list[str]] = [["nft", "-j", "-a", "list", "ruleset"], ["nft", "-a", "list", "ruleset"]]
    programs += [["iptables-nft-save"], ["ip6tables-nft-save"]]
    programs += [["iptables-legacy-save" if x == 4 else "ip6tables-legacy-save"] for x in legacy]
    programs.append(["ip", "-j", "route", "show", "table", "all"])
    programs.append(["ip", "-6", "-j", "route", "show", "table", "all"])
    answers = await asyncio.gather(*(run(p, seconds) for p in programs))
    said = dict(zip((" ".join(p) for p in programs), answers, strict=True))
    tables = [
        Iptables(said[name][1], version)
        for name, version in (("iptables-nft-save", 4), ("ip6tables-nft-save", 6),
                              ("iptables-legacy-save", 4), ("ip6tables-legacy-save", 6))
        if name in said and said[name][0] == 0
    ]  # fmt: skip
    skip = frozenset(
        (family, t.partition(" ")[0])
        for family, name in (("ip", "iptables-nft-save"), ("ip6", "ip6tables-nft-save"))
        if said[name][0] == 0
        for t in re.findall(r"^\*(\S+)", said[name][1], re.MULTILINE)
    )
    found: list[Rule] = []
    code, out = said["nft -j -a list ruleset"]
    nft = None
    if code == 0:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            nft = Nft(json.loads(out), said["nft -a list ruleset"][1], skip)
    sources: list[Iptables | Nft] = [*tables, *([nft] if nft else [])]
    for p in packets:
        found += [rule for rule in _rules(p, sources) if rule not in found]
    for name in ("ip -j route show table all", "ip -6 -j route show table all"):
        found += [r for r in _routes(said[name], packets) if r not in found]
    read = "ok" if code == 0 or tables else "EPERM" if _refused(out) else out if code is None else "EIO"
    if read == "EPERM" and found:
        read = "partly"
    return tuple(found), "no program to read it (nft)" if read == "ENOENT" else read


def _rules(p: Packet, sources: Sequence[Iptables | Nft]) -> list[Rule]:
    """The rules that keep a packet, what comes back to it, or, when none does for sure, that may keep one of them."""
    for unsure in (False, True):
        for packet in (p, p.answer()):
            found = [rule for s in sources if (rule := s.blocks(packet, unsure=unsure)) is not None]
            if found:
                return [replace(rule, reply=True) for rule in found] if packet.reply else found
    return []


def _names(version: int) -> bool:
    """Whether the old iptables is in use: asking it otherwise would load its modules."""
    try:
        return bool(Path(f"/proc/net/ip{'6' if version == 6 else ''}_tables_names").read_text().strip())
    except OSError:
        return False


def _routes(answer: tuple[int | None, str], packets: list[Packet]) -> list[Rule]:
    """Routes of the types that refuse (ip-route(8)): blackhole, prohibit, unreachable."""
    code, out = answer
    found = []
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        for route in json.loads(out) if code == 0 else []:
            kind, to = route.get("type"), route.get("dst", "")
            refuses = kind in ("blackhole", "prohibit", "unreachable") and to != "default"
            if refuses and any(inside(p.address, to) for p in packets):
                found.append(Rule(system="route", text=f"{kind} {to}", action="reject"))
    return found


async def _macos(packets: list[Packet], seconds: float) -> tuple[tuple[Rule, ...], str]:
    """pf(4) needs root; the application firewall tells everybody."""
    app = "/usr/libexec/ApplicationFirewall/socketfilterfw"
    (code, rules), (_, state), (_, block) = await asyncio.gather(
        run(["pfctl", "-sr"], seconds),
        _run_at(app, ["--getglobalstate"], seconds),
        _run_at(app, ["--getblockall"], seconds),
    )
    return read_macos(packets, rules if code == 0 else "", state, block), "ok" if code == 0 else "EPERM"


async def _run_at(path: str, args: list[str], seconds: float) -> tuple[int | None, str]:
    if not os.path.exists(path):
        return None, "ENOENT"
    try:
        process = await asyncio.create_subprocess_exec(
            path,
            *args,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(seconds):
            out, _ = await process.communicate()
        return process.returncode, out.decode("utf-8", "replace")
    except (OSError, TimeoutError):
        return None, "EIO"


def read_macos(packets: list[Packet], pf: str, state: str, block_all: str) -> tuple[Rule, ...]:
    """`pfctl -sr` (pf.conf(5): the last matching rule wins, `quick` ends), and socketfilterfw's two answers."""
    found: list[Rule] = []
    for p in packets:
        last: str | None = None
        for line in pf.splitlines():
            m = re.match(r"(block|pass)\b(?P<rest>.*)", line.strip())
            if not m:
                continue
            rest = m.group("rest")
            port = re.search(r"\bto \S+ port (?:= ?)?(\d+)\b", rest)
            proto = re.search(r"\bproto (\S+)", rest)
            if (port and int(port.group(1)) != p.port) or (proto and proto.group(1) not in ("tcp", "6")):
                continue
            if not port and not re.search(r"\b(all|any to any)\b", rest):
                continue
            last = line.strip()
            if " quick " in rest:
                break
        if last and last.startswith("block"):
            found.append(Rule(system="pf", text=last, action="reject" if "return" in last else "drop"))
    if "enabled" in state and ("block all" in block_all.lower() and "enabled" in block_all.lower()):
        found.append(Rule(system="macOS application firewall", text=block_all.strip()[:200], action="drop"))
    return tuple(dict.fromkeys(found))


async def _windows(packets: list[Packet], seconds: float) -> tuple[tuple[Rule, ...], str]:
    code, out = await run(["netsh", "advfirewall", "firewall", "show", "rule", "name=all", "dir=in"], seconds)
    return (read_windows(packets, out), "ok") if code == 0 else ((), out if code is None else "EPERM")


def read_windows(packets: list[Packet], rules: str) -> tuple[Rule, ...]:
    """Enabled inbound TCP rules that block the port, from `netsh advfirewall firewall show rule name=all dir=in`."""
    found: list[Rule] = []
    for block in re.split(r"\r?\n\s*\r?\n", rules):
        field = {
            k.strip().lower(): v.strip() for k, _, v in (x.partition(":") for x in block.splitlines()) if v.strip()
        }
        if (
            field.get("enabled") != "Yes"
            or field.get("action") != "Block"
            or field.get("protocol") not in ("TCP", "Any")
        ):
            continue
        ports = field.get("localport", "Any")
        for p in packets:
            hit = ports == "Any" or any(
                int(low) <= p.port <= int(high or low)
                for low, _, high in (x.partition("-") for x in ports.split(","))
                if low.isdigit()
            )
            if hit:
                found.append(
                    Rule(system="Windows firewall", text=f"{field.get('rule name', '')}: Block {ports}", action="drop")
                )
    return tuple(dict.fromkeys(found))
