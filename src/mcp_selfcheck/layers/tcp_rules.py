"""What a firewall's rules would do with one connection: Packet, and nft's JSON, read and never changed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..facts.tcp import Rule

DEPTH = 16  # jumps from chain to chain
REJECTED = ("ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT", "EACCES", "EPERM", "ECONNRESET")
DROPPED = ("ETIMEDOUT", "EPERM", "slower")


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection (SYN, ct state new), or with `reply` the first one that comes back.

    `local`: to an address of this machine, by loopback. `result` is what the connection came to: a rule that drops does
    not refuse, and one that rejects does not keep silent. `uid` and `gid` are those of the process that connects.
    """

    source: str
    address: str
    port: int
    local: bool
    result: str = ""
    uid: int | None = None
    gid: int | None = None
    reply: bool = False

    @property
    def version(self) -> int:
        return 6 if ":" in self.address else 4

    @property
    def hooks(self) -> tuple[str, ...]:
        """The packet's way: over loopback it leaves and comes in (nf(9), "Packet flow")."""
        if self.local:
            return ("output", "prerouting", "input")
        return ("prerouting", "input") if self.reply else ("output",)

    @property
    def state(self) -> str:
        return "established" if self.reply else "new"

    @property
    def flags(self) -> frozenset[str]:
        return frozenset(("syn", "ack")) if self.reply else frozenset(("syn",))

    def explained_by(self, action: str) -> bool:
        """Whether a rule that does this leads to the result that was seen."""
        if not self.result or action == "redirect":
            return True
        return self.result in (DROPPED if action == "drop" else REJECTED)

    def answer(self) -> Packet:
        """What comes back to the first packet."""
        return Packet(self.address, self.source, self.port, self.local, self.result, reply=True)


# None stands for "cannot tell": such a rule is passed over at first, and asked again when no other one explains it.


def inside(address: str, network: str) -> bool | None:
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
        if "concat" in right:
            if not isinstance(value, tuple) or len(value) != len(right["concat"]):
                return None
            each = [None if v is None else _nft_is(v, r) for v, r in zip(value, right["concat"], strict=True)]
            return False if False in each else None if None in each else True
        if "range" in right:
            low, high = right["range"]
            if isinstance(value, int) and isinstance(low, int) and isinstance(high, int):
                return low <= value <= high
            return None
        if "prefix" in right:
            return inside(str(value), f"{right['prefix']['addr']}/{right['prefix']['len']}")
        return None
    if isinstance(right, list):
        return _nft_is(value, {"set": right})
    if value == "no":
        return False
    if isinstance(right, str) and right.endswith("*"):
        return str(value).startswith(right[:-1])
    if isinstance(right, str) and isinstance(value, str) and (":" in value or "." in value):
        return inside(value, right)
    return bool(str(value).lower() == str(right).lower())


def _payload(what: tuple[Any, Any], p: Packet) -> Any:
    four, six = p.version == 4, p.version == 6
    return {
        ("tcp", "dport"): None if p.reply else p.port, ("th", "dport"): None if p.reply else p.port,
        ("tcp", "sport"): p.port if p.reply else None, ("th", "sport"): p.port if p.reply else None,
        ("ip", "daddr"): p.address if four else "no", ("ip6", "daddr"): p.address if six else "no",
        ("ip", "saddr"): (p.source or None) if four else "no", ("ip6", "saddr"): (p.source or None) if six else "no",
        ("ip", "protocol"): "tcp", ("ip6", "nexthdr"): "tcp", ("udp", "dport"): "no", ("udp", "sport"): "no",
        ("icmp", "type"): "no", ("icmpv6", "type"): "no",
    }.get(what)  # fmt: skip


def _nft_value(left: Mapping[str, Any], p: Packet, hook: str) -> Any:
    """What the packet has for the left side of a match, or None when that cannot be told."""
    if "concat" in left:
        return tuple(_nft_value(x, p, hook) if isinstance(x, dict) else None for x in left["concat"])
    if "payload" in left:
        return _payload((left["payload"].get("protocol"), left["payload"].get("field")), p)
    if "fib" in left:
        flags = left["fib"].get("flags") or []
        return ("local" if p.local else "unicast") if left["fib"].get("result") == "type" and "daddr" in flags else None
    key = left.get("meta", {}).get("key")
    if key in ("skuid", "skgid") and hook == "output":
        return p.uid if key == "skuid" else p.gid
    if key == "l4proto":
        return "tcp"
    if key == "nfproto":
        return f"ipv{p.version}"
    if key == "protocol":
        return "ip" if p.version == 4 else "ip6"
    if p.local and (
        (key in ("iifname", "iif") and hook != "output") or (key in ("oifname", "oif") and hook == "output")
    ):
        return "lo"
    return p.state if left.get("ct", {}).get("key") == "state" else None


def _flags(right: Any, p: Packet) -> bool | None:
    """tcp flags: one, or some of a mask."""
    if isinstance(right, str):
        return right in p.flags
    if isinstance(right, list) and all(isinstance(x, str) for x in right):
        return any(x in p.flags for x in right)
    return None


