"""A variable is missing: in many programs' words; and texts about variables that are no fault."""

from __future__ import annotations

from tests.lab import Lab, World, fault, healthy

from . import NODE_SERVE, PY, SERVE


@fault("launch-env-missing")
def python_key_error(lab: Lab):
    lab.must_show("WEATHER_API_KEY")
    return lab.stdio(lab.python, lab.write("s.py", "import os\nkey = os.environ['WEATHER_API_KEY']\n" + SERVE))


@fault("launch-env-missing")
def python_in_prose(lab: Lab):
    body = "import os, sys\nif not os.getenv('BRAVE_API_KEY'):\n    sys.exit('Error: BRAVE_API_KEY environment variable is required')\n"
    lab.must_show("BRAVE_API_KEY")
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@fault("launch-env-missing")
def python_raises(lab: Lab):
    body = "import os\nif 'DB_URL' not in os.environ:\n    raise ValueError('Please set the DB_URL environment variable')\n"
    lab.must_show("DB_URL")
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@fault("launch-env-missing", needs=("mcp2",))
def pydantic_settings(lab: Lab):
    body = (
        "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    notion_token: str\nSettings()\n"
    )
    lab.must_show("NOTION_TOKEN")
    return lab.stdio(lab.mcp1, lab.write("s.py", body + SERVE))


@fault("launch-env-missing", needs=("node",))
def node_in_prose(lab: Lab):
    body = "if (!process.env.GITHUB_PERSONAL_ACCESS_TOKEN) { console.error('GITHUB_PERSONAL_ACCESS_TOKEN not set'); process.exit(1); }\n"
    lab.must_show("GITHUB_PERSONAL_ACCESS_TOKEN")
    return lab.stdio(lab.node, lab.write("s.js", body + NODE_SERVE))


@fault("launch-env-missing", needs=("node",))
def node_throws(lab: Lab):
    body = "if (!process.env.SLACK_BOT_TOKEN) throw new Error('Missing required environment variables: SLACK_BOT_TOKEN, SLACK_TEAM_ID');\n"
    lab.must_show("SLACK_BOT_TOKEN")
    return lab.stdio(lab.node, lab.write("s.js", body + NODE_SERVE))


@fault("launch-env-missing", needs=("node",))
def node_zod(lab: Lab):
    zod = lab.npm("zod", "index.cjs")
    body = f'const {{ z }} = require("{zod}");\nz.object({{ JIRA_TOKEN: z.string(), JIRA_URL: z.string() }}).parse(process.env);\n'
    lab.must_show("JIRA_TOKEN")
    return lab.stdio(lab.node, lab.write("s.cjs", body + NODE_SERVE))


@fault("launch-env-missing")
def shell_set_u(lab: Lab):
    lab.must_show("MCP_TOKEN")
    return lab.stdio("/bin/bash", lab.write("start.sh", 'set -u\nexec server --token "$MCP_TOKEN"\n'))


@fault("launch-env-missing")
def shell_parameter(lab: Lab):
    lab.must_show("OPENAI_API_KEY")
    return lab.stdio("/bin/sh", lab.write("start.sh", ': "${OPENAI_API_KEY:?is not set}"\n'))


@fault("launch-env-missing")
def set_but_empty(lab: Lab):
    body = "import os, sys\nif not os.getenv('STRIPE_KEY'):\n    print('STRIPE_KEY is missing', file=sys.stderr); sys.exit(1)\n"
    lab.must_show("STRIPE_KEY", "empty")
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE), env={"STRIPE_KEY": ""})


@fault("launch-env-missing")
def no_name_at_all(lab: Lab):
    return lab.stdio(lab.python, lab.write("s.py", "raise SystemExit('No API key provided.')\n" + SERVE))


@fault("launch-env-not-inherited")
def set_in_the_shell_but_not_passed_on(lab: Lab):
    lab.must_show("ACME_API_KEY")
    entry = lab.stdio(lab.python, lab.write("s.py", "import os\nk = os.environ['ACME_API_KEY']\n" + SERVE))
    return World(entry=entry, client="claude-desktop", env={"ACME_API_KEY": "sk-lab-1234567890"})


@fault("launch-env-not-inherited")
def without_a_word_about_the_variable(lab: Lab):
    body = "import os, sys\nif 'ACME_REGION' not in os.environ:\n    sys.stderr.write('cannot choose an endpoint\\n'); sys.exit(4)\n"
    entry = lab.stdio(lab.python, lab.write("s.py", body + SERVE))
    return World(entry=entry, client="claude-desktop", env={"ACME_REGION": "eu"})


@fault("launch-env-not-inherited", needs=("node",))
def node_and_a_short_list(lab: Lab):
    lab.must_show("LAB_TOKEN")
    body = "if (!process.env.LAB_TOKEN) { console.error('LAB_TOKEN is required'); process.exit(1); }\n"
    return World(
        entry=lab.stdio(lab.node, lab.write("s.js", body + NODE_SERVE)),
        client="claude-desktop",
        env={"LAB_TOKEN": "abc123"},
    )


@fault("launch-crashed")
def a_variable_is_optional_and_something_else_is_wrong(lab: Lab):
    body = "import sys\nprint('WARNING: CACHE_URL is not set, using memory', file=sys.stderr)\nraise RuntimeError('index 7 is broken')\n"
    lab.must_show("index 7 is broken")
    return lab.stdio(lab.python, lab.write("s.py", body))


@fault("launch-crashed")
def the_value_is_refused(lab: Lab):
    body = "import os\nos.environ['LAB_PORT']\nraise ValueError('LAB_PORT must be a number')\n"
    return lab.stdio(lab.python, lab.write("s.py", body), env={"LAB_PORT": "x"})


@healthy()
def optional_key_is_missing(lab: Lab):
    body = "import sys\nprint('Error: API key missing (optional)\\nOPENAI_API_KEY not set', file=sys.stderr)\n"
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@healthy()
def a_traceback_that_was_caught(lab: Lab):
    body = (
        "import os, traceback\ntry:\n    os.environ['NOT_THERE_AT_ALL']\nexcept KeyError:\n    traceback.print_exc()\n"
    )
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@healthy()
def reads_its_key_from_the_entry(lab: Lab):
    body = PY + "\nimport os\nos.environ['LAB_KEY']\nserve()\n"
    return lab.stdio(lab.python, lab.write("s.py", body), env={"LAB_KEY": "value-of-the-key"})
