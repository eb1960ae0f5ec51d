"""A world with one faulty (or healthy) server in it: real programs, started here, ended here, by pid."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / ".lab"
# The program as it stands beside these tests, whatever is installed; no variable that a server could inherit.
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); from mcp_selfcheck.cli import main; sys.exit(main())"
NODE_MODULES = LAB / "node" / "node_modules"


def has_node() -> bool:
    return shutil.which("node") is not None and (LAB / "node" / ".ready").exists()


def has_root() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("ip") is not None


NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "node": (has_node, "Node.js and the lab's npm packages are not here"),
    "root": (has_root, "needs root on Linux with iproute2"),
    "nginx": (lambda: shutil.which("nginx") is not None, "nginx is not here"),
    "tinyproxy": (lambda: shutil.which("tinyproxy") is not None, "tinyproxy is not here"),
    "redis": (lambda: shutil.which("redis-server") is not None, "redis-server is not here"),
    "openssl": (lambda: shutil.which("openssl") is not None, "openssl is not here"),
    "mcp1": (lambda: (LAB / "mcp1" / ".ready").exists(), "the environment with mcp 1.x could not be set up"),
    "mcp2": (lambda: (LAB / "mcp2" / ".ready").exists(), "the environment with mcp 2.x could not be set up"),
    "uvx": (
        lambda: shutil.which("uvx", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}") is not None,
        "uv is not here",
    ),
    "docker": (lambda: shutil.which("docker") is not None, "the docker client is not here"),
    "fastmcp": (lambda: (LAB / "fastmcp" / ".ready").exists(), "the environment with fastmcp could not be set up"),
}


@dataclass(frozen=True)
class FaultCase:
    """One world. `code` is the only error that may be found, None for a healthy server.

    `make(lab)` builds the world and returns the entry (a dict), or a World. `verdict` and `layer` are asserted;
    `layer` defaults to that of the code. `needs` names entries of NEEDS.
    """

    name: str
    code: str | None
    make: Callable[[Lab], Any]
    verdict: str
    layer: str | None
    needs: tuple[str, ...]
    timeout: float
    netns: bool
    warns: tuple[str, ...]


CASES: list[FaultCase] = []


def fault(
    code: str, *, verdict: str = "broken", layer: str | None = None, needs: Sequence[str] = (), timeout: float = 15,
    netns: bool = False,
) -> Callable[[Callable[[Lab], Any]], Callable[[Lab], Any]]:  # fmt: skip
    """Registers a fault case: the decorated function builds a world in which exactly `code` is the root cause.

    With `netns` the world and the program run in a network namespace of their own (lab.run goes there).
    """

    def register(make: Callable[[Lab], Any]) -> Callable[[Lab], Any]:
        where = layer or code.split("-", 1)[0]
        need = (*needs, "root") if netns else tuple(needs)
        name = f"{code}:{make.__name__}"
        CASES.append(FaultCase(name, code, make, verdict, where, need, timeout, netns, ()))
        return make

    return register


def healthy(
    *, needs: Sequence[str] = (), timeout: float = 20, netns: bool = False, warns: Sequence[str] = ()
) -> Callable[[Callable[[Lab], Any]], Callable[[Lab], Any]]:
    """Registers a healthy world: no finding at all, or only the named warnings."""

    def register(make: Callable[[Lab], Any]) -> Callable[[Lab], Any]:
        verdict = "warning" if warns else "healthy"
        need = (*needs, "root") if netns else tuple(needs)
        name = f"healthy:{make.__name__}"
        CASES.append(FaultCase(name, None, make, verdict, None, need, timeout, netns, tuple(warns)))
        return make

    return register


@dataclass
class World:
    """What the program is given: config files, the name to diagnose, and what must be said.

    `shows` are strings that must stand in the proof or the fix of the first finding. `env` is added to the environment
    of mcp-selfcheck (a None value removes a name). `client`: the config is that client's own file in the lab's home, and is
    found without --config; "file" means that it is given by --config.
    """

    entry: Mapping[str, Any] | None = None
    config: Path | None = None
    name: str = "sick"
    client: str = "file"
    shows: tuple[str, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    cwd: Path | None = None


class Lab:
    """Makes worlds. `home` is an empty home directory; `tmp` is for files; everything started is ended at exit."""

    def __init__(self, tmp: Path, netns: str | None = None) -> None:
        self.tmp = tmp
        self.home = tmp / "home"
        self.home.mkdir(exist_ok=True)
        self.netns = netns
        self.shows: list[str] = []
        self._stack = contextlib.ExitStack()

    # --- programs ---------------------------------------------------------------------------------------------------
    python = str(LAB / "bare" / "bin" / "python")  # standard library only
    mcp1 = str(LAB / "mcp1" / "bin" / "python")  # SDK 1.x and mcp-server-time
    mcp2 = str(LAB / "mcp2" / "bin" / "python")  # SDK 2.x
    fastmcp = str(LAB / "fastmcp" / "bin" / "python")

    @property
    def node(self) -> str:
        return shutil.which("node") or "node"

    def npm(self, package: str, script: str = "dist/index.js") -> str:
        """The path of a script in an installed npm package."""
        return str(NODE_MODULES / package / script)

    # --- files and entries ------------------------------------------------------------------------------------------
    def write(self, name: str, text: str | bytes, mode: int | None = None) -> str:
        """Writes a file below tmp and returns its path."""
        path = self.tmp / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        if mode is not None:
            path.chmod(mode)
        return str(path)

    def stdio(self, command: str, *args: str, **more: Any) -> dict[str, Any]:
        return {"command": command, "args": list(args), **more}

    def url(self, url: str, **more: Any) -> dict[str, Any]:
        return {"type": "http", "url": url, **more}

    def must_show(self, *values: str) -> None:
        """These strings must stand in the proof or the fix of the first finding."""
        self.shows += values

    # --- running programs -------------------------------------------------------------------------------------------
    def free_port(self, host: str = "127.0.0.1") -> int:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as s:
            s.bind((host, 0))
            return int(s.getsockname()[1])

    def command(self, argv: Sequence[str]) -> list[str]:
        """argv, moved into the lab's network namespace when there is one."""
        return ["ip", "netns", "exec", self.netns, *argv] if self.netns else list(argv)

    def start(
        self, *argv: str, port: int | None = None, host: str = "127.0.0.1", says: str | None = None,
        env: Mapping[str, str] | None = None, cwd: str | None = None, seconds: float = 20,
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        """Starts a program in the background; waits until `port` accepts or its output holds `says`."""
        log = self.tmp / f"out-{len(list(self.tmp.glob('out-*')))}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.command(argv), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=cwd,
                env={**os.environ, **(env or {})}, start_new_session=True,
            )  # fmt: skip
        self._stack.callback(end, process)
        limit = time.monotonic() + seconds
        while port is not None or says is not None:
            ready = says is not None and says in log.read_text("utf-8", "replace")
            if ready or (port is not None and self.listens(host, port)):
                break
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"{argv} did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)
        return process

    def listens(self, host: str, port: int) -> bool:
        """Whether a connection is accepted (asked inside the lab's namespace)."""
        code = f"import socket; socket.create_connection(({host!r}, {port}), 1).close()"
        if self.netns:
            done = subprocess.run(self.command([sys.executable, "-c", code]), capture_output=True)
            return done.returncode == 0
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return True
        return False

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end, in the lab's namespace when there is one."""
        return subprocess.run(self.command(argv), check=check, capture_output=True, text=True, timeout=60)

    def nginx(self, servers: str, port: int, extra: str = "") -> subprocess.Popen[bytes]:
        """Starts nginx with these `server { … }` blocks and waits for `port`."""
        place = self.tmp / "nginx"
        place.mkdir(exist_ok=True)
        conf = (
            f"daemon off; pid {place}/pid; error_log {place}/error.log; worker_processes 1; {extra}\n"
            "events { worker_connections 64; }\n"
            f"http {{ access_log off; client_body_temp_path {place}/b; proxy_temp_path {place}/p; "
            f"fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;\n{servers}\n}}\n"
        )
        return self.start("nginx", "-p", str(place), "-c", self.write("nginx/nginx.conf", conf), port=port)

    def certificate(
        self, name: str = "cert", *, hosts: Sequence[str] = ("localhost", "127.0.0.1"), days: int = 30,
        ca: tuple[str, str] | None = None, is_ca: bool = False, subject: str | None = None, starts: str | None = None,
        ends: str | None = None, extra: Sequence[str] = (),
    ) -> tuple[str, str]:  # fmt: skip
        """A certificate and its key as files (PEM), self-signed or signed by `ca`. `starts`/`ends`: YYYYMMDDHHMMSSZ."""
        crt, key = str(self.tmp / f"{name}.crt"), str(self.tmp / f"{name}.key")
        alt = ",".join(f"{'IP' if h.replace('.', '').isdigit() or ':' in h else 'DNS'}:{h}" for h in hosts)
        exts = [f"subjectAltName={alt}"] if hosts else []
        exts += extra
        exts.append("basicConstraints=critical,CA:" + ("TRUE" if is_ca else "FALSE"))
        if is_ca:
            exts.append("keyUsage=critical,keyCertSign,cRLSign")
            exts.append("subjectKeyIdentifier=hash")
        self.run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", f"{crt}.csr",
                 "-subj", subject or f"/CN={hosts[0] if hosts else name}")  # fmt: skip
        db = self.tmp / f"ca-{name}"
        db.mkdir()
        (db / "index.txt").touch()
        (db / "serial").write_text(f"{int(time.time_ns() % 10**12):012d}")
        (db / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={db}/index.txt\nnew_certs_dir={db}\nserial={db}/serial\n"
            "default_md=sha256\npolicy=p\nunique_subject=no\nemail_in_dn=no\n[p]\ncommonName=optional\n"
            "organizationName=optional\n[e]\n" + "\n".join(exts) + "\n"
        )
        sign = ["-selfsign", "-keyfile", key] if ca is None else ["-cert", ca[0], "-keyfile", ca[1]]
        when = ["-startdate", starts] if starts else []
        when += ["-enddate", ends] if ends else ["-days", str(days)]
        self.run("openssl", "ca", "-batch", "-config", f"{db}/ca.cnf", "-extensions", "e", "-notext", "-in",
                 f"{crt}.csr", "-out", crt, *sign, *when)  # fmt: skip
        return crt, key

    def on_close(self, done: Callable[[], object]) -> None:
        """Calls this when the world ends."""
        self._stack.callback(done)

    def close(self) -> None:
        self._stack.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a program that we started, and its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.kill()
    process.wait(10)