def _nft_match(match: Mapping[str, Any], p: Packet, hook: str, sets: Mapping[str, Any]) -> bool | None:
    left, right = match["left"], match["right"]
    op = match.get("op", "==")
    if isinstance(left, dict) and left.get("payload", {}).get("field") == "flags":
        result = _flags(right, p) if op in ("in", "==", "!=") else None
    else:
        value = _nft_value(left, p, hook) if isinstance(left, dict) else None
        if isinstance(right, str) and right.startswith("@"):
            right = sets.get(right[1:])
        if op in ("<", ">", "<=", ">=") and isinstance(value, int) and isinstance(right, int):
            return {"<": value < right, ">": value > right, "<=": value <= right, ">=": value >= right}[op]
        result = None if value is None or right is None else _nft_is(value, right)
        if op not in ("==", "in", "!="):
            return None
    return not result if op == "!=" and result is not None else result


def _nft_matches(expr: Sequence[Any], p: Packet, hook: str, sets: Mapping[str, Any]) -> bool | None:
    """All conditions of a rule. A limit or a quota cannot be told."""
    unsure = False
    for part in expr:
        if not isinstance(part, dict):
            continue
        unsure = unsure or any(k in part for k in ("limit", "quota", "ct count", "xt"))
        if "match" in part:
            result = _nft_match(part["match"], p, hook, sets)
            if result is False:
                return False
            unsure = unsure or result is None
    return None if unsure else True


def _verdict_of(part: Mapping[str, Any], p: Packet, hook: str, sets: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a verdict map says for the packet; {} when it says nothing."""
    vmap = part["vmap"]
    data = vmap["data"]
    table = sets.get(data[1:]) if isinstance(data, str) else data
    value = _nft_value(vmap["key"], p, hook)
    for key, verdict in (table or {}).get("set", []):
        if value is not None and _nft_is(value, key) is True and isinstance(verdict, dict):
            return verdict
    return {}


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
            elif "set" in item or "map" in item:
                s = item.get("set") or item["map"]
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

    def blocks(self, p: Packet, *, unsure: bool = False) -> Rule | None:
        """The first rule or policy that keeps the packet. With `unsure`, a rule counts that may match."""
        for hook in p.hooks:
            bases = [(k, c) for k, c in self.chains.items() if c.get("hook") == hook and self._sees(k[0], p)]
            for key, chain in sorted(bases, key=lambda x: int(x[1].get("prio", 0))):
                done, rule = self._chain(key, p, hook, DEPTH, unsure)
                if rule is not None:
                    return rule
                if not done and chain.get("policy") == "drop" and p.explained_by("drop"):
                    return Rule(
                        system=system(key[1], key[2]), text=f"{key[0]} {key[1]} {key[2]}: policy drop", action="drop"
                    )
        return None

    @staticmethod
    def _sees(family: str, p: Packet) -> bool:
        return family in ("inet", "ip" if p.version == 4 else "ip6")

    def _chain(
        self, key: tuple[str, str, str], p: Packet, hook: str, depth: int, unsure: bool
    ) -> tuple[bool, Rule | None]:
        """(the packet's way ends here, the rule that keeps it)."""
        sets = self.sets.get(key[:2], {})
        for rule in self.rules.get(key, []) if depth else []:
            fits = _nft_matches(rule["expr"], p, hook, sets)
            if fits is False or (fits is None and not unsure):
                continue
            for part in rule["expr"]:
                if not isinstance(part, dict):
                    continue
                said = _verdict_of(part, p, hook, sets) if "vmap" in part else part
                over, found = self._verdict(said, rule, key, p, hook, depth, unsure, fits is True)
                if found is not None or over == "end":
                    return True, found
                if over == "return":
                    return False, None
        return False, None

    def _verdict(
        self, part: Mapping[str, Any], rule: Mapping[str, Any], key: tuple[str, str, str], p: Packet, hook: str,
        depth: int, unsure: bool, sure: bool,
    ) -> tuple[str, Rule | None]:  # fmt: skip
        """("end", "return" or "" to go on, the rule that keeps the packet)."""
        for what, value in part.items():
            action = "redirect" if what in ("redirect", "dnat") else what
            if action in ("drop", "reject", "redirect"):
                if not p.explained_by(action):
                    return ("end" if sure else ""), None
                words = self.words.get((f"{key[0]} {key[1]}", str(rule.get("handle"))), what)
                said = f"{key[0]} {key[1]} {key[2]}: {words}"
                return "end", Rule(system=system(key[1], key[2]), text=said, action=action, sure=sure)
            if what in ("accept", "return") and sure:
                return ("end" if what == "accept" else "return"), None
            if what in ("jump", "goto"):
                done, found = self._chain((key[0], key[1], value["target"]), p, hook, depth - 1, unsure)
                if found is not None and not sure:
                    found = replace(found, sure=False)
                if found is not None or (sure and (done or what == "goto")):
                    return "end", found
        return "", None


def system(table: str, chain: str, program: str = "nft") -> str:
    """Whose rule it is: tools of the distributions write theirs into chains of their own."""
    if chain.startswith(("ufw-", "ufw6-")):
        return "ufw"
    if table.startswith("firewalld"):
        return "firewalld"
    return program
