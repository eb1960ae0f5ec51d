"""What the opening of the protocol shows, in either era."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Facts


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One opening. `method`: initialize or server/discover. `outcome`: result, error, silent, exited, invalid, refused.

    `version` is the version that the server chose or offers first; `versions` all that it names; `problems` what the
    strict reader found wrong. `how` says what was different from the client's own opening.
    """

    how: str = ""
    method: str
    outcome: str = ""
    asked_version: str = ""
    version: str = ""
    versions: tuple[str, ...] = ()
    error_code: int | None = None
    error_message: str = ""
    error_data: str = ""
    problems: tuple[str, ...] = ()
    raw: str = ""


@dataclass(frozen=True, kw_only=True)
class HandshakeFacts(Facts):
    """`opened` is the opening that this client makes first; `others` are made when it fails or on other questions.

    `era` is what the server speaks as far as it was asked: legacy, modern, dual, none. `client_opening` is how this
    client opens, `client_only` whether it takes its own version only, `client_respawns` whether it starts the server anew when that kills it; `client_version` what it asks for.
    `client_known` is false when the entry's client is not known. `version` is what was agreed upon.
    """

    layer = "handshake"
    era: str = ""
    client_opening: str = ""
    client_respawns: bool = False
    client_version: str = ""
    client_only: bool = False
    client_known: bool = False
    version: str = ""
    opened: Opening | None = None
    others: tuple[Opening, ...] = ()
    server_name: str = ""
    server_version: str = ""
    capabilities: tuple[str, ...] = ()
    instructions_bytes: int = field(default=0, metadata={"shown": False})
    stderr: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)

    def other(self, method: str) -> Opening | None:
        return next((o for o in self.others if o.method == method), None)