# Where a client's own config file stands below the home directory on Linux, and its root key.
CLIENT_FILES = {
    "claude-desktop": (".config/Claude/claude_desktop_config.json", "mcpServers"),
    "claude-code": (".claude.json", "mcpServers"),
    "cursor": (".cursor/mcp.json", "mcpServers"),
    "vscode": (".config/Code/User/mcp.json", "servers"),
    "gemini-cli": (".gemini/settings.json", "mcpServers"),
    "windsurf": (".codeium/windsurf/mcp_config.json", "mcpServers"),
    "zed": (".config/zed/settings.json", "context_servers"),
}


@dataclass(frozen=True)
class Outcome:
    """What the program said: parsed JSON, exit code, seconds, raw outputs."""

    document: dict[str, Any]
    exit_code: int
    seconds: float
    stdout: str
    stderr: str

    @property
    def server(self) -> dict[str, Any]:
        return self.document["servers"][0]  # type: ignore[no-any-return]


def base_env(lab: Lab) -> dict[str, str]:
    keep = ("PATH", "LANG", "LC_ALL", "TERM", "USER", "LOGNAME", "SHELL")
    return {k: v for k, v in os.environ.items() if k in keep} | {"HOME": str(lab.home)}


def diagnose(lab: Lab, world: World, timeout: float) -> Outcome:
    """Runs `mcp-selfcheck diagnose NAME … --json` on the world, as a user would, in a process of its own."""
    argv = [sys.executable, "-c", PROGRAM, "diagnose", world.name, "--json", "--timeout", str(timeout)]
    config = world.config
    if config is None:
        assert world.entry is not None
        where, key = CLIENT_FILES.get(world.client, ("mcp.json", "mcpServers"))
        config = (lab.home if world.client != "file" else lab.tmp) / where
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(json.dumps({key: {world.name: dict(world.entry)}}, indent=2))
    if world.client == "file":
        argv += ["--config", str(config)]
    argv += world.args
    env = base_env(lab)
    for k, v in world.env.items():
        env.pop(k, None)
        if v is not None:
            env[k] = v
    before = config.read_bytes() if config.is_file() else b""
    begun = time.monotonic()
    done = subprocess.run(
        lab.command(argv), env=env, cwd=world.cwd or lab.tmp, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        timeout=timeout + 30,
    )  # fmt: skip
    seconds = time.monotonic() - begun
    assert (config.read_bytes() if config.is_file() else b"") == before, "the config was changed"
    try:
        document = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(
            f"no JSON on stdout (exit {done.returncode}):\n{done.stdout[:2000]}\n{done.stderr[-4000:]}"
        ) from None
    return Outcome(document, done.returncode, seconds, done.stdout, done.stderr)


