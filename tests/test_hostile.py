"""Hostile servers, configs and logs: the right finding in time, in little memory, and nothing left behind.

The cases marked `quick` of the table in tests/hostile; `make hostile` runs all of them, with several deadlines.
"""

from __future__ import annotations

import re

import pytest

from tests.hostile.case import ELSEWHERE, TABLE, Hostile
from tests.hostile.run import again, chosen, lacking, measure

QUICK = chosen([], quick=True)


@pytest.mark.parametrize("case", QUICK, ids=lambda c: c.name)
def test_hostile(case: Hostile) -> None:
    if why := lacking(case):
        pytest.skip(why)
    many = case.name.startswith("M20")  # twenty share what one processor can do
    row = measure(case, case.timeouts[-1] if many else max(4.0, case.timeouts[0]))
    if row.wrong:
        row = again(row)
    assert not row.wrong, row.line()


def test_every_line_of_the_list_has_a_case() -> None:
    """S01 to S53 over pipes, H01 to H30 over HTTP, C01 to C08 around it; what Linux cannot show is named."""
    had = {m[0] for c in TABLE if (m := re.match(r"[SHC]\d\d", c.name))} | {name[:3] for name in ELSEWHERE}
    want = {f"S{n:02}" for n in range(1, 54)} | {f"H{n:02}" for n in range(1, 31)} | {f"C{n:02}" for n in range(1, 9)}
    assert want <= had, sorted(want - had)
