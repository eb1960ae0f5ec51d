"""On which addresses the server listens, and on which it is wanted."""

from __future__ import annotations

from typing import Any

from tests.faults.tcp.refused import names
from tests.faults.tcp.servers import everything, http_server
from tests.lab import Lab, fault, healthy


@fault("tcp-loopback-only", needs=["mcp2"], netns=True)
def the_url_names_the_address_in_the_network(lab: Lab) -> dict[str, Any]:
    lab.run("ip", "addr", "add", "192.168.44.7/24", "dev", "lo")
    http_server(lab, 8000)
    lab.must_show("192.168.44.7", "127.0.0.1")
    return lab.url("http://192.168.44.7:8000/mcp")


@fault("tcp-loopback-only", needs=["mcp2"], netns=True)
def the_name_of_the_machine_is_another_loopback_address(lab: Lab) -> dict[str, Any]:
    names(lab, "127.0.0.1 localhost\n127.0.1.1 workstation\n")
    http_server(lab, 8000)
    lab.must_show("127.0.1.1")
    return lab.url("http://workstation:8000/mcp")


@healthy(needs=["mcp2"], warns=["tcp-exposed"])
def open_on_all_of_ipv4(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    http_server(lab, port, "0.0.0.0")
    return lab.url(f"http://127.0.0.1:{port}/mcp")


@healthy(needs=["node"], warns=["tcp-exposed"])
def open_on_all_of_ipv6(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    everything(lab, port)
    return lab.url(f"http://localhost:{port}/mcp")


@fault("tcp-exposed", verdict="warning", needs=["mcp2"])
def all_interfaces_for_a_local_url(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    http_server(lab, port, "0.0.0.0")
    lab.must_show("0.0.0.0", str(port))
    return lab.url(f"http://localhost:{port}/mcp")


@healthy(needs=["mcp2"], netns=True)
def all_interfaces_for_a_url_of_the_network(lab: Lab) -> dict[str, Any]:
    lab.run("ip", "addr", "add", "192.168.44.7/24", "dev", "lo")
    http_server(lab, 8000, "0.0.0.0")
    return lab.url("http://192.168.44.7:8000/mcp")
