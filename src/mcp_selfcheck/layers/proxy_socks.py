"""HTTP through a SOCKS proxy, without a package for it: the connections of httpx are opened by our own hands."""

from __future__ import annotations

import ssl
from typing import Any

import httpcore
import httpx

from .. import guard
from ..model import Secret, plain
from .connector import http_transport
from .connector_http import Backend
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


class _Backend(Backend):
    """Connects to the proxy and asks it for the far side."""

    def __init__(self, way: Route) -> None:
        super().__init__(guard.GIVEN)
        self._way = way

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        stream = await super().connect_tcp(self._way.host, self._way.port, timeout)
        wrong = await socks(self._way, host, port, _Talk(stream, timeout))
        if wrong:
            await stream.aclose()
            raise httpcore.ProxyError(wrong)
        return stream


def transport(proxy: str | Secret, context: ssl.SSLContext | None) -> httpx.AsyncHTTPTransport:
    """An httpx transport whose connections go through this proxy (socks4, socks5, and their variants with names)."""
    scheme, host, port, userinfo = parse_proxy(plain(proxy))
    way = Route(proxy=Secret(plain(proxy)), scheme=scheme, host=host, port=port, userinfo=userinfo)
    return http_transport(context, backend=_Backend(way))
