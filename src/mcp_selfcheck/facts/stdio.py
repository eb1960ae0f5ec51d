"""What stands on the pipes of a server that runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class StdioFacts(Facts):
    """`noise` are the first lines on stdout that are no JSON-RPC, `noise_when` is "before the answer", "between" or
    "after". `framing`: lines, content-length, pretty-printed, none. `decoding` is the first byte sequence that is not UTF-8.
    `listening` are the TCP addresses that the server's processes listen on; `idle` is true when it used no CPU while
    we waited; `reads_stdin` when what we wrote was taken from the pipe. `children` are the programs it started.
    """

    layer = "stdio"
    answered: bool = False
    noise: tuple[str, ...] = ()
    noise_lines: int = 0
    noise_when: str = ""
    framing: str = ""
    bom: bool = False
    bad_bytes: str = ""
    stdout_bytes: int = field(default=0, metadata={"shown": False})
    flood: str = ""
    stderr: str = ""
    listening: tuple[str, ...] = ()
    idle: bool | None = None
    reads_stdin: bool | None = None
    process_state: str = ""
    children: tuple[str, ...] = ()
    stdin_closed_early: bool = False
    framed_answer: str = ""
    asked: tuple[str, ...] = ()
