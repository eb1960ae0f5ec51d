"""A child process cannot escape, hang or flood: with real programs that try."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mcp_selfcheck import spawn

PYTHON = sys.executable
MARK = "selfcheck-spawn-test"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a child subreaper")


def named(mark: str) -> list[int]:
    """Processes whose command line holds `mark`, zombies left out."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or ())
        if mark in words and process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
            found.append(process.pid)
    return found


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    mark = f"{MARK}-{os.getpid()}-{tmp_path.name}"
    yield mark
    left = named(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def script(tmp_path: Path, mark: str, text: str) -> str:
    """A Python program whose path holds `mark`, as the command line of all its forks does."""
    path = tmp_path / f"{mark}.py"
    path.write_text("import os, signal, sys, time\n" + textwrap.dedent(text))
    return str(path)


async def run(
    argv: list[str], seconds: float = 5.0, *, write: bytes = b"", grace: float = 0.2, cwd: str | None = None,
    env: dict[str, str] | None = None, reaper: bool = True, says: bytes = b"",
) -> tuple[spawn.Child, bytes]:  # fmt: skip
    """Starts it, waits for its end (or for `says` on stdout) at most `seconds`, ends it."""
    out = bytearray()
    child = await spawn.start(argv[0], argv, env or dict(os.environ), cwd, out.extend, reaper=reaper)
    if write:
        await child.write(write, 1.0)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and not (says and says in out):
        if child.gone.is_set() and (child.stdout_closed.is_set() or not says):
            break
        await asyncio.sleep(0.02)
    await child.close(grace)
    return child, bytes(out)


def started(argv: list[str], **more: object) -> tuple[spawn.Child, bytes]:
    return asyncio.run(run(argv, **more))  # type: ignore[arg-type]


# --- what it tells ----------------------------------------------------------------------------------------------------
def test_exit_code_stdout_and_stderr() -> None:
    child, out = started(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (child.ended.exit_code, child.ended.signal, out, child.stderr.text()) == (3, "", b"out\n", "err\n")


def test_signal() -> None:
    child, _ = started(["/bin/sh", "-c", "kill -SEGV $$"])
    assert (child.ended.exit_code, child.ended.signal) == (None, "SIGSEGV")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda t: str(t / "none"), "ENOENT"),
        (lambda t: str(t), "EACCES"),
        (lambda t: _file(t / "text", b"hello\n", 0o755), "ENOEXEC"),
        (lambda t: _file(t / "plain", b"#!/bin/sh\n", 0o644), "EACCES"),
        (lambda t: _file(t / "bad", b"#!/no/such/interpreter\n", 0o755), "ENOENT"),
        (lambda t: "/bin/sh\0x", "EINVAL"),
    ],
)
def test_what_the_system_refuses_has_its_errno(tmp_path: Path, make: object, name: str) -> None:
    with pytest.raises(spawn.SpawnError) as caught:
        started([make(tmp_path)])  # type: ignore[operator]
    assert (caught.value.name, caught.value.step) == (name, "exec")


def _file(path: Path, text: bytes, mode: int) -> str:
    path.write_bytes(text)
    path.chmod(mode)
    return str(path)


def test_a_missing_folder_is_told_from_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(spawn.SpawnError) as caught:
        started(["/bin/sh", "-c", "true"], cwd=str(tmp_path / "none"))
    assert (caught.value.name, caught.value.step) == ("ENOENT", "chdir")


def test_the_environment_is_exactly_the_given_one() -> None:
    _, out = started(["/usr/bin/env"], env={"ONLY": "ä\udcff"})
    assert out == "ONLY=ä\udcff\n".encode("utf-8", "surrogateescape")


def test_the_server_has_default_signals_a_session_of_its_own_and_no_foreign_descriptors(
    tmp_path: Path, mark: str
) -> None:  # fmt: skip
    text = """
    print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, signal.getsignal(signal.SIGHUP) == signal.SIG_DFL)
    print(os.getsid(0) == os.getpid(), sorted(int(f) for f in os.listdir("/proc/self/fd")))
    """
    _, out = started([PYTHON, "-I", script(tmp_path, mark, text)])
    assert out.split(b"\n")[:2] == [b"True True", b"True [0, 1, 2, 3]"]  # 3: the listing itself


# --- what it must not do ----------------------------------------------------------------------------------------------
HOSTILE = {
    "ignores every signal": """
        for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(n, signal.SIG_IGN)
        print("ready", flush=True); time.sleep(300)
    """,
    "stops itself": """
        print("ready", flush=True); os.kill(os.getpid(), signal.SIGSTOP); time.sleep(300)
    """,
    "grandchild in a session of its own that holds stdout": """
        if os.fork() == 0:
            os.setsid(); print("ready", flush=True); time.sleep(300)
        time.sleep(300)
    """,
    "daemon, and an early exit": """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                print("ready", flush=True); time.sleep(300)
            os._exit(0)
    """,
    "daemon that cleared its environment": """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execve(sys.executable, [sys.executable, "-I", "-c", "import time; print('ready', flush=True); time.sleep(300)", sys.argv[0]], {})
            os._exit(0)
        os.wait()
    """,
    "a hundred forks": """
        for _ in range(100):
            if os.fork() == 0:
                os.setsid(); time.sleep(300)
        print("ready", flush=True); time.sleep(300)
    """,
    "respawner": """
        def child():
            os.setsid(); time.sleep(300)
        print("ready", flush=True)
        for _ in range(20000):
            if os.fork() == 0: child()
            os.wait()
    """,
    "stops its parent": """
        os.kill(os.getppid(), signal.SIGSTOP); print("ready", flush=True); time.sleep(300)
    """,
    "writes to stdout without end": """
        while True: os.write(1, b"ready" * 10000)
    """,
    "writes to stderr without end": """
        print("ready", flush=True)
        while True: os.write(2, b"x" * 50000)
    """,
}  # fmt: skip


