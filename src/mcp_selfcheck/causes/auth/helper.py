"""What a program says that logs in for a client and stands between stdio and a URL, such as mcp-remote."""

import re

from ...facts.launch import LaunchFacts
from ...model import Confidence, Trace

KEY = "launch.run.stderr"


def helper_said(t: Trace, words: re.Pattern[str]) -> tuple[str, Confidence] | None:
    """(the line of its stderr with these words, how certain) of an entry's program that never answered."""
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.run.answered:
        return None
    line = next((x.strip() for x in f.run.stderr.splitlines() if words.search(x[:2000])), "")
    if not line:
        return None
    return re.sub(r"^(?:\[\d+\]\s*)+", "", line)[:200], "proven" if f.died else "likely"
