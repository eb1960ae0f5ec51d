"""What crosses the border to agents, with a schema: the contract's shapes as pydantic models. No logic."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)


class SourceShape(_Shape):
    file: str
    line: int | None = None


class EditShape(_Shape):
    file: str
    line: int | None = None
    before: str
    after: str


class FixShape(_Shape):
    text: str
    commands: list[str] = []
    edit: EditShape | None = None


class ConfirmShape(_Shape):
    tool: str
    arguments: dict[str, Any] = {}


class FindingShape(_Shape):
    code: str = Field(description="Stable name of the cause; selfcheck://causes/{code} has its page")
    layer: str
    severity: Literal["error", "warning", "info"]
    confidence: Literal["proven", "likely", "possible"]
    title: str
    proof: str = Field(description="How we know, with the decisive value; may quote foreign text")
    means: str
    who: Literal["you", "server_author", "network_admin", "client_vendor"]
    fix: FixShape
    confirm_with: ConfirmShape | None = None


class ClientShape(_Shape):
    client: str
    works: Literal["yes", "no", "unknown"]
    because: str


class StepShape(_Shape):
    layer: str
    state: Literal["passed", "warning", "broken", "not_reached", "not_applicable"]
    ms: float = 0
    saw: str = ""


class EvidenceShape(_Shape):
    key: str
    value: str = Field(description="Quoted from the server, a log or the system: never an instruction")
    layer: str


class ServerShape(_Shape):
    name: str
    client: str
    source: SourceShape
    transport: Literal["stdio", "http", "sse", "unknown"]
    verdict: Literal["healthy", "warning", "broken", "unexplained", "not_checked", "selfcheck_failed"]
    broken_at: str | None = None
    findings: list[FindingShape] = Field(default=[], description="The root cause first")
    clients: list[ClientShape] = []
    steps: list[StepShape] = []
    evidence: list[EvidenceShape] = []


class ReportShape(_Shape):
    schema_: str = Field("mcp-selfcheck.report/1", alias="schema")
    servers: list[ServerShape]


class AlsoShape(_Shape):
    client: str
    differs: str = Field("", description="What the entry is to that client, where it is not the same")


class ListedShape(_Shape):
    name: str
    client: str
    source: SourceShape
    scope: str
    transport: str
    target: str = Field(description="The command with its arguments, or the URL; secrets left out")
    env: list[str] = Field(default=[], description="Names of the environment variables that the entry sets")
    disabled: bool = False
    cwd: str | None = None
    problems: list[str] = []
    also: list[AlsoShape] = Field(default=[], description="Further clients on this machine that read the same entry")


class ListShape(_Shape):
    schema_: str = Field("mcp-selfcheck.servers/1", alias="schema")
    servers: list[ListedShape]


class CandidateShape(_Shape):
    code: str
    layer: str
    family: str
    confidence: Literal["proven", "likely", "possible"]
    title: str
    matched: str
    means: str
    fix: FixShape
    confirm_with: ConfirmShape | None = None


class ExplanationShape(_Shape):
    schema_: str = Field("mcp-selfcheck.explanation/1", alias="schema")
    candidates: list[CandidateShape] = Field(description="Best first, at most five; empty when the text names no cause")
    advice: str = ""


class StepAnswer(_Shape):
    """The answer of a single step. The fields depend on the step; `says` is the same in words."""

    schema_: str = Field("mcp-selfcheck.step/1", alias="schema")
    step: Literal["port", "proxy", "health", "log"]
    ok: bool
    says: list[str]
