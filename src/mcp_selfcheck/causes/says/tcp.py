"""How programs speak when a connection is refused, dropped, reset, or a port cannot be had."""

from __future__ import annotations

from . import says

REFUSED = (
    r"(?:ECONNREFUSED|[Cc]onnection refused|actively refused|os error (?:111|61|10061)|\[Errno (?:111|61|10061)\]|WinError 10061"
    r"|WSAECONNREFUSED|ConnectionRefused|ERR_CONNECTION_REFUSED|ConnectException|connectex: No connection|Verbindung verweigert"
    r"|Connexion refusée|拒绝连接|Conexión rehusada|Zielcomputer die Verbindung verweigerte|积极拒绝)"
)
LOOP = r"(?:127\.0\.0\.1|localhost|\[?::1\]?|0\.0\.0\.0)"
BACKEND = (
    r"(?P<app>Unity(?: Editor)?|Blender|Figma|Obsidian|Godot|Unreal(?: Engine)?|Photoshop|FreeCAD|Ableton|Houdini|Maya|Rhino|Revit|IDA|Ghidra"
    r"|Ollama|Chroma|Qdrant|Redis|Postgres\w*|MySQL|MariaDB|MongoDB|Neo4j|Elasticsearch|OpenSearch|Home Assistant|n8n|Jupyter|Chrome(?: DevTools)?"
    r"|browser|extension|bridge|plugin|add-?on|database|backend|upstream|daemon|IDE|editor|emulator|Xcode|Docker|Kafka|RabbitMQ|Zotero|Anki\w*"
    r"|Minecraft|Reaper|DaVinci|Fusion|QGIS|KiCad|Playwright|Selenium|adb|WebSocket)"
)
IN_USE = (
    r"(?:EADDRINUSE|[Aa]ddress (?:is )?already in use|\[Errno (?:98|48)\]|\[Errno 10048\]|WinError 10048|os error (?:98|48|10048)"
    r"|WSAEADDRINUSE|Only one usage of each socket address|[Pp]ort (?P<port>\d{2,5}) (?:is )?(?:already )?(?:in use|taken|occupied|being used)"
    r"|Failed to bind to address|port is already allocated|AddressInUse|BindException|Jede Socketadresse)"
)

