"""What HTTP requests to the URL and its neighbours show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and what came back, streamed and capped.

    `what` names the request as a question: "POST initialize", "POST server/discover", "GET stream",
    "POST initialize to /mcp". `error` is "" or an errno or library name when no status line came. `headers` are those
    of the answer, lower case, last one wins; `repeated` names headers that came more than once. `rpc_code` is the
    code of a JSON-RPC error in the body. `ended`: complete, capped, cut, deadline, encoded (in an encoding that was not
    offered), open (a stream that we closed). `is_mcp` is true when the body holds a valid JSON-RPC answer to what was
    asked. `first_event` is the type of the first server-sent event. `location` is without its query.
    """

    what: str
    method: str = ""
    url: str = ""
    status: int | None = None
    error: str = ""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, metadata={"shown": False})
    repeated: tuple[str, ...] = ()
    body: str = ""
    body_bytes: int = field(default=0, metadata={"shown": False})
    ended: str = ""
    location: str = ""
    rpc_code: int | None = None
    rpc_message: str = ""
    is_mcp: bool = False
    server: str = ""
    via: str = ""
    detail: str = ""
    encoding: str = ""
    allow: str = ""
    retry_after: str = ""
    first_event: str = ""

    @property
    def found(self) -> bool:
        """MCP stands there: an answer of the protocol with a good HTTP status, or the first event of HTTP+SSE."""
        return (self.is_mcp and self.status is not None and self.status < 300) or self.first_event == "endpoint"

    @property
    def said(self) -> str:
        """What came, in a few words."""
        return f"HTTP {self.status}" if self.status is not None else self.error


@dataclass(frozen=True, kw_only=True)
class HttpFacts(Facts):
    """`first` is the request as the client makes it, `asked` the differential ones, by question. `transport_found` is
    what the endpoint really speaks: streamable, sse, none. `era`: modern, legacy, dual, none. `configured` is what the
    entry means to its client: http, sse, http-then-sse. `endpoint_event` is where an HTTP+SSE server wants its POSTs,
    without the query. `endpoint_found` is another path of the same origin that answers as MCP, in `endpoint_transport`.
    `redirects` are the URLs that Location headers led through; `redirect_end`: answers, loop, endless, other-host, status.
    `failed` names the exchange that decided. `entry_headers` are the names of the headers that the entry adds,
    `entry_values` the values of those that hold no credential (Origin, Accept, Content-Type, Host). `request_read` tells whether the server's side of a
    local connection took our request from the socket (None: not known).
    """

    layer = "http"
    url: str = ""
    transport_found: str = ""
    era: str = ""
    first: Exchange | None = None
    asked: tuple[Exchange, ...] = ()
    endpoint_found: str = ""
    endpoint_event: str = ""
    configured: str = ""
    endpoint_transport: str = ""
    redirects: tuple[str, ...] = ()
    redirect_end: str = ""
    entry_headers: tuple[str, ...] = ()
    entry_values: Mapping[str, str] = field(default_factory=dict)
    request_read: bool | None = None
    failed: str = ""

    def ask(self, what: str) -> Exchange | None:
        return next((x for x in self.asked if x.what == what), None)

    def sent(self, name: str) -> tuple[str, tuple[str, ...]]:
        """(the entry's value of a header in quotation marks, the evidence key), or two empty ones when it is not shown."""
        value = self.entry_values.get(name, "")
        return (f" “{value}”", (f"http.entry_values[{name}]",)) if value else ("", ())

    @property
    def failure(self) -> Exchange | None:
        """The exchange that broke the opening; None when it worked."""
        if self.state != "broken" or self.first is None:
            return None
        return self.first if self.failed in ("", self.first.what) else self.ask(self.failed)

    def key(self, x: Exchange, name: str = "status") -> str:
        """The evidence key of a field of an exchange."""
        return f"http.first.{name}" if x is self.first else f"http.asked[{x.what}].{name}"

    def differing(self, words: str) -> Exchange | None:
        """The first differential exchange with these words in its name that found MCP."""
        return next((x for x in self.asked if words in x.what and x.found), None)

    def statuses(self) -> tuple[int, ...]:
        every = (*((self.first,) if self.first else ()), *self.asked)
        return tuple(x.status for x in every if x.status is not None)
