"""What the HTTP library opens its connections with: the connector, and nothing beside it."""

from __future__ import annotations

from typing import Any

import httpcore

from .. import guard
from .connector import LOOKUP, NotAllowedError, lookup


class Backend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks every address, and connects to those. `rules` None: guard.now() at that moment."""

    def __init__(self, rules: guard.Rules | None = None) -> None:
        self._rules, self._plain = rules, httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        failure: Exception = httpcore.ConnectError("no address")
        for address in await lookup(host, timeout or LOOKUP, self._rules):
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise NotAllowedError("unix sockets are not connected to")

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)
