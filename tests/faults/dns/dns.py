"""Names that do not exist, and name servers that do not answer."""

from __future__ import annotations

from typing import Any

from tests.faults.tcp.refused import names
from tests.faults.tcp.servers import http_server
from tests.lab import Lab, fault, healthy

# A name server in 30 lines: knows `names`, answers `rcode` for everything else.
SERVER = """
import socket, struct, sys
rcode, known = int(sys.argv[1]), {n.encode(): a for n, a in (x.split("=") for x in sys.argv[2:])}
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.53", 53))
print("ready", flush=True)
while True:
    q, peer = s.recvfrom(512)
    i, labels = 12, []
    while q[i]:
        labels.append(q[i + 1 : i + 1 + q[i]])
        i += q[i] + 1
    kind = struct.unpack(">H", q[i + 1 : i + 3])[0]
    name = b".".join(labels)
    code = 0 if name in known or (not labels and rcode == 3) else rcode
    answer = b""
    if name in known and kind == 1:
        answer = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(known[name])
    if not labels and rcode == 3:
        answer = b"\\xc0\\x0c" + struct.pack(">HHIH", 2, 1, 60, 3) + b"\\x01a\\x00"
    head = q[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, 1 if answer else 0, 0, 0)
    s.sendto(head + q[12 : i + 5] + answer, peer)
"""


def nameserver(lab: Lab, rcode: int, *known: str) -> None:
    names(lab, resolv="nameserver 127.0.0.53\n")
    lab.start(lab.python, lab.write("dns.py", SERVER), str(rcode), *known, says="ready")


@fault("dns-name-not-found", netns=True)
def no_such_name(lab: Lab) -> dict[str, Any]:
    nameserver(lab, 3, "mcp.corp.net=127.0.0.1")
    lab.must_show("mpc.corp.net", "NXDOMAIN")
    return lab.url("http://mpc.corp.net:8000/mcp")


@fault("dns-name-not-found", netns=True)
def the_name_of_a_compose_service(lab: Lab) -> dict[str, Any]:
    nameserver(lab, 3)
    lab.must_show("weather-mcp")
    return lab.url("http://weather-mcp:8000/mcp")


@fault("dns-name-not-found", netns=True)
def the_hosts_file_knows_a_name_alike(lab: Lab) -> dict[str, Any]:
    nameserver(lab, 3)
    names(lab, "127.0.0.1 localhost mcp-gateway\n", "nameserver 127.0.0.53\n")
    lab.must_show("mcp-gateway")
    return lab.url("https://mcp-gatway/mcp")


@fault("dns-name-not-found")
def a_name_of_the_documentation(lab: Lab) -> dict[str, Any]:
    return lab.url("https://mcp.company.invalid/mcp")


@fault("dns-resolver-unreachable", netns=True, timeout=20)
def nobody_at_the_name_server(lab: Lab) -> dict[str, Any]:
    names(lab, resolv="nameserver 127.0.0.53\n")
    lab.must_show("127.0.0.53")
    return lab.url("https://mcp.corp.net/mcp")


@fault("dns-resolver-unreachable", netns=True, timeout=30)
def the_name_server_is_filtered(lab: Lab) -> dict[str, Any]:
    nameserver(lab, 3)
    lab.run("iptables", "-A", "INPUT", "-p", "udp", "--dport", "53", "-j", "DROP")
    lab.must_show("127.0.0.53: ETIMEDOUT")
    return lab.url("https://mcp.corp.net/mcp")


@fault("dns-resolver-unreachable", netns=True, timeout=20)
def no_network_at_all(lab: Lab) -> dict[str, Any]:
    names(lab, resolv="nameserver 10.255.255.53\n")
    lab.must_show("ENETUNREACH")
    return lab.url("https://mcp.corp.net/mcp")


@fault("dns-resolver-unreachable", netns=True, timeout=20)
def the_name_server_has_no_way_out(lab: Lab) -> dict[str, Any]:
    nameserver(lab, 2)
    lab.must_show("SERVFAIL")
    return lab.url("https://mcp.corp.net/mcp")


@healthy(needs=["mcp2"], netns=True)
def a_name_by_the_name_server(lab: Lab) -> dict[str, Any]:
    nameserver(lab, 3, "mcp.corp.net=127.0.0.1")
    http_server(lab, 8000, script="mcp_server.py")
    return lab.url("http://mcp.corp.net:8000/mcp", headers={"Host": "127.0.0.1:8000"})


@fault("dns-name-not-found", netns=True)
def looked_up_in_files_only(lab: Lab) -> dict[str, Any]:
    """nsswitch.conf asks no name server: that none answers is no reason."""
    from pathlib import Path

    names(lab, resolv="nameserver 127.0.0.53\n")
    (Path("/etc/netns") / str(lab.netns) / "nsswitch.conf").write_text("hosts: files\n")
    lab.must_show("mcp-host")
    return lab.url("http://mcp-host:8000/mcp")
