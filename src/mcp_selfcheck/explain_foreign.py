"""Text that is not about an MCP server: build logs, web server logs, test runs, prose. It gets no diagnosis."""

from __future__ import annotations

import re
from collections.abc import Callable
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


# Forms that report no failure even where they speak of MCP: history, differences, help, lists of packages, an environment.
_RECORDS = re.compile(
    r"^diff --git |^commit [0-9a-f]{40}\b|^\^?[0-9a-f]{7,40} (?:\S+ +)?\([^)\n]{0,60}\d{4}-\d\d-\d\d|^@@ -\d+|^index [0-9a-f]{7,}\.\."
    r"|^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )?(?:status (?:installed|unpacked|half-\w+|triggers-\w+|config-files)|(?:un)?install|upgrade|configure|trigproc|remove) \S+:\w+ "
    r"|^ii +\S+|={3,} test session starts|^Tests:? +\d+|^test result: |^\(No files",
    re.MULTILINE,
)
_OPTION = re.compile(r"-{1,2}\w[\w-]*(?:[ ,=<\[].*)?$")
_ASSIGNED = re.compile(r"(?:export |set )?[A-Za-z_]\w*=")
_HEADING = re.compile(r"#{1,6} \S|={4,}$|-{4,}$")
_ISSUE = re.compile(
    r"#{1,6} .{0,40}\b(?:happen|reproduc|expect|actual|bugs?\b|errors?\b|logs?\b|environment|version|problem|issue|summary|descri|symptom|output)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?:import |from [\w.]+ import |(?:async )?def |class |@\w+|(?:export )?(?:default )?(?:async )?(?:function|const|let|var|interface|type|enum|class)\b"
    r"|return\b|if\b.*[:{]$|elif |else\b|for\b.*[:{]$|while\b.*[:{]$|try ?[:{]|except\b|catch\b|finally\b|raise |throw |await |yield |public |private |static "
    r"|#include|using |namespace |package |func |fn |pub |impl |struct |switch\b|case .*:$|//|/\*|\*/|\* |\"\"\"|#!|fi$|done$|esac$|[}\])]+[;,]?$"
    r"|[\w.-]+ ?= ?[\"\[{\d].*|\[[\w.\"-]+\]$|\"[^\"]*\": ?[^\n]*[,{\[\"\d}\]]$|[\w.]+ ?[:=] .*[,;]$).*|.*(?:[;{(]|=>)$"
)
_ANSWER = re.compile(r"\"(?:error|code|message|issues|unionErrors|jsonrpc)\" ?:")
# Where a program reports its own failure: a stack, an exit, a stamped line that speaks of an error.
_REPORT = re.compile(
    r"Traceback \(most recent|^File \"[^\"]+\"|^(?:\w+\.)*\w*(?:Error|Exception)\b(?:: | \[)|^npm (?:ERR!|error)|^node:internal|^Uncaught|^panic: |^error:|\[error\]"
    r"|\bERROR\b|\bError: |[Ff]ailed to |exit(?:ed)? (?:with )?(?:code|status) [1-9]|transport closed|disconnected",
    re.MULTILINE,
)


def is_foreign(text: Clean) -> bool:
    """Whether the text reports no failure of an MCP server: by its form, or it has the form of a foreign log and no word of MCP."""
    if not text.text.strip():
        return True
    if _is_document(text):
        return True
    if _MCP.search(text.text):
        return False
    return bool(_BLOCKS.search(text.text)) or _is_prose(text.text)


def least_score(text: Clean, about: str) -> float:
    """How clear a signature must be to count: a long text without a word of MCP needs clear words, a short one hints.
    Where nothing went wrong, words of a cause are only talk."""
    lines = len(set(text.numbers))
    if not _WRONG.search(text.text):
        well = lines > LONG or (_WELL.search(text.text) and (lines > 3 or "«mcp»" not in about))
        return NEVER if well else CLEAR
    if "«mcp»" in about:
        return 0.0
    return 0.0 if lines <= 4 else 2.0 if lines <= 12 else 2.65


def without_foreign(text: Clean) -> Clean:
    """The text with foreign access-log lines blanked out; positions stay."""
    if '" ' not in text.text:
        return text
    bare = _ACCESS.sub(lambda m: " " * len(m.group()), text.text)
    return replace(text, text=bare, lowered=bare.lower().replace("\n", " ")) if bare != text.text else text


SHORT = 6  # lines; a shorter text is an excerpt, whatever its form
LONG = 12
CLEAR = 2.2
NEVER = 9.0
_SENTENCE = re.compile(r"[a-z,;] [a-z]+ [a-z]+ [a-z]+ [a-z]+")
_TECHNICAL = re.compile(r"[{}\[\]<>=_/\\|#@$]|\d|\b[A-Z]{2,}\b|\w\(\)|\w\.\w|:$|: ", re.MULTILINE)


def _is_prose(text: str) -> bool:
    """Several lines of plain words without one technical sign: a poem, a letter, a recipe."""
    lines = text.split("\n")
    return len(lines) >= 4 and not _TECHNICAL.search(text) and bool(_SENTENCE.search(text.lower()))


