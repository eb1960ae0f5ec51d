"""What starting the command in the client's environment shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Confidence, Facts
from .said import last_error, short_lines

# What `--version` of the program that guides mean by this name prints first.
BANNERS: Mapping[str, str] = {
    "node": r"v\d+\.\d+", "npx": r"\d+\.\d+\.\d+", "npm": r"\d+\.\d+\.\d+", "uv": r"uv \d", "deno": r"deno \d",
    "uvx": r"(uvx|uv|uv-tool-uvx) \d", "python": r"Python \d", "python3": r"Python \d", "bun": r"\d+\.\d+\.\d+",
    "bunx": r"\d+\.\d+\.\d+", "docker": r"(Docker|podman) version", "podman": r"podman version", "pnpm": r"\d+\.\d+",
}  # fmt: skip

CONTROL = "started a second time"  # the start as the client does it, once more


@dataclass(frozen=True, kw_only=True)
class Run:
    """One start of the command, to its end or to the deadline.

    `how` names what was different ("as the client starts it", "with the login shell's PATH"). `exit_code` and
    `signal` exclude each other; both None means that it was alive when we stopped it. `answered` is true when a valid
    JSON-RPC answer to our opening came. `stdout` is the head of what was not JSON-RPC; `stderr` the tail.
    `spawn_error` is an errno name: the operating system could not start it; `spawn_step` is chdir or exec.
    `opening` is the request that it was sent last.
    """

    how: str
    opening: str = ""
    spawn_error: str = ""
    spawn_step: str = ""
    exit_code: int | None = None
    signal: str = ""
    answered: bool = False
    stdout: str = ""
    stderr: str = ""
    stdin_from: str = ""

    def __post_init__(self) -> None:
        # A line without end is cut here, once: every pattern that reads it later stays within its time.
        object.__setattr__(self, "stdout", short_lines(self.stdout))
        object.__setattr__(self, "stderr", short_lines(self.stderr))


@dataclass(frozen=True, kw_only=True)
class FileLook:
    """A file that the launch depends on. `role`: command, script, inner (what a wrapper runs), requirement.

    `kind`: missing, broken link, directory, special, elf, mach-o, pe, script (with a first line), text, data, empty,
    unreadable. `interpreter` is what the first line (or the ELF header) names, `interpreter_found` where that is, or
    "missing". `crlf`, `bom` and
    `noexec` (a mount option) are set only when they hold. `near` is an existing path with almost that name, `exists_up_to` the part of a missing path that exists.
    """

    path: str
    role: str
    kind: str = ""
    executable: bool | None = None
    interpreter: str = ""
    interpreter_found: str = ""
    crlf: bool | None = None
    machine: str = ""
    near: str = ""
    exists_up_to: str = ""
    link_to: str = ""
    bom: bool | None = None
    noexec: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Helper:
    """A program that the launch needs by name, and where it is: on the client's PATH, on that of a terminal (start-up
    files or the one that we were started from), where installers put it. "" means: not there.

    `why`: the command, its interpreter, or named in the error. `without_bit` is a file there that may not be executed.
    `banner` is what `--version` of the one found first prints, `other_banner` that of the next one of that name.
    """

    name: str
    why: str = ""
    on_client_path: str = ""
    on_terminal_path: str = ""
    installed_at: str = ""
    without_entry_path: str = ""
    without_bit: str = ""
    banner: str = ""
    other: str = ""
    other_banner: str = ""


@dataclass(frozen=True, kw_only=True)
class LaunchFacts(Facts):
    """`system` is sys.platform; `command` is what the entry says, `resolved` where the client's PATH finds it, `shell_resolved` where the login
    shell does. `env_policy` is the client's rule; `env_names` the names that the child got; `withheld` those of our
    own environment that it did not; `env_empty` those with an empty value, `entry_names` those of the entry's env block,
    `login_names` those that a terminal's start-up files set. `run` is the start as the client does it; `reruns` are differential starts.
    `looks` are files of the launch; `versions` what runs it ("node": "20.1.0"); `packages` what is installed in the
    environment that runs it ("mcp": "2.3.0"). `asked` holds answers of differential questions, by question.
    `script`, `module`, `package`, `installs` are what the command line runs and installs, as written; `inner` the words
    that a wrapper runs. `prompt` is text without a line end on which a silent server stopped, `idle` whether it used
    no CPU then. `cwd_state`: exists, missing, file, no entry, read only.
    `limit_s` is the client's limit for the start, `over_limit` whether the answer came later than that.
    """

    layer = "launch"
    system: str = ""
    command: str = ""
    launcher: str = ""
    package: str = ""
    installs: tuple[str, ...] = field(default=(), metadata={"shown": False})
    helpers: tuple[Helper, ...] = ()
    script: str = ""
    module: str = ""
    resolved: str = ""
    shell_resolved: str = ""
    also_at: tuple[str, ...] = ()
    path_given: str = field(default="", metadata={"shown": False})
    cwd: str = ""
    cwd_state: str = ""
    env_policy: str = ""
    env_names: tuple[str, ...] = ()
    env_empty: tuple[str, ...] = ()
    entry_names: tuple[str, ...] = field(default=(), metadata={"shown": False})
    login_names: tuple[str, ...] = field(default=(), metadata={"shown": False})
    withheld: tuple[str, ...] = field(default=(), metadata={"shown": False})
    run: Run | None = None
    reruns: tuple[Run, ...] = ()
    looks: tuple[FileLook, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    prompt: str = ""
    idle: bool | None = None
    inner: tuple[str, ...] = field(default=(), metadata={"shown": False})
    limit_s: float | None = None
    over_limit: bool = False

    @property
    def unsteady(self) -> bool:
        """A second start with nothing changed was answered: a changed one that is answered proves nothing."""
        control = self.rerun(CONTROL)
        return control is not None and control.answered

    def rerun(self, how: str) -> Run | None:
        return next((r for r in self.reruns if r.how == how), None)

    def helper(self, name: str) -> Helper | None:
        return next((h for h in self.helpers if h.name == name), None)

    def look(self, role: str) -> FileLook | None:
        return next((x for x in self.looks if x.role == role), None)

    @property
    def words(self) -> str:
        """What the first start printed beside the protocol, stderr first."""
        r = self.run
        return f"{r.stderr}\n{r.stdout}".strip() if r is not None else ""

    def find(self, pattern: str | re.Pattern[str], flags: int = 0) -> tuple[re.Match[str] | None, Confidence]:
        """Where the pattern stands in what the start printed. Proven only as part of the last error before the end.

        A text that stands elsewhere is likely at most; it counts for nothing when a traceback says what the end was.
        """
        for text in (self.run.stderr, self.run.stdout) if self.run is not None else ():
            end, certain = last_error(text)
            found = re.search(pattern, end, flags)
            if found is not None or certain:
                return found, "proven"
        return re.search(pattern, self.words, flags), "likely"

    @property
    def failed(self) -> bool:
        """It could not be started, or it ended before it gave a valid answer."""
        return self.died or bool(self.run is not None and self.run.spawn_error)

    @property
    def ending(self) -> str:
        """How the first start ended, as the end of a sentence."""
        r = self.run
        if r is None:
            return "was not started"
        if r.spawn_error:
            return f"could not be started ({r.spawn_error})"
        return f"was ended by {r.signal}" if r.signal else f"ended with exit code {r.exit_code}"

    def cites(self, *more: str) -> tuple[str, ...]:
        """The keys of how it ended and of what it printed, and `more`."""
        r = self.run
        assert r is not None
        ends = {
            "launch.run.spawn_error": r.spawn_error, "launch.run.signal": r.signal,
            "launch.run.exit_code": r.exit_code is not None, "launch.run.stderr": r.stderr,
            "launch.run.stdout": r.stdout and not r.stderr,
        }  # fmt: skip
        return (*(key for key, there in ends.items() if there), *more)

    @property
    def died(self) -> bool:
        """The process ended before it gave a valid answer."""
        r = self.run
        return r is not None and not r.answered and (r.exit_code is not None or bool(r.signal))
