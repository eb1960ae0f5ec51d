"""What is wrong with the certificate itself, whoever trusts it."""

import re

from ...facts.launch import LaunchFacts
from ...facts.tls import Certificate, TlsFacts
from ...model import Confirm, Proof, Says, Trace, cause

TRUST = ("tls-self-signed", "tls-private-ca", "tls-incomplete-chain")
SEE = "openssl s_client -connect {host}:{port} -servername {host} -showcerts"
HEALTH = Confirm("probe_health", {})


def _failing(t: Trace) -> TlsFacts | None:
    f = t.get(TlsFacts)
    return f if f is not None and f.state == "broken" and f.untrusted else None


def told_at_launch(t: Trace, code: str, values: dict[str, str] | None = None) -> Proof | None:
    """A stdio server (or its installer) that ended with the library's own words for this cause: no handshake of ours."""
    f, heard = t.get(LaunchFacts), t.heard.get(code)
    if f is None or not f.died or heard is None or heard.score < 2.5 or heard.origin not in ("stderr", "stdout"):
        return None
    return Proof(
        f"The program ends with “{heard.matched}”.", (f"launch.run.{heard.origin}",), {**heard.values, **(values or {})}, "likely"
    )  # fmt: skip


def _values(f: TlsFacts, c: Certificate | None = None) -> dict[str, str]:
    found = {"host": f.host, "port": str(f.port)}
    if c is not None:
        found |= {"subject": c.subject, "issuer": c.issuer, "until": c.not_after, "names": ", ".join(c.names)}
    return found


def out_of_time(f: TlsFacts) -> Certificate | None:
    """The leaf when its time is wrong; another link only when the library stopped for that reason (codes 9 and 10)."""
    if f.leaf is not None and f.leaf.validity in ("expired", "not yet valid"):
        return f.leaf
    if f.verify_code in (9, 10):
        return next((c for c in f.chain if c.validity in ("expired", "not yet valid")), None)
    return None


@cause(
    "tls-expired", "tls-cert",
    title="The certificate is not valid today",
    means=(
        "A certificate counts between two dates, and today is outside of them. Every client refuses it, whoever signed it."
    ),
    who="server_author",
    fix="Renew the certificate of {host} and restart what serves it. If it did not run out, set this machine's clock right.",
    commands=[SEE],
    says=[
        Says(r"CERT_HAS_EXPIRED|certificate has expired|certificate expired|X509_V_ERR_CERT_HAS_EXPIRED", 3),
        Says(r"CERT_NOT_YET_VALID|certificate is not yet valid|certificate has expired or is not yet valid", 3),
        Says(r"invalid peer certificate: (?:Expired|certificate expired|NotValidYet)|ERR_CERT_DATE_INVALID", 3),
    ],
    confirm_with=HEALTH,
    over=TRUST,
)  # fmt: skip
def expired(t: Trace) -> Proof | None:
    f = _failing(t)
    c = out_of_time(f) if f else None
    if f is None or c is None:
        return told_at_launch(t, "tls-expired")
    whose = "The certificate" if c is f.leaf else "A certificate in the chain"
    if c.validity == "expired":
        said, key = f"ran out on {c.not_after}", "not_after"
    else:
        said, key = f"is valid only from {c.not_before} on", "not_before"
    return Proof(
        f"{whose} of {f.host}:{f.port} ({c.subject}) {said}.",
        (f"tls.chain[{c.subject}].{key}", f"tls.chain[{c.subject}].validity", "tls.verify_message"), _values(f, c),
    )  # fmt: skip


@cause(
    "tls-name-mismatch", "tls-cert",
    title="The certificate is for another name than the URL's",
    means=(
        "A certificate lists the names that it counts for, and the host of the URL is not among them. Clients refuse it "
        "because this is how a false server would look."
    ),
    who="you",
    fix="Use a name of the certificate in the URL ({names}), or have it issued anew with {host} among its names.",
    commands=[SEE],
    says=[
        Says(r"Hostname mismatch, certificate is not valid for '(?P<host>[^']+)'", 3),
        Says(r"IP address mismatch, certificate is not valid for '(?P<host>[^']+)'", 3),
        Says(r"ERR_TLS_CERT_ALTNAME_INVALID|Hostname/IP does not match certificate's altnames", 3),
        Says(r"hostname '?(?P<host>[\w.-]+)'? doesn't match|ERR_CERT_COMMON_NAME_INVALID|certificate not valid for name", 3),
        Says(r"x509: certificate is valid for (?P<names>.+?), not (?P<host>\S+)", 3),
        Says(r"no alternative certificate subject name matches|does not match target host name", 3),
        Says(r"invalid peer certificate: .*NotValidForName|UNRECOGNIZED_NAME|unrecognized name", 2.5),
    ],
    confirm_with=HEALTH,
    over=TRUST,
)  # fmt: skip
def name_mismatch(t: Trace) -> Proof | None:
    f = t.get(TlsFacts)
    if f is None or f.state != "broken":
        return told_at_launch(t, "tls-name-mismatch")
    if f.error in ("TLSV1_UNRECOGNIZED_NAME", "TLSV1_ALERT_UNRECOGNIZED_NAME"):
        return Proof(f"The server does not know the name {f.host}: alert {f.error}.", ("tls.error",), _values(f))
    leaf = f.leaf
    if leaf is None or f.verify_code is None or f.matches is not False:
        return None
    # With an untrusted certificate two things are wrong; a name of this machine may then be a matter of taste.
    if f.verify_code not in (62, 64) and (f.alias or not (leaf.names or leaf.common_name)):
        return None
    names = ", ".join(leaf.names[:6]) + (f" and {len(leaf.names) - 6} more" if len(leaf.names) > 6 else "")
    key = f"tls.chain[{leaf.subject}]." + ("names" if leaf.names else "issuer")
    said = f"is for {names}" if names else f"has no alternative name, only the subject {leaf.subject}"
    values = _values(f, leaf) | ({"names": names} if names else {})
    return Proof(f"The certificate {said}; the URL says {f.host}.", (key, "tls.host", "tls.verify_message"), values)


def looks_intermediate(issuer: str) -> bool:
    """Whether an issuer's name is one that is given to CAs between a root and the servers."""
    common = re.sub(r".*CN=([^,]+).*", r"\1", issuer)
    return re.search(
        r"intermediate|\binter\b|issuing|sub(?:ordinate)?[ -]?ca\b|\bica\b|\b(?:TLS|SSL|DV|OV|EV|Server) .*CA\b|^[RE]\d{1,2}$",
        common, re.IGNORECASE,
    ) is not None  # fmt: skip
