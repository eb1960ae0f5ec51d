"""`make hostile`: every hostile world on the running program, one line each; the last line has the sums.

Words as arguments choose cases by name; `--quick` those of `make test`; `--timeout S` runs all with S.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import importlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.hostile.case import TABLE, Hostile, Row
from tests.lab import CLIENT_FILES, NEEDS, ROOT, FaultCase, Lab, World, base_env, lab_for

CAGE = str(Path(__file__).with_name("cage.py"))
STUCK = 25.0  # seconds after the deadline at which a run is ended
# The program, and behind it what it holds when it is done: descriptors and threads beside those it was started with.
PROGRAM = """
import json, os, sys, threading, time
sys.path.insert(0, {src!r})
def held():
    return sorted(os.readlink(f"/proc/self/fd/{{n}}") for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{{n}}"))
before = held()
from mcp_selfcheck.cli import main
try:
    code = main()
except SystemExit as e:
    code = e.code
end = time.monotonic() + 0.3  # a thread that has done its job still has to go
while threading.active_count() > 1 and time.monotonic() < end:
    time.sleep(0.01)
with open("/proc/self/status") as f:
    peak = next(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))
found = {{"own": peak, "open": [x for x in held() if x not in before], "threads": threading.active_count() - 1}}
with open({note!r}, "w") as f:
    json.dump(found, f)
sys.exit(code)
"""


def load() -> list[Hostile]:
    for name in ("stdio", "http", "files"):
        importlib.import_module(f"tests.hostile.{name}")
    return TABLE


@functools.cache
def healthy(kind: str) -> float:
    """Peak memory in MiB of the same command on a healthy server of that kind."""
    from tests.hostile import healthy as worlds

    case = Hostile(f"healthy {kind}", "healthy", worlds.WORLDS[kind], kind, argv=worlds.ARGV.get(kind, ()))
    found = []
    for _ in range(2):
        with tempfile.TemporaryDirectory(prefix="hostile-") as tmp, _lab(case, Path(tmp)) as lab:
            found.append(_run(case, lab, 20.0)["peak"])
    return max(found)


def _lab(case: Hostile, tmp: Path) -> Any:
    made = FaultCase(case.name, None, case.make, "", None, case.needs, 0, case.netns, ())
    return lab_for(made, tmp)


def _config(lab: Lab, world: World) -> Path:
    if world.config is not None:
        return world.config
    where, key = CLIENT_FILES.get(world.client, ("mcp.json", "mcpServers"))
    config = (lab.home if world.client != "file" else lab.tmp) / where
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({key: {world.name: dict(world.entry or {})}}, indent=2))
    return config


def _files(lab: Lab) -> set[str]:
    """What stands in the places where a program may leave something behind."""
    return {str(p) for place in ("home", "temporary", "cwd") for p in (lab.tmp / place).rglob("*")}


def _run(case: Hostile, lab: Lab, timeout: float) -> dict[str, Any]:
    made = case.make(lab)
    world = made if isinstance(made, World) else World(entry=made)
    config = _config(lab, world)
    for name in ("temporary", "cwd"):
        (lab.tmp / name).mkdir(exist_ok=True)
    note = lab.tmp / "note.json"
    program = PROGRAM.format(src=str(ROOT / "src"), note=str(note))
    words = case.argv or ("diagnose", *([world.name] if world.name else []), "--json", "--timeout", "{timeout:g}")
    url = _url(world)
    port = re.search(r":(\d+)/", url)
    given = [w.format(timeout=timeout, url=url, port=port[1] if port else 1) for w in words]
    argv = [*case.prefix, sys.executable, "-c", program, *given]
    if case.program:
        argv = [*case.program, *given, "--", sys.executable, "-c", program, given[0]]
    if world.client == "file" and words[0] in ("diagnose", "list", "wait", "watch"):
        argv += ["--config", str(config)]
    env = base_env(lab) | {"TMPDIR": str(lab.tmp / "temporary")}
    for k, v in world.env.items():
        env.pop(k, None)
        if v is not None:
            env[k] = v
    order = {
        "argv": lab.command([*argv, *world.args]), "env": env, "cwd": str(world.cwd or lab.tmp / "cwd"),
        "out": str(lab.tmp / "out"), "err": str(lab.tmp / "err"), "seconds": timeout + STUCK, "kill": case.kill,
    }  # fmt: skip
    before = _files(lab)
    asked = subprocess.run(
        [sys.executable, "-I", "-S", CAGE, lab.write("order.json", json.dumps(order))], capture_output=True, text=True,
        timeout=timeout + STUCK + 30,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(asked.stdout)
    told |= (
        json.loads(note.read_text()) | {"own": max(told["own"], json.loads(note.read_text())["own"])}
        if note.exists()
        else {}
    )
    told["peak"] = (told["own"] + told["warden"]) / 1024
    told["files"] = sorted(_files(lab) - before - set(world.shows))
    told["stdout"], told["stderr"] = ((lab.tmp / n).read_text("utf-8", "replace") for n in ("out", "err"))
    return told


def _url(world: World) -> str:
    return str((world.entry or {}).get("url", ""))


def _got(case: Hostile, told: dict[str, Any]) -> str:
    """The finding: a cause's code, else the verdict; for other commands the exit code."""
    if case.kill:
        return "ended" if not told["hung"] else "hung"
    if case.argv or not case.output:
        return f"exit {told['status']}"
    try:
        servers = json.loads(told["stdout"])["servers"]
    except (ValueError, KeyError):
        return f"no report (exit {told['status']})"
    codes = sorted({s["findings"][0]["code"] if s["findings"] else s["verdict"] for s in servers})
    return " + ".join(codes)


