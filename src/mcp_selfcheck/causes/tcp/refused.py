"""Why nobody, or somebody else, answers at the address of the URL."""

import re

from ...facts.http import HttpFacts
from ...facts.tcp import Dial, Listener, TcpFacts
from ...model import Proof, Trace, cause

# What a port speaks that is no MCP server, in words.
SERVICES = {
    "ssh": "SSH", "mysql": "MySQL", "ftp": "FTP", "smtp": "SMTP", "pop3": "POP3", "imap": "IMAP", "vnc": "VNC",
    "redis": "Redis", "nats": "NATS", "telnet": "Telnet", "irc": "IRC", "postgresql": "PostgreSQL", "memcached": "Memcached",
    "mongodb": "MongoDB", "amqp": "AMQP", "http2": "HTTP/2 without TLS (gRPC)",
}  # fmt: skip
ENDED = ("ECONNRESET", "EPIPE", "ECONNABORTED", "CLOSED")
# The same by the program that holds the port.
PROGRAMS = {
    "sshd": "SSH", "redis-server": "Redis", "valkey-server": "Valkey", "postgres": "PostgreSQL", "mysqld": "MySQL",
    "mariadbd": "MariaDB", "mongod": "MongoDB", "memcached": "Memcached", "ollama": "Ollama", "cupsd": "the printing system",
    "grafana": "Grafana", "prometheus": "Prometheus", "exim4": "SMTP", "vsftpd": "FTP", "dnsmasq": "DNS", "named": "DNS",
}  # fmt: skip
# Pages that name the program behind a port: a pattern of the Server header or of the page, and the name.
PAGES = (
    ("mcp inspector", "the MCP Inspector's own page"), ("simplehttp/", "Python's http.server"), ("welcome to nginx", "nginx's first page"),
    ("apache2 debian default page", "Apache's first page"), ("it works!", "Apache's first page"), ("grafana", "Grafana"),
    ("jupyter", "Jupyter"), ("prometheus time series", "Prometheus"), ("/@vite/client", "a Vite development server"),
    ("__next_data__", "a Next.js application"), ("/_next/static", "a Next.js application"), ("open webui", "Open WebUI"),
    ("ollama is running", "Ollama"), ("phpmyadmin", "phpMyAdmin"), ("directory listing for", "a directory listing"),
    ("websockets request was expected", "the Node.js debugger"), ("elasticsearch", "Elasticsearch"), ("couchdb", "CouchDB"), ("minio", "MinIO"),
)  # fmt: skip


def owner(x: Listener) -> str:
    """A process in words: program and pid, its command line when it is short."""
    who = f"{x.program or 'a process'} (pid {x.pid})" if x.pid is not None else x.program or "a process of another user"
    line = x.command_line
    return f"{who}, “{_middle_out(line)}”" if line and line != x.program else who


def _middle_out(line: str) -> str:
    """A command line cut where it says least: the program stands at its beginning, the script and its words at its end."""
    return line if len(line) <= 118 else f"{line[:40]}…{line[-77:]}"


def held(f: TcpFacts) -> Listener | None:
    return f.listeners[0] if f.listeners else None


def listens_at(f: TcpFacts, d: Dial) -> Listener | None:
    """Who listens for the address that was dialled. A socket on :: may be for IPv6 only: it counts for IPv6."""
    every = "::" if ":" in d.address else "0.0.0.0"
    return next((x for x in f.listeners if x.address in (d.address, every, f"{d.address}:{f.port}")), None)


def about(f: TcpFacts) -> list[str]:
    """The evidence of who listens."""
    x = held(f)
    keys = []
    if x is not None:
        base = f"tcp.listeners[{x.address}]"
        keys += [f"{base}.{name}" for name in ("pid", "program", "command_line", "state") if getattr(x, name)]
    return keys


def dialled(f: TcpFacts) -> tuple[str, list[str]]:
    """The refused or lost connections in words, and their evidence."""
    words = ", ".join(f"{d.address} port {f.port}: {d.result}" for d in f.tried)
    return words, [f"tcp.dials[{d.address}].result" for d in f.tried]


def _broken(t: Trace) -> TcpFacts | None:
    f = t.get(TcpFacts)
    return f if f is not None and f.dials else None


def refused(t: Trace) -> TcpFacts | None:
    """The facts, when the client gets through to no address and one refuses."""
    f = _broken(t)
    return f if f and f.state == "broken" and not f.connected and "ECONNREFUSED" in f.results() else None


