"""The TLS step: one handshake as the client makes it; when it fails, what the port speaks and who trusts the chain."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import re
import ssl
from urllib.parse import urlsplit

from .. import guard
from ..budget import Budget
from ..facts.tcp import TcpFacts
from ..facts.tls import Certificate, TlsFacts
from . import Walk, proxy
from .proxy_dial import Answer, get_direct
from .tls_certificate import covers, is_alias, read, relative
from .tls_shake import Place, Shake, blind, plain, shake, versions
from .tls_stores import BUNDLE, SYSTEM, Stores, stores_for

LIMIT = 8.0  # seconds for one handshake
# nginx, Apache, Go, Node's http proxy say so in plain HTTP from a port that speaks TLS.
TELLS_TLS = re.compile(
    r"plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server port"
    r"|HTTP request to an HTTPS server|requires TLS|use https", re.IGNORECASE,
)  # fmt: skip
WANTS = re.compile(
    r"No required SSL certificate|certificate (?:is )?required|client certificate|SSL certificate error", re.I
)


async def probe(w: Walk) -> TlsFacts:
    """Nothing for http. Sets w.state["tls.context"], with which the handshake passed."""
    place, scheme = place_of(w)
    if scheme != "https":
        return TlsFacts(state="not_applicable", saw="plain http")
    stores = stores_for(w.client.id, w.environ)
    context = stores.context(stores.trusted, name_too=True)
    budget = w.budget.slice(min(LIMIT, w.budget.share(0.5)))
    found = await shake(place, context, budget)
    facts = TlsFacts(
        host=place.name, port=place.port, error=found.error or "ok", verify_code=found.verify_code,
        verify_message=found.verify_message, version=found.version, runtime=", ".join(stores.named()),
    )  # fmt: skip
    if found.ok:
        w.state["tls.context"] = context
        if found.asked:
            return await _wanted(place, facts, w.budget)
        return dataclasses.replace(facts, saw=f"{found.version}, trusted")
    facts = dataclasses.replace(facts, state="broken", saw=found.verify_message or found.error)
    if found.verify_code is not None:
        return await _untrusted(place, stores, facts, w.budget)
    facts = await _failed(place, found, facts, w.budget)
    if not (found.speaks_tls or found.asked or facts.plain_answer or place.way):
        await importlib.import_module(".tcp_banner", __package__).add_who_talks(w)
    return facts


def place_of(w: Walk) -> tuple[Place, str]:
    """Where to shake hands, by the address that accepted in the tcp step, through the proxy when the client does so."""
    parts = urlsplit(w.target.url.reveal() if w.target.url else "")
    host = parts.hostname or ""
    scheme = parts.scheme.lower()
    way = proxy.way_of(w)
    tcp = w.get(TcpFacts)
    address = next((d.address for d in tcp.dials if d.result == "open"), host) if tcp else host
    port = parts.port or (443 if scheme == "https" else 80)
    return Place(name=host, port=port, address=address, way=way if way.proxied else None), scheme


async def _wanted(place: Place, facts: TlsFacts, budget: Budget) -> TlsFacts:
    """The server asked for a certificate: does it insist? Many ask and go on without."""
    found = await shake(place, blind(), budget.slice(4.0), ask="/")
    said = found.said
    wanted = ""
    if (
        "CERTIFICATE_REQUIRED" in found.error
        or "HANDSHAKE_FAILURE" in found.error
        or found.error == "TLSV1_ALERT_ACCESS_DENIED"
    ):
        wanted = found.error
    elif said is not None and said.status in (400, 403, 495, 496) and WANTS.search(said.body):
        wanted = f"{said.status} {_words(said.body)}"
    elif found.error in ("EOF", "ECONNRESET", "EPIPE") or (
        said is not None and said.status is None and said.error == "EOF"
    ):
        wanted = "the connection is closed after the handshake"  # asyncio's servers send no alert
    if not wanted:
        return dataclasses.replace(facts, saw=f"{facts.version}, trusted")
    return dataclasses.replace(
        facts,
        state="broken",
        client_certificate_wanted=True,
        wanted=wanted,
        saw=f"wants a client certificate: {wanted}",
    )


def _words(body: str) -> str:
    return proxy.page_text(body)[:120]


async def _failed(place: Place, found: Shake, facts: TlsFacts, budget: Budget) -> TlsFacts:
    """No certificate in the way: another protocol, another version, or a certificate of ours that is missing."""
    if found.asked:
        return dataclasses.replace(facts, client_certificate_wanted=True, wanted=found.error)
    if found.speaks_tls:
        offered = await versions(place, budget.slice(min(5.0, budget.share(0.6))))
        return dataclasses.replace(facts, versions=offered)
    answer = Answer(error="HTTP") if found.first.startswith(b"HTTP/") else Answer()
    plain_answer = await plain(place, budget.slice(min(4.0, budget.share(0.6))))
    said = ""
    if plain_answer.status is not None and not TELLS_TLS.search(plain_answer.body):
        said = f"HTTP {plain_answer.status}"
    elif answer.error:
        said = found.first.split(b"\r\n")[0].decode("latin-1")
    first = found.first[:16].decode("latin-1") if found.first and not said else ""
    asked = {"first bytes": repr(first)} if first else {}
    return dataclasses.replace(facts, plain_answer=said, asked=asked)


async def _untrusted(place: Place, stores: Stores, facts: TlsFacts, budget: Budget) -> TlsFacts:
    """The chain as sent, and what each store alone thinks of it; all at once."""
    slice_ = budget.slice(min(5.0, budget.share(0.5)))
    alone = {name: stores.context([name], name_too=False) for name in (SYSTEM, *stores.paths)}
    mine = stores.context(stores.trusted, name_too=False)
    seen, here, *each = await asyncio.gather(
        shake(place, blind(), slice_), shake(place, mine, slice_), *(shake(place, c, slice_) for c in alone.values())
    )
    chain = read(seen.chain)
    verdicts = {name: _verdict(s) for name, s in zip(alone, each, strict=True)}
    verdicts |= {name: f"cannot be read: {why}" for name, why in stores.broken.items()}
    leaf = chain[0] if chain else None
    facts = dataclasses.replace(
        facts, version=seen.version, chain=chain, chain_length=len(chain) or None, stores=verdicts,
        system_store=verdicts[SYSTEM], runtime_store=_verdict(here), matches=covers(leaf, place.name) if leaf else None,
        alias=is_alias(leaf, place.name) if leaf else False, expired=any(c.validity == "expired" for c in chain),
        not_yet_valid=any(c.validity == "not yet valid" for c in chain),
    )  # fmt: skip
    if chain and not chain[-1].self_signed and _verdict(here) != "trusted":
        return await _open_end(place, stores, facts, chain[-1], slice_)
    return facts


def _verdict(found: Shake) -> str:
    return "trusted" if found.ok else f"{found.verify_message or found.error}"


async def _open_end(place: Place, stores: Stores, facts: TlsFacts, top: Certificate, budget: Budget) -> TlsFacts:
    """The sent chain ends at a certificate that somebody else signed: is that issuer only missing, or unknown?"""
    files = {p: n != BUNDLE for n, p in stores.paths.items() if n in stores.trusted}
    kin = relative(top.issuer, files)
    fetched = ""
    if top.aia:
        fetched = await _fetch_issuer(place, stores, top.aia, budget)
    return dataclasses.replace(facts, top_issuer=top.issuer, kin=kin, fetched=fetched)


async def _fetch_issuer(place: Place, stores: Stores, url: str, budget: Budget) -> str:
    """Fetches the missing certificate from where the certificate says, and tries again with it.

    The address is the server's word: guard.rules_for_server_url says where it may lead.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        return ""
    if parts.scheme != "http":  # RFC 5280, 4.2.2.1: plain http, since TLS would need the certificate that is missing
        return ""
    with guard.acting(guard.rules_for_server_url(place.address)):
        name = parts.netloc.rpartition("@")[2]
        _, answer = await get_direct(host, port, parts.path or "/", name, budget.slice(3.0))
    context = stores.context(stores.trusted, name_too=False)
    context.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN  # the fetched one is a link, not an anchor
    if answer.status != 200 or not _add(context, answer.raw):
        return ""
    return "completes the chain" if (await shake(place, context, budget)).ok else "does not complete the chain"


def _add(context: ssl.SSLContext, data: bytes) -> bool:
    try:
        context.load_verify_locations(cadata=data.decode("ascii") if data.startswith(b"-----") else data)
    except (ssl.SSLError, ValueError):
        return False
    return True


async def add_tls_look(w: Walk) -> None:
    """For the http step of an http:// URL, when no sensible status came: does the port speak TLS? Kept as facts."""
    place, scheme = place_of(w)
    if scheme == "https" or w.target.url is None:
        return
    found = await shake(place, blind(), w.budget.slice(min(4.0, w.budget.share(0.5))))
    if found.ok or found.speaks_tls:
        w.facts["tls"] = TlsFacts(
            state="not_applicable",
            host=place.name,
            port=place.port,
            speaks_tls=found.version or "TLS",
            saw="plain http",
        )


__all__ = ["BUNDLE", "SYSTEM", "add_tls_look", "probe"]
