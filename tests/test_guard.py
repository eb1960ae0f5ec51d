"""The guard: forbidden addresses in every spelling, and the URLs of agents and servers."""

from __future__ import annotations

import socket

import pytest

from mcp_selfcheck import consent, guard
from mcp_selfcheck.model import Secret, Source, Target

# Spellings of places that are never contacted, not even when a config names them.
NEVER = [
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0XA9FEA9FE", "0251.0376.0251.0376", "0xa9.0xfe.0xa9.0xfe",
    "169.254.43518", "169.16689662", "0xa9.254.0251.254", "169.254.169.254.", "[::ffff:169.254.169.254]",
    "::ffff:a9fe:a9fe", "0:0:0:0:0:ffff:a9fe:a9fe", "::169.254.169.254", "::a9fe:a9fe", "64:ff9b::a9fe:a9fe",
    "64:ff9b::169.254.169.254", "64:ff9b:1::a9fe:a9fe", "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:0:a9:fea9:fe00:0",
    "2002:a9fe:a9fe::1", "2002:a9fe:a9fe::", "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:5601:5601", "fe80::5efe:a9fe:a9fe", "2001:470::5efe:7f00:1", "::ffff:0:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::c0a8:1", "::127.0.0.1", "::10.0.0.1", "169.254.0.1", "fe80::1",
    "fe80::1%eth0", "febf::1", "fec0::1", "feff::1", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "100.100.100.200",
    "192.0.0.192", "169.254.170.2", "224.0.0.1", "239.255.255.250", "ff02::1", "255.255.255.255", "240.0.0.1",
    "metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data.ec2.internal.",
    "ｍｅｔａｄａｔａ.google.internal", "metadata。google。internal", "metadata%2egoogle.internal", "metadata.goog",
    "①⑥⑨.②⑤④.①⑥⑨.②⑤④", "１６９。２５４。１６９。２５４", "%31%36%39.254.169.254", "192.0.0.8", "0.1.2.3",
]  # fmt: skip
# Spellings of this machine and of private networks: only where a config names them.
LOCAL = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.255.255.254",
    "::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0", "0", "::", "::ffff:0.0.0.0",
    "10.0.0.1", "167772161", "172.16.0.1", "192.168.1.1", "3232235777", "::ffff:192.168.1.1", "fd12:3456::1", "fc00::1",
    "100.64.0.1", "198.18.0.1",
]  # fmt: skip
OPEN = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"]


def test_there_are_at_least_forty_spellings() -> None:
    assert len(set(NEVER)) >= 40


@pytest.mark.parametrize("host", NEVER)
def test_never_contacted(host: str) -> None:
    for rules in (guard.GIVEN, guard.AGENT, guard.FOREIGN):
        with pytest.raises(guard.Refused):
            guard.check_addresses(host, (host,), rules)
    bracketed = f"[{host.strip('[]')}]" if ":" in host else host
    with pytest.raises(guard.Refused):
        guard.rules_for_url(f"http://{bracketed}/", configured=[f"http://{bracketed}/"], allowed=[host])
    entry = Target(
        name="x",
        client="unknown",
        source=Source(file="/p/mcp.json"),
        transport="http",
        url=Secret(f"http://{bracketed}/"),
    )
    assert consent.refusal(entry) is not None


@pytest.mark.parametrize("host", LOCAL)
def test_only_where_a_config_names_it(host: str) -> None:
    guard.check_addresses(host, (host,), guard.GIVEN)
    with pytest.raises(guard.Refused):
        guard.check_addresses(host, (host,), guard.FOREIGN)


@pytest.mark.parametrize("host", OPEN)
def test_open_to_all(host: str) -> None:
    guard.check_addresses(host, (host,), guard.FOREIGN)


@pytest.mark.parametrize(
    "host",
    [
        h
        for h in NEVER + LOCAL
        if h.isascii() and ":" not in h and "%" not in h and "meta" not in h.lower() and "data" not in h
    ],
)
def test_the_guard_reads_a_spelling_as_the_resolver_does(host: str) -> None:
    resolved = socket.getaddrinfo(host.rstrip("."), None, type=socket.SOCK_STREAM)[0][4][0]
    assert str(guard.literal(host)) == resolved


def test_one_bad_address_among_good_ones_is_enough() -> None:
    with pytest.raises(guard.Refused, match=r"rebind\.example is 127\.0\.0\.1"):
        guard.check_addresses("rebind.example", ("8.8.8.8", "127.0.0.1"), guard.FOREIGN)


def test_an_agent_reaches_loopback_configs_and_allowed_hosts_only() -> None:
    assert guard.rules_for_url("http://localhost:3000/mcp") == guard.AGENT
    assert guard.rules_for_url("http://[::1]:3000/") == guard.AGENT
    assert guard.rules_for_url("https://mcp.corp/x", configured=["https://mcp.corp/mcp"]) == guard.GIVEN
    assert guard.rules_for_url("https://mcp.corp/x", allowed=["mcp.corp"]) == guard.GIVEN
    for url in ("https://mcp.corp/", "http://10.0.0.1/", "file:///etc/passwd", "gopher://localhost/", "http:///x",
                "http://localhost@evil.example/", "http://[::1/", "http://localhost:99999/", "localhost:3000"):  # fmt: skip
        with pytest.raises(guard.Refused):
            guard.rules_for_url(url)
    with pytest.raises(guard.Refused):  # a name of loopback that resolves elsewhere
        guard.check_addresses("x.localhost", ("8.8.8.8",), guard.AGENT)


def test_what_a_server_names_stays_out_of_private_networks() -> None:
    assert guard.rules_for_server_url("8.8.8.8") == guard.FOREIGN
    assert guard.rules_for_server_url("mcp.example") == guard.FOREIGN
    assert guard.rules_for_server_url("127.0.0.1") == guard.GIVEN
    assert guard.rules_for_server_url("10.0.0.1").kinds == {"global", "private"}


def test_rules_only_narrow() -> None:
    with guard.acting(guard.AGENT), guard.acting(guard.GIVEN) as rules:
        assert rules == guard.AGENT == guard.now()
    assert guard.now() == guard.GIVEN
