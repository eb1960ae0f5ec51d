"""The one gate through which foreign text leaves: known secrets first, patterns second, then control characters, then length."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Secret, Target


class Gate:
    """Knows the secrets of one target and lets text out without them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True)

    @classmethod
    def for_target(cls, target: Target) -> Gate:
        values = [*target.env.values(), *target.headers.values(), *(a for a in target.args if isinstance(a, Secret))]
        return cls(v.reveal() for v in values)

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def line(self, text: str, limit: int = 400) -> str:
        """One line: secrets out, control characters visible, cut to `limit` characters."""
        shown = self.clean(text).replace("\r", " ").replace("\n", " ⏎ ")
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"

    def block(self, text: str, limit: int = 2000) -> str:
        """Several lines: as line(), but line ends stay."""
        shown = self.clean(text)
        return shown if len(shown) <= limit else "…" + shown[-(limit - 1) :]
