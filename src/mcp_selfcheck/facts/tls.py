"""What the TLS handshake shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """One certificate of the chain. `validity`: valid, expired, not yet valid. `names` are those of the SAN extension,
    `common_name` that of the subject; `aia` where it says that its issuer's certificate is (http URL)."""

    subject: str
    issuer: str = ""
    names: tuple[str, ...] = ()
    common_name: str = ""
    not_before: str = ""
    not_after: str = ""
    validity: str = ""
    self_signed: bool = False
    ca: bool = False
    aia: str = ""


@dataclass(frozen=True, kw_only=True)
class TlsFacts(Facts):
    """`error` is ok, or the library's reason (CERTIFICATE_VERIFY_FAILED, WRONG_VERSION_NUMBER); `verify_code` the X.509
    code (X509_V_ERR_*, openssl-verification-options(1)). `chain` as the server sent it, leaf first.

    `runtime` names the stores that the client trusts, `runtime_store` and `system_store` tell whether the chain is
    trusted there ("trusted", or why not), `stores` the same for each store alone. `matches` tells whether the leaf is
    for the host; `alias` that it is for another name of this machine. `top_issuer` is the issuer at which the sent chain
    ends, `kin` a trusted root that looks like its issuer's, `fetched` what fetching it from the certificate's own
    address gave. `plain_answer` is what the port says to plain HTTP. `speaks_tls` is the version that a port of an
    http:// URL speaks. `wanted` is how the server showed that it needs a client certificate.
    """

    layer = "tls"
    host: str = ""
    port: int = field(default=0, metadata={"shown": False})
    error: str = ""
    verify_code: int | None = None
    verify_message: str = ""
    version: str = ""
    chain: tuple[Certificate, ...] = ()
    chain_length: int | None = None
    runtime: str = ""
    system_store: str = ""
    runtime_store: str = ""
    stores: Mapping[str, str] = field(default_factory=dict)
    matches: bool | None = None
    alias: bool = field(default=False, metadata={"shown": False})
    top_issuer: str = ""
    kin: str = ""
    fetched: str = ""
    plain_answer: str = ""
    speaks_tls: str = ""
    client_certificate_wanted: bool = field(default=False, metadata={"shown": False})
    wanted: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    expired: bool = field(default=False, metadata={"shown": False})
    not_yet_valid: bool = field(default=False, metadata={"shown": False})

    @property
    def leaf(self) -> Certificate | None:
        return self.chain[0] if self.chain else None

    @property
    def untrusted(self) -> bool:
        """Whether the handshake ended because of the certificate."""
        return self.verify_code is not None
