"""What stands on the pipes of a server that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class StdioFacts(Facts):
    """`noise` are the first lines on stdout that are no JSON-RPC, `noise_when` is "before the answer" or "after".
    `glued` is text that stands on one line with a message. `framing`: lines, content-length, several lines, no line end,
    none. `bad_bytes` is the first byte sequence that is not UTF-8, `encoding` what it looks like. `flood` says which
    bound stdout passed. `said` counts the JSON-RPC messages that came. `client_tolerates`: the client is known to pass over noise.

    Of a silent server: `listening` are the TCP addresses that its processes listen on, `http` what an HTTP request to
    them got; `idle` is true when it used no processor time while we looked; `reads_stdin` when what we wrote was taken out
    of the pipe; `children` are the programs it started; `stdin_from` is where a process that holds our stdout reads from when
    that is not our pipe; `shared_stdin` is a program that reads our pipe beside the server. `asked` holds answers of
    differential questions, by question: "with Content-Length frames", "with PYTHONUNBUFFERED=1", "at the end of input",
    "server/discover", "initialize".
    """

    layer = "stdio"
    answered: bool = False
    noise: tuple[str, ...] = ()
    noise_lines: int = 0
    noise_when: str = ""
    client_tolerates: bool = field(default=False, metadata={"shown": False})
    glued: str = ""
    framing: str = ""
    bom: bool = False
    bad_bytes: str = ""
    encoding: str = ""
    stdout_bytes: int = field(default=0, metadata={"shown": False})
    said: int = field(default=0, metadata={"shown": False})
    flood: str = ""
    stderr: str = ""
    listening: tuple[str, ...] = ()
    http: Mapping[str, str] = field(default_factory=dict)
    idle: bool | None = None
    reads_stdin: bool | None = None
    process_state: str = ""
    children: tuple[str, ...] = ()
    stdin_from: str = ""
    shared_stdin: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def silent(self) -> bool:
        """The process lives, and no JSON-RPC message came."""
        return self.state == "broken" and not self.answered and self.said == 0 and not self.flood