@cause(
    "tcp-foreign-service", "refused",
    title="Another service answers on this port",
    means="The connection gets through, but what answers there is not an MCP server. The URL names the wrong host or port, or"
    " another program took the port.",
    who="you",
    fix="Put the MCP server's own host and port into the URL: on port {port} answers {service}.",
)  # fmt: skip
def foreign_service(t: Trace) -> Proof | None:
    f, http = _broken(t), t.get(HttpFacts)
    if f is None or not f.connected or t.broken_at not in ("tls", "http", "handshake", "auth"):
        return None
    x = held(f)
    by = f"; the port is held by {owner(x)}" if x is not None and (x.program or x.pid) else ""
    values = {"port": str(f.port), "program": x.program if x else ""}
    if f.talks in SERVICES:
        service = SERVICES[f.talks]
        first = f" with “{f.first_bytes}”" if f.first_bytes else ""
        cites = ["tcp.talks", *about(f), *(["tcp.first_bytes"] if first else [])]
        return Proof(
            f"{f.host} port {f.port} speaks {service}{first}{by}.", tuple(cites), {**values, "service": service}
        )
    if f.talks == "unknown" and re.fullmatch(r"[A-Za-z+*<{-][ -\[\]-~]{3,}", f.first_bytes):  # words, not noise
        said = f"{f.host} port {f.port} says “{f.first_bytes}”, which is no HTTP{by}."
        return Proof(
            said, ("tcp.talks", "tcp.first_bytes", *about(f)), {**values, "service": "something that is no HTTP"}
        )
    known = PROGRAMS.get(x.program) if x is not None else None
    if known is not None and x is not None and not _is_mcp(http):
        said = f"{f.host} port {f.port} belongs to {owner(x)}: {known}, no MCP server."
        return Proof(said, tuple(about(f)), {**values, "service": known})
    page = (_page(http) or _other_page(f, http)) if http is not None and t.broken_at in ("http", "handshake") else None
    if page is None:
        return None
    service, shown_by = page
    return Proof(
        f"{f.host} port {f.port} answers with {service} and nowhere as an MCP server{by}.", (*shown_by, *about(f)),
        {**values, "service": service},
    )  # fmt: skip


def _is_mcp(http: HttpFacts | None) -> bool:
    """Something on this port speaks MCP, on this path or on another one."""
    if http is None:
        return False
    return bool(http.endpoint_found) or any(x.is_mcp for x in (*http.asked, http.first) if x)


def _page(http: HttpFacts) -> tuple[str, tuple[str, ...]] | None:
    """A program that shows itself in an answer, and the evidence; None when another path speaks MCP."""
    if _is_mcp(http) or http.transport_found not in ("", "none"):
        return None
    for x in (http.first, *http.asked):
        if x is None or x.status is None:
            continue
        for field, text in (("body", x.body), ("server", x.server)):
            for mark, service in PAGES:
                if mark in text.lower():
                    return service, (http.key(x, field),)
    return None


# A request that a web server refuses because no handler takes it: not found, method not allowed or not implemented, no such input.
_NOT_TAKEN = (400, 403, 404, 405, 411, 415, 422, 501)


def _other_page(f: TcpFacts, http: HttpFacts) -> tuple[str, tuple[str, ...]] | None:
    """A program of this machine that refuses the POST and shows web pages: a web application, no MCP server."""
    x = http.failure
    if not f.local or held(f) is None or _is_mcp(http) or http.transport_found != "none" or x is None:
        return None
    if x.status not in _NOT_TAKEN or x.rpc_code is not None or http.differing(" with ") or http.redirects:
        return None
    for name in ("GET root", "GET page"):
        shown = http.ask(name)
        if shown is None or shown.status is None or shown.status >= 300 or "html" not in shown.content_type:
            continue
        if shown.body_bytes:
            where = "/" if name == "GET root" else "the same URL"
            title = _title(shown.body)
            service = f"a web page at {where} ({title}) and HTTP {x.status} to {x.what}"
            return service, (http.key(shown), http.key(shown, "content_type"), http.key(x))
    return None


def _title(html: str) -> str:
    """The title of a page, or its first words."""
    found = re.search(r"<title[^>]*>\s*([^<]{1,200})", html, re.IGNORECASE)
    text = found.group(1) if found else re.sub(r"<(?:style|script)[\s\S]*?</(?:style|script)>|<[^>]*>", " ", html)
    words = " ".join(text.split())[:60]
    return f"“{words}”" if words else "no title"


