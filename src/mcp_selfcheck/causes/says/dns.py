"""How resolvers and runtimes speak when a name does not become an address."""

from __future__ import annotations

from . import says

# A table: one signature a line, however long.
# fmt: off
SAYS = {
    # node, glibc, macOS, Winsock, Go, Rust, Java, curl, .NET
    "dns-name-not-found": (
        says(r"getaddrinfo ENOTFOUND (?P<host>[\w.-]+)", 3.2),
        says(r"\bENOTFOUND\b", 2.6),
        says(r"\[Errno -2\] Name or service not known|Name or service not known", 3.1),
        says(r"\[Errno 8\] nodename nor servname provided|nodename nor servname provided", 3.1),
        says(r"\[Errno 11001\]|getaddrinfo failed|WSAHOST_NOT_FOUND|No such host is known|os error 11001|WinError 11001", 3.0),
        says(r"dial tcp: lookup (?P<host>[\w.-]+)[^\n]{0,60}: no such host|no such host", 3.2),
        says(r"[Cc]ould not resolve host(?:name)?:? ?(?P<host>[\w.-]+)?", 3.0),
        says(r"NXDOMAIN|EAI_NONAME|No address associated with hostname|\[Errno -5\]|ERR_NAME_NOT_RESOLVED|EAI_NODATA|nxdomain", 3.0),
        says(r"UnknownHostException:? ?(?P<host>[\w.-]+)?|Die angegebene Host ist unbekannt|Der angegebene Host ist unbekannt|Hôte inconnu|不知道这样的主机|Host desconocido", 3.1),
        says(r"failed to lookup address information: (?:Name or service|nodename|No such host)", 3.2),
        says(r"(?:The remote name could not be resolved|host (?:name )?(?:not found|does not (?:resolve|exist)|could not be (?:found|resolved)))", 2.9, unless="Host header|x509"),
    ),
    "dns-resolver-unreachable": (
        says(r"\bEAI_AGAIN\b(?: (?P<host>[\w.-]+))?", 3.1),
        says(r"Temporary failure in name resolution|\[Errno -3\]", 3.2),
        says(r"lookup (?P<host>[\w.-]+) on (?P<resolver>[\d.:\[\]a-f]+):53: [^\n]{0,80}(?:i/o timeout|connection refused|server misbehaving|no route|network is unreachable|timeout)", 3.5),
        says(r"server misbehaving|SERVFAIL|ESERVFAIL|queryA (?:ETIMEOUT|ESERVFAIL|ECONNREFUSED)|query\w* (?:ETIMEOUT|EREFUSED)|no servers could be reached|connection timed out; no servers|dns (?:server|resolver)[^\n]{0,40}(?:unreachable|timed? ?out|not respond|refused)", 3.3),
        says(r"\[Errno 11002\]|WSATRY_AGAIN|WinError 11002|os error 11002|EAI_FAIL", 3.1),
        says(r"Resolving timed out|Name resolution timed out|DNS (?:lookup|resolution|query) timed out|non-recoverable failure in name resolution|ERR_DNS_TIMED_OUT|ETIMEOUT", 3.1),
        says(r"dns error|resolv\.conf|127\.0\.0\.53|nameserver", 1.2),
        says(r"\blookup (?P<host>[\w.-]+)[^\n]{0,60}(?:i/o timeout|timed? ?out|server misbehaving)", 3.3),
    ),
}
