"""Ports: firewalls read in their own words, programs' texts, what systems other than Linux show, and the step check_port."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcp_selfcheck import causes, guard
from mcp_selfcheck.budget import Budget
from mcp_selfcheck.facts.tcp import Dial, Listener, TcpFacts
from mcp_selfcheck.layers import tcp_firewall, tcp_owner
from mcp_selfcheck.layers.dns_ask import nameservers, outcome, query
from mcp_selfcheck.layers.port import check_port
from mcp_selfcheck.layers.tcp_banner import who_talks
from mcp_selfcheck.layers.tcp_iptables import Iptables
from mcp_selfcheck.layers.tcp_kin import same_command
from mcp_selfcheck.layers.tcp_rules import Nft, Packet
from mcp_selfcheck.model import Secret, Source, Step, Target, Trace

LOCAL = Packet(source="127.0.0.1", address="127.0.0.1", port=3000, local=True)
LAN = Packet(source="10.0.0.5", address="10.0.0.9", port=3000, local=False)


# --- rules --------------------------------------------------------------------------------------------------------


def saved(*rules: str, policy: str = "ACCEPT") -> Iptables:
    chains = sorted({r.split()[1] for r in rules} - {"INPUT", "OUTPUT"})
    head = [f":INPUT {policy} [0:0]", ":OUTPUT ACCEPT [0:0]", *(f":{c} - [0:0]" for c in chains)]
    return Iptables("\n".join(["*filter", *head, *rules, "COMMIT"]), 4)


@pytest.mark.parametrize(
    ("rules", "blocked"),
    [
        (["-A INPUT -p tcp -m tcp --dport 3000 -j DROP"], True),
        (["-A INPUT -p tcp -m tcp --dport 3001 -j DROP"], False),
        (["-A INPUT -p udp -m udp --dport 3000 -j DROP"], False),
        (["-A INPUT -p tcp -m multiport --dports 22,2999:3001 -j REJECT --reject-with tcp-reset"], True),
        (["-A INPUT -p tcp -m tcp ! --dport 22 -j DROP"], True),
        (["-A INPUT -i lo -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 3000 -j DROP"], False),
        (["-A INPUT ! -i lo -p tcp -m tcp --dport 3000 -j DROP"], False),
        (["-A INPUT -i eth0 -p tcp -m tcp --dport 3000 -j DROP"], False),
        (["-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 3000 -j DROP"], True),
        (["-A INPUT -d 127.0.0.0/8 -p tcp -j DROP"], True),
        (["-A INPUT -s 10.0.0.0/8 -p tcp -j DROP"], False),
        (["-A INPUT -m limit --limit 3/min -j DROP"], False),  # cannot be told: no claim
        (["-A INPUT -m owner --uid-owner 1000 -j DROP"], False),
        (["-A INPUT -j one", "-A one -p tcp -m tcp --dport 3000 -j RETURN", "-A one -j DROP"], False),
        (["-A INPUT -j one", "-A one -p tcp -m comment --comment \"a b\" -m tcp --dport 3000 -j DROP"], True),
        (["-A OUTPUT -o lo -p tcp -m tcp --dport 3000 -j REJECT --reject-with icmp-port-unreachable"], True),
        (["-A INPUT -p tcp -m tcp --dport 3000 -m state --state NEW -j DROP"], True),
        (["-A INPUT -p tcp -m tcp --dport 3000 --tcp-flags FIN,SYN,RST,ACK SYN -j LOG --log-prefix \"x \""], False),
        (["-A INPUT -j INPUT"], False),
    ],
)  # fmt: skip
def test_iptables(rules: list[str], blocked: bool) -> None:
    assert (saved(*rules).blocks(LOCAL) is not None) == blocked


def test_iptables_policy_and_owner() -> None:
    rule = saved(policy="DROP").blocks(LOCAL)
    assert rule is not None and rule.text == "-P INPUT DROP"
    assert saved("-A INPUT -i lo -j ACCEPT", policy="DROP").blocks(LOCAL) is None
    assert saved(policy="DROP").blocks(LAN) is None  # the other machine's business
    rule = saved("-A INPUT -j ufw-user-input", "-A ufw-user-input -p tcp -m tcp --dport 3000 -j DROP").blocks(LOCAL)
    assert rule is not None and rule.system == "ufw"


def nft(*rules: list[object], policy: str = "accept", table: str = "f") -> Nft:
    chain = {
        "family": "inet",
        "table": table,
        "name": "in",
        "type": "filter",
        "hook": "input",
        "prio": 0,
        "policy": policy,
    }
    items: list[dict[str, object]] = [{"chain": chain}]
    for n, expr in enumerate(rules):
        items.append({"rule": {"family": "inet", "table": table, "chain": "in", "handle": n, "expr": expr}})
    return Nft({"nftables": items}, "")


def match(left: object, right: object, op: str = "==") -> dict[str, object]:
    return {"match": {"op": op, "left": left, "right": right}}


DPORT = {"payload": {"protocol": "tcp", "field": "dport"}}


@pytest.mark.parametrize(
    ("expr", "blocked"),
    [
        ([match(DPORT, 3000), {"drop": None}], True),
        ([match(DPORT, {"set": [22, {"range": [2999, 3001]}]}), {"reject": {"type": "tcp reset"}}], True),
        ([match(DPORT, 3000, "!="), {"drop": None}], False),
        ([match({"meta": {"key": "iifname"}}, "lo", "!="), {"drop": None}], False),
        ([match({"meta": {"key": "iifname"}}, "lo"), {"drop": None}], True),
        ([match({"meta": {"key": "skuid"}}, 1000), {"drop": None}], False),
        ([match({"ct": {"key": "state"}}, ["established", "related"], "in"), {"drop": None}], False),
        ([match({"ct": {"key": "state"}}, ["new", "untracked"], "in"), {"drop": None}], True),
        ([match({"payload": {"protocol": "ip", "field": "daddr"}}, {"prefix": {"addr": "127.0.0.0", "len": 8}}), {"drop": None}], True),
        ([match({"payload": {"protocol": "ip6", "field": "daddr"}}, "::1"), {"drop": None}], False),
        ([match({"meta": {"key": "l4proto"}}, "udp"), {"drop": None}], False),
        ([match(DPORT, "@unknown"), {"drop": None}], False),
        ([match(DPORT, 3000), {"counter": {"packets": 1, "bytes": 2}}, {"accept": None}], False),
    ],
)  # fmt: skip
def test_nft(expr: list[object], blocked: bool) -> None:
    assert (nft(expr).blocks(LOCAL) is not None) == blocked


def test_nft_policy_and_owner() -> None:
    rule = nft(policy="drop", table="firewalld").blocks(LOCAL)
    assert rule is not None and "policy drop" in rule.text and rule.system == "firewalld"
    assert nft([match({"meta": {"key": "iifname"}}, "lo"), {"accept": None}], policy="drop").blocks(LOCAL) is None


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="drops root")
def test_a_firewall_that_may_not_be_read_is_said_so() -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # nobody: without the right to read the rules
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(write, asyncio.run(tcp_firewall.look([LOCAL], 3))[1].encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as f:
        assert f.read() in ("EPERM", "no program to read it (nft)")


PF = """scrub-anchor "com.apple/*" all fragment reassemble
block drop in quick proto tcp from any to any port = 3000
pass out all flags S/SA keep state
"""
NETSH = """
Rule Name:                            Node.js JavaScript Runtime
----------------------------------------------------------------------
Enabled:                              Yes
Direction:                            In
Protocol:                             TCP
LocalPort:                            2990-3010
Action:                               Block

