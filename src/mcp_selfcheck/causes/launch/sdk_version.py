"""Why a server does not fit the version of the SDK, or the module system, that it is run with."""

from __future__ import annotations

import re
import shlex

from ...facts.handshake import HandshakeFacts
from ...facts.launch import LaunchFacts
from ...facts.tools import ToolsFacts
from ...model import Confirm, Proof, Trace, cause
from .package import STDERR, ended, failed

_DIAGNOSE = Confirm("diagnose", {})
_MISSING = re.compile(r"(?:ModuleNotFoundError|ImportError): (No module named '?(mcp|fastmcp)\.([\w.]+)'?)")
_NO_NAME = re.compile(
    r"ImportError: (cannot import name '(\w+)' from (?:partially initialized module )?'((?:mcp|fastmcp)(?:\.[\w.]+)?)')"
)
# What mcp 1.x gave and 2.x does not (its migration guide), as Python words it.
_SERVER_GONE = re.compile(
    r"AttributeError: ('(?:Server|MCPServer)' object has no attribute '(\w+)'|module 'mcp[\w.]*' has no attribute '(\w+)')"
)
_CAMEL = re.compile(r"AttributeError: ('\w+' object has no attribute '([a-z]+(?:[A-Z][a-z]*)+)')")
_CAMEL_NAMES = frozenset({
    "inputSchema", "outputSchema", "isError", "structuredContent", "mimeType", "nextCursor", "serverInfo",
    "protocolVersion", "uriTemplate", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint",
    "progressToken", "clientInfo", "stopReason", "listChanged", "resourceTemplates", "systemPrompt", "maxTokens",
})  # fmt: skip
_KEYWORD = re.compile(r"TypeError: ((?:[\w.]*?(\w+)(?:\.(\w+))?\(\)) got an unexpected keyword argument '(\w+)')")
_NEW_IN_2 = re.compile(r"mcp\.server\.mcpserver|MCPServer|mcp_types|mcp\.server\.apps|mcp\.server\.extension")


def major(version: str) -> int:
    """The first number of a version, -1 when there is none."""
    m = re.match(r"\d+", version)
    return int(m[0]) if m else -1


def _said_later(t: Trace) -> tuple[str, tuple[str, ...]] | None:
    """stderr and citations of a server that answered the opening but failed at the list of tools."""
    tools, handshake = t.get(ToolsFacts), t.get(HandshakeFacts)
    if tools is not None and tools.stderr and tools.outcome not in ("listed", "not_offered", ""):
        return tools.stderr, ("tools.stderr",)
    if handshake is not None and handshake.stderr and t.broken_at == "handshake":
        return handshake.stderr, ("handshake.stderr",)
    return None


def _python(t: Trace) -> tuple[LaunchFacts, str, tuple[str, ...], str] | None:
    """(facts, last error line and what is behind it, citations, how it ended), or None."""
    seen = failed(t)
    if seen is not None:
        return seen[0], seen[1], (STDERR,), f"The start {ended(seen[0])}."
    f, later = t.get(LaunchFacts), _said_later(t)
    if f is None or later is None:
        return None
    return f, later[0], later[1], ""


def _change_in_v2(stderr: str) -> str:
    """The line that says that something of mcp 1.x is gone, or ""."""
    for m in reversed(list(_MISSING.finditer(stderr))):
        if m[2] == "mcp" and not _NEW_IN_2.search(m[1]):
            return m[1]
    for m in reversed(list(_NO_NAME.finditer(stderr))):
        if m[3].startswith("mcp") and not _NEW_IN_2.search(m[2]):
            return m[1]
    gone = _SERVER_GONE.search(stderr)
    if gone:
        return gone[1]
    camel = [m for m in _CAMEL.finditer(stderr) if m[2] in _CAMEL_NAMES]
    if camel:
        return camel[-1][1]
    return ""


