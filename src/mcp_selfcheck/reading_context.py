"""What a text says of its world: operating system by paths, client by log format, transport, launcher, port, host, package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

# Each row: tag, and what shows it. Tags stand in guillemets so that `needs` and `unless` of a signature can ask for them.
_SHOWS: tuple[tuple[str, str], ...] = (
    ("windows", r"\b[A-Z]:\\|WinError|\bWSA[A-Z]{4,}|AppData|cmd\.exe|\.cmd\b|npx\.ps1|powershell|is not recognized as an"
                r"|//\./pipe|\\\\\.\\pipe|\bwin32\b|Scripts\\|os error -?\d{5,}|\[Errno 100[456]\d\]"),
    ("macos", r"/Users/|/opt/homebrew|/Library/|\bdarwin\b|\bmacOS\b|\[Errno 6[015]\]|\.app/Contents|com\.apple\.|dyld"),
    ("linux", r"/home/|/roo[t]/|/usr/lib/|/proc/|\[Errno 1(?:11|10|13|01)\]|systemd|/lib/x86_64|GLIBC"),
    ("wsl", r"/mnt/[a-z]/|\bwsl\b|\bWSL2?\b|wsl\.exe|microsoft-standard"),
    ("container", r"docker|\bcontainer\b|kubernetes|\bpod\b|\.svc\.cluster|172\.1[6-9]\.|192\.168\.65\.|podman|\bk8s\b"),
    ("claude-desktop", r"\{ metadata: |Server transport closed|claude_desktop_config|Claude\.app|[Ll]ogs/Claude"
                       r"|Attempting to connect to MCP server|Server started and connected successfully"),
    ("claude-code", r"\.claude\.json|claude mcp |SDK auth failed|MCP server \"[^\"]+\"|⎿|Streamable HTTP error: Error POSTing"
                    r"|claude-cli-nodejs|Connection failed \([A-Z_]+\)"),
    ("vscode", r"Connection state: |\[server stderr\]|extension host|Waiting for server to respond to|\.vscode"),
    ("cursor", r"\bcursor\b|McpProcess|CreateClient|anysphere"),
    ("codex", r"MCP client for |startup_timeout_sec|\bcodex\b|MCP startup (?:failed|incomplete)|mcp_servers\."),
    ("goose", r"\bgoose\b|Failed to (?:load|start) extension|extension '"),
    ("zed", r"context[_ ]server|\bzed\b"),
    ("inspector", r"inspector"),
    ("mcp-remote", r"mcp-remote"),
    ("python", r"Traceback \(most recent|File \"[^\"]+\", line \d+|\.py\b|ExceptionGroup|\bpython\d?\b|uvicorn|\buvx?\b"),
    ("node", r"node:internal|node_modules|\bnpx?\b|\.m?js:\d+|Node\.js v\d|\bnode\b"),
    ("docker", r"docker: |docker daemon|docker run|Docker Desktop|dockerDesktopLinuxEngine|docker_engine"),
    ("stdio", r"\bspawn\b|\bstdio\b|\bstderr\b|Server transport closed|exited with code|exit code|stdin|stdout"),
    ("http", r"https?://|\b(?:POST|GET) /|HTTP/[12]|\bSSE\b|status code|\bHTTP \d{3}|Streamable"),
    ("mcp", r"\bmcp|mcp\b|modelcontextprotocol|JSON-?RPC|fastmcp|supergateway|tools/(?:list|call)|\binitialize\b"
            r"|Server (?:disconnected|transport)|claude|/sse\b|-32[06]\d\d"),
)  # fmt: skip
_COMPILED = tuple((tag, re.compile(p, re.IGNORECASE)) for tag, p in _SHOWS)

_DETAILS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(p, re.IGNORECASE))
    for name, p in (
        ("url", r"(?P<v>https?://[^\s\"'<>)\]},]{3,200})"),
        ("port", r"(?:https?://[\w.-]{1,100}|\[[0-9a-f:]{2,40}\]|localhost|\d{1,3}(?:\.\d{1,3}){3}|host\.docker\.internal"
                 r"|:::?1?|\*):(?P<v>\d{2,5})\b"),
        ("port", r"\bport[ =:]{1,3}(?:number )?(?P<v>\d{2,5})\b"),
        ("port", r"['\"]?port['\"]?\s?[:=]\s?(?P<v>\d{2,5})\b"),
        ("port", r"\('[\w.:-]{1,60}', (?P<v>\d{2,5})"),
        ("host", r"https?://(?P<v>\[[0-9a-f:]+\]|[\w.-]{1,253})"),
        ("host", r"getaddrinfo \w+ (?P<v>[\w.-]{1,253})"),
        ("host", r"\b(?P<v>\d{1,3}(?:\.\d{1,3}){3}|localhost|host\.docker\.internal)(?=:\d)"),
        ("package", r"(?:npx|pnpm dlx|bunx)(?:\.cmd)?(?: -y| --yes)? (?P<v>@?[\w./-]{2,100}(?:@[\w.^~-]+)?)"),
        ("package", r"uvx (?:--from )?(?P<v>[\w.-]{2,100}(?:==[\w.]+|@[\w.]+)?)"),
        ("package", r"node_modules/(?P<v>@[\w.-]+/[\w.-]+|[\w.-]+)"),
        ("path", r"(?P<v>(?:/(?:Users|home|root|opt|usr|app|tmp|var|srv|mnt)/|[A-Z]:\\)[^\s\"':;,)]{2,200})"),
        ("node", r"Node\.js (?P<v>v\d+\.\d+\.\d+)"),
        ("command", r"\bspawn (?P<v>[^\s]{1,100}) E[A-Z]+"),
    )
)  # fmt: skip


def tags(text: str) -> str:
    """The tags that the text earns, as «tag» words. Looks at the first and last 20,000 characters."""
    shown = text if len(text) <= 40_000 else text[:20_000] + text[-20_000:]
    return " ".join(f"«{tag}»" for tag, pattern in _COMPILED if pattern.search(shown))


def details(text: str) -> Mapping[str, str]:
    """Port, host, URL, package, path and the like that the text names; of several the last, where the failure stands."""
    shown = text[-20_000:]
    found: dict[str, str] = {}
    for name, pattern in _DETAILS:
        if name in found:
            continue
        hits = list(islice(pattern.finditer(shown), 500))
        if hits:
            found[name] = hits[-1].group("v").rstrip(".,;:")
    return found
