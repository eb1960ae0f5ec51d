"""Why the client does not trust who signed the certificate, or the server does not trust the client."""

import re

from ...facts.tls import Certificate, TlsFacts
from ...model import Confirm, Proof, Says, Trace, cause
from .tls_cert import SEE, _failing, _values, looks_intermediate, out_of_time, told_at_launch

HEALTH = Confirm("probe_health", {})
# Products that replace certificates on the way, by the issuer's name that they put there (vendors' documentation).
INSPECTORS = re.compile(
    r"zscaler|netskope|fortinet|fortigate|forti[a-z]* ca|palo ?alto|globalprotect|kaspersky|avast|avg technologies|bitdefender"
    r"|\beset\b|mitmproxy|charles proxy|burp|portswigger|fiddler|blue ?coat|symantec web|forcepoint|websense|mcafee web"
    r"|skyhigh|sophos|check ?point|cisco umbrella|cisco secure access|opendns|cloudflare (?:gateway|for teams)|cato networks"
    r"|barracuda|smoothwall|lightspeed|securly|iboss|menlo|watchguard|sonicwall|untrust|do_not_trust|squid"
    r"|ssl[ -]?inspection|tls[ -]?inspection|ssl[ -]?intercept|tls[ -]?intercept|ssl[ -]?decrypt|man[ -]in[ -]the[ -]middle|proxyman|adguard",
    re.IGNORECASE,
)  # fmt: skip


def _inspector(f: TlsFacts) -> tuple[Certificate, str] | None:
    for c in f.chain:
        if c.self_signed and c is f.leaf:
            continue
        m = INSPECTORS.search(c.issuer)
        if m:
            return c, m.group(0)
    return None


def _no_store(f: TlsFacts) -> str:
    return f"{f.runtime} (what this client trusts): {f.runtime_store}" if f.runtime_store else ""


