"""python -m mcp_selfcheck is the command mcp-selfcheck."""

import sys

from .cli import main

sys.exit(main())
