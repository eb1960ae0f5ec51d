"""The exporter as a scraper meets it: a process of its own, configured servers only, local and bearing a token elsewhere."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.lab import PROGRAM, ROOT, Lab, base_env

HELLO = str(ROOT / "src" / "mcp_selfcheck" / "demo_servers" / "hello.py")
Samples = dict[str, list[tuple[dict[str, str], float]]]


@contextlib.contextmanager
def exporting(lab: Lab, *args: str) -> Iterator[int]:
    """The exporter, listening on a port of its own choice."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        dead = s.getsockname()[1]
    config = lab.write(
        "mcp.json",
        json.dumps(
            {
                "mcpServers": {
                    "hello": {"command": sys.executable, "args": [HELLO]},
                    "gone": {"type": "http", "url": f"http://127.0.0.1:{dead}/mcp?key=canary-s3cret-77"},
                }
            }
        ),
    )
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "export", "--config", config, "--listen", "127.0.0.1:0", *args],
        env=base_env(lab), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        yield int(line.split("/probe")[0].rsplit(":", 1)[1])
    finally:
        process.terminate()
        process.wait(10)


def get(port: int, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def samples(body: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(body):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_scrapes(tmp_path: Path) -> None:
    with contextlib.closing(Lab(tmp_path)) as lab, exporting(lab) as port:
        status, body = get(port, "/probe?target=hello", **{"X-Prometheus-Scrape-Timeout-Seconds": "20"})
        assert status == 200
        assert samples(body)["mcp_selfcheck_probe_success"][0][1] == 1
        status, body = get(port, "/probe?target=gone")
        found = samples(body)
        assert found["mcp_selfcheck_probe_success"][0][1] == 0
        assert found["mcp_selfcheck_finding"][0][0]["code"] == "tcp-nothing-listening"
        assert ("broken", 1.0) in [(labels["verdict"], v) for labels, v in found["mcp_selfcheck_verdict"]]
        assert ("tcp", 1.0) in [(x["layer"], v) for x, v in found["mcp_selfcheck_step"] if x["state"] == "broken"]
        assert "canary-s3cret" not in body
        # A target is a configured name: neither an address nor a command gets anywhere.
        for bad in ("/probe?target=http://127.0.0.1:1/", "/probe?target=/bin/sh", "/probe?target=x%0a"):
            assert get(port, bad)[0] == 404
        assert get(port, "/probe")[0] == 400
        assert get(port, "/probe?target=hello&target=gone")[0] == 400
        # Pages in a browser, also ones that had their name rebound to this machine.
        assert get(port, "/probe?target=hello", Host="evil.example")[0] == 403
        assert get(port, "/probe?target=hello", Origin="http://evil.example")[0] == 403


def test_a_token_is_wanted_when_there_is_one(tmp_path: Path) -> None:
    with contextlib.closing(Lab(tmp_path)) as lab:
        token = lab.write("token", "open-sesame\n")
        with exporting(lab, "--token-file", token) as port:
            assert get(port, "/probe?target=hello")[0] == 401
            assert get(port, "/probe?target=hello", Authorization="Bearer wrong")[0] == 401
            assert get(port, "/probe?target=hello", Authorization="Bearer open-sesame")[0] == 200


@pytest.mark.parametrize(
    ("listen", "says"), [("0.0.0.0:0", "--token-file"), ("nonsense", "HOST:PORT"), ("127.0.0.1:99999", "HOST:PORT")]
)
def test_what_is_refused_at_the_start(tmp_path: Path, listen: str, says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "export", "--listen", listen], env=base_env(Lab(tmp_path)),
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert says in done.stderr
