"""walk() collects facts along the path and stops at the first break; judge() asks every cause what explains them."""

from __future__ import annotations

import asyncio
import importlib
import re
import shlex
import string
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from . import causes, consent, spawn
from .budget import Budget
from .clients import Client, by_id
from .guard import Refused
from .layers import Walk
from .model import (
    LAYERS,
    PATH,
    STDIO_PATH,
    URL_PATH,
    Cause,
    Confirm,
    Edit,
    Evidence,
    Finding,
    Fix,
    Heard,
    Proof,
    Report,
    State,
    Step,
    Target,
    Text,
    Trace,
    Verdict,
)  # fmt: skip
from .reading import hear, prepare
from .redact import Gate

Progress = Callable[[str], None]
TIME_UP = "the time was up before this step came to an end"
LATE = 0.1  # seconds after its time at which a layer is cut
ENOUGH = 0.3  # seconds that a layer must have which asks the server: an answer that is awaited for less is not missing
ASKS_NOTHING = ("config", "stdio", "handshake")  # they read what has come; what they ask beside that can be left out


async def walk(w: Walk, *, only: tuple[str, ...] | None = None) -> Trace:
    """Probes layer after layer until one is broken. Never longer than the budget plus the time to clean up.

    `only` limits the walk to some layers: the others stay not reached.

    Raises nothing of the diagnosed server's doing: what it does is a fact. Our own errors propagate.
    """
    path = STDIO_PATH if w.target.transport == "stdio" else URL_PATH
    steps: dict[str, Step] = {}
    async with spawn.owning(w.budget.until_deadline):
        try:
            for layer in only or path:
                w.progress(layer)
                begun = time.perf_counter()
                probe = importlib.import_module(f".layers.{layer}", __package__).probe
                facts = (
                    await w.budget.within(probe(w), None, late=LATE)
                    if w.budget.left() > ENOUGH or layer in ASKS_NOTHING or not steps
                    else None
                )
                ms = round((time.perf_counter() - begun) * 1000, 1)
                if facts is None:
                    steps[layer] = Step(layer=layer, state="broken", saw=TIME_UP, ms=ms)
                    break
                w.facts[layer] = facts
                steps[layer] = Step(layer=layer, state=facts.state, saw=facts.saw, ms=ms)
                if facts.state == "broken":
                    break
            from .layers.tcp_owner import look_up

            broken_at = next((s.layer for s in steps.values() if s.state == "broken"), None)
            await w.budget.within(look_up(w, broken_at), None, late=LATE)
        finally:
            for peer in (w.live, w.remote):
                if peer is not None:
                    await peer.close(w.budget.at_most(spawn.GRACE))
    done = tuple(
        steps.get(name) or Step(layer=name, state="not_reached" if name in path else "not_applicable") for name in PATH
    )
    texts = tuple(w.texts)
    return Trace(target=w.target, facts=dict(w.facts), steps=done, texts=texts, heard=Listening(texts))


class Listening(Mapping[str, Heard]):
    """What the texts say, read when a cause asks for the first time: a healthy server's words are mostly never needed."""

    def __init__(self, texts: tuple[Text, ...]) -> None:
        self._texts = texts
        self._found: dict[str, Heard] | None = None

    def _heard(self) -> dict[str, Heard]:
        if self._found is None:
            self._found = hear(self._texts)
        return self._found

    def __getitem__(self, code: str) -> Heard:
        return self._heard()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._heard())

    def __len__(self) -> int:
        return len(self._heard())


def held(trace: Trace) -> list[tuple[Cause, Proof]]:
    """Every cause that can prove itself on this trace, in catalogue order, rivals and consequences included.

    Raises AssertionError when a proof cites evidence that is not there: a bug of that cause.
    """
    evidence = trace.evidence()
    found = []
    for c in causes.load():
        proof = c.prove(trace)
        if proof is not None:
            missing = [key for key in proof.cites if key not in evidence]
            assert not missing, f"{c.code} cites {missing}, which no layer saw"
            found.append((c, proof))
    return found


_CONFIDENCE = {"proven": 0, "likely": 1, "possible": 2}


