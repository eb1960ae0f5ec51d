"""Rules that sit where few look: by owner, in raw and nat, in verdict maps, on what comes back; and harmless ones."""

from __future__ import annotations

from typing import Any

from tests.faults.tcp.servers import http_server, listener
from tests.lab import Lab, fault, healthy

SLEEP = "time.sleep(1000)"
RULES = {
    "by_the_user_who_connects": (("-A", "OUTPUT", "-p", "tcp", "--dport", "3000", "-m", "owner", "--uid-owner", "0", "-j", "DROP"), "--uid-owner 0"),
    "in_the_raw_table": (("-t", "raw", "-A", "PREROUTING", "-p", "tcp", "--dport", "3000", "-j", "DROP"), "-t raw"),
    "too_many_connections": (
        ("-A", "INPUT", "-p", "tcp", "--syn", "--dport", "3000", "-m", "connlimit", "--connlimit-above", "0", "-j", "REJECT"), "connlimit"),
    "what_comes_back": (("-A", "INPUT", "-p", "tcp", "--sport", "3000", "-j", "DROP"), "--sport 3000"),
    "led_to_another_port": (("-t", "nat", "-A", "OUTPUT", "-p", "tcp", "--dport", "3000", "-j", "REDIRECT", "--to-ports", "9"), "REDIRECT"),
}  # fmt: skip


def _rule(name: str, words: tuple[str, ...], shown: str) -> None:
    def make(lab: Lab) -> dict[str, Any]:
        listener(lab, 3000, SLEEP)
        lab.run("iptables", *words)
        lab.must_show("iptables", shown)
        return lab.url("http://127.0.0.1:3000/mcp")

    make.__name__ = name
    fault("tcp-filtered", netns=True)(make)


for _name, (_words, _shown) in RULES.items():
    _rule(_name, _words, _shown)


@fault("tcp-filtered", netns=True)
def a_verdict_map_of_nft(lab: Lab) -> dict[str, Any]:
    listener(lab, 3000, SLEEP)
    ruleset = (
        "table inet doors { chain shut {\n counter reject with icmpx type host-unreachable\n }\n"
        " map plan { type inet_service : verdict; elements = { 22 : accept, 3000 : goto shut } }\n"
        " chain way {\n type filter hook prerouting priority -150; policy accept;\n tcp dport vmap @plan\n }\n}\n"
    )
    lab.run("nft", "-f", lab.write("rules.nft", ruleset))
    lab.must_show("nft", "inet doors shut")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-filtered", netns=True)
def a_pair_of_address_and_port(lab: Lab) -> dict[str, Any]:
    listener(lab, 3000, SLEEP)
    ruleset = (
        "table ip pairs { set no { type ipv4_addr . inet_service; elements = { 127.0.0.1 . 3000 } }\n"
        " chain in {\n type filter hook input priority 0; policy accept;\n ip daddr . tcp dport @no drop\n }\n}\n"
    )
    lab.run("nft", "-f", lab.write("rules.nft", ruleset))
    lab.must_show("nft", "@no")
    return lab.url("http://127.0.0.1:3000/mcp")


@healthy(needs=["mcp2"], netns=True)
def rules_for_others(lab: Lab) -> dict[str, Any]:
    """Another user's packets, another port's, and a policy that lets the loopback through."""
    http_server(lab, 3000)
    lab.run("iptables", "-A", "OUTPUT", "-m", "owner", "--uid-owner", "4321", "-j", "DROP")
    lab.run("iptables", "-A", "INPUT", "-i", "lo", "-j", "ACCEPT")
    lab.run("iptables", "-P", "INPUT", "DROP")
    lab.run("iptables", "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "--dport", "3001", "-j", "DROP")
    return lab.url("http://127.0.0.1:3000/mcp")
