"""What iptables and ip6tables would do with one connection: pure reading of iptables-save."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from ..facts.tcp import Rule
from .tcp_rules import DEPTH, Packet, inside, system

_HARMLESS = {
    "-m",
    "--comment",
    "--reject-with",
    "--to-ports",
    "--to-destination",
    "--log-prefix",
    "--log-level",
    "--set-counters",
}
_FLAGS = {"--syn"}
ACTIONS = {"DROP": "drop", "REJECT": "reject", "REDIRECT": "redirect", "DNAT": "redirect"}


def _ports(text: str, port: int) -> bool:
    for part in text.split(","):
        low, _, high = part.partition(":")
        if int(low or 0) <= port <= int(high or (65535 if ":" in part else low)):
            return True
    return False


def _owner(value: str, own: int | None) -> bool | None:
    """--uid-owner 1000, or a range 1000-2000; a name is not looked up."""
    low, _, high = value.partition("-")
    if own is None or not low.isdigit():
        return None
    return int(low) <= own <= int(high if high.isdigit() else low)


def _option(name: str, value: str, p: Packet, hook: str) -> bool | None:
    """Whether one option of a rule holds for the packet; None when that cannot be told."""
    if name in ("-p", "--protocol"):
        return value in ("tcp", "all", "6", "0")
    if name in ("--dport", "--destination-port", "--dports"):
        return None if p.reply else _ports(value, p.port)
    if name in ("--sport", "--source-port", "--sports"):
        return _ports(value, p.port) if p.reply else None
    if name == "--ports":
        return True if _ports(value, p.port) else None
    if name in ("-d", "--destination"):
        return inside(p.address, value)
    if name in ("-s", "--source"):
        return inside(p.source, value) if p.source else None
    if name in ("-i", "-o"):
        if (name == "-i") == (hook == "output"):
            return False
        return (value == "lo" or value == "+") if p.local else None
    if name in ("--ctstate", "--state"):
        return p.state.upper() in value.split(",")
    if name == "--dst-type":
        return ("LOCAL" in value.split(",")) == p.local
    if name == "--uid-owner":
        return _owner(value, p.uid) if hook == "output" else False
    if name == "--gid-owner":
        return _owner(value, p.gid) if hook == "output" else False
    if name == "--tcp-flags":
        mask, _, wanted = (x.lower() for x in value.partition(" "))
        return p.flags & set(mask.split(",")) == set(wanted.split(",")) - {"none"}
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
        elif word in _FLAGS or (word not in _HARMLESS and value.startswith("-")):  # an option without a value
            if word not in _FLAGS:
                options.append((word, "", negate))
            negate, i = False, i + 1
            continue
        elif word not in _HARMLESS:
            if word == "--tcp-flags":
                i += 1
                value = f"{value} {words[i + 1] if i + 1 < len(words) else ''}"
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

    def blocks(self, p: Packet, *, unsure: bool = False) -> Rule | None:
        """The first rule or policy that keeps the packet. With `unsure`, a rule counts that may match."""
        if p.version != self.version:
            return None
        for hook in p.hooks:
            for table in ("raw", "mangle", "nat", "filter"):
                done, rule = self._chain((table, hook.upper()), p, hook, DEPTH, unsure)
                if rule is not None:
                    return rule
                if not done and self.policy.get((table, hook.upper())) == "DROP" and p.explained_by("drop"):
                    return Rule(system=self.program, text=f"-P {hook.upper()} DROP", action="drop")
        return None

    @property
    def program(self) -> str:
        return "iptables" if self.version == 4 else "ip6tables"

    def _chain(self, key: tuple[str, str], p: Packet, hook: str, depth: int, unsure: bool) -> tuple[bool, Rule | None]:
        for line in self.lines.get(key, []) if depth else []:
            fits = self._matches(line, p, hook)
            if fits is False or (fits is None and not unsure):
                continue
            action = ACTIONS.get(line.target, "")
            if action:
                if p.explained_by(action):
                    table = "" if key[0] == "filter" else f"-t {key[0]} "
                    return True, Rule(
                        system=system(key[0], key[1], self.program), text=f"{table}{line.text}", action=action,
                        sure=fits is True,
                    )  # fmt: skip
                if fits:
                    return True, None
            elif line.target == "ACCEPT" and fits:
                return True, None
            elif line.target == "RETURN" and fits:
                return False, None
            elif (key[0], line.target) in self.policy:
                done, found = self._chain((key[0], line.target), p, hook, depth - 1, unsure)
                if found is not None:
                    return True, found if fits else replace(found, sure=False)
                if fits and (done or line.goto):
                    return done, None
        return False, None

    @staticmethod
    def _matches(line: _Line, p: Packet, hook: str) -> bool | None:
        """None when one of its conditions cannot be told and no other one fails."""
        results = [None if r is None else r != n for name, v, n in line.options for r in [_option(name, v, p, hook)]]
        return False if False in results else None if None in results else True
