"""What a command line says: which launcher, which package, which script. Text only; no file is opened here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

# Flags that take the next argument as their value, for the launchers whose program stands behind their own flags.
_TAKES_VALUE: dict[str, frozenset[str]] = {
    "python": frozenset({"-W", "-X", "--check-hash-based-pycs"}),
    "node": frozenset({"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions",
                       "--env-file", "--env-file-if-exists", "--title", "--input-type", "--inspect-port"}),
    "deno": frozenset({"-c", "--config", "--import-map", "--lock", "--cert", "-L", "--log-level", "--v8-flags"}),
    "bun": frozenset({"--cwd", "-c", "--config", "--env-file", "-r", "--preload", "--filter"}),
    "npx": frozenset({"-p", "--package", "-w", "--workspace", "--registry", "--cache", "--prefix", "--userconfig",
                      "--loglevel", "--node-options"}),
    "uvx": frozenset({"--from", "--with", "--with-editable", "--with-requirements", "-p", "--python", "--index",
                      "--default-index", "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--index-strategy",
                      "--keyring-provider", "--resolution", "--prerelease", "--link-mode", "--cache-dir", "--project",
                      "--directory", "--config-file", "-C", "--config-setting", "-P", "--upgrade-package",
                      "--refresh-package", "--reinstall-package", "--exclude-newer", "--color", "--env-file", "-c",
                      "--constraints", "-b", "--overrides", "--build-constraints", "--allow-insecure-host",
                      "--python-platform", "--fork-strategy"}),
    "uv run": frozenset({"--with", "--with-editable", "--with-requirements", "-p", "--python", "--extra", "--group",
                         "--no-group", "--only-group", "--no-extra", "--env-file", "--directory", "--project",
                         "--package", "--index", "--default-index", "--index-url", "--extra-index-url", "--cache-dir",
                         "--config-file", "--color", "--refresh-package", "--prerelease", "--resolution"}),
    "java": frozenset({"-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules"}),
    "env": frozenset({"-u", "--unset", "-C", "--chdir", "-S", "--split-string"}),
}  # fmt: skip

_SHELLS = ("sh", "bash", "zsh", "dash", "ksh", "fish", "ash")
_EXTENSIONS = (".exe", ".cmd", ".bat", ".ps1")
_SCRIPT = re.compile(r"\.(py|pyw|js|mjs|cjs|ts|mts|cts|tsx|jsx|sh|bash|rb|pl|php|lua|jar|dll|wasm)$", re.IGNORECASE)


@dataclass(frozen=True)
class Parsed:
    """`launcher` is the program that runs something else ("" for a program of its own); `inner` the words that it runs.

    `script`, `module`, `package` are what it runs, where that is a file, a Python module or an installable name;
    `installs` are all names that it was told to install; `directory` the project that it was pointed to.
    """

    launcher: str = ""
    script: str = ""
    module: str = ""
    package: str = ""
    directory: str = ""
    inner: tuple[str, ...] = ()
    installs: tuple[str, ...] = field(default=())


Reader = Callable[[list[str]], Parsed]


def plain_name(command: str) -> str:
    """The program's name without folder, version and Windows extension: `/usr/bin/python3.11` is `python`."""
    name = PurePath(command.replace("\\", "/")).name.lower()
    for extension in _EXTENSIONS:
        name = name.removesuffix(extension)
    if re.fullmatch(r"(python|pypy)[\d.]*w?", name):
        return "python"
    if re.fullmatch(r"node(js)?[\d.]*", name):
        return "node"
    return name


def _behind_flags(words: Sequence[str], takes: frozenset[str]) -> tuple[int, dict[str, list[str]]]:
    """The index of the first word that is no flag (len(words) when there is none), and the values of the flags."""
    values: dict[str, list[str]] = {}
    i = 0
    while i < len(words):
        word = words[i]
        if word == "--":
            return i + 1, values
        if not word.startswith("-") or word == "-":
            return i, values
        name, equals, value = word.partition("=")
        if equals:
            values.setdefault(name, []).append(value)
        elif word in takes and i + 1 < len(words):
            i += 1
            values.setdefault(word, []).append(words[i])
        else:
            values.setdefault(word, []).append("")
        i += 1
    return i, values