@cause(
    "launch-python-sdk-v2",
    "sdk-version",
    title="A server for mcp 1.x runs with mcp 2.x",
    means="The server was written for version 1 of the Python SDK and does not pin it. Version 2 renamed and removed what "
    "it uses, so it ends at the first such line.",
    who="you",
    fix="Keep mcp below 2 for this server until it has moved to the new names: {how}.",
    commands=["{command:words}"],
    over=("launch-module-missing", "launch-wrong-python", "launch-package-broken", "launch-env-missing"),
    confirm_with=_DIAGNOSE,
)
def python_sdk_v2(t: Trace) -> Proof | None:
    seen = _python(t)
    if seen is None:
        return None
    f, stderr, cites, how = seen
    version = f.packages.get("mcp", "")
    said = _change_in_v2(stderr)
    keyword = _KEYWORD.search(stderr)
    if not said and keyword and keyword[2] == "MCPServer" and major(version) >= 2:
        said = keyword[1]
    spoken = "This is mcp 2.x" in stderr
    if not said or (version and major(version) < 2):
        return None
    if not version and not spoken and not re.search(r"'mcp\.server\.fastmcp'|list_tools|call_tool|inputSchema", said):
        return None
    cites = (*cites, *(("launch.packages[mcp]",) if version else ()))
    where = f"mcp {version} is installed there" if version else "mcp 2.x is installed there"
    text = f"“{said}”: {where}, the server is written for mcp 1.x. {how}".strip()
    sure = bool(version) or spoken
    return Proof(text, cites, _pin(f, "mcp", "<2"), confidence="proven" if sure else "likely")


def _rest(f: LaunchFacts) -> list[str]:
    """What stands behind the launcher's own flags, so that the command can be run as it is shown."""
    source = ["--from", f.package] if f.launcher == "uvx" and f.inner and f.package != f.inner[0] else []
    return [*source, *f.inner]


def _pin(f: LaunchFacts, package: str, limit: str) -> dict[str, str]:
    """How to pin in this launcher: `how` for the sentence, `command` to run once or to put into the entry."""
    want = f"{package}{limit}"
    if f.launcher in ("uvx", "uv run"):
        start = "uvx" if f.launcher == "uvx" else "uv run"
        return {
            "how": f'put --with "{want}" behind {start} in the entry',
            "command": shlex.join([*start.split(), "--with", want, *_rest(f)]),
            "want": want,
        }
    if f.launcher == "pipx":
        return {
            "how": f'install it once with pipx and inject "{want}"',
            "command": shlex.join(["pipx", "inject", f.package, want]),
            "want": want,
        }
    python = (
        f.resolved
        if f.launcher == "python"
        else next((x.interpreter_found for x in f.looks if "python" in x.interpreter_found), f.asked.get("python", ""))
    )
    return {
        "how": f'install "{want}" into the environment that runs it',
        "command": shlex.join([python or "python", "-m", "pip", "install", want]),
        "want": want,
    }


@cause(
    "launch-fastmcp-major",
    "sdk-version",
    title="The server is written for another major version of fastmcp",
    means="fastmcp moves and removes modules and arguments with each major version. The server uses names that the "
    "installed one does not have.",
    who="you",
    fix="Pin the fastmcp that the server was written for: {how}.",
    commands=["{command:words}"],
    over=("launch-module-missing", "launch-wrong-python", "launch-package-broken", "launch-env-missing"),
    confirm_with=_DIAGNOSE,
)
def fastmcp_major(t: Trace) -> Proof | None:
    seen = _python(t)
    if seen is None:
        return None
    f, stderr, cites, how = seen
    version = f.packages.get("fastmcp", "")
    found = re.search(
        r"(No module named '?fastmcp\.[\w.]+'?|cannot import name '\w+' from 'fastmcp[\w.]*'|'FastMCP' object has no attribute "
        r"'\w+'|module 'fastmcp[\w.]*' has no attribute '\w+'|FastMCP(?:\.__init__)?\(\) (?:no longer accepts `\w+`|got (?:an )?unexpected keyword argument\S* '?\w+'?)"
        r"|FastMCP\(\) got unexpected keyword argument\(s\): [^\n]{1,80})", stderr)  # fmt: skip
    if not found or "site-packages/mcp/server/fastmcp" in stderr:
        return None
    if not version:
        if f.packages or not re.search(r"fastmcp\.\w", found[1]):
            return None
        text = f"“{found[1]}”: the installed fastmcp does not have it. {how}".strip()
        return Proof(text, cites, _pin(f, "fastmcp", "<3"), confidence="likely")
    text = f"“{found[1]}”: fastmcp {version} is installed there and does not have it any more. {how}".strip()
    return Proof(text, (*cites, "launch.packages[fastmcp]"), _pin(f, "fastmcp", f"<{major(version)}"))


