"""A note server that greets on stdout, where only protocol messages may stand."""

from mcp.server import MCPServer

print("Note server 1.0 is ready, have fun!", flush=True)

app = MCPServer("notes")


@app.tool()
def add_note(text: str) -> str:
    """Keeps a note."""
    return f"kept: {text}"


if __name__ == "__main__":
    app.run()