def _first(values: dict[str, list[str]], *names: str) -> str:
    return next((v for n in names for v in values.get(n, ()) if v), "")


def parse(argv: Sequence[str]) -> Parsed:
    """Reads a command line. What is not known stays empty: nothing is guessed."""
    if not argv:
        return Parsed()
    name, rest = plain_name(argv[0]), list(argv[1:])
    if name in _READERS:
        return _READERS[name](rest)
    if name in _SHELLS:
        return _shell(name, rest)
    return Parsed()


def _python(rest: list[str]) -> Parsed:
    for i, word in enumerate(rest):
        if word in ("-m", "-c"):
            value = rest[i + 1] if i + 1 < len(rest) else ""
            if word == "-c":
                return Parsed(launcher="python")
            return _module(value, rest[i + 2 :])
        if re.fullmatch(r"-[bBdEhiIOPqRsSuvx]*m", word):
            return _module(rest[i + 1] if i + 1 < len(rest) else "", rest[i + 2 :])
        if not word.startswith("-"):
            break
    at, _ = _behind_flags(rest, _TAKES_VALUE["python"])
    return Parsed(launcher="python", script=rest[at] if at < len(rest) else "", inner=tuple(rest[at:]))


def _module(module: str, rest: list[str]) -> Parsed:
    if module in ("uv", "pipx") and rest:
        return parse([module, *rest])
    return Parsed(launcher="python", module=module)


def _script_of(launcher: str, verbs: tuple[str, ...] = ()) -> Reader:
    def reads(rest: list[str]) -> Parsed:
        at, values = _behind_flags(rest, _TAKES_VALUE.get(launcher, frozenset()))
        if at < len(rest) and rest[at] in verbs:
            inner = rest[at + 1 :]
            more, also = _behind_flags(inner, _TAKES_VALUE.get(launcher, frozenset()))
            rest, at = inner, more
            values |= also
        if launcher == "node" and any(k in values for k in ("-e", "--eval", "-p", "--print")):
            return Parsed(launcher=launcher)
        found = rest[at] if at < len(rest) else ""
        return Parsed(launcher=launcher, script=found, directory=_first(values, "--cwd"), inner=tuple(rest[at:]))

    return reads


def _npx(rest: list[str]) -> Parsed:
    if any(w in ("-c", "--call") for w in rest):
        return Parsed(launcher="npx")
    at, values = _behind_flags(rest, _TAKES_VALUE["npx"])
    named = [v for k in ("-p", "--package") for v in values.get(k, ()) if v]
    word = rest[at] if at < len(rest) else ""
    return Parsed(
        launcher="npx", package=named[0] if named else word, inner=tuple(rest[at:]),
        installs=tuple(named or ([word] if word else [])), directory=_first(values, "--prefix"),
    )  # fmt: skip


def _npm(rest: list[str]) -> Parsed:
    at, values = _behind_flags(rest, frozenset({"--prefix", "-C", "--workspace", "-w"}))
    verb = rest[at] if at < len(rest) else ""
    if verb in ("exec", "x", "dlx"):
        found = _npx(rest[at + 1 :])
        return Parsed(launcher="npx", package=found.package, inner=found.inner, installs=found.installs)
    script = rest[at + 1] if verb in ("run", "run-script") and at + 1 < len(rest) else verb
    return Parsed(launcher="npm", module=script, directory=_first(values, "--prefix", "-C"))


def _uvx(rest: list[str]) -> Parsed:
    at, values = _behind_flags(rest, _TAKES_VALUE["uvx"])
    source = _first(values, "--from")
    word = rest[at] if at < len(rest) else ""
    also = [v for v in values.get("--with", ()) if v]
    return Parsed(
        launcher="uvx", package=source or word, inner=tuple(rest[at:]),
        installs=tuple([source or word, *also] if source or word else also), directory=_first(values, "--directory"),
    )  # fmt: skip


