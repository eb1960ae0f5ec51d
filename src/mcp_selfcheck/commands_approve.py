"""The commands that give and take back a person's approval of what came with a project."""

from __future__ import annotations

import argparse
import json
import sys

from . import checkup
from .commands import UsageError, out, style


def approve(args: argparse.Namespace) -> int:
    """Shows what would be started on stderr and asks there. Only a clear yes counts."""
    from . import approvals, asking, consent

    found = [t for t in checkup.everything(client=args.client) if t.name == args.name and consent.needed(t)]
    if not found:
        raise UsageError(f"no project-scope server is named {args.name!r} here; others need no approval")
    if not args.yes and not sys.stdin.isatty():
        raise UsageError("nobody can be asked, because stdin is no terminal; to approve without a question add --yes")
    if problem := approvals.read().problem:
        sys.stderr.write(f"{problem}\n")
    code = 0
    for t in found:
        deed = consent.deed(t)
        sys.stderr.write(style().encode(asking.question(t, deed)) + "\n")
        if consent.waits(t) is None:
            out("already approved, exactly so\n")
        elif args.yes or _yes("Approve exactly this? [y/N] "):
            approvals.add(t, deed.fingerprint, deed.parts)
            out(f"approved: {deed.fingerprint[:16]}. It ends with any change of what is shown above.\n")
        else:
            out("not approved\n")
            code = 3
    return code


def _yes(question: str) -> bool:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def approvals(args: argparse.Namespace) -> int:
    """Lists what was approved, or takes approvals back."""
    from . import approvals as kept
    from .redact import exact

    now = kept.read()
    if now.problem:
        sys.stderr.write(f"{now.problem}\n")
    if args.action == "revoke":
        if not args.which:
            raise UsageError("which approval? Give the server's name or the beginning of the fingerprint")
        gone = kept.revoke(args.which)
        if not gone:
            raise UsageError(f"there is no approval of {args.which!r}; `mcp-selfcheck approvals` lists them")
        out("".join(f"taken back: {exact(a.name)}  {exact(a.file)}\n" for a in gone))
        return 0
    rows = sorted((a.name, a.client, a.file, k[:16]) for k, a in now.entries.items())
    if args.json:
        names = ("name", "client", "file", "fingerprint")
        said = {"schema": "mcp-selfcheck.approvals/1", "approvals": [dict(zip(names, r, strict=True)) for r in rows]}
        out(json.dumps(said, indent=2, ensure_ascii=True) + "\n")
    else:
        out("".join("  ".join(exact(x) for x in row) + "\n" for row in rows))
    return 2 if now.problem else 0
