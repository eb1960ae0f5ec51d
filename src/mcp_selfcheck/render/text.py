"""Reports for people at a terminal: a ladder of steps, then what it is, how we know, what it means, what to do, whose move."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from ..model import Candidate, Cause, Explanation, Finding, Report, Target

_MARKS = {
    "passed": ("✓", "+"), "warning": ("!", "!"), "broken": ("✗", "x"), "not_reached": ("·", "."),
    "not_applicable": (" ", " "),
}  # fmt: skip
_COLOURS = {"passed": "32", "warning": "33", "broken": "31", "not_reached": "90", "bold": "1", "dim": "90"}
_VERDICTS = {
    "healthy": ("passed", "healthy"),
    "warning": ("warning", "works, with a warning"),
    "broken": ("broken", "broken"),
    "unexplained": ("broken", "broken, cause not proven"),
    "not_checked": ("warning", "not checked"),
    "selfcheck_failed": ("broken", "mcp-selfcheck itself failed"),
}
WHOSE = {
    "you": "yours",
    "server_author": "the author of the server",
    "network_admin": "whoever runs the network or the gateway",
    "client_vendor": "the vendor of the client",
}


@dataclass(frozen=True)
class Style:
    """How a stream may be written to: columns, colour (NO_COLOR and TERM=dumb switch it off), and whether it takes Unicode."""

    width: int = 88
    colour: bool = False
    unicode: bool = True
    home: str = ""

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str]) -> Style:
        tty = stream.isatty()
        colour = tty and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        width = min(100, max(40, shutil.get_terminal_size((88, 24)).columns)) if tty else 88
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
        return cls(width, colour, encoding.startswith("utf"), environ.get("HOME", ""))

    def paint(self, kind: str, text: str) -> str:
        return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if self.colour and kind in _COLOURS else text

    def mark(self, state: str) -> str:
        return self.paint(state, _MARKS[state][0 if self.unicode else 1])

    def path(self, text: str) -> str:
        """A path with the home directory as ~."""
        if len(self.home) > 1 and text.startswith(self.home + os.sep):
            return "~" + text[len(self.home) :]
        return text

    def encode(self, text: str) -> str:
        return text if self.unicode else text.encode("ascii", "backslashreplace").decode()

    def block(self, label: str, text: str, indent: int = 4, column: int = 15) -> Iterator[str]:
        """A label in the left column and text wrapped beside it."""
        room = max(20, self.width - indent - column)
        lines = [
            part
            for line in text.splitlines() or [""]
            for part in textwrap.wrap(line, room, break_long_words=False) or [""]
        ]
        for number, line in enumerate(lines):
            head = self.paint("dim", label.ljust(column)) if number == 0 else " " * column
            yield " " * indent + head + line


def cut(text: str, room: int) -> str:
    """The text in one line, at most `room` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= room else flat[: room - 1] + "…"


def place(source_file: str, line: int | None, style: Style) -> str:
    return style.path(source_file) + (f":{line}" if line else "")


def report(r: Report, style: Style) -> str:
    """One server's report."""
    kind, words = _VERDICTS[r.verdict]
    where = f" at {r.broken_at}" if r.broken_at else ""
    head = f"{style.paint('bold', r.name)}  {style.paint(kind, words + where)}"
    lines = [head, style.paint("dim", f"  {r.client}, {r.transport}, {place(r.source.file, r.source.line, style)}")]
    lines += _ladder(r, style)
    for f in r.findings:
        lines += ["", *finding(f, style)]
    reason = next((e.value for e in r.evidence if e.key in ("config.consent", "dns.refused")), "")
    if r.verdict == "not_checked" and reason:
        lines += ["", *style.block("Why not", reason, 2, 16)]
    elif r.verdict in ("unexplained", "selfcheck_failed", "not_checked"):
        lines += ["", *_evidence(r, style)]
    known = [c for c in r.clients if c.works != "unknown"]
    if known:
        lines += ["", "  In other clients"]
        for c in known:
            lines += style.block(
                f"{style.mark('passed' if c.works == 'yes' else 'broken')} {c.client}", c.because, 4, 20
            )
    return style.encode("\n".join(lines))


def _ladder(r: Report, style: Style) -> Iterator[str]:
    steps = [s for s in r.steps if s.state != "not_applicable"]
    if r.verdict == "healthy":
        names = " ".join(f"{style.mark(s.state)} {s.layer}" for s in steps)
        yield f"  {names}"
        said = [s.saw for s in steps if s.saw]
        if said:
            yield style.paint("dim", f"  {said[-1]}")
        return
    for s in (x for x in steps if x.state != "not_reached"):
        room = max(20, style.width - 17)
        text = cut(s.saw, room) if s.saw else ""
        yield f"  {style.mark(s.state)} {s.layer.ljust(12)} {style.paint('dim', text) if s.state != 'broken' else text}"
    later = [s.layer for s in steps if s.state == "not_reached"]
    if later:
        yield f"  {style.mark('not_reached')} {style.paint('dim', 'not reached: ' + ', '.join(later))}"


def finding(f: Finding, style: Style) -> Iterator[str]:
    """What is, how we know, what it means, what to do, whose move."""
    kind = {"error": "broken", "warning": "warning", "info": "dim"}[f.severity]
    sure = "" if f.confidence == "proven" else f"  ({f.confidence})"
    yield f"  {style.paint(kind, f.title)}{sure}  {style.paint('dim', f.code)}"
    yield from style.block("How we know", f.proof)
    yield from style.block("What it means", f.means)
    yield from style.block("What to do", f.fix.text)
    for command in f.fix.commands:
        yield " " * 19 + f"$ {command}"
    if f.fix.edit:
        e = f.fix.edit
        yield " " * 19 + place(e.file, e.line, style)
        for sign, text in (("-", e.before), ("+", e.after)):
            for line in text.splitlines():
                yield " " * 19 + style.paint("broken" if sign == "-" else "passed", f"{sign} {line}")
    if f.confirm_with:
        given = ", ".join(f"{k}={v}" for k, v in f.confirm_with.arguments.items())
        yield from style.block("To be sure", f"{f.confirm_with.tool}({given})")
    yield from style.block("Whose move", WHOSE[f.who])


