"""A text becomes ranked causes, or the honest answer that it carries nothing."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import BinaryIO

from . import causes
from .examine import fill, named
from .explain_codes import alone
from .explain_foreign import in_a_report, is_foreign, least_score, without_foreign
from .explain_rank import Ranked, rank
from .explain_words import UNKNOWN, implied
from .model import Candidate, Cause, Confidence, Confirm, Explanation, Fix
from .reading import matches
from .reading_context import details, tags
from .reading_stream import condensed
from .reading_text import Clean, clean, decoded
from .redact import Gate

WHOLE = 96 * 1024  # characters that are read entirely; of a longer text the lines that can matter (reading_stream)
MOST = 5


def explain(text: str | bytes) -> Explanation:
    """Ranked causes for a pasted error, a log of any size, a catalogue code or a bare error code; never raises."""
    if isinstance(text, bytes):
        text = decoded(text) if len(text) <= WHOLE else text
    if isinstance(text, str) and len(text) <= WHOLE:
        known = causes.by_code().get(text.strip())
        if known is not None:
            return Explanation(candidates=(_candidate(known, "possible", known.code, {}, Gate()),))
        codes = alone(text)
        if codes:
            return _of_codes(text, codes)
        return explain_clean(clean(text))
    return explain_chunks((text,))


def explain_chunks(chunks: Iterable[str | bytes]) -> Explanation:
    """The same for a text that comes in pieces, in bounded memory; the newest failure counts most."""
    return explain_clean(condensed(chunks))


def explain_stream(stream: BinaryIO) -> Explanation:
    """The same for an open binary file: read in pieces, never held whole."""
    head = stream.read(WHOLE + 1)
    if len(head) <= WHOLE:
        return explain(head)
    return explain_chunks(chain((head,), iter(lambda: stream.read(1 << 20), b"")))


def explain_clean(text: Clean) -> Explanation:
    if is_foreign(text):
        return Explanation(advice=_nothing(""))
    text = without_foreign(text)
    about = tags(text.text)
    floor = least_score(text, about)
    wrong = in_a_report(text)
    heard = [h for h in matches(text, hints=True, about=about) if h.score >= floor and wrong(h.line)]
    ranked = rank(text, heard)[:MOST]
    if not ranked:
        return Explanation(advice=_nothing(about))
    gate = Gate.for_targets()
    world = details(text.text)
    found = [
        _candidate(r.cause, _confidence(r, ranked), r.heard.matched, {**world, **r.heard.values}, gate) for r in ranked
    ]
    return Explanation(candidates=tuple(found), advice=_advice(ranked, found, about))


def _confidence(one: Ranked, ranked: list[Ranked]) -> Confidence:
    """Text alone is at most `likely`, and only where nothing else fits nearly as well."""
    if one is not ranked[0] or one.heard.score < 2.4:
        return "possible"
    return "likely" if len(ranked) == 1 or one.points - ranked[1].points >= 0.3 else "possible"


def _candidate(c: Cause, confidence: Confidence, matched: str, values: Mapping[str, str], gate: Gate) -> Candidate:
    shown = {k: gate.line(v, 200) for k, v in implied(named(values)).items()}
    commands = [fill(x, shown, shell=True) for x in c.commands if _names(x) <= shown.keys()]
    return Candidate(
        code=c.code, layer=c.layer, family=c.family, confidence=confidence, title=c.title, matched=gate.line(matched),
        means=c.means,
        fix=Fix(text=fill(c.fix, {**UNKNOWN, **shown}), commands=tuple(commands)),
        confirm_with=_confirm(c, shown),
    )  # fmt: skip


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


_BY_LAYER: dict[str, Confirm] = {
    "tcp": Confirm("check_port", {"port": "{port}"}),
    "proxy": Confirm("check_proxy", {"url": "{url}"}),
    **dict.fromkeys(("dns", "tls", "http", "auth", "session"), Confirm("probe_health", {"url": "{url}"})),
}


def _confirm(c: Cause, values: Mapping[str, str]) -> Confirm:
    """The cause's own check, else the one of its layer, when the text names what it needs; else the whole ladder."""
    for check in (c.confirm_with, _BY_LAYER.get(c.layer)):
        if check is None:
            continue
        arguments = {k: fill(v, values) for k, v in check.arguments.items()}
        if not any(v.startswith("<") and v.endswith(">") for v in arguments.values()):
            if check.tool == "check_port" and values.get("host") and "host" not in arguments:
                arguments["host"] = values["host"]
            return Confirm(check.tool, arguments)
    return Confirm("diagnose", {})


def _of_codes(text: str, codes: tuple[str, ...]) -> Explanation:
    gate = Gate.for_targets()
    found = [causes.by_code()[code] for code in codes if code in causes.by_code()][:MOST]
    candidates = tuple(
        _candidate(c, "likely" if len(found) == 1 else "possible", text.strip(), {}, gate) for c in found
    )
    return Explanation(candidates=candidates, advice=_apart(candidates))


def _apart(found: tuple[Candidate, ...] | list[Candidate]) -> str:
    """The one check that tells the first two apart."""
    if len(found) < 2 or found[0].confidence == "likely":
        return ""
    check = found[0].confirm_with or Confirm("diagnose", {})
    named = ", ".join(f"{k} {v}" for k, v in check.arguments.items())
    return (
        f"Run {check.tool}{' with ' + named if named else ''}: its answer tells {found[0].code} from {found[1].code}."
    )


_LOGS = {
    "claude-desktop": "mcp-server-<name>.log in Claude's log folder",
    "claude-code": "the newest mcp-logs-<name>/*.jsonl in the cache folder claude-cli-nodejs",
    "vscode": "the Output panel “MCP: <name>”, or mcpServer.*.log",
    "cursor": "mcp-server-*-<name>.log in Cursor's log folder",
    "codex": "the lines “MCP server stderr” of Codex's log",
    "goose": "the newest file below ~/.local/state/goose/logs",
    "zed": "Zed.log at level debug",
}


def _place(about: str) -> str:
    return next((place for client, place in _LOGS.items() if f"«{client}»" in about), "")


def _nothing(about: str) -> str:
    place = _place(about)
    where = f" ({place})" if place else ""
    return f"This text names no cause. Fetch what the server itself wrote{where}, or run diagnose on the server."


def _advice(ranked: list[Ranked], found: list[Candidate], about: str) -> str:
    if ranked[0].heard.score < 1.3:
        place = _place(about)
        where = f": {place}" if place else ""
        return f"These words stand before many causes. Fetch the server's stderr{where}, or run diagnose."
    return _apart(found)
