"""HTTP through a SOCKS proxy, without a package for it: the connections of httpx are opened by our own hands."""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx

from ..model import Secret, plain
from .proxy_dial import socks
from .proxy_route import Route, parse_proxy


class _Talk:
    """Reader and writer in one, over a stream of httpcore."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, timeout: float | None) -> None:
        self._stream, self._timeout = stream, timeout
        self._out = b""

    def write(self, data: bytes) -> None:
        self._out += data

    async def readexactly(self, count: int) -> bytes:
        if self._out:
            data, self._out = self._out, b""
            await self._stream.write(data, self._timeout)
        got = b""
        while len(got) < count:
            more = await self._stream.read(count - len(got), self._timeout)
            if not more:
                raise httpcore.ConnectError("the SOCKS proxy closed the connection")
            got += more
        return got


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, way: Route) -> None:
        self._way, self._plain = way, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._plain.connect_tcp(self._way.host, self._way.port, timeout)
        wrong = await socks(self._way, host, port, _Talk(stream, timeout))
        if wrong:
            await stream.aclose()
            raise httpcore.ProxyError(wrong)
        return stream


def transport(proxy: str | Secret, context: ssl.SSLContext | None) -> httpx.AsyncHTTPTransport:
    """An httpx transport whose connections go through this proxy (socks4, socks5, and their variants with names)."""
    scheme, host, port, userinfo = parse_proxy(plain(proxy))
    way = Route(proxy=Secret(plain(proxy)), scheme=scheme, host=host, port=port, userinfo=userinfo)
    made = httpx.AsyncHTTPTransport(verify=context or False, trust_env=False)
    made._pool = httpcore.AsyncConnectionPool(
        ssl_context=context, network_backend=_Backend(way), max_connections=64, keepalive_expiry=20
    )
    return made
