"""Hostile config files, logs and surroundings (C01 to C08), and every other command and tool on hostile worlds."""

# fmt: off

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.healthy.stdio import LOOP, RAW, raw
from tests.hostile.case import ELSEWHERE, TABLE, Hostile
from tests.hostile.http import behaving
from tests.hostile.stdio import DAEMON
from tests.lab import Lab, World

ASK = str(Path(__file__).with_name("ask.py"))
UNREADABLE = "config-invalid-syntax"
LIST = ("list", "--json")


def config(name: str, want: str, write: Callable[[Path, dict[str, Any]], object], *, suffix: str = ".json", listed: str = "", **more: Any) -> None:
    """A config file that `write(path, entry)` makes; diagnosed, and listed too when `listed` says how that ends."""

    def make(lab: Lab) -> World:
        path = lab.tmp / f"mcp{suffix}"
        write(path, raw(lab))
        return World(config=path)

    TABLE.append(Hostile(name, want, make, "stdio", **more))
    if listed:
        TABLE.append(Hostile(f"{name}, listed", listed, make, "list", argv=LIST, **{**more, "quick": False}))


def text(given: str | bytes) -> Callable[[Path, dict[str, Any]], object]:
    return lambda path, entry: path.write_bytes(given if isinstance(given, bytes) else given.encode())


def servers(entry: dict[str, Any], **more: Any) -> str:
    return json.dumps({"mcpServers": {"sick": entry, **more}})


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as f:
        f.truncate(size)


