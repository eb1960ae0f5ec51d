"""`make lab`: every fault case on the running program, one line each: case, want, got, seconds."""

from __future__ import annotations

import concurrent.futures
import sys
import tempfile
from pathlib import Path

from tests.lab import NEEDS, FaultCase, build, diagnose, lab_for, load_cases, wrong


def run(case: FaultCase) -> tuple[bool, str]:
    want = case.code or "healthy"
    for need in case.needs:
        here, reason = NEEDS[need]
        if not here():
            return True, f"- {case.name:<64} {want:<34} skipped: {reason}"
    try:
        with tempfile.TemporaryDirectory(prefix="lab-") as tmp, lab_for(case, Path(tmp)) as lab:
            world = build(case, lab)
            outcome = diagnose(lab, world, case.timeout)
    except (AssertionError, OSError, RuntimeError) as error:
        return False, f"✗ {case.name:<64} {want:<34} {type(error).__name__}: {str(error)[:80]}"
    server = outcome.server
    got = server["findings"][0]["code"] if server["findings"] else server["verdict"]
    bad = wrong(case, world, outcome)
    line = f"{'✗' if bad else '✓'} {case.name:<64} {want:<34} {got:<34} {outcome.seconds:5.1f} s"
    return not bad, f"{line}  {bad}" if bad else line


def main() -> int:
    cases = [c for c in load_cases() if not sys.argv[1:] or any(word in c.name for word in sys.argv[1:])]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for good, line in pool.map(run, cases):
            bad += not good
            print(line, flush=True)
    print(f"{len(cases) - bad} of {len(cases)} cases as wanted")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
