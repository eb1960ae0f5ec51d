"""Each fault case yields exactly its own cause, verdict and layer; each healthy server yields none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab import NEEDS, FaultCase, build, diagnose, lab_for, load_cases, survivors, wrong


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
    bad = wrong(case, world, outcome)
    assert not bad, f"{bad}\n{json.dumps(outcome.server, indent=1, ensure_ascii=False)[:6000]}"
    assert not left, left