def _uv(rest: list[str]) -> Parsed:
    at, values = _behind_flags(rest, frozenset({"--directory", "--project", "--cache-dir", "--config-file", "--color"}))
    directory = _first(values, "--directory", "--project")
    verb = rest[at] if at < len(rest) else ""
    if verb == "tool" and rest[at + 1 : at + 2] == ["run"]:
        return _uvx(rest[at + 2 :])
    if verb == "x":
        return _uvx(rest[at + 1 :])
    if verb != "run":
        return Parsed(launcher="uv", directory=directory, inner=tuple(rest[at:]))
    inner = rest[at + 1 :]
    more, also = _behind_flags(inner, _TAKES_VALUE["uv run"])
    directory = _first(also, "--directory", "--project") or directory
    installs = tuple(v for v in also.get("--with", ()) if v)
    words = inner[more:]
    if "-m" in also or "--module" in also:
        return Parsed(launcher="uv run", module=words[0] if words else "", directory=directory, installs=installs)
    word = words[0] if words else ""
    if plain_name(word) == "python":
        below = _python(words[1:])
        return Parsed(
            launcher="uv run", script=below.script, module=below.module, directory=directory, inner=tuple(words),
            installs=installs,
        )  # fmt: skip
    script = word if _SCRIPT.search(word) else ""
    return Parsed(launcher="uv run", script=script, directory=directory, inner=tuple(words), installs=installs)


def _pipx(rest: list[str]) -> Parsed:
    at, values = _behind_flags(rest, frozenset({"--spec", "--python", "--pip-args", "--index-url"}))
    if rest[at : at + 1] != ["run"]:
        return Parsed(launcher="pipx")
    inner = rest[at + 1 :]
    more, also = _behind_flags(inner, frozenset({"--spec", "--python", "--pip-args", "--index-url"}))
    word = inner[more] if more < len(inner) else ""
    package = _first(also, "--spec") or _first(values, "--spec") or word
    return Parsed(launcher="pipx", package=package, inner=tuple(inner[more:]), installs=(package,) if package else ())


def _java(rest: list[str]) -> Parsed:
    jar = next((rest[i + 1] for i, w in enumerate(rest[:-1]) if w == "-jar"), "")
    return Parsed(launcher="java", script=jar)


def _dotnet(rest: list[str]) -> Parsed:
    word = next((w for w in rest if not w.startswith("-")), "")
    project = next((rest[i + 1] for i, w in enumerate(rest[:-1]) if w in ("--project", "-p")), "")
    return Parsed(launcher="dotnet", script=word if word.lower().endswith(".dll") else "", directory=project)


def _env(rest: list[str]) -> Parsed:
    at, values = _behind_flags(rest, _TAKES_VALUE["env"])
    split = _first(values, "-S", "--split-string")
    words = [*split.split(), *rest[at:]]
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        words = words[1:]
    return _around("env", words)


def _around(launcher: str, words: Sequence[str]) -> Parsed:
    """A wrapper that runs another command line: what that one runs counts."""
    below = parse(words)
    return Parsed(
        launcher=below.launcher or launcher, script=below.script, module=below.module, package=below.package,
        directory=below.directory, inner=tuple(words), installs=below.installs,
    )  # fmt: skip


def _shell(name: str, rest: list[str]) -> Parsed:
    for i, word in enumerate(rest):
        if re.fullmatch(r"-[a-zA-Z]*c", word):
            line = rest[i + 1] if i + 1 < len(rest) else ""
            simple = not re.search(r"[;&|<>$`(){}\n]", line)
            below = _around(name, _words(line)) if simple else Parsed(launcher=name)
            return Parsed(
                launcher=name, script=below.script, module=below.module, package=below.package,
                directory=below.directory, inner=below.inner, installs=below.installs,
            )  # fmt: skip
    word = next((w for w in rest if not w.startswith("-")), "")
    return Parsed(launcher=name, script=word)


