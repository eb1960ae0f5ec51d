"""The other clients, as rows. Gathered 2026-11 by running them, from their source and their vendors."""

from __future__ import annotations

from .clients_row import POSIX, Client, LogPlace, Place, electron

ROO = Client(
    id="roo-code",
    name="Roo Code",
    configs=(
        Place(path="{PROJECT}/.roo/mcp.json", scope="project"),
        *(Place(path=p, systems=s) for host in ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf")
          for p, s in electron(host, "User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json")),
    ),
    env="sdk", cwd="project", cwd_key=True, types=("stdio", "sse", "streamable-http"),
    one_kind=True, expands=("${env:VAR}", "${workspaceFolder}"), url_default="error", request_timeout=60.0, start_timeout=60.0,
    timeout_key="timeout", timeout_unit="s", disable_keys=("disabled",), gui=True, processes=("code", "Code"),
    log_hint="It writes to the editor's Output panel, channel Roo-Code.",
)  # fmt: skip

CONTINUE = Client(
    id="continue",
    name="Continue",
    configs=(
        Place(path="{PROJECT}/.continue/mcpServers/*.yaml", format="yaml", scope="project"),
        Place(path="{PROJECT}/.continue/mcpServers/*.yml", format="yaml", scope="project"),
        Place(path="{PROJECT}/.continue/mcpServers/*.json", scope="project"),
        Place(path="{CONTINUE_GLOBAL_DIR|~/.continue}/config.yaml", format="yaml"),
        Place(path="{CONTINUE_GLOBAL_DIR|~/.continue}/mcpServers/*.yaml", format="yaml"),
        Place(path="{CONTINUE_GLOBAL_DIR|~/.continue}/mcpServers/*.yml", format="yaml"),
        Place(path="{CONTINUE_GLOBAL_DIR|~/.continue}/mcpServers/*.json"),
    ),
    logs=(LogPlace(path="~/.continue/logs/core.log"),),
    cwd="project", cwd_key=True, asks=("${{",), url_default="unknown", start_timeout=20.0,
    start_timeout_keys=(("connectionTimeout", "ms"),), disable_keys=(), gui=True, processes=("code", "Code"),
)  # fmt: skip

QWEN = Client(
    id="qwen-code",
    name="Qwen Code",
    configs=(
        Place(path="/etc/qwen-code/settings.json", systems=("linux",), format="json+comments", scope="managed"),
        Place(path="/Library/Application Support/QwenCode/settings.json", systems=("darwin",), format="json+comments",
              scope="managed"),
        Place(path="C:/ProgramData/qwen-code/settings.json", systems=("win32",), format="json+comments",
              scope="managed"),
        Place(path="{QWEN_CODE_SYSTEM_SETTINGS_PATH|}", format="json+comments", scope="managed"),
        Place(path="{PROJECT}/.qwen/settings.json", format="json+comments", scope="project"),
        Place(path="~/.qwen/settings.json", format="json+comments"),
    ),
    logs=(LogPlace(path="{QWEN_RUNTIME_DIR|~/.qwen}/debug/*.txt"),),
    env="full", cwd="project", cwd_key=True, expands=("$VAR", "${VAR}"), url_default="sse",
    url_keys=("httpUrl", "url"), request_timeout=600.0, timeout_key="timeout", disable_keys=(), strict_stdout=False,
    log_hint="It writes a log only when it was started with --debug.",
)  # fmt: skip

ANTIGRAVITY = Client(
    id="antigravity",
    name="Google Antigravity",
    configs=(
        Place(path="{PROJECT}/.agents/mcp_config.json", format="json+comments", scope="project"),
        Place(path="~/.gemini/config/mcp_config.json", format="json+comments"),
        Place(path="~/.gemini/antigravity/mcp_config.json", format="json+comments"),
        Place(path="~/.gemini/antigravity-ide/mcp_config.json", format="json+comments"),
        Place(path="~/.gemini/antigravity-cli/mcp_config.json", format="json+comments"),
    ),
    logs=(
        *(LogPlace(path=p, systems=s, between=r"mcp\.config\.[\w-]+\.") for name in ("Antigravity IDE", "Antigravity")
          for p, s in electron(name, "logs/<ts>/window*/mcpServer.*<NAME>.log")),
        LogPlace(path="~/.gemini/antigravity-cli/log/cli-*.log"),
        *(LogPlace(path=f"~/Library/Logs/Antigravity/{name}.log", systems=("darwin",))
          for name in ("main", "language_server")),
        LogPlace(path="{XDG_CONFIG}/Antigravity/logs/*.log", systems=("linux",)),
        LogPlace(path="{APPDATA}/Antigravity/logs/*.log", systems=("win32",)),
    ),
    expands_known=False, url_default="http", url_keys=("serverUrl", "url"), opening="server/discover", cwd_key=True,
    disable_keys=("disabled",), gui=True, processes=("antigravity", "Antigravity"),
)  # fmt: skip

