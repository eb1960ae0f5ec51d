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
# What programs of other kinds write into their logs. A log that names an MCP server is never foreign.
_OTHERS = re.compile(
    r"\bpostfix/\w+\[\d+\]|^##\[(?:error|group|warning)\]|\bactions/\w+@v\d|\bkubelet\b|^PHP (?:Fatal|Parse|Warning|Notice)|\bPDOException\b"
    r"|\bAction(?:Controller|View|Dispatch)::|\bActiveRecord::|^failed to solve: |^ERROR: failed to solve|^avrdude: |^adb: |org\.apache\.(?:kafka|hadoop|spark|catalina)"
    r"|CUDA (?:out of memory|error)|^ERROR: {2}(?:duplicate key|relation|syntax error|column|permission denied for)|^(?:DETAIL|STATEMENT): "
    r"|^E: Could not get lock|dpkg|in resource \"aws_|^[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ (?:sshd|cron|dhclient|systemd|NetworkManager|named|ntpd)\b",
    re.MULTILINE,
)
# Lines of an access log about something else than an MCP endpoint.
_ACCESS = re.compile(
    r"^.{0,160}\"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH) (?!\S*(?:/mcp|/sse|/messages?|/register|/\.well-known|/authorize|/token)\b)"
    r"\S{0,500} HTTP/[\d.]+\"? \d{3}.{0,2000}$",
    re.IGNORECASE | re.MULTILINE,
)


# Lines of a web server's error log about a request for something else than an MCP endpoint, or about no request at all.
_WEB_ERRORS = re.compile(
    r"^(?!.{0,2000}(?:/mcp|/sse|/messages?|/\.well-known|/authorize|/token|/register)\b).{0,60}\[(?:error|warn|crit|alert)\] \d+#\d+: .{0,2000}\brequest: \"[A-Z]+ .{0,2000}$"
    r"|^(?!.{0,2000}/(?:mcp|sse)\b).{0,200}\bAH\d{5}: .{0,2000}$",
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
    if _is_history(text.text) or _is_wish(text.text):
        return True
    if _MCP.search(text.text):
        return False
    return bool(_BLOCKS.search(text.text) or _OTHERS.search(text.text)) or _is_prose(text.text) or _is_lecture(text)


def least_score(text: Clean, about: str) -> float:
    """How clear a signature must be to count: a long text without a word of MCP needs clear words, a short one hints.
    Where nothing went wrong, words of a cause are only talk."""
    lines = len(set(text.numbers))
    if not _WRONG.search(text.text):
        well = lines > LONG or (_WELL.search(text.text) and (lines > 3 or "«mcp»" not in about))
        return NEVER if well else CLEAR
    if "«mcp»" in about:
        return 0.0
    if _STACK.search(text.text) and not _SERVES.search(text.text):
        return STACKED
    return 0.0 if lines <= 4 else 2.0 if lines <= 12 else 2.65


def without_foreign(text: Clean) -> Clean:
    """The text with foreign access-log lines blanked out; positions stay."""
    bare = text.text
    for lines in (_ACCESS, _WEB_ERRORS) if '" ' in bare or "AH0" in bare or 'request: "' in bare else ():
        bare = lines.sub(lambda m: " " * len(m.group()), bare)
    return replace(text, text=bare, lowered=bare.lower().replace("\n", " ")) if bare != text.text else text


STACKED = 2.0  # a stack of a program that shows nothing of a server: its error class alone says little
# What the stack of a server shows: what servers are built of, and how clients start them.
_STACK = re.compile(r"^Traceback \(most recent|^File \"[^\"]+\"|^Exception in thread \"main\"", re.MULTILINE)
_SERVES = re.compile(
    r"server|starlette|uvicorn|fastapi|anyio|asyncio|pydantic|httpx|aiohttp|subprocess|importlib|runpy|\bssl\b|socket|urllib|requests|http[./]client|\buv\b|\.venv|__main__\.py|exit(?:ed)? (?:with )?code",
    re.IGNORECASE,
)
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


# The lines of a list of changes, and what they begin with.
_CHANGE = re.compile(
    r"^\W*(?:\w+: ?)?(?:fix(?:e[sd])?|add(?:ed|s)?|chang(?:ed?|es)|remov(?:ed?|es)|deprecat(?:ed?|es)|improv(?:ed?|es)|updat(?:ed?|es)|feat|chore|perf|refactor|docs)\b(?:\([\w./-]+\))?(?:!?:| )",
    re.IGNORECASE | re.MULTILINE,
)
_RELEASE = re.compile(
    r"^\W*(?:version )?\[?v?\d+\.\d+(?:\.\d+)?\]?(?: [-–(].{0,40})?$|^\W*(?:change ?log|release notes?|what['’]s (?:new|changed)|bug ?fixes|unreleased|known issues)\b.{0,30}$",
    re.IGNORECASE | re.MULTILINE,
)
_WISH = re.compile(
    r"\bfeature request\b|\b(?:would|might) be (?:\w+ )?(?:nice|great|helpful|useful|awesome|good) (?:if|to)\b|\bit would be (?:\w+ )?(?:nice|great|helpful|useful)\b"
    r"|\bplease (?:add|support|consider)\b|\bis there any plan\b|^as an? \w+,? I (?:want|would like)\b|\bacceptance criteria\b|\bproposal:",
    re.IGNORECASE | re.MULTILINE,
)
_RAW = re.compile(
    r"^(?:\w+\.)*\w*(?:Error|Exception)\b(?:: | \[)|\b\w+(?:Error|Exception): |^npm (?:ERR!|error)|\berror:|\[error\]|\bERROR\b|Traceback|-32\d{3}|\bE[A-Z]{5,}\b|exit(?:ed)? (?:with )?(?:code|status)|errno",
    re.MULTILINE,
)


def _is_history(text: str) -> bool:
    """A list of changes: versions or a heading that says so, and lines that begin with what was done."""
    lines = text.count("\n") + 1
    changes = len(_CHANGE.findall(text))
    return lines >= 3 and changes >= 2 and changes * 4 >= lines and bool(_RELEASE.search(text))


def _is_wish(text: str) -> bool:
    """Somebody asks for something new, and nothing that a program wrote stands beside it."""
    return bool(_WISH.search(text)) and not _RAW.search(text)


# What a report has and a lecture has not: a place, a name of an error as programs write it, somebody who met it.
_CONCRETE = re.compile(
    r"https?://|\b[\w.-]+:\d{2,5}\b|localhost|\d+\.\d+\.\d+|[A-Z]:\\|(?:^|[\s'\"(])[~.]?/[\w.-]+|\w(?:Error|Exception)\b|\bE[A-Z]{4,}\b|\b[Ee]rrno\b|[{}<>=_`]|::"
    r"|\b(?:I|I'm|I've|my|we|our|me|us)\b|\b[\w-]+\.(?:py|js|ts|json|toml|ya?ml|sh|exe|cmd)\b|\berror:|\b(?:code|os error) -?\d|^[\w .-]{1,30}: ",
    re.MULTILINE,
)
_ENDS = re.compile(r"[a-z)\"'][.!?](?=\s|$)")


def _is_lecture(text: Clean) -> bool:
    """Sentences about errors in general, such as what a status code means: nothing in them is the report of one."""
    once: dict[int, str] = {}
    for number, line in zip(text.numbers, text.text.split("\n"), strict=True):
        once.setdefault(number, line)
    bare = " ".join(once.values())
    return len(bare.split()) >= 28 and len(_ENDS.findall(bare)) >= 3 and not _CONCRETE.search(text.text)


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
