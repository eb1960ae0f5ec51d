"""Whether the same entry works in another client: the same server, walked again under that client's rules.

Nothing is guessed from a table alone. Clients whose rules come to the same start, environment, folder, opening and
version share one walk; the client that owns the entry has had its own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from .budget import Budget
from .clients import CLIENTS, SDK_POSIX, Client, by_id, desktop_path, environment, expand_place, working_directory
from .clients_running import path_of_running
from .discover import from_file
from .layers.proxy_route import DIRECT_LOCAL
from .model import ClientVerdict, Report, Target
from .surroundings import environ, here, home

Again = Callable[[Target, Client, Budget], Awaitable[Report]]
# What a client does with other text on stdout is known of few of them.
_NOISE = ("stdio-stdout-pollution", "stdio-dotenv-banner")
AT_ONCE = 3  # the same server at the same time; more of them disturb each other
_ENV_SAYS = {
    "full": "passes your whole environment on",
    "sdk": "passes six variables on (HOME, LOGNAME, PATH, SHELL, TERM, USER) and those of the entry",
    "codex": "passes a short list of variables on and those of the entry",
    "gemini": "passes your environment on without names that look secret",
    "goose": "passes your environment on; the entry cannot set some names",
    "parent-wins": "passes your environment on, and it beats the entry's",
}


def on_this_machine() -> list[Client]:
    """The clients that keep a config of their own here (user scope), in the order of the table."""
    around = (
        environ(),
        home(),
        here(),
    )  # once for all the rows: many servers may be asked about at the same time
    return [
        c for c in CLIENTS
        if any(_exists(p.path, *around) for p in c.configs if p.scope == "user" and _system() in p.systems)
    ]  # fmt: skip


def _system() -> str:
    import sys

    return "linux" if sys.platform.startswith("linux") else sys.platform


def _exists(pattern: str, env: Mapping[str, str], at_home: str, cwd: str) -> bool:
    path = expand_place(pattern, env, at_home, cwd)
    return path is not None and "*" not in path and os.path.isfile(path)


def _reread(target: Target, client: Client) -> Target:
    """The entry as that client would read it: its variables, its default transport, its time limits."""
    same = [t for t in from_file(Path(target.source.file), client=client.id) if t.name == target.name]
    found = same[0] if same else target
    # The file's root key and place belong to the owner; the question is about the entry.
    moved = tuple(p for p in found.problems if p.kind not in ("wrong-root-key", "wrong-file", "duplicate-server"))
    return replace(found, client=client.id, source=target.source, problems=moved)


def _rules(target: Target, client: Client) -> Hashable:
    """What decides the outcome; equal keys share a walk."""
    kinds = tuple(sorted(p.kind for p in target.problems))
    shared = (
        client.opening, client.version, client.only_version, client.respawns, client.strict_stdout, client.tool_limit,
        client.name_limit, kinds, target.disabled,
    )  # fmt: skip
    if target.transport == "stdio":
        given = environment(client, target, environ())
        return (
            "stdio", tuple(sorted(given.items())), working_directory(client, target, environ()), tuple(target.argv()),
            "stdio" in client.transports, target.start_timeout or client.start_timeout, *shared,
        )  # fmt: skip
    url = target.url.reveal() if target.url else ""
    headers = tuple(sorted((k, v.reveal()) for k, v in target.headers.items()))
    local = client.id in DIRECT_LOCAL
    return (target.transport, url, headers, client.honours_proxy, local, client.url_default, *shared)


async def compare(
    target: Target, report: Report, named: Iterable[str], budget: Budget, again: Again
) -> tuple[ClientVerdict, ...]:
    """One verdict for each other client on this machine, and for each that is named. Empty when there is none.

    `again(target, client, budget)` walks the entry under that client's rules. What does not fit into the time is
    "unknown", and so is everything when the config or our own program failed.
    """
    if report.verdict in ("not_checked", "selfcheck_failed") or not os.path.isfile(target.source.file):
        return ()
    asked = [by_id(n) for n in named]
    others = {c.id: c for c in [*on_this_machine(), *asked] if c.id not in (target.client, "unknown")}
    others = await _as_started(others, by_id(target.client), target, budget)
    own = [_verdict(c, target, report) for c in asked if c.id == target.client]
    read = {c.id: _reread(target, c) for c in others.values()}
    groups: dict[Hashable, list[Client]] = {}
    for c in others.values():
        groups.setdefault(_rules(read[c.id], c), []).append(c)
    known: dict[Hashable, Report | None] = {_rules(target, by_id(target.client)): report}
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one(key: Hashable, members: Sequence[Client]) -> None:
        async with at_once:
            if budget.left() < 2:
                return
            known[key] = await again(read[members[0].id], members[0], budget)

    await asyncio.gather(*(one(k, m) for k, m in groups.items() if k not in known))
    bare = {c.id: replace(c, env="sdk") for c in others.values() if _env_matters(c, read[c.id], known)}
    poor: dict[Hashable, list[Client]] = {}
    for c in bare.values():
        poor.setdefault(_rules(read[c.id], c), []).append(c)
    await asyncio.gather(*(one(k, m) for k, m in poor.items() if k not in known))
    again_poor = {c.id: known.get(_rules(read[c.id], c)) for c in bare.values()}
    return (
        *own,
        *(
            _unsure(c, again_poor[c.id]) or _verdict(c, read[c.id], known.get(_rules(read[c.id], c)))
            if c.id in again_poor
            else _verdict(c, read[c.id], known.get(_rules(read[c.id], c)))
            for c in others.values()
        ),
    )


def _env_matters(client: Client, target: Target, known: Mapping[Hashable, Report | None]) -> bool:
    """Whether nobody knows what this client passes on, and with all of it the server works: then less is tried too."""
    if client.env != "unknown" or target.transport != "stdio":
        return False
    report = known.get(_rules(target, client))
    return report is not None and report.verdict in ("healthy", "warning")


def _unsure(client: Client, poor: Report | None) -> ClientVerdict | None:
    """What is said when the server works with the whole environment and not with the SDKs' six variables."""
    if poor is None or poor.verdict in ("healthy", "warning", "selfcheck_failed"):
        return None
    why = f"{poor.findings[0].title}: {poor.findings[0].proof}" if poor.findings else f"breaks at {poor.broken_at}"
    because = (
        "what it passes on to a server is not documented. With your whole environment the server works; with only "
        f"{', '.join(SDK_POSIX)} it does not: {why}"
    )
    return ClientVerdict(client=client.id, works="unknown", because=because[:500])


