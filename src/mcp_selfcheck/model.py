"""The nouns. Nothing in this module does I/O, and nothing made here changes afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeVar

Layer = str
Transport = Literal["stdio", "http", "sse", "unknown"]
Scope = Literal["user", "local", "project", "managed", "given"]
State = Literal["passed", "warning", "broken", "not_reached", "not_applicable"]
Verdict = Literal["healthy", "warning", "broken", "unexplained", "not_checked", "selfcheck_failed"]
Severity = Literal["error", "warning", "info"]
Confidence = Literal["proven", "likely", "possible"]
Who = Literal["you", "server_author", "network_admin", "client_vendor"]

# The order in which a connection is made (design.md). `client` and `upstream` have causes but no step.
PATH: tuple[Layer, ...] = (
    "config", "launch", "stdio", "dns", "tcp", "proxy", "tls", "http", "auth", "handshake", "tools", "session",
)  # fmt: skip
STDIO_PATH: tuple[Layer, ...] = ("config", "launch", "stdio", "handshake", "tools", "session")
URL_PATH: tuple[Layer, ...] = (
    "config", "dns", "tcp", "proxy", "tls", "http", "auth", "handshake", "tools", "session",
)  # fmt: skip
LAYERS: tuple[Layer, ...] = (*PATH, "client", "upstream")


class Secret:
    """A value that must not be shown. `reveal()` is the only way to it; str() and repr() give stars.

    Equality and hashing work on the value, so that two reads of one file compare equal.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def plain(value: str | Secret) -> str:
    """The text of an argument, secret or not. For starting and connecting only, never for showing."""
    return value.reveal() if isinstance(value, Secret) else value


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong with a config file or an entry, seen while reading it; `kind` is a code's name without layer.

    `where` is the place in the entry (`args[1]`, `env.API_KEY`, `url`), `note` which variety of the kind it is.
    `fatal`: the client cannot use the entry so; the others are suspicions that a later break confirms.
    `before` and `after` are a line of the file and what it should be, without secrets.
    """

    kind: str
    line: int | None = None
    column: int | None = None
    detail: str = ""
    before: str | None = None
    after: str | None = None
    where: str = ""
    note: str = ""
    fatal: bool = False


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where an entry stands. `line` and `column` count from 1."""

    file: str
    line: int | None = None
    scope: Scope = "user"
    pointer: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """One server entry as its client would use it: variables expanded as that client expands them.

    `client` is an id of clients.py, or "unknown". `args` holds a Secret where a value looks like one.
    `url` is a Secret because userinfo and query can carry tokens; `shown_url` is the part that may be shown.
    `start_timeout` and `request_timeout` are seconds, from the entry, or None when the client's default rules.
    `raw` holds the keys of the entry as written, values left out, for messages about keys. `hidden` are secrets that
    stand around the entry (variables put in, an env file, the client's inputs): not to be used, only not to be shown.
    """

    name: str
    client: str
    source: Source
    transport: Transport
    command: str | None = None
    args: tuple[str | Secret, ...] = ()
    env: Mapping[str, Secret] = field(default_factory=dict)
    cwd: str | None = None
    url: Secret | None = None
    shown_url: str = ""
    headers: Mapping[str, Secret] = field(default_factory=dict)
    disabled: bool = False
    start_timeout: float | None = None
    request_timeout: float | None = None
    raw: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    hidden: tuple[Secret, ...] = field(default=(), compare=False, repr=False)
    also: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # further readers: client, what differs or ""

    def argv(self) -> list[str]:
        """Command and arguments in clear, for starting only."""
        return [self.command or "", *(plain(a) for a in self.args)]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What one layer saw. Subclasses name their layer; `state` and `saw` become the step of the report.

    Nothing in a Facts may depend on chance or the clock (own pids, durations, temporary names): the report of the
    same world is the same, byte for byte (contract 2).
    """

    layer: ClassVar[Layer] = ""
    state: State = "passed"
    saw: str = ""


@dataclass(frozen=True, kw_only=True)
class Text:
    """Foreign text and where it came from: stderr, stdout, body, log, pasted."""

    origin: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A signature of a cause found in a text. `values` are the named groups of the pattern; `line` counts from 1."""

    code: str
    matched: str
    values: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    score: float = 1.0
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One rung of the ladder in the report. `ms` is the only place where a time stands."""

    layer: Layer
    state: State
    saw: str = ""
    ms: float = 0.0


F = TypeVar("F", bound=Facts)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """All that was seen of one server: facts by layer, steps in order, foreign texts and what they say.

    `heard` maps a cause's code to its best signature match in `texts`; filled before causes are asked.
    """

    target: Target | None = None
    facts: Mapping[Layer, Facts] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    texts: tuple[Text, ...] = ()
    heard: Mapping[str, Heard] = field(default_factory=dict)

    def get(self, kind: type[F]) -> F | None:
        """The facts of that type, or None when that layer was not reached."""
        found = self.facts.get(kind.layer)
        return found if isinstance(found, kind) else None

    @property
    def broken_at(self) -> Layer | None:
        """The step at which the walk stopped."""
        return next((s.layer for s in self.steps if s.state == "broken"), None)

    def evidence(self) -> dict[str, str]:
        """Every fact as text, by key. Unredacted: only redact.py may let it out."""
        from .flatten import evidence_of

        found: dict[str, str] = {}
        for layer, facts in self.facts.items():
            found.update(evidence_of(layer, facts))
        return found


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change in a config file, proposed and never made by us."""

    file: str
    line: int | None
    before: str
    after: str


