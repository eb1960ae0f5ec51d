"""Other text on stdout, from real programs."""

from tests.faults.healthy.stdio import LOOP, RAW, hello, raw, ts1
from tests.lab import Lab, fault

POLLUTION = "stdio-stdout-pollution"


@fault(POLLUTION)
def python_banner(lab: Lab):
    lab.must_show("Weather MCP server v1.4 ready")
    return raw(lab, "print('Weather MCP server v1.4 ready', flush=True)\n")


@fault(POLLUTION, needs=["node"])
def node_console_log(lab: Lab):
    lab.must_show("Server running on stdio")
    return ts1(lab, "console.log('Server running on stdio');")


@fault(POLLUTION, needs=["mcp1"])
def python_logging_on_stdout(lab: Lab):
    lab.must_show("INFO")
    more = "import logging, sys\nlogging.basicConfig(stream=sys.stdout, level='INFO', force=True)\nlogging.info('cache warmed')"
    return hello(lab, lab.mcp1, "mcp.server.fastmcp", "FastMCP", more)


@fault(POLLUTION, needs=["mcp2"])
def sdk2_unbuffered(lab: Lab):
    """The same print that waits in a buffer otherwise (healthy: prints_without_flush)."""
    lab.must_show("loaded")
    entry = hello(lab, lab.mcp2, "mcp.server", "MCPServer", "print('loaded')")
    return {**entry, "env": {"PYTHONUNBUFFERED": "1"}}


@fault(POLLUTION, needs=["node"])
def json_log_records(lab: Lab):
    lab.must_show('"level":30')
    return ts1(lab, """console.log(JSON.stringify({level: 30, time: 1, msg: 'listening'}));""")


@fault(POLLUTION)
def log_line_on_each_request(lab: Lab):
    """The opening is clean; the noise comes between the answers."""
    lab.must_show("handling ")
    return raw(
        lab,
        """
old = handle
def handle(m):
    if m["method"] != "initialize": print("handling", m["method"], flush=True)
    old(m)
""",
    )


@fault(POLLUTION)
def shell_wrapper_echoes(lab: Lab):
    lab.must_show("Activating environment")
    script = lab.write("server.py", RAW + LOOP)
    return lab.stdio("bash", lab.write("start.sh", f"echo 'Activating environment'\nexec {lab.python} {script}\n"))


@fault(POLLUTION)
def no_line_end_before_the_answer(lab: Lab):
    lab.must_show("Loading model...")
    return raw(lab, "sys.stdout.write('Loading model...'); sys.stdout.flush()\n")


@fault(POLLUTION)
def banner_in_box_drawing(lab: Lab):
    lab.must_show("My Server")
    return raw(
        lab,
        """
sys.stdout.reconfigure(encoding="utf-8")
print("\\x1b[36m╭──────────────╮\\n│  My Server   │\\n╰──────────────╯\\x1b[0m", flush=True)
""",
    )


@fault(POLLUTION)
def endless_stdout(lab: Lab):
    return raw(lab, "while True: print('tick tock ' * 20)\n")


@fault(POLLUTION)
def php_style_warning(lab: Lab):
    lab.must_show("on line 12")
    text = "Deprecated: Function strftime() is deprecated in /srv/app/server.php on line 12"
    return raw(lab, f"print({text!r}, flush=True)\n")


def with_dotenv(lab: Lab, options: str = "") -> str:
    lab.write(".env", "API_KEY=abc\nB=c\n")
    package = lab.npm("dotenv", "lib/main.js")
    return f"import dotenv from '{package}'; dotenv.config({{ path: '{lab.tmp / '.env'}'{options} }});"


@fault("stdio-dotenv-banner", needs=["node"])
def dotenv_17(lab: Lab):
    lab.must_show("DOTENV_CONFIG_QUIET")
    return ts1(lab, with_dotenv(lab))


@fault("stdio-dotenv-banner", needs=["node"])
def dotenv_17_in_common_js(lab: Lab):
    lab.must_show("DOTENV_CONFIG_QUIET")
    env, package = lab.write(".env", "A=1\n"), lab.npm("dotenv", "lib/main.js")
    script = f"""
require('{package}').config({{ path: '{env}' }});
const send = m => process.stdout.write(JSON.stringify({{ jsonrpc: '2.0', ...m }}) + '\\n');
require('readline').createInterface({{ input: process.stdin }}).on('line', line => {{
  const m = JSON.parse(line);
  if (m.method === 'initialize') send({{ id: m.id, result: {{ protocolVersion: '2025-06-18', capabilities: {{ tools: {{}} }},
    serverInfo: {{ name: 'x', version: '1' }} }} }});
  else if (m.method === 'tools/list') send({{ id: m.id, result: {{ tools: [{{ name: 'a', inputSchema: {{ type: 'object' }} }}] }} }});
  else if ('id' in m) send({{ id: m.id, error: {{ code: -32601, message: 'no' }} }});
}});
"""
    return lab.stdio(lab.node, lab.write("server.cjs", script))