@cause(
    "tcp-accepts-but-silent", "refused",
    title="The connection is accepted and then nothing comes",
    means="The operating system accepts the connection for the program, but the program itself does not read or answer: it is"
    " stopped, blocked, or busy without end.",
    who="you",
    fix="Wake or restart what holds the port: {do}.",
    commands=["ps -o pid,stat,time,args -p {pid}"],
)  # fmt: skip
def accepts_but_silent(t: Trace) -> Proof | None:
    f = _broken(t)
    if f is None or t.broken_at not in ("tcp", "tls", "http", "handshake"):
        return None
    stuck = next((x for x in f.listeners if x.state in ("stopped", "spinning")), None)
    full = next((x for x in f.listeners if full_queue(x)), None)
    x = stuck or full or held(f)
    values = {"pid": str(x.pid) if x and x.pid else "<pid>", "do": _do(x)}
    asked = [f"tcp.dials[{d.address}].result" for d in f.tried]
    if not f.connected:
        if full is None or "ETIMEDOUT" not in f.results():
            return None
        said = (
            f"Port {f.port} takes no connection: its queue is {full.queue}, and {owner(full)} accepts nobody from it."
        )
        return Proof(said, (*asked, f"tcp.listeners[{full.address}].queue"), values)
    if f.state == "broken" and stuck is not None:
        base = f"tcp.listeners[{stuck.address}]"
        said = f"{owner(stuck)} holds port {f.port} and is {stuck.state}: connections open, nothing answers."
        return Proof(said, (*asked, f"{base}.state", f"{base}.pid"), values)
    if f.talks != "silent" or _spoke(t):
        return None
    what = (
        f"; {owner(x)} is {'alive' if x.state == 'running' else x.state}" if x is not None and x.state and x.pid else ""
    )
    waits = ", and connections wait to be accepted" if x is not None and x.queue else ""
    said = f"{f.host} port {f.port} accepts and sends no byte, whatever is asked{what}{waits}."
    return Proof(said, ("tcp.talks", *asked, *about(f)), values)


def _spoke(t: Trace) -> bool:
    """An answer came, or the end of the connection: either is a sign of life."""
    http = t.get(HttpFacts)
    first = http.first if http is not None else None
    return http is not None and (bool(http.statuses()) or (first is not None and first.error in ENDED))


def full_queue(x: Listener) -> bool:
    """Whether the queue of connections that wait to be accepted is full."""
    return x.queue.startswith("full")


def _do(x: Listener | None) -> str:
    if x is None or x.pid is None:
        return "restart the server on that host"
    if x.state == "stopped":
        return f"let the stopped process go on with kill -CONT {x.pid} (Ctrl-Z, a signal or a debugger stopped it), or restart it"
    if x.state == "spinning":
        return f"end process {x.pid}, which uses a whole processor and answers nothing, and start the server again"
    return f"restart process {x.pid}, which does not serve its connections"


