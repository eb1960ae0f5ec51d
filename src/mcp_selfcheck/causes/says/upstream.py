"""How the services behind MCP servers speak through them."""

from __future__ import annotations

from . import says

SERVICE = (
    r"(?P<service>GitHub|GitLab|Slack|Notion|Jira|Confluence|Atlassian|Linear|Google|OpenAI|Anthropic|Stripe|Brave|Tavily|Exa|Perplexity|Firecrawl"
    r"|Postgres\w*|MySQL|MongoDB|Redis|Supabase|AWS|Azure|Salesforce|HubSpot|Figma|Airtable|Sentry|Datadog|Grafana|Elasticsearch|Snowflake|BigQuery"
    r"|Home Assistant|Todoist|Zendesk|Shopify|Asana|Trello|Discord|Telegram|Twitter|Reddit|Spotify|YouTube|Mapbox|Twilio|Cloudflare|Vercel|Heroku|Obsidian|upstream|backend)"
)

# A table: one signature a line, however long.
# fmt: off
SAYS = {
    "upstream-auth": (
        says(r"[Ii]ncorrect API key provided|[Ii]nvalid API [Kk]ey|API key (?:is )?(?:invalid|not valid|expired|wrong|incorrect|rejected|revoked)|invalid_api_key|API_KEY_INVALID|invalid x-api-key|Bad credentials|invalid_auth\b|authentication_error|Invalid access key|InvalidAccessKeyId|SignatureDoesNotMatch|SUBSCRIPTION_TOKEN_INVALID|The security token included in the request is (?:invalid|expired)|ExpiredToken(?:Exception)?|UnrecognizedClientException|apikey", 3.3),
        says(r"password authentication failed for user|Access denied for user|Authentication failed\.?(?:, | ?\()|WRONGPASS|NOAUTH Authentication required|Login failed for user|auth(?:entication)? failed[^\n]{0,40}(?:SCRAM|mongo|user)|ORA-01017|28P01|fe_sendauth|security_exception|invalid username or password|Logon failed|LogonDenied", 3.4),
        says(rf"{SERVICE}[^\n]{{0,60}}(?:401|[Uu]nauthorized|403|Forbidden|[Aa]uthentication (?:failed|error)|invalid (?:token|credentials|key))", 2.8, unless="cf-|challenge|Cloudflare|MCP server|mcp endpoint"),
        says(r"(?:401|[Uu]nauthorized)[^\n]{0,60}(?:api\.(?!anthropic)[\w.-]+|/rest/|/api/v\d|/graphql)", 2.9),
        says(r"(?:api\.(?!anthropic)[\w.-]+|/rest/|/api/v?\d?)[^\n]{0,80}(?:401|[Uu]nauthorized)", 2.9, unless="/mcp"),
        says(r"(?:[Ff]ailed to authenticate|[Aa]uthentication (?:failed|error))(?: with| to| against| for)?[^\n]{0,40}", 2.4, unless="OAuth|proxy|MCP server|docker"),
        says(r"Request failed with status code 401|AxiosError[^\n]{0,80}401|requests\.exceptions\.HTTPError: 401|HTTPError: 401", 2.8),
    ),
    "upstream-rate-limit": (
        says(r"-3200\d[^\n]{0,40}(?:[Tt]oo many requests|rate)", 3.2),
        says(rf"{SERVICE}[^\n]{{0,80}}(?:429|[Rr]ate[- ]?limit|[Tt]oo [Mm]any|quota)", 3.0),
        says(r"API rate limit exceeded|secondary rate limit|rate_limit_exceeded|rate_limit_error|RateLimitError|insufficient_quota|quotaExceeded|RESOURCE_EXHAUSTED|You exceeded your current quota|ratelimited|Rate limit reached for|Throttling(?:Exception)?|TooManyRequestsException|monthly (?:usage )?limit|credits? (?:exhausted|exceeded)|daily limit", 3.2),
        says(r"(?<![\w:./,-])429\b(?! ?(?:ms|s|sec|min|[KMG]i?B|B|%|bytes|tokens|items|tools|packages)\b)|Too [Mm]any [Rr]equests", 2.5),
        says(r"Request failed with status code 429", 2.9),
        says(r"[Rr]ate[- ]?limit", 2.3),
    ),
    "upstream-address": (
        says(r"(?:[Ii]nvalid|[Mm]alformed|[Bb]ad|[Cc]ould not parse|[Ff]ailed to parse|[Cc]annot parse|[Uu]nable to parse|[Mm]issing)[^\n]{0,30}(?:connection (?:string|URL|URI)|DSN|DATABASE_URL|database (?:URL|URI)|mongo\w* (?:URI|connection)|redis URL|postgres\w* URL|JDBC URL|sqlalchemy[^\n]{0,20}URL)", 3.5),
        says(r"Could not parse SQLAlchemy URL|invalid dsn|invalid connection option|missing \"=\" after|could not translate host name \"(?P<host>[^\"]+)\"|Invalid scheme, expected connection string to start with|MongoParseError|Username and password must be escaped|RFC 3986|URI malformed|Port could not be cast to integer value|Password contains unescaped|invalid userinfo", 3.5),
        says(r"invalid port \"[^\"]*\" after host", 3.5, needs="postgres|mysql|redis|mongo|amqp|mssql|clickhouse|database|DSN"),
        says(r"TypeError: Invalid URL[\s\S]{0,200}?(?:postgres|mysql|redis|mongodb|amqp|database)|(?:postgres(?:ql)?|mysql|redis|mongodb(?:\+srv)?|amqp|mssql)://[^\n]{0,160}(?:[Ii]nvalid|not (?:valid|found)|could not|cannot|ENOTFOUND|EAI_AGAIN|getaddrinfo|parse)", 3.4),
        says(r"(?:[Ii]nvalid|[Cc]annot|[Cc]ould not|ENOTFOUND|getaddrinfo)[^\n]{0,100}(?:postgres(?:ql)?|mysql|redis|mongodb(?:\+srv)?|amqp|mssql)://", 3.3),
        says(r"(?:percent|URL)[- ]?encod\w*|special characters? in (?:the )?(?:password|URL|connection)|must be (?:URL|percent)[- ]?encoded|unescaped", 1.9),
        says(r"database \"[^\"]+\" does not exist|ConfigurationError[^\n]{0,60}DNS|querySrv E\w+", 2.6),
        says(r"(?:host(?: ?name)?|server on|resolve|lookup|getaddrinfo \w+|connect to)[ :=]{0,3}['\"]?(?P<host>[^\s'\"@/]{1,60}@[\w.-]+)", 3.4),
        says(r"LocationParseError|[Ff]ailed to parse:? \w+://[^\s/@]*:[^\s@]*@", 3.2),
    ),
    "upstream-bad-request": (
        says(r"Request failed with status code (?P<status>400|404|405|409|410|415|422)", 3.0),
        says(rf"{SERVICE}[^\n]{{0,40}}(?:API|api|returned|responded|request|error)[^\n]{{0,40}}(?:400|404|405|409|410|415|422|Bad Request|Unsupported Media)", 3.0, unless="Streamable|/mcp|anthropic\\.com|tools\\."),
        says(r"requests\.exceptions\.HTTPError: (?P<status>4(?:00|04|05|09|10|15|22)) Client Error|HTTPError: (?:400|404|410|415|422) ", 3.0),
        says(r"(?:4(?:00|04|05|10|15|22)|Bad Request|Unsupported Media Type|Unprocessable)[^\n]{0,80}(?:https://(?!api\.anthropic|api\.openai)[\w.-]+/(?:api|rest|v\d|graphql)|api\.(?!anthropic|openai)[\w.-]+)", 2.9, unless="/mcp"),
        says(r"(?:upstream|backend|remote|external|third-party|wrapped) (?:API|service|server)[^\n]{0,60}(?:400|415|422|rejected|bad request|invalid|unsupported)", 2.9),
        says(r"API (?:endpoint )?(?:has been|is|was) (?:deprecated|removed|retired|shut ?down)|(?:deprecated|removed|retired) (?:API|endpoint)|API version[^\n]{0,40}(?:not supported|no longer|unsupported|sunset)|method_deprecated|410 Gone", 2.9),
        says(r"validation_error[^\n]{0,60}body|AxiosError|status(?:Code)?:? ?(?:400|415|422)[^\n]{0,60}(?:api|API)", 2.2, unless="tools\\.|input_schema|MCP"),
        says(r"GraphQL (?:error|validation)|relation \"[^\"]+\" does not exist|syntax error at or near|column \"[^\"]+\" does not exist|no such (?:table|column)", 1.9),
        says(r"\bAPI (?:request|call|error|response)[^\n]{0,30}(?:failed|error|returned|:)[^\n]{0,20}\b4(?:00|04|05|09|10|15|22)\b", 3.3, unless="tools\\.|input_schema|anthropic|Anthropic|^API Error"),
        says(r"\b(?:400|422)\b[^\n]{0,30}\b(?:from|by|of)\b[^\n]{0,30}\bAPI\b", 3.1, unless="anthropic|Anthropic|openai|tools\\."),
    ),
}