@cause(
    "launch-sdk-too-old",
    "sdk-version",
    title="The installed SDK is older than what the server uses",
    means="The server uses a part of the SDK that came later than the version which is installed where it runs.",
    who="you",
    fix="Install {want} or newer where the server runs.",
    commands=["{command:words}"],
    over=("launch-module-missing", "launch-wrong-python", "launch-package-broken", "launch-env-missing"),
    confirm_with=_DIAGNOSE,
)
def sdk_too_old(t: Trace) -> Proof | None:
    node = _node_too_old(t)
    seen = _python(t)
    if node is not None or seen is None:
        return node
    f, stderr, cites, how = seen
    version = f.packages.get("mcp", "")
    if not version:
        return None
    found = None
    for pattern in (_MISSING, _NO_NAME):
        for m in pattern.finditer(stderr):
            found = m[1] if m[1].split("'")[1:] and "fastmcp." not in m[1].replace("mcp.server.fastmcp", "") else found
    attribute = _SERVER_GONE.search(stderr)
    said = found or (attribute[1] if attribute and "'MCPServer'" not in attribute[1] else "")
    if not said:
        return None
    if major(version) < 2 and (_NEW_IN_2.search(said) or major(version) == 1):
        want = "mcp>=2" if _NEW_IN_2.search(said) else f"mcp>{version},<2"
        values = _pin(f, "mcp", want.removeprefix("mcp"))
        text = f"“{said}”: mcp {version} is installed there and does not have it yet. {how}".strip()
        return Proof(text, (*cites, "launch.packages[mcp]"), values)
    return None


# First release of @modelcontextprotocol/sdk that has the file or the method (read in the published archives).
_SINCE = {
    "server/mcp": (1, 3), "server/streamableHttp": (1, 10), "client/streamableHttp": (1, 10), "registerTool": (1, 12),
    "registerResource": (1, 12), "registerPrompt": (1, 12),
}  # fmt: skip


def _node_too_old(t: Trace) -> Proof | None:
    seen = failed(t)
    package, lacks = _sdk_lacks(*seen) if seen is not None else ("", "")
    if seen is None or package != "@modelcontextprotocol/sdk":
        return None
    f = seen[0]
    version = f.packages.get(package, "")
    numbers = tuple(int(x) for x in re.findall(r"\d+", version)[:2])
    since = next((v for name, v in _SINCE.items() if re.search(rf"\b{name}\b", lacks)), None)
    if len(numbers) < 2 or since is None or numbers >= since:
        return None
    want = f"{package}@^{since[0]}.{since[1]}.0"
    text = f"{package} {version} has no {lacks}; it came with {since[0]}.{since[1]}.0. The start {ended(f)}."
    return Proof(text, (STDERR, f"launch.packages[{package}]"), {"want": want, "command": f"npm install {want}"})


# --- TypeScript -------------------------------------------------------------------------------------------------------

_SDK = r"@modelcontextprotocol/(?:sdk|server|client|core)"
_EXPORT = re.compile(rf"The requested module '({_SDK}[^']*)' does not provide an export named '(\w+)'")
_SUBPATH = re.compile(rf"Package subpath '([^']+)' is not defined by \"exports\" in \S*?({_SDK})/package\.json")
_NO_FILE = re.compile(rf"Cannot find module '[^']*?({_SDK})/([^']+)'")
_NO_PACKAGE = re.compile(rf"Cannot find (?:package|module) '({_SDK})([^']*)'")
_NO_MAIN = re.compile(rf"No \"exports\" main defined in \S*?({_SDK})/package\.json")
_NO_METHOD = re.compile(
    r"TypeError: (\w+\.(?:tool|resource|prompt|setRequestHandler|registerTool|registerResource|registerPrompt) is not a function)"
)
_NO_CLASS = re.compile(
    r"TypeError: ((?:\w+\.)?(?:McpServer|Server|StdioServerTransport|StreamableHTTPServerTransport|SSEServerTransport) is not a constructor)"
)


