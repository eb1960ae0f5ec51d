"""route() answers as the HTTP stacks themselves do, and its rules for NO_PROXY are theirs."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from mcp_selfcheck.clients import UNKNOWN
from mcp_selfcheck.layers.proxy_route import is_loopback, route

RULES = [
    "", "*", "localhost", "127.0.0.1", "::1", "localhost,127.0.0.1", " localhost , 127.0.0.1 ", "localhost 127.0.0.1",
    ".example.com", "example.com", "*.example.com", "localhost:3000", "127.0.0.1:3000", "127.0.0.1:4000", "127.0.0.0/8",
    "10.0.0.0/8,localhost", "http://localhost", "mcp.example.com", "LOCALHOST", ".localhost", "notexample.com",
]  # fmt: skip
URLS = [
    "http://localhost:3000/mcp", "http://127.0.0.1:3000/mcp", "https://mcp.example.com/mcp", "https://example.com/mcp",
    "http://[::1]:3000/mcp", "http://notexample.com/", "https://localhost/mcp", "http://127.0.0.2:3000/",
]  # fmt: skip
ENVIRONS = [
    {"HTTP_PROXY": "http://proxy:3128"},
    {"http_proxy": "", "HTTP_PROXY": "http://proxy:3128", "HTTPS_PROXY": "http://proxy:3128"},
    {"ALL_PROXY": "http://proxy:3128"},
    {"https_proxy": "proxy:3128"},
    {"HTTPS_PROXY": "http://user:word@proxy:3128", "all_proxy": "http://other:1080"},
]
NAMES = [n for low in ("http_proxy", "https_proxy", "all_proxy", "no_proxy") for n in (low, low.upper())]


@pytest.mark.parametrize("environ", ENVIRONS, ids=str)
def test_as_httpx_does(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for rule in RULES:
        env = environ | {"NO_PROXY": rule}
        for name in NAMES:
            monkeypatch.delenv(name, raising=False)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        with httpx.Client(verify=False) as client:
            for url in URLS:
                transport = client._transport_for_url(httpx.URL(url))
                real = isinstance(transport._pool, httpx.HTTPTransport) or "Proxy" in type(transport._pool).__name__
                ours = route(url, env, UNKNOWN)
                assert ours.proxied == real, (env, url, ours)
                if real:
                    there = transport._pool._proxy_url
                    assert (ours.host, ours.port) == (there.host.decode(), there.port), (env, url)


def test_undici_splits_at_blanks_and_wants_a_dot_for_suffixes() -> None:
    env = {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "localhost example.com .corp.example"}
    assert not route("https://localhost/", env, UNKNOWN, stack="undici").proxied
    assert route("https://mcp.example.com/", env, UNKNOWN, stack="undici").proxied
    assert not route("https://mcp.corp.example/", env, UNKNOWN, stack="undici").proxied
    assert route("https://localhost/", env, UNKNOWN, stack="httpx").near


def test_requests_and_curl_read_networks() -> None:
    env = {"http_proxy": "http://proxy:1", "no_proxy": "10.0.0.0/8"}
    for stack in ("requests", "curl"):
        assert not route("http://10.1.2.3/", env, UNKNOWN, stack=stack).proxied
    assert route("http://10.1.2.3/", env, UNKNOWN, stack="httpx").near_why


def test_a_password_is_not_shown() -> None:
    way = route("http://example.com/", {"HTTP_PROXY": "http://ann:secret@proxy:1"}, UNKNOWN)
    assert way.shown == "http://proxy:1"
    assert "secret" not in repr(way)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "a.localhost", "::ffff:127.0.0.1"]
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    assert not is_loopback("localhost.example")
    assert urlsplit("http://x").hostname == "x"


@pytest.mark.parametrize("url", ["http://[::1", "http://x:99999/", "", "http:///mcp", "file:///etc"])
def test_a_url_that_is_none_takes_no_proxy(url: str) -> None:
    assert not route(url, {"ALL_PROXY": ""}, UNKNOWN).proxied