GOOSE = Client(
    id="goose",
    runs_text=False,
    name="Goose",
    configs=(
        Place(path="{XDG_CONFIG}/goose/config.yaml", systems=POSIX, root=("extensions",), format="yaml"),
        Place(path="{APPDATA}/Block/goose/config/config.yaml", systems=("win32",), root=("extensions",),
              format="yaml"),
    ),
    logs=(
        LogPlace(path="{XDG_STATE_HOME|~/.local/state}/goose/logs/*/*/*.log", systems=POSIX),
        LogPlace(path="{APPDATA}/Block/goose/data/logs/*/*/*.log", systems=("win32",)),
    ),
    env="goose", cwd="project", transports=("stdio", "http"), url_default="error", url_keys=("uri",), type_required=True,
    opening="server/discover", start_timeout=300.0, request_timeout=300.0, timeout_key="timeout", timeout_unit="s",
    timeout_for="both", disable_keys=("!enabled",),
)  # fmt: skip

OPENCODE = Client(
    id="opencode",
    name="opencode",
    configs=(
        *(Place(path=f"{where}/opencode.{end}", root=("mcp",), format="jsonc", scope="project")
          for where in ("{PROJECT}/.opencode", "{PROJECT}") for end in ("json", "jsonc")),
        *(Place(path=f"{where}/opencode.{end}", root=("mcp",), format="jsonc")
          for where in ("{OPENCODE_CONFIG_DIR|}", "{XDG_CONFIG}/opencode", "~/.opencode") for end in ("json", "jsonc")),
        Place(path="{XDG_CONFIG}/opencode/config.json", root=("mcp",), format="jsonc"),
        Place(path="{OPENCODE_CONFIG|}", root=("mcp",), format="jsonc"),
        *(Place(path=f"{where}/opencode.{end}", systems=systems, root=("mcp",), format="jsonc", scope="managed")
          for where, systems in (("/etc/opencode", ("linux",)), ("/Library/Application Support/opencode", ("darwin",)),
                                 ("{PROGRAMDATA|C:/ProgramData}/opencode", ("win32",))) for end in ("json", "jsonc")),
    ),
    logs=(LogPlace(path="{XDG_DATA_HOME|~/.local/share}/opencode/log/opencode.log"),),
    env="full", cwd="project", cwd_key=True, expands=("{env:VAR}", "{file:"), unset="empty",
    url_default="error", start_timeout=30.0, timeout_key="timeout", timeout_for="start", disable_keys=("!enabled",),
    type_required=True, types=("local", "remote"), strict_stdout=False, bom=True, honours_proxy=True,  # the last three seen with 1.18
    log_hint="Its log holds nothing about servers. `opencode mcp list` starts each of them and says how it ended.",
)  # fmt: skip

COPILOT_JETBRAINS = Client(
    id="copilot-jetbrains",
    name="GitHub Copilot for JetBrains",
    configs=(
        Place(path="~/.config/github-copilot/intellij/mcp.json", systems=POSIX, root=("servers",)),
        Place(path="{LOCALAPPDATA}/github-copilot/intellij/mcp.json", systems=("win32",), root=("servers",)),
    ),
    expands_known=False, gui=True,
    log_hint="It writes to idea.log of the IDE (Help, Show Log), in lines with [CopilotMCP].",
)  # fmt: skip

JETBRAINS_AI = Client(
    id="jetbrains-ai",
    name="JetBrains AI Assistant",
    configs=(
        Place(path="{PROJECT}/.ai/mcp/mcp.json", scope="project"),
        Place(path="~/.ai/mcp/mcp.json"),
        *(Place(path=p, systems=s, root=("McpApplicationServerCommands",), format="xml")
          for p, s in electron("JetBrains", "*/options/llm.mcpServers.xml")),
        *(Place(path=p, root=("McpProjectServerCommands",), format="xml", scope="project")
          for p in ("{PROJECT}/.idea/workspace.xml", "{PROJECT}/.idea/.idea.*/.idea/workspace.xml")),
    ),
    expands_known=False, gui=True, cwd_key=True, disable_keys=("disabled", "!enabled"),
)  # fmt: skip