@cause(
    "tls-client-certificate", "tls-trust",
    title="The server wants a certificate from the client",
    means=(
        "The server asks every client to prove itself with a certificate of its own (mutual TLS), and no client "
        "certificate is configured. The server ends the connection or refuses the request."
    ),
    who="you",
    fix="Configure a client certificate for {host}, or use an endpoint without mutual TLS. If the client cannot send one, put a local proxy that does in between.",
    commands=["openssl s_client -connect {host}:{port} -servername {host} -cert <client.pem> -key <client.key>"],
    says=[
        Says(r"TLSV13_ALERT_CERTIFICATE_REQUIRED|tlsv13 alert certificate required|ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", 3),
        Says(r"No required SSL certificate was sent|certificate required \(116\)|CertificateRequired", 3),
        Says(r"ERR_BAD_SSL_CLIENT_AUTH_CERT|client didn't provide a certificate|peer did not return a certificate", 3),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def client_certificate(t: Trace) -> Proof | None:
    f = t.get(TlsFacts)
    if f is None or not f.client_certificate_wanted:
        return None
    return Proof(
        f"In the handshake {f.host}:{f.port} asks for a client certificate, and without one says: {f.wanted}.",
        ("tls.wanted",), _values(f), "likely" if "closed" in f.wanted else "proven",
    )  # fmt: skip


@cause(
    "tls-inspection", "tls-trust",
    title="Something on the way replaces the certificate",
    means=(
        "A security product opens the encrypted connection and signs it again with a CA of its own. Programs that do not "
        "know that CA refuse the connection."
    ),
    who="you",
    fix="Make the runtime trust {inspector}'s root: NODE_EXTRA_CA_CERTS for Node.js, SSL_CERT_FILE for Python, UV_NATIVE_TLS=1 for uv; or ask for {host} to be left out of the inspection.",
    commands=["export NODE_EXTRA_CA_CERTS=<root.pem> SSL_CERT_FILE=<root.pem>", SEE],
    says=[
        Says(r"invalid peer certificate: UnknownIssuer", 2.5),
        Says(r"SELF_SIGNED_CERT_IN_CHAIN|self[- ]signed certificate in certificate chain", 2),
        Says(r"(?:issuer|CN ?=|O ?=).*(?:Zscaler|Netskope|Fortinet|FortiGate|Kaspersky|mitmproxy|Palo Alto|Umbrella|Forcepoint)", 3),
    ],
    confirm_with=HEALTH,
    over=("tls-self-signed", "tls-private-ca", "tls-incomplete-chain"),
)  # fmt: skip
def inspection(t: Trace) -> Proof | None:
    f = _failing(t)
    found = _inspector(f) if f and out_of_time(f) is None else None
    if f is None or found is None or f.runtime_store == "trusted":
        return None
    c, product = found
    return Proof(
        f"The certificate of {f.host} is signed by “{c.issuer}” ({product}), which this client does not trust: "
        f"{f.verify_message}.",
        (f"tls.chain[{c.subject}].issuer", "tls.verify_message"), _values(f, c) | {"inspector": product},
    )  # fmt: skip


@cause(
    "tls-self-signed", "tls-trust",
    title="The certificate is signed by itself",
    means=(
        "Nobody but the server vouches for this certificate. A client accepts it only when it has been told to trust "
        "exactly this one."
    ),
    who="you",
    fix="Give the client this certificate to trust: NODE_EXTRA_CA_CERTS for Node.js, SSL_CERT_FILE for Python; or have it signed by a CA. A server on this machine can also do without TLS.",
    commands=[
        "openssl s_client -connect {host}:{port} -servername {host} </dev/null | openssl x509 > server.pem",
        "export NODE_EXTRA_CA_CERTS=$PWD/server.pem SSL_CERT_FILE=$PWD/server.pem",
    ],
    says=[
        Says(r"DEPTH_ZERO_SELF_SIGNED_CERT", 3),
        Says(r"certificate verify failed: self[- ]signed certificate(?! in)", 3),
        Says(r"(?<!\w)self[- ]signed certificate(?! in)", 2.5),
        Says(r"ERR_CERT_AUTHORITY_INVALID", 2),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def self_signed(t: Trace) -> Proof | None:
    f = _failing(t)
    leaf = f.leaf if f else None
    if f is None:
        return told_at_launch(t, "tls-self-signed")
    if leaf is None or not leaf.self_signed or f.runtime_store == "trusted":
        return None
    return Proof(
        f"Subject and issuer of the certificate of {f.host}:{f.port} are the same: {leaf.issuer} ({f.verify_message}).",
        (f"tls.chain[{leaf.subject}].self_signed", f"tls.chain[{leaf.subject}].issuer", "tls.verify_message"), _values(f, leaf),
    )  # fmt: skip


@cause(
    "tls-incomplete-chain", "tls-trust",
    title="The server leaves out the intermediate certificate",
    means=(
        "The server sends its own certificate without the one that links it to a trusted root. Browsers often fill the "
        "gap themselves; programs do not."
    ),
    who="server_author",
    fix="Let the server of {host} send the full chain: its certificate followed by that of “{issuer}” (fullchain.pem).",
    commands=[SEE],
    says=[
        Says(r"UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify the first certificate", 3),
        Says(r"unable to get local issuer certificate|UNABLE_TO_GET_ISSUER_CERT", 2),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def incomplete_chain(t: Trace) -> Proof | None:
    f = _failing(t)
    if f is None or not f.chain or not f.top_issuer or f.verify_code not in (2, 20, 21, 27):
        return None
    if any(v == "trusted" for v in f.stores.values()):
        return None
    values = _values(f, f.chain[-1])
    sent = f"{f.chain_length} certificate" + ("s" if f.chain_length != 1 else "")
    head = f"{f.host} sends {sent}, and the last is signed by “{f.top_issuer}”, which is not sent"
    cites = ("tls.chain_length", "tls.top_issuer", "tls.verify_message")
    if f.fetched == "completes the chain":
        return Proof(
            f"{head}; fetched from {f.chain[-1].aia} it completes the chain.",
            (*cites, "tls.fetched"), values,
        )  # fmt: skip
    if f.kin:
        return Proof(
            f"{head}; the root “{f.kin}” of the same organisation is trusted here.",
            (*cites, "tls.kin"),
            values,
            "likely",
        )
    if looks_intermediate(f.top_issuer) and f.chain_length == 1:
        return Proof(f"{head}; its name is that of an intermediate CA.", cites, values, "likely")
    return None


@cause(
    "tls-private-ca", "tls-trust",
    title="The certificate's CA is not trusted by this client",
    means=(
        "The certificate is signed by a CA that is not among the public ones: a company's or a test CA. It must be made known "
        "to each runtime, and a runtime does not always read the system's store."
    ),
    who="you",
    fix="Make {issuer} known to the runtime: NODE_EXTRA_CA_CERTS=<ca.pem> (or --use-system-ca) for Node.js, SSL_CERT_FILE=<ca.pem> for Python.",
    commands=["export NODE_EXTRA_CA_CERTS=<ca.pem> SSL_CERT_FILE=<ca.pem>", SEE],
    says=[
        Says(r"SELF_SIGNED_CERT_IN_CHAIN|self[- ]signed certificate in certificate chain", 2.5),
        Says(r"unable to get local issuer certificate|UNABLE_TO_GET_ISSUER_CERT_LOCALLY", 2.5),
        Says(r"UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify the first certificate", 2.5),
        Says(r"x509: certificate signed by unknown authority|unable to get issuer certificate", 2.5),
        Says(r"invalid peer certificate: UnknownIssuer", 2.5),
    ],
    confirm_with=HEALTH,
)  # fmt: skip
def private_ca(t: Trace) -> Proof | None:
    f = _failing(t)
    leaf = f.leaf if f else None
    if f is None:
        return told_at_launch(t, "tls-private-ca", {"issuer": "the server's CA"})
    if leaf is None or leaf.self_signed or f.runtime_store in ("", "trusted") or out_of_time(f):
        return None
    top = f.chain[-1]
    values = _values(f, top)
    trusting = [name for name, verdict in f.stores.items() if verdict == "trusted"]
    if trusting:
        return Proof(
            f"The certificate of {f.host} is signed by “{top.issuer}”: {trusting[0]} trusts it; {_no_store(f)}.",
            (f"tls.stores[{trusting[0]}]", "tls.runtime", "tls.runtime_store", f"tls.chain[{top.subject}].issuer"), values,
        )  # fmt: skip
    if f.verify_code not in (2, 19, 20, 21, 24, 26, 27):
        return None
    known = top.self_signed
    return Proof(
        f"The certificate of {f.host} is signed by “{top.issuer}”, which no store here knows; {_no_store(f)}.",
        (f"tls.chain[{top.subject}].issuer", "tls.runtime", "tls.runtime_store", "tls.system_store"), values,
        "proven" if known else "likely",
    )  # fmt: skip
