"""What a person is shown before a project's entry is started or contacted: exactly that, whole, and harmless to show."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .consent import Deed
from .model import Secret, Target, plain
from .redact import Gate, exact, secrets_in

# What can be hidden without hiding what would be executed: no blanks, quotes, or characters of a shell or a language.
_OPAQUE = re.compile(r"[\w.~+/=:@%,-]+")


def question(target: Target, deed: Deed) -> str:
    """Where the entry stands and what would happen, each argument on a line of its own."""
    source = target.source
    line = f", line {source.line}" if source.line else ""
    does = "contacted" if deed.url else "started"
    rows = [
        f"The MCP server {_quoted(target.name)} came with a project: {exact(source.file)}{line} ({target.client}).",
        f"To diagnose it, it has to be {does}:",
        *(f"  {label.ljust(12)}{text}" for label, text in _rows(target, deed)),
        f"  {'approval'.ljust(12)}{deed.fingerprint[:16]}: it ends with any change of the above",
    ]
    return "\n".join(rows)


def _rows(target: Target, deed: Deed) -> Iterator[tuple[str, str]]:
    gate = _gate(target)
    if deed.url:
        yield "URL", exact(gate.clean(target.shown_url)) + (" (with a query, hidden)" if "?" in deed.url else "")
        if target.headers:
            yield "headers", ", ".join(exact(name) for name in sorted(target.headers))
        return
    yield "program", exact(deed.program) or "nothing has that name here"
    yield "written as", _quoted(deed.command)
    for number, word in enumerate(target.args, 1):
        yield f"argument {number}", _word(word, gate)
    yield "folder", exact(deed.folder)
    if deed.names:
        yield "variables", ", ".join(exact(name) for name in deed.names)


def _quoted(text: str) -> str:
    return '"' + exact(text).replace('"', '\\"') + '"'


def _opaque(word: str | Secret) -> bool:
    return isinstance(word, Secret) and bool(_OPAQUE.fullmatch(word.reveal()))


def _gate(target: Target) -> Gate:
    """Knows the values of the entry that are no part of what is executed."""
    hidden = [plain(a) for a in target.args if _opaque(a)]
    for values in (target.env, target.headers):
        hidden += [s for name, value in values.items() for s in secrets_in(name, value.reveal())]
    return Gate(hidden)


def _word(word: str | Secret, gate: Gate) -> str:
    if _opaque(word):
        return f"*** ({len(plain(word))} characters, hidden because it looks like a secret; the file has it)"
    return _quoted(gate.clean(plain(word)))
