"""Generated worlds through the gate: a secret in any place, repeated in any spelling, stands in no output of any face.

`make canaries` makes ten thousand of them, `make test` some hundred.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mcp_selfcheck import checkup, logs, showing
from mcp_selfcheck.examine import failed, judge
from mcp_selfcheck.explain import explain
from mcp_selfcheck.facts.handshake import HandshakeFacts, Opening
from mcp_selfcheck.facts.http import Exchange, HttpFacts
from mcp_selfcheck.facts.launch import LaunchFacts, Run
from mcp_selfcheck.layers.port import PortReport
from mcp_selfcheck.model import Step, Target, Text, Trace
from mcp_selfcheck.reading import hear
from mcp_selfcheck.redact import Gate
from mcp_selfcheck.redact_words import is_plain
from mcp_selfcheck.render import jsonform, markdown, text
from tests import canary_world as world

EXAMPLES = int(os.environ.get("CANARIES", "250"))
RUNS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],
)


def logged(target: Target, said: str) -> logs.LogAnswer:
    """What is read from a client's log that holds this."""
    file = Path.home() / ("Library/Logs" if sys.platform == "darwin" else ".config") / "Claude"
    file = file / ("" if sys.platform == "darwin" else "logs") / "mcp-server-sick.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(said.encode("utf-8", "surrogatepass"))
    log = logs.read_log([replace(target, client="claude-desktop", name="sick")])
    assert log.ok and log.files, log
    return replace(log, server=target.name)


def outputs(targets: list[Target], said: str) -> str:
    """What every face says of a target whose server, proxy or log says this."""
    t = targets[0]
    gate = Gate.for_targets(targets)
    texts = (Text(origin="stderr", text=said),)
    facts = {
        "launch": LaunchFacts(state="broken", command=t.command or "", cwd=t.cwd or "", resolved=t.command or "", saw=said[:80],
                              run=Run(how="as configured", exit_code=1, stderr=said, stdout=said[:500])),
        "http": HttpFacts(state="broken", url=t.shown_url, first=Exchange(what="POST initialize", status=401, body=said, rpc_message=said)),
        "handshake": HandshakeFacts(server_name=said, opened=Opening(method="initialize", outcome="error", error_message=said, raw=said)),
    }  # fmt: skip
    kept = {k: v for k, v in facts.items() if k != ("http" if t.transport == "stdio" else "launch")}
    steps = tuple(Step(layer=k, state="broken", saw=said) for k in kept)
    trace = Trace(target=t, facts=kept, steps=steps, texts=texts, heard=hear(texts))
    reports = showing.one([judge(trace, gate), failed(t, RuntimeError(said), gate)], targets)
    explained = showing.one(explain(said), targets)
    step = showing.one(logged(t, said), targets)
    port = showing.one(
        PortReport(port=1, host="localhost", state="open", first_words=said, error=said, says=(said,)), targets
    )
    listed, style = showing.targets(targets), text.Style()
    parts = [
        *(text.report(r, style) for r in reports), markdown.document(reports), jsonform.render(reports),
        text.explanation(explained, style), markdown.explanation(explained), json.dumps(jsonform.explanation(explained)),
        text.step(step, style), json.dumps(jsonform.step("log", step), ensure_ascii=False), text.step(port, style),
        json.dumps(jsonform.step("port", port)), text.targets(listed, style), json.dumps(jsonform.targets(listed)),
        showing.line(str(checkup.NotFoundError(said, [t.name]))), showing.failure(RuntimeError(said)), showing.line(said), showing.name(t.name),
    ]  # fmt: skip
    return "\n".join(parts)


@pytest.fixture(scope="module")
def home() -> Path:
    return Path(tempfile.mkdtemp(prefix="canary"))


def check(root: Path, made: world.Planted, secret: str, said: str) -> str:
    with tempfile.TemporaryDirectory(dir=root) as here:
        folder = Path(here)
        file = world.planted(folder, made)
        environ = {"HOME": str(folder), "PATH": "/usr/bin:/bin", **made.environ}
        with mock.patch.dict(os.environ, environ, clear=True):
            targets = checkup.everything([str(file)], made.client)
            assert [t.name for t in targets] == ["sick"], targets
            shown = outputs(targets, said)
    assert "sick" in shown
    return world.leak(shown, secret)


@RUNS
@given(
    st.sampled_from(sorted(world.PLACES)), world.RANDOM | world.ODD | world.PEM | world.SHORT,
    st.sampled_from(sorted(world.SPELL)), st.sampled_from(world.AROUND),
)  # fmt: skip
def test_no_secret_of_any_place_in_any_spelling(
    home: Path, place: str, secret: str, spell: str, around: object
) -> None:
    if len(secret) < 8 and (spell in world.FOR_LONG or place in world.LONG_ONLY):
        spell, place = "raw", "env, named"
    if is_plain(secret):  # 937d: a number with its unit, ordinary unless a name says that it is a secret
        place = "env, named"
    if world.ONE_LINE.search(place) and (
        "\n" in secret or "'" in secret or '"' in secret or "\\" in secret or "`" in secret
    ):
        place = "env, named"
    if "\t" in secret and "." in place:
        place = "env, named"
    found = check(home, world.PLACES[place](secret), secret, around(world.SPELL[spell](secret)))  # type: ignore[operator]
    assert not found, (place, spell, found)


@RUNS
@given(
    st.sampled_from(sorted(world.PATHS)),
    world.TOKENS,
    st.sampled_from(sorted(world.SPELL)),
    st.sampled_from(world.AROUND),
)
def test_no_token_of_a_path(home: Path, place: str, secret: str, spell: str, around: object) -> None:
    found = check(home, world.PATHS[place](secret), secret.removeprefix("canary-"), around(world.SPELL[spell](secret)))  # type: ignore[operator]
    assert not found, (place, spell, found)


@settings(
    max_examples=min(EXAMPLES, 1000),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],
)
@given(
    st.sampled_from(
        ["error", "server", "python", "postgres", "localhost", "password", "connection", "token", "module", "test"]
    )
)
def test_an_ordinary_word_as_a_secret_leaves_the_report_readable(home: Path, secret: str) -> None:
    said = f"Error: Cannot find module 'express'\nconnect ECONNREFUSED localhost:5432 (server-{secret})\nrejected password \"{secret}\""
    with tempfile.TemporaryDirectory(dir=home) as here:
        file = world.planted(Path(here), world.PLACES["env, password"](secret))
        with mock.patch.dict(os.environ, {"HOME": here, "PATH": "/usr/bin:/bin"}, clear=True):
            shown = outputs(checkup.everything([str(file)], "claude-code"), said)
    assert "express" in shown and "localhost:5432" in shown and f"server-{secret}" in shown
    assert "What it means" in shown and "How we know" in shown and "ended with exit code 1" in shown
    assert 'rejected password "***"' in shown or secret == "localhost"  # where everything is, and no secret
