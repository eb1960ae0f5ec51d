"""Certificates read: who, for whom, by whom, until when. Dates are UTC."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..facts.tls import Certificate
from .proxy_route import is_loopback

if TYPE_CHECKING:
    from cryptography import x509


def read(ders: Iterable[bytes]) -> tuple[Certificate, ...]:
    """The chain in words; a certificate that cannot be parsed is named so. At most 10 of them."""
    return tuple(_read(der) for der in list(ders)[:10])


def _read(der: bytes) -> Certificate:
    from cryptography import x509

    try:
        c = x509.load_der_x509_certificate(der)
        subject, issuer = c.subject.rfc4514_string(), c.issuer.rfc4514_string()
    except ValueError:
        return Certificate(subject="(cannot be read)")
    now = datetime.now(UTC)
    validity = (
        "expired" if now > c.not_valid_after_utc else "not yet valid" if now < c.not_valid_before_utc else "valid"
    )
    return Certificate(
        subject=subject or "(empty)", issuer=issuer, names=_names(c), common_name=_common(c),
        not_before=f"{c.not_valid_before_utc:%Y-%m-%d %H:%M} UTC", not_after=f"{c.not_valid_after_utc:%Y-%m-%d %H:%M} UTC",
        validity=validity, self_signed=subject == issuer and _signs_itself(c), ca=_ca(c), aia=_aia(c),
    )  # fmt: skip


def _signs_itself(c: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        c.verify_directly_issued_by(c)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _names(c: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        san = c.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = [*san.get_values_for_type(x509.DNSName), *map(str, san.get_values_for_type(x509.IPAddress))]
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(str(n) for n in found[:40])


def _common(c: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    found = c.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _ca(c: x509.Certificate) -> bool:
    from cryptography import x509

    try:
        return bool(c.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def _aia(c: x509.Certificate) -> str:
    """Where the issuer's certificate can be had (RFC 5280, 4.2.2.1), plain http only."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID as Kind

    try:
        every = c.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    found = [str(d.access_location.value) for d in every if d.access_method == Kind.CA_ISSUERS]
    return next((u for u in found if u.startswith("http://")), "")


def covers(certificate: Certificate, host: str) -> bool:
    """Whether one of its names is the host (RFC 9525, 6.3): a "*" stands for the whole leftmost label."""
    wanted = host.strip("[]").rstrip(".").lower()
    for name in (n.lower().rstrip(".") for n in certificate.names):
        if name == wanted:
            return True
        if name.startswith("*.") and "." in wanted and wanted.split(".", 1)[1] == name[2:]:
            return True
    try:
        return str(ipaddress.ip_address(wanted)) in certificate.names
    except ValueError:
        return False


def is_alias(certificate: Certificate, host: str) -> bool:
    """Whether it is for this machine under another name, or names the host only where nobody looks (the subject)."""
    if certificate.common_name.lower() == host.lower():
        return True
    return is_loopback(host) and any(is_loopback(n) for n in (*certificate.names, certificate.common_name))


def organisation(name: str) -> str:
    """O= of an RFC 4514 name, lower case."""
    parts = (p.strip() for p in name.split(","))
    return next((p[2:].lower() for p in parts if p.startswith("O=")), "")


GENERIC = re.compile(
    r"ca|cn|o|ou|c|root|certificates?|authority|global|inc|ltd|corp|llc|gmbh|the|of|and|trust|network|services|internal|private"
    r"|public|test|dev|tls|ssl|server|class|g\d|r\d|\d+"
)


def _words(name: str) -> set[str]:
    """The words of an RFC 4514 name that can tell one organisation from another."""
    values = " ".join(p.partition("=")[2] for p in re.split(r"(?<!\\),", name) if p.strip()[:2] in ("CN", "O="))
    return {x for x in re.findall(r"\w+", values.lower()) if not GENERIC.fullmatch(x)}


def relative(issuer: str, files: Mapping[str, bool]) -> str:
    """A root in these PEM files that belongs to the same organisation as `issuer`, by O=; in a file that somebody
    chose for this machine (True) also one that shares a word with it that is a name. "" when there is none.
    """
    from cryptography import x509

    wanted, words = organisation(issuer), _words(issuer)
    for file, chosen in files.items():
        try:
            with open(file, "rb") as f:
                roots = x509.load_pem_x509_certificates(f.read(4_000_000))
        except (OSError, ValueError):
            continue
        names = [r.subject.rfc4514_string() for r in roots]
        for name in names:
            if name != issuer and wanted and organisation(name) == wanted:
                return name
        for name in names if chosen and len(names) < 10 else ():
            if name != issuer and words & _words(name):
                return name
    return ""