def measure(case: Hostile, timeout: float) -> Row:
    with tempfile.TemporaryDirectory(prefix="hostile-") as tmp, _lab(case, Path(tmp)) as lab:
        told = _run(case, lab, timeout)
    row = Row(
        case, timeout, _got(case, told), told["seconds"], told["seconds"] - timeout, told["peak"] - healthy(case.kind)
    )
    row.slow = told["slow"]
    row.left = [*told["left"], *(f"file {f}" for f in told["files"])]
    if not case.resolver:
        row.left += [*told.get("open", ()), *["a thread"] * told.get("threads", 0)]
    wanted = case.want.split(" | ")
    row.wrong += [f"got {row.got}"] if row.got not in wanted and case.want != "*" else []
    row.wrong += [f"{row.over:.2f} s after the deadline"] if row.over > case.slack * row.slow and not case.kill else []
    row.wrong += [f"settled after {told['settled']:.1f} s"] if case.kill and told["settled"] > 5 else []
    row.wrong += [f"{row.mib:.0f} MiB"] if row.mib > case.memory else []
    row.wrong += [f"left {x[:120]}" for x in row.left]
    row.wrong += (
        [f"traceback: {told['stderr'].strip().splitlines()[-1][:200]}"] if "Traceback" in told["stderr"] else []
    )
    row.wrong += ["a control character"] if any(ord(c) < 32 and c != "\n" for c in told["stdout"]) else []
    return row


def chosen(words: list[str], quick: bool) -> list[Hostile]:
    return [c for c in load() if (not quick or c.quick) and (not words or any(w in c.name for w in words))]


def again(row: Row) -> Row:
    """One more, alone, when the first one was not as wanted. A machine that is busy with other things gets more time."""
    return measure(row.case, row.timeout * min(3.0, max(1.0, row.slow / 2)))


def lacking(case: Hostile) -> str:
    return next((NEEDS[n][1] for n in case.needs if not NEEDS[n][0]()), "")


def main() -> int:
    read = argparse.ArgumentParser()
    read.add_argument("words", nargs="*")
    read.add_argument("--quick", action="store_true")
    read.add_argument("--timeout", type=float, action="append")
    read.add_argument("--jobs", type=int, default=2)
    read.add_argument("--once", action="store_true", help="do not run again what was not as wanted")
    args = read.parse_args()
    runs = [(c, t) for c in chosen(args.words, args.quick) for t in args.timeout or c.timeouts]
    skipped = [(c, t) for c, t in runs if lacking(c)]
    runs = [x for x in runs if x not in skipped]
    for kind in {c.kind for c, _ in runs}:
        healthy(kind)
    rows: list[Row] = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for row in pool.map(lambda x: measure(*x), runs):
            rows.append(row)
            print(row.line(), flush=True)
    for at, row in enumerate(rows):
        if row.wrong and not args.once:
            rows[at] = again(row)
            print(f"again, alone:\n{rows[at].line()}", flush=True)
    for c, t in skipped:
        print(f"- {c.name} {t:g} s: {lacking(c)}")
    good = sum(not r.wrong for r in rows)
    print(
        f"{good} of {len(rows)} as wanted, {len(skipped)} skipped; at most {max((r.over for r in rows if not r.case.kill), default=0):+.2f} s after "
        f"the deadline, {max((r.mib for r in rows), default=0):.1f} MiB more than a healthy one, {sum(len(r.left) for r in rows)} left"
    )
    return 0 if good == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