# A table: one signature a line, however long.
# fmt: off
SAYS = {
    # node, Python (asyncio, httpx, urllib3, aiohttp), Go, Rust (reqwest, hyper), Java, .NET, curl, browsers
    "tcp-nothing-listening": (
        says(r"SSE error", 1.1),
        says(r"err_?conn_?refused", 2.4),
        says(rf"{REFUSED}[^\n]{{0,60}}?(?P<host>{LOOP})?:?(?P<port>\d{{2,5}})?", 2.6),
        says(r"connect ECONNREFUSED (?P<host>\S+?):(?P<port>\d+)", 2.8),
        says(r"\bECONNREFUSED\b", 2.6),
        says(r"All connection attempts failed", 2.6),
        says(r"Cannot connect to host (?P<host>[\w.-]+):(?P<port>\d+)", 2.6, unless="timed? ?out|timeout|certificate|CERTIFICATE|Name or service|getaddrinfo|Temporary failure|nodename|No address"),
        says(r"Failed to connect to (?P<host>\S+) port (?P<port>\d+)(?: after \d+ ms)?: (?:Connection refused|Couldn't connect)", 2.9),
        says(r"dial tcp \S+:(?P<port>\d+): connect(?:ex)?: (?:connection refused|No connection)", 2.9),
        says(r"Connect(?:ion)?Error", 1.6, unless="SSL|CERTIFICATE|certificate|Name or service"),
        says(r"tcp connect error|error trying to connect|client error \(Connect\)", 2.0, unless="certificate|UnknownIssuer|dns error"),
        says(r"fetch failed", 1.4),
        says(r"NetworkError when attempting to fetch resource|Failed to fetch|net::ERR_CONNECTION_REFUSED|Load failed", 1.8, unless="simple/|pypi"),
        says(r"Could not connect to (?:the )?(?:MCP )?server", 1.4),
        says(r"Failed to connect(?: to)?", 1.1),
        says(r"nothing (?:is )?listening|no process (?:is )?listening|(?:server|port) (?:is )?(?:not running|not listening|down)", 2.4),
        says(r"unhandled errors in a TaskGroup", 0.9),
        says(r"Connection Error|connection failed", 1.1),
        says(r"error sending request for url \(http://(?P<host>[\w.-]+|\[[0-9a-f:]+\]):?(?P<port>\d+)?", 2.4),
        says(r"client error \(Connect\)|error trying to connect: tcp", 2.4, unless="certificate|UnknownIssuer|dns error"),
        says(r"(?:conexão recusada|[Cc]onexión (?:rechazada|denegada)|[Cc]onnessione rifiutata|[Вв] соединении отказано|Подключение не установлено|接続を拒否|연결이 거부|積極拒絕|대상 컴퓨터에서 연결을 거부)", 2.7),
    ),
    "tcp-backend-not-running": (
        says(rf"{BACKEND}[^\n]{{0,80}}{REFUSED}", 3.2),
        says(rf"{REFUSED}[^\n]{{0,80}}{BACKEND}", 2.3),
        says(rf"(?:[Cc]ould not|[Cc]annot|[Ff]ailed to|[Uu]nable to|[Cc]an't) (?:connect|attach|reach|communicate|establish)[^\n]{{0,30}} {BACKEND}", 3.0),
        says(rf"(?:is|make sure|ensure|check (?:that|if))[^\n]{{0,30}} {BACKEND}[^\n]{{0,40}}(?:is )?(?:running|open|started|connected|active)", 3.0),
        says(rf"{BACKEND}[^\n]{{0,30}} (?:is not|isn't|not) (?:running|connected|open|started|available|reachable)", 3.0),
        says(rf"\b[Nn]o (?:active |connected |running )?(?:{BACKEND}|instance|session|client)s?[^\n]{{0,30}} (?:connected|found|available|running|detected)", 2.6, unless="MCP servers|session ID|Session not found"),
        says(r"connect ECONNREFUSED \S+:(?P<port>6400|9876|27123|27124|9222|11434|6379|5432|3306|27017|7687|9200|8188|1234|8123|3055|9877|55557|5037)\b", 3.0),
        says(r"connect ENOENT (?P<path>\S+\.sock|\\\\\.\\pipe\\\S+)|\.sock: (?:connect: )?(?:no such file|connection refused)", 2.7, unless="docker"),
        says(r"host\.docker\.internal:\d+", 2.3, needs=REFUSED),
        says(r"(?:WebSocket|websocket|socket) (?:connection )?(?:to \S+ )?(?:failed|refused|not connected|closed)", 2.0),
        says(r"(?:psycopg|OperationalError|pymongo|redis)\.?\w*[^\n]{0,100}(?:refused|could not connect|Can't connect)", 3.1),
        says(r"upstream connect error|connect\(\) failed \(\d+: Connection refused\) while connecting to upstream", 2.0),
    ),
    "tcp-stdio-server": (
        says(r"[Ss]tarting stdio server|(?:running|started|listening|serving|ready|connected)(?: MCP)?(?: server)? (?:on|over|via|in|with|using) stdio", 2.5, needs="refused|curl|connect|http|port|docker|prematurely|Empty reply|502"),
        says(r"with transport ['\"]?stdio['\"]?|(?:transport|TRANSPORT|mode)[=: ]+['\"]?stdio", 2.2, needs="refused|curl|http://|port|Connected to|502"),
        says(r"(?:only|just) (?:supports?|speaks?|runs?|uses?) stdio|stdio[- ]only", 2.7),
        says(r"stdio (?:mode|transport|server)[^\n]{0,80}(?:instead of|not|rather than)[^\n]{0,20}(?:HTTP|SSE|http)|no (?:HTTP )?(?:port|listener|socket)[^\n]{0,40}(?:open|listen)", 2.9),
        says(r"upstream prematurely closed connection", 2.0),
        says(r"Empty reply from server|Recv failure: Connection reset", 1.8),
        says(r"on stdio$", 2.2, needs="refused|curl|http://|port"),
    ),
    "tcp-ipv6-only": (
        says(r"(?:LISTEN|tcp6?)\b[^\n]{0,60}(?:::1|\[::\]|:::)[:.]?(?P<port>\d{2,5})", 2.5, needs="refused|ECONNREFUSED|LISTEN|netstat", unless="EADDRINUSE"),
        says(r"::1[:.](?P<port>\d{2,5}) +(?::::\*|\S+) +LISTEN", 3.4),
        says(r"(?:only|just)[^\n]{0,30}(?:IPv6|::1|\[::\])|IPv6[- ]only|ipv6only|bindv6only", 3.2),
        says(r"(?:listening|running|bound|Local:)[^\n]{0,40}(?:\[::1\]|\[::\]|:::)(?::(?P<port>\d+))?", 2.6, needs="refused|ECONNREFUSED", unless="EADDRINUSE"),
        says(r"connect ECONNREFUSED 127\.0\.0\.1:(?P<port>\d+)", 2.2),
        says(r"127\.0\.0\.1[^\n]{0,60}(?:refused|fail)[^\n]{0,120}(?:::1|localhost|IPv6)[^\n]{0,40}(?:work|ok|accept|200)", 3.2),
        says(r"(?:::1|localhost|IPv6)[^\n]{0,60}(?:works|ok|accept|200)[^\n]{0,120}127\.0\.0\.1[^\n]{0,40}(?:refused|fail)", 3.2),
    ),
    "tcp-ipv4-only": (
        says(r"connect to (?:\[?::1\]?) port (?P<port>\d+)[^\n]{0,40}(?:refused|Couldn't)", 3.0, unless=r"127\.0\.0\.1 port"),
        says(r"connect ECONNREFUSED (?P<host>::1):(?P<port>\d+)", 2.9, unless=r"ECONNREFUSED 127\.0\.0\.1"),
        says(r"\[?::1\]?[:.](?P<port>\d+)?[^\n]{0,40}(?:refused|ECONNREFUSED|fail)", 2.8, unless=r"ECONNREFUSED 127\.0\.0\.1"),
        says(r"Trying (?:\[::1\]|::1)[:.\d ]*\.\.\.[\s\S]{0,80}?refused", 2.7),
        says(r"localhost[^\n]{0,60}resolves? to (?:\[?::1|IPv6)|(?:us(?:e|ing)|try|with) 127\.0\.0\.1 (?:instead|works|rather)|localhost (?:fails|refused|does not work)[^\n]{0,60}127\.0\.0\.1 (?:works|ok)", 3.4),
        says(r"\('::1', (?P<port>\d+)", 2.7),
        says(r"(?:only|just) (?:listens?|bound|binds?)[^\n]{0,20}(?:127\.0\.0\.1|IPv4)|ipv4first|dns-result-order|setDefaultResultOrder|autoSelectFamily", 3.0),
        says(r"address: '::1'", 2.7, unless="address: '127"),
        says(r"tcp +\d+ +\d+ 127\.0\.0\.1:\d+", 1.9, needs="::1"),
    ),
    "tcp-foreign-service": (
        says(r"(?:[Uu]nexpected|[Uu]nknown|[Ii]nvalid|[Uu]nsupported) (?:content|media)[- ]type[^\n]{0,20}text/html", 2.8),
        says(r"(?:another|other|different|foreign|wrong) (?:service|app(?:lication)?|program|server|process)[^\n]{0,40}(?:on|at|answers|is listening on|holds|using) (?:the |this |that |your )?(?:port|URL|address|endpoint)", 3.0),
        says(r"text/html", 2.0, needs="content[ -]type|Content-Type"),
        says(r"Unexpected token '?<'?", 2.3),
        says(r"<!DOCTYPE html|<html", 2.0),
        says(r"MCP Inspector[^\n]{0,80}(?:up and running|6274)|:(?:6274|6277|5173|3000)/[^\n]{0,60}(?:html|HTML)|\bVite\b|Next\.js|Cannot GET /mcp", 2.5),
        says(r"HTTP/1\.[01] \d+ [^\n]*\n?(?:[^\n]*\n){0,6}?Server: (?P<service>nginx|Apache|Microsoft-IIS|Kestrel|AirTunes|Jetty|Werkzeug)", 2.0),
        says(r"AirPlay|AirTunes|ControlCe", 3.2),
        says(r"SSH-2\.0-|220 .{0,40}(?:FTP|SMTP|ESMTP)|^-ERR |^\+OK |It looks like you are trying to access MongoDB over HTTP", 3.0),
    ),
    "tcp-wrong-port": (
        says(r"(?:listening|running|started|serving|bound|available)[^\n]{0,60}(?::|port )(?P<actual>\d{2,5})\b[\s\S]{0,400}?(?:ECONNREFUSED|refused)[^\n]{0,60}(?::|port )(?!(?P=actual)\b)(?P<port>\d{2,5})", 3.1),
        says(r"(?:ECONNREFUSED|refused)[^\n]{0,60}(?::|port )(?P<port>\d{2,5})[\s\S]{0,400}?(?:listening|running|started|serving)[^\n]{0,60}(?::|port )(?!(?P=port)\b)(?P<actual>\d{2,5})\b", 3.1),
        says(r"(?:wrong|different|another|other|mismatched|not the (?:same|right)) port|port mismatch|ports? (?:do not|don't|does not) match", 3.1),
        says(r"(?:using|trying|falling back to|switched to|assigned)(?: a| an)?(?: another| different| random| available| next| alternate| free)? port:? (?P<actual>\d{2,5})|[Pp]ort \d+ is in use, (?:using|trying|so)", 2.6),
        says(r"(?:expected|configured)[^\n]{0,20}port (?P<port>\d+)[^\n]{0,40}(?:but|got|is|listens?)[^\n]{0,30}(?P<actual>\d{4,5})", 3.1),
    ),
    "tcp-accepts-but-silent": (
        says(r"(?:TCP )?connection (?:succeeds|is established|works|opens)[^\n]{0,60}(?:never|no|nothing|without)[^\n]{0,20}(?:sends?|data|answers?|responds?|response|bytes)?", 2.9),
        says(r"Connected to [^\n]{0,60}[\s\S]{0,300}?(?:Operation timed out|timed out)[^\n]{0,60}0 bytes received", 3.4),
        says(r"0 (?:out of \d+ )?bytes received", 2.9),
        says(r"(?:connect(?:ion|ed|s)?|TCP|accept(?:ed|s)?|port is open)[^\n]{0,80}(?:but|then|and)[^\n]{0,40}(?:no (?:data|response|answer|bytes|reply)|nothing|silence|silent|hangs?|never (?:responds?|answers?))", 3.0),
        says(r"process (?:is )?(?:stopped|suspended|frozen|paused|SIGSTOP)|State: T|\(stopped\)|SIGSTOP|Stopped \(signal\)|event loop (?:is )?blocked|deadlocked", 2.8),
        says(r"(?:accept queue|listen backlog|backlog|Recv-Q)[^\n]{0,60}(?:full|overflow|\d+)|possible SYN flooding", 2.9),
        says(r"ReadTimeout|read timed out|Read timed out|ESOCKETTIMEDOUT|socket hang up|Response timeout", 1.9),
    ),
    "tcp-loopback-only": (
        says(r"127\.0\.0\.1:(?P<port>\d{2,5}) +(?:0\.0\.0\.0:\*|\*:\*) +LISTEN", 3.2),
        says(r"TCP +127\.0\.0\.1:(?P<port>\d+) +0\.0\.0\.0:0 +(?:LISTENING|ABHÖREN)|127\.0\.0\.1[:.](?P<port2>\d+) \(LISTEN\)|LISTEN +\d+ +\d+ +127\.0\.0\.1:(?P<port3>\d+)", 3.1),
        says(r"(?:only |just )?(?:listen(?:s|ing)?|bound|binds?|binding|running)[^\n]{0,30}(?:on |to |at )?(?:https?://)?(?:127\.0\.0\.1|localhost|loopback)(?::(?P<port>\d+))?[\s\S]{0,300}?(?:from (?:another|other|outside|the host)|container|docker|remote|LAN|refused|reset)", 2.7),
        says(r"(?:bind|listen|set|use|change)[^\n]{0,30}(?:host|HOST|address)?[^\n]{0,10}0\.0\.0\.0 (?:instead|rather|to)|--host 0\.0\.0\.0|HOST=0\.0\.0\.0", 2.7),
        says(r"(?:only|not) (?:reachable|accessible|available)[^\n]{0,30}(?:from|on) (?:localhost|the (?:same|host|local)|outside|other)", 2.9),
        says(r"Uvicorn running on http://127\.0\.0\.1:(?P<port>\d+)", 2.3, needs="container|docker|0\\.0\\.0\\.0|refused|reset|pod"),
        says(r"EADDRNOTAVAIL|[Cc]an(?:not|'t) assign requested address|\[Errno (?:99|49)\]|WinError 10049|requested address is not valid in its context", 2.4),
        says(r"Recv failure: Connection reset by peer|Empty reply from server", 2.2, needs="docker|container|-p "),
    ),
    "tcp-exposed": (
        says(r"(?:listen\w*|bound|running|exposed|reachable|accessible|open|serving)[^\n]{0,40}(?:on )?(?:all (?:network )?interfaces|0\.0\.0\.0|\[::\]|\*:)[^\n]{0,120}(?:exposed|without auth|no auth|unauthenticated|warning|security|anyone|network|public)", 3.2),
        says(r"(?:exposed|reachable|accessible)[^\n]{0,30}(?:to|from) (?:the )?(?:network|internet|LAN|anyone|everyone|public|other (?:machines|hosts))", 3.0),
        says(r"NeighborJack|0\.0\.0\.0[- ]day|DNS rebinding (?:attack|protection)[^\n]{0,40}(?:disabled|off)", 3.0),
        says(r"(?:WARNING|warning)[^\n]{0,60}(?:0\.0\.0\.0|all interfaces)", 3.0),
        says(r"Uvicorn running on http://0\.0\.0\.0:(?P<port>\d+)", 1.2),
    ),
    # kernel, node undici, curl, Go, Winsock, pf/nft/ufw/Windows firewall
    "tcp-filtered": (
        says(r"connect ETIMEDOUT (?P<host>\S+?):(?P<port>\d+)", 2.9),
        says(r"\bETIMEDOUT\b|WSAETIMEDOUT|WinError 10060|\[Errno (?:110|10060|60)\]|os error (?:110|60|10060)", 2.5),
        says(r"dial tcp \S+: (?:i/o timeout|connect: (?:connection timed out|operation timed out))|i/o timeout", 2.7, unless=":53:|docker|registry"),
        says(r"Connect(?:ion)?Timeout|[Cc]onnection timed out|connect timeout|UND_ERR_CONNECT_TIMEOUT|Connect Timeout Error|ConnectTimeoutError|ERR_CONNECTION_TIMED_OUT", 2.5, unless="connection timed out after \\d+ ?ms|docker"),
        says(r"EHOSTUNREACH|[Nn]o route to host|ENETUNREACH|[Nn]etwork is unreachable|WinError 1006[51]|os error (?:113|65|101|51)|\[Errno (?:113|101|51)\]|ERR_ADDRESS_UNREACHABLE|host is unreachable", 2.5),
        says(r"EHOSTUNREACH|No route to host|\[Errno 65\]", 2.2),
        says(r"\b(?:firewall|iptables|nftables|nft|ufw|firewalld|Security Group|security group|NetworkPolicy|network policy|netsh advfirewall|Windows Defender Firewall|pfctl)\b", 1.9, unless="WAF|web application|certificate|web firewall"),
        says(r"(?:packets?|SYN|port|traffic|connection)[^\n]{0,30}(?:dropped|filtered|blocked|rejected)[^\n]{0,40}", 1.9, unless="policy:|origin|host"),
        says(r"EPERM[^\n]{0,40}connect|connect EPERM|connect EACCES|filtered tcp|admin-prohibited|Communication administratively|WinError 10013[^\n]{0,80}connect", 2.9),
        says(r"did not properly respond after a period of time|Failed to connect to \S+ port (?P<port>\d+) after \d+ ms: (?:Timeout|Connection timed out|Could not connect)|Couldn't connect to server", 2.5),
        says(r"semaphore timeout period has expired|WinError 121\b|Cannot connect to host [^\n]{0,80}(?:timed? ?out|timeout)", 2.8),
        says(r"curl: \(28\) (?:Failed to connect|Connection timed? ?out|Connection timeout)", 3.2),
        says(r"\[Errno 113\]|os error 113\b", 3.0),
    ),
    "tcp-reset": (
        says(r"\bECONNRESET\b|[Cc]onnection reset(?: by peer)?|WSAECONNRESET|WinError 10054|forcibly closed by the remote host|\[Errno (?:104|54|10054)\]|os error (?:104|54|10054)|ERR_CONNECTION_RESET|ConnectionResetError|RemoteProtocolError: Server disconnected", 2.6),
        says(r"read ECONNRESET|Recv failure: Connection reset|connection was reset", 2.7),
        says(r"socket hang up", 2.3),
        says(r"ECONNABORTED|WinError 10053|ConnectionAbortedError|software caused connection abort|An established connection was aborted", 2.4),
        says(r"ReadError|RemoteProtocolError|IncompleteRead|ServerDisconnectedError|other side closed|UND_ERR_SOCKET|Server disconnected without sending a response|unexpected EOF|connection closed before message completed|Connection aborted\.', RemoteDisconnected|Remote end closed connection", 2.3, unless="chunked read|peer closed|terminated"),
        says(r"(?:peer|server)[^\n]{0,20}(?:sent|with) (?:a )?(?:TCP )?RST|TCP reset", 3.0),
        says(r"EOF reached while reading|HTTP/1\.1 header parser received no bytes|chunked transfer encoding, state: READING|Premature EOF|Unexpected end of (?:file|stream)", 2.5),
        says(r"EOF occurred in violation of protocol|SSLEOFError|UNEXPECTED_EOF_WHILE_READING|unexpected eof while reading|Client network socket disconnected before secure TLS connection was established|Remote host terminated the handshake", 2.6),
    ),
    "tcp-macos-local-network": (
        says(r"EHOSTUNREACH(?: (?P<host>(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254)[\d.]*))?", 2.6),
        says(r"\[Errno 65\]|errno[ =:]*65\b|os error 65|[Nn]o route to host", 2.7),
        says(r"No route to host", 2.8, needs="«macos»|/usr/bin/curl|homebrew"),
        says(r"EHOSTUNREACH", 2.9, needs="«macos»|LAN|192\\.168|homebrew"),
        says(r"Local Network (?:privacy|permission|access)|kTCCServiceLocalNetwork|NSLocalNetworkUsage|nehelper|would like to find and connect to devices", 3.5),
        says(r"(?:gateway|internet|router)[^\n]{0,30}(?:ok|works|reach)[^\n]{0,120}(?:LAN|192\.168|No route)", 2.9),
    ),
    "tcp-container-localhost": (
        says(rf"{REFUSED}[^\n]{{0,80}}{LOOP}", 2.4, needs="«container»"),
        says(rf"{LOOP}[^\n]{{0,160}}{REFUSED}", 2.4, needs="«container»"),
        says(r"(?:inside|in|within|from) (?:the |a |its )?(?:docker |dev ?)?container[^\n]{0,120}(?:localhost|127\.0\.0\.1|refused|ECONNREFUSED)", 3.0),
        says(r"(?:localhost|127\.0\.0\.1)[^\n]{0,120}(?:inside|in|within|from) (?:the |a |its )?(?:docker |dev ?)?container", 3.0),
        says(r"host\.docker\.internal|host\.containers\.internal|network_mode: ?host|--network[= ]host|extra_hosts|host-gateway", 2.6, unless="ECONNREFUSED 192\\.168\\.65"),
        says(rf"(?:dify|n8n|librechat|open-?webui|mcpjungle|docker-|PluginInvokeError|_server +\||\w+-\d +\|)[^\n]{{0,200}}(?:{REFUSED}|fetch failed|ConnectError)", 2.8),
        says(REFUSED, 1.8),
        says(r"connect\(\) failed|\[Errno 111\] Connection refused", 2.3),
        says(r"\[GIN\][^\n]{0,60}\| 500 \|", 1.6),
    ),
    "tcp-wsl-localhost": (
        says(r"err_?conn_?refused", 1.9, unless="ECONNREFUSED"),
        says(rf"(?:{REFUSED}|timed out|fetch failed|ETIMEDOUT|No route)", 2.5, needs="«wsl»"),
        says(r"networkingMode|mirrored(?: mode| networking)|\.wslconfig|WSL2? NAT|wsl --shutdown|wslinfo|vEthernet \(WSL", 3.3),
        says(r"(?:WSL2?|Windows)[^\n]{0,80}(?:localhost|127\.0\.0\.1)[^\n]{0,80}(?:refused|not reach|cannot|can't|fails?|differ|unreachable)", 3.2),
        says(r"localhost[^\n]{0,60}(?:WSL2?)[^\n]{0,60}", 2.7),
        says(r"172\.(?:1[6-9]|2\d|3[01])\.\d+\.1\b[^\n]{0,60}(?:refused|timed out|nameserver)", 2.2, needs="«wsl»"),
    ),
    "tcp-port-in-use-stale": (
        says(IN_USE, 2.5),
        says(r"listen EADDRINUSE: address already in use (?P<host>\S*?):(?P<port>\d+)", 2.7),
        says(r"\[Errno (?:98|48|10048)\][^\n]{0,100}\('(?P<host>[^']*)', (?P<port>\d+)\)|error while attempting to bind on address \('(?P<host2>[^']*)', (?P<port2>\d+)", 2.7),
        says(r"listen tcp \S*:(?P<port>\d+): bind: (?:address already in use|Only one usage)", 2.7),
        says(r"(?:previous|old|stale|leftover|orphan(?:ed)?|another|former|existing|earlier|zombie) (?:instance|server|process|session|run|copy)[^\n]{0,60}(?:port|holds?|still|listening|using)", 3.1),
        says(r"(?:port|Port)[^\n]{0,40}(?:held|used|owned|occupied) by[^\n]{0,40}(?:previous|same|old|another instance|stale|python|node|mcp)", 3.0),
        says(r"lsof -(?:i|ti) ?:?(?P<port>\d+)|fuser|kill -9 \d+", 2.1),
    ),
    "tcp-port-in-use-other": (
        says(IN_USE, 2.3),
        says(r"(?:port|Port)[^\n]{0,40}(?:held|used|owned|occupied|taken|in use) by (?:another|a different|other|some other|an unrelated) (?:program|application|app|process|service)", 3.2),
        says(r"(?:another|a different|other) (?:program|application|app|process|service)[^\n]{0,40}(?:is )?(?:using|listening on|holds?|occup\w+|bound to) (?:the |this |that )?port", 3.2),
        says(r"port is already allocated|Bind for \S+:(?P<port>\d+) failed|Ports are not available|failed to bind host port|driver failed programming external connectivity", 3.0),
        says(r"Something is already running on port (?P<port>\d+)|Port (?P<port2>\d+) is (?:already )?(?:in use|used) by", 2.7),
        says(r"PORT IS IN USE|❌ +\S*[Pp]ort[^\n]{0,40}in use", 2.6),
        says(r"(?:in use|allocated|occupied|taken|used|bound)\b[^\n]{0,20}\bby (?:another|a different|some other|an unrelated|other) (?:process|program|app\w*|service)|(?:in use|EADDRINUSE)[^\n]{0,80}\b(?:ControlCe\w*|AirPlay|com\.docker\S*|java|nginx|apache2?|httpd|postgres|grafana|jenkins|tomcat)\b", 3.3),
    ),
    "tcp-port-reserved": (
        says(r"conflicts? with an existing registration on the machine|与计算机上的现有注册冲突|HttpListenerException|Failed to listen on prefix|在前缀[^\n]{0,60}侦听失败|konnte nicht lauschen", 3.5),
        says(r"WinError 10013|\[Errno 10013\]|os error 10013|WSAEACCES|forbidden by its access permissions|access permissions? (?:are|is) (?:not )?", 3.2),
        says(r"listen EACCES:? ?(?:permission denied )?(?P<host>\S*?):(?P<port>\d+)", 3.3),
        says(r"excludedportrange|excluded port range|reserved (?:port|by (?:Hyper-V|Windows|the system))|http\.sys|netsh (?:int|http)|winnat", 3.4),
        says(r"(?:bind|listen)[^\n]{0,60}(?:[Pp]ermission denied|EACCES|access denied)", 3.0),
        says(r"An attempt was made to access a socket in a way forbidden|Der Zugriff auf einen Socket war aufgrund|以一种访问权限不允许的方式", 3.5),
        says(r"\[Errno 13\] (?:Permission denied|error while attempting to bind)[^\n]{0,80}(?:bind|\('|:80\b|:443\b|port)", 3.0),
        says(r"privileged port|ports? below 1024|CAP_NET_BIND_SERVICE", 3.1),
    ),
    "tcp-bound-twice": (
        says(r"(?:Started server process \[(?P<pid>\d+)\])[^\n]*\n(?:[^\n]*\n){0,3}?[^\n]*Started server process \[(?P=pid)\]", 3.4),
        says(r"(?:binds?|bound|listen(?:s|ing|ed)?|starts?|started|opens?)(?: the)?(?: same)?(?: server| port| socket)?[^\n]{0,30}(?:twice|two times|a second time|again|more than once)", 3.1),
        says(r"(?:Uvicorn running on|listening on|Server (?:running|started|listening)|Application startup complete)[^\n]*[\s\S]{0,600}?(?:EADDRINUSE|address already in use|\[Errno (?:98|48)\])", 2.7),
        says(r"EADDRINUSE[\s\S]{0,400}?(?:listening on|Server (?:running|started|listening))", 2.3),
        says(r"ERR_SERVER_ALREADY_LISTEN|Listen method has been called more than once", 3.5),
        says(r"(?:reload|reloader|debug mode|workers?|cluster|nodemon|hot[- ]reload)[^\n]{0,80}(?:EADDRINUSE|address already in use)", 2.6),
    ),
}
