"""One step alone: the stages of a connection to a URL, one after the other, with a time for each. No cause is looked for."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from .. import surroundings
from ..budget import Budget
from ..clients import UNKNOWN
from ..redact import Gate, url_secrets
from .connector import lookup, open_stream
from .exchange import Answer, Door, Question, shown
from .exchange_error import broken_by
from .http_matrix import endpoint_of
from .http_open import is_protocol, opening, wants_auth
from .http_peer import CLOSING, stream_question
from .proxy_route import route
from .proxy_system import system_settings

LIMIT = 14.5  # seconds
STAGE = 5.0
PAGES = ("/health", "/healthz", "/")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """`state`: passed, broken, not_reached, not_applicable. `said` is what came, in a few words."""

    name: str
    state: str
    ms: float = 0.0
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class HealthAnswer:
    """`ok` when MCP answers in one of the eras over one of the transports. `mcp` tells what was asked and what came,
    `proxy` which proxy the settings name for this URL: the questions here go directly.
    """

    ok: bool
    says: tuple[str, ...] = ()
    url: str = ""
    stages: tuple[Stage, ...] = ()
    pages: tuple[Stage, ...] = ()
    mcp: tuple[Stage, ...] = ()
    proxy: str = ""


class _Clock:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()

    @property
    def ms(self) -> float:
        return round((time.perf_counter() - self._begun) * 1000, 1)


async def probe_health(url: str) -> HealthAnswer:
    """Goes through the stages until one breaks, inside LIMIT seconds. The caller has made sure that the URL may be
    contacted. Sends plain GETs, server/discover and initialize, without any credentials but those in the URL.
    """
    gate = Gate(url_secrets(url))
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return HealthAnswer(ok=False, says=(f"{gate.line(url, 80)} is no URL that can be read.",))
    if parts.scheme not in ("http", "https") or not host:
        return HealthAnswer(ok=False, says=(f"{gate.line(url, 80)} is no http or https URL.",))
    budget, door = Budget(LIMIT), Door(url.strip())
    try:
        stages = await _connection(door, host, port, parts.scheme == "https", budget)
        pages: tuple[Stage, ...] = ()
        mcp: tuple[Stage, ...] = ()
        if all(s.state != "broken" for s in stages):
            pages, mcp, more = await _http(door, budget)
            stages = [*stages, *more]
    finally:
        await door.close()
    stages += [Stage(name=n, state="not_reached") for n in ("HTTP", "auth", "MCP") if n not in [s.name for s in stages]]
    answer = HealthAnswer(
        ok=stages[-1].state == "passed", url=shown(url.strip()), stages=tuple(stages), pages=pages, mcp=mcp,
        proxy=_proxy(url.strip()),
    )  # fmt: skip
    return _clean(answer, gate)


def _proxy(url: str) -> str:
    """The proxy that the settings name for the URL, and the setting."""
    environ = surroundings.environ()
    way = route(url, environ, UNKNOWN, system_settings(environ, "vscode"))
    return f"{way.shown} ({way.variable})" if way.proxied else ""


async def _connection(door: Door, host: str, port: int, secure: bool, budget: Budget) -> list[Stage]:
    """DNS, TCP and TLS; the open address goes into the door."""
    found: list[Stage] = []
    clock = _Clock()
    try:
        addresses = await lookup(host, budget.at_most(STAGE))
    except OSError as error:
        return [
            _failed("DNS", clock, error),
            Stage(name="TCP", state="not_reached"),
            Stage(name="TLS", state="not_reached"),
        ]
    found.append(Stage(name="DNS", state="passed", ms=clock.ms, said=", ".join(addresses[:6])))
    clock, writer = _Clock(), None
    refusal = OSError()
    for address in addresses:
        try:
            _, writer = await open_stream(address, port, budget.at_most(STAGE))
            door.addresses[host.lower()] = address
            break
        except OSError as error:  # TimeoutError too
            refusal = error
    if writer is None:
        return [*found, _failed("TCP", clock, refusal), Stage(name="TLS", state="not_reached")]
    found.append(
        Stage(name="TCP", state="passed", ms=clock.ms, said=f"{door.addresses[host.lower()]} port {port} is open")
    )
    try:
        found.append(
            await _tls(door, writer, host, budget)
            if secure
            else Stage(name="TLS", state="not_applicable", said="plain http")
        )
    finally:
        writer.close()
    return found


async def _tls(door: Door, writer: asyncio.StreamWriter, host: str, budget: Budget) -> Stage:
    clock = _Clock()
    door.context = ssl.create_default_context()
    try:
        async with asyncio.timeout(budget.at_most(STAGE)):
            await writer.start_tls(door.context, server_hostname=host)
    except (OSError, ssl.SSLError) as error:
        return _failed("TLS", clock, error)
    tls = writer.get_extra_info("ssl_object")
    return Stage(
        name="TLS",
        state="passed",
        ms=clock.ms,
        said=f"{tls.version()}, certificate trusted by the system" if tls else "",
    )


def _failed(name: str, clock: _Clock, error: BaseException) -> Stage:
    if isinstance(error, TimeoutError):
        return Stage(name=name, state="broken", ms=clock.ms, said="no answer before the deadline")
    broken = broken_by(error)
    return Stage(name=name, state="broken", ms=clock.ms, said=f"{broken.name} {broken.detail}".strip())


async def _http(door: Door, budget: Budget) -> tuple[tuple[Stage, ...], tuple[Stage, ...], list[Stage]]:
    """Plain GETs first, then both eras and both transports, one after the other so that each time is its own."""
    pages, mcp, answers = [], [], []
    door.transport()  # loads the HTTP library, so that its time is not taken for the server's
    for path in PAGES:
        q = Question(
            what=f"GET {path}", method="GET", url=path, headers={"accept": "*/*"}, until="event", seconds=STAGE / 2
        )
        stage, answer = await _timed(door.ask(q, budget), q.what)
        pages.append(stage)
        answers.append(answer)
    for question in (
        opening("initialize", seconds=STAGE),
        opening("server/discover", seconds=STAGE),
        stream_question(seconds=2.0),
    ):
        stage, answer = await _timed(door.ask(question, budget), question.what)
        mcp.append(replace(stage, state="passed" if _is_mcp(answer) else "broken", said=_about(answer)))
        answers.append(answer)
        await _end(door, answer)
    asked = answers[len(PAGES) :]
    spoke = next((a for a in asked if a.status is not None), None) or next(
        (a for a in answers if a.status is not None), None
    )
    refused = next((a for a in asked if wants_auth(a)), None)
    good = [s for s in mcp if s.state == "passed"]
    said = f"HTTP {spoke.status}" if spoke else asked[0].fact.error
    http = Stage(name="HTTP", state="passed" if spoke else "broken", ms=mcp[0].ms, said=said)
    if spoke is None:
        return tuple(pages), tuple(mcp), [http]
    auth = Stage(name="auth", state="passed", said="no credentials wanted")
    if refused is not None:
        auth = Stage(name="auth", state="broken", said=f"HTTP {refused.status}: the server wants credentials")
    if refused is not None and not good:
        return tuple(pages), tuple(mcp), [http, auth]
    last = Stage(
        name="MCP", state="passed" if good else "broken", ms=good[0].ms if good else mcp[0].ms,
        said="; ".join(s.said for s in good) if good else "neither streamable HTTP nor HTTP+SSE, in neither era",
    )  # fmt: skip
    return tuple(pages), tuple(mcp), [http, auth, last]


async def _timed(asked: Awaitable[Answer], name: str) -> tuple[Stage, Answer]:
    clock = _Clock()
    answer = await asked
    fine = answer.status is not None and answer.status < 400
    return Stage(name=name, state="passed" if fine else "broken", ms=clock.ms, said=answer.fact.said), answer


def _is_mcp(answer: Answer) -> bool:
    return (is_protocol(answer) and answer.message is not None and answer.message.kind == "result") or bool(
        endpoint_of(answer)
    )


def _about(answer: Answer) -> str:
    """What one question showed, in words."""
    said, message = answer.fact.said, answer.message
    if endpoint_of(answer):
        return f"HTTP+SSE, {said}"
    if not _is_mcp(answer) or message is None:
        return f"{said}: {answer.fact.rpc_message[:80]}" if answer.fact.rpc_message else said
    if "discover" in answer.fact.what:
        return f"streamable HTTP, modern era, {said}"
    return f"streamable HTTP, legacy era {str(message.result.get('protocolVersion', ''))[:20]}, {said}"


async def _end(door: Door, answer: Answer) -> None:
    session = answer.header("mcp-session-id")
    if session and answer.status is not None and answer.status < 300:
        headers = {"mcp-session-id": session}
        q = Question(what="DELETE session", method="DELETE", headers=headers, until="head", seconds=CLOSING)
        await door.ask(q, Budget(CLOSING))


def _clean(answer: HealthAnswer, gate: Gate) -> HealthAnswer:
    """Words for people, and every text through the gate."""

    def tidy(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        return tuple(replace(s, said=gate.line(s.said, 300)) for s in stages)

    answer = replace(
        answer,
        url=gate.line(answer.url),
        proxy=gate.line(answer.proxy),
        stages=tidy(answer.stages),
        pages=tidy(answer.pages),
        mcp=tidy(answer.mcp),
    )
    broken = next((s for s in answer.stages if s.state == "broken"), None)
    head = (
        f"{answer.url} answers as MCP."
        if answer.ok
        else f"{answer.url}: {broken.name if broken else 'MCP'} does not work."
    )
    lines = [f"  {s.name:5} {_mark(s)}" for s in answer.stages]
    more = [f"  {s.name}: {_mark(s)}" for s in (*answer.mcp, *answer.pages)]
    if answer.proxy:
        more.append(
            f"  Asked directly. The settings send this URL through {answer.proxy}: check_proxy compares both ways."
        )
    return replace(answer, says=(head, *lines, *more))


def _mark(s: Stage) -> str:
    if s.state in ("not_reached", "not_applicable"):
        return s.said or s.state.replace("_", " ")
    return f"{s.said} ({s.ms:g} ms)"