def _is_document(text: Clean) -> bool:
    """A document about something rather than a report of it: history, help, an environment, source code, a manual."""
    seen = dict(zip(text.numbers, text.text.split("\n"), strict=True))  # a line once, in its last reading
    lines = list(seen.values())
    if len(lines) < SHORT:
        return False
    if _RECORDS.search(text.text):
        return True
    reports = len(_REPORT.findall(text.text))
    if sum(1 for x in lines if _ASSIGNED.match(x)) >= 0.7 * len(lines):
        return reports == 0
    if sum(1 for x in lines if _OPTION.match(x)) >= max(6, 0.25 * len(lines)):
        return reports == 0
    code = not (len(lines) < 4 * LONG and _ANSWER.search(text.text))
    if code and sum(1 for x in lines if _CODE.match(x)) >= (0.4 if len(lines) >= LONG else 0.8) * len(lines):
        return reports * 30 < len(lines)
    headings = sum(1 for x in lines if _HEADING.match(x))
    return headings >= 3 and len(lines) >= LONG and not _ISSUE.search(text.text) and reports * 30 < len(lines)


# Signs that something went wrong, in the languages that systems speak.
_WRONG = re.compile(
    r"\berr(?:ors?|ored|no)?\b|(?<!\bi)(?-i:[a-z])error\b|\berr!"
    r"|(?-i:\bE[A-Z]{4,}\b|\bERR_|_ERR_|[A-Z]_NOT_|SIG[A-Z]{3,})|exception|traceback|\bfail(?:ed|s|ure|ures|ing)?\b"
    r"|\bfatal|\brefus|denied|\bden(?:y|ies)\b|\bcannot\b|\bcan['’]?t\b|could ?n[o'’]t|\bunable\b|n['’]t\b"
    r"|\b(?:is|are|was|were|has|have|did|does|do|could|been|client|server|process|command|file|must|should|may|but|header|key|token|and) not\b"
    r"|\bnot (?:found|a |an |supported|allowed|set|valid|installed|available|recogni|reach|acceptable|connected|initiali|permitted|running|work|exist|read|defined|match|provided|authenti|enough)"
    r"|\bno (?:such|valid|response|matching|module|route|python|output|error|longer|required|answer|auth|session|token|mcp|servers?|tools)\b"
    r"|\binvalid|\btim(?:ed|es?) out|time-?out (?:after|exceed|expir|error|wait|reach)"
    r"|(?:request|connection|connect|read|gateway|handshake|tool|server|headers?|body|session) ?time-?out"
    r"|(?-i:Timeout[EW])|deadline|\bunexpected|\bmissing\b|\bclosed\b|\bdisconnected\b|\breject|\bforbidden|unauthor"
    r"|\bpanic|\babort|crash|\bexit(?:ed|s)? (?:code|with|status|early|imm|1|2)|\bkilled|\blost\b|\bbroken|\bwrong"
    r"|\bbad (?:request|gateway|escape|inter|control|cpu|cred)|\bstale|\bexpired|\bunknown|unsupported|mismatch"
    r"|\bconflict|\balready\b|\bexceed|\btoo (?:many|large|long|big|old|few)|\bhang(?:s|ing)?\b|\bstuck|\bnever\b"
    r"|duplicate|\btwice\b|two times|\bblocked|(?:HTTP(?:/[\d.]+)?\"?|status|code|error)\W{1,3}[45]\d\d\b"
    r"|\b[45]\d\d (?:status|[A-Z])|(?:\"|\|) (?:30[1278]|[45]\d\d)\b|\b30[1278]\b|-32\d{3}|os error|incompatible|malformed"
    r"|corrupt|\bloop\b|unrecogni|silent|zombie|orphan|\bleak|in use\b|should (?:match|be|have)|does ?n[o']t"
    r"|only (?:support|one|work|avail)|pending|Ok to proceed|needs? (?:auth|approv|login)|quarantin|\bignor(?:ed|es|ing)\b|misbehav|unauth"
    r"|violat|disabled|rate.?limit|\b0 tools|EOF\b|Waiting for server|ok to proceed|passphrase|passw[^\n]{0,20}:$"
    r"|needs to be|without auth|only after|\bregist\w+ requires|requires? (?:auth|an? |you)"
    r"|must (?:contain|have|start|be|match|not)|defined in multiple|Expected |gave HTTP|sent an HTTP|fehl|konnte|falsch"
    r"|nicht|erreur|impossible|introuvable|errore|erro\b|no se |ошибк|не |失败|错误|无法|不|未|拒绝|エラー|失敗|ません|오류|실패|problem",
    re.IGNORECASE,
)
# Signs that all is well: what clients, servers and package managers say when they are ready.
_WELL = re.compile(
    r"\bsuccessfully\b|✓|✔|🟢|\b[Cc]onnected (?:to|using)\b(?![^\n]{0,80}\) port \d)|\b(?:up and |is |server )running\b|running on stdio|\bestablished\b|\" 20[024]\b|20[02] (?:OK|Accepted)"
    r"|[Ll]istening (?:on|at)|(?:Discovered|Found|Loaded|Installed|Resolved|added) [1-9]|- Ready|\binitialized as\b|\bStarted \w+ in\b|startup complete|[Aa]ll checks passed|found 0 vuln"
    r"|\"result\" ?:|Opening browser|Loaded (?:cached|extension)"
)


def in_a_report(text: Clean) -> Callable[[int], bool]:
    """Whether something went wrong at or beside this line: in a long text a word alone, in a list or a sentence, says little."""
    if len(set(text.numbers)) <= LONG:
        return lambda line: True
    wrong = {n for n, x in zip(text.numbers, text.text.split("\n"), strict=True) if _WRONG.search(x)}
    return lambda line: any(line + d in wrong for d in (-1, 0, 1))