JUNIE = Client(
    id="junie",
    name="JetBrains Junie",
    configs=(
        Place(path="{PROJECT}/.junie/mcp/mcp.json", scope="project"),
        Place(path="~/.junie/mcp/mcp.json"),
    ),
    logs=(LogPlace(path="{JUNIE_LOG_DIR|~/.junie/logs}/junie.log"),),
    expands_known=False, url_default="http", version="2025-03-26", only_version=True,
    disable_keys=(), approval=True,
    notes=("Refuses a server that answers with another protocol version than 2025-03-26.",),
)  # fmt: skip

DEVIN = Client(
    id="devin",
    name="Devin",
    configs=(
        Place(path="{PROJECT}/.devin/mcp_config.json", scope="project"),
        Place(path="{PROJECT}/.devin/mcp_config.local.json", scope="local"),
        Place(path="~/.config/devin/mcp_config.json", systems=POSIX),
        Place(path="{APPDATA}/devin/mcp_config.json", systems=("win32",)),
    ),
    expands_known=False, disable_keys=("disabled",), gui=True,
)  # fmt: skip

LM_STUDIO = Client(
    id="lm-studio",
    name="LM Studio",
    configs=(Place(path="~/.lmstudio/mcp.json"), Place(path="~/.cache/lm-studio/mcp.json")),
    logs=(
        LogPlace(path="~/.lmstudio/server-logs/*/*.log"),
        LogPlace(path="~/Library/Logs/LM Studio/main.log", systems=("darwin",)),
        LogPlace(path="{APPDATA}/LM Studio/logs/main.log", systems=("win32",)),
    ),
    expands_known=False, url_default="http", gui=True, processes=("lm-studio", "LM Studio"),
)  # fmt: skip

# Where Amazon Q and Kiro put their logs on POSIX: the first of these that is set.
_RUN = ("{XDG_RUNTIME_DIR|}", "{TMPDIR|}", "/tmp")

AMAZON_Q = Client(
    id="amazon-q",
    runs_text=False,
    name="Amazon Q Developer",
    configs=(
        Place(path="{PROJECT}/.amazonq/mcp.json", scope="project"),
        Place(path="{PROJECT}/.amazonq/cli-agents/*.json", scope="project"),
        Place(path="~/.aws/amazonq/mcp.json"),
        Place(path="~/.aws/amazonq/cli-agents/*.json"),
        Place(path="~/.aws/amazonq/agents/default.json"),
    ),
    logs=(*(LogPlace(path=f"{where}/qlog/{name}.log", systems=POSIX) for where in _RUN for name in ("mcp", "qchat")),
          LogPlace(path="{TEMP|}/amazon-q/logs/*.log", systems=("win32",))),
    env="parent-wins", cwd="project", transports=("stdio", "http"), expands=("${env:VAR}",), tilde=True,
    url_default="error", start_timeout=5.0, request_timeout=120.0, timeout_key="timeout",
    disable_keys=("disabled",),
)  # fmt: skip

KIRO = Client(
    id="kiro",
    name="Kiro",
    configs=(
        Place(path="{PROJECT}/.kiro/settings/mcp.json", scope="project"),
        Place(path="{PROJECT}/.kiro/agents/*.json", scope="project"),
        Place(path="~/.kiro/settings/mcp.json"),
        Place(path="~/.kiro/agents/*.json"),
        Place(path="~/.kiro/powers/installed/*/mcp.json"),
    ),
    logs=(
        LogPlace(path="{APPDATA}/Kiro/logs/<ts>/window*/exthost/kiro.kiroAgent/Kiro - MCP Logs.log",
                 systems=("win32",)),
        LogPlace(path="~/Library/Application Support/Kiro/logs/<ts>/window*/exthost/kiro.kiroAgent/Kiro - MCP Logs.log",
                 systems=("darwin",)),
        *(LogPlace(path=f"{where}/kiro-log/{name}.log", systems=POSIX) for where in _RUN for name in ("mcp", "kiro-chat")),
        LogPlace(path="{TEMP|}/kiro-log/logs/kiro-chat.log", systems=("win32",)),
        LogPlace(path="{KIRO_CHAT_LOG_FILE|}"),
    ),
    expands=("${VAR}",), url_default="http", disable_keys=("disabled",), gui=True, processes=("kiro", "Kiro"),
    notes=("The editor expands only variables that the user has approved.",),
)  # fmt: skip

_WARP: tuple[tuple[str, ...], ...] = (("mcp_servers",), ("servers",), ("mcp", "servers"), ("mcp.servers",), ())