def root(found: Iterable[tuple[Cause, Proof]]) -> list[tuple[Cause, Proof]]:
    """The root cause first, its consequences left out, warnings last.

    Inside a family the first one speaks; a specific cause silences the general ones; `over` silences by name.
    """
    everything = list(found)
    silenced = {code for c, _ in everything for code in c.over}
    families: set[tuple[str, str]] = set()
    kept: list[tuple[Cause, Proof]] = []
    for c, proof in everything:
        key = (c.layer, c.family)
        if c.code in silenced or (key in families and c.layer != "tools" and severity(c, proof) == "error"):
            continue
        if severity(c, proof) == "error":
            families.add(key)
        kept.append((c, proof))
    errors = [x for x in kept if severity(*x) == "error"]
    if any(not c.general for c, _ in errors):
        errors = [x for x in errors if not x[0].general]
    errors.sort(key=lambda x: (_CONFIDENCE[x[1].confidence], LAYERS.index(x[0].layer)))
    if errors and errors[0][1].confidence == "proven":
        first = errors[0][0]
        errors = [x for x in errors if x[0] is first or (first.layer == x[0].layer == "tools")]
    others = [x for x in kept if severity(*x) != "error"]
    others.sort(key=lambda x: (severity(*x) == "info", LAYERS.index(x[0].layer)))
    return errors + others


def severity(c: Cause, proof: Proof) -> str:
    return proof.severity or c.severity


class _Hole(str):
    """What stands for a value that is not known, whatever its format."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return str(self)


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return _Hole(f"<{key}>")


class _Quoted(str):
    """A value in a shell command: one quoted word, or with {name:words} the words that it is made of, each quoted."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if spec != "words":
            return shlex.quote(self)
        try:
            return " ".join(x if x == "&&" else shlex.quote(x) for x in shlex.split(self))
        except ValueError:  # a quote without its end: then it is one word
            return shlex.quote(self)


def fill(template: str, values: Mapping[str, str], *, shell: bool = False) -> str:
    """Puts values into {names}; an unknown name stays readable as <name>. With `shell`, values are shell-quoted."""
    ready = _Blank({k: _Quoted(v) for k, v in values.items()} if shell else values)
    text = string.Formatter().vformat(template, (), ready)
    return re.sub(" {2,}", " ", text).strip() if shell and "words}" in template else text


_SENTENCE = 4  # words of a foreign text in a row that would be read as one


def named(values: Mapping[str, str], foreign: Iterable[str] | None = None) -> dict[str, str]:
    """The values that may stand in advice: names, paths, versions. A sentence of somebody else is no name of anything.

    `foreign` are the texts in which it would stand; None means that every value comes from one.
    """
    texts = None if foreign is None else list(foreign)

    def sentence(v: str) -> bool:
        long = len(v.split()) >= _SENTENCE and not re.match(r"[/~]|[A-Za-z]:[\\/]", v)
        return long and (texts is None or any(v in text for text in texts))

    return {k: v for k, v in values.items() if not sentence(v)}


def finding(c: Cause, proof: Proof, gate: Gate, texts: Iterable[Text] = ()) -> Finding:
    """The cause and its proof in words, through the gate."""
    values = {k: gate.line(v) for k, v in named(proof.values, (" ".join(t.text.split()) for t in texts)).items()}
    edit = proof.edit and Edit(
        file=proof.edit.file, line=proof.edit.line,
        before=gate.line(proof.edit.before), after=gate.line(proof.edit.after),
    )  # fmt: skip
    confirm = c.confirm_with and Confirm(
        c.confirm_with.tool, {k: fill(v, values) for k, v in c.confirm_with.arguments.items()}
    )
    fix = Fix(
        text=fill(c.fix, values),
        commands=tuple(fill(command, values, shell=True) for command in c.commands),
        edit=edit,
    )
    return Finding(
        code=c.code, layer=c.layer, severity=proof.severity or c.severity, confidence=proof.confidence, title=c.title,
        proof=gate.line(proof.text, 600, ours=True), means=c.means, who=c.who, fix=fix,
        confirm_with=confirm if proof.confidence != "proven" else None,
    )  # fmt: skip


