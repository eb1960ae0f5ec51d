"""The tools of the MCP face that look at the network, one step each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import mcp.types as types
from mcp.server import MCPServer
from pydantic import Field

from . import guard
from .schemas import StepAnswer
from .server_answers import hints, safe, step

if TYPE_CHECKING:
    from .server import Desk

Url = Annotated[str, Field(description="http(s) URL: on this machine, or one that stands in a config", min_length=1)]


def add_network_tools(app: MCPServer[Any], desk: Desk) -> None:
    """Registers check_port, check_proxy and probe_health."""
    _port(app, desk)
    _proxy(app, desk)
    _health(app, desk)


def _rules_for_host(desk: Desk, host: str) -> guard.Rules:
    return desk.rules(f"http://[{host.strip('[]')}]" if ":" in host else f"http://{host}")


def _port(app: MCPServer[Any], desk: Desk) -> None:
    @app.tool(
        title="Check a port",
        description="Who listens on a TCP port of this machine (process, command line, owner, addresses), whether a connection "
        "gets there over IPv4 and IPv6, and which firewall rule matches. Use it after a refused or timed-out connection.",
        annotations=hints("Check a port", starts=True),
    )
    @safe
    async def check_port(
        port: Annotated[int, Field(ge=1, le=65535)],
        host: Annotated[
            str | None, Field(description="This machine when left out; another host must stand in a config")
        ] = None,
    ) -> Annotated[types.CallToolResult, StepAnswer]:
        from .layers.port import check_port as check

        with guard.acting(_rules_for_host(desk, host or "localhost")) as rules:
            answer = await check(port, host, rules=rules)
        return step("port", answer)


def _proxy(app: MCPServer[Any], desk: Desk) -> None:
    @app.tool(
        title="Check the proxy",
        description="Which proxy a URL takes here and why (variable, NO_PROXY, system setting), whether the proxy answers, and the "
        "direct and the proxied way side by side. Use it when a local server answers 502, 503, 403 or 407.",
        annotations=hints("Check the proxy", starts=True),
    )
    @safe
    async def check_proxy(
        url: Annotated[str | None, Field(description="The URL to ask for; a loopback URL when left out")] = None,
    ) -> Annotated[types.CallToolResult, StepAnswer]:
        from .layers.proxy_step import check_proxy as check

        if url:
            desk.target(None, url)
        with guard.acting(desk.rules(url)):
            answer = await check(url)
        return step("proxy", answer)


def _health(app: MCPServer[Any], desk: Desk) -> None:
    @app.tool(
        title="Probe a URL",
        description="DNS, TCP, TLS, HTTP, auth and MCP of a URL one after the other, with a time for each, both protocol eras and "
        "both HTTP transports, and plain GETs of health pages. Use diagnose for the cause; use this for the stages.",
        annotations=hints("Probe a URL", starts=True),
    )
    @safe
    async def probe_health(url: Url) -> Annotated[types.CallToolResult, StepAnswer]:
        from .layers.health import probe_health as probe

        desk.target(None, url)
        with guard.acting(desk.rules(url)):
            answer = await probe(url)
        return step("health", answer)
