"""The clients that most people use, as rows. Gathered 2026-11 by running them, from their source and their vendors."""

from __future__ import annotations

from .clients_row import POSIX, Client, LogPlace, Place, electron

CLAUDE_DESKTOP = Client(
    id="claude-desktop",
    name="Claude Desktop",
    configs=(
        # The Store build reads its own copy and ignores the file below %APPDATA%: that one must come first.
        Place(path="{LOCALAPPDATA}/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json",
              systems=("win32",)),
        *(Place(path=p, systems=s) for p, s in electron("Claude", "claude_desktop_config.json")),
        Place(path="{XDG_CONFIG}/Claude-3p/claude_desktop_config.json", systems=("linux",)),
        Place(path="~/Library/Application Support/Claude-3p/claude_desktop_config.json", systems=("darwin",)),
        Place(path="{LOCALAPPDATA}/Claude-3p/claude_desktop_config.json", systems=("win32",)),
    ),
    logs=(
        LogPlace(path="~/Library/Logs/Claude/mcp-server-<NAME>.log", systems=("darwin",)),
        LogPlace(path="~/Library/Logs/Claude/mcp.log", systems=("darwin",)),
        LogPlace(path="{LOCALAPPDATA}/Claude/Logs/mcp-server-<NAME>.log", systems=("win32",)),
        LogPlace(path="{LOCALAPPDATA}/Packages/Claude_*/LocalCache/Roaming/Claude/logs/mcp-server-<NAME>.log",
                 systems=("win32",)),
        LogPlace(path="{APPDATA}/Claude/logs/mcp-server-<NAME>.log", systems=("win32",)),
        LogPlace(path="{XDG_CONFIG}/Claude/logs/mcp-server-<NAME>.log", systems=("linux",)),
        LogPlace(path="{XDG_CONFIG}/Claude/logs/mcp.log", systems=("linux",)),
        LogPlace(path="~/Library/Logs/Claude-3p/mcp-server-<NAME>.log", systems=("darwin",)),
        LogPlace(path="{LOCALAPPDATA}/Claude-3p/logs/mcp-server-<NAME>.log", systems=("win32",)),
        LogPlace(path="{XDG_CONFIG}/Claude-3p/logs/mcp-server-<NAME>.log", systems=("linux",)),
        LogPlace(path="~/Library/Logs/Claude-3p/mcp.log", systems=("darwin",)),
        *(LogPlace(path=f"{where}/mcp.log", systems=("win32",)) for where in (
            "{LOCALAPPDATA}/Claude/Logs", "{LOCALAPPDATA}/Packages/Claude_*/LocalCache/Roaming/Claude/logs",
            "{APPDATA}/Claude/logs", "{LOCALAPPDATA}/Claude-3p/logs")),
        LogPlace(path="{XDG_CONFIG}/Claude-3p/logs/mcp.log", systems=("linux",)),
    ),
    env="sdk", cwd="root", cwd_key=False, transports=("stdio",), url_default="refused",
    request_timeout=60.0, start_timeout=60.0, disable_keys=(), gui=True, processes=("Claude", "claude-desktop"),
    strict_stdout=True,
    notes=(
        "Starts every server twice.",
        "The log says “Server started and connected successfully” even when the start failed.",
        "The Store build on Windows reads the file below LocalCache; “Edit Config” opens the other one.",
    ),
)  # fmt: skip