def judge(trace: Trace, gate: Gate) -> Report:
    """What explains this trace. Pure: the same trace gives the same report."""
    assert trace.target is not None
    chosen = root(held(trace))
    findings = tuple(finding(c, p, gate, trace.texts) for c, p in chosen)
    errors = [f for f in findings if f.severity == "error"]
    broken_at = trace.broken_at
    if errors and errors[0].layer in PATH:
        broken_at = errors[0].layer
    verdict: Verdict
    if errors and any(f.confidence != "possible" for f in errors):
        verdict = "broken"
    elif errors or broken_at:
        verdict = "unexplained"
    else:
        verdict = "warning" if any(f.severity == "warning" for f in findings) else "healthy"
    steps = tuple(
        Step(layer=s.layer, state=_state(s, broken_at, findings), saw=gate.line(s.saw, ours=True), ms=s.ms)
        for s in trace.steps
    )
    shown = tuple(
        Evidence(key=gate.line(key, 120), value=gate.block(value), layer=key.split(".", 1)[0])
        for key, value in trace.evidence().items()
    )
    t = trace.target
    return Report(
        name=gate.line(t.name, 120), client=t.client, source=t.source, transport=t.transport, verdict=verdict,
        broken_at=broken_at if verdict in ("broken", "unexplained") else None, findings=findings, steps=steps,
        evidence=shown,
    )  # fmt: skip


def _state(step: Step, broken_at: str | None, findings: tuple[Finding, ...]) -> State:
    if step.layer == broken_at and step.state != "not_applicable":
        return "broken"
    if step.state == "passed" and any(f.layer == step.layer and f.severity == "warning" for f in findings):
        return "warning"
    return step.state


async def diagnose(
    target: Target, *, timeout: float = 30.0, progress: Progress | None = None, once: frozenset[str] = consent.NOBODY,
    also: Iterable[str] = (),
) -> Report:  # fmt: skip
    """The whole ladder for one server, inside `timeout` seconds. Every outcome is a Report, our own failure too.

    Where consent is wanting only what the config shows is judged, and a server without fault there is `not_checked`.
    `once` are fingerprints (consent.py) that a person agreed to for this time. `also` names clients (ids) whose rules
    the same entry is tried under, beside those that are on this machine.
    """
    from .compare import compare

    budget = Budget.whole(timeout)

    async def one(entry: Target, client: Client, left: Budget) -> Report:
        return await _one(entry, client, left, once=once)

    report = await _one(target, by_id(target.client), budget, progress, once)
    if report.verdict == "not_checked" or consent.refusal(target, once):
        return report
    return replace(report, clients=await compare(target, report, tuple(also), budget, one))


def _warm(transport: str) -> None:
    """Loads what the end of a walk needs while its beginning waits for the server."""
    prepare()
    for layer in STDIO_PATH if transport == "stdio" else URL_PATH:
        importlib.import_module(f".layers.{layer}", __package__)
    importlib.import_module(".layers.tcp_owner", __package__)


async def _one(
    target: Target, client: Client, budget: Budget, progress: Progress | None = None,
    once: frozenset[str] = consent.NOBODY,
) -> Report:  # fmt: skip
    """One walk under one client's rules, judged; no further than the config where consent is wanting."""
    gate = Gate.for_target(target)
    w = Walk(target=target, client=client, budget=budget)
    # The knowledge is read while the server starts: it is needed at the end, whatever was seen.
    warming = asyncio.get_running_loop().run_in_executor(None, _warm, target.transport)
    if progress is not None:
        w.progress = progress
    try:
        refusal = consent.refusal(target, once)
        with consent.under(target, once):
            trace = await walk(w, only=("config",) if refusal else None)
        await warming
        report = judge(trace, gate)
    except Refused as no:  # seen when the name was resolved, or right before the start
        layer = "config" if isinstance(no, consent.WithdrawnError) else "dns"
        return replace(
            judge(Trace(target=target), gate), verdict="not_checked", evidence=(_refused(str(no), gate, layer),)
        )
    except Exception as error:  # noqa: BLE001 - becomes selfcheck_failed (law 7)
        return failed(target, error, gate)
    if refusal and report.verdict in ("healthy", "warning"):
        return replace(report, verdict="not_checked", evidence=(*report.evidence, _refused(refusal, gate, "config")))
    return report


def _refused(why: str, gate: Gate, layer: str) -> Evidence:
    return Evidence(key="config.consent" if layer == "config" else "dns.refused", value=gate.block(why), layer=layer)


def failed(target: Target, error: Exception, gate: Gate) -> Report:
    """Our own failure as an outcome: where it happened and what it was, in one line of evidence."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{where.tb_frame.f_globals.get('__name__')}:{where.tb_lineno}" if where else ""
    said = gate.line(f"{type(error).__name__}: {error} at {place}")
    return Report(
        name=gate.line(target.name, 120), client=target.client, source=target.source, transport=target.transport,
        verdict="selfcheck_failed", broken_at=None,
        evidence=(Evidence(key="selfcheck.error", value=said, layer="config"),),
    )  # fmt: skip
