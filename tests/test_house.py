"""The laws of the house (docs/design.md), kept by reading the source."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mcp_selfcheck import causes
from mcp_selfcheck.model import LAYERS, Proof
from tests.lab import load_cases

SRC = Path(__file__).resolve().parent.parent / "src" / "mcp_selfcheck"
ROOT = SRC.parent.parent
FILES = sorted(p for p in SRC.rglob("*.py") if "demo_servers" not in p.parts)
FACES = ("cli.py", "commands.py", "commands_steps.py", "commands_approve.py", "server.py", "server_diagnose.py",
         "server_net.py", "server_more.py", "exporter.py")  # fmt: skip
CODES = json.loads((ROOT / "tests" / "codes.json").read_text())


def name(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def imports(path: Path) -> set[str]:
    """Absolute names of all imported modules; relative ones resolved inside the package."""
    package = ("mcp_selfcheck", *path.relative_to(SRC).parts[:-1])
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(x for x in (base, node.module or "") if x)
            found.add(module)
            found.update(f"{module}.{a.name}" for a in node.names)
    return found


def third(path: Path, *names: str) -> set[str]:
    return {n for n in names if any(i == n or i.startswith(n + ".") for i in imports(path))}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_size(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 400
    if name(path) in FACES:
        assert len(lines) <= 200
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name(path) not in ("server.py", "cli.py"):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports(path: Path) -> None:
    here = name(path)
    if here == "model.py" or here.startswith("facts/"):
        allowed = (
            "mcp_selfcheck.model",
            "mcp_selfcheck.flatten",
            "collections",
            "dataclasses",
            "typing",
            "re",
            "__future__",
            "mcp_selfcheck.facts",
        )
        assert all(i.startswith(allowed) for i in imports(path)), imports(path)
    if here.startswith("causes/"):
        for forbidden in ("socket", "subprocess", "os", "pathlib", "asyncio", "urllib.request", "psutil", "httpx"):
            assert not third(path, forbidden), forbidden
        ours = {i for i in imports(path) if i.startswith("mcp_selfcheck.")}
        assert all(
            i.startswith(("mcp_selfcheck.model", "mcp_selfcheck.facts", "mcp_selfcheck.causes")) for i in ours
        ), ours
    if here.startswith("render/"):
        ours = {i for i in imports(path) if i.startswith("mcp_selfcheck.")}
        assert all(i.startswith(("mcp_selfcheck.model", "mcp_selfcheck.render")) for i in ours), ours
    faces = ("server.py", "server_answers.py", "server_diagnose.py", "server_net.py", "server_more.py", "stdio_face.py")
    if here not in faces:
        assert not third(path, "mcp"), "the SDK is for our own MCP face only"
    if here not in ("server.py", "server_diagnose.py", "server_net.py", "schemas.py"):
        assert not third(path, "pydantic")
    if third(path, "httpx"):
        assert here.startswith("layers/")
    if third(path, "psutil"):
        assert here.startswith("layers/") or here in ("spawn.py", "sweeping.py", "clients.py")


# What opens a connection, resolves a name, or makes something that does.
OPENERS = frozenset(
    ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "create_connection", "open_connection", "sock_connect",
     "connect_ex", "create_datagram_endpoint", "urlopen", "HTTPConnection", "HTTPSConnection", "AsyncClient", "httpx.Client",
     "AsyncHTTPTransport", "HTTPTransport", "AsyncConnectionPool", "AsyncHTTPProxy", "AnyIOBackend", "urlretrieve",
     "socket.socket", "socket")
)  # fmt: skip
# Uses that open no connection: the bind(2) that tells whose an address is or whether a port is free, the demo's free port, and the warden's end of
# a pair of pipes.
NO_CONNECTION = {
    "layers/here.py": {"getaddrinfo", "socket.socket", "socket"}, "layers/tcp_owner.py": {"socket.socket", "socket"}, "demo.py": {"socket.socket", "socket"},
    "warden.py": {"socket.socket", "socket"}, "exporter.py": set(),
}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_connector_opens_connections(path: Path) -> None:
    if name(path) in ("layers/connector.py", "layers/connector_http.py"):
        return
    called = [n.func for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    used = {ast.unparse(f) for f in called} | {f.attr for f in called if isinstance(f, ast.Attribute)}
    assert not (used & OPENERS) - NO_CONNECTION.get(name(path), set())
    for forbidden in ("http.client", "ftplib", "smtplib", "telnetlib", "xmlrpc", "requests", "aiohttp"):
        assert not third(path, forbidden), forbidden


@pytest.mark.parametrize("path", FILES, ids=name)
def test_one_home(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    here = name(path)
    assert not any(isinstance(n, ast.Call) and getattr(n.func, "id", "") == "print" for n in ast.walk(tree)), "print("
    if here != "surroundings.py":
        assert not re.search(r"os\.(environ|getenv)", re.sub(r'"""[\s\S]*?"""', "", text)), (
            "os.environ belongs to surroundings.py"
        )
    if here not in ("render/text.py", "redact.py", "commands.py", "reading_text.py"):
        assert "\\x1b[" not in text, "colour codes belong to render/text.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")
            if (
                broad
                and here not in ("examine.py", "running.py")
                and not any(isinstance(n, ast.Raise) for n in ast.walk(node))
            ):
                raise AssertionError(f"{here}:{node.lineno} swallows every exception")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_modules_open_with_their_law(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text()))
    assert doc and doc.split("\n\n")[0].strip().endswith("."), "a module opens with one sentence"


def test_every_code_is_in_the_catalogue_with_its_family() -> None:
    built = {c.code: f"{c.layer}/{c.family}" for c in causes.load()}
    assert not [code for code, n in Counter(c.code for c in causes.load()).items() if n > 1]
    wrong = {code: family for code, family in built.items() if CODES.get(code, family) != family}
    assert not wrong
    assert not set(CODES) - set(built), "codes of the catalogue that have no entry"


def test_causes_read_as_a_person_asks() -> None:
    for c in causes.load():
        assert c.layer in LAYERS, c.code
        assert len(c.title) <= 60, (c.code, len(c.title))
        assert not c.title.endswith("."), c.code
        assert not re.search(r"\b(maybe|perhaps|might|probably|please)\b", f"{c.title} {c.means} {c.fix}", re.I), c.code
        assert 1 <= len(re.findall(r"[.!?](?:\s|$)", c.means)) <= 4, (c.code, c.means)
        assert c.fix[0].isupper() and c.fix.endswith((".", "}")), (c.code, c.fix)


def test_every_reachable_code_has_a_fault_case() -> None:
    covered = {case.code for case in load_cases()} | {code for case in load_cases() for code in case.warns}
    exempt = {c.code for c in causes.load() if c.exempt}
    missing = sorted(c.code for c in causes.load() if c.code not in covered | exempt)
    assert not missing, missing
    assert not covered - {None} - set(CODES), "fault cases for unknown codes"


# The causes that stand behind most public failure reports, as far as a probe can reach them.
FREQUENT = (
    "launch-gui-path", "stdio-stdout-pollution", "launch-python-sdk-v2", "handshake-version-unsupported",
    "http-transport-mismatch", "tls-inspection", "launch-slow-start", "launch-package-not-found", "launch-node-too-old",
    "proxy-intercepts-localhost", "launch-cwd-read-only", "stdio-dotenv-banner", "tools-zod-conflict",
    "handshake-discover-breaks-server", "launch-command-not-found", "tcp-container-localhost", "launch-package-broken",
    "config-args-in-command", "session-single-client", "launch-wrong-python", "http-host-rejected", "http-accept-rejected",
    "tls-private-ca", "launch-orphans", "proxy-ignored", "tcp-nothing-listening", "launch-module-missing",
    "launch-env-missing", "http-wrong-path", "config-wrong-root-key",
)  # fmt: skip


def test_the_frequent_causes_have_several_cases() -> None:
    cases = Counter(code for case in load_cases() for code in {case.code, *case.warns})
    assert not {code for code in FREQUENT if cases[code] < 2}


def test_a_proof_needs_evidence() -> None:
    with pytest.raises(ValueError):
        Proof("because", ())


def test_light_paths_import_nothing_heavy() -> None:
    code = (
        "import sys; import mcp_selfcheck; from mcp_selfcheck import discover, diagnose, explain; "
        "print([m for m in ('mcp', 'httpx', 'pydantic', 'psutil', 'cryptography', 'jsonschema') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_functions() -> None:
    code = (
        "import mcp_selfcheck.examine, mcp_selfcheck.api; from mcp_selfcheck import discover, diagnose, explain; "
        "print(callable(discover), callable(diagnose), callable(explain))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 3
