"""How programs speak: signatures by cause, apart from the causes because one program's words often serve several rivals.

A signature's score: 3 and more, words that mean this cause alone; 2, words shared with few rivals; below 2 a hint, read
in pasted text only. Where rivals share the same words, each carries them with its own score, and `needs` / `unless` ask
for what tells them apart. The comment above a cause names the programs whose words these are.
"""

from __future__ import annotations

from ...model import Says


def says(pattern: str, score: float = 2.0, needs: str | None = None, unless: str | None = None) -> Says:
    """A signature; below 2 it is a hint."""
    return Says(pattern, score, needs, unless, hint=score < 2)


def exact(pattern: str, score: float = 3.0, needs: str | None = None, unless: str | None = None) -> Says:
    """A signature whose case carries meaning."""
    return Says(pattern, score, needs, unless, ignorecase=False, hint=score < 2)


# How clients name the status of an answer: SDKs, HTTP libraries, frameworks, loggers.
_STATUS = (
    r"(?:Non-200 status code \(|\(HTTP |\bstatus(?: ?code)?(?: of| is| was)?['\"]?[:= (]{1,2}|\bHTTP(?: status| error)?(?: code)?[: ]{1,2}|HTTP/\d(?:\.\d)?\"? "
    r"|Error (?:sending|posting|connecting|fetching|calling)[^\n]{0,40}: ?|\b(?:message|failed|returned|error|response|code|success|endpoint)[:=( ]{1,2}"
    r"|(?:Client|Server) error '|statusCode['\"]?[:=] ?|failed with (?:status )?(?:code )?)"
)


def status(code: str, more: str = "") -> str:
    """A pattern for a status that a client reports."""
    return rf"{_STATUS}{code}\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b){more}"
