"""Whether an entry works in another client: the same real server under the rules of each, in one home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults.launch import PY, SERVE
from tests.lab import CLIENT_FILES, Lab, Outcome, World, diagnose


def compared(lab: Lab, owner: str, other: str, text: str, **more: Any) -> tuple[Outcome, Mapping[str, str]]:
    """The entry stands in the owner's file, the other client has an empty file of its own."""
    where = {
        **CLIENT_FILES,
        "codex": (".codex/config.toml", "mcp_servers"),
        "junie": (".junie/mcp/mcp.json", "mcpServers"),
    }
    place = lab.home / where[other][0]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("" if other == "codex" else json.dumps({where[other][1]: {}}))
    config = Path(lab.write(f"home/{where[owner][0]}", text))
    outcome = diagnose(lab, World(config=config, client=owner, **more), 25)
    found = {c["client"]: c for c in outcome.server["clients"]}
    assert other in found, outcome.server["clients"]
    assert owner not in found
    assert outcome.seconds < 27
    return outcome, found[other]


def entry(owner: str, **keys: Any) -> str:
    return json.dumps({CLIENT_FILES[owner][1]: {"sick": keys}}, indent=1)


@pytest.fixture
def lab(tmp_path: Path):
    made = Lab(tmp_path)
    yield made
    made.close()


def test_a_variable_that_only_a_full_environment_passes_on(lab: Lab) -> None:
    script = lab.write("s.py", PY + "import os\nos.environ['ACME_KEY']\nserve()\n")
    text = entry("claude-code", type="stdio", command=lab.python, args=[script])
    outcome, other = compared(lab, "claude-code", "claude-desktop", text, env={"ACME_KEY": "k-1"})
    assert outcome.server["verdict"] == "healthy" and outcome.exit_code == 0
    assert other["works"] == "no" and "ACME_KEY" in other["because"]
    assert "k-1" not in outcome.stdout


def test_and_the_other_way_round(lab: Lab) -> None:
    script = lab.write("s.py", PY + "import os\nos.environ['ACME_KEY']\nserve()\n")
    text = entry("claude-desktop", command=lab.python, args=[script])
    outcome, other = compared(lab, "claude-desktop", "claude-code", text, env={"ACME_KEY": "k-1"})
    assert outcome.server["findings"][0]["code"] == "launch-env-not-inherited"
    assert other["works"] == "yes" and "environment" in other["because"]


def test_a_path_that_only_a_shell_has(lab: Lab) -> None:
    lab.write("home/.nvm/bin/labnode", f"#!{lab.python}\n" + SERVE, 0o755)
    lab.write("home/.bashrc", 'export PATH="$HOME/.nvm/bin:$PATH"\n')
    env = {"PATH": f"{lab.home}/.nvm/bin:/usr/local/bin:/usr/bin:/bin", "SHELL": "/bin/bash"}
    outcome, other = compared(
        lab, "claude-code", "claude-desktop", entry("claude-code", type="stdio", command="labnode"), env=env
    )
    assert outcome.server["verdict"] == "healthy"
    assert other["works"] == "no" and "labnode" in other["because"] and ".nvm/bin" in other["because"]


def test_a_trailing_comma_that_only_some_forgive(lab: Lab) -> None:
    text = '{\n "servers": {\n  "sick": {"type": "stdio", "command": "%s", "args": ["%s"]},\n }\n}\n'
    text = text % (lab.python, lab.write("s.py", SERVE))
    outcome, other = compared(lab, "vscode", "cursor", text)
    assert outcome.server["verdict"] == "healthy"
    assert other["works"] == "no" and "line 3" in other["because"]


def test_a_version_that_only_some_speak(lab: Lab) -> None:
    modern = """
import sys, json
for line in sys.stdin:
    m = json.loads(line)
    if "id" not in m: continue
    if m["method"] == "server/discover":
        r = {"result": {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "ttlMs": 0, "cacheScope": "private"}}
    elif m["method"] == "tools/list":
        r = {"result": {"resultType": "complete", "tools": [{"name": "echo", "description": "Says it again.", "inputSchema": {"type": "object"}}], "ttlMs": 0, "cacheScope": "private"}}
    else:
        r = {"error": {"code": -32601, "message": "Method not found"}}
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], **r}), flush=True)
"""
    text = entry("claude-code", type="stdio", command=lab.python, args=[lab.write("s.py", modern)])
    outcome, other = compared(lab, "claude-code", "cursor", text)
    assert outcome.server["verdict"] == "healthy", outcome.server["findings"]
    assert other["works"] == "no" and "initialize" in other["because"]


