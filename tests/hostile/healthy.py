"""Healthy worlds: what a diagnosis of each kind costs when nothing is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.faults.healthy.stdio import raw
from tests.lab import Lab, World


def http(lab: Lab) -> Any:
    from tests.hostile.http import behaving

    return lab.url(f"http://127.0.0.1:{behaving(lab, 'healthy')}/mcp")


def https(lab: Lab) -> Any:
    from tests.hostile.http import behaving

    crt, key = lab.certificate()
    port = behaving(lab, "healthy", "--tls", crt, key)
    return World(lab.url(f"https://localhost:{port}/mcp"), env={"SSL_CERT_FILE": crt})


def both(lab: Lab) -> Any:
    """A URL, configured in a client's own file."""
    (lab.home / ".cursor").mkdir()
    found = http(lab)
    (lab.home / ".cursor/mcp.json").write_text(json.dumps({"mcpServers": {"sick": found}}))
    return World(entry=found, config=lab.home / ".cursor/mcp.json", client="cursor")


WORLDS: dict[str, Callable[[Lab], Any]] = {
    "stdio": raw, "http": http, "https": https, "list": raw, "health": http, "serve": both,
}  # fmt: skip
ARGV: dict[str, tuple[str, ...]] = {"list": ("list", "--json"), "health": ("health", "{url}", "--json")}
