"""Why the service behind the server refuses it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ...facts.handshake import HandshakeFacts
from ...facts.http import HttpFacts
from ...facts.launch import LaunchFacts
from ...facts.said import flat, npm_code
from ...facts.tools import ToolsFacts
from ...model import Confidence, Confirm, Proof, Trace, cause, plain

_DIAGNOSE = Confirm("diagnose", {})
_LAST = 60  # lines: an error that ended the server stands at the end

_REFUSED = re.compile(
    r"\b401\b.{0,40}(?:[Uu]nauthorized|[Aa]uthenti|[Cc]redential|error|Error)|(?:[Uu]nauthorized|status(?: code)?:?|HTTPError:?|error:?|code:?) ?401\b"
    r"|[Ii]ncorrect API key|[Ii]nvalid (?:API|access|auth\w*|bearer) ?(?:key|token)|invalid[_-]api[_-]key|invalid x-api-key|API key (?:is )?(?:invalid|not valid|expired|revoked)"
    r"|Bad credentials|invalid_auth\b|password authentication failed for user|Access denied for user|WRONGPASS|NOAUTH "
    r"|Login failed for user|SASL authentication failed|SCRAM failure|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken"
    r"|\b403\b.{0,30}Forbidden.{0,80}(?:token|key|credential|scope)|401 Client Error|[Aa]uthentication failed.{0,30}\b(?:18|401)\b"
)
_LIMITED = re.compile(
    r"\b429\b.{0,40}(?:[Tt]oo [Mm]any|error|Error|[Rr]ate)|(?:status(?: code)?:?|HTTPError:?|error:?|code:?) ?429\b|Too Many Requests"
    r"|[Rr]ate limit (?:exceeded|reached)|rate_limit_exceeded|insufficient_quota|quota exceeded|exceeded your current quota|RESOURCE_EXHAUSTED|429 Client Error"
)
_ADDRESS = re.compile(
    r"ERR_INVALID_URL|Invalid URL|Could not parse (?:SQLAlchemy )?URL|invalid (?:dsn|DSN)|invalid integer value .{0,60} for connection option"
    r"|Username and password must be escaped|RFC 3986|URI malformed|Port could not be cast to integer|invalid port|Invalid port"
    r"|Password contains unescaped|missing \"=\" after|Invalid scheme, expected connection string|MongoParseError|invalid connection string|Invalid connection string"
    r"|could not translate host name|Name or service not known|getaddrinfo E\w+|nodename nor servname"
)
_BAD = re.compile(
    r"\b(?:400|404|405|410|415|422) Client Error|(?:status(?: code)?:?|HTTPError:?|HTTP) ?(?:Error )?(400|405|410|415|422)\b"
    r"|\b(?:400 Bad Request|405 Method Not Allowed|410 Gone|415 Unsupported Media Type|422 Unprocessable)"
)


def last_words(t: Trace) -> tuple[LaunchFacts | None, list[str], str, str] | None:
    """(facts, last lines, evidence key, how it ended) of a server that gave up by itself; None for one that runs."""
    f = t.get(LaunchFacts)
    if f is not None and f.run is not None and f.died:
        code = f"exit code {f.run.exit_code}" if not f.run.signal else f.run.signal
        text, how = f.run.stderr or f.run.stdout, f"ended with {code}"
        key = "launch.run.stderr" if f.run.stderr else "launch.run.stdout"
        if not text or npm_code(text) or "An index" in text or "image" in f.asked or "No solution found when" in text:
            return None
        return f, text.splitlines()[-_LAST:], key, how
    said = _answered(t)
    if said is None:
        return None
    return f, said[0].splitlines()[-_LAST:], said[1], said[2]


def _answered(t: Trace) -> tuple[str, str, str] | None:
    """(text, evidence key, what it is) of an answer that is an error, or of what the server wrote when it failed."""
    tools, hand, http = t.get(ToolsFacts), t.get(HandshakeFacts), t.get(HttpFacts)
    if tools is not None and t.broken_at == "tools":
        if tools.error_message:
            return tools.error_message, "tools.error_message", "answers tools/list with an error"
        return (tools.stderr, "tools.stderr", "failed after its opening") if tools.stderr else None
    if hand is not None and t.broken_at == "handshake":
        if hand.opened is not None and hand.opened.error_message:
            return (
                hand.opened.error_message,
                "handshake.opened.error_message",
                f"answers {hand.opened.method} with an error",
            )
        return (hand.stderr, "handshake.stderr", "failed after its opening") if hand.stderr else None
    x = http.failure if http is not None else None
    if (
        http is not None
        and x is not None
        and x.status == 500
        and "html" not in x.content_type
        and (x.rpc_message or x.body)
    ):
        key = "rpc_message" if x.rpc_message else "body"
        return x.rpc_message or x.body, http.key(x, key), f"answers {x.what} with HTTP 500"
    return None


def _line(lines: list[str], pattern: re.Pattern[str]) -> str:
    return next((flat(x)[:220] for x in reversed(lines) if pattern.search(x[:4000])), "")


def _service(line: str, lines: list[str]) -> str:
    """The host that the error names, or ""."""
    for text in (line, *reversed(lines)):
        found = re.search(r"https?://(?:[^/@\s]*@)?([\w.-]+(?::\d+)?)", text)
        if found and "errors.pydantic" not in found[1] and "developer.mozilla" not in found[1]:
            return found[1]
    return ""


def _proof(t: Trace, pattern: re.Pattern[str]) -> Proof | None:
    seen = last_words(t)
    if seen is None:
        return None
    f, lines, key, how = seen
    line = _line(lines, pattern)
    if not line:
        return None
    sure: Confidence = "likely"
    if f is not None and f.died:
        heard, sure = f.find(pattern)
        if heard is None:
            return None  # the last error is another one
    service = _service(line, lines)
    at = f" ({service})" if service else ""
    return Proof(
        f"The server {how}; the service behind it{at} refused it: “{line}”",
        (key,),
        {"service": service or "the service"},
        confidence=sure,
    )


@cause(
    "upstream-auth",
    "upstream",
    title="The service behind the server refuses its credentials",
    means="The server itself was started as it should be. The key, token or password that it uses for the service behind it "
    "is wrong, expired or not allowed to do this.",
    who="you",
    fix='Put a valid key for {service} into "env" of the entry; copy it again from that service, without blanks.',
    over=("launch-env-not-inherited",),
    confirm_with=_DIAGNOSE,
)
def upstream_auth(t: Trace) -> Proof | None:
    return _proof(t, _REFUSED)


@cause(
    "upstream-rate-limit",
    "upstream",
    title="The service behind the server limits its requests",
    means="The service behind the server answered that too many requests came, or that the quota is used up.",
    who="you",
    fix="Wait until {service} accepts requests again, or raise the quota there.",
    confirm_with=_DIAGNOSE,
)
def upstream_rate_limit(t: Trace) -> Proof | None:
    return _proof(t, _LIMITED)


def _unencoded(value: str) -> tuple[str, str] | None:
    """(scheme, the character) of a URL whose password holds a character that must be percent-encoded (RFC 3986, 3.2.1)."""
    m = re.match(r"([a-z][a-z0-9+.-]*)://(.*)$", value, re.IGNORECASE | re.DOTALL)
    if m is None or "@" not in m[2]:
        return None
    user, _, password = m[2].rpartition("@")[0].partition(":")
    for c in "@#/?[]% ":
        if c == "%" and re.fullmatch(r"(?:[^%]|%[0-9A-Fa-f]{2})*", password):
            continue
        if c in password or (c in "#/?" and c in user):
            return m[1], c
    return None


@cause(
    "upstream-address",
    "upstream",
    title="The address of the service behind the server is malformed",
    means="A connection URL is cut at the first of the characters @ : / ? # that stands unencoded in its password, so user, "
    "host and port are read wrongly.",
    who="you",
    fix="Write the character {character} in the password of {where} percent-encoded ({encoded}).",
    over=("launch-env-not-inherited", "tcp-backend-not-running", "dns-name-not-found"),
    confirm_with=_DIAGNOSE,
)
def upstream_address(t: Trace) -> Proof | None:
    seen = last_words(t)
    if seen is None or t.target is None:
        return None
    _, lines, key, how = seen
    line = _line(lines, _ADDRESS)
    if not line:
        return None
    values = [(f"{name} in env", plain(v)) for name, v in t.target.env.items()]
    values += [(f"argument {i + 1}", plain(a)) for i, a in enumerate(t.target.args)]
    for where, value in values:
        found = _unencoded(value)
        if found:
            scheme, c = found
            text = f"The {scheme} URL in {where} has “{c}” unencoded in its password; the server {how}: “{line}”"
            return Proof(text, (key,), {"where": where, "character": c, "encoded": f"%{ord(c):02X}"})
    for where, value in values:
        wrong = _unreadable(value)
        if wrong and re.search(r"Name or service|getaddrinfo|nodename", line) is None:
            text = f"The URL in {where} cannot be read ({wrong}); the server {how}: “{line}”"
            return Proof(text, (key,), {"where": where})
    return None


def _unreadable(value: str) -> str:
    """What urlsplit says against a value that looks like a URL, or ""."""
    if "://" not in value:
        return ""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return (
            "its port is no number" if "ort" in value or re.search(r":\D*$", value) else "its host or port is malformed"
        )
    return "it has no host" if not parts.hostname else ""


@cause(
    "upstream-bad-request",
    "upstream",
    title="The server asks the service behind it in a way it refuses",
    means="The service behind the server understood neither credentials nor limits to be the problem: it refuses the request "
    "itself. Often the server is older than the service's interface.",
    who="server_author",
    fix="Upgrade the server; if it is the newest, tell its author what {service} answered.",
    confirm_with=_DIAGNOSE,
)
def upstream_bad_request(t: Trace) -> Proof | None:
    return _proof(t, _BAD)
