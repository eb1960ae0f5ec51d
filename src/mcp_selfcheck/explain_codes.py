"""Error codes that stand alone: what an errno, a WinError, an HTTP status, a JSON-RPC code or an exit code can mean."""

from __future__ import annotations

import re

# Best first. Sources: errno(3), the Windows system error codes, RFC 9110, JSON-RPC 2.0 and the MCP specification
# (basic/index#error-codes), the exit codes of bash(1) and docker-run(1), X509_STORE_CTX_get_error(3ssl).
ERRNO: dict[str, tuple[str, ...]] = {
    "ECONNREFUSED": ("tcp-nothing-listening", "tcp-wrong-port", "tcp-container-localhost", "tcp-ipv6-only", "tcp-ipv4-only"),
    "ECONNRESET": ("tcp-reset", "http-redirect-downgrade", "tls-https-only-port", "session-idle-timeout"),
    "ECONNABORTED": ("tcp-reset", "session-idle-timeout", "client-tool-timeout"),
    "ETIMEDOUT": ("tcp-filtered", "proxy-ignored", "launch-registry-unreachable"),
    "EHOSTUNREACH": ("tcp-macos-local-network", "tcp-filtered"),
    "ENETUNREACH": ("tcp-filtered", "proxy-ignored", "tcp-ipv6-only"),
    "ENOTFOUND": ("dns-name-not-found", "proxy-ignored"),
    "EAI_AGAIN": ("dns-resolver-unreachable", "launch-registry-unreachable", "proxy-ignored"),
    "EAI_NONAME": ("dns-name-not-found",),
    "EAI_NODATA": ("dns-name-not-found",),
    "EAI_FAIL": ("dns-resolver-unreachable", "dns-name-not-found"),
    "ESERVFAIL": ("dns-resolver-unreachable",),
    "EADDRINUSE": ("tcp-port-in-use-stale", "tcp-port-in-use-other", "tcp-bound-twice", "launch-started-twice"),
    "EADDRNOTAVAIL": ("tcp-loopback-only", "tcp-port-reserved", "tcp-ipv6-only"),
    "ENOENT": ("launch-command-not-found", "launch-gui-path", "launch-path-missing", "launch-cwd-missing", "launch-interpreter-missing"),
    "EACCES": ("launch-not-executable", "launch-npm-cache-owner", "tcp-port-reserved", "launch-docker-permission"),
    "EPERM": ("launch-protected-folder", "launch-cwd-read-only", "tcp-filtered", "launch-not-executable"),
    "EROFS": ("launch-cwd-read-only",),
    "EPIPE": ("stdio-client-left", "launch-crashed", "launch-orphans"),
    "EMFILE": ("launch-too-many-files",),
    "ENFILE": ("launch-too-many-files",),
    "ENOSPC": ("launch-too-many-files", "launch-crashed"),
    "ENOMEM": ("launch-out-of-memory",),
    "ENOEXEC": ("launch-not-executable", "launch-wrong-architecture"),
    "EBADARCH": ("launch-wrong-architecture",),
    "EEXIST": ("launch-npm-cache-owner", "launch-start-race"),
    "ETXTBSY": ("launch-start-race",),
    "ENOTEMPTY": ("launch-npx-cache", "launch-start-race"),
    "E404": ("launch-package-not-found", "launch-package-other-registry"),
    "E403": ("launch-package-other-registry", "launch-package-not-found", "proxy-error-page"),
    "E401": ("launch-package-other-registry", "proxy-auth-required"),
    "ETARGET": ("launch-package-broken", "launch-package-not-found"),
    "ERESOLVE": ("launch-package-broken",),
    "EBADENGINE": ("launch-node-too-old",),
    "EINVALIDTAGNAME": ("launch-usage-error", "launch-package-not-found"),
    "MODULE_NOT_FOUND": ("launch-not-built", "launch-path-missing", "launch-package-broken", "launch-npx-cache"),
    "ERR_MODULE_NOT_FOUND": ("launch-package-broken", "launch-npx-cache", "launch-not-built"),
    "ERR_REQUIRE_ESM": ("launch-esm-cjs", "launch-node-too-old"),
    "ERR_PACKAGE_PATH_NOT_EXPORTED": ("launch-node-sdk-moved", "launch-package-broken"),
    "ERR_UNKNOWN_FILE_EXTENSION": ("launch-esm-cjs", "launch-node-too-old"),
    "ERR_UNSUPPORTED_DIR_IMPORT": ("launch-esm-cjs", "launch-package-broken"),
    "ERR_DLOPEN_FAILED": ("launch-native-module", "launch-wrong-architecture"),
    "ERR_STREAM_PREMATURE_CLOSE": ("session-idle-timeout", "tcp-reset"),
    "ERR_INVALID_URL": ("config-invalid-url", "upstream-address"),
    "UND_ERR_CONNECT_TIMEOUT": ("tcp-filtered", "proxy-ignored"),
    "UND_ERR_BODY_TIMEOUT": ("session-idle-timeout",),
    "UND_ERR_HEADERS_TIMEOUT": ("http-no-response", "http-gateway-timeout"),
    "UND_ERR_SOCKET": ("session-idle-timeout", "tcp-reset"),
    "ERR_SSL_WRONG_VERSION_NUMBER": ("tls-plain-http-port",),
    "WRONG_VERSION_NUMBER": ("tls-plain-http-port",),
    "EPROTO": ("tls-plain-http-port", "tls-protocol-version"),
    "ERR_TLS_CERT_ALTNAME_INVALID": ("tls-name-mismatch",),
    "CERT_HAS_EXPIRED": ("tls-expired",),
    "CERT_NOT_YET_VALID": ("tls-expired",),
    "DEPTH_ZERO_SELF_SIGNED_CERT": ("tls-self-signed",),
    "SELF_SIGNED_CERT_IN_CHAIN": ("tls-inspection", "tls-private-ca"),
    "UNABLE_TO_GET_ISSUER_CERT": ("tls-private-ca", "tls-inspection"),
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY": ("tls-private-ca", "tls-inspection", "tls-incomplete-chain"),
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE": ("tls-incomplete-chain", "tls-private-ca", "tls-inspection"),
    "CERTIFICATE_VERIFY_FAILED": ("tls-private-ca", "tls-inspection", "tls-self-signed"),
    "SIGKILL": ("launch-out-of-memory", "launch-quarantined"),
    "SIGSEGV": ("launch-native-module", "launch-crashed"),
    "SIGABRT": ("launch-out-of-memory", "launch-crashed"),
    "SIGILL": ("launch-wrong-architecture", "launch-incompatible-binary"),
    "SIGBUS": ("launch-crashed", "launch-native-module"),
    "SIGTRAP": ("launch-crashed", "launch-out-of-memory"),
    "SIGTERM": ("launch-slow-start", "stdio-client-left"),
    "EINVAL": ("launch-windows-npx", "launch-usage-error"),
    "ENOTDIR": ("launch-cwd-missing", "launch-path-missing"),
    "EISDIR": ("launch-path-missing", "launch-not-executable"),
    "ELOOP": ("launch-path-missing",),
    "E2BIG": ("launch-usage-error", "http-payload-too-large"),
    "EAGAIN": ("launch-too-many-files", "stdio-stdin-closed"),
    "EBUSY": ("launch-npx-cache", "launch-antivirus"),
    "EBADF": ("stdio-stdin-closed",),
    "EAFNOSUPPORT": ("tcp-ipv6-only", "tcp-ipv4-only"),
    "EBADPLATFORM": ("launch-os-unsupported", "launch-wrong-architecture"),
    "EINTEGRITY": ("launch-package-broken", "launch-npx-cache"),
    "ELIFECYCLE": ("launch-crashed", "launch-package-broken"),
    "ENEEDAUTH": ("launch-package-other-registry",),
    "EUSAGE": ("launch-usage-error",),
    "EJSONPARSE": ("config-invalid-syntax", "launch-package-broken"),
    "NU1101": ("launch-package-not-found",),
    "CERT_UNTRUSTED": ("tls-private-ca", "tls-inspection"),
    "HOSTNAME_MISMATCH": ("tls-name-mismatch",),
    "SSL_ERROR_SYSCALL": ("tcp-reset", "tls-protocol-version", "proxy-ignored"),
    "ERR_INVALID_ARG_TYPE": ("config-missing-target", "launch-env-missing"),
    "ERR_UNHANDLED_REJECTION": ("launch-crashed",),
    "ERR_HTTP_HEADERS_SENT": ("http-server-error", "session-single-client"),
    "ERR_SOCKET_CONNECTION_TIMEOUT": ("tcp-filtered", "proxy-ignored"),
    "ERR_NETWORK": ("tcp-nothing-listening", "http-cors"),
    "ERR_EMPTY_RESPONSE": ("tcp-reset", "tls-https-only-port", "tcp-stdio-server"),
    "ERR_TIMED_OUT": ("tcp-filtered", "tcp-accepts-but-silent"),
    "ERR_BAD_REQUEST": ("upstream-bad-request", "http-transport-mismatch"),
    "ERR_BAD_RESPONSE": ("upstream-bad-request", "http-server-error"),
    "STATUS_DLL_NOT_FOUND": ("launch-incompatible-binary", "launch-helper-missing"),
    "STATUS_ACCESS_VIOLATION": ("launch-native-module", "launch-crashed"),
    "ACCESS_DENIED": ("auth-insufficient-scope", "auth-registration-rejected"),
    "UNSUPPORTED_GRANT_TYPE": ("auth-refresh-rejected", "auth-registration-rejected"),
    "UNAUTHORIZED_CLIENT": ("auth-stale-client", "auth-redirect-uri"),
    "AADSTS700016": ("auth-stale-client",),
}  # fmt: skip

