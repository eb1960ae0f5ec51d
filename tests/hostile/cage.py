"""Runs one program as everybody's last parent, and tells what it cost and what it left: seconds, memory, processes.

A script of its own with `python -I -S`, so that nothing of the tests' process counts. Argument: a JSON file with argv,
env, cwd, out, err, seconds (when it is ended), and perhaps kill: [signal, after seconds]. Writes JSON to stdout.
Being a child subreaper, it becomes the parent of whatever the program leaves behind, however that detached itself.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time

SETTLE = 6.0  # seconds that the wardens have after the program was killed
TICK = 0.02


def children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", "rb") as f:
                found += [int(word) for word in f.read().split()]
    except OSError:
        pass
    return found


def below(pid: int) -> list[int]:
    found: list[int] = []
    wave = children(pid)
    while wave:
        found += wave
        wave = [p for parent in wave for p in children(parent) if p not in found]
    return found


def peak(pid: int) -> int:
    """VmHWM in KiB; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
            return next((int(line.split()[1]) for line in f if line.startswith("VmHWM:")), 0)
    except (OSError, ValueError, IndexError):
        return 0


def command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read(400).replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end(pids: list[int]) -> None:
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            try:
                os.kill(pid, number)
            except OSError:
                continue


def stretch() -> float:
    """How many times longer than alone a piece of work takes on this machine now; 1 when it is idle."""
    begun, work = time.monotonic(), time.process_time()
    while time.process_time() - work < 0.03:
        sum(range(1000))
    return max(1.0, (time.monotonic() - begun) / 0.03)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as f:
        order = json.load(f)
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    slow = stretch()
    begun = time.monotonic()
    with open(order["out"], "wb") as out, open(order["err"], "wb") as err:
        program = subprocess.Popen(
            order["argv"], env=order["env"], cwd=order["cwd"], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            start_new_session=True,
        )  # fmt: skip
    number, after = order.get("kill") or (0, 0.0)
    own = warden = 0
    hung = False
    while program.poll() is None:
        spent = time.monotonic() - begun
        own = max(own, peak(program.pid))
        for pid in children(program.pid):
            if "warden.py" in command(pid):
                warden = max(warden, peak(pid))
        if number and spent >= after:
            os.kill(program.pid, number)
            number = 0
        if spent > order["seconds"]:
            hung = True
            program.kill()
            program.wait()
            break
        time.sleep(TICK)
    seconds = time.monotonic() - begun
    limit = time.monotonic() + (SETTLE if order.get("kill") or hung else 0.0)
    while True:
        reap()
        left = below(os.getpid())
        if not left or time.monotonic() > limit:
            break
        time.sleep(TICK)
    told = [command(pid) or str(pid) for pid in left]
    while left:
        end(left)
        reap()
        left = below(os.getpid())
    settled = time.monotonic() - begun - seconds
    sys.stdout.write(json.dumps({
        "seconds": seconds, "status": program.returncode, "own": own, "warden": warden, "left": told, "hung": hung,
        "settled": settled, "slow": max(slow, stretch()),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
