"""Which proxy the URL takes, why, and what happens with and without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class ProxyFacts(Facts):
    """`used` is the proxy (scheme://host:port, no userinfo) that the client would take, `variable` the setting that
    says so, `no_proxy` its exceptions, `no_proxy_match` the one that matched, `no_proxy_near` one that misses, and why.
    `honoured`: whether this client reads the setting: yes, no, unknown (taken for yes). `target` is host:port of the
    URL, `local` when that is this machine by name or address.

    `health`: open, or an errno or EAI name. `status` is what the proxy answered to our request through it (GET for
    http, CONNECT for https), `answer_error` what came instead of a status, `direct_status` what the server answered
    without. `failed`: the way through the proxy fails. `from_proxy` when the answer is the proxy's own, and why so.
    `ignored_error` is how a program's own connection failed, `ignored_works` what the proxy gives for the same.

    Behind a reverse proxy (filled when the HTTP layer breaks): `front` is the program that holds the port, `upstream`
    the address it asked for our request, `stream` and `upstream_stream` what the client's question gave at each.
    `browser_status` is the answer to the same request with a browser's User-Agent, `harmless_status` that to a ping.
    """

    layer = "proxy"
    used: str = ""
    variable: str = ""
    scheme: str = ""
    no_proxy: str = ""
    no_proxy_match: str = ""
    no_proxy_near: str = ""
    honoured: str = ""
    pac: str = ""
    target: str = ""
    target_is_tls: bool = field(default=False, metadata={"shown": False})
    local: bool = field(default=False, metadata={"shown": False})
    health: str = ""
    credentials: bool = field(default=False, metadata={"shown": False})
    status: int | None = None
    status_headers: Mapping[str, str] = field(default_factory=dict)
    html: bool = field(default=False, metadata={"shown": False})
    body: str = ""
    answer_error: str = ""
    failed: bool = field(default=False, metadata={"shown": False})
    from_proxy: str = ""
    direct_result: str = ""
    direct_status: int | None = None
    direct_html: bool = field(default=False, metadata={"shown": False})
    ignored_error: str = ""
    ignored_works: str = ""
    front: str = ""
    upstream: str = ""
    stream: str = ""
    upstream_stream: str = ""
    stream_held: bool = field(default=False, metadata={"shown": False})
    upstream_spoke: bool = field(default=False, metadata={"shown": False})
    browser_status: int | None = None
    browser_passed: bool = field(default=False, metadata={"shown": False})
    harmless_status: int | None = None
    harmless_passed: bool = field(default=False, metadata={"shown": False})
    asked: Mapping[str, str] = field(default_factory=dict)
