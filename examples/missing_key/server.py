"""A weather server that needs an API key, which the entry in mcp.json does not give it."""

import os

from mcp.server import MCPServer

API_KEY = os.environ["WEATHER_API_KEY"]

app = MCPServer("weather")


@app.tool()
def forecast(city: str) -> str:
    """The weather of tomorrow."""
    return f"sunny in {city} ({len(API_KEY)} characters of key)"


if __name__ == "__main__":
    app.run()