@cause(
    "launch-node-sdk-moved",
    "sdk-version",
    title="The installed TypeScript SDK does not have what is imported",
    means="The server imports a file or a name that this version of the SDK does not have: it was moved between versions, "
    "or never was part of its public face.",
    who="server_author",
    fix="Install the version of {package} that the server was written for, or move its imports to the public paths of "
    "{package} {version}.",
    over=(
        "launch-module-missing",
        "launch-not-built",
        "launch-path-missing",
        "launch-package-broken",
        "launch-npx-cache",
    ),
    confirm_with=_DIAGNOSE,
)
def node_sdk_moved(t: Trace) -> Proof | None:
    seen = failed(t)
    if seen is None:
        return None
    f, stderr = seen
    package, lacks = _sdk_lacks(f, stderr)
    if not package:
        return None
    version = f.packages.get(package, "")
    if _node_too_old(t) is not None:
        return None
    if not version or (package == "@modelcontextprotocol/sdk" and f.asked.get("npx missing is") == "in its archive"):
        return None
    text = f"{package} {version} has no {lacks}. The start {ended(f)}."
    return Proof(
        text, (STDERR, f"launch.packages[{package}]"), {"package": package, "version": version, "missing": lacks}
    )


def _sdk_lacks(f: LaunchFacts, stderr: str) -> tuple[str, str]:
    """Which SDK package lacks what, from Node's own words; ("", "") for other errors."""
    m = _EXPORT.search(stderr)
    if m:
        return _name(m[1]), f"export “{m[2]}” in “{m[1]}”"
    m = _SUBPATH.search(stderr)
    if m:
        return m[2], f"path “{m[1]}”"
    m = _NO_FILE.search(stderr)
    if m:
        return m[1], f"file “{m[2]}”"
    m = _NO_MAIN.search(stderr)
    if m:
        return m[1], "main entry"
    m = _NO_PACKAGE.search(stderr)
    if m and m[1] == "@modelcontextprotocol/sdk" and major(f.packages.get("@modelcontextprotocol/server", "")) >= 2:
        return "@modelcontextprotocol/server", f"“{m[1]}{m[2]}”: that is the name of the SDK before version 2"
    m = _NO_METHOD.search(stderr) or _NO_CLASS.search(stderr)
    if m:
        for name in ("@modelcontextprotocol/server", "@modelcontextprotocol/sdk"):
            if name in f.packages:
                return name, f"such a function: “{m[1]}”"
    return "", ""


def _name(path: str) -> str:
    return "/".join(path.split("/")[:2])


@cause(
    "launch-sdk-api-changed",
    "sdk-version",
    title="The installed SDK takes other arguments than it is given",
    means="A function of the SDK was changed between the version that the server was written for and the one that is "
    "installed.",
    who="server_author",
    fix="Pin {package} to the version that the server was written for: {how}.",
    commands=["{command:words}"],
    confirm_with=_DIAGNOSE,
)
def sdk_api_changed(t: Trace) -> Proof | None:
    seen = _python(t)
    if seen is None:
        return None
    f, stderr, cites, how = seen
    m = list(_KEYWORD.finditer(stderr)) or list(
        re.finditer(
            r"TypeError: ((?:[\w.]*?(\w+)(?:\.(\w+))?\(\)) (?:missing \d+ required|takes \d+ positional|takes from \d+)[^\n]{3,120})",
            stderr,
        )
    )
    if not m:
        return None
    said, owner = m[-1][1], m[-1][2]
    package = "fastmcp" if "fastmcp" in f.packages and "/fastmcp/" in stderr else "mcp"
    known = owner in (
        "FastMCP",
        "Server",
        "MCPServer",
        "ClientSession",
        "Tool",
        "TextContent",
        "stdio_server",
        "run",
        "StdioServerParameters",
    )
    version = f.packages.get(package, "")
    if not version or not (known or re.search(r"(?:site|dist)-packages/(?:mcp|fastmcp)/", stderr)):
        return None
    text = f"“{said}” with {package} {version}. {how}".strip()
    values = {"package": package, **_pin(f, package, f"<{version}")}
    return Proof(text, (*cites, f"launch.packages[{package}]"), values)