def _evidence(r: Report, style: Style) -> Iterator[str]:
    yield "  What was seen (text of the server is quoted, not ours)"
    for e in r.evidence:
        yield from style.block(e.key, cut(e.value, 400), 4, 30)


def summary(reports: Iterable[Report]) -> str:
    """One line that counts the verdicts."""
    counts: dict[str, int] = {}
    for r in reports:
        counts[r.verdict] = counts.get(r.verdict, 0) + 1
    total = sum(counts.values())
    parts = [f"{counts[v]} {v.replace('_', ' ')}" for v in _VERDICTS if v in counts]
    return f"{total} server{'s' if total != 1 else ''}: " + ", ".join(parts)


def targets(found: Iterable[Target], style: Style) -> str:
    """The configured servers by file. Arguments are shown only where they are no secret; environment only by name."""
    lines: list[str] = []
    last = ("", "")
    marked = False
    for t in found:
        if (t.client, t.source.file) != last:
            last = (t.client, t.source.file)
            lines += ["", f"{style.paint('bold', t.client)}  {style.paint('dim', style.path(t.source.file))}"]
        lines += _target(t, style)
        marked = marked or bool(t.problems)
    if marked:
        lines += [
            "",
            *textwrap.wrap("mcp-selfcheck diagnose NAME proves what a mark means and says what to do.", style.width),
        ]
    return style.encode("\n".join(lines).strip("\n"))


def _target(t: Target, style: Style) -> Iterator[str]:
    """What the client runs or contacts, where it differs for further readers, and what is wrong with the entry."""
    what = t.shown_url or " ".join([t.command or "", *(str(a) for a in t.args)]).strip() or "nothing to start"
    scope = f"  [{', '.join(x for x in (t.source.scope, 'disabled' if t.disabled else '') if x not in ('user', 'given', ''))}]"
    scope = "" if scope == "  []" else scope
    head = f"  {(t.name or '(no name)').ljust(20)} {t.transport.ljust(6)} "
    room = style.width - len(head) - len(scope)
    if room < 24:  # a narrow terminal: each on a line of its own
        yield f"  {t.name or '(no name)'}  {t.transport}{scope}"
        yield f"    {cut(what, style.width - 4)}"
    else:
        yield f"{head}{cut(what, room)}{scope}"
    if t.cwd:
        yield f"    in {cut(style.path(t.cwd), style.width - 7)}"
    for p in t.problems:
        at = f", line {p.line}" + (f", column {p.column}" if p.column else "") if p.line else ""
        yield f"    {style.mark('broken' if p.fatal else 'warning')} config-{p.kind}{at}"
    same = [client for client, differs in t.also if not differs]
    if same:
        yield f"    {cut('also read by ' + ', '.join(same), style.width - 4)}"
    for client, differs in t.also:
        if differs:
            yield from textwrap.wrap(
                f"{client} reads it too, and {differs}", style.width, initial_indent=f"    {_MARKS['warning'][0]} ",
                subsequent_indent="      ", break_long_words=False,
            )  # fmt: skip


def explanation(e: Explanation, style: Style) -> str:
    lines: list[str] = []
    for number, c in enumerate(e.candidates, 1):
        lines += [f"{number}. {style.paint('bold', c.title)}  ({c.confidence})  {style.paint('dim', c.code)}"]
        lines += [*candidate(c, style), ""]
    if e.advice:
        lines += textwrap.wrap(e.advice, style.width)
    if not lines:
        lines = ["This text names no cause that we know. `mcp-selfcheck diagnose NAME` looks at the server itself."]
    return style.encode("\n".join(lines).rstrip())


def candidate(c: Candidate, style: Style) -> Iterator[str]:
    if c.matched:
        yield from style.block("Because of", f"“{c.matched}”")
    yield from style.block("What it means", c.means)
    yield from style.block("What to do", c.fix.text)
    for command in c.fix.commands:
        yield " " * 19 + f"$ {command}"
    if c.confirm_with:
        given = ", ".join(f"{k}={v}" for k, v in c.confirm_with.arguments.items())
        yield from style.block("To be sure", f"{c.confirm_with.tool}({given})")


def page(c: Cause, style: Style) -> str:
    """The page of one cause."""
    lines = [f"{style.paint('bold', c.title)}  {style.paint('dim', c.code)}", ""]
    lines += [*style.block("Family", f"{c.layer} / {c.family}", 2), *style.block("What it means", c.means, 2)]
    lines += [*style.block("What to do", c.fix, 2), *(" " * 17 + f"$ {command}" for command in c.commands)]
    lines += style.block("Whose move", WHOSE[c.who], 2)
    if c.exempt:
        lines += style.block("Not proven here", c.exempt, 2, 17)
    return style.encode("\n".join(lines))


def step(answer: Any, style: Style) -> str:
    """The answer of a single step, line by line as it puts it itself."""
    lines = [part for line in answer.says for part in textwrap.wrap(line, style.width, subsequent_indent="  ") or [""]]
    return "\n".join([f"{style.mark('passed' if answer.ok else 'broken')} {lines[0]}" if lines else "", *lines[1:]])
