"""The report as a page: the MCP App that the server hands out, run in a DOM with a host around it, and the file of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import TextResourceContents

from mcp_selfcheck.model import Evidence, Finding, Fix, Report, Source, Step
from mcp_selfcheck.render import html, jsonform
from mcp_selfcheck.server import build
from tests.lab import NODE_MODULES, has_node

EVIL = '</script><img src=x onerror="window.bad=1"><b>bold</b> \u2028 javascript:alert(1)'
REPORT = Report(
    name=EVIL, client="cursor", source=Source(file="/tmp/mcp.json", line=3), transport="stdio", verdict="broken",
    broken_at="launch",
    findings=(
        Finding(
            code="launch-env-missing", layer="launch", severity="error", confidence="proven", title="A variable is not set",
            proof=EVIL, means="It ends.", who="you", fix=Fix(text="Set it.", commands=("export A=<b>1</b>",)),
        ),
    ),
    steps=(Step(layer="config", state="passed", saw="ok"), Step(layer="launch", state="broken", saw=EVIL)),
    evidence=(Evidence(key="launch.run.stderr", value=EVIL, layer="launch"),),
)  # fmt: skip

# A host as the specification has it: initialize is answered, then the tool's result comes. Prints what the page did.
HOST = """
const { JSDOM } = require(process.argv[1]);
const [page, result] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const got = [];
const outer = new JSDOM('<iframe id="f"></iframe>', { runScripts: "dangerously" });
const dom = new JSDOM(page, { runScripts: "dangerously", pretendToBeVisual: true, beforeParse(window) {
  if (result === null) return;
  const parent = { postMessage(m) {
    got.push(m.method || "answer");
    const tell = (data) => setTimeout(() => window.dispatchEvent(new window.MessageEvent("message", { data, source: parent })), 1);
    if (m.method === "ui/initialize") tell({ jsonrpc: "2.0", id: m.id, result: { protocolVersion: "2026-01-26",
      hostContext: { theme: "dark", styles: { variables: { "--color-text-primary": "#abcdef", "x;y": "red" } } } } });
    if (m.method === "ui/notifications/initialized") {
      tell({ jsonrpc: "2.0", method: "ui/notifications/tool-input", params: { arguments: {} } });
      tell({ jsonrpc: "2.0", method: "ui/notifications/tool-result", params: result });
      tell({ jsonrpc: "2.0", id: 7, method: "ui/resource-teardown", params: {} });
    }
  } };
  Object.defineProperty(window, "parent", { value: parent });
} });
setTimeout(() => {
  const d = dom.window.document;
  console.log(JSON.stringify({ got, bad: dom.window.bad === 1, text: d.getElementById("report").textContent,
    images: d.querySelectorAll("#report img, #report script, #report a, #report b").length,
    broken: [...d.querySelectorAll("li.broken")].map((x) => x.textContent), rows: d.querySelectorAll("dt").length,
    ink: d.documentElement.style.getPropertyValue("--color-text-primary") }));
  process.exit(0);
}, 300);
"""


def run(page: str, result: Any) -> dict[str, Any]:
    done = subprocess.run(
        ["node", "-e", HOST, str(NODE_MODULES / "jsdom")], input=json.dumps([page, result]), capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


needs_dom = pytest.mark.skipif(
    not (has_node() and (NODE_MODULES / "jsdom").exists()), reason="Node.js and jsdom are not here"
)


async def _served(mode: str) -> tuple[dict[str, Any], TextResourceContents]:
    async with Client(build(), mode=mode) as client:
        tools = {t.name: t for t in (await client.list_tools()).tools}
        meta = tools["diagnose"].meta
        assert meta is not None
        assert "ui:" not in str([r.uri for r in (await client.list_resources()).resources]), "found through the tool"
        page = (await client.read_resource(meta["ui"]["resourceUri"])).contents[0]
        assert isinstance(page, TextResourceContents)
        return meta, page


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_server_hands_out_the_page(mode: str) -> None:
    import anyio

    meta, page = anyio.run(_served, mode)
    assert meta["ui"]["resourceUri"].startswith("ui://")
    assert page.mime_type == "text/html;profile=mcp-app"
    assert "default-src 'none'" in page.text
    assert "http" not in page.text.replace("http-equiv", ""), "the page loads nothing from anywhere"


@needs_dom
def test_the_page_shows_a_result_and_runs_nothing_of_it() -> None:
    result = {"content": [{"type": "text", "text": "x"}], "structuredContent": jsonform.document([REPORT])}
    seen = run(html.app(), result)
    assert seen["got"][0] == "ui/initialize"
    assert "ui/notifications/initialized" in seen["got"]
    assert "answer" in seen["got"], "teardown is answered"
    assert not [m for m in seen["got"] if m.startswith(("tools/", "ui/open-link", "ui/message", "ui/update"))]
    assert seen["bad"] is False
    assert seen["images"] == 0
    assert EVIL in seen["text"]
    assert seen["broken"] == ["✗ launch"]
    assert seen["ink"] == "#abcdef"


@needs_dom
def test_the_page_of_its_own_shows_the_same() -> None:
    page = html.document([REPORT])
    assert page.count("</script>") == html.app().count("</script>")
    seen = run(page, None)
    assert seen["bad"] is False
    assert seen["images"] == 0
    assert EVIL in seen["text"]
    assert "launch-env-missing" in seen["text"]
    assert "yours" in seen["text"]


def test_the_page_is_in_the_package() -> None:
    assert (Path(html.__file__).parent / "report.html").is_file()