CLAUDE_CODE = Client(
    id="claude-code",
    name="Claude Code",
    configs=(
        Place(path="/etc/claude-code/managed-mcp.json", systems=("linux",), scope="managed"),
        Place(path="/Library/Application Support/ClaudeCode/managed-mcp.json", systems=("darwin",), scope="managed"),
        Place(path="C:/Program Files/ClaudeCode/managed-mcp.json", systems=("win32",), scope="managed"),
        Place(path="{CLAUDE_CONFIG_DIR|~}/.claude.json", root=("projects", "{PROJECT}", "mcpServers"), scope="local"),
        Place(path="{PROJECT}/.mcp.json", scope="project"),
        Place(path="{CLAUDE_CONFIG_DIR|~}/.claude.json"),
        # Plugins: marketplace, plugin, version. The file holds mcpServers, or the names at its top.
        *(Place(path=f"{{CLAUDE_CONFIG_DIR|~/.claude}}/plugins/{where}/.mcp.json", also=((),))
          for where in ("cache/*/*/*", "cache/*/*", "repos/*/*", "synced/*/*")),
    ),
    logs=(
        LogPlace(path="{XDG_CACHE_HOME|~/.cache}/claude-cli-nodejs/*/mcp-logs-<NAME>/*.jsonl",
                 systems=("linux",), format="jsonl"),
        LogPlace(path="~/Library/Caches/claude-cli-nodejs/*/mcp-logs-<NAME>/*.jsonl", systems=("darwin",),
                 format="jsonl"),
        LogPlace(path="{LOCALAPPDATA}/claude-cli-nodejs/Cache/*/mcp-logs-<NAME>/*.jsonl", systems=("win32",),
                 format="jsonl"),
    ),
    env="full", cwd="project", cwd_key=False, types=("stdio", "http", "streamable-http", "sse", "ws", "sdk"),
    expands=("${VAR}", "${VAR:-d}"), url_default="skipped", opening="server/discover", respawns=True,
    start_timeout=30.0, request_timeout=1e5, timeout_key="timeout", disable_keys=(), approval=True,
    sets=(("CLAUDE_PROJECT_DIR", "{PROJECT}"), ("CLAUDECODE", "1")), start_timeout_variable="MCP_TIMEOUT",
    strict_stdout=False, bom=True, honours_proxy=True,  # all seen with 2.1.197
    notes=("A log line with the key “error” is plain stderr, no failure by itself.",),
)  # fmt: skip

CURSOR = Client(
    id="cursor",
    name="Cursor",
    configs=(
        Place(path="{PROJECT}/.cursor/mcp.json", scope="project"),
        Place(path="{PROJECT}/.mcp.json", scope="project"),
        Place(path="~/.cursor/mcp.json"),
    ),
    logs=(
        *(LogPlace(path=p, systems=s, between=r"(?:user|project-\d+-.+|plugin-.+)-") for rest in (
            "logs/<ts>/mcp-server-*<NAME>.log", "logs/<ts>/window*/mcp-server-*<NAME>.workbench.log",
            "logs/<ts>/window*/exthost/anysphere.cursor-mcp/MCP *<NAME>.log",
        ) for p, s in electron("Cursor", rest)),
        *(LogPlace(path=p, systems=s) for rest in (
            "logs/<ts>/mcpprocess.log", "logs/<ts>/window*/exthost/anysphere.cursor-mcp/MCP Logs.log",
            "logs/<ts>/window*/exthost/anysphere.cursor-retrieval/MCP Logs.log",
            "logs/<ts>/window*/exthost/anysphere.cursor-always-local/Cursor MCP.log",
        ) for p, s in electron("Cursor", rest)),
    ),
    expands=("${env:VAR}", "${userHome}", "${workspaceFolder}"), url_default="http-then-sse", gui=True,
    processes=("cursor", "Cursor"),
    strict_stdout=True,  # its log of 2026: "connection:transport_error: conn=connected -> conn=failed"
    notes=("Starts every server twice.", "A server whose start failed is not started again."),
)  # fmt: skip

_CODE = ("Code", "Code - Insiders", "VSCodium")
VSCODE = Client(
    id="vscode",
    name="VS Code",
    configs=(
        Place(path="{PROJECT}/.vscode/mcp.json", root=("servers",), format="jsonc", scope="project"),
        Place(path="{PROJECT}/.mcp.json", scope="project"),
        Place(path="{PROJECT}/.vscode/settings.json", root=("mcp", "servers"), format="jsonc", scope="project"),
        Place(path="{PROJECT}/*.code-workspace", root=("settings", "mcp", "servers"), format="jsonc", scope="project"),
        *(Place(path=p, systems=s, root=("servers",), format="jsonc")
          for name in _CODE for p, s in electron(name, "User/mcp.json")),
        *(Place(path=p, systems=s, root=("servers",), format="jsonc")
          for name in _CODE for p, s in electron(name, "User/profiles/*/mcp.json")),
        *(Place(path=p, systems=s, root=("mcp", "servers"), format="jsonc")
          for name in _CODE for p, s in electron(name, "User/settings.json")),
    ),
    logs=(
        *(LogPlace(path=p, systems=s, between=r"mcp\.config\.[\w-]+\.")
          for name in _CODE for p, s in electron(name, "logs/<ts>/window*/mcpServer.*<NAME>.log")),
        *(LogPlace(path=p, systems=s) for name in _CODE for p, s in electron(name, "logs/<ts>/mcpGateway.log")),
    ),
    env="full", path_appended=True, cwd="project", cwd_key=True, url_default="http-then-sse",
    expands=("${env:VAR}", "${userHome}", "${workspaceFolder}"), asks=("${input:", "${command:"), tilde=True,
    disable_keys=(), gui=True, processes=("code", "Code", "codium", "code-insiders"), shell=True, approval=True, precedence=(),
    strict_stdout=False, bom=True,  # its log says "Failed to parse message" as a warning, and it goes on
    notes=("The root key is “servers”; “mcpServers” in mcp.json is ignored.", "Log messages are localised."),
)  # fmt: skip

