"""How SDKs and clients speak of sessions that are lost, doubled, closed or cut."""

from __future__ import annotations

from . import exact, says

# A table: one signature a line, however long.
# fmt: off
SAYS = {
    "session-single-client": (
        says(r"Already connected to a transport|use a separate Protocol instance per connection", 3.8),
        says(r"[Ss]erver (?:is )?already (?:initialized|connected|running a session|in use)", 3.3),
        says(r"(?:only|just) (?:one|1|a single)[^\n]{0,20}(?:client|session|connection|transport)[^\n]{0,30}(?:allowed|supported|at a time|permitted)?", 3.1),
        says(r"(?:already|another) (?:an? )?(?:active |existing )?(?:client|session|connection)[^\n]{0,30}(?:connected|active|exists|open|established)|(?:second|another) client[^\n]{0,40}(?:fail|reject|refus|cannot|400|error)|single[- ](?:client|session)", 3.0),
        says(r"Invalid Request: (?:Server already initialized|Only one initialization request is allowed)", 3.7),
        says(r"Transport (?:is )?already (?:started|connected)|StdioServerTransport already started|StreamableHTTPClientTransport already started|already has an active transport|Stateless transport cannot be reused", 3.3),
    ),
    "session-lost": (
        exact(r"HTTP 404|(?<![\w:./,-])404 Not Found|status code \(404\)", 1.4),
        says(r"[Ss]ession(?: ID)? (?:['\"]?[\w-]+['\"]? )?(?:was |is |has (?:been )?)?(?:not found|expired|terminated|unknown|invalid|no longer (?:exists|valid)|does not exist|doesn't exist|lost|gone|ended|evicted)", 3.0, unless="invalid_grant|refresh|state"),
        says(r"(?:[Ii]nvalid|[Uu]nknown|[Ee]xpired|[Ss]tale|[Mm]issing or invalid|[Nn]o valid|[Nn]o such) (?:MCP )?[Ss]ession(?:[ _-]?[Ii][Dd])?", 3.0, unless="CSRF"),
        says(r"mcp_session_terminated|Session terminated|session has been terminated|Could not find session|SessionNotFound|SESSION_NOT_FOUND|SessionExpired|session_expired", 3.2),
        says(r"-32001[^\n]{0,30}[Ss]ession not found", 3.6),
        says(r"-32600[^\n]{0,30}Session (?:not found|terminated)", 3.5),
        says(r"Bad Request: Server not initialized", 2.9),
        says(r"MCP session expired \(server returned 404\)", 2.8),
        says(r"(?:after|when|since) (?:the )?(?:server )?(?:restart|redeploy|deploy|sleep|idle)\w*[^\n]{0,80}(?:session|404|400|reconnect)", 2.8),
        says(r"No transport found for sessionId|Could not find (?:transport|session) for|no active session|Bad Request: No valid session ID provided|transport not found|session ID[^\n]{0,20}mismatch", 3.0),
    ),
    "session-lifespan": (
        says(r"500 Internal Server Error", 1.2, needs="ASGI|uvicorn|starlette|FastAPI|/mcp"),
        says(r"Task group is not initialized\. Make sure to use run\(\)", 3.9),
        says(r"Task group is not initialized", 3.8),
        says(r"(?:StreamableHTTPSessionManager|session_manager|session manager)[^\n]{0,60}(?:not (?:started|running|initialized)|task group|lifespan|\.run\(\)|can only be called once)", 3.5),
        says(r"\blifespan\b[^\n]{0,80}(?:not (?:run|passed|called|entered|executed|combined)|mounted|missing|mount|parent|pass)|FastMCP's StreamableHTTPSessionManager task group was not initialized", 3.3),
        says(r"lifespan=", 2.6),
    ),
    "session-many-workers": (
        says(r"(?:several|multiple|two|more than one|\d+|many) (?:uvicorn |gunicorn )?(?:workers|replicas|instances|pods|processes)[^\n]{0,120}(?:session|404|400|sometimes|intermittent|affinity|sticky|round[- ]robin)", 3.4),
        says(r"(?:session|404|400|sometimes|intermittent\w*|random(?:ly)?|affinity)[^\n]{0,120}(?:workers|replicas|pods|instances|load balancer|round[- ]robin)", 3.2),
        says(r"sticky[- ]?session|session affinity|sessionAffinity|--workers|workers ?[>=]|replicas: ?[2-9]|stateless_http|ip_hash", 3.0),
        says(r"(?:POST|GET) \S*mcp\S*[^\n]{0,20}\" 200[\s\S]{0,300}?(?:POST|GET) \S*mcp\S*[^\n]{0,20}\" (?:404|400)[\s\S]{0,300}?(?:POST|GET) \S*mcp\S*[^\n]{0,20}\" 20[02]", 2.8),
        says(r"Session not found|No valid session ID provided|Could not find session", 2.2),
        says(r"Started (?:parent|server) process \[\d+\][\s\S]{0,300}?Started server process \[\d+\]", 2.2, needs="[Ss]ession|404"),
    ),
    "session-header-missing": (
        says(r"400 Bad Request|HTTP 400\b", 1.7),
        says(r"[Mm]issing session ID", 2.9),
        says(r"(?:[Mm]cp-[Ss]ession-[Ii]d|session[ -]?ID)(?: header)? (?:is )?(?:required|missing|not (?:provided|sent|found|present|echoed|included))", 3.2),
        says(r"(?:missing|no|without|requires?|omit\w*|lacks?)(?: the| an?)?(?: required)? ?[`'\"]?[Mm]cp-[Ss]ession-[Ii]d", 3.3),
        says(r"(?:does not|doesn't|not|never) (?:echo|send|return|include|forward)[^\n]{0,30}(?:session[ -]?id|Mcp-Session-Id)", 3.3),
        says(r"Bad Request: (?:Mcp-Session-Id header is required|Missing session ID|No session ID)|Session ID is required|sessionId is required", 3.0),
        says(r"No valid session ID provided", 2.4),
        says(r"SSE error: Non-200 status code \(400\)", 2.0),
    ),
    "session-closed-reused": (
        says(r"write to closed stream|[Aa]ttempted to send message to closed session|Channel closed|Transport channel closed|The transport was closed|Transport is already disconnected|when the transport is closed", 2.6),
        says(r"ClosedResourceError", 3.3),
        says(r"(?:[Ss]ession|[Cc]lient|[Ss]tream|[Cc]onnection|[Tt]ransport)[^\n]{0,20}(?:is |was |has been |already |been )?(?:closed|disconnected|ended|disposed)[^\n]{0,60}(?:reuse|used|again|after|still|cannot|before)", 2.5, unless="ResourceError|EPIPE|SSE"),
        says(r"Not connected$|(?:^|[: ])Not connected(?:$|[.\"'])|MCP(?:Client)? (?:is )?not connected|Client is not connected", 2.7),
        says(r"(?:Cannot send a request, as the client has been closed|client has been closed|ObjectDisposedException|Event loop is closed|Session is closed|session is not active|use of closed network connection|attempt to use a closed|Cannot (?:call|write)[^\n]{0,30}after (?:a stream was destroyed|close|end))", 3.0),
        says(r"after (?:the )?[`'\"]?async with[`'\"]?|outside (?:of )?(?:the )?(?:async )?(?:with|context)|context (?:manager )?(?:has )?(?:exited|ended|closed)|Client is not connected\. Use the 'async with|must be used (?:within|inside) (?:an? )?(?:async )?(?:with|context)", 3.2),
        says(r"anyio\.(?:Closed|Broken)ResourceError", 2.7),
    ),
    "session-cancel-scope": (
        says(r"Attempted to exit (?:a )?cancel scope (?:in a different task|that isn't)", 3.6),
        says(r"cancel scope", 3.2),
        says(r"exit cancel scope|different task than it was entered|was never retrieved[^\n]{0,60}cancel|Cancelled (?:by|via) cancel scope", 3.3),
        says(r"athrow\(\)|asynchronous generator is already running|generator didn't stop after athrow|an error occurred during closing of asynchronous generator", 2.7),
        says(r"unhandled errors in a TaskGroup", 1.0),
    ),
    "session-harmless-noise": (
        says(r"Exception ignored in|Task was destroyed but it is pending", 3.0),
        says(r"(?:harmless|no effect|can be ignored|safe(?:ly)? (?:to )?ignore|benign|cosmetic|still works|works (?:fine )?(?:anyway|nonetheless|otherwise)|(?:calls?|tools?) (?:still )?(?:succeed|work))", 1.9),
        says(r"an error occurred during closing of asynchronous generator|Exception ignored in|Task was destroyed but it is pending|Event loop is closed|coroutine '\S+' was never awaited|ResourceWarning|KeyboardInterrupt|asyncio\.exceptions\.CancelledError|unclosed (?:client session|transport|connector)|I/O operation on closed pipe|_ProactorBasePipeTransport|ProactorEventLoop", 2.6),
        says(r"\b(?:on|during|at|after) (?:shutdown|exit|close|teardown|Ctrl-?C|cleanup)[^\n]{0,80}(?:exception|traceback|error|logged)?", 1.2),
        says(r"(?:Exception|Error) (?:is )?logged[^\n]{0,60}(?:but|no effect|yet)", 2.9),
        says(r"(?:Deprecation|Future|User|Runtime|Experimental)Warning", 1.9, unless="Error:|Traceback|refused"),
        says(r"Expected ASGI message 'http\.response\.body', but got|Unexpected ASGI message|RuntimeError: No response returned|TypeError: 'NoneType' object is not callable[\s\S]{0,200}?request_response", 2.6),
        says(r"Unknown SSE event|received (?:unknown )?notification[^\n]{0,40}ignored|Failed to validate notification", 2.5),
    ),
    "session-idle-timeout": (
        says(r"SSE error", 1.0),
        says(r"other side closed", 2.2),
        says(r"SSE (?:error|stream)[^\n]{0,60}(?:terminated|disconnected|Body Timeout)", 3.1),
        says(r"TypeError: terminated|Body Timeout Error|UND_ERR_BODY_TIMEOUT|BodyTimeoutError", 3.2),
        says(r"peer closed connection without sending complete message body \(incomplete chunked read\)|incomplete chunked read|IncompleteRead|ERR_INCOMPLETE_CHUNKED_ENCODING", 3.1),
        says(r"(?:idle|inactiv\w+|keep-?alive|no (?:data|activity|events?))[^\n]{0,60}(?:timeout|cut|closed?|drop\w*|disconnect\w*|terminated|killed|after \d+)", 2.8),
        says(r"(?:disconnect\w*|drop\w*|cut|close[sd]?|terminated|reset|dies)[^\n]{0,40}(?:after|every) (?:about |exactly |~ ?)?(?:\d+ ?(?:s|sec\w*|m|min\w*)|(?:five|5) minutes)", 2.9),
        says(r"(?:ALB|ELB|load balancer|Cloudflare|nginx|proxy|undici)[^\n]{0,60}(?:idle|60|100|300|350)[^\n]{0,20}(?:s\b|sec|timeout)", 2.9),
        says(r"upstream timed out[^\n]{0,60}while reading upstream|stream (?:was )?(?:closed|reset) (?:unexpectedly|by)|RST_STREAM|INTERNAL_ERROR|HTTP/2 stream \d+ was not closed cleanly|ERR_HTTP2_PROTOCOL_ERROR|NGHTTP2_|stream error: stream ID", 2.6),
        says(r"[Mm]aximum reconnection attempts|reconnect(?:ing|ion)?[^\n]{0,40}(?:every|loop|attempt)", 2.2),
        says(r"needs authentication", 1.4),
        says(r"\b(?:60|300|350)(?:000)? ?(?:s|ms|seconds)\b[^\n]{0,40}(?:idle|SSE|stream)", 2.5),
    ),
    "session-sse-parse": (
        says(r"Failed to parse message: ?\"?/?(?:messages?|[^\"\n]*session_?[Ii]d)", 3.4),
        says(r"(?:[Ff]ailed|[Ee]rror|[Uu]nable|[Cc]ould not)[^\n]{0,20}(?:to )?pars\w*[^\n]{0,30}(?:SSE|event|event-?stream|endpoint)", 3.1),
        says(r"(?:mis-?pars|split|multi-?line|CRLF|\\r\\n|chunk boundar|BOM|comment|partial)[^\n]{0,60}(?:SSE|event|data:|stream)", 1.9),
        says(r"Error parsing SSE message|SSE (?:parse|parsing|decode|decoding|parser)(?: error| failed)?|invalid (?:SSE|event stream)|Unexpected SSE|eventsource-parser", 3.2),
        says(r"event: (?:message|endpoint)", 2.0, needs="pars|invalid|Unexpected token"),
        says(r"Unexpected token '?[ed:]'?, \"(?:event|data|: ping|:)[^\n]{0,30} is not valid JSON", 3.4),
    ),
}
