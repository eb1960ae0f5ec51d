"""Clients whose own settings keep a healthy server out."""

from __future__ import annotations

import json

from tests.lab import Lab, World, fault, healthy
from tests.packages import PY_SERVER


def _server(lab: Lab) -> dict[str, object]:
    return lab.stdio(lab.python, lab.write("server.py", PY_SERVER + "main()\n"))


def _settings(lab: Lab, **settings: object) -> str:
    return lab.write("home/.claude/settings.json", json.dumps(settings))


@fault("client-policy", layer="config")
def denied_by_name(lab: Lab) -> World:
    lab.must_show("deniedMcpServers", _settings(lab, deniedMcpServers=[{"serverName": "sick"}]))
    return World(entry=_server(lab), client="claude-code")


@fault("client-policy", layer="config")
def denied_by_command(lab: Lab) -> World:
    entry = _server(lab)
    line = [entry["command"], *entry["args"]]  # type: ignore[misc]
    lab.must_show("deniedMcpServers", _settings(lab, deniedMcpServers=[{"serverCommand": line}]))
    return World(entry=entry, client="claude-code")


@fault("client-policy", layer="config")
def switched_off_for_all(lab: Lab) -> World:
    path = lab.write(
        "home/.config/Code/User/settings.json", '{\n  // set by the administrator\n  "chat.mcp.access": "none",\n}\n'
    )
    lab.must_show("chat.mcp.access", path)
    return World(entry=_server(lab), client="vscode")


@healthy()
def another_server_is_denied(lab: Lab) -> World:
    _settings(lab, deniedMcpServers=[{"serverName": "other"}, {"serverCommand": ["npx", "-y", "other"]}])
    return World(entry=_server(lab), client="claude-code")
