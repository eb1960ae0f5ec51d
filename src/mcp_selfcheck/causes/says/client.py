"""How clients speak of their own limits and policies."""

from __future__ import annotations

from . import says

# A table: one signature a line, however long.
# fmt: off
SAYS = {
    "client-tool-timeout": (
        says(r"-32001[^\n]{0,20}[Rr]equest timed out", 2.2),
        says(r"[Rr]equest time(?:d )?out after (?P<ms>\d+) ?(?:ms|s|sec\w*)", 2.7),
        says(r"(?:[Tt]ool|tools/call|call(?:ing)?(?: the)? tool|call_tool|callTool)[^\n]{0,60}(?:timed out|timeout|time limit|deadline)", 2.9, unless="(?:list|fetch|get|load)(?:ing)? (?:the )?tools|listTools|tools/list"),
        says(r"MCP_TOOL_TIMEOUT|tool_timeout_sec|toolCallTimeout|request_timeout(?:_ms)?|CLAUDE_CODE_MCP_TOOL_IDLE_TIMEOUT|resetTimeoutOnProgress|read_timeout_seconds|MCP_REQUEST_TIMEOUT", 3.1),
        says(r"[Mm]aximum total timeout exceeded|McpError: Timed out while waiting for response to (?:ClientRequest|CallTool)|Timed out while waiting for response(?! to (?:init|disc))", 2.9),
        says(r"[Rr]equest timed out|Request timeout", 2.0),
        says(r"timed out after (?P<s>\d+(?:\.\d+)?) ?(?:s|sec\w*|ms)", 1.9),
        says(r"notifications/cancelled|request (?:was )?cancell?ed", 1.7),
        says(r"tim(?:ed|e) ?out[^\n]{0,40}(?:tools/call|calling (?:the )?tool|tool call|CallTool|ClientRequest)", 2.9),
    ),
    "client-output-too-large": (
        says(r"exceeds maximum allowed tokens|MAX_MCP_OUTPUT_TOKENS", 3.8),
        says(r"response \((?P<tokens>[\d,]+) tokens\) exceeds", 3.8),
        says(r"(?:[Tt]ool|MCP|result|output|response)[^\n]{0,60}(?:exceeds?|exceeded|too (?:large|long|big)|over)[^\n]{0,40}(?:tokens?|characters|context|1 ?MB|1048576)", 3.3),
        says(r"(?:output|result|response)[^\n]{0,30}(?:truncated|too (?:large|long))|Result too (?:long|large)|larger than the maximum|exceeds? (?:the )?maximum length of 1048576", 3.0, unless="413|body"),
        says(r"prompt is too long|context length|context window|maximum context|input length and `max_tokens` exceed|too many tokens", 2.7),
        says(r"Large MCP response", 3.5),
    ),
    "client-policy": (
        says(r"(?:by|your|the|with|of|from)(?: your| the)? (?:organi[sz]ation|enterprise|company|admin(?:istrator)?|IT)(?:'s)?[^\n]{0,40}(?:polic\w+|settings|blocked|disabled|restrict|allow)", 3.3),
        says(r"(?:blocked|disabled|restricted|prevented|denied|not allowed|siabled|forbidden)[^\n]{0,40}(?:by|due to|under)[^\n]{0,20}(?:an? |the |your )?(?:\w+ )?(?:policy|policies|admin\w*|organi[sz]ation|enterprise|allow-?list|managed)", 3.3, unless="CORS|Application Control|group policy|Code Integrity"),
        says(r"\bMCP servers? (?:was|were|is|are) blocked by policy|allowedMcpServers|deniedMcpServers|managed-(?:mcp|settings)|chat\.mcp\.access|McpPolicy|MCP (?:is )?disabled (?:by|for)|ChatMCP|(?<!/)\bserver[^\n]{0,40}not in (?:the )?(?:registry|allow-?list)|registry[- ]only", 3.4),
        says(r"Third-party MCP [Ss]ervers|not (?:approved|allowed|permitted) (?:by|in|under) (?:your|the) (?:organi[sz]ation|enterprise|registry|admin)|Copilot policy|MCP policy", 3.3),
        says(r"fetch failed|404", 0.8, needs="polic|organi[sz]ation"),
        says(r"MCP (?:is )?disabled\b(?! in settings)", 2.7),
    ),
    "client-inspector-token": (
        says(r"Did you add the proxy session token|MCP_PROXY_AUTH_TOKEN|proxy session token|Session token:", 3.7),
        says(r"(?:[Ii]nspector|6274|6277)[^\n]{0,80}(?:token|401|Unauthorized|proxy)", 3.2),
        says(r"Check if your MCP server is running and proxy token is correct|proxy token (?:is )?(?:correct|invalid|missing|wrong)", 3.7),
        says(r"DANGEROUSLY_OMIT_AUTH|X-MCP-Proxy-Auth", 3.7),
        says(r"Connection Error[^\n]{0,60}(?:token|Configuration)|Error Connecting to MCP Inspector Proxy", 3.4),
    ),
    "client-ignores-config": (
        says(r"(?:client|Claude|Cursor|VS ?Code|Windsurf|Zed|Codex|the app|the editor)[^\n]{0,40}(?:ignores?|does(?: not|n't) (?:load|read|pick up|see|show|detect|apply)|not (?:load|read|pick)(?:ed|ing)?(?: up)?)[^\n]{0,40}(?:config|servers?|file|mcp\.json|settings|changes?|entry)", 1.9),
        says(r"(?:config(?:uration)?|settings|file|mcp\.json|changes?|entry|servers?)[^\n]{0,40}(?:is |are |was |were )?(?:ignored|not (?:loaded|picked up|applied|read|detected|recognized|shown|showing)|never loaded)", 1.9, unless="header|SSL|environment variable"),
        says(r"(?:nothing|no (?:trace|entry|line|mention))[^\n]{0,40}(?:in )?(?:the )?(?:client'?s? )?log|(?:restarted|reloaded|quit) (?:the )?(?:client|Claude|Cursor|VS ?Code|app|window)", 1.9),
        says(r"(?:valid|correct) (?:JSON|config(?:uration)?|file)[^\n]{0,60}(?:but|yet|still)[^\n]{0,40}(?:not|no|ignored|empty)|servers? (?:do not|don't|does not|doesn't) (?:appear|show)", 2.8),
        says(r"still (?:shows?|uses?|has|loads?|lists?|runs?|starts?|sees?)(?: only)? (?:the |my |an? )?(?:old|previous|same|stale|former|earlier)\b[^\n]{0,30}(?:config|servers?|settings|entry|entries|tools?|list|command|path|url|version)", 2.6),
        says(r"(?:n['’]t|not|never|only|nothing)\b[^\n]{0,50}\b(?:until|unless|after|before) (?:I |you |we )?(?:\w+ ){0,2}(?:re-?start|quit|re-?load|re-?launch|close)", 2.4, needs="mcp\\.json|config|settings|server"),
    ),
    "client-blocks-private-host": (
        says(r"MCP_DOMAIN_NOT_ALLOWED|Domain \"?(?P<host>[^\"\s]+)\"? is not allowed|domain[^\n]{0,20}not (?:in|on) (?:the )?(?:allow|white)|allowedDomains", 3.7),
        says(r"\bSSRF\b|TCP_DENIED|private (?:IP|address|host|network)(?: address)?(?:es)?[^\n]{0,40}(?:not allowed|blocked|refused|denied|forbidden|reject|disallow)", 3.5),
        says(r"\b(?:refus\w*|block\w*|den(?:y|ied|ies)|reject\w*|disallow\w*|not allowed|forbid\w*)\b[^\n]{0,40}\b(?:private|internal|localhost|loopback|link-local|reserved|RFC ?1918)\b[^\n]{0,20}\b(?:IPs?|address\w*|hosts?|networks?|URLs?|ranges?)\b", 3.0, unless="Origin|Host header|CORS|local network"),
        says(r"(?:resolves? to|points? to|is) (?:an? )?(?:private|internal|loopback|reserved|blocked)(?:(?:/| or )(?:private|internal|loopback|reserved))* (?:IP|address)|non-public IP|must be (?:a )?public(?:ly)?|publicly (?:accessible|reachable)|ssrf_proxy|squid[^\n]{0,40}(?:denied|DENIED)|URL (?:is )?not allowed|host (?:is )?not (?:in|on) (?:the )?allow-?list", 3.1, unless="Host header"),
        says(r"\b(?:URL|host|address|endpoint|server)\b[^\n]{0,20}blocked: ?(?:localhost|loopback|private|internal|reserved)|[Aa]ccess to (?:internal|private|local) (?:networks?|addresses|hosts?) is (?:not allowed|blocked|denied|forbidden|disabled)", 3.4),
    ),
}
