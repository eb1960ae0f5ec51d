"""Whether both sides speak TLS at all, and a version of it that both know."""

from ...facts.http import HttpFacts
from ...facts.tls import TlsFacts
from ...model import Confirm, Edit, Proof, Says, Trace, cause

HEALTH = Confirm("probe_health", {})
VERSION_ALERTS = (
    "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "NO_PROTOCOLS_AVAILABLE",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY", "INSUFFICIENT_SECURITY", "TLSV1_ALERT_INSUFFICIENT_SECURITY", "NO_SHARED_CIPHER",
)  # fmt: skip


def _edit(t: Trace, before: str, after: str) -> Edit | None:
    target = t.target
    if target is None or not target.source.file or not target.shown_url.startswith(before):
        return None
    url = target.shown_url
    return Edit(file=target.source.file, line=target.source.line, before=url, after=after + url[len(before) :])


@cause(
    "tls-plain-http-port", "tls-scheme",
    title="The URL says https and the port speaks plain HTTP",
    means="The client begins with an encrypted greeting, and the server on that port answers in clear text.",
    who="you",
    fix="Write http:// instead of https:// in the URL, or use the server's TLS port.",
    commands=["curl -i http://{host}:{port}/"],
    says=[
        Says(r"WRONG_VERSION_NUMBER|wrong version number", 3),
        Says(r"ERR_SSL_WRONG_VERSION_NUMBER|packet length too long|ERR_SSL_PACKET_LENGTH_TOO_LONG", 3),
        Says(r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake", 3),
        Says(r"InvalidContentType|received corrupt message of type InvalidContentType|RECORD_LAYER_FAILURE", 2.5),
        Says(r"ERR_SSL_PROTOCOL_ERROR", 2),
        Says(r"Invalid HTTP request received", 2.2),
        Says(r"code 400, message Bad (?:request version|HTTP/0\.9 request type|request syntax) \(.*\\x16\\x03", 3),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def plain_http_port(t: Trace) -> Proof | None:
    f = t.get(TlsFacts)
    if f is None or not f.plain_answer or f.state != "broken":
        return None
    return Proof(
        f"The TLS handshake with {f.host}:{f.port} ends with {f.error}; the same port answers plain HTTP: {f.plain_answer}.",
        ("tls.error", "tls.plain_answer"), {"host": f.host, "port": str(f.port)}, edit=_edit(t, "https://", "http://"),
    )  # fmt: skip


@cause(
    "tls-https-only-port", "tls-scheme",
    title="The URL says http and the port speaks TLS",
    means="The client asks in clear text, and the server on that port accepts encrypted connections only.",
    who="you",
    fix="Write https:// instead of http:// in the URL.",
    commands=["curl -i https://{host}:{port}/"],
    says=[
        Says(r"plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server port", 3),
        Says(r"Client sent an HTTP request to an HTTPS server", 3),
        Says(r"Received HTTP/0\.9 when not allowed|HTTP_REQUEST\b.*SSL|ssl.*http request", 2.5),
        Says(r"Expected HTTP/, RTSP/ or ICE/|HPE_INVALID_CONSTANT", 2),
    ],
    confirm_with=HEALTH,
    over=(
        "tcp-reset", "tcp-foreign-service", "http-not-mcp", "http-no-response", "http-server-error", "http-wrong-path",
        "tcp-accepts-but-silent", "http-transport-mismatch",
    ),
)  # fmt: skip
def https_only_port(t: Trace) -> Proof | None:
    f = t.get(TlsFacts)
    if f is None or not f.speaks_tls:
        return None
    http = t.get(HttpFacts)
    first = http.first if http else None
    cites, plain = ["tls.speaks_tls"], "a plain request gets no HTTP answer"
    if first is not None and first.status is not None:
        plain = f"a plain request is answered {first.status}"
        cites.append("http.first.status")
    elif first is not None and first.error:
        cites.append("http.first.error")
    return Proof(
        f"{f.host}:{f.port} completes a TLS handshake ({f.speaks_tls}); {plain}.", tuple(cites),
        {"host": f.host, "port": str(f.port)}, edit=_edit(t, "http://", "https://"),
    )  # fmt: skip


@cause(
    "tls-protocol-version", "tls-scheme",
    title="Client and server have no TLS version or cipher in common",
    means=(
        "Both sides speak TLS, and one of them is too old for the other: no version or cipher that the server offers is one "
        "that today's clients accept."
    ),
    who="server_author",
    fix="Let the server of {host} offer TLS 1.2 or 1.3 with today's ciphers.",
    commands=["openssl s_client -connect {host}:{port} -servername {host} -tls1_2"],
    says=[
        Says(r"TLSV1_ALERT_PROTOCOL_VERSION|tlsv1 alert protocol version|ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", 3),
        Says(r"UNSUPPORTED_PROTOCOL|unsupported protocol\b.*ssl|ssl.*unsupported protocol|ERR_SSL_VERSION_OR_CIPHER_MISMATCH", 3),
        Says(r"SSLV3_ALERT_HANDSHAKE_FAILURE|sslv3 alert handshake failure|ssl/tls alert handshake failure", 2.5),
        Says(r"NO_SHARED_CIPHER|no shared cipher|DH_KEY_TOO_SMALL|dh key too small|UNSAFE_LEGACY_RENEGOTIATION_DISABLED", 3),
        Says(r"received fatal alert: (?:ProtocolVersion|HandshakeFailure)|protocol version not supported|peer is incompatible", 2.5),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def protocol_version(t: Trace) -> Proof | None:
    f = t.get(TlsFacts)
    if f is None or f.state != "broken" or not f.versions or f.client_certificate_wanted:
        return None
    works = [name for name, result in f.versions.items() if result == "ok"]
    values = {"host": f.host, "port": str(f.port)}
    if works:
        return Proof(
            f"The handshake with {f.host}:{f.port} ends with {f.error}; it passes only with {', '.join(works)} and outdated "
            "ciphers allowed.",
            ("tls.error", *(f"tls.versions[{name}]" for name in works)), values,
        )  # fmt: skip
    if f.error in VERSION_ALERTS:
        return Proof(
            f"The handshake with {f.host}:{f.port} ends with {f.error}, in every TLS version.", ("tls.error",), values
        )
    if f.error == "SSLV3_ALERT_HANDSHAKE_FAILURE":
        return Proof(
            f"{f.host}:{f.port} refuses every TLS version with {f.error}.", ("tls.error",), values, "likely"
        )  # fmt: skip
    return None
