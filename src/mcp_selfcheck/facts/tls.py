"""What the TLS handshake shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class Certificate:
    subject: str
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: str = ""
    not_after: str = ""
    self_signed: bool = False
    ca: bool = False


@dataclass(frozen=True, kw_only=True)
class TlsFacts(Facts):
    """`error` is ok, or the library's reason (CERTIFICATE_VERIFY_FAILED, WRONG_VERSION_NUMBER); `verify_code` the X.509
    code (X509_V_ERR_*, openssl-verification-options(1)). `chain` as the server sent it, leaf first. `system_store` and
    `runtime_store` tell whether the chain is trusted there. `plain_answer` is what the port says to plain HTTP.
    """

    layer = "tls"
    host: str = ""
    error: str = ""
    verify_code: int | None = None
    verify_message: str = ""
    version: str = ""
    chain: tuple[Certificate, ...] = ()
    chain_length: int | None = None
    system_store: str = ""
    runtime_store: str = ""
    plain_answer: str = ""
    client_certificate_wanted: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    expired: bool = False
    not_yet_valid: bool = False