@linux
@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_left(name: str, tmp_path: Path, mark: str) -> None:
    begun = time.monotonic()
    child, out = started([PYTHON, "-I", script(tmp_path, mark, HOSTILE[name])], says=b"ready")
    assert b"ready" in out
    assert not named(mark)
    assert time.monotonic() - begun < 8
    assert child.left_behind >= (99 if "hundred" in name else 1 if "daemon" in name else 0)


@linux
def test_a_server_that_kills_its_parent_is_still_followed(tmp_path: Path, mark: str) -> None:
    text = """
    if os.fork() == 0:
        os.setsid(); print("ready", flush=True); time.sleep(300)
    time.sleep(0.3); os.kill(os.getppid(), signal.SIGKILL); time.sleep(300)
    """
    child, _ = started([PYTHON, "-I", script(tmp_path, mark, text)])
    assert child.gone.is_set() and not named(mark)


@linux
def test_a_server_that_kills_the_warden_too_does_not_hang_us(tmp_path: Path, mark: str) -> None:
    text = """
    def parent(pid): return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    if os.fork() == 0: time.sleep(300)
    keeper = os.getppid(); warden = parent(keeper)
    os.kill(warden, signal.SIGKILL); os.kill(keeper, signal.SIGKILL); time.sleep(300)
    """
    begun = time.monotonic()
    child, _ = started([PYTHON, "-I", script(tmp_path, mark, text)])
    assert child.ended.lost and not named(mark)
    assert time.monotonic() - begun < 5


@linux
def test_our_own_sudden_end_leaves_nothing(tmp_path: Path, mark: str) -> None:
    server = script(tmp_path, mark, HOSTILE["daemon, and an early exit"] + "\n        time.sleep(300)\n")
    ours = tmp_path / "ours.py"
    ours.write_text(
        "import asyncio, os, sys\nfrom mcp_selfcheck import spawn\n"
        "async def main():\n"
        f"    await spawn.start({PYTHON!r}, [{PYTHON!r}, '-I', {server!r}], dict(os.environ), None, lambda b: print('up', flush=True))\n"
        "    await asyncio.sleep(300)\nasyncio.run(main())\n"
    )
    process = subprocess.Popen([PYTHON, str(ours)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"up\n"
    assert named(mark)
    process.kill()
    process.wait()
    process.stdout.close()
    limit = time.monotonic() + 5
    while named(mark) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not named(mark)


@pytest.mark.skipif(sys.platform == "win32", reason="needs ps")
def test_without_a_subreaper_the_tree_and_the_marked_are_ended(tmp_path: Path, mark: str) -> None:
    text = """
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            print("ready", flush=True); time.sleep(300)
        os._exit(0)
    if os.fork() == 0: time.sleep(300)
    time.sleep(300)
    """
    _, out = started([PYTHON, "-I", script(tmp_path, mark, text)], reaper=False, says=b"ready")
    assert b"ready" in out and not named(mark)


# --- what it must not cost --------------------------------------------------------------------------------------------
def test_a_server_that_never_reads_does_not_block_us() -> None:
    async def main() -> bool:
        child = await spawn.start("/bin/sleep", ["sleep", "60"], dict(os.environ), None, lambda b: None)
        try:
            return await child.write(b"x" * 4_000_000, 0.3)
        finally:
            await child.close(0)

    begun = time.monotonic()
    assert asyncio.run(main()) is False
    assert time.monotonic() - begun < 3


def test_memory_stays_bounded_in_a_flood() -> None:
    ring = spawn.Ring(head=100, tail=200)
    for _ in range(1000):
        ring.add(b"y" * 333)
    assert ring.total == 333_000 and len(ring.text()) < 400


def test_no_descriptor_and_no_child_is_left() -> None:
    async def main() -> tuple[int, int]:
        process = psutil.Process()
        await run(["/bin/true"])
        before = process.num_fds()
        for i in range(5):
            await run(["/bin/true"])
            with pytest.raises(spawn.SpawnError):
                await run([f"/none/{i}"])
        return before, process.num_fds()

    before, after = asyncio.run(main())
    assert before == after
    assert not [c for c in psutil.Process().children() if "warden" in " ".join(c.cmdline())]


def test_a_cancelled_start_leaves_nothing(tmp_path: Path, mark: str) -> None:
    server = script(tmp_path, mark, "time.sleep(300)")

    async def main() -> None:
        for wait in (0.0, 0.005, 0.02, 0.04, 0.06):
            task = asyncio.create_task(spawn.start(PYTHON, [PYTHON, server], {}, None, lambda b: None))
            await asyncio.sleep(wait)
            task.cancel()
            try:
                child = await task
            except asyncio.CancelledError:
                continue
            await child.close(0)

    asyncio.run(main())
    assert not named(mark)