# --- C01 ----------------------------------------------------------------------------------------------------------------
config("C01 a byte order mark", "config-bom", lambda p, e: p.write_bytes(b"\xef\xbb\xbf" + servers(e).encode()), listed="exit 0 | exit 2")
config("C01 UTF-16", "config-invalid-syntax", lambda p, e: p.write_text(servers(e), "utf-16"), listed="exit 0 | exit 2")
config("C01 UTF-32", "config-invalid-syntax", lambda p, e: p.write_text(servers(e), "utf-32"))
config("C01 CRLF", "healthy", lambda p, e: p.write_bytes(json.dumps({"mcpServers": {"sick": e}}, indent=1).replace("\n", "\r\n").encode()))
config("C01 NUL bytes", "config-invalid-syntax", text(b'{"mcpServers": {"sick": \0\0\0\0}}'), listed="exit 0 | exit 2")
config("C01 100 MB", "unexplained", lambda p, e: sparse(p, 100 * 2**20), listed="exit 0 | exit 2", quick=True)
config("C01 10 GB", "unexplained", lambda p, e: sparse(p, 10 * 2**30))
config("C01 7 MB that are valid", "healthy", lambda p, e: p.write_text(servers(e, x={"command": "y" * 7 * 2**20})), listed="exit 0 | exit 2", quick=True)
config("C01 7 MB of blanks", "healthy", lambda p, e: p.write_text(" " * 7 * 2**20 + servers(e)), listed="exit 0 | exit 2")
config("C01 7 MB that are broken", "no report (exit 2)", lambda p, e: p.write_text('{"mcpServers": {' + '"a": {"command": "b"},' * 300000), listed="exit 0 | exit 2")
config("C01 7 MB of quotes", "config-invalid-syntax", lambda p, e: p.write_text('"' * 7 * 2**20), listed="exit 0 | exit 2")
config("C01 7 MB of comment signs", "config-comments", lambda p, e: p.write_text("/*" * 7 * 2**19), listed="exit 0 | exit 2")
config("C01 a pipe", "unexplained", lambda p, e: os.mkfifo(p), listed="exit 0 | exit 2", quick=True)
config("C01 a device without end", "unexplained", lambda p, e: p.symlink_to("/dev/zero"), listed="exit 0 | exit 2")
config("C01 a terminal device", "unexplained", lambda p, e: p.symlink_to("/dev/ptmx"))
config("C01 a folder", "unexplained", lambda p, e: p.mkdir(), listed="exit 0 | exit 2")
config("C01 a link to itself", "no report (exit 2)", lambda p, e: p.symlink_to(p.name), listed="exit 0 | exit 2")
config("C01 a link to nothing", "no report (exit 2)", lambda p, e: p.symlink_to("none.json"))
config("C01 /proc/self/mem", "unexplained", lambda p, e: p.symlink_to("/proc/self/mem"))
config("C01 a file of the kernel that never ends", "unexplained", lambda p, e: p.symlink_to("/proc/kmsg"), listed="exit 0 | exit 2")
config("C01 empty", "config-invalid-syntax", text(""), listed="exit 0 | exit 2")
config("C01 random bytes", "config-invalid-syntax", text(bytes((i * 7919 + i // 251) % 256 for i in range(200_000))), listed="exit 0 | exit 2")

# --- C02, C03 -----------------------------------------------------------------------------------------------------------
config("C02 comments and commas", "config-comments", lambda p, e: p.write_text(servers(e).replace("{", "{ // x\n", 1)[:-1] + ",}"))
config("C02 smart quotes", "config-smart-quotes", lambda p, e: p.write_text(servers(e).replace('"', "\u201d")))
config("C02 200,000 brackets", "config-invalid-syntax", text("[" * 200_000), listed="exit 0 | exit 2", quick=True)
config("C02 200,000 objects", "config-invalid-syntax", text('{"a":' * 200_000), listed="exit 0 | exit 2")
config("C02 a number of 100,000 digits", "config-invalid-syntax", text('{"mcpServers": {"sick": ' + "9" * 100_000 + "}}"))
config("C02 a number of 5,000 digits as timeout", "healthy", lambda p, e: p.write_text(servers({**e, "timeout": 1}).replace('"timeout": 1', '"timeout": ' + "9" * 4000)))
config("C02 numbers that are none", "healthy", lambda p, e: p.write_text(servers({**e, "timeout": float("nan"), "startup_timeout_sec": float("inf")})))
config("C02 a negative time limit", "healthy", lambda p, e: p.write_text(servers({**e, "timeout": -1e308})))
config("C02 lone surrogates", "unexplained", lambda p, e: p.write_text(json.dumps({"mcpServers": {"sick": {**e, "env": {"A": "\ud800"}}, "\udfff": {"command": "\ud8ff"}}})))
config("C02 values of wrong kinds", "launch-command-not-found", text('{"mcpServers": {"sick": {"command": ["a", {"b": 1}], "args": {"0": "x"}, "env": [1], "cwd": 7, "url": false, "headers": "h", "type": [], "disabled": "yes", "timeout": {}}}}'), listed="exit 0 | exit 2")
config("C02 NUL in command, arguments and environment", "unexplained", lambda p, e: p.write_text(servers({**e, "args": ["a\0b"], "env": {"A\0B": "c\0d", "": "x", "a=b": "c"}})), quick=True)
config("C02 names that mean harm", "healthy", lambda p, e: p.write_text(servers(e, **{"\x1b[31m[/x]\u202e": {"command": "\x1b]52;c;aGk=\x07"}, "../../etc": {}, "": {}, "a" * 100_000: {"url": "http://" + "a" * 100_000}})), listed="exit 0 | exit 2", quick=True)
config("C02 one name ten thousand times", "healthy", lambda p, e: p.write_text('{"mcpServers": {' + ",".join(['"sick": ' + json.dumps(e)] * 10_000) + "}}"), listed="exit 0 | exit 2")
config("C02 TOML that ends early", "config-invalid-syntax", text("[mcp_servers.sick]\ncommand = \"a\nargs = [" + "[" * 5000), suffix=".toml")
config("C02 deep TOML", "config-invalid-syntax", text("a = " + "[" * 50_000 + "]" * 50_000), suffix=".toml")
config("C02 a TOML key of 20,000 dots", "no report (exit -9)", text("a" + ".a" * 20_000 + " = 1"), suffix=".toml", timeouts=(5.0,))
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9))
config("C03 a YAML bomb", "no report (exit 2)", text(BOMB + "mcpServers: *j\n"), suffix=".yaml", listed="exit 0 | exit 2", quick=True)
config("C03 YAML tags", "config-invalid-syntax", text("mcpServers: !!python/object/apply:os.system ['touch /tmp/never']\n"), suffix=".yaml")
config("C03 deep YAML", "config-invalid-syntax", text("a: " + "[" * 20_000), suffix=".yaml", listed="exit 0 | exit 2")

# --- C04, C05, C06 ------------------------------------------------------------------------------------------------------
config("C04 variables without end", "healthy", lambda p, e: p.write_text(servers({**e, "env": {"A": "${B}", "B": "${A}${A}", "C": "${C}", "D": "${" * 5000, "E": "${input:x}${env:PATH}" * 3000}})))
config("C04 a variable in itself as argument", "healthy", lambda p, e: p.write_text(servers({**e, "args": [*e["args"], "${A:-${A:-${A}}}" * 500]})))
config("C05 10,000 servers, one asked", "healthy", lambda p, e: p.write_text(servers(e, **{f"s{n}": e for n in range(10_000)})), quick=True)
config("C05 5,000 arguments and variables", "healthy", lambda p, e: p.write_text(servers({**e, "args": [*e["args"], *("x" * 20 for _ in range(5000))], "env": {f"V{n}": "y" * 20 for n in range(5000)}})))
config("C05 an argument of 200 KB", "unexplained", lambda p, e: p.write_text(servers({**e, "args": [*e["args"], "x" * 200_000]})))


def home(name: str, want: str, files: Callable[[Lab], dict[str, str | bytes]], argv: tuple[str, ...] = LIST, **more: Any) -> None:
    """Files below the home directory, as clients keep them, found and not given."""

    def make(lab: Lab) -> World:
        for where, content in files(lab).items():
            path = lab.home / where
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return World(config=lab.home / ".none", client="cursor")

    TABLE.append(Hostile(name, want, make, "list", argv=argv, **more))


home("C06 two clients, one name, two commands", "exit 0", lambda lab: {".cursor/mcp.json": servers(raw(lab)), ".config/Claude/claude_desktop_config.json": servers({"command": "false"})})
home("C06 a broken file beside a good one", "exit 0 | exit 2", lambda lab: {".cursor/mcp.json": "{" * 5000, ".config/Claude/claude_desktop_config.json": servers(raw(lab))})

# --- C07: logs ----------------------------------------------------------------------------------------------------------
LOG = ".config/Cursor/logs/20260101T000000/mcp-server-user-sick.log"


def log(name: str, write: Callable[[Path], object], want: str = "exit 0 | exit 1", **more: Any) -> None:
    def make(lab: Lab) -> World:
        (lab.home / ".cursor").mkdir()
        (lab.home / ".cursor/mcp.json").write_text(servers(raw(lab)))
        path = lab.home / LOG
        path.parent.mkdir(parents=True)
        write(path)
        return World(config=lab.home / ".cursor/mcp.json", client="cursor")

    TABLE.append(Hostile(name, want, make, "list", argv=("log", "sick"), **more))


log("C07 10 GB", lambda p: sparse(p, 10 * 2**30), quick=True)
log("C07 one line of 100 MB", lambda p: p.write_bytes(b"x" * 100 * 2**20))
log("C07 a line of brackets and quotes", lambda p: p.write_bytes(b"Error: " + b'{"a":[\\"' * 150_000 + b"\n"))
log("C07 a million short lines", lambda p: p.write_bytes(b"E\n" * 1_000_000), quick=True)
log("C07 tracebacks without end", lambda p: p.write_bytes(b"Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nModuleNotFoundError: No module named 'mcp'\n" * 9000))
log("C07 escapes and bidi", lambda p: p.write_bytes("\x1b[31mError\x1b]52;c;aGk=\x07 \u202e\u200b\x9b2J\0 connect ECONNREFUSED 127.0.0.1:3000\n".encode() * 100))
log("C07 a pipe", lambda p: os.mkfifo(p))
log("C07 a device", lambda p: p.symlink_to("/dev/zero"))
log("C07 a folder", lambda p: p.mkdir())
log("C07 a link to itself", lambda p: p.symlink_to(p.name))
log("C07 random bytes", lambda p: p.write_bytes(bytes((i * 7919 + i // 251) % 256 for i in range(1_000_000))))
log("C07 words that run together", lambda p: p.write_bytes(b"error " * 170_000))
log("C07 slashes and dots", lambda p: p.write_bytes(b"/a" * 250_000 + b"." * 250_000 + b":1" * 100_000))
log("C07 spaces", lambda p: p.write_bytes(b"Error:" + b" " * 900_000 + b"x\n"))
log("C07 ten thousand files", lambda p: [(p.parent / f"mcp-server-{n}-sick.log").write_bytes(b"Error: x\n") for n in range(10_000)])

# --- C08: surroundings --------------------------------------------------------------------------------------------------


def around(name: str, want: str, change: Callable[[Lab], dict[str, Any]], **more: Any) -> None:
    """A healthy server in odd surroundings: `change` gives what World takes."""

    def make(lab: Lab) -> World:
        return World(entry=raw(lab), **change(lab))

    TABLE.append(Hostile(name, want, make, "stdio", **more))


around("C08 no locale", "healthy", lambda lab: {"env": {"LC_ALL": "C", "LANG": None, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}})
around("C08 ASCII output", "healthy", lambda lab: {"env": {"PYTHONIOENCODING": "ascii"}})
around("C08 no home", "healthy", lambda lab: {"env": {"HOME": "/nonexistent/home"}})
around("C08 home is a device", "healthy", lambda lab: {"env": {"HOME": "/dev/null"}})
around("C08 an empty environment", "healthy", lambda lab: {"env": dict.fromkeys(("PATH", "HOME", "LANG", "LC_ALL", "TERM", "USER", "LOGNAME", "SHELL", "TMPDIR"))})
around("C08 no temporary folder", "healthy", lambda lab: {"env": {"TMPDIR": "/nonexistent"}})
around("C08 a terminal of one column", "healthy", lambda lab: {"env": {"COLUMNS": "1", "LINES": "1"}})
around("C08 a PATH of 5,000 folders", "healthy", lambda lab: {"env": {"PATH": ":".join(f"/p{n}" for n in range(5000)) + ":" + os.environ["PATH"]}})
around("C08 variables that are no text", "healthy", lambda lab: {"env": {"ODD": "\udcff\udcfe", "HTTP_PROXY": "\udcff"}})


def limited(name: str, want: str, rule: str, **more: Any) -> None:
    """The program under a limit of the shell (ulimit)."""
    TABLE.append(Hostile(name, want, raw, "stdio", prefix=("/bin/sh", "-c", f'{rule}; exec "$@"', "sh"), **more))


limited("C08 64 descriptors", "healthy", "ulimit -n 64", quick=True)
limited("C08 a core size of nothing, 8 MB of stack", "healthy", "ulimit -c 0; ulimit -s 8192")
limited("C08 files of no size", "exit 120", "ulimit -f 0", output=False)
limited("C08 600 MB of address space", "healthy", "ulimit -v 600000")
limited("C08 signals that are ignored", "healthy", "trap '' TERM INT HUP PIPE CHLD", quick=True)
ELSEWHERE["C08 a full disk, a read-only file system"] = "needs a mount of its own; the program writes no file when it diagnoses"
ELSEWHERE["C08 no /proc, seccomp"] = "needs a mount namespace or a filter that the lab does not have"

# --- ended in the middle ------------------------------------------------------------------------------------------------
for _number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP):
    for _after in (0.6, 1.5):
        TABLE.append(Hostile(
            f"K00 {_number.name} after {_after} s: daemons", "ended",
            lambda lab: lab.stdio(lab.python, lab.write("server.py", RAW + DAEMON + "daemon(clear=True)\ndaemon(keep=True, levels=3)\n" + "for line in sys.stdin: pass\n")),
            "stdio", timeouts=(6.0,), kill=(int(_number), _after), quick=_after == 1.5 and _number != signal.SIGHUP,
        ))
    TABLE.append(Hostile(
        f"K01 {_number.name}: a stubborn respawner", "ended",
        lambda lab: lab.stdio(lab.python, lab.write("server.py", RAW + "import os, signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nif not os.fork():\n  os.setsid()\n  while True:\n    if os.fork(): os._exit(0)\n    time.sleep(.002)\nwhile True: time.sleep(1)\n")),
        "stdio", timeouts=(6.0,), kill=(int(_number), 3.5),
    ))
    TABLE.append(Hostile(
        f"K02 {_number.name}: a silent URL", "ended", lambda lab: lab.url(f"http://127.0.0.1:{behaving(lab, 'silent')}/mcp"),
        "http", timeouts=(6.0,), kill=(int(_number), 2.0),
    ))


# --- many at once -------------------------------------------------------------------------------------------------------
def many(name: str, want: str, count: int, code: str, **more: Any) -> None:
    def make(lab: Lab) -> World:
        path = lab.tmp / "mcp.json"
        script = lab.write("server.py", RAW + code)
        path.write_text(json.dumps({"mcpServers": {f"s{n}": lab.stdio(lab.python, script) for n in range(count)}}))
        return World(config=path, name="")

    TABLE.append(Hostile(name, want, make, "stdio", slack=2.0, memory=32.0 * count, **more))


many("M20 twenty that never answer", "stdio-silent", 20, "for line in sys.stdin: pass\n", timeouts=(5.0, 10.0), quick=True)
many("M20 twenty that ignore every signal", "stdio-silent", 20, "import signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: time.sleep(1)\n", timeouts=(10.0,))
many("M20 twenty with daemons", "healthy", 20, DAEMON + "daemon(clear=True)\n" + LOOP, timeouts=(10.0,))
many("M08 eight that flood", "stdio-stdout-pollution", 8, "while True: print('x' * 100)\n", timeouts=(10.0,))


@(lambda make: TABLE.append(Hostile("M20 twenty silent URLs", "tcp-accepts-but-silent", make, "http", slack=2.0, memory=640.0, timeouts=(5.0, 10.0))))
def silent_urls(lab: Lab) -> World:
    path = lab.tmp / "mcp.json"
    port = behaving(lab, "silent")
    path.write_text(json.dumps({"mcpServers": {f"s{n}": lab.url(f"http://127.0.0.1:{port}/mcp{n}") for n in range(20)}}))
    return World(config=path, name="")


# --- one step alone -----------------------------------------------------------------------------------------------------
HEALTH = ("health", "{url}", "--json")
for _name in ("silent", "headers in drips", "body in drips", "comments for ever", "comments in a flood", "early hints", "a million headers", "gzip bomb", "endless body",
              "endless noise", "a line without end", "redirect chain", "deep JSON", "reflects", "escapes in the reason", "endpoint that floods", "session with escapes",
              "tools without end", "reset at once", "flapping", "good once"):
    TABLE.append(Hostile(
        f"P01 health: {_name}", "exit 1 | exit 0", lambda lab, n=_name: lab.url(f"http://127.0.0.1:{behaving(lab, n)}/mcp"), "health", argv=HEALTH, timeouts=(15.0,),
        quick=_name in ("gzip bomb", "escapes in the reason"),
    ))
for _name in ("silent", "endless noise", "reset at once", "escapes in the reason", "headers in drips"):
    TABLE.append(Hostile(
        f"P02 port: {_name}", "exit 0 | exit 1", lambda lab, n=_name: lab.url(f"http://127.0.0.1:{behaving(lab, n)}/mcp"), "health", argv=("port", "{port}", "--json"),
        timeouts=(10.0,), quick=_name == "endless noise",
    ))
for _name in ("silent", "endless noise", "login page", "a million headers"):
    TABLE.append(Hostile(
        f"P03 proxy: {_name}", "exit 0 | exit 1", lambda lab, n=_name: World(lab.url("http://203.0.113.9/mcp"), env={"HTTP_PROXY": f"http://127.0.0.1:{behaving(lab, n)}"}),
        "health", argv=("proxy", "{url}", "--json"), timeouts=(15.0,),
    ))


# --- the tools over MCP -------------------------------------------------------------------------------------------------
def tool(name: str, entry: Callable[[Lab], dict[str, Any]], calls: list[list[Any]], **more: Any) -> None:
    """A session with `mcp-selfcheck serve` in which all `calls` are made at once; exit 0 when all were answered."""

    def make(lab: Lab) -> World:
        found = entry(lab)
        (lab.home / ".cursor").mkdir()
        (lab.home / ".cursor/mcp.json").write_text(servers(found))
        path = lab.home / LOG
        path.parent.mkdir(parents=True)
        path.write_bytes(b"Error: \x1b[31mx\n" * 100_000)
        return World(entry=found, config=lab.home / ".cursor/mcp.json", client="cursor")

    TABLE.append(Hostile(name, "exit 0", make, "serve", program=(sys.executable, ASK, json.dumps(calls)), argv=("serve", "{url}", "{port}"), **more))


EVERY = [["list_servers", {}], ["diagnose", {"server": "sick"}], ["check_port", {"port": "PORT"}], ["probe_health", {"url": "URL"}], ["read_log", {"server": "sick"}], ["check_proxy", {"url": "URL"}]]
for _name in ("silent", "endless noise", "gzip bomb", "early hints", "escapes in the reason", "comments in a flood", "metadata without end"):
    tool(f"T01 every tool: {_name}", lambda lab, n=_name: lab.url(f"http://127.0.0.1:{behaving(lab, n)}/mcp"), EVERY, timeouts=(31.0,), quick=_name == "gzip bomb")
OWN = [["list_servers", {}], ["diagnose", {"server": "sick"}], ["read_log", {"server": "sick"}]]
for _name, _code in {
    "a flood": "while True: print('x' * 100)\n", "daemons": DAEMON + "daemon(clear=True)\n" + LOOP, "silent": "while True: time.sleep(1)\n",
    "30,000 tools": "TOOLS = [{'name': f't{i}', 'inputSchema': {'type': 'object'}} for i in range(30000)]\n" + LOOP,
}.items():
    tool(f"T02 tools: {_name}", lambda lab, c=_code: lab.stdio(lab.python, lab.write("server.py", RAW + c)), OWN, timeouts=(31.0,), quick=_name == "daemons")
