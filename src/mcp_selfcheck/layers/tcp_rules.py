"""What a firewall's rules would do with one connection: pure reading of nft's JSON and of iptables-save."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..facts.tcp import Rule

DEPTH = 16  # jumps from chain to chain


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection (SYN, ct state new). `local`: to an address of this machine, by loopback."""

    source: str
    address: str
    port: int
    local: bool

    @property
    def version(self) -> int:
        return 6 if ":" in self.address else 4

    @property
    def hooks(self) -> tuple[str, ...]:
        return ("output", "input") if self.local else ("output",)


# None stands for "cannot tell": such a rule is passed over, never taken for a match.


def _inside(address: str, network: str) -> bool | None:
    try:
        net = ipaddress.ip_network(network, strict=False)
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return None
    return found.version == net.version and found in net


# --- nft -j list ruleset (libnftables-json(5)) --------------------------------------------------------------------


def _nft_is(value: Any, right: Any) -> bool | None:
    """Whether a value of the packet is what the right side of a match says: scalar, prefix, range, or set of them."""
    if isinstance(right, dict):
        if "set" in right or "list" in right:
            results = [_nft_is(value, x) for x in right.get("set") or right.get("list") or []]
            return True if True in results else (None if None in results else False)
        if "elem" in right:
            return _nft_is(value, right["elem"].get("val"))
        if "range" in right:
            low, high = right["range"]
            if isinstance(value, int) and isinstance(low, int) and isinstance(high, int):
                return low <= value <= high
            return None
        if "prefix" in right:
            return _inside(str(value), f"{right['prefix']['addr']}/{right['prefix']['len']}")
        return None
    if isinstance(right, list):
        return _nft_is(value, {"set": right})
    if isinstance(right, str) and right.endswith("*"):
        return str(value).startswith(right[:-1])
    if isinstance(right, str) and isinstance(value, str) and (":" in value or "." in value):
        return _inside(value, right)
    return bool(str(value).lower() == str(right).lower())


def _nft_value(left: Mapping[str, Any], p: Packet, hook: str) -> Any:
    """What the packet has for the left side of a match, or None when that cannot be told."""
    if "payload" in left:
        what = (left["payload"].get("protocol"), left["payload"].get("field"))
        return {
            ("tcp", "dport"): p.port, ("th", "dport"): p.port,
            ("ip", "daddr"): p.address if p.version == 4 else "no", ("ip6", "daddr"): p.address if p.version == 6 else "no",
            ("ip", "saddr"): p.source if p.version == 4 else "no", ("ip6", "saddr"): p.source if p.version == 6 else "no",
            ("ip", "protocol"): "tcp", ("ip6", "nexthdr"): "tcp", ("udp", "dport"): "no", ("tcp", "flags"): "syn",
        }.get(what)  # fmt: skip
    key = left.get("meta", {}).get("key")
    if key in ("l4proto", "protocol") and key == "l4proto":
        return "tcp"
    if key == "nfproto":
        return f"ipv{p.version}"
    if p.local and (
        (key in ("iifname", "iif") and hook == "input") or (key in ("oifname", "oif") and hook == "output")
    ):
        return "lo"
    return "new" if left.get("ct", {}).get("key") == "state" else None


def _nft_matches(expr: Sequence[Any], p: Packet, hook: str, sets: Mapping[str, Any]) -> bool | None:
    unsure = False
    for part in expr:
        match = part.get("match") if isinstance(part, dict) else None
        if match is None:
            continue
        value = _nft_value(match["left"], p, hook) if isinstance(match["left"], dict) else None
        right = match["right"]
        if isinstance(right, str) and right.startswith("@"):
            right = sets.get(right[1:])
        result = None if value is None or right is None else _nft_is(value, right)
        op = match.get("op", "==")
        if op == "!=" and result is not None:
            result = not result
        elif op not in ("==", "in", "!="):
            result = None
        if result is False:
            return False
        unsure = unsure or result is None
    return None if unsure else True


