"""How forward proxies, firewalls for web applications, reverse proxies and bridges speak."""

from __future__ import annotations

from . import says

LOOP = r"(?:127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0)"
ENV = r"\b(?:https?_proxy|all_proxy|no_proxy|HTTPS?_PROXY|ALL_PROXY|NO_PROXY|http\.proxy|proxy-?server)\b"

# The address that is refused is the proxy's own.
OWN = (
    r"(?:refused|ECONNREFUSED)\D{0,20}(?P<at>[\w.:\[\]]+:\d+)[\s\S]{0,300}?prox(?:y|ies)\b[^\n]{0,20}(?P=at)"
    r"|prox(?:y|ies)\b[^\n]{0,20}?(?P<at2>[\w.\[\]]+:\d{2,5})[\s\S]{0,300}?(?:refused|ECONNREFUSED)\D{0,20}(?P=at2)"
)

# A table: one signature a line, however long.
# fmt: off
SAYS = {
    "proxy-intercepts-localhost": (
        says(r"502 Bad Gateway|503 Service Unavailable|HTTP 50[23]\b", 1.6),
        says(rf"(?<![\w:./-])(?:502|503|504)\b[^\n]{{0,100}}{LOOP}", 2.8),
        says(rf"(?<![\w:./-])403\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b)[^\n]{{0,100}}{LOOP}", 2.1),
        says(rf"{LOOP}[^\n]{{0,120}}(?<![\w:./-])(?:502|503|504)\b(?: (?:Bad Gateway|Service Unavailable|Gateway))?", 2.7),
        says(rf"(?:NO_PROXY|no_proxy|noproxy)[^\n]{{0,80}}(?:{LOOP}|missing|empty|lacks|does not|unset)", 3.2),
        says(rf"(?:proxy|HttpsProxyAgent|ProxyAgent|Squid|Privoxy)[^\n]{{0,160}}{LOOP}", 2.7, unless=OWN),
        says(rf"{LOOP}[^\n]{{0,160}}(?:through|via|to|by)(?: the| a| an)? (?:corporate |HTTP |system |configured )?proxy", 3.2),
        says(r"https-proxy-agent|HttpsProxyAgent instance|Creating new HttpsProxyAgent", 2.8),
        says(rf"CONNECT {LOOP}:\d+", 3.1),
        says(rf"GET http://{LOOP}\S* HTTP/1", 2.6),
        says(rf"{ENV}", 2.0),
        says(r"(?:Via|X-Squid-Error|X-Cache|Proxy-Agent|Proxy-Connection): ", 2.2, needs=LOOP),
        says(r"Server error '50[23] [^']*' for url 'http://(?:127|localhost)", 3.3),
    ),
    "proxy-ignored": (
        says(r"NODE_USE_ENV_PROXY|EnvHttpProxyAgent|setGlobalDispatcher|undici[^\n]{0,40}proxy|global-agent", 3.3),
        says(r"(?:ignores?|ignored|ignoring|does not (?:use|respect|honou?r|support)|doesn't (?:use|respect|honou?r|support)|not (?:use|respect|honou?r)(?:ed|ing)?|bypass\w*|without)[^\n]{0,30}(?:the )?(?:system |configured |corporate |http |https? )?(?:prox(?:y|ies)|HTTPS?_PROXY|https?_proxy)", 3.2),
        says(rf"{ENV}[^\n]{{0,100}}(?:ignored|not used|no effect|not respected|not honou?red|unset|not set)", 3.2),
        says(r"behind (?:a |the |our )?(?:corporate |company )?proxy", 2.7),
        says(r"(?<!tools )fetch failed", 1.5),
        says(r"(?<!tools )fetch failed", 2.0, needs="https://(?!localhost|127)", unless="ECONNREFUSED (?:127|::1)"),
        says(r"EAI_AGAIN|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT", 1.7),
        says(r"curl (?:-x|--proxy)[^\n]{0,80}(?:works|ok|200)", 3.0),
        says(r"Error sending message to https://\S+: TypeError: fetch failed", 2.4),
        says(r"ECONNRESET", 1.3),
        says(r"semaphore timeout period has expired|Cannot connect to host [^\n]{0,80}(?:timed? ?out|timeout)", 2.3),
    ),
    "proxy-unreachable": (
        says(r"(?:proxy|Proxy|PROXY)[^\n]{0,80}(?:ECONNREFUSED|[Cc]onnection refused|refused|unreachable|not reachable|timed out|ENOTFOUND|could not connect|failed to connect|Cannot connect)", 3.1, unless="mcp-proxy|proxy server session|proxy token|Inspector|proxied|proxy_pass|reverse proxy|upstream"),
        says(r"(?:ECONNREFUSED|[Cc]onnection refused|refused|[Cc]annot connect to|[Ff]ailed to connect to|[Uu]nable to connect to|[Cc]ould not (?:connect|resolve))[^\n]{0,40}\bproxy\b", 3.1, unless="mcp-proxy|Inspector"),
        says(r"ProxyError\('(?:Cannot|Unable to) connect to proxy|Unable to connect to proxy|proxyconnect tcp|ERR_PROXY_CONNECTION_FAILED|Could not resolve proxy|Received HTTP code 50\d from proxy|tunneling socket could not be established|ERR_TUNNEL_CONNECTION_FAILED", 3.3, unless="407"),
        says(r"connect ECONNREFUSED \S+:(?P<port>3128|8888|7890|1087|1080|8118|9090|10809|7897|18080|8899|6152)\b", 2.9),
        says(r"ProxyError|SOCKSHTTPSConnectionPool|SocksError|socks(?:5|4)[^\n]{0,60}(?:refused|failed)", 2.6, unless="407"),
        says(rf"{ENV}[^\n]{{0,120}}(?:refused|ECONNREFUSED|timeout|timed out|unreachable|dead|not running|down)", 3.2),
        says(r"npm (?:ERR!|error) (?:network )?[^\n]{0,60}(?:proxy|'proxy' config is set properly)", 2.4),
        says(OWN, 3.4),
        says(r"socket connection to proxies|Error: tunneling socket|proxy[^\n]{0,20}(?:is )?(?:offline|not running|down)\b", 3.2),
        says(r"\bSOCKS[45]?[ah]?\b[^\n]{0,40}(?:connection|connect|handshake|proxy|server)[^\n]{0,40}(?:fail|refus|error|rejected|unreachable|timed out)|(?:[Cc]an['’]?t|[Cc]annot|[Cc]ould not|[Ff]ailed to) (?:complete|connect to|establish|reach)[^\n]{0,20}\bSOCKS", 3.0),
    ),
    "proxy-auth-required": (
        says(r"(?:Non-200 status code \(|\(HTTP )407", 3.4),
        says(r"407 Proxy Authentication Required|Proxy Authentication Required|ProxyAuthenticationRequired", 3.6),
        says(r"(?<![\w:./,-])407\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b)", 2.9, needs="HTTP|status|proxy|tunnel|CONNECT|error|response"),
        says(r"Proxy-Authenticate:|proxy-authenticate|Proxy-Authorization|ERR_PROXY_AUTH|X-Squid-Error: ERR_CACHE_ACCESS_DENIED|Cache Access Denied", 3.5),
        says(r"(?:tunnel|CONNECT)[^\n]{0,60}407|Received HTTP code 407 from proxy", 3.6),
        says(r"(?:proxy|Proxy)[^\n]{0,40}(?:requires? (?:authentication|credentials|login)|auth(?:entication)? (?:required|failed)|credentials)", 3.2, unless="Inspector|session token"),
        says(r"authenticationrequired|\bNTLM\b[^\n]{0,40}proxy|Negotiate[^\n]{0,40}proxy|Kerberos[^\n]{0,40}proxy", 2.9),
    ),
    "proxy-error-page": (
        says(r"Unexpected token '?<'?[^\n]{0,60}(?:<!DOCTYPE|<html|<HTML|<!doctype)", 2.8),
        says(r"Unexpected token '?<'?", 2.4),
        says(r"(?:<title>|<h1>)[^\n]{0,80}(?:ERROR: The requested URL could not be retrieved|Access Denied|Blocked|Web Filter|Zscaler|Forcepoint|Blue ?Coat|McAfee Web Gateway|FortiGuard|Netskope|Umbrella|Sign in|Log ?in|Authentication|Proxy)", 3.0),
        says(r"Zscaler|FortiGuard|Forcepoint|Netskope|Blue ?Coat|Cisco Umbrella|Palo Alto|iboss|Menlo|Squid|squid/\d|ERR_ACCESS_DENIED|Web Gateway|captive portal", 3.0, unless="certificate|CA\\b|UnknownIssuer|SSL|issuer"),
        says(r"(?:HTML|html)[^\n]{0,40}(?:error |login )?page[^\n]{0,60}(?:instead of JSON|not JSON|proxy|gateway|where JSON)|(?:got|received|returned) (?:an? )?HTML[^\n]{0,40}(?:JSON|page)", 2.8),
        says(r"(?:invalid character '<' looking for beginning|'<' is an invalid start of a value|expected value at line 1 column 1[^\n]{0,60}<)", 2.7),
        says(r"text/html[^\n]{0,80}(?:proxy|gateway|Via:|squid)", 2.7),
        says(r"<!DOCTYPE html|<html", 2.1),
        says(r"[Ll]ocation:? [^\n]{0,80}(?:/login|/signin|/sign-in|/sso|/saml|oauth2/start|login\.microsoftonline|accounts\.google|\.okta\.|cloudflareaccess|/cdn-cgi/access)", 2.7, unless="response_type=code|redirect_uri"),
        says(r"(?:[Uu]nexpected|[Uu]nknown|[Ii]nvalid|[Uu]nsupported) (?:content|media)[- ]type[^\n]{0,20}text/html", 2.4),
        says(r"\b(?:HTML|html|login|block)\b[^\n]{0,20}\bpage\b[^\n]{0,40}\b(?:corporate|company|gateway|proxy|captive|firewall|filter)\b", 3.2),
    ),
    "proxy-bot-challenge": (
        says(r"cf-mitigated", 3.6),
        says(r"Just a moment\.\.\.|Attention Required! \| Cloudflare|Checking your browser|Enable JavaScript and cookies to continue|challenge-platform|cf[-_]chl|__cf_bm|turnstile|Performing security verification", 3.5),
        says(r"(?:bot|WAF|Cloudflare|Akamai|Imperva|Incapsula|DataDome|PerimeterX|AWS WAF|Vercel Security)[^\n]{0,60}(?:challenge|block|detect|protection|fight|denied|mitigat|403|checkpoint)", 3.2),
        says(r"(?:server: cloudflare|cf-ray)[\s\S]{0,300}?(?<![\w:./,-])403\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b)|(?<![\w:./,-])403\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b)[\s\S]{0,300}?(?:server: cloudflare|cf-ray)", 2.9),
        says(r"error code: 10(?:10|20|15|06|09)|Error 10(?:10|20|15)|Access denied \| \S+ used Cloudflare|Ray ID|banned your access based on your browser", 3.2),
        says(r"(?:browser|User-Agent|user agent)[^\n]{0,60}(?:200|works|blocked|ok)[^\n]{0,60}(?:403|curl|python|blocked)?", 2.2, needs="403|block|Cloudflare"),
        says(r"(?<![\w:./,-])403\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b)[^\n]{0,40}Forbidden", 1.6, unless="Origin|scope|nginx|robots"),
        says(r"captcha|reCAPTCHA|hCaptcha|unusual traffic|automated (?:queries|requests|access)", 2.7),
    ),
    "proxy-payload-blocked": (
        says(r"Sorry, you have been blocked|You are unable to access", 3.3),
        says(r"The request is blocked|Request Rejected|The requested URL was rejected|support ID is|mod_security|ModSecurity|OWASP|SQL injection|XSS|managed rule|Access Denied - Sucuri|Request blocked|blocked by (?:the )?WAF", 3.1, unless="certificate"),
        says(r"(?:certain|some|specific|particular) (?:arguments?|text|content|payload|words?|strings?|bod(?:y|ies))[^\n]{0,80}(?:403|block)", 3.2),
        says(r"(?:payload|body|argument|content|prompt)[^\n]{0,40}(?:is |was )?blocked|WAF rule|rule (?:id|ID|exception)|AnomalyScore", 2.8),
        says(r"(?<![\w:./,-])403\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b)[^\n]{0,80}tools/call|tools/call[^\n]{0,80}(?<![\w:./,-])403\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b)", 2.5),
    ),
    "proxy-buffers-stream": (
        says(r"proxy_buffering|X-Accel-Buffering|proxy_cache|flushInterval|flush_interval|responseBuffer|buffer(?:s|ed|ing) (?:the )?(?:SSE|stream|response|event)|\b(?:SSE|event-?stream|events|response)\b[^\n]{0,40}\bbuffered", 3.4),
        says(r"Content-Encoding: ?(?:gzip|br|deflate|zstd)[\s\S]{0,200}?text/event-stream|text/event-stream[\s\S]{0,200}?[Cc]ontent-[Ee]ncoding: ?(?:gzip|br|deflate|zstd)", 3.4),
        says(r"(?:compression|gzip)[^\n]{0,40}(?:SSE\b|event-?stream)|ERR_CONTENT_DECODING_FAILED", 3.0),
        says(r"\b(?:no|nothing|events?|messages?)\b[^\n]{0,40}\b(?:until|arrive[sd]? (?:all )?at once|only (?:after|when)|in one go|batch)[^\n]{0,60}(?:close|end|timeout|once)?", 2.6, needs="SSE|stream|proxy|nginx|event"),
        says(r"through (?:nginx|the proxy|cloudflare|traefik|apache|ALB)[^\n]{0,80}(?:hang|timeout|no event|stuck|delay)", 2.9),
        says(r"-32001[^\n]{0,20}request timed out", 1.4),
        says(r"EventSource[^\n]{0,40}(?:no (?:message|event)|pending)", 2.3),
        says(r"Failed to wait for the message endpoint", 2.2),
    ),
    "proxy-session-header": (
        says(r"[Mm]cp-[Ss]ession-[Ii]d:? ?[\"']?(?P<id>[\w-]{4,64}), ?(?P=id)", 3.7),
        says(r"\b(?:two|2|twice|duplicate[ds]?|double[d]?|multiple|repeated|both)\b[^\n]{0,40}[Mm]cp-[Ss]ession-[Ii]d", 3.5),
        says(r"[Mm]cp-[Ss]ession-[Ii]d[^\n]{0,60}(?:twice|duplicate|doubled|two times|multiple values|appears? (?:more|2))", 3.5),
        says(r"mcp-session-id: ?\S+\n(?:[^\n]*\n){0,4}?mcp-session-id: ", 3.5),
    ),
    "proxy-endpoint-origin": (
        says(r"Absolute endpoint URL does not match the base URL", 3.8),
        says(r"[Ee]ndpoint origin (?:does not|doesn't) match connection origin", 3.7),
        says(r"[Ee]ndpoint[^\n]{0,40}(?:origin|host|scheme)[^\n]{0,40}(?:does not match|mismatch|differs?|not the same|cross-origin)", 3.4),
        says(r"event: endpoint\n?[^\n]{0,20}data: https?://(?:localhost|127|0\.0\.0\.0|10\.|172\.|192\.168|[\w-]+:\d+)", 3.2),
        says(r"(?:announces?|advertis\w+|returns?|sends?) [^\n]{0,40}(?:another|different|internal|wrong) (?:origin|host|endpoint)", 2.9),
        says(r"X-Forwarded-(?:Proto|Host|Prefix)|root_path|relative endpoint|mount_path", 2.5),
        says(r"[Ee]ndpoint URL (?:has|must|is)[^\n]{0,40}(?:different|same|invalid) origin", 3.5),
    ),
    "proxy-strips-accept": (
        says(r"(?:strip(?:s|ped|ping)?|drop(?:s|ped|ping)?|remov(?:es|ed|ing)|overwrit\w+|rewrit\w+|los(?:es|t|ing)|not forward(?:ed|ing)?)[^\n]{0,40}[`'\"]?Accept\b", 3.4),
        says(r"Accept[^\n]{0,40}(?:header )?(?:is |was |gets? )?(?:stripped|dropped|removed|lost|not forwarded|overwritten|missing (?:at|behind|after))", 3.3),
        says(r"(?:\{:http_error, 406|http_request_error)", 2.7),
        says(r"Not Acceptable", 1.8),
        says(r"(?:vercel|lambda|api gateway|adapter|serverless|plug|proxy|gateway|cloudfront)[^\n]{0,120}406|406[^\n]{0,120}(?:vercel|lambda|adapter|gateway|proxy)", 2.9),
    ),
    "proxy-path-rule": (
        says(r"(?:load balancer|ALB|ingress|listener|gateway|HTTPRoute|VirtualService|rewrite|location|path)[- ](?:rule|pattern|match|block|route)s?[^\n]{0,80}(?:/mcp|exact|prefix|miss|not match|only match|/\*)", 3.1),
        says(r"path rule|(?:rule|route|location)[^\n]{0,40}/mcp/?\*|/mcp/\*[^\n]{0,60}(?:not|but|only|miss)|awselb", 3.0),
        says(r"default backend - 404|no (?:matching )?(?:route(?! to host)|rule|backend)|no Route matched with those values|404 page not found|fixed-response", 2.6),
        says(r"(?:different|another|other) Server header|x-envoy[^\n]{0,40}404|Server: awselb", 2.9),
    ),
    "proxy-bridge": (
        says(r"(?:mcp-remote|supergateway|mcp-proxy|mcpo|mcp-bridge|toolhive|mcp-gateway|superassistant|LiteLLM|docker-mcp|bridge)[^\n]{0,80}(?:bug|crash|version|upgrade|fails?|broken|regression|does not|TypeError|Error:)", 2.3, unless="ENOTFOUND|ECONNREFUSED|certificate|E404|not in this registry|invalid_client|redirect|EADDRINUSE|401|403|404|Not Acceptable|Already connected"),
        says(r"Timeout waiting for response from container|status 504: Timeout waiting", 2.9),
        says(r"(?:through|via|with|behind) (?:the )?(?:bridge|mcp-remote|supergateway|mcp-proxy|mcpo|gateway|toolhive)[^\n]{0,80}(?:fails?|hang|error|timeout|not|lost|broken|dropped)", 2.9),
        says(r"(?:direct(?:ly)?|stdio)[^\n]{0,40}(?:works|ok|fine)[^\n]{0,80}(?:bridge|mcp-remote|supergateway|mcp-proxy|gateway)", 3.1),
        says(r"Bridge process failed|\[MCPBridge|Child (?:exited|process exited): code=|\[supergateway\] (?:Child|Error|Failed)|Error from (?:remote|local) (?:server|client)|Fatal error:[^\n]{0,60}(?:proxy|transport)", 2.2),
        says(r"mcp-remote@\S+|supergateway@\S+|mcp-proxy==\S+|pin mcp-remote|downgrade", 2.4, unless="E404|_npx"),
        says(r"Error forwarding|proxy error|Error in message handling|request failed with status 5\d\d", 1.7),
    ),
}