# Numbers that the errno and Windows names hide behind: macOS, Linux and Winsock values of the same thing.
NUMBERS: dict[str, str] = {
    "errno 2": "ENOENT", "errno 8": "ENOEXEC", "errno 13": "EACCES", "errno 1": "EPERM", "errno 30": "EROFS",
    "errno 32": "EPIPE", "errno 24": "EMFILE", "errno 23": "ENFILE", "errno 28": "ENOSPC", "errno 12": "ENOMEM",
    "errno 26": "ETXTBSY", "errno 86": "EBADARCH", "errno 111": "ECONNREFUSED", "errno 61": "ECONNREFUSED",
    "errno 104": "ECONNRESET", "errno 54": "ECONNRESET", "errno 110": "ETIMEDOUT", "errno 60": "ETIMEDOUT",
    "errno 113": "EHOSTUNREACH", "errno 65": "EHOSTUNREACH", "errno 101": "ENETUNREACH", "errno 51": "ENETUNREACH",
    "errno 98": "EADDRINUSE", "errno 48": "EADDRINUSE", "errno 99": "EADDRNOTAVAIL", "errno 49": "EADDRNOTAVAIL",
    "errno -2": "EAI_NONAME", "errno -3": "EAI_AGAIN", "errno -5": "EAI_NODATA", "errno 8 nodename": "EAI_NONAME",
    "winerror 10061": "ECONNREFUSED", "winerror 10060": "ETIMEDOUT", "winerror 10054": "ECONNRESET",
    "winerror 10053": "ECONNABORTED", "winerror 10048": "EADDRINUSE", "winerror 10065": "EHOSTUNREACH",
    "winerror 10051": "ENETUNREACH", "winerror 10049": "EADDRNOTAVAIL", "winerror 11001": "EAI_NONAME",
    "winerror 11002": "EAI_AGAIN", "winerror 11004": "EAI_NODATA", "winerror 109": "EPIPE", "winerror 232": "EPIPE",
}  # fmt: skip