@contextlib.contextmanager
def lab_for(case: FaultCase, tmp: Path) -> Iterator[Lab]:
    """A lab for one case, with a network namespace of its own (loopback up) when the case wants one."""
    name = f"mcpsc-{os.getpid()}-{time.time_ns() % 10**6}" if case.netns else None
    if name:
        subprocess.run(["ip", "netns", "add", name], check=True)
        subprocess.run(["ip", "netns", "exec", name, "ip", "link", "set", "lo", "up"], check=True)
    lab = Lab(tmp, name)
    try:
        yield lab
    finally:
        lab.close()
        if name:
            subprocess.run(["ip", "netns", "del", name], check=False)


def build(case: FaultCase, lab: Lab) -> World:
    made = case.make(lab)
    world = made if isinstance(made, World) else World(entry=made)
    world.shows = (*world.shows, *lab.shows)
    return world


def wrong(case: FaultCase, world: World, outcome: Outcome) -> str:
    """What the diagnosis has that the case does not want, or lacks; "" when it is exactly right."""
    server, findings = outcome.server, outcome.server["findings"]
    errors = [f["code"] for f in findings if f["severity"] == "error"]
    if server["verdict"] != case.verdict:
        return f"verdict {server['verdict']}, not {case.verdict}"
    if case.code is None:
        found = sorted(f["code"] for f in findings)
        if found != sorted(case.warns) or outcome.exit_code != 0:
            return f"findings {found}, not {sorted(case.warns)}; exit code {outcome.exit_code}"
    elif not findings or findings[0]["code"] != case.code:
        return f"first finding {findings[:1]}, not {case.code}"
    elif case.verdict == "broken" and (errors != [case.code] or outcome.exit_code != 1):
        return f"errors {errors}, not only {case.code}; exit code {outcome.exit_code}"
    elif case.verdict == "broken" and server["broken_at"] != case.layer:
        return f"broken at {server['broken_at']}, not {case.layer}"
    if findings:
        words = findings[0]["proof"] + json.dumps(findings[0]["fix"], ensure_ascii=False)
        missing = [value for value in world.shows if value not in words]
        if missing:
            return f"{missing} stand neither in the proof nor in the fix: {words}"
    late = outcome.seconds - case.timeout - 5
    return f"{late:.1f} s later than its time" if late > 0 else ""


def survivors(lab: Lab) -> list[str]:
    """Processes that still run and name this lab's directory: nothing may outlive a diagnosis but what the lab runs."""
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            line = (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            home = f"HOME={lab.home}".encode() in (proc / "environ").read_bytes()
        except OSError:
            continue
        if home:
            found.append(f"{proc.name} {line}")
    return found


def load_cases() -> list[FaultCase]:
    """Imports every module below tests/faults, which registers its cases."""
    import importlib

    for file in sorted((ROOT / "tests" / "faults").rglob("*.py")):
        if file.name != "__init__.py":
            importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    return CASES