def _words(line: str) -> list[str]:
    import shlex

    try:
        words = shlex.split(line)
    except ValueError:
        return []
    return words[1:] if words[:1] == ["exec"] else words


def _cmd(rest: list[str]) -> Parsed:
    at = next((i for i, w in enumerate(rest) if w.lower() in ("/c", "/k")), None)
    return _around("cmd", rest[at + 1 :]) if at is not None else Parsed(launcher="cmd")


def _prefix(skip: int) -> Reader:
    def reads(rest: list[str]) -> Parsed:
        words = [w for w in rest if not w.startswith("-")]
        return _around("", rest[rest.index(words[skip]) :]) if len(words) > skip else Parsed()

    return reads


_VALUED = frozenset({"-u", "--user", "-g", "--group", "-n", "--name", "--prefix", "-p", "-i", "-o", "-e", "-c"})


def _runner(verbs: tuple[str, ...] = ()) -> Reader:
    """A wrapper whose command stands behind its own flags and one of `verbs`, or behind "--"."""

    def reads(rest: list[str]) -> Parsed:
        if "--" in rest:
            return _around("", rest[rest.index("--") + 1 :])
        words = rest
        for verb in (verbs, ()) if verbs else ((),):
            at, _ = _behind_flags(words, _VALUED)
            if verb and words[at : at + 1] and words[at] in verb:
                words = words[at + 1 :]
            elif verb:
                return Parsed()
        at, _ = _behind_flags(words, _VALUED)
        return _around("", words[at:]) if words[at:] else Parsed()

    return reads


def _container(name: str) -> Reader:
    return lambda rest: Parsed(launcher=name, inner=tuple(rest))


def _dlx(name: str, verbs: tuple[str, ...]) -> Reader:
    def reads(rest: list[str]) -> Parsed:
        if rest[:1] and rest[0] in verbs:
            found = _npx(rest[1:])
            return Parsed(launcher=name, package=found.package, inner=found.inner, installs=found.installs)
        return _npm(rest) if name in ("pnpm", "yarn") else Parsed(launcher=name)

    return reads


_bun_script = _script_of("bun", ("run",))
_READERS: dict[str, Reader] = dict(
    python=_python, node=_script_of("node"), tsx=_script_of("tsx", ("watch",)), deno=_script_of("deno", ("run",)),
    bun=lambda rest: _npx(rest[1:]) if rest[:1] == ["x"] else _bun_script(rest), bunx=_npx, npx=_npx, npm=_npm,
    pnpm=_dlx("pnpm", ("dlx", "exec")), yarn=_dlx("yarn", ("dlx", "exec")), pnpx=_npx, uvx=_uvx, uv=_uv, pipx=_pipx, java=_java,
    dotnet=_dotnet, env=_env, cmd=_cmd, nice=_prefix(0), nohup=_prefix(0), setsid=_prefix(0), timeout=_prefix(1),
    docker=_container("docker"), podman=_container("podman"), nerdctl=_container("nerdctl"),
    php=_script_of("php"), ruby=_script_of("ruby"), perl=_script_of("perl"), poetry=_prefix(1), pipenv=_prefix(1),
    setpriv=_runner(), sudo=_runner(), stdbuf=_runner(), ionice=_runner(), conda=_runner(("run",)), mamba=_runner(("run",)),
    micromamba=_runner(("run",)), hatch=_runner(("run",)), pdm=_runner(("run",)), rye=_runner(("run",)), mise=_runner(("exec", "x")),
    fnm=_runner(("exec",)), volta=_runner(("run",)), op=_runner(("run",)), doppler=_runner(("run",)), dotenvx=_runner(("run",)),
)  # fmt: skip
_READERS["ts-node"] = _script_of("ts-node")
