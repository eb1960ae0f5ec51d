"""A host that starts `mcp-selfcheck serve`, makes all its calls at once, and waits for every answer.

Arguments: the calls as JSON ([[tool, arguments], …]), and then the words behind the program's own: serve, URL, port, and
what stands before it (argv of the program, after "--"). Exit 0: all answered, no answer is a protocol error; 1: not.
"""

from __future__ import annotations

import json
import subprocess
import sys


def main() -> int:
    calls = json.loads(sys.argv[1])
    url, port = sys.argv[3], sys.argv[4]
    program = subprocess.Popen(sys.argv[6:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert program.stdin and program.stdout

    def send(message: dict[str, object]) -> None:
        assert program.stdin
        program.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        program.stdin.flush()

    info = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "ask", "version": "1"}}
    send({"id": 0, "method": "initialize", "params": info})
    assert json.loads(program.stdout.readline())["id"] == 0
    send({"method": "notifications/initialized"})
    for number, (name, arguments) in enumerate(calls, 1):
        given = {k: url if v == "URL" else int(port) if v == "PORT" else v for k, v in arguments.items()}
        send({"id": number, "method": "tools/call", "params": {"name": name, "arguments": given}})
    missing = set(range(1, len(calls) + 1))
    bad = []
    while missing:
        line = program.stdout.readline()
        if not line:
            break
        message = json.loads(line)
        if message.get("id") in missing:
            missing.discard(message["id"])
            if "error" in message or "Traceback" in line.decode():
                bad.append(line.decode()[:500])
            if any(
                ord(c) < 32 and c != "\n"
                for block in message.get("result", {}).get("content", ())
                for c in block.get("text", "")
            ):
                bad.append("a control character in a text")
    program.stdin.close()
    program.wait(5)
    if missing or bad:
        sys.stderr.write(f"not answered: {sorted(missing)}; {bad}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