Rule Name:                            Other
----------------------------------------------------------------------
Enabled:                              No
Protocol:                             TCP
LocalPort:                            3000
Action:                               Block
"""


def test_macos_and_windows_rules() -> None:
    found = tcp_firewall.read_macos([LOCAL], PF, "Firewall is enabled. (State = 1)", "")
    assert [r.system for r in found] == ["pf"] and "port = 3000" in found[0].text
    assert tcp_firewall.read_macos([LOCAL], PF.replace("3000", "3001"), "", "") == ()
    found = tcp_firewall.read_windows([LOCAL], NETSH)
    assert [r.text for r in found] == ["Node.js JavaScript Runtime: Block 2990-3010"]


# --- texts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("Error: listen EADDRINUSE: address already in use :::3000\n    at Server.setupListenHandle", 3000),
        ("Error: listen EADDRINUSE: address already in use 127.0.0.1:8931", 8931),
        ("Error: listen EADDRINUSE :::3000", 3000),
        ("  code: 'EADDRINUSE',\n  errno: -98,\n  syscall: 'listen',\n  address: '::',\n  port: 6277\n", 6277),
        ("ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use", 8000),
        ("[Errno 48] error while attempting to bind on address ('127.0.0.1', 8000): address already in use", 8000),
        ("Address already in use\nPort 5000 is in use by another program. Either identify and stop that program", 5000),
        ("listen tcp :8080: bind: address already in use", 8080),
        ("listen tcp 127.0.0.1:8080: bind: Only one usage of each socket address", 8080),
        ("Error: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" } (os error 98)\nlistening on port 7777", 7777),
        ("java.net.BindException: Address already in use\nWeb server failed to start. Port 8081 was already in use.", 8081),
        ("docker: Error response from daemon: Bind for 0.0.0.0:3000 failed: port is already allocated.", 3000),
        ("Proxy server PORT IS IN USE at port 6277", None),
        ("  File \"s.py\", line 3, in <module>\n    s.bind(('127.0.0.1', 9001))\nOSError: [Errno 98] Address already in use", 9001),
        ("everything is fine on port 3000", None),
    ],
)  # fmt: skip
def test_ports_in_use(text: str, port: int | None) -> None:
    found = tcp_owner.port_in_use(text) if tcp_owner.IN_USE.search(text) else None
    assert found == port or (port is None and found in (None, 6277))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Error: connect ECONNREFUSED 127.0.0.1:6400", ("127.0.0.1", 6400)),
        ("Error: connect ECONNREFUSED ::1:5432", ("::1", 5432)),
        ("TypeError: fetch failed\n  [cause]: Error: connect ECONNREFUSED 127.0.0.1:27124", ("127.0.0.1", 27124)),
        ("  code: 'ECONNREFUSED',\n  syscall: 'connect',\n  address: '127.0.0.1',\n  port: 6400\n}", ("127.0.0.1", 6400)),
        ("dial tcp 127.0.0.1:9876: connect: connection refused", ("127.0.0.1", 9876)),
        ("HTTPConnectionPool(host='localhost', port=8188): Max retries exceeded (… [Errno 111] Connection refused)", ("localhost", 8188)),
        ("ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 9000)", ("127.0.0.1", 9000)),
        ("Error 111 connecting to localhost:6379. Connection refused.", ("localhost", 6379)),
        ("connection to server at \"127.0.0.1\", port 5432 failed: Connection refused", ("127.0.0.1", 5432)),
        ("Failed to connect to Blender on port 9876: [Errno 111] Connection refused", ("127.0.0.1", 9876)),
        ("cannot reach http://127.0.0.1:11434/api: connection refused", ("127.0.0.1", 11434)),
        ("Connection refused", None),
    ],
)  # fmt: skip
def test_places_refused(text: str, place: tuple[str, int] | None) -> None:
    assert tcp_owner.place_refused(text) == place


def test_a_text_that_goes_on_without_is_no_fault() -> None:
    assert not tcp_owner.matters("WARN redis 127.0.0.1:6379: connection refused, falling back to memory")
    assert tcp_owner.matters("ERROR - Failed to connect to Unity: [Errno 61] Connection refused")


@pytest.mark.parametrize(
    ("args", "line", "same"),
    [
        (("server.py",), "python /srv/x/server.py", False),  # too common a name without its place
        (("/srv/x/weather.py",), "/usr/bin/python3 /srv/x/weather.py", True),
        (("-y", "@scope/files-mcp@1.2"), "node /home/me/.npm/_npx/1/node_modules/@scope/files-mcp/dist/index.js", True),
        (("-m", "weather_hub"), "python -m weather_hub --port 1", True),
        (("weather.py",), "redis-server 127.0.0.1:6379", False),
        (("dist/index.js",), "node /other/project/dist/index.js", False),
    ],
)
def test_an_older_copy_is_the_same_command(args: tuple[str, ...], line: str, same: bool) -> None:
    target = Target(name="x", client="unknown", source=Source(file="f"), transport="stdio", command="run", args=args)
    assert same_command(target, line.split()) == same


# --- causes of other systems, from recorded facts -----------------------------------------------------------------


def judge(facts: TcpFacts, broken_at: str = "tcp") -> list[str]:
    target = Target(name="x", client="unknown", source=Source(file="f"), transport="http", url=Secret("http://x/"))
    trace = Trace(target=target, facts={"tcp": facts}, steps=(Step(layer=broken_at, state="broken"),))
    from mcp_selfcheck.examine import held, root

    return [c.code for c, _ in root(held(trace))]


def test_macos_local_network() -> None:
    dials = (Dial(address="192.168.1.9", port=80, result="EHOSTUNREACH"),)
    facts = TcpFacts(state="broken", host="nas", port=80, dials=dials, asked={"/usr/bin/curl": "reached it"})
    assert judge(facts) == ["tcp-macos-local-network"]


def test_wsl_localhost() -> None:
    dials = (Dial(address="127.0.0.1", port=3000, result="ECONNREFUSED"),)
    facts = TcpFacts(
        state="broken",
        host="localhost",
        port=3000,
        local=True,
        dials=dials,
        container="wsl",
        asked={"the Windows host": "open"},
    )
    assert judge(facts) == ["tcp-wsl-localhost"]


def test_port_reserved() -> None:
    facts = TcpFacts(in_use=50300, in_use_by="nobody", asked={"excluded port range": "50260-50359"}, walk_broke=True)
    assert judge(facts, "launch") == ["tcp-port-reserved"]


EXCLUDED = """
Protocol tcp Port Exclusion Ranges

