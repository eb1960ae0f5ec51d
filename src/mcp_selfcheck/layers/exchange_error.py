"""Why a request brought no answer: the errno or the library's name, out of a chain of wrapped exceptions."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from dataclasses import dataclass


@dataclass(frozen=True)
class Broken:
    """`name`: an errno, EAI or TLS reason name, or one of CLOSED (ended without an answer), NOT_HTTP (other bytes came),
    HEADERS_TOO_LARGE, or the library's class. `detail`: its text.
    """

    name: str
    detail: str = ""


def broken_by(error: BaseException) -> Broken:
    """The most telling name in the chain of causes."""
    chain = list(_chain(error))
    for e in chain:
        if isinstance(e, ssl.SSLCertVerificationError):
            return Broken("CERTIFICATE_VERIFY_FAILED", e.verify_message or str(e))
        if isinstance(e, ssl.SSLError):
            return Broken(e.reason or "SSL", str(e)[:200])
        if isinstance(e, socket.gaierror):
            return Broken(_eai(e.errno), str(e))
    for e in chain:
        if isinstance(e, OSError) and e.errno is not None:
            return Broken(errno.errorcode.get(e.errno, f"errno {e.errno}"), "")
    return _by_words(error)


def _chain(error: BaseException, depth: int = 0) -> list[BaseException]:
    if depth > 12:
        return []
    found = [error]
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            found += _chain(inner, depth + 1)
    if isinstance(error, ConnectionResetError) and error.errno is None:
        found.append(OSError(errno.ECONNRESET, "reset"))
    inner_error = error.__cause__ or error.__context__
    return found + (_chain(inner_error, depth + 1) if inner_error else [])


def _eai(number: int | None) -> str:
    return next((n for n in dir(socket) if n.startswith("EAI_") and getattr(socket, n) == number), f"EAI {number}")


def _by_words(error: BaseException) -> Broken:
    """h11 and httpx give words only (h11 0.16, httpx 0.28)."""
    text = re.sub(r"\s+", " ", str(error))[:200]
    name = type(error).__name__
    if "without sending a response" in text or (name == "ReadError" and not text):
        return Broken("CLOSED", "the connection was closed without an answer")
    if "Receive buffer too long" in text or "headers are too" in text.lower():
        return Broken("HEADERS_TOO_LARGE", text)
    if name == "RemoteProtocolError" and re.search(
        r"illegal (status line|request line)|switch_proxy|bad status", text, re.I
    ):
        return Broken("NOT_HTTP", text)
    return Broken(name, text)