@dataclass(frozen=True)
class Proof:
    """A sentence with the decisive value, and the keys of the evidence that it rests on.

    `values` fill the {names} in the cause's fix and commands. Raises ValueError without cited evidence: a claim that
    cites nothing is no proof (design.md, law 3).
    """

    text: str
    cites: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    confidence: Confidence = "proven"
    edit: Edit | None = None
    severity: Severity | None = None

    def __post_init__(self) -> None:
        if not self.cites:
            raise ValueError("a proof must cite evidence")


@dataclass(frozen=True)
class Confirm:
    """The tool call that decides, when there is only text. Arguments may hold {names} of the matched groups."""

    tool: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Says:
    """What a program prints when this cause holds: a regular expression, searched in lines of at most 4,000 characters.

    `score` ranks it: 3 the program's own exact words for this cause alone; 2 words that this cause shares with few
    others; 1 a hint that needs company. `needs` names a second pattern that must stand elsewhere in the same text.
    `unless` names one that must not. `ignorecase` is on unless the case carries meaning. Both may ask for what the text
    says of its world («windows», «claude-desktop», «stdio»: reading_context). A `hint` is read in pasted text only,
    never in what a live server writes: it is too weak to support a proof.
    """

    pattern: str
    score: float = 2.0
    needs: str | None = None
    unless: str | None = None
    ignorecase: bool = True
    hint: bool = False


Prove = Callable[[Trace], "Proof | None"]


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One entry of the catalogue, in the order in which a person asks: what, meaning, whose move, fix, how known.

    `fix` and `commands` are templates: {name} is filled from Proof.values or from the groups of a matched signature;
    an unknown name is shown as <name>. Commands are shell-quoted when filled. `general` causes speak only when nothing
    specific does. `over` names codes of other families that this one silences. `exempt` is the reason why no fault
    case can run on Linux. `who` is whose move it is.
    """

    code: str
    family: str
    title: str
    means: str
    who: Who
    fix: str
    prove: Prove
    commands: tuple[str, ...] = ()
    says: tuple[Says, ...] = ()
    confirm_with: Confirm | None = None
    severity: Severity = "error"
    general: bool = False
    over: tuple[str, ...] = ()
    exempt: str | None = None

    @property
    def layer(self) -> Layer:
        return self.code.split("-", 1)[0]


def cause(
    code: str,
    family: str,
    *,
    title: str,
    means: str,
    who: Who,
    fix: str,
    commands: Iterable[str] = (),
    says: Iterable[Says | str] = (),
    confirm_with: Confirm | None = None,
    severity: Severity = "error",
    general: bool = False,
    over: Iterable[str] = (),
    exempt: str | None = None,
) -> Callable[[Prove], Cause]:
    """Makes the decorated prove(trace) function the Cause of that code. See Cause for the arguments."""

    def make(prove: Prove) -> Cause:
        return Cause(
            code=code, family=family, title=title, means=means, who=who, fix=fix, prove=prove,
            commands=tuple(commands), says=tuple(Says(s) if isinstance(s, str) else s for s in says),
            confirm_with=confirm_with, severity=severity, general=general, over=tuple(over), exempt=exempt,
        )  # fmt: skip

    return make


@dataclass(frozen=True, kw_only=True)
class Fix:
    text: str
    commands: tuple[str, ...] = ()
    edit: Edit | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    code: str
    layer: Layer
    severity: Severity
    confidence: Confidence
    title: str
    proof: str
    means: str
    who: Who
    fix: Fix
    confirm_with: Confirm | None = None


@dataclass(frozen=True, kw_only=True)
class ClientVerdict:
    """Whether the same entry works in another client (contract 2, `clients`)."""

    client: str
    works: Literal["yes", "no", "unknown"]
    because: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    key: str
    value: str
    layer: Layer


@dataclass(frozen=True, kw_only=True)
class Report:
    """The diagnosis of one server, redacted: safe to show as it is."""

    name: str
    client: str
    source: Source
    transport: Transport
    verdict: Verdict
    broken_at: Layer | None
    findings: tuple[Finding, ...] = ()
    clients: tuple[ClientVerdict, ...] = ()
    steps: tuple[Step, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One cause that a text may speak of."""

    code: str
    layer: Layer
    family: str
    confidence: Confidence
    title: str
    matched: str
    means: str
    fix: Fix
    confirm_with: Confirm | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    candidates: tuple[Candidate, ...] = ()
    advice: str = ""