CODEX = Client(
    id="codex",
    runs_text=False,
    name="OpenAI Codex",
    configs=(
        Place(path="{PROJECT}/.codex/config.toml", root=("mcp_servers",), format="toml", scope="project"),
        Place(path="{CODEX_HOME|~/.codex}/config.toml", root=("mcp_servers",), format="toml"),
        Place(path="/etc/codex/config.toml", systems=POSIX, root=("mcp_servers",), format="toml", scope="managed"),
        Place(path="{PROGRAMDATA|C:/ProgramData}/OpenAI/Codex/config.toml", systems=("win32",), root=("mcp_servers",),
              format="toml", scope="managed"),
    ),
    logs=(LogPlace(path="{CODEX_HOME|~/.codex}/logs_2.sqlite", format="sqlite"),),
    env="codex", cwd="project", cwd_key=True, transports=("stdio", "http"), url_default="http", version="2025-06-18",
    one_kind=True, strict_stdout=False, honours_proxy=True,  # 0.171.0: "Ignoring unparsable incoming message"
    start_timeout=30.0, request_timeout=300.0, timeout_key="tool_timeout_sec", timeout_unit="s",
    start_timeout_keys=(("startup_timeout_sec", "s"), ("startup_timeout_ms", "ms")), disable_keys=("!enabled",),
    approval=True, precedence=("project", "user", "managed"),
    notes=("Its log labels stderr with the program's name, not the server's.",),
)  # fmt: skip

_GEMINI_NOTES = ("An untrusted folder switches off every server, also those of the user.",)
GEMINI = Client(
    id="gemini-cli",
    name="Gemini CLI",
    configs=(
        Place(path="/etc/gemini-cli/settings.json", systems=("linux",), format="json+comments", scope="managed"),
        Place(path="/Library/Application Support/GeminiCli/settings.json", systems=("darwin",),
              format="json+comments", scope="managed"),
        Place(path="C:/ProgramData/gemini-cli/settings.json", systems=("win32",), format="json+comments",
              scope="managed"),
        Place(path="{GEMINI_CLI_SYSTEM_SETTINGS_PATH|}", format="json+comments", scope="managed"),
        Place(path="{PROJECT}/.gemini/settings.json", format="json+comments", scope="project"),
        Place(path="{GEMINI_CLI_HOME|~}/.gemini/settings.json", format="json+comments"),
        Place(path="{GEMINI_CLI_HOME|~}/.gemini/extensions/*/gemini-extension.json"),
    ),
    logs=(LogPlace(path="{GEMINI_DEBUG_LOG_FILE|}"),),
    env="gemini", cwd="project", cwd_key=True, expands=("$VAR", "${VAR}", "${VAR:-d}"), unset="verbatim",
    url_default="http", url_keys=("httpUrl", "url"), version="2025-06-18", request_timeout=600.0,
    timeout_key="timeout", disable_keys=(), approval=True, strict_stdout=False, honours_proxy=True,  # seen with 0.61.0
    notes=_GEMINI_NOTES,
    log_hint="It writes no log by itself. Start it once with GEMINI_DEBUG_LOG_FILE set to a file name.",
)  # fmt: skip

