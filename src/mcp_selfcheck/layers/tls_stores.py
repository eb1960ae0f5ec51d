"""Which certificate authorities a client trusts: its runtime's bundle, the system's store, and what the environment adds."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .proxy_dial import errno_name

# Variables that name a file (or a directory) of certificates, and whose they are.
FILES = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
SYSTEM, BUNDLE = "the system's store", "the runtime's own bundle"

# What a client trusts, by id, where it is known. Node.js trusts its own bundle and NODE_EXTRA_CA_CERTS
# (nodejs.org/api/cli.html); VS Code and its descendants add the system's store (`http.systemCertificates`);
# Claude Code reads both stores; Rust programs with rustls-native-certs read the system's store and SSL_CERT_FILE.
NODE = (BUNDLE, "NODE_EXTRA_CA_CERTS")
EDITOR = (BUNDLE, SYSTEM, "NODE_EXTRA_CA_CERTS")
NATIVE = (SYSTEM, "SSL_CERT_FILE", "SSL_CERT_DIR")
TRUSTS: dict[str, tuple[str, ...]] = {
    "gemini-cli": NODE,
    "qwen-code": NODE,
    "vscode": EDITOR,
    "cursor": EDITOR,
    "windsurf": EDITOR,
    "claude-code": (*EDITOR, "SSL_CERT_FILE", "SSL_CERT_DIR"),
    "codex": NATIVE,
    "zed": NATIVE,
}
# A client that is not known may be Python or Node.js: what somebody set on purpose for either counts.
ANY = (BUNDLE, "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")


@dataclass
class Stores:
    """The stores that exist here, by name: path of a file or directory. `broken` holds those that cannot be read."""

    paths: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()

    def context(self, names: Iterable[str], *, name_too: bool) -> ssl.SSLContext:
        """A context that trusts these stores. Without `name_too` the name in the certificate does not matter."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = name_too
        for name in names:
            self._load(context, name)
        return context

    def _load(self, context: ssl.SSLContext, name: str) -> None:
        if name == SYSTEM:
            _system(context)
            return
        path = self.paths.get(name)
        if path is None:
            return
        try:
            directory = os.path.isdir(path)
            context.load_verify_locations(cafile=None if directory else path, capath=path if directory else None)
        except (OSError, ssl.SSLError) as error:
            self.broken[name] = errno_name(error)

    def named(self) -> tuple[str, ...]:
        """The stores of this client that exist, for words."""
        return tuple(n for n in self.trusted if n == SYSTEM or n in self.paths)

    def others(self) -> tuple[str, ...]:
        """The stores that exist here and that this client does not read."""
        return tuple(n for n in (SYSTEM, *self.paths) if n not in self.trusted)


def _system(context: ssl.SSLContext) -> None:
    """OpenSSL's own places, whatever SSL_CERT_FILE says; elsewhere than on Linux what the standard library finds."""
    places = ssl.get_default_verify_paths()
    file, directory = Path(places.openssl_cafile), Path(places.openssl_capath)
    loaded = False
    try:
        if os.path.isfile(file):
            context.load_verify_locations(cafile=str(file))
            loaded = True
        if os.path.isdir(directory):
            context.load_verify_locations(capath=str(directory))
            loaded = True
    except (OSError, ssl.SSLError):
        pass
    if not loaded:
        context.load_default_certs()


def stores_for(client: str, environ: Mapping[str, str]) -> Stores:
    """The stores of this machine and those that `client` trusts."""
    import certifi

    paths = {BUNDLE: certifi.where()}
    paths |= {name: environ[name] for name in FILES if environ.get(name)}
    if environ.get("SSL_CERT_DIR"):
        paths["SSL_CERT_DIR"] = environ["SSL_CERT_DIR"].split(":")[0]
    trusted = TRUSTS.get(client, ANY)
    options = environ.get("NODE_OPTIONS", "")
    if SYSTEM not in trusted and (environ.get("NODE_USE_SYSTEM_CA") == "1" or "--use-system-ca" in options):
        trusted = (*trusted, SYSTEM)
    if "--use-openssl-ca" in options:
        trusted = (*trusted, SYSTEM, "SSL_CERT_FILE")
    return Stores(paths, {}, tuple(dict.fromkeys(trusted)))