WARP = Client(
    id="warp",
    name="Warp",
    configs=(
        *(Place(path=f"{{PROJECT}}/{folder}/.mcp.json", scope="project", also=_WARP) for folder in (".warp", ".agents")),
        *(Place(path=f"~/{folder}/.mcp.json", also=_WARP) for folder in (".warp", ".agents")),
    ),
    logs=(
        LogPlace(path="{XDG_STATE_HOME|~/.local/state}/warp-terminal/mcp/*.log", systems=("linux",), one_server=True),
        LogPlace(path="~/Library/Group Containers/2BBY89MBSN.dev.warp/Library/Application Support/"
                      "dev.warp.Warp-Stable/mcp/*.log", systems=("darwin",), one_server=True),
        LogPlace(path="{LOCALAPPDATA}/warp/Warp/data/logs/mcp/*.log", systems=("win32",), one_server=True),
    ),
    env="full", expands=("${VAR}",), url_default="http-then-sse", cwd_key=True, processes=("warp", "warp-terminal"),
    notes=("Reads the root keys mcpServers, mcp_servers, servers, mcp.servers, and a file without any.",),
)  # fmt: skip

VISUAL_STUDIO = Client(
    id="visual-studio",
    name="Visual Studio",
    configs=(
        Place(path="{PROJECT}/.vs/mcp.json", systems=("win32",), root=("servers",), scope="project"),
        # These files hold “servers” for it and “mcpServers” for other programs.
        *(Place(path=f"{{PROJECT}}/{name}", systems=("win32",), root=("servers",), scope="project", also=(("mcpServers",),))
          for name in (".mcp.json", ".vscode/mcp.json", ".cursor/mcp.json")),
        Place(path="~/.mcp.json", systems=("win32",), root=("servers",), also=(("mcpServers",),)),
    ),
    expands_known=False, asks=("${input:",), gui=True,
)  # fmt: skip

CHERRY = Client(
    id="cherry-studio", name="Cherry Studio", env="sdk", request_timeout=60.0, timeout_key="timeout",
    timeout_unit="s", url_keys=("baseUrl", "url"), disable_keys=("!isActive",), gui=True,
    notes=("Keeps its servers in a database: no file can be read.",),
)  # fmt: skip

LIBRECHAT = Client(
    id="librechat",
    name="LibreChat",
    configs=(Place(path="{PROJECT}/librechat.yaml", format="yaml", scope="project"),
             Place(path="{CONFIG_PATH|}", format="yaml")),
    logs=(LogPlace(path="/app/logs/*.log", systems=POSIX), LogPlace(path="{PROJECT}/api/logs/debug-*.log")),
    expands=("${VAR}",), asks=("{{LIBRECHAT_",), request_timeout=30.0, start_timeout=10.0, timeout_key="timeout",
    start_timeout_keys=(("initTimeout", "ms"),), disable_keys=("!startup",),
    notes=("Runs on a server, often in a container: paths of this machine differ from its own.",),
)  # fmt: skip

BOLTAI = Client(
    id="boltai", name="BoltAI", configs=(Place(path="~/.boltai/mcp.json", systems=("darwin",)),),
    expands_known=False, gui=True,
)  # fmt: skip

MCPHOST = Client(
    id="mcphost",
    name="mcphost",
    configs=(
        *(Place(path=f"{{PROJECT}}/.mcphost.{end}", format="yaml" if end == "yml" else "json", scope="project")
          for end in ("yml", "json")),
        # It also reads .mcp.json, which belongs to other clients where nobody uses mcphost.
        Place(path="{PROJECT}/.mcp.yml", format="yaml", scope="project"),
        *(Place(path=f"~/.mcphost.{end}", format="yaml" if end == "yml" else "json") for end in ("yml", "json")),
        Place(path="~/.mcp.yml", format="yaml"),
    ),
    expands=("${env://VAR}", "${env://VAR:-d}"), unset="error", url_default="http",
)  # fmt: skip

INSPECTOR = Client(
    id="mcp-inspector", name="MCP Inspector",
    configs=(Place(path="{MCP_CATALOG_PATH|~/.mcp-inspector/mcp.json}"),), expands_known=False,
    request_timeout=60.0,
)  # fmt: skip

MORE = (
    COPILOT_JETBRAINS, JETBRAINS_AI, JUNIE, DEVIN, ROO, CONTINUE, QWEN, ANTIGRAVITY, GOOSE, OPENCODE, LM_STUDIO,
    AMAZON_Q, KIRO, WARP, VISUAL_STUDIO, CHERRY, LIBRECHAT, BOLTAI, MCPHOST, INSPECTOR,
)  # fmt: skip
