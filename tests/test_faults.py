"""Each fault case yields exactly its own cause, verdict and layer; each healthy server yields none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab import NEEDS, FaultCase, build, diagnose, lab_for, load_cases, survivors


@pytest.mark.parametrize("case", load_cases(), ids=lambda c: c.name)
def test_fault(case: FaultCase, tmp_path: Path) -> None:
    for need in case.needs:
        here, reason = NEEDS[need]
        if not here():
            pytest.skip(reason)
    with lab_for(case, tmp_path) as lab:
        world = build(case, lab)
        outcome = diagnose(lab, world, case.timeout)
        left = survivors(lab)
    said = json.dumps(outcome.server, indent=1, ensure_ascii=False)[:6000]
    findings = outcome.server["findings"]
    errors = [f["code"] for f in findings if f["severity"] == "error"]
    assert outcome.server["verdict"] == case.verdict, said
    if case.code is None:
        assert sorted(f["code"] for f in findings) == sorted(case.warns), said
        assert outcome.exit_code == 0
    else:
        assert findings and findings[0]["code"] == case.code, said
        if case.verdict == "broken":
            assert errors == [case.code], said
            assert outcome.server["broken_at"] == case.layer, said
            assert outcome.exit_code == 1
        words = findings[0]["proof"] + json.dumps(findings[0]["fix"], ensure_ascii=False)
        for value in world.shows:
            assert value in words, (value, words)
    assert not left, left
    assert outcome.seconds < case.timeout + 5, outcome.seconds
