"""The guard: forbidden addresses in every spelling, URLs of agents, and consent that ends when the command changes."""

from __future__ import annotations

import os
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from mcp_selfcheck import guard
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
    assert guard.refusal(target(url=f"http://{bracketed}/mcp")) is not None


@pytest.mark.parametrize("host", LOCAL)
def test_only_where_a_config_names_it(host: str) -> None:
    guard.check_addresses(host, (host,), guard.GIVEN)
    with pytest.raises(guard.Refused):
        guard.check_addresses(host, (host,), guard.FOREIGN)


@pytest.mark.parametrize("host", OPEN)
def test_open_to_all(host: str) -> None:
    guard.check_addresses(host, (host,), guard.FOREIGN)


@pytest.mark.parametrize("host", [h for h in NEVER + LOCAL if h.isascii() and ":" not in h and "%" not in h])
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
    assert guard.rules_for_server_url(target(url="https://mcp.example/mcp")) == guard.FOREIGN
    assert guard.rules_for_server_url(target(url="http://127.0.0.1:3000/mcp")) == guard.GIVEN


def target(**changes: object) -> Target:
    base = Target(name="x", client="unknown", source=Source(file="/p/.mcp.json", scope="user"), transport="stdio")
    if "url" in changes:
        changes["url"] = Secret(str(changes["url"]))
        changes["transport"] = "http"
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    return target(
        command=str(tool), args=("a", Secret("b")), env={"KEY": Secret("1"), "NODE_OPTIONS": Secret("-x")},
        source=Source(file=str(tmp_path / ".mcp.json"), scope="project"),
    )  # fmt: skip


def test_a_project_waits_for_consent(project: Target) -> None:
    said = guard.refusal(project)
    assert said is not None and "mcp-selfcheck approve x" in said
    for scope in ("user", "local", "managed", "given"):
        assert guard.refusal(replace(project, source=replace(project.source, scope=scope))) is None
    guard.approve(project)
    assert guard.refusal(project) is None
    assert len(guard.approvals()) == 1 and project.source.file in guard.approvals()[0]
    mode = stat.S_IMODE(guard.state_file().stat().st_mode)
    assert os.name == "nt" or mode == 0o600


def test_consent_ends_with_any_change(project: Target, tmp_path: Path) -> None:
    guard.approve(project)
    other = tmp_path / "other"
    other.write_text("")
    other.chmod(0o755)
    changes: list[dict[str, object]] = [
        {"command": str(other)}, {"args": ("a",)}, {"args": ("a", Secret("c"))}, {"cwd": "/"},
        {"env": {"KEY": Secret("1")}}, {"env": {"KEY": Secret("1"), "NODE_OPTIONS": Secret("-y")}},
        {"source": replace(project.source, file=str(tmp_path / "sub" / ".mcp.json"))}, {"url": "http://localhost/"},
    ]  # fmt: skip
    for change in changes:
        changed = target(**{**{f: getattr(project, f) for f in ("command", "args", "env", "cwd", "source")}, **change})
        assert guard.refusal(changed) is not None, change
    assert guard.refusal(replace(project, name="another name")) is None
    assert guard.refusal(replace(project, env={"KEY": Secret("2"), "NODE_OPTIONS": Secret("-x")})) is None


def test_a_swapped_link_ends_consent(project: Target, tmp_path: Path) -> None:
    link, one, two = (tmp_path / n for n in ("link", "one", "two"))
    for file in (one, two):
        file.write_text("")
        file.chmod(0o755)
    link.symlink_to(one)
    linked = replace(project, command=str(link))
    guard.approve(linked)
    link.unlink()
    link.symlink_to(two)
    assert guard.refusal(linked) is not None


def test_damaged_state_is_no_consent(project: Target) -> None:
    guard.approve(project)
    for text in ("", "[]", "{", '{"x": 1}', "\xff"):
        guard.state_file().write_text(text, "latin-1")
        assert guard.refusal(project) is not None
        assert guard.approvals() == []