def test_a_start_slower_than_the_limit(lab: Lab) -> None:
    script = lab.write("s.py", PY + "import time\ntime.sleep(3)\nserve()\n")
    text = f'[mcp_servers.sick]\ncommand = "{lab.python}"\nargs = ["{script}"]\nstartup_timeout_sec = 2\n'
    outcome, other = compared(lab, "codex", "cursor", text)
    assert outcome.server["findings"][0]["code"] == "launch-slow-start"
    assert other["works"] == "yes"


def test_a_variable_where_nobody_knows_what_is_passed_on(lab: Lab) -> None:
    """It works with the whole environment and not with six variables: neither yes nor no is known."""
    script = lab.write("s.py", PY + "import os\nos.environ['ACME_KEY']\nserve()\n")
    text = entry("claude-code", type="stdio", command=lab.python, args=[script])
    _, other = compared(lab, "claude-code", "cursor", text, env={"ACME_KEY": "k-1"})
    assert other["works"] == "unknown" and "ACME_KEY" in other["because"] and "not documented" in other["because"]


def test_a_banner_that_only_some_tolerate(lab: Lab) -> None:
    script = lab.write("s.py", PY + "print('Acme server, starting', flush=True)\nserve()\n")
    (lab.home / ".lmstudio").mkdir()
    (lab.home / ".lmstudio/mcp.json").write_text("{}")
    text = entry("claude-code", type="stdio", command=lab.python, args=[script])
    outcome, other = compared(lab, "claude-code", "claude-desktop", text)
    assert outcome.server["verdict"] == "warning" and outcome.exit_code == 0
    assert other["works"] == "no" and "Acme server" in other["because"]
    unknown = next(c for c in outcome.server["clients"] if c["client"] == "lm-studio")
    assert unknown["works"] == "unknown" and "not known" in unknown["because"]


def test_a_client_that_takes_one_version_only(lab: Lab) -> None:
    script = lab.write("s.py", PY.replace('m["params"]["protocolVersion"]', '"2025-06-18"') + "serve()\n")
    text = entry("claude-code", type="stdio", command=lab.python, args=[script])
    outcome, other = compared(lab, "claude-code", "junie", text)
    assert outcome.server["verdict"] == "healthy", outcome.server["findings"]
    assert other["works"] == "no" and "2025-06-18" in other["because"]


def test_a_limit_of_tools(lab: Lab) -> None:
    tool = '{"name": "echo", "description": "Says it again.", "inputSchema": {"type": "object"}}'
    many = PY.replace(f"[{tool}]", f'[{tool} | {{"name": f"echo{{i}}"}} for i in range(120)]')
    assert many != PY
    text = entry("claude-code", type="stdio", command=lab.python, args=[lab.write("s.py", many + "serve()\n")])
    _, other = compared(lab, "claude-code", "windsurf", text)
    assert other["works"] == "no" and "100" in other["because"]


def test_a_named_client_that_is_not_on_this_machine(lab: Lab) -> None:
    script = lab.write("s.py", PY + "import os\nos.environ['ACME_KEY']\nserve()\n")
    world = World(config=Path(lab.write("home/.claude.json", entry("claude-code", type="stdio", command=lab.python, args=[script]))),
                  client="claude-code", env={"ACME_KEY": "k"}, args=("--client", "codex"))  # fmt: skip
    found = diagnose(lab, world, 20).server["clients"]
    assert [(c["client"], c["works"]) for c in found] == [("codex", "no")]
    assert "ACME_KEY" in found[0]["because"]


def test_no_other_client_costs_nothing(lab: Lab) -> None:
    count = lab.tmp / "count"
    script = lab.write("s.py", PY + f"open({str(count)!r}, 'a').write('x')\nserve()\n")
    outcome = diagnose(lab, World(entry={"command": lab.python, "args": [script]}, client="cursor"), 20)
    assert outcome.server["clients"] == [] and count.read_text() == "x"


def test_it_ends_within_the_deadline(lab: Lab) -> None:
    """The other client's walk would need longer than what is left."""
    script = lab.write(
        "s.py", PY + "import os, time\ntime.sleep(60 if 'ACME_MARK' not in os.environ else 0)\nserve()\n"
    )
    for client in ("claude-desktop", "zed", "gemini-cli"):
        lab.write(f"home/{CLIENT_FILES[client][0]}", "{}")
    text = entry("claude-code", type="stdio", command=lab.python, args=[script])
    config = Path(lab.write("home/.claude.json", text))
    outcome = diagnose(lab, World(config=config, client="claude-code", env={"ACME_MARK": "1"}), 8)
    assert outcome.server["verdict"] == "healthy"
    assert outcome.seconds < 10
    assert {c["client"]: c["works"] for c in outcome.server["clients"]}["claude-desktop"] != "yes"
