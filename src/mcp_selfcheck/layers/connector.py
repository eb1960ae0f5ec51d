"""The one place that opens connections: a name is resolved once, every address is checked, the checked one is dialled.

Nothing else here opens a socket to a network (tests/test_house.py). The rules are those of guard.now(), or the ones that
the caller gives because the user's own settings name the address: proxies, nameservers, the container engine.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
from typing import TYPE_CHECKING

from .. import guard

if TYPE_CHECKING:
    import httpcore
    import httpx

OPEN = "open"
NOT_ALLOWED = "not allowed"
LOOKUP = 5.0  # seconds for a name, where nobody says otherwise


class NotAllowedError(OSError):
    """The guard refused the address when the connection was about to be opened. str() says why."""


def errno_name(e: OSError) -> str:
    """The name of the error; Windows' own numbers by their POSIX names."""
    windows = {
        10061: "ECONNREFUSED",
        10060: "ETIMEDOUT",
        10065: "EHOSTUNREACH",
        10051: "ENETUNREACH",
        10054: "ECONNRESET",
    }
    if isinstance(e, NotAllowedError):
        return NOT_ALLOWED
    code = getattr(e, "winerror", None) or e.errno or 0
    return windows.get(code) or errno.errorcode.get(code, "EIO")


def eai_name(error: socket.gaierror) -> str:
    names = {getattr(socket, n): n for n in dir(socket) if n.startswith("EAI_")}
    return names.get(error.errno or 0, f"EAI_{error.errno}")


# --- names ------------------------------------------------------------------------------------------------------------
async def resolve(host: str, seconds: float) -> tuple[tuple[str, ...], str]:
    """Addresses in the resolver's order, or the name of the error. Never waits longer than `seconds`.

    The thread is a daemon of our own: the loop's executor would make the program wait for a resolver that hangs.
    """
    found = await _resolve(host, seconds)
    if isinstance(found, tuple):
        return found, ""
    if isinstance(found, socket.gaierror):
        return (), eai_name(found)
    if isinstance(found, TimeoutError):
        return (), "ETIMEDOUT"
    return (), "EINVAL" if isinstance(found, ValueError) else "EAI_SYSTEM"


async def _resolve(host: str, seconds: float) -> tuple[str, ...] | Exception:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[str, ...] | Exception] = loop.create_future()

    def tell(result: tuple[str, ...] | Exception) -> None:
        if not done.done():
            done.set_result(result)

    def work() -> None:
        result: tuple[str, ...] | Exception
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            result = tuple(dict.fromkeys(str(x[4][0]) for x in found))
        except (OSError, ValueError) as e:  # UnicodeError is a ValueError
            result = e
        try:
            loop.call_soon_threadsafe(tell, result)
        except RuntimeError:
            pass  # the loop is gone: nobody waits any more

    threading.Thread(target=work, daemon=True, name="resolve").start()
    try:
        async with asyncio.timeout(seconds):
            return await done
    except TimeoutError as e:
        return e


async def lookup(host: str, seconds: float = LOOKUP, rules: guard.Rules | None = None) -> tuple[str, ...]:
    """The addresses of a host, checked. Raises NotAllowedError, or the error of the resolver (an OSError)."""
    name = host.strip("[]")
    try:
        guard.check_host(name)
        if (address := guard.literal(name)) is not None:
            found: tuple[str, ...] | Exception = (str(address),)
        else:
            found = await _resolve(name, seconds)
        if isinstance(found, ValueError):
            raise socket.gaierror(socket.EAI_NONAME, "the name cannot be asked for")
        if isinstance(found, Exception):
            raise found
        guard.check_addresses(name, found, rules or guard.now())
    except guard.Refused as no:
        raise NotAllowedError(str(no)) from None
    return found


# --- connections ------------------------------------------------------------------------------------------------------
def _made(address: str, port: int, kind: socket.SocketKind, rules: guard.Rules | None) -> tuple[socket.socket, object]:
    """A socket for an address, not yet connected, and where to. Raises NotAllowedError, gaierror, OSError."""
    try:
        guard.check_addresses(address, (address,), rules or guard.now())
    except guard.Refused as no:
        raise NotAllowedError(str(no)) from None
    family, kind_, proto, _, where = socket.getaddrinfo(
        address, port, type=kind, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )[0]
    return socket.socket(family, kind_, proto), where


async def connect(
    address: str, port: int, seconds: float, rules: guard.Rules | None = None
) -> tuple[socket.socket | None, str]:
    """A connected socket and "open", or None and the name of the error (ETIMEDOUT for our own deadline)."""
    try:
        return await _connected(address, port, seconds, rules), OPEN
    except socket.gaierror:
        return None, "EINVAL"
    except TimeoutError as e:
        return None, errno_name(e) if e.errno else "ETIMEDOUT"
    except OSError as e:
        return None, errno_name(e)


async def _connected(address: str, port: int, seconds: float, rules: guard.Rules | None) -> socket.socket:
    s, where = _made(address, port, socket.SOCK_STREAM, rules)
    done = False
    try:
        s.setblocking(False)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(s, where)  # type: ignore[arg-type]
        done = True
        return s
    finally:
        if not done:
            s.close()


async def open_stream(
    host: str, port: int, seconds: float, rules: guard.Rules | None = None, context: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first address of `host` that takes one. Raises OSError (NotAllowedError, gaierror too)."""
    async with asyncio.timeout(seconds):
        failure: OSError = OSError(errno.EADDRNOTAVAIL, "no address")
        for address in await lookup(host, seconds, rules):
            try:
                s = await _connected(address, port, seconds, rules)
            except OSError as error:
                failure = error
                continue
            try:
                name = host if context is not None else None
                return await asyncio.open_connection(sock=s, ssl=context, server_hostname=name)
            except BaseException:
                s.close()
                raise
        raise failure


def datagram(address: str, port: int, rules: guard.Rules | None = None) -> socket.socket:
    """A UDP socket that is bound to that place. Nothing is sent. Raises OSError (NotAllowedError, gaierror too)."""
    s, where = _made(address, port, socket.SOCK_DGRAM, rules)
    try:
        s.setblocking(False)
        s.connect(where)  # type: ignore[arg-type]
    except BaseException:
        s.close()
        raise
    return s


# --- HTTP -------------------------------------------------------------------------------------------------------------
def http_transport(
    context: ssl.SSLContext | None,
    proxy: httpx.Proxy | None = None,
    backend: httpcore.AsyncNetworkBackend | None = None,
) -> httpx.AsyncHTTPTransport:
    """A pool of connections that are all opened here. Nothing is read from the environment.

    The hop to a proxy is one that the user's own settings name; what lies behind it must have been checked by name.
    """
    import httpx

    made = httpx.AsyncHTTPTransport(
        verify=context or False, trust_env=False, http1=True, http2=False, retries=0, proxy=proxy,
        limits=httpx.Limits(max_connections=64, keepalive_expiry=20),
    )  # fmt: skip
    made._pool._network_backend = backend or http_backend(guard.GIVEN if proxy is not None else None)
    return made


def http_backend(rules: guard.Rules | None = None) -> httpcore.AsyncNetworkBackend:
    """What httpcore opens its connections with: resolves, checks and dials as everything here does."""
    from .connector_http import Backend

    return Backend(rules)
