"""Writes docs/causes/, one page for each cause, and the table of literals of all signatures, from the catalogue. `--check` writes nothing and fails on a difference."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mcp_selfcheck import causes
from mcp_selfcheck.model import Cause
from mcp_selfcheck.reading import TABLE
from mcp_selfcheck.reading_patterns import literals
from mcp_selfcheck.render.text import WHOSE

PLACE = Path(__file__).parent / "causes"


def page(c: Cause) -> str:
    """The page of one cause, in the order in which a person asks."""
    parts = [
        f"# {c.title}",
        f"`{c.code}` · layer {c.layer} · family {c.family} · {c.severity}",
        "## What it means",
        c.means,
        "## What to do",
        c.fix,
    ]
    if c.commands:
        parts.append("```sh\n" + "\n".join(c.commands).replace(":words}", "}") + "\n```")
    parts += ["## Whose move", WHOSE[c.who].capitalize() + "."]
    if c.exempt:
        parts += ["## Not provoked by a test on Linux", c.exempt]
    if c.confirm_with:
        parts += ["## To be sure", f"With only a text at hand, `{c.confirm_with.tool}` proves it."]
    rivals = [o for o in causes.load(c.layer) if o.family == c.family and o.code != c.code]
    if rivals:
        parts += ["## Easily taken for", "\n".join(f"- [`{o.code}`]({o.code}.md): {o.title}" for o in rivals)]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    lines = [
        "# The catalogue of causes",
        "",
        "Generated from the code by `docs/generate.py`. Codes are never renamed or reused.",
        "",
    ]
    layer = ""
    for c in causes.load():
        if c.layer != layer:
            layer = c.layer
            lines += ["", f"## {layer}", "", "| code | what is |", "|---|---|"]
        lines.append(f"| [`{c.code}`]({c.code}.md) | {c.title} |")
    return "\n".join(lines) + "\n"


def table() -> str:
    """Pattern to the literals of which a match holds one; a line for each, so that changes can be read."""
    found = {s.pattern: sorted(literals(s.pattern)) for c in causes.load() for s in c.says}
    rows = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(found.items()))
    return "{\n" + ",\n".join(rows) + "\n}\n"


def pages() -> dict[Path, str]:
    return {TABLE: table(), PLACE / "README.md": index(), **{PLACE / f"{c.code}.md": page(c) for c in causes.load()}}


def main() -> int:
    wanted = pages()
    if "--check" in sys.argv:
        wrong = [p.name for p, text in wanted.items() if not p.exists() or p.read_text("utf-8") != text]
        wrong += [p.name for p in PLACE.glob("*.md") if p not in wanted]
        if wrong:
            sys.stderr.write(f"docs/causes is not what the catalogue says: {', '.join(wrong[:10])}. Run: make docs\n")
        return bool(wrong)
    PLACE.mkdir(exist_ok=True)
    for stray in set(PLACE.glob("*.md")) - set(wanted):
        stray.unlink()
    for path, text in wanted.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