# libuv's own numbers (uv/errno.h): what node shows as `errno` on Windows, and for name resolution everywhere.
LIBUV: dict[int, str] = {
    -4092: "EACCES", -4091: "EADDRINUSE", -4090: "EADDRNOTAVAIL", -4088: "EAGAIN", -4083: "EBADF", -4082: "EBUSY",
    -4079: "ECONNABORTED", -4078: "ECONNREFUSED", -4077: "ECONNRESET", -4075: "EEXIST", -4073: "EHOSTUNREACH", -4071: "EINVAL",
    -4068: "EISDIR", -4066: "EMFILE", -4062: "ENETUNREACH", -4061: "ENFILE", -4058: "ENOENT", -4057: "ENOMEM", -4055: "ENOSPC",
    -4052: "ENOTDIR", -4051: "ENOTEMPTY", -4048: "EPERM", -4047: "EPIPE", -4043: "EROFS", -4039: "ETIMEDOUT", -4038: "ETXTBSY",
    -3001: "EAI_AGAIN", -3004: "EAI_FAIL", -3007: "EAI_NODATA", -3008: "EAI_NONAME",
}  # fmt: skip

# How a Windows process ends: NTSTATUS values.
NTSTATUS: dict[int, tuple[str, ...]] = {
    0xC0000005: ("launch-native-module", "launch-crashed"), 0xC0000135: ("launch-incompatible-binary", "launch-helper-missing"),
    0xC0000142: ("launch-incompatible-binary", "launch-env-not-inherited"), 0xC000007B: ("launch-wrong-architecture", "launch-incompatible-binary"),
    0xC000001D: ("launch-incompatible-binary", "launch-wrong-architecture"), 0xC0000409: ("launch-crashed", "launch-native-module"),
    0xC0000139: ("launch-incompatible-binary", "launch-native-module"), 0xC0000017: ("launch-out-of-memory",),
    0xC000012D: ("launch-out-of-memory",), 0xC000013A: ("stdio-client-left",), 0xC0000022: ("launch-not-executable", "launch-antivirus"),
}  # fmt: skip
SIGNALS = {
    4: "SIGILL",
    5: "SIGTRAP",
    6: "SIGABRT",
    7: "SIGBUS",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "EPIPE",
    15: "SIGTERM",
}