WINDSURF = Client(
    id="windsurf",
    name="Windsurf",
    configs=(
        Place(path="~/.codeium/windsurf/mcp_config.json"),
        Place(path="~/.codeium/windsurf-next/mcp_config.json"),
        Place(path="~/.codeium/mcp_config.json"),
        Place(path="{PROJECT}/.mcp.json", scope="project"),
    ),
    logs=(
        LogPlace(path="~/Library/Application Support/Windsurf/logs/<ts>/window*/exthost/codeium.windsurf/Windsurf.log",
                 systems=("darwin",)),
        LogPlace(path="{APPDATA}/Windsurf/logs/<ts>/window*/exthost/codeium.windsurf/Windsurf.log",
                 systems=("win32",)),
    ),
    expands=("${env:VAR}", "${file:"), url_default="http", url_keys=("serverUrl", "url"), disable_keys=("disabled",), gui=True,
    processes=("windsurf", "Windsurf"), tool_limit=100,
)  # fmt: skip

ZED = Client(
    id="zed",
    runs_text=False,
    name="Zed",
    configs=(
        Place(path="{PROJECT}/.zed/settings.json", root=("context_servers",), format="jsonc", scope="project"),
        Place(path="{XDG_CONFIG}/zed/settings.json", systems=("linux",), root=("context_servers",), format="jsonc"),
        Place(path="~/.config/zed/settings.json", systems=("darwin",), root=("context_servers",), format="jsonc"),
        Place(path="{APPDATA}/Zed/settings.json", systems=("win32",), root=("context_servers",), format="jsonc"),
    ),
    logs=(
        LogPlace(path="{XDG_DATA_HOME|~/.local/share}/zed/logs/Zed.log", systems=("linux",)),
        LogPlace(path="~/Library/Logs/Zed/Zed.log", systems=("darwin",)),
        LogPlace(path="{LOCALAPPDATA}/Zed/logs/Zed.log", systems=("win32",)),
    ),
    env="full", cwd="project", cwd_key=False, transports=("stdio", "http"), url_default="http",
    start_timeout=60.0, request_timeout=60.0, timeout_key="timeout", timeout_unit="s", timeout_for="both",
    disable_keys=("!enabled",), gui=True, processes=("zed", "zed-editor", "Zed"), approval=True,
    notes=("Its log holds a server's stderr at level DEBUG only.",),
)  # fmt: skip

_CLINE_HOSTS = ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf")
CLINE = Client(
    id="cline",
    name="Cline",
    configs=(
        Place(path="{CLINE_MCP_SETTINGS_PATH|}"),
        Place(path="{CLINE_DATA_DIR|}/settings/cline_mcp_settings.json"),
        Place(path="{CLINE_DIR|~/.cline}/data/settings/cline_mcp_settings.json"),
        *(Place(path=p, systems=s) for host in _CLINE_HOSTS for p, s in electron(
            host, "User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json")),
        Place(path="~/Documents/Cline/MCP/cline_mcp_settings.json"),
    ),
    logs=(LogPlace(path="~/.cline/data/logs/*.log"),),
    env="sdk", cwd="inherit", cwd_key=True, expands=("${env:VAR}",), url_default="sse", request_timeout=60.0,
    start_timeout=60.0, timeout_key="timeout", timeout_unit="s", disable_keys=("disabled",), gui=True,
    processes=("code", "Code", "cline"),
    notes=("The command-line version passes on the whole environment and opens with version 2024-11-05.",),
)  # fmt: skip

COPILOT_CLI = Client(
    id="copilot-cli",
    name="GitHub Copilot CLI",
    configs=(
        # 1.0.102 reads comments, trailing commas and a byte order mark.
        Place(path="{PROJECT}/.mcp.json", format="jsonc", scope="project"),
        Place(path="{PROJECT}/.github/mcp.json", format="jsonc", scope="project", unless="{PROJECT}/.mcp.json"),
        Place(path="{COPILOT_HOME|~/.copilot}/mcp-config.json", format="jsonc"),
    ),
    logs=(LogPlace(path="{COPILOT_HOME|~/.copilot}/logs/process-*.log"),),
    env="full", cwd="project", expands=("$VAR", "${VAR}", "${VAR:-d}"), url_default="http",
    opening="server/discover", start_timeout=60.0, timeout_key="timeout", disable_keys=(), approval=True, bom=True,
)  # fmt: skip

MAIN = (CLAUDE_DESKTOP, CLAUDE_CODE, CURSOR, VSCODE, CODEX, GEMINI, WINDSURF, ZED, CLINE, COPILOT_CLI)
