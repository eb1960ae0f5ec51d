"""Rules that drop or reject, in every way a rule can, and peers that reset."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.faults.tcp.refused import peer
from tests.faults.tcp.servers import http_server, listener
from tests.lab import Lab, fault

SLEEP = "time.sleep(1000)"
REJECTS = (
    "tcp-reset", "icmp-port-unreachable", "icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable",
    "icmp-net-prohibited", "icmp-host-prohibited", "icmp-admin-prohibited",
)  # fmt: skip


def _rejects(kind: str) -> None:
    def make(lab: Lab) -> dict[str, Any]:
        listener(lab, 3000, SLEEP)
        lab.run("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "3000", "-j", "REJECT", "--reject-with", kind)
        lab.must_show("iptables", "--dport 3000", kind)
        return lab.url("http://127.0.0.1:3000/mcp")

    make.__name__ = "rejected_with_" + kind.replace("-", "_")
    fault("tcp-filtered", netns=True)(make)


for _kind in REJECTS:
    _rejects(_kind)


@fault("tcp-filtered", needs=["mcp2"], netns=True)
def dropped_by_iptables(lab: Lab) -> dict[str, Any]:
    http_server(lab, 3000)
    lab.run("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "3000", "-j", "DROP")
    lab.must_show("-A INPUT -p tcp -m tcp --dport 3000 -j DROP")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-filtered", netns=True)
def dropped_on_the_way_out(lab: Lab) -> dict[str, Any]:
    listener(lab, 3000, SLEEP)
    lab.run("iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", "3000", "-j", "DROP")
    lab.must_show("OUTPUT")
    return lab.url("http://localhost:3000/mcp")


@fault("tcp-filtered", netns=True)
def rejected_by_nft_from_a_chain_of_its_own(lab: Lab) -> dict[str, Any]:
    listener(lab, 3000, SLEEP)
    ruleset = (
        "table inet guard { set closed { type inet_service; flags interval; elements = { 22, 2999-3005 } }\n"
        ' chain extra {\n ct state new tcp dport @closed counter reject with tcp reset comment "closed here"\n }\n'
        " chain incoming {\n type filter hook input priority 0; policy accept;\n ct state established accept\n jump extra\n }\n}\n"
    )
    lab.run("nft", "-f", lab.write("rules.nft", ruleset))
    lab.must_show("nft", "@closed", "closed here")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-filtered", netns=True)
def the_policy_drops_all_but_ssh(lab: Lab) -> dict[str, Any]:
    listener(lab, 3000, SLEEP)
    ruleset = (
        "table inet filter {\n chain input {\n type filter hook input priority filter; policy drop;\n"
        " ct state established,related accept\n tcp dport 22 accept\n }\n}\n"
    )
    lab.run("nft", "-f", lab.write("rules.nft", ruleset))
    lab.must_show("policy drop")
    return lab.url("http://127.0.0.1:3000/mcp")


@fault("tcp-filtered", netns=True)
def chains_as_ufw_makes_them(lab: Lab) -> dict[str, Any]:
    lab.run("ip", "addr", "add", "192.168.44.7/24", "dev", "lo")
    listener(lab, 3000, SLEEP, host="192.168.44.7")
    for words in ("-N ufw-user-input", "-A INPUT -j ufw-user-input", "-A ufw-user-input -p tcp --dport 22 -j ACCEPT",
                  "-A ufw-user-input -p tcp -m multiport --dports 3000,3001 -j DROP"):  # fmt: skip
        lab.run("iptables", *words.split())
    lab.must_show("ufw")
    return lab.url("http://192.168.44.7:3000/mcp")


@fault("tcp-filtered", netns=True)
def ipv6_dropped(lab: Lab) -> dict[str, Any]:
    listener(lab, 3000, SLEEP, host="::1")
    lab.run("ip6tables", "-A", "INPUT", "-p", "tcp", "--dport", "3000", "-j", "DROP")
    lab.must_show("--dport 3000")
    return lab.url("http://[::1]:3000/mcp")


@fault("tcp-filtered", netns=True)
def another_machine_drops(lab: Lab) -> dict[str, Any]:
    other = peer(lab)
    subprocess.run(
        ["ip", "netns", "exec", other, "iptables", "-A", "INPUT", "-p", "tcp", "--dport", "3000", "-j", "DROP"],
        check=True,
    )
    lab.must_show("10.77.0.2 port 3000: ETIMEDOUT")
    return lab.url("http://10.77.0.2:3000/mcp")


@fault("tcp-filtered", netns=True)
def another_machine_prohibits(lab: Lab) -> dict[str, Any]:
    other = peer(lab)
    words = "-A INPUT -p tcp --dport 3000 -j REJECT --reject-with icmp-host-prohibited"
    subprocess.run(["ip", "netns", "exec", other, "iptables", *words.split()], check=True)
    lab.must_show("EHOSTUNREACH")
    return lab.url("http://10.77.0.2:3000/mcp")


@fault("tcp-filtered", netns=True)
def a_route_prohibits(lab: Lab) -> dict[str, Any]:
    peer(lab)
    lab.run("ip", "route", "add", "prohibit", "10.88.0.0/16")
    lab.must_show("prohibit 10.88.0.0/16")
    return lab.url("http://10.88.1.1:3000/mcp")


RESET = "while True:\n    c, _ = s.accept()\n    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"


@fault("tcp-reset")
def reset_at_once(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    listener(lab, port, f"{RESET}    c.close()")
    lab.must_show("resets")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@fault("tcp-reset")
def reset_when_asked(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    listener(lab, port, f"{RESET}    c.recv(10)\n    c.close()")
    return lab.url(f"http://127.0.0.1:{port}/mcp")