OTHER: dict[str, tuple[str, ...]] = {
    "winerror 2": ("launch-windows-npx", "launch-command-not-found", "launch-path-missing"),
    "winerror 3": ("launch-path-missing", "launch-cwd-missing"),
    "winerror 5": ("launch-not-executable", "launch-antivirus", "launch-protected-folder"),
    "winerror 193": ("launch-windows-npx", "launch-wrong-architecture", "launch-not-executable"),
    "winerror 216": ("launch-wrong-architecture",),
    "winerror 225": ("launch-antivirus",),
    "winerror 226": ("launch-antivirus",),
    "winerror 267": ("launch-cwd-missing",),
    "winerror 740": ("launch-not-executable", "launch-app-control"),
    "winerror 1260": ("launch-app-control",),
    "winerror 4551": ("launch-app-control",),
    "winerror 6": ("stdio-stdin-closed", "launch-crashed"),
    "winerror 10013": ("tcp-port-reserved", "tcp-filtered"),
    "winerror 10106": ("launch-env-not-inherited",),
    "exit 1": ("launch-crashed",), "exit 2": ("launch-usage-error", "launch-path-missing"),
    "exit 3": ("launch-crashed",), "exit 9": ("launch-usage-error",),
    "exit 13": ("launch-crashed",),
    "exit 125": ("launch-docker-not-running", "launch-docker-image"),
    "exit 126": ("launch-not-executable", "launch-wrong-architecture"),
    "exit 127": ("launch-command-not-found", "launch-gui-path", "launch-interpreter-missing"),
    "exit 132": ("launch-incompatible-binary", "launch-wrong-architecture"),
    "exit 134": ("launch-out-of-memory", "launch-crashed"),
    "exit 137": ("launch-out-of-memory", "launch-quarantined"),
    "exit 139": ("launch-native-module", "launch-crashed"),
    "exit 141": ("stdio-client-left",),
    "exit 143": ("launch-slow-start", "stdio-client-left"),
    "exit 9009": ("launch-command-not-found", "launch-gui-path"),
    # npm ends with 256 minus the errno
    "exit 243": ("launch-npm-cache-owner", "launch-not-executable"), "exit 254": ("launch-path-missing", "launch-command-not-found"),
    "exit 255": ("launch-crashed", "launch-wrong-host"), "exit 130": ("stdio-client-left",), "exit 64": ("launch-usage-error",),
    "exit 0": ("launch-exits-silently", "stdio-stdin-closed"),
    "x509 2": ("tls-private-ca", "tls-inspection"), "x509 9": ("tls-expired",), "x509 10": ("tls-expired",),
    "x509 18": ("tls-self-signed",), "x509 19": ("tls-inspection", "tls-private-ca"),
    "x509 20": ("tls-private-ca", "tls-inspection", "tls-incomplete-chain"),
    "x509 21": ("tls-incomplete-chain", "tls-private-ca"), "x509 62": ("tls-name-mismatch",),
    "x509 64": ("tls-name-mismatch",),
    "http 301": ("http-redirect-drops-post", "http-redirect-downgrade"),
    "http 302": ("http-redirect-drops-post", "http-redirect-loop", "auth-required"),
    "http 307": ("http-trailing-slash", "http-redirect-downgrade"),
    "http 308": ("http-trailing-slash", "http-redirect-downgrade"),
    "http 400": ("http-transport-mismatch", "session-header-missing", "handshake-version-unsupported", "handshake-header-mismatch"),
    "http 401": ("auth-required", "auth-token-rejected", "auth-header-not-sent"),
    "http 403": ("http-origin-rejected", "proxy-bot-challenge", "auth-insufficient-scope", "http-host-rejected"),
    "http 404": ("http-wrong-path", "session-lost", "http-transport-mismatch"),
    "http 405": ("http-transport-mismatch", "http-opened-in-browser", "http-get-stream-not-405"),
    "http 406": ("http-accept-rejected", "http-opened-in-browser", "proxy-strips-accept"),
    "http 407": ("proxy-auth-required",), "http 408": ("http-gateway-timeout", "session-idle-timeout"),
    "http 409": ("http-duplicate-stream", "session-single-client"), "http 410": ("session-lost", "http-wrong-path"),
    "http 411": ("http-body-consumed",), "http 413": ("http-payload-too-large",),
    "http 415": ("http-content-type-rejected",), "http 421": ("http-host-rejected",),
    "http 426": ("tls-https-only-port", "http-transport-mismatch"), "http 429": ("http-rate-limited", "upstream-rate-limit"),
    "http 431": ("http-payload-too-large", "http-response-too-large"), "http 500": ("http-server-error", "session-lifespan"),
    "http 501": ("http-transport-mismatch", "http-not-mcp"),
    "http 502": ("http-bad-gateway", "proxy-intercepts-localhost"), "http 503": ("http-bad-gateway", "proxy-intercepts-localhost"),
    "http 499": ("client-tool-timeout", "http-gateway-timeout"), "http 504": ("http-gateway-timeout",), "http 520": ("http-bad-gateway",), "http 521": ("http-bad-gateway",),
    "http 522": ("http-gateway-timeout", "tcp-filtered"), "http 523": ("http-bad-gateway",),
    "http 524": ("http-gateway-timeout",), "http 525": ("tls-protocol-version",), "http 526": ("tls-self-signed", "tls-expired"),
    "http 530": ("http-bad-gateway",),
    "rpc -32700": ("http-body-consumed", "stdio-run-by-hand", "stdio-stdout-pollution"),
    "rpc -32600": ("session-header-missing", "session-lost", "handshake-error"),
    "rpc -32601": ("handshake-optional-method", "handshake-modern-only"),
    "rpc -32602": ("handshake-before-initialized", "handshake-version-unsupported", "tools-output-schema"),
    "rpc -32603": ("tools-list-failed", "handshake-error"),
    "rpc -32000": ("launch-crashed", "launch-command-not-found", "launch-package-not-found"),
    "rpc -32001": ("client-tool-timeout", "launch-slow-start", "session-lost", "stdio-silent"),
    "rpc -32002": ("handshake-before-initialized", "handshake-error"),
    "rpc -32020": ("handshake-header-mismatch",), "rpc -32021": ("handshake-strict-server", "handshake-error"),
    "rpc -32022": ("handshake-modern-only", "handshake-mixed-eras", "handshake-version-unsupported"),
    "rpc -32042": ("auth-required", "handshake-error"),
}  # fmt: skip

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(p, re.IGNORECASE))
    for kind, p in (
        ("rpc", r"(?:(?:mcp |json-?rpc )?(?:error )?(?:code)?[ :]*)?(-32\d{3})"),
        ("winerror", r"\[?(?:win(?:dows)?[ _]?(?:error)?|wsa)[ _:#]*(\d{1,5})\]?"),
        ("winerror", r"(?:os error |error )?(1[01]\d{3})"),
        ("winerror", r"(?:system |os )?error(?: code)?[ :]*(2|3|5|6|87|109|193|216|225|226|232|267|740|1260|4551)"),
        ("errno", r"\[?errno[ :=]*(-?\d{1,3})\]?"),
        ("errno", r"\(?os error (-?\d{1,3})\)?"),
        ("exit", r"(?:process )?(?:exit(?:ed)?|return|rc|code)(?: with)?(?: status| ?code)?[ :=]*(-?\d{1,10}|0x[0-9a-f]{1,8})"),
        ("exit", r"(-107374\d{4}|322122\d{4}|0xc[0-9a-f]{7})"),
        ("signal", r"(?:killed|terminated|ended)?(?: by| with)? ?(?:signal|sig)[ :=]*(\d{1,2})"),
        ("uv", r"(?:errno|code|error)?[ :=]*(-(?:40|30)\d\d)"),
        ("hresult", r"(?:hresult|error|code)?[ :=]*0x8007([0-9a-f]{4})"),
        ("x509", r"(?:x\.?509(?:_v_err)?|(?:openssl )?verif(?:y|ication)(?: (?:return )?(?:code|error))?)[ :=#]*(?:num=)?(\d{1,2})"),
        ("http", r"(?:http(?:/\d(?:\.\d)?)?|status(?: code)?|error|code)?[ :=]*([3-5]\d\d)"
                 r"(?: (?:moved permanently|found|temporary redirect|permanent redirect|bad request|unauthorized|forbidden|not found"
                 r"|method not allowed|not acceptable|proxy authentication required|request timeout|conflict|gone|length required"
                 r"|payload too large|content too large|request entity too large|unsupported media type|misdirected request"
                 r"|upgrade required|too many requests|internal server error|not implemented|bad gateway|service unavailable"
                 r"|gateway time-?out|error|errors|status))?"),
    )
)  # fmt: skip


