"""Text that is not about an MCP server: build logs, web server logs, test runs, prose. It gets no diagnosis."""

from __future__ import annotations

import re
from dataclasses import replace

from .reading_text import Clean

# Words that only talk about MCP brings in. One of them keeps a text from being foreign.
_MCP = re.compile(
    r"\bmcp(?!\.txt)|mcp\b|modelcontextprotocol|json-?rpc|fastmcp|supergateway|tools/(?:list|call)|\bstdio\b"
    r"|\bclaude\b|anthropic|\bcursor\b|\bcodex\b|\bcline\b|server/discover|-32[06]\d\d\b|\buvx\b|\bnpx\b|_npx"
    r"|Server (?:disconnected|transport closed)|streamable|/sse\b",
    re.IGNORECASE,
)
# What programs print that are not servers: their headers and summaries.
_BLOCKS = re.compile(
    r"={3,} test session starts|={3,} (?:FAILURES|short test summary)|^FAILED \S+::|^\d+ (?:passed|failed)(?:,| in)"
    r"|^(?:collected|Ran) \d+ (?:items|tests)|^Tests?:? +\d+ (?:passed|failed)|^test result: |^--- FAIL: |^ok +\S+ +[\d.]+s$"
    r"|^\S+\.(?:c|cc|cpp|cxx|h|hpp):\d+(?::\d+)?: (?:fatal error|error|warning|undefined|note)|: undefined reference to "
    r"|^make(?:\[\d+\])?: |^gcc |^g\+\+ |^clang|collect2: error|^ninja: |^CMake (?:Error|Warning)|^-- (?:Configuring|The C)"
    r"|^error(?:\[E\d{4}\]|: could not compile|: aborting due)|^ *Compiling \S+ v\d|^\S+\.ts\(\d+,\d+\): error TS\d+"
    r"|^\S+\.tsx?:\d+:\d+ - error TS\d+|webpack (?:\d|compiled)|^\[vite\]|^vite v|^✓ \d+ modules|rollup v|^> next build"
    r"|^\[(?:INFO|ERROR)\] (?:BUILD|Scanning for projects|Failed to execute goal)|^BUILD (?:FAILED|SUCCESSFUL)|^> Task :"
    r"|^FAILURE: Build failed|^Step \d+/\d+ :|^#\d+ \[|^=> \[|exporting to image|^(?:Get|Hit|Ign|Err):\d+ http"
    r"|^Reading package lists|^Building dependency tree|^E: (?:Unable|Failed|Package|Could)|^W: "
    r"|^On branch |^Your branch is|^fatal: (?!could not read)|^error: (?:failed to push|pathspec|Your local)|^CONFLICT \(|^remote: "
    r"|^! \[(?:remote )?rejected\]|^Auto-merging|^commit [0-9a-f]{40}|^diff --git|^Switched to|^Cloning into"
    r"|^TASK \[|^PLAY (?:RECAP)?\[?|^Terraform |^(?:Plan|Apply complete)[!:]|kubectl|^NAME +READY +STATUS"
    r"|systemd\[\d+\]: |kernel: \[|^sshd\[|sshd\[\d+\]: |CRON\[\d+\]|^rsync: |^scp: |^ssh: |^wget: "
    r"|^psql: |^ERROR \d+ \(\w+\)|^mysqld?: |\[Server thread/|^postgres|LOG: {1,2}(?:database|checkpoint)|redis-server"
    r"|^\[\w+(?::\w+)?\] \[pid \d+|ESLint|^ *\d+:\d+ +(?:error|warning) |^✖ \d+ problems|^error TS\d+|^npm test|jest"
    r"|^(?:PASS|FAIL) +\S+\.(?:test|spec)\.|^AssertionError|HTTP request sent, awaiting response|^usage: git |^Usage: (?:make|git|docker|npm|python)\b|^Traceback.*pytest|playwright test|^go: |^# [\w./-]+$"
    r"|^javac|^\S+\.java:\d+: error|^\S+\.go:\d+:\d+: |^\S+\.rs:\d+|^ *--> \S+\.rs:\d+:\d+|^Makefile:\d+:|^ld: |linker command",
    re.MULTILINE,
)
# Lines of an access log about something else than an MCP endpoint.
_ACCESS = re.compile(
    r"^.{0,160}\"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH) (?!\S*(?:/mcp|/sse|/messages?|/register|/\.well-known|/authorize|/token)\b)"
    r"\S{0,500} HTTP/[\d.]+\"? \d{3}.{0,2000}$",
    re.IGNORECASE | re.MULTILINE,
)


def is_foreign(text: Clean) -> bool:
    """Whether the text speaks of something else than an MCP server: it has the form of a foreign log, no word of MCP."""
    if not text.text.strip():
        return True
    if _MCP.search(text.text):
        return False
    return bool(_BLOCKS.search(text.text)) or _is_prose(text.text)


def least_score(text: Clean, about: str) -> float:
    """How clear a signature must be to count: a long text without a word of MCP needs clear words, a short one hints."""
    if "«mcp»" in about:
        return 0.0
    lines = len(text.starts)
    return 0.0 if lines <= 4 else 2.0 if lines <= 12 else 2.65


def without_foreign(text: Clean) -> Clean:
    """The text with foreign access-log lines blanked out; positions stay."""
    if '" ' not in text.text:
        return text
    bare = _ACCESS.sub(lambda m: " " * len(m.group()), text.text)
    return replace(text, text=bare, lowered=bare.lower().replace("\n", " ")) if bare != text.text else text


_SENTENCE = re.compile(r"[a-z,;] [a-z]+ [a-z]+ [a-z]+ [a-z]+")
_TECHNICAL = re.compile(r"[{}\[\]<>=_/\\|#@$]|\d|\b[A-Z]{2,}\b|\w\(\)|\w\.\w|:$|: ", re.MULTILINE)


def _is_prose(text: str) -> bool:
    """Several lines of plain words without one technical sign: a poem, a letter, a recipe."""
    lines = text.split("\n")
    return len(lines) >= 4 and not _TECHNICAL.search(text) and bool(_SENTENCE.search(text.lower()))