Start Port    End Port
----------    --------
      5357        5357
     50260       50359     *

* - Administered port exclusions.
"""


def test_excluded_port_ranges() -> None:
    assert tcp_owner.excluded(EXCLUDED, 50300) == "50260-50359"
    assert tcp_owner.excluded(EXCLUDED, 3000) == ""
    said = "PermissionError: [WinError 10013] An attempt was made to access a socket … on address ('127.0.0.1', 50300)"
    assert tcp_owner.IN_USE.search(said) and tcp_owner.port_in_use(said) == 50300


def test_a_container_that_looks_for_the_host_at_localhost() -> None:
    seen = TcpFacts(
        refused_in_text="127.0.0.1:27124",
        refused_now="open",
        asked={"port 27124 outside the container": "open"},
        walk_broke=True,
    )
    assert judge(seen, "launch") == ["tcp-container-localhost"]
    gone = TcpFacts(
        refused_in_text="127.0.0.1:27124", refused_now="ECONNREFUSED",
        asked={"port 27124 outside the container": "ECONNREFUSED"}, walk_broke=True,
    )  # fmt: skip
    assert judge(gone, "launch") == ["tcp-backend-not-running"]


def test_a_machine_that_is_off_is_not_explained() -> None:
    off = TcpFacts(
        state="broken", host="h", port=3000, dials=(Dial(address="10.0.0.9", port=3000, result="EHOSTUNREACH"),),
        firewall_read="ok", host_alive="no: the neighbour table has no machine for it",
    )  # fmt: skip
    assert judge(off) == []
    silent = TcpFacts(
        state="broken", host="h", port=3000, dials=(Dial(address="10.0.0.9", port=3000, result="ETIMEDOUT"),)
    )
    assert judge(silent) == []


def test_a_firewall_is_shown_without_reading_it() -> None:
    held = (Listener(address="127.0.0.1", port=3000, pid=7, program="node"),)
    dials = (Dial(address="127.0.0.1", port=3000, result="ECONNREFUSED"),)
    facts = TcpFacts(
        state="broken", host="x", port=3000, local=True, dials=dials, listeners=held, firewall_read="EPERM"
    )
    assert judge(facts) == ["tcp-filtered"]


def test_every_cause_keeps_silent_without_its_facts() -> None:
    for layer in ("dns", "tcp"):
        for c in causes.load(layer):
            assert c.prove(Trace()) is None, c.code
            assert c.prove(Trace(facts={"tcp": TcpFacts()})) is None, c.code


# --- check_port ---------------------------------------------------------------------------------------------------


@pytest.fixture
def held() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as s:
        yield int(s.getsockname()[1])


def test_check_port_names_the_holder(held: int) -> None:
    report = asyncio.run(check_port(held))
    assert report.ipv4 == "open" and report.ipv6 in ("ECONNREFUSED", "EADDRNOTAVAIL")
    assert report.state == "silent"  # this very process does not answer
    assert [x.pid for x in report.listeners] == [os.getpid()]
    assert report.listeners[0].own is True and report.listeners[0].command_line
    assert report.listeners[0].since.endswith("Z")
    assert not report.ok and report.says[0] == f"Port {held} of localhost accepts connections and says nothing."


def test_check_port_refused_and_wrong() -> None:
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = int(s.getsockname()[1])
    report = asyncio.run(check_port(port))
    assert report.state == "refused" and report.listeners == ()
    with pytest.raises(ValueError):
        asyncio.run(check_port(70000))
    for host in ("169.254.169.254", "0xa9fea9fe"):
        assert asyncio.run(check_port(80, host)).state == "not_allowed"
    assert asyncio.run(check_port(80, "10.0.0.1", rules=guard.AGENT)).state == "not_allowed"
    assert asyncio.run(check_port(80, "nothing.invalid", timeout=3)).state == "unresolved"


SERVICES = {
    "ssh": "c.sendall(b'SSH-2.0-OpenSSH_9.2p1\\r\\n'); c.recv(9)",
    "mysql": "c.sendall(b'J\\0\\0\\0\\x0a8.0.36\\0\\x08\\0\\0\\0'); c.recv(9)",
    "smtp": "c.sendall(b'220 mail.example ESMTP Postfix\\r\\n'); c.recv(9)",
    "ftp": "c.sendall(b'220 (vsFTPd 3.0.3)\\r\\n'); c.recv(9)",
    "postgresql": "d = c.recv(99); c.sendall(b'N') if d[:4] == b'\\0\\0\\0\\x08' else c.close()",
    "closed": "c.close()",
    "unknown": "c.sendall(b'hello who are you\\n'); c.recv(9)",
    "http": "c.recv(999); c.sendall(b'HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n')",
}


@pytest.mark.parametrize("kind", SERVICES)
def test_who_talks(kind: str) -> None:
    code = (
        "import socket, sys, threading\ns = socket.create_server(('127.0.0.1', 0))\n"
        "sys.stdout.write(f'{s.getsockname()[1]}\\n'); sys.stdout.flush()\n"
        f"def serve(c):\n    try:\n        {SERVICES[kind]}\n    except OSError:\n        pass\n    c.close()\n"
        "while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        talks, _ = asyncio.run(who_talks("127.0.0.1", port, Budget(5)))
        assert talks == kind
    finally:
        process.kill()
        process.wait(5)


def test_dns_packets(tmp_path: Path) -> None:
    assert query("a.example", 1)[12:] == b"\x01a\x07example\x00\x00\x01\x00\x01"
    assert query("", 2)[12:] == b"\x00\x00\x02\x00\x01"
    with pytest.raises(UnicodeError):
        query("a..b", 1)
    with pytest.raises(UnicodeError):
        query("a" * 64, 1)
    assert outcome(b"") == "FORMERR"
    assert outcome(b"\0\0\x81\x83\0\1\0\0\0\0\0\0") == "NXDOMAIN"
    assert outcome(b"\0\0\x81\x80\0\1\0\0\0\0\0\0") == "NODATA"
    assert nameservers("# c\nnameserver 1.1.1.1\noptions x\n nameserver fe80::1%eth0\n") == ("1.1.1.1", "fe80::1%eth0")
    assert json.dumps(nameservers("search x\n")) == "[]"