def alone(text: str) -> tuple[str, ...]:
    """The causes, best first, of a text that is nothing but a code; () when it is more, or a code that says nothing."""
    bare = text.strip().strip("'\"`.;:()[]")
    if not bare or len(bare) > 60 or "\n" in bare:
        return ()
    name = bare.upper().removeprefix("WSA").removeprefix("X509_V_ERR_").removeprefix("ERROR: ").removeprefix("CODE: ")
    name = name if name in ERRNO else "E" + name.removeprefix("E") if bare.upper().startswith("WSA") else name
    if name in ERRNO:
        return ERRNO[name]
    first, _, rest = name.partition(" ")
    if first in ERRNO and re.fullmatch(r"\(?-?\d{1,5}\)?", rest):
        return ERRNO[first]
    for kind, pattern in _FORMS:
        if (m := pattern.fullmatch(bare)) and (found := _meaning(kind, m.group(1).lower())):
            return found
    return ()


def _meaning(kind: str, digits: str) -> tuple[str, ...]:
    number = int(digits, 16) if kind == "hresult" or digits.startswith("0x") else int(digits)
    if kind == "uv":
        return ERRNO.get(LIBUV.get(number, ""), ())
    if kind == "signal":
        return ERRNO.get(SIGNALS.get(number, ""), ())
    if kind == "exit" and (number & 0xFFFFFFFF) in NTSTATUS:
        return NTSTATUS[number & 0xFFFFFFFF]
    key = f"{'winerror' if kind == 'hresult' else kind} {number}"
    named = NUMBERS.get(key) or (NUMBERS.get(f"errno {-number}") if kind == "errno" else None)
    return OTHER.get(key) or ERRNO.get(named or "", ())