@cause(
    "tcp-wrong-port", "refused",
    title="The server runs, but on another port",
    means="Nothing listens on the port in the URL, while the server itself is alive and answers on another one.",
    who="you",
    fix="Change the port in the URL from {port} to {other}.",
)  # fmt: skip
def wrong_port(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or not f.elsewhere or any(listens_at(f, d) for d in f.tried):
        return None
    x = f.elsewhere[0]
    if len({y.port for y in f.elsewhere}) > 1 and x.kin != "its name":
        return None  # which of them is meant cannot be told
    words, cites = dialled(f)
    base = f"tcp.elsewhere[{x.address}]"
    said = f"{words}; {owner(x)} answers as an MCP server on port {x.port} ({x.kin})."
    sure = "likely" if x.kin.startswith(("the only", "a word")) else "proven"
    return Proof(
        said, (*cites, f"{base}.port", f"{base}.pid", f"{base}.speaks"), {"port": str(f.port), "other": str(x.port)},
        confidence=sure,  # type: ignore[arg-type]
    )  # fmt: skip


@cause(
    "tcp-stdio-server", "refused",
    title="The server runs over stdio and opens no port",
    means="The process is alive, but it speaks MCP over its input and output and listens on no port, while the entry has a URL.",
    who="you",
    fix="Start the server with its HTTP transport on port {port}, or replace the URL by the command that starts it.",
)  # fmt: skip
def stdio_server(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or f.stdio_process is None or any(listens_at(f, d) for d in f.tried):
        return None
    words, cites = dialled(f)
    x = f.stdio_process
    said = f"{words}; {owner(x)} is this server ({x.kin}) and listens on no port."
    return Proof(said, (*cites, "tcp.stdio_process.pid", "tcp.stdio_process.command_line"), {"port": str(f.port)})


@cause(
    "tcp-ipv6-only", "refused",
    title="The server listens on IPv6 only",
    means="The URL leads to an IPv4 address, but the server accepts connections over IPv6 only.",
    who="you",
    fix="Let the server listen on 127.0.0.1 as well, or write http://[::1]:{port} in the URL.",
)  # fmt: skip
def ipv6_only(t: Trace) -> Proof | None:
    return _other_family(t, "::1", wants_six=False)


@cause(
    "tcp-ipv4-only", "refused",
    title="The URL leads to IPv6, the server listens on IPv4 only",
    means="The client connects to an IPv6 address, where nothing listens; the server accepts connections over IPv4.",
    who="you",
    fix="Write 127.0.0.1 instead of {host} in the URL, or let the server listen on ::1 as well.",
)  # fmt: skip
def ipv4_only(t: Trace) -> Proof | None:
    return _other_family(t, "127.0.0.1", wants_six=True)


def _other_family(t: Trace, other: str, *, wants_six: bool) -> Proof | None:
    """All that the client tries is of one family and refused; the loopback address of the other one is open."""
    f = refused(t)
    if f is None or f.rules or any((":" in d.address) != wants_six for d in f.tried):
        return None
    there = f.dial(other)
    if there is None or there.result != "open" or any(listens_at(f, d) for d in f.tried):
        return None
    if not all(d.address == "::1" or d.address.startswith("127.") or _any(f) for d in f.tried):
        return None  # a listener on one address only: bind_address.py
    words, cites = dialled(f)
    x = held(f)
    by = f"; {owner(x)} listens on {x.address}" if x is not None else ""
    said = f"{words}; {other} port {f.port}: open{by}."
    return Proof(said, (*cites, f"tcp.dials[{other}].result", *about(f)), {"port": str(f.port), "host": f.host})


def _any(f: TcpFacts) -> bool:
    return any(x.address in ("::", "0.0.0.0") for x in f.listeners)


@cause(
    "tcp-backend-not-running", "refused",
    title="The program that the server talks to is not running",
    means="The MCP server itself works, but it hands the work to another program (an editor, a design tool, a database), and that"
    " one is not listening where the server looks for it.",
    who="you",
    fix="Start the program that should listen on {place}, or its MCP plugin, then try again.",
    over=("launch-crashed",),
)  # fmt: skip
def backend_not_running(t: Trace) -> Proof | None:
    f = t.get(TcpFacts)
    if f is None or not f.refused_in_text or f.refused_now != "ECONNREFUSED":
        return None
    if f.port and f.refused_in_text.endswith(f":{f.port}") and not f.connected:
        return None  # the server's own port
    if not f.walk_broke and not f.refused_matters:
        return None  # it says itself that it goes on without
    said = (
        f"The server says that it cannot connect to {f.refused_in_text}; a connection of ours to it gives ECONNREFUSED."
    )
    return Proof(
        said, ("tcp.refused_in_text", "tcp.refused_now"), {"place": f.refused_in_text},
    )  # fmt: skip


@cause(
    "tcp-nothing-listening", "refused",
    title="Nothing listens on this port",
    means="The machine is reachable and refuses the connection, because no program listens on that address and port.",
    who="you",
    fix="Start the server so that it listens on {host} port {port}.",
    general=True,
)  # fmt: skip
def nothing_listening(t: Trace) -> Proof | None:
    f = refused(t)
    if f is None or any(listens_at(f, d) for d in f.tried) or f.rules:
        return None
    words, cites = dialled(f)
    values = {"host": f.host, "port": str(f.port)}
    if not f.local:
        return Proof(
            f"{words}: the machine answers, and nothing accepts connections there.", tuple(cites), values, "likely"
        )
    x = held(f)
    if x is not None:
        said = f"{words}; no process listens there, {owner(x)} listens on {x.address} only."
        return Proof(said, (*cites, *about(f)), values)
    extra = ""
    if f.listeners_read == "ok":
        extra, cites = "; no process of this machine listens on that port", [*cites, "tcp.listeners_read"]
    return Proof(f"{words}{extra}.", tuple(cites), values)
