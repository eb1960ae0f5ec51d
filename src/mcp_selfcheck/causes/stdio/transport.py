"""A server that speaks another transport than its entry says."""

from ...facts.stdio import StdioFacts
from ...model import Confirm, Proof, Trace, cause


@cause(
    "stdio-http-server", "transport-choice",
    title="The entry starts an HTTP server, not a stdio server",
    means="The command starts a server that waits for HTTP connections. The client speaks to it over stdin and stdout, where nobody"
    " listens.",
    who="you",
    fix="Start the server with its stdio transport, or run it by itself and give the client its address: \"url\": \"{url}\".",
    confirm_with=Confirm("diagnose", {}),
    over=("stdio-silent", "stdio-stdout-pollution", "stdio-child-steals-stdin", "stdio-stdin-closed"),
)  # fmt: skip
def http_server(t: Trace) -> Proof | None:
    f = t.get(StdioFacts)
    if f is None or f.answered or f.said or not f.http:
        return None
    speaks = [(a, said) for a, said in f.http.items() if said.startswith("MCP at ")]
    address, said = (speaks or list(f.http.items()))[0]
    url = said.removeprefix("MCP at ") if speaks else f"http://{address}/mcp"
    what = f"MCP over HTTP answers at {url}" if speaks else f"{address} answers HTTP ({said})"
    return Proof(
        f"Nothing came on stdout; the server listens on {address}, and {what}.",
        (f"stdio.http[{address}]", "stdio.listening"), {"url": url, "address": address},
    )  # fmt: skip


@cause(
    "stdio-client-left", "client-left",
    title="The client closed the pipe before the server was done",
    means="The server wrote to a pipe whose other end was gone (EPIPE). The reason stands on the client's side: a time limit, a restart, or"
    " an error that came before.",
    who="you",
    fix="Find in the client's log what it did just before the server's EPIPE: a time limit or a stop.",
    severity="warning",
    confirm_with=Confirm("read_log", {}),
    exempt="seen only in a log: the one who left is the client, and while we diagnose we stay",
)  # fmt: skip
def client_left(t: Trace) -> Proof | None:
    return None
