"""Why npx or uvx has no package to run."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...facts.said import bare, flat, npm_code, npm_missing, quoted, same, uv_missing
from ...model import Confirm, Proof, Trace, cause

_DIAGNOSE = Confirm("diagnose", {})
_WIRE = re.compile(
    r"E(CONN\w+|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|PROTO|5\d\d)|ERR_SOCKET_TIMEOUT|\w*CERT\w*"
    r"|\w*SIGNATURE\w*|FETCH_ERROR|ENOTCACHED"
)
_UV_WIRE = re.compile(
    r"(?:Failed to fetch|error sending request|Failed to download|Could not connect).*?"
    r"(Connection refused|Name or service not known|failed to lookup address information|timed? ?out|"
    r"invalid peer certificate: \w+|[Nn]etwork is unreachable|Connection reset|HTTP status server error \(5\d\d)"
)
_UV_OFFLINE = "Packages were unavailable because the network was disabled"
STDERR = "launch.run.stderr"


def failed(t: Trace) -> tuple[LaunchFacts, str] | None:
    """The facts and the stderr of a launcher that ended without an answer, or None."""
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.died or not f.run.stderr:
        return None
    return f, f.run.stderr


def ended(f: LaunchFacts) -> str:
    assert f.run is not None
    return f"ended by {f.run.signal}" if f.run.signal else f"ended with exit code {f.run.exit_code}"


def _ours(f: LaunchFacts, name: str) -> bool:
    """Whether the entry itself asks for that package; otherwise it is a dependency."""
    return any(same(bare(x), bare(name)) for x in (f.package, *f.installs) if x)


@cause(
    "launch-wrong-package-manager",
    "package",
    title="An npm package is given to uvx, or a Python package to npx",
    means="npx runs packages of npm, uvx runs packages of PyPI. The package exists, but in the other of the two worlds, "
    "so this launcher cannot find it.",
    who="you",
    fix="Start {package} with {launcher}.",
    commands=["{launcher_program} {flags:words} {package}"],
    confirm_with=_DIAGNOSE,
)
def wrong_package_manager(t: Trace) -> Proof | None:
    seen = failed(t)
    if seen is None or seen[0].launcher not in ("uvx", "npx"):
        return None
    f, stderr = seen
    name = bare(f.package)
    to_npx = {"package": f.package, "launcher": "npx -y", "launcher_program": "npx", "flags": "-y"}
    if f.launcher == "uvx":
        refused = quoted(stderr, r"Invalid version request|[Nn]ot a valid package or extra name|Expected package name")
        scoped = re.fullmatch(r"@[\w.~-]+/[\w.~-]+", name)
        if scoped and refused:
            text = f"uvx was given {f.package}. A name with a scope belongs to npm; uvx answered “{refused}”."
            return Proof(text, ("launch.package", STDERR), to_npx)
        version = f.asked.get("npm view", "")
        there = version[:1].isdigit() and ("mcp" in name.lower() or f.asked.get("known npm package") == "yes")
        if there and _ours(f, uv_missing(stderr)[0] or name) and f.asked.get("uv finds", "not found") == "not found":
            text = f"PyPI's index has no {name}, npm has {name} {version}; the entry starts it with uvx."
            return Proof(text, (STDERR, "launch.asked[npm view]"), to_npx)
        return None
    version = f.asked.get("uv finds", "")
    if npm_code(stderr) == "E404" and version[:1].isdigit() and "mcp" in name.lower() and _ours(f, npm_missing(stderr)):
        text = f"npm's registry has no {name} (E404), PyPI's index has {name} {version}; the entry starts it with npx."
        values = {"package": name, "launcher": "uvx", "launcher_program": "uvx", "flags": ""}
        return Proof(text, (STDERR, "launch.asked[uv finds]"), values)
    return None


@cause(
    "launch-entry-point",
    "package",
    title="The package has no program of the name that is started",
    means="The package was found and installed, but the program in it is called differently, so the launcher does not "
    "know what to run.",
    who="you",
    fix="Name the program of the package: {programs}.",
    commands=["{launcher_program} {flag:words} {package:words} {program}"],
    confirm_with=_DIAGNOSE,
)
def entry_point(t: Trace) -> Proof | None:
    seen = failed(t)
    if seen is None:
        return None
    f, stderr = seen
    words = flat(stderr)
    no = re.search(
        r"An executable named [`'\"]?([^`'\"\s]+?)[`'\"]? is not provided by package [`'\"]?([^`'\"\s]+?)[`'\"]?[.\s]",
        words,
    )
    none = re.search(r"Package [`'\"]?([^`'\"\s]+?)[`'\"]? does not provide any executables", words)
    pipx = re.search(r"'([^'\s]+)' executable script not found in package '([^'\s]+)'", words)
    listed = f.asked.get("programs of the package", "")
    if no or pipx:
        wanted, package = (no or pipx)[1], (no or pipx)[2]  # type: ignore[index]
        programs = re.findall(r"^\s*- (\S+)\s*$", stderr, re.MULTILINE)
        programs = programs or re.findall(r"Available executable scripts:\s*(\S+)", words)
    elif none:
        wanted, package, programs = f.inner[0] if f.inner else none[1], none[1], []
    elif listed and (f.launcher == "npx" or f.launcher == "uv run"):
        wanted, package = f.inner[0] if f.inner else f.package, bare(f.package)
        programs = [] if listed == "none" else listed.split(", ")
    else:
        return None
    if wanted in programs:
        return None
    has = f"has only {', '.join(programs)}" if programs else "has no program at all"
    text = f"The package {package} {has}; the entry starts “{wanted}” from it, and it {ended(f)}."
    values = {
        "package": package,
        "programs": ", ".join(programs) or "<none: it is a library>",
        "launcher_program": f.launcher,
    }
    values["program"] = _likest(wanted, programs)
    values["flag"] = "-p" if f.launcher == "npx" else "--from"
    if f.launcher == "uv run":
        values |= {"launcher_program": "uv", "flag": "run", "package": ""}
    return Proof(text, (STDERR, *(("launch.asked[programs of the package]",) if listed else ())), values)


def _likest(wanted: str, programs: list[str]) -> str:
    def shared(name: str) -> int:
        return sum(1 for word in re.split(r"[-_.@/]", wanted) if word and word in name)

    return max(programs, key=shared) if programs else "<program>"


@cause(
    "launch-npx-cache",
    "package",
    title="The npx folder of this package is only half filled",
    means="npx keeps each package in a folder of its own and does not look into it again. An install that was cut off "
    "leaves a folder that every later start uses as it is.",
    who="you",
    fix="Delete {folder}: the next start fills it again.",
    commands=["rm -r {folder}"],
    over=("launch-module-missing", "launch-not-built", "launch-path-missing"),
    confirm_with=_DIAGNOSE,
)
def npx_cache(t: Trace) -> Proof | None:
    seen = failed(t)
    if seen is None:
        return None
    f, stderr = seen
    folder, missing = f.asked.get("npx folder", ""), f.asked.get("npx missing", "")
    state, package = f.asked.get("npx missing is", ""), f.asked.get("npx missing from", "")
    if folder and missing and state in ("in its archive", "a listed dependency"):
        why = "the package's own archive holds it" if state == "in its archive" else "it is a listed dependency of it"
        text = f"{folder} lacks {missing} of {package}: {why}. The start {ended(f)}."
        return Proof(text, ("launch.asked[npx folder]", "launch.asked[npx missing]", STDERR), {"folder": folder})
    second = f.rerun("started a second time")
    code = npm_code(stderr)
    if folder and code in ("ENOTEMPTY", "EEXIST") and second is not None and not second.answered:
        text = f"npm cannot replace what lies in {folder} ({code}), at the first start and at the second."
        return Proof(text, ("launch.asked[npx folder]", STDERR), {"folder": folder})
    if folder and missing and not state and not package.startswith(bare(f.package) + "@"):
        text = f"{folder} lacks {missing} of {package}, a dependency of {bare(f.package)}. The start {ended(f)}."
        return Proof(text, ("launch.asked[npx folder]", STDERR), {"folder": folder}, confidence="likely")
    return None


@cause(
    "launch-package-other-registry",
    "package",
    title="The package is asked from a registry that does not give it",
    means="A setting sends the question for this package to another registry than the one that has it, or that registry "
    "wants a login.",
    who="you",
    fix="Change {setting} so that {package} is asked from the registry that has it, or log in to {registry}.",
    over=("launch-package-not-found",),
    confirm_with=_DIAGNOSE,
)
def other_registry(t: Trace) -> Proof | None:
    seen = failed(t)
    if seen is None:
        return None
    f, stderr = seen
    code, registry = npm_code(stderr), f.asked.get("npm registry", "")
    setting = f.asked.get("npm registry set by", "")
    values = {
        "package": bare(f.package),
        "registry": registry or "the registry",
        "setting": setting or "the registry setting",
    }
    cites = [STDERR, *(("launch.asked[npm registry]", "launch.asked[npm registry set by]") if registry else ())]
    if code in ("E401", "E403", "ENEEDAUTH"):
        where = f"{registry} ({setting})" if registry else "its registry"
        text = f"npm asked {where} for {bare(f.package)} and was refused: {code}."
        return Proof(text, tuple(cites), values)
    if code == "E404" and registry and _ours(f, npm_missing(stderr)):
        key, _, source = setting.partition(" in ")
        project = f.cwd not in ("", "/") and source.startswith(f.cwd.rstrip("/") + "/")
        if key.startswith("@") or project or f.asked.get("known package") == "yes":
            text = f"npm asked {registry} for {bare(f.package)} because of {setting}; that registry does not have it (E404)."
            return Proof(text, tuple(cites), values)
    return _other_index(f, stderr)


def _other_index(f: LaunchFacts, stderr: str) -> Proof | None:
    words = flat(stderr)
    hint = re.search(r"An index (?:URL )?\(?`?((?:https?://)(?:[^@/\s`]*@)?[^\s`)]+)`?\)? .*?(401|403)", words)
    if not hint or f.launcher not in ("uvx", "uv run"):
        return None
    index = re.sub(r"//[^/@]*@", "//", hint[1])
    text = f"uv asked {index} for {bare(f.package) or 'a package'} and was refused: {hint[2]}."
    values = {"package": bare(f.package), "registry": index, "setting": "the index of uv"}
    return Proof(text, (STDERR,), values)


@cause(
    "launch-registry-unreachable",
    "package",
    title="The package registry cannot be reached",
    means="The launcher fetches the package at each start, or at least asks whether there is a newer one. Without a way "
    "to the registry no server is started.",
    who="you",
    fix="Open the way to {registry} (network, proxy, certificates, offline switches), or install the package once and "
    "name its program instead of {launcher}.",
    over=("launch-slow-start", "stdio-silent"),
    confirm_with=_DIAGNOSE,
)
def registry_unreachable(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or f.run.answered or f.launcher not in ("npx", "npm", "uvx", "uv run", "pipx"):
        return None
    silent = f.run.exit_code is None and not f.run.signal
    values = {"registry": f.asked.get("npm registry", "") or "the registry", "launcher": f.launcher}
    for key, program in (("npm view", "npm"), ("uv finds", "uv")):
        answer = f.asked.get(key, "")
        if silent and answer.startswith("unreachable"):
            why = answer.removeprefix("unreachable").strip(" :")
            text = (
                f"{f.launcher} is still trying and has started no server: {program} cannot reach its registry ({why})."
            )
            return Proof(text, (f"launch.asked[{key}]",), {"registry": values["registry"], "launcher": f.launcher})
    if silent:
        return None
    stderr, code = f.run.stderr, npm_code(f.run.stderr)
    words = flat(stderr)
    if _WIRE.fullmatch(code):
        said = re.search(r"(?:network )?request to (\S+) failed, reason: ([^{]{3,120}?)(?: at | npm |$| This )", words)
        reason = said[2].strip() if said else quoted(stderr, r"reason:|only-if-cached|50\d ") or code
        text = f"npm could not reach the registry for {bare(f.package)} ({code}: {_short(reason)})."
        return Proof(text, (STDERR,), values)
    wire = _UV_WIRE.search(words)
    if wire:
        url = re.search(r"https?://(?:[^@/\s`]*@)?([^\s`)/]+)", words)
        text = f"uv could not fetch from {url[1] if url else 'its index'}: {wire[1]}."
        return Proof(text, (STDERR,), values | {"registry": url[1] if url else "the index"})
    if _UV_OFFLINE in words:
        text = f"uv was told to stay offline, and its cache does not hold {bare(f.package) or 'what it needs'}."
        return Proof(text, (STDERR,), values)
    return None


def _short(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", text)[:160]


@cause(
    "launch-package-broken",
    "package",
    title="This release of the package cannot be installed or run",
    means="The package is there, but this release of it asks for something that does not exist, or lacks a part of "
    "itself. It fails in the same way on every machine.",
    who="server_author",
    fix="Pin another release of {package} until its author publishes a whole one.",
    over=("launch-module-missing", "launch-not-built", "launch-path-missing"),
    confirm_with=_DIAGNOSE,
)
def package_broken(t: Trace) -> Proof | None:
    seen = failed(t)
    if seen is None:
        return None
    f, stderr = seen
    state, missing = f.asked.get("npx missing is", ""), f.asked.get("npx missing", "")
    package = f.asked.get("npx missing from", "")
    if missing and state in ("not in its archive", "not a listed dependency"):
        why = "its archive does not hold it" if state == "not in its archive" else "it does not list it as a dependency"
        text = f"{package} needs {missing}, but {why}. The start {ended(f)}."
        return Proof(text, (STDERR, "launch.asked[npx missing is]"), {"package": package, "missing": missing})
    lacks, needs = f.asked.get("release lacks", ""), f.asked.get("release requires", "").split(", ")
    if lacks and not any(same(lacks, n) for n in needs) and lacks not in ("mcp", "fastmcp"):
        release = f.asked["release"]
        text = f"{release} imports {lacks}, which it neither contains nor requires. The start {ended(f)}."
        return Proof(text, (STDERR, "launch.asked[release requires]"), {"package": release, "missing": lacks})
    values = {"package": f.package}
    gone = npm_missing(stderr)
    if npm_code(stderr) in ("E404", "ETARGET") and gone and f.package and not _ours(f, gone):
        text = f"{f.package} depends on {gone}, which the registry does not have ({npm_code(stderr)})."
        return Proof(text, (STDERR,), values | {"missing": gone})
    if npm_code(stderr) in ("EUNSUPPORTEDPROTOCOL", "EINVALIDPACKAGENAME"):
        said = quoted(stderr, r"Unsupported URL Type|Invalid package name")
        return Proof(f"npm cannot read what {f.package} depends on: “{said}”.", (STDERR,), values)
    return _unsatisfiable(f, stderr, values)


def _unsatisfiable(f: LaunchFacts, stderr: str, values: dict[str, str]) -> Proof | None:
    name, version = uv_missing(stderr)
    words = flat(stderr)
    depends = re.search(
        r"(?:all versions of |only )?([\w.\-]+(?:==\S+)?) depends? on ([\w.\-\[\]]+[=<>!~]*[\w.*,<>=!~]*)", words
    )
    if name and depends and not _ours(f, name) and f.launcher in ("uvx", "uv run", "pipx"):
        what = f"{name}{version}"
        text = (
            f"{f.package or depends[1]} cannot be installed: it depends on {what}, which does not exist in the index."
        )
        return Proof(text, (STDERR,), {"package": values["package"] or depends[1], "missing": what})
    return None


@cause(
    "launch-package-not-found",
    "package",
    title="The registry has no package of this name or version",
    means="The launcher asked the registry for the package and was told that there is none. Most often the name is "
    "misspelt, its scope is missing, or that version was never published.",
    who="you",
    fix="Change {package} in the entry to {right_name}.",
    confirm_with=_DIAGNOSE,
)
def package_not_found(t: Trace) -> Proof | None:
    seen = failed(t)
    if seen is None:
        return None
    f, stderr = seen
    code, near = npm_code(stderr), f.asked.get("near name", "")
    name = bare(f.package)
    values = {"package": f.package or name, "right_name": near or "the name in the server's own documentation"}
    hint = f" A well-known package of nearly that name is {near}." if near else ""
    cites = (STDERR, *(("launch.asked[near name]",) if near else ()))
    gone = npm_missing(stderr)
    if code == "E404" and (not gone or _ours(f, gone)):
        return Proof(f"npm's registry has no {name or gone} (E404).{hint}", cites, values)
    latest = f.asked.get("npm view", "")
    if code == "ETARGET" and _ours(f, gone):
        known = latest[:1].isdigit()
        text = f"npm's registry has {name}, but not {gone} (ETARGET)." + (f" The newest is {latest}." if known else "")
        if known:
            values["right_name"] = f"{name}@{latest}"
        return Proof(text, (STDERR, *(("launch.asked[npm view]",) if known else ())), values)
    if code in ("EINVALIDTAGNAME", "EINVALIDPACKAGENAME"):
        return Proof(f"npm cannot read “{f.package}” as a package name ({code}).{hint}", cites, values)
    return _not_in_index(f, stderr, values, hint, cites) or _other_manager(f, stderr, values)


def _not_in_index(
    f: LaunchFacts, stderr: str, values: dict[str, str], hint: str, cites: tuple[str, ...]
) -> Proof | None:
    gone, version = uv_missing(stderr)
    if not gone or not _ours(f, gone) or _UV_OFFLINE in flat(stderr):
        return None
    values = values | {"package": f"{gone}{version}"}
    latest = f.asked.get("uv finds", "")
    if version and latest[:1].isdigit():
        text = f"The index has {gone}, but no {gone}{version}. The newest is {latest}."
        return Proof(text, (STDERR, "launch.asked[uv finds]"), values | {"right_name": f"{gone}=={latest}"})
    if version:
        return Proof(f"The index has no {gone}{version}.", (STDERR,), values)
    return Proof(f"The index of Python packages has no {gone}.{hint}", cites, values)


def _other_manager(f: LaunchFacts, stderr: str, values: dict[str, str]) -> Proof | None:
    """bunx, pnpm, yarn and pipx in their own words."""
    said = quoted(stderr, r"ERR_PNPM_FETCH_404|ERR_PNPM_NO_MATCHING_VERSION|GET https?://\S+ - 404|\[E404\]"
                          r"|Couldn't find package|No matching distribution found for|failed to resolve|@\S+ failed to resolve")  # fmt: skip
    if not said or f.launcher not in ("bunx", "bun", "pnpm", "pnpx", "yarn", "pipx") or "Requires-Python" in stderr:
        return None
    return Proof(f"{f.launcher} found no {f.package}: “{said}”.", (STDERR,), values)
