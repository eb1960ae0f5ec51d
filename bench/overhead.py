"""What a diagnosis costs beside the server itself, in the same run, in turn: medians and the difference.

`alone` starts the server, opens it, asks for its tools and stops the clock at the answer: what the server itself needs.
`diagnose` is the whole command, interpreter start and the server's orderly end included.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.lab import LAB, NODE_MODULES, has_node  # noqa: E402

from mcp_selfcheck import wire  # noqa: E402

HELLO = """
from mcp.server import MCPServer
app = MCPServer("hello")
@app.tool()
def greet(name: str) -> str:
    "Says hello."
    return "hello " + name
app.run()
"""
RUNS = int(os.environ.get("RUNS", "7"))
SLEEPER = str(ROOT / "src/mcp_selfcheck/demo_servers/hello.py")


def alone(argv: list[str]) -> float:
    begun = time.perf_counter()
    server = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert server.stdin and server.stdout
    server.stdin.write(wire.initialize(1) + b"\n")
    server.stdin.flush()
    answer(server, 1)
    server.stdin.write(wire.notification("notifications/initialized") + b"\n" + wire.request(2, "tools/list") + b"\n")
    server.stdin.flush()
    answer(server, 2)
    took = time.perf_counter() - begun
    server.stdin.close()
    server.wait()
    server.stdout.close()
    return took


def answer(server: subprocess.Popen[bytes], number: int) -> None:
    assert server.stdout
    while json.loads(server.stdout.readline()).get("id") != number:
        pass


def diagnosis(config: str, name: str | None) -> float:
    argv = [sys.executable, "-m", "mcp_selfcheck", "diagnose", *([name] if name else []), "--config", config, "--json"]
    begun = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True)
    took = time.perf_counter() - begun
    verdicts = {s["verdict"] for s in json.loads(done.stdout)["servers"]}
    assert verdicts == {"healthy"}, verdicts
    return took


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        script = Path(place) / "hello.py"
        script.write_text(HELLO)
        servers = {"stdlib": [sys.executable, SLEEPER], "mcp2": [str(LAB / "mcp2/bin/python"), str(script)]}
        if has_node():
            everything = NODE_MODULES / "@modelcontextprotocol/server-everything/dist/index.js"
            servers["everything"] = ["node", str(everything)]
        entries = {n: {"command": a[0], "args": a[1:]} for n, a in servers.items()}
        many = {f"{n}-{i}": e for i in range(20) for n, e in [list(entries.items())[i % len(entries)]]}
        config, twenty = Path(place) / "mcp.json", Path(place) / "twenty.json"
        config.write_text(json.dumps({"mcpServers": entries}))
        twenty.write_text(json.dumps({"mcpServers": many}))
        print(f"{'server':<12} {'alone':>8} {'diagnose':>9} {'more':>8}   medians of {RUNS} pairs, seconds")
        for name, argv in servers.items():
            pairs = [(alone(argv), diagnosis(str(config), name)) for _ in range(RUNS + 1)][1:]
            a, d = (statistics.median(column) for column in zip(*pairs, strict=True))
            more = statistics.median(y - x for x, y in pairs)
            print(f"{name:<12} {a:8.3f} {d:9.3f} {more:8.3f}")
        slow = {
            "command": sys.executable,
            "args": [
                "-c",
                "import time, runpy; time.sleep(6); runpy.run_path(" + repr(SLEEPER) + ", run_name='__main__')",
            ],
        }
        entry = many.popitem()
        many["slowest"] = slow
        twenty.write_text(json.dumps({"mcpServers": many}))
        took = diagnosis(str(twenty), None)
        print(f"twenty servers, the slowest needs 6 s to start: {took:.2f} s (without {entry[0]})")


if __name__ == "__main__":
    main()
