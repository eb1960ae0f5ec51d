"""The path: each layer probes and returns facts. It has no opinion about what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .. import surroundings
from ..budget import Budget
from ..clients import Client
from ..model import Facts, Target, Text
from ..wire import Message

if TYPE_CHECKING:
    from .conversation import Conversation

F = TypeVar("F", bound=Facts)


class Peer(Protocol):
    """A server that can be asked, over pipes or over HTTP. `era` is what it was opened in: modern, legacy, or ""."""

    era: str

    async def ask(
        self, method: str, params: Mapping[str, Any] | None, budget: Budget, *, modern: bool = False
    ) -> Message | None:
        """The answer with the request's id, or None when none came (ended, cut, or time is up)."""
        ...

    async def close(self, grace: float = ...) -> None: ...


@dataclass
class Walk:
    """What the layers of one diagnosis share: the target, the client's rules, the time, and what was seen so far.

    `environ` is the environment of the person who asks (a copy), from which the client's rules choose.
    `live` is the running stdio server, started and opened by launch, used by the layers after it. `remote` is the same
    for a URL, opened by http. `state` holds what one layer hands to the next beside that, keyed by layer. `texts`
    collects foreign text for reading.
    """

    target: Target
    client: Client
    budget: Budget
    environ: Mapping[str, str] = field(default_factory=surroundings.environ)
    facts: dict[str, Facts] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    live: Conversation | None = None
    remote: Peer | None = None
    state: dict[str, Any] = field(default_factory=dict)
    progress: Callable[[str], None] = lambda saying: None

    @property
    def peer(self) -> Peer | None:
        return self.live or self.remote

    def get(self, kind: type[F]) -> F | None:
        found = self.facts.get(kind.layer)
        return found if isinstance(found, kind) else None

    def hear(self, origin: str, text: str) -> None:
        """Keeps foreign text so that the causes' signatures are looked for in it."""
        if text.strip():
            self.texts.append(Text(origin=origin, text=text))
