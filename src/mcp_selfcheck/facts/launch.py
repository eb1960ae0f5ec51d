"""What starting the command in the client's environment shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class Run:
    """One start of the command, to its end or to the deadline.

    `how` names what was different ("as the client starts it", "with the login shell's PATH"). `exit_code` and
    `signal` exclude each other; both None means that it was alive when we stopped it. `answered` is true when a valid
    JSON-RPC answer to our opening came. `stdout` is the head of what was not JSON-RPC; `stderr` the tail.
    `spawn_error` is an errno name: the operating system could not start it.
    """

    how: str
    opening: str = ""
    spawn_error: str = ""
    exit_code: int | None = None
    signal: str = ""
    answered: bool = False
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True, kw_only=True)
class FileLook:
    """A file that the launch depends on. `kind`: missing, directory, elf, mach-o, pe, script, text, empty, unreadable.

    `interpreter` is what the first line names, `interpreter_found` where that is (or "missing").
    """

    path: str
    role: str
    kind: str = ""
    executable: bool | None = None
    interpreter: str = ""
    interpreter_found: str = ""
    crlf: bool = False
    machine: str = ""
    near: str = ""


@dataclass(frozen=True, kw_only=True)
class LaunchFacts(Facts):
    """`command` is what the entry says, `resolved` where the client's PATH finds it, `shell_resolved` where the login
    shell does. `env_policy` is the client's rule; `env_names` the names that the child got; `withheld` those of our
    own environment that it did not. `run` is the start as the client does it; `reruns` are differential starts.
    `looks` are files of the launch; `versions` what runs it ("node": "20.1.0"); `packages` what is installed in the
    environment that runs it ("mcp": "2.3.0"). `asked` holds answers of differential questions, by question.
    """

    layer = "launch"
    command: str = ""
    launcher: str = ""
    package: str = ""
    script: str = ""
    resolved: str = ""
    shell_resolved: str = ""
    also_at: tuple[str, ...] = ()
    path_given: str = field(default="", metadata={"shown": False})
    cwd: str = ""
    cwd_state: str = ""
    env_policy: str = ""
    env_names: tuple[str, ...] = ()
    withheld: tuple[str, ...] = field(default=(), metadata={"shown": False})
    run: Run | None = None
    reruns: tuple[Run, ...] = ()
    looks: tuple[FileLook, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    limit_s: float | None = None
    over_limit: bool = False

    def rerun(self, how: str) -> Run | None:
        return next((r for r in self.reruns if r.how == how), None)

    def look(self, role: str) -> FileLook | None:
        return next((x for x in self.looks if x.role == role), None)

    @property
    def died(self) -> bool:
        """The process ended before it gave a valid answer."""
        r = self.run
        return r is not None and not r.answered and (r.exit_code is not None or bool(r.signal))
