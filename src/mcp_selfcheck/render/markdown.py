"""Reports as Markdown, made to be pasted into a public issue: redacted like all others, foreign text in fences only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..model import Explanation, Fix, Report
from .text import WHOSE

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~@&$^=])")


# What a page makes a link, a mention or a picture of without any markup: it stops at a space of no width.
_LINKS = re.compile(r"(?i)(www)(?=\.)|(:)(?=//)|(mailto|xmpp|gh)(?=[:-])|(\\@)|(\\#)|(:)(?=[a-z0-9+_-]{1,40}:)")


def words(text: str) -> str:
    """Foreign or mixed text as inert Markdown: every character that could form markup, a link or a mention is escaped."""
    return _LINKS.sub(r"\g<0>&#8203;", _SPECIAL.sub(r"\\\1", text.replace("\n", " ")))


def fence(text: str) -> str:
    """A code block that its content cannot close."""
    longest = max((len(m) for m in re.findall(r"`+", text)), default=0)
    bar = "`" * max(3, longest + 1)
    return f"{bar}text\n{text}\n{bar}"


def _fix(fix: Fix) -> Iterator[str]:
    yield f"**What to do:** {words(fix.text)}"
    if fix.commands:
        yield fence("\n".join(fix.commands))
    if fix.edit:
        yield fence(f"{fix.edit.file}:{fix.edit.line or ''}\n- {fix.edit.before}\n+ {fix.edit.after}")


def report(r: Report) -> str:
    parts = [f"## {words(r.name)}: {r.verdict.replace('_', ' ')}{f' at {r.broken_at}' if r.broken_at else ''}"]
    parts.append(f"client {r.client}, transport {r.transport}")
    parts.append("| step | state | saw |\n|---|---|---|")
    rows = [f"| {s.layer} | {s.state} | {words(s.saw)} |" for s in r.steps if s.state != "not_applicable"]
    parts[-1] += "\n" + "\n".join(rows)
    for f in r.findings:
        parts.append(f"### {f.title} (`{f.code}`, {f.confidence})")
        parts.append(f"**How we know:** {words(f.proof)}")
        parts.append(f"**What it means:** {words(f.means)}")
        parts += _fix(f.fix)
        parts.append(f"**Whose move:** {WHOSE[f.who]}")
    if r.evidence:
        # A line of the server never begins where one of ours does.
        shown = "\n".join(f"{e.key}: {e.value}".replace("\n", "\n    ") for e in r.evidence)
        parts.append("<details><summary>Evidence (text of the server is quoted, not ours)</summary>\n")
        parts += [fence(shown), "</details>"]
    return "\n\n".join(parts)


def document(reports: Iterable[Report]) -> str:
    return "# mcp-selfcheck report\n\n" + "\n\n".join(report(r) for r in reports) + "\n"


def explanation(e: Explanation) -> str:
    parts = []
    for c in e.candidates:
        parts.append(f"### {c.title} (`{c.code}`, {c.confidence})")
        parts.append(f"**What it means:** {words(c.means)}")
        parts += _fix(c.fix)
    return "\n\n".join(parts) + ("\n\n" + words(e.advice) if e.advice else "")
