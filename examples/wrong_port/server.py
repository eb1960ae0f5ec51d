"""A calendar server over HTTP on port 8123, while the entry in mcp.json says 8124. Start it: python server.py"""

from mcp.server import MCPServer

app = MCPServer("calendar")


@app.tool()
def next_meeting() -> str:
    """When the next meeting is."""
    return "never"


if __name__ == "__main__":
    app.run("streamable-http", host="127.0.0.1", port=8123)
