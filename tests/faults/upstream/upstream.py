"""Servers that call a service behind them at start and give up: real requests to a real service on loopback."""

from __future__ import annotations

import sys
from typing import Any

from tests.faults.healthy.stdio import raw
from tests.lab import ROOT, Lab, fault, healthy
from tests.packages import JS_SERVER, PY_SERVER

_CALL = "import os, urllib.request\nurllib.request.urlopen(urllib.request.Request('{url}/v1/me', headers={{'x-api-key': os.environ['ACME_KEY']}}))\n"


def _service(lab: Lab, status: int) -> str:
    port = lab.free_port()
    lab.start(sys.executable, str(ROOT / "tests" / "registry.py"), str(port), str(lab.tmp), str(status), port=port)
    return f"http://127.0.0.1:{port}"


@fault("upstream-auth", layer="launch")
def key_refused(lab: Lab) -> dict[str, Any]:
    lab.must_show("401")
    script = lab.write("server.py", _CALL.format(url=_service(lab, 401)) + PY_SERVER + "main()\n")
    return lab.stdio(lab.python, script, env={"ACME_KEY": "sk-live-51-not-the-right-one"})


@fault("upstream-auth", layer="launch", needs=("node",))
def key_refused_by_a_message(lab: Lab) -> dict[str, Any]:
    url = _service(lab, 401)
    code = (
        f"const r = await fetch('{url}/me')\nif (!r.ok) {{ console.error(`Acme API: Request failed with status code ${{r.status}}"
        "`); process.exit(1) }\n"
    )
    lab.must_show("401")
    return lab.stdio(lab.node, lab.write("server.mjs", code + JS_SERVER.split("\n", 1)[1]))


@fault("upstream-rate-limit", layer="launch")
def too_many_requests(lab: Lab) -> dict[str, Any]:
    lab.must_show("429")
    script = lab.write("server.py", _CALL.format(url=_service(lab, 429)) + PY_SERVER + "main()\n")
    return lab.stdio(lab.python, script, env={"ACME_KEY": "sk-live-51"})


@fault("upstream-bad-request", layer="launch")
def media_type_refused(lab: Lab) -> dict[str, Any]:
    lab.must_show("415")
    script = lab.write("server.py", _CALL.format(url=_service(lab, 415)) + PY_SERVER + "main()\n")
    return lab.stdio(lab.python, script, env={"ACME_KEY": "sk-live-51"})


@fault("upstream-address", layer="launch", needs=("node",))
def number_sign_in_the_password(lab: Lab) -> dict[str, Any]:
    code = "const u = new URL(process.env.DATABASE_URL)\nconsole.error(u.host)\n" + JS_SERVER.split("\n", 1)[1]
    lab.must_show("DATABASE_URL", "%23")
    return lab.stdio(
        lab.node, lab.write("server.mjs", code), env={"DATABASE_URL": "postgres://app:blue#fish@db.example:5432/a"}
    )


@fault("upstream-address", layer="launch")
def slash_in_the_password(lab: Lab) -> dict[str, Any]:
    code = (
        "import os, urllib.parse\nprint(urllib.parse.urlsplit(os.environ['REDIS_URL']).port)\n" + PY_SERVER + "main()\n"
    )
    lab.must_show("REDIS_URL", "%2F")
    return lab.stdio(
        lab.python, lab.write("server.py", code), env={"REDIS_URL": "redis://app:blue/fish@cache.example:6379/0"}
    )


@healthy()
def refused_upstream_and_goes_on(lab: Lab) -> dict[str, Any]:
    noise = "import sys\nprint('ERROR upstream: 401 Unauthorized from api.acme.example, continuing without', file=sys.stderr)\n"
    noise += "print('429 Too Many Requests; will retry later', file=sys.stderr)\n"
    return lab.stdio(lab.python, lab.write("server.py", noise + PY_SERVER + "main()\n"))


@fault("upstream-auth", layer="tools")
def list_of_tools_needs_the_service(lab: Lab) -> dict[str, Any]:
    lab.must_show("401", "invalid API key")
    return raw(
        lab,
        loop="""
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "tools/list":
        send({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32603, "message": "Request failed with status code 401: invalid API key"}})
    else: handle(m)
""",
    )