async def _as_started(
    others: dict[str, Client], owner: Client, target: Target, budget: Budget
) -> dict[str, Client]:  # fmt: skip
    """Desktop programs that do not run get the PATH of a desktop session, where the owner's was that of a shell."""
    away = [c for c in others.values() if c.gui and path_of_running(c) is None]
    if not away or owner.gui or target.transport != "stdio" or _system() != "linux":
        return others
    path = await desktop_path(environ(), budget.at_most(3))
    return others | {c.id: replace(c, session_path=path) for c in away if path}


def _verdict(client: Client, target: Target, report: Report | None) -> ClientVerdict:
    if report is None:
        return ClientVerdict(
            client=client.id, works="unknown", because="no time was left to start it under that client's rules"
        )
    limited = next((f for f in report.findings if f.code == "tools-too-many"), None)
    if report.verdict == "warning" and limited is not None:
        return ClientVerdict(client=client.id, works="no", because=f"{limited.title}: {limited.proof}"[:500])
    if report.findings and report.findings[0].code in _NOISE and client.strict_stdout is None:
        because = f"whether it passes over such a line is not known. {report.findings[0].proof}"
        return ClientVerdict(client=client.id, works="unknown", because=because[:500])
    if report.verdict in ("healthy", "warning"):
        rules = _ENV_SAYS.get(client.env, "") if target.transport == "stdio" else ""
        because = f"{rules}; the server answered under these rules" if rules else "the server answered under its rules"
        if report.findings and report.findings[0].code in _NOISE:
            because += "; it passes over the text on stdout that is no message"
        return ClientVerdict(client=client.id, works="yes", because=because)
    if report.verdict == "not_checked":
        return ClientVerdict(
            client=client.id,
            works="unknown",
            because="what it makes of this entry was not approved, so it is not started",
        )
    if report.verdict == "selfcheck_failed":
        return ClientVerdict(client=client.id, works="unknown", because="mcp-selfcheck failed while it tried")
    if report.findings and report.findings[0].layer == "proxy" and client.honours_proxy is None:
        because = f"whether it takes the proxy of your environment is not known. {report.findings[0].proof}"
        return ClientVerdict(client=client.id, works="unknown", because=because[:500])
    if report.findings:
        f = report.findings[0]
        rules = f"{_ENV_SAYS[client.env]}. " if target.transport == "stdio" and client.env in _ENV_SAYS else ""
        return ClientVerdict(client=client.id, works="no", because=f"{rules}{f.title}: {f.proof}"[:500])
    seen = next((s.saw for s in report.steps if s.state == "broken"), "")
    return ClientVerdict(client=client.id, works="no", because=f"breaks at {report.broken_at}: {seen}"[:300])