class Nft:
    """A ruleset of `nft -j -a list ruleset`; `texts` is the output of `nft -a list ruleset`, for the rule's own words."""

    def __init__(self, document: Mapping[str, Any], texts: str, skip: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.chains: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.rules: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        self.sets: dict[tuple[str, str], dict[str, Any]] = {}
        for item in document.get("nftables", []):
            if "chain" in item:
                c = item["chain"]
                if (c["family"], c["table"]) not in skip:
                    self.chains[c["family"], c["table"], c["name"]] = c
            elif "rule" in item:
                r = item["rule"]
                self.rules.setdefault((r["family"], r["table"], r["chain"]), []).append(r)
            elif "set" in item:
                s = item["set"]
                self.sets.setdefault((s["family"], s["table"]), {})[s["name"]] = {"set": s.get("elem", [])}
        self.words = self._words(texts)

    @staticmethod
    def _words(texts: str) -> dict[tuple[str, str], str]:
        """The rules' own wording by (table, handle), without their counters."""
        table, found = "", {}
        for line in texts.splitlines():
            m = re.match(r"table (\S+ \S+) ", line)
            if m:
                table = m.group(1)
            m = re.match(r"\s+(.*) # handle (\d+)$", line)
            if m and not m.group(1).endswith("{"):
                found[table, m.group(2)] = re.sub(r" ?counter packets \d+ bytes \d+", "", m.group(1)).strip()
        return found

    def blocks(self, p: Packet) -> Rule | None:
        """The first rule or policy that drops or rejects the packet."""
        for hook in p.hooks:
            bases = [(k, c) for k, c in self.chains.items() if c.get("hook") == hook and self._sees(k[0], p)]
            for key, chain in sorted(bases, key=lambda x: int(x[1].get("prio", 0))):
                done, rule = self._chain(key, p, hook, DEPTH)
                if rule is not None:
                    return rule
                if not done and chain.get("policy") == "drop":
                    return Rule(
                        system=_system(key[1], key[2]), text=f"{key[0]} {key[1]} {key[2]}: policy drop", action="drop"
                    )
        return None

    @staticmethod
    def _sees(family: str, p: Packet) -> bool:
        return family in ("inet", "ip" if p.version == 4 else "ip6")

    def _chain(self, key: tuple[str, str, str], p: Packet, hook: str, depth: int) -> tuple[bool, Rule | None]:
        """(the packet's way ends here, the rule that blocks it)."""
        for rule in self.rules.get(key, []) if depth else []:
            if _nft_matches(rule["expr"], p, hook, self.sets.get(key[:2], {})) is not True:
                continue
            for part in rule["expr"]:
                for what, value in part.items() if isinstance(part, dict) else ():
                    if what in ("drop", "reject"):
                        words = self.words.get((f"{key[0]} {key[1]}", str(rule.get("handle"))), what)
                        said = f"{key[0]} {key[1]} {key[2]}: {words}"
                        return True, Rule(system=_system(key[1], key[2]), text=said, action=what)
                    if what == "accept":
                        return True, None
                    if what == "return":
                        return False, None
                    if what in ("jump", "goto"):
                        done, found = self._chain((key[0], key[1], value["target"]), p, hook, depth - 1)
                        if done or found or what == "goto":
                            return done, found
        return False, None


# --- iptables-save (iptables-extensions(8)) ------------------------------------------------------------------------

_HARMLESS = {"-m", "--comment", "--reject-with", "--log-prefix", "--log-level", "--set-counters"}
_FLAGS = {"--syn"}


def _ports(text: str, port: int) -> bool:
    for part in text.split(","):
        low, _, high = part.partition(":")
        if int(low or 0) <= port <= int(high or (65535 if ":" in part else low)):
            return True
    return False


def _option(name: str, value: str, p: Packet, hook: str) -> bool | None:
    """Whether one option of a rule holds for the packet; None when that cannot be told."""
    if name in ("-p", "--protocol"):
        return value in ("tcp", "all", "6", "0")
    if name in ("--dport", "--destination-port", "--dports", "--ports"):
        return _ports(value, p.port)
    if name in ("-d", "--destination"):
        return _inside(p.address, value)
    if name in ("-s", "--source"):
        return _inside(p.source, value) if p.source else None
    if name in ("-i", "-o"):
        if (name == "-i") != (hook == "input"):
            return False
        return (value == "lo" or value == "+") if p.local else None
    if name in ("--ctstate", "--state"):
        return "NEW" in value.split(",")
    if name == "--dst-type":
        return ("LOCAL" in value.split(",")) == p.local
    if name == "--tcp-flags":
        return None
    return None


@dataclass(frozen=True)
class _Line:
    target: str
    goto: bool
    options: tuple[tuple[str, str, bool], ...]
    text: str


def _parse(words: list[str], text: str) -> _Line:
    target, goto, options, negate, i = "", False, [], False, 2
    while i < len(words):
        word = words[i]
        value = words[i + 1] if i + 1 < len(words) else ""
        if word == "!":
            negate, i = True, i + 1
            continue
        if word in ("-j", "-g"):
            target, goto = value, word == "-g"
        elif word in _FLAGS:
            negate, i = False, i + 1
            continue
        elif word not in _HARMLESS:
            if word == "--tcp-flags":
                i += 1
            options.append((word, value, negate))
        negate, i = False, i + 2
    return _Line(target, goto, tuple(options), text)


class Iptables:
    """The output of iptables-save or ip6tables-save."""

    def __init__(self, saved: str, version: int) -> None:
        self.version = version
        self.policy: dict[tuple[str, str], str] = {}
        self.lines: dict[tuple[str, str], list[_Line]] = {}
        table = ""
        for line in saved.splitlines():
            if line.startswith("*"):
                table = line[1:].strip()
            elif line.startswith(":"):
                name, policy = line[1:].split()[:2]
                self.policy[table, name] = policy
            elif line.startswith("-A "):
                try:
                    words = shlex.split(line)
                except ValueError:
                    continue
                self.lines.setdefault((table, words[1]), []).append(_parse(words, line))

    @property
    def empty(self) -> bool:
        return not self.lines and all(p in ("ACCEPT", "-") for p in self.policy.values())

    def blocks(self, p: Packet) -> Rule | None:
        """The first rule or policy that drops or rejects the packet."""
        if p.version != self.version:
            return None
        program = "iptables" if self.version == 4 else "ip6tables"
        for hook in p.hooks:
            for table in ("raw", "mangle", "filter"):
                done, rule = self._chain((table, hook.upper()), p, hook, DEPTH)
                if rule is not None:
                    return rule
                if not done and self.policy.get((table, hook.upper())) == "DROP":
                    return Rule(system=program, text=f"-P {hook.upper()} DROP", action="drop")
        return None

    def _chain(self, key: tuple[str, str], p: Packet, hook: str, depth: int) -> tuple[bool, Rule | None]:
        for line in self.lines.get(key, []) if depth else []:
            if not self._matches(line, p, hook):
                continue
            if line.target in ("DROP", "REJECT"):
                system = _system(key[0], key[1], "iptables" if self.version == 4 else "ip6tables")
                return True, Rule(system=system, text=line.text, action=line.target.lower())
            if line.target == "ACCEPT":
                return True, None
            if line.target == "RETURN":
                return False, None
            if (key[0], line.target) in self.policy:
                done, found = self._chain((key[0], line.target), p, hook, depth - 1)
                if done or found or line.goto:
                    return done, found
        return False, None

    @staticmethod
    def _matches(line: _Line, p: Packet, hook: str) -> bool:
        for name, value, negate in line.options:
            result = _option(name, value, p, hook)
            if result is None or result == negate:
                return False
        return True


def _system(table: str, chain: str, program: str = "nft") -> str:
    """Whose rule it is: tools of the distributions write theirs into chains of their own."""
    if chain.startswith(("ufw-", "ufw6-")):
        return "ufw"
    if table.startswith("firewalld"):
        return "firewalld"
    return program
