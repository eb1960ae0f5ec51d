"""Names of packages that many people start as MCP servers, so that a misspelt name can be told from a private one."""

from __future__ import annotations

import difflib
import re

_MCP = "@modelcontextprotocol/server-"
NPM: tuple[str, ...] = (
    *(_MCP + n for n in ("filesystem", "everything", "memory", "sequential-thinking", "github", "gitlab", "postgres",
                         "puppeteer", "slack", "brave-search", "google-maps", "gdrive", "redis", "everart", "map")),
    "@modelcontextprotocol/inspector", "@playwright/mcp", "@upstash/context7-mcp", "mcp-remote", "supergateway",
    "firecrawl-mcp", "tavily-mcp", "exa-mcp-server", "@notionhq/notion-mcp-server", "@supabase/mcp-server-supabase",
    "@sentry/mcp-server", "@stripe/mcp", "@cloudflare/mcp-server-cloudflare", "@browserbasehq/mcp",
    "@wonderwhy-er/desktop-commander", "chrome-devtools-mcp", "figma-developer-mcp", "@heroku/mcp-server", "@azure/mcp",
    "@azure-devops/mcp", "@antv/mcp-server-chart", "@21st-dev/magic", "n8n-mcp", "@elastic/mcp-server-elasticsearch",
    "mongodb-mcp-server", "@benborla29/mcp-server-mysql", "@hubspot/mcp-server", "airtable-mcp-server",
    "@apify/actors-mcp-server", "@brightdata/mcp", "@executeautomation/playwright-mcp-server",
    "@agentdeskai/browser-tools-mcp", "mcp-server-kubernetes", "@perplexity-ai/mcp-server", "@angular/cli",
    "@shopify/dev-mcp", "@mapbox/mcp-server", "kubernetes-mcp-server", "task-master-ai",
    "@netlify/mcp", "@railway/mcp-server", "@sap/mdk-mcp-server", "@salesforce/mcp", "@softeria/ms-365-mcp-server",
    "@taazkareem/clickup-mcp-server", "obsidian-mcp", "@modelcontextprotocol/server-pdf",
)  # fmt: skip
PYPI: tuple[str, ...] = (
    "mcp-server-time", "mcp-server-fetch", "mcp-server-git", "mcp-server-sqlite", "mcp-server-sentry", "mcp-proxy",
    "mcp-atlassian", "serena-agent", "blender-mcp", "markitdown-mcp", "duckduckgo-mcp-server", "arxiv-mcp-server",
    "basic-memory", "fastmcp", "mcp-server-qdrant", "mcp-server-docker", "elevenlabs-mcp", "minimax-mcp", "windows-mcp",
    "excel-mcp-server", "mcp-obsidian", "mcp-neo4j-cypher", "mcp-neo4j-memory", "postgres-mcp", "mcp-clickhouse",
    "mcp-server-motherduck", "mcp-alchemy", "zotero-mcp-server", "paper-search-mcp", "workspace-mcp", "mcp-selfcheck",
    "awslabs.core-mcp-server", "awslabs.aws-documentation-mcp-server", "awslabs.aws-api-mcp-server", "mcpo",
    "office-word-mcp-server", "analytics-mcp", "mcp-server-bigquery", "snowflake-labs-mcp", "databricks-mcp",
)  # fmt: skip


def normal(name: str) -> str:
    """A Python distribution name in its normal form (PyPA, name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _core(name: str) -> str:
    """The name without scope and without the words that nearly all of them have."""
    tail = name.rsplit("/", 1)[-1].lower()
    return re.sub(r"[-_.]+", "-", tail).replace("mcp", "").replace("server", "").strip("-").replace("--", "-")


def is_known(name: str, kind: str) -> bool:
    """Whether exactly this name is a well-known public package of that kind (npm or pypi)."""
    return name in NPM if kind == "npm" else normal(name) in {normal(n) for n in PYPI}


def meant(name: str, kind: str) -> dict[str, str]:
    """The answers to two questions about a name: is it a well-known package, and which one has nearly that name."""
    known = is_known(name, kind)
    near = "" if known else nearest(name, kind)
    return {"known package": "yes" if known else "no"} | ({"near name": near} if near and near != name else {})


def nearest(name: str, kind: str) -> str:
    """The well-known name of that kind most like a misspelt one, or ""."""
    names = NPM if kind == "npm" else PYPI
    close = difflib.get_close_matches(name.lower(), names, 1, 0.82)
    if close:
        return close[0]
    core = _core(name)
    same = [n for n in names if len(core) > 2 and _core(n) == core]
    if same:
        return same[0]
    cores = {_core(n): n for n in reversed(names)}
    near = difflib.get_close_matches(core, [c for c in cores if len(c) > 4], 1, 0.86) if len(core) > 4 else []
    return cores[near[0]] if near else ""
