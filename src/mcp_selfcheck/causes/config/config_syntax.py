"""The file does not parse as its client reads it."""

from __future__ import annotations

from ...facts.config import ConfigFacts
from ...model import Confirm, Edit, Problem, Proof, Trace, cause
from .later import change, died, explained, place, said

_MEANS = (
    "The client reads the file as strict JSON and gives up at the first place that breaks the rules. "
    "Then none of the servers in the file exists for it, also those that are written correctly."
)
_CONFIRM = Confirm("list_servers", {})


def _stop(t: Trace, kind: str) -> tuple[ConfigFacts, Problem] | None:
    f = t.get(ConfigFacts)
    p = f.stops(kind) if f is not None else None
    return (f, p) if f is not None and p is not None else None


def _edit(f: ConfigFacts, p: Problem) -> Edit | None:
    return change(f.file, p.line, p.before, p.after) if p.before and p.after is not None else None


def _proof(t: Trace, kind: str, sentence: str) -> Proof | None:
    """`sentence` may hold {at} (file, line and column), {what} and {client}."""
    found = _stop(t, kind)
    if found is None:
        return None
    f, p = found
    values = {"file": f.file, "line": str(p.line or ""), "column": str(p.column or ""), "what": p.detail}
    text = sentence.format(at=place(f, p), what=p.detail, client=f.client_name)
    return Proof(text, (f"config.seen[{kind}]", "config.file"), values, edit=_edit(f, p))


@cause(
    "config-bom", "config-syntax",
    title="The config file begins with a byte order mark",
    means="An editor saved the file as “UTF-8 with BOM”. The three invisible bytes before the first { make strict JSON "
    "parsers refuse the whole file.",
    who="you",
    fix="Save {file} again as UTF-8 without BOM.",
    commands=["sed -i '1s/^\\xEF\\xBB\\xBF//' {file}"],
    confirm_with=_CONFIRM,
)  # fmt: skip
def bom(t: Trace) -> Proof | None:
    return _proof(t, "bom", "{at}: {what}; without them the file parses. {client} refuses them.")


@cause(
    "config-smart-quotes", "config-syntax",
    title="Typographic quotes stand where plain quotes belong",
    means="Text copied from a web page, a chat or a word processor carries curly quotes. JSON knows only the plain "
    "quote \"; inside a value the curly ones become part of it.",
    who="you",
    fix="Replace the typographic quotes at line {line} of {file} by plain ones (\").",
    confirm_with=_CONFIRM,
)  # fmt: skip
def smart_quotes(t: Trace) -> Proof | None:
    stopped = _proof(t, "smart-quotes", "{at}: {what} stands where JSON wants a plain quote.")
    if stopped is not None:
        return stopped
    f = t.get(ConfigFacts)
    for p in f.all("smart-quotes") if f is not None else ():
        assert f is not None
        name = p.where.split(".", 1)[-1]
        bare = name.strip("“”„‟«»‘’‚‛″")
        seen = p.note == "key" and died(t) and said(t, bare)
        if seen or (p.note == "value" and explained(t, f, p)):
            text = f"{place(f, p)}: {p.where} has typographic quotes as part of it" + (
                f", so {bare} is not set, and the server says that it misses it." if p.note == "key"
                else ": they are not removed, and the server looks for a name that has them."
            )  # fmt: skip
            return Proof(
                text, ("config.seen[smart-quotes]", "config.file"), {"file": f.file, "line": str(p.line or "")}
            )
    return None


@cause(
    "config-comments", "config-syntax",
    title="A comment stands in a strict JSON file",
    means=_MEANS + " Comments are allowed in some clients' files, not in this one.",
    who="you",
    fix="Remove the comment at line {line} of {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def comments(t: Trace) -> Proof | None:
    return _proof(t, "comments", "{at}: {what}. {client} reads strict JSON here, which has no comments.")


@cause(
    "config-trailing-comma", "config-syntax",
    title="A comma stands behind the last item",
    means=_MEANS,
    who="you",
    fix="Remove the comma at line {line}, column {column} of {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def trailing_comma(t: Trace) -> Proof | None:
    return _proof(t, "trailing-comma", "{at}: {what}. Strict JSON, which {client} reads here, does not allow it.")


@cause(
    "config-two-objects", "config-syntax",
    title="A second JSON object follows the first",
    means="A ready-made block was pasted behind the closing brace instead of into the existing object. "
    "A file may hold one object only, so the client refuses all of it.",
    who="you",
    fix="Move the entries of the object at line {line} of {file} into the first object, under one root key.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def two_objects(t: Trace) -> Proof | None:
    found = _stop(t, "two-objects")
    if found is not None and found[1].note == "root twice":
        return _proof(t, "two-objects", "{at}: {what}. Parsers keep the last one, and this entry stands in the first.")
    return _proof(t, "two-objects", "{at}: a second object begins here, behind the end of the first.")


@cause(
    "config-invalid-escape", "config-syntax",
    title="A single backslash stands in a JSON string",
    means="In JSON a backslash begins an escape such as \\n. A Windows path needs two backslashes for each one, or "
    "forward slashes; some single ones are an error, others silently become a tab or a line break.",
    who="you",
    fix="Double the backslashes, or write forward slashes, at line {line} of {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def invalid_escape(t: Trace) -> Proof | None:
    stopped = _proof(t, "invalid-escape", "{at}: {what}.")
    if stopped is not None:
        return stopped
    f = t.get(ConfigFacts)
    p = f.problem("invalid-escape") if f is not None else None
    if f is None or p is None or not explained(t, f, p):
        return None
    text = f"{place(f, p)}: {p.where} is {p.detail}: its single backslashes were read as control characters."
    return Proof(text, ("config.seen[invalid-escape]", "config.file"), {"file": f.file, "line": str(p.line or "")})


@cause(
    "config-invalid-syntax", "config-syntax",
    title="The config file does not parse",
    means="The client gives up at the first place that breaks the format's rules. Then none of the servers in the file "
    "exists for it, also those that are written correctly.",
    who="you",
    fix="Correct line {line}, column {column} of {file}.",
    confirm_with=_CONFIRM,
    general=True,
)  # fmt: skip
def invalid_syntax(t: Trace) -> Proof | None:
    return _proof(t, "invalid-syntax", "{at}: {what}.")
