"""Packages that npx and uvx do not get, with real npm and uv against a registry on loopback."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.lab import Lab, World, fault, healthy
from tests.packages import JS_SERVER, PY_SERVER, npm_package, npx, registry, uvx, wheel


@fault("launch-package-not-found", needs=("node",), timeout=30)
def npm_name_misspelt(lab: Lab) -> dict[str, Any]:
    lab.must_show("@modelcontextprotocol/server-filesytem", "@modelcontextprotocol/server-filesystem", "E404")
    return npx(lab, "-y", "@modelcontextprotocol/server-filesytem", "/tmp", registry=registry(lab))


@fault("launch-package-not-found", needs=("node",), timeout=30)
def npm_scope_left_out(lab: Lab) -> dict[str, Any]:
    lab.must_show("@modelcontextprotocol/server-memory")
    return npx(lab, "-y", "server-memory", registry=registry(lab))


@fault("launch-package-not-found", needs=("node",), timeout=30)
def npm_never_published(lab: Lab) -> dict[str, Any]:
    lab.must_show("quite-private-thing")
    return npx(lab, "-y", "quite-private-thing@latest", registry=registry(lab))


@fault("launch-package-not-found", needs=("node",), timeout=30)
def npm_version_not_there(lab: Lab) -> dict[str, Any]:
    npm_package(lab, "mcp-weather", {"index.js": JS_SERVER}, "1.4.2", bin={"mcp-weather": "index.js"})
    lab.must_show("mcp-weather@9.0.0", "1.4.2")
    return npx(lab, "-y", "mcp-weather@9.0.0", registry=registry(lab))


@fault("launch-package-not-found", needs=("uvx",), timeout=30)
def pypi_name_misspelt(lab: Lab) -> dict[str, Any]:
    lab.must_show("mcp-server-tiem", "mcp-server-time")
    return uvx(lab, "mcp-server-tiem", registry=registry(lab))


@fault("launch-package-not-found", needs=("uvx",), timeout=30)
def pypi_name_too_long_for_one_line(lab: Lab) -> dict[str, Any]:
    name = "a-server-with-quite-a-long-name-that-no-one-would-break-over-two-lines"
    lab.must_show(name)
    return uvx(lab, name, registry=registry(lab))


@fault("launch-package-not-found", needs=("uvx",), timeout=30)
def pypi_version_not_there(lab: Lab) -> dict[str, Any]:
    wheel(lab, "acme-weather", {"acme_weather.py": PY_SERVER}, "0.8.1", scripts={"acme-weather": "acme_weather:main"})
    lab.must_show("acme-weather==2.0", "0.8.1")
    return uvx(lab, "acme-weather@2.0", registry=registry(lab))


@fault("launch-package-broken", needs=("node",), timeout=30)
def npm_dependency_not_in_the_registry(lab: Lab) -> dict[str, Any]:
    npm_package(lab, "mcp-half", {"index.js": JS_SERVER}, "2.0.1", bin="index.js", dependencies={"gone-part": "^3"})
    lab.must_show("gone-part", "mcp-half")
    return npx(lab, "-y", "mcp-half", registry=registry(lab))


@fault("launch-package-broken", needs=("node",), timeout=30)
def npm_dependency_not_declared(lab: Lab) -> dict[str, Any]:
    code = JS_SERVER.replace("let rest", 'require("forgotten-part")\nlet rest')
    npm_package(lab, "mcp-forgot", {"index.js": code}, "0.3.0", bin="index.js")
    lab.must_show("forgotten-part", "mcp-forgot@0.3.0")
    return npx(lab, "-y", "mcp-forgot", registry=registry(lab))


@fault("launch-package-broken", needs=("node",), timeout=30)
def npm_program_not_in_the_archive(lab: Lab) -> dict[str, Any]:
    npm_package(lab, "mcp-unbuilt", {"src.ts": ""}, "1.1.0", bin={"mcp-unbuilt": "dist/index.js"})
    lab.must_show("mcp-unbuilt@1.1.0", "dist/index.js")
    return npx(lab, "-y", "mcp-unbuilt", registry=registry(lab))


@fault("launch-package-broken", needs=("uvx",), timeout=30)
def pypi_pin_that_cannot_be_met(lab: Lab) -> dict[str, Any]:
    wheel(lab, "acme-base", {"acme_base.py": ""}, "1.0")
    wheel(
        lab,
        "acme-pinned",
        {"acme_pinned.py": PY_SERVER},
        requires=("acme-base==7.7",),
        scripts={"acme-pinned": "acme_pinned:main"},
    )
    lab.must_show("acme-base==7.7", "acme-pinned")
    return uvx(lab, "acme-pinned", registry=registry(lab))


@fault("launch-package-broken", needs=("uvx",), timeout=30)
def pypi_requirement_forgotten(lab: Lab) -> dict[str, Any]:
    wheel(lab, "acme-forgot", {"acme_forgot.py": "import acme_forgotten_part\n" + PY_SERVER}, "0.2",
          scripts={"acme-forgot": "acme_forgot:main"})  # fmt: skip
    lab.must_show("acme_forgotten_part", "acme-forgot 0.2")
    return uvx(lab, "acme-forgot", registry=registry(lab))


@fault("launch-package-other-registry", needs=("node",), timeout=30)
def scope_sent_to_a_registry_without_it(lab: Lab) -> dict[str, Any]:
    empty = registry(lab)
    project = Path(lab.write("project/.npmrc", f"@acme:registry={empty}\n")).parent
    lab.must_show(empty, "@acme/mcp-server", "@acme:registry")
    return npx(lab, "-y", "@acme/mcp-server", registry="http://127.0.0.1:9", cwd=str(project))


@fault("launch-package-other-registry", needs=("node",), timeout=30)
def registry_wants_a_login(lab: Lab) -> dict[str, Any]:
    private = registry(lab, 401)
    lab.must_show(private, "E401")
    return npx(lab, "-y", "@acme/mcp-server", registry=private)


@fault("launch-package-other-registry", needs=("uvx",), timeout=30)
def index_refuses(lab: Lab) -> dict[str, Any]:
    lab.must_show("403")
    return uvx(lab, "acme-private", registry=registry(lab, 403))


@fault("launch-registry-unreachable", needs=("node",), timeout=30)
def npm_registry_closed(lab: Lab) -> dict[str, Any]:
    """npm tries for more than a minute: the diagnosis must not wait for it."""
    port = lab.free_port()
    lab.must_show(f"127.0.0.1:{port}", "ECONNREFUSED")
    return npx(lab, "-y", "mcp-weather", registry=f"http://127.0.0.1:{port}")


@fault("launch-registry-unreachable", needs=("node",), timeout=30)
def npm_registry_closed_and_no_retries(lab: Lab) -> dict[str, Any]:
    port = lab.free_port()
    lab.must_show("ECONNREFUSED")
    return npx(lab, "-y", "mcp-weather", registry=f"http://127.0.0.1:{port}", env={"npm_config_fetch_retries": "0"})


@fault("launch-registry-unreachable", needs=("node",), timeout=30)
def npm_registry_name_unknown(lab: Lab) -> dict[str, Any]:
    lab.must_show("no-such-registry.invalid")
    return npx(
        lab, "-y", "mcp-weather", registry="http://no-such-registry.invalid", env={"npm_config_fetch_retries": "0"}
    )


@fault("launch-registry-unreachable", needs=("uvx",), timeout=30)
def pypi_index_closed(lab: Lab) -> dict[str, Any]:
    return uvx(lab, "acme-weather", registry=f"http://127.0.0.1:{lab.free_port()}")


@fault("launch-registry-unreachable", needs=("uvx",), timeout=30)
def uv_told_to_stay_offline(lab: Lab) -> dict[str, Any]:
    lab.must_show("acme-weather", "offline")
    return uvx(lab, "--offline", "acme-weather", registry="http://127.0.0.1:9")


@fault("launch-wrong-package-manager", needs=("uvx",), timeout=30)
def npm_scope_given_to_uvx(lab: Lab) -> dict[str, Any]:
    lab.must_show("npx -y @modelcontextprotocol/server-memory")
    return uvx(lab, "@modelcontextprotocol/server-memory", registry="http://127.0.0.1:9")


@fault("launch-wrong-package-manager", needs=("node", "uvx"), timeout=30)
def npm_package_given_to_uvx(lab: Lab) -> dict[str, Any]:
    npm_package(lab, "acme-mcp-server", {"index.js": JS_SERVER}, "3.1.0", bin="index.js")
    both = registry(lab)
    lab.must_show("npx -y acme-mcp-server", "3.1.0")
    return uvx(lab, "acme-mcp-server", registry=both, env={"npm_config_registry": both})


@fault("launch-wrong-package-manager", needs=("node", "uvx"), timeout=30)
def python_package_given_to_npx(lab: Lab) -> dict[str, Any]:
    wheel(
        lab,
        "mcp-acme-weather",
        {"mcp_acme_weather.py": PY_SERVER},
        "0.5",
        scripts={"mcp-acme-weather": "mcp_acme_weather:main"},
    )
    both = registry(lab)
    from tests.packages import UVX

    path = f"{Path(UVX).parent}:{os.environ['PATH']}"
    lab.must_show("uvx", "mcp-acme-weather", "0.5")
    env = {"UV_INDEX_URL": f"{both}/simple", "PATH": path, "UV_PYTHON": lab.python}
    return npx(lab, "-y", "mcp-acme-weather", registry=both, env=env)


@fault("launch-entry-point", needs=("uvx",), timeout=30)
def program_called_otherwise(lab: Lab) -> dict[str, Any]:
    wheel(lab, "acme-tools", {"acme_tools.py": PY_SERVER}, scripts={"acme-tools-mcp": "acme_tools:main"})
    lab.must_show("acme-tools-mcp", "uvx --from acme-tools acme-tools-mcp")
    return uvx(lab, "acme-tools", registry=registry(lab))


@fault("launch-entry-point", needs=("uvx",), timeout=30)
def several_programs_and_none_is_meant(lab: Lab) -> dict[str, Any]:
    scripts = {"acme-admin": "acme_kit:main", "acme-serve": "acme_kit:main"}
    wheel(lab, "acme-kit", {"acme_kit.py": PY_SERVER}, scripts=scripts)
    lab.must_show("acme-admin", "acme-serve", "acme-server")
    return uvx(lab, "--from", "acme-kit", "acme-server", registry=registry(lab))


@fault("launch-entry-point", needs=("uvx",), timeout=30)
def library_without_a_program(lab: Lab) -> dict[str, Any]:
    wheel(lab, "acme-lib", {"acme_lib.py": ""})
    lab.must_show("acme-lib")
    return uvx(lab, "acme-lib", registry=registry(lab))


@fault("launch-entry-point", needs=("node",), timeout=30)
def npm_package_with_two_programs(lab: Lab) -> dict[str, Any]:
    npm_package(lab, "acme-pair", {"a.js": JS_SERVER, "b.js": JS_SERVER}, bin={"acme-mcp": "a.js", "acme-cli": "b.js"})
    lab.must_show("acme-mcp", "npx -p acme-pair acme-")
    return npx(lab, "-y", "acme-pair", registry=registry(lab))


@fault("launch-entry-point", needs=("uvx",), timeout=30)
def project_script_called_otherwise(lab: Lab) -> dict[str, Any]:
    from tests.packages import UV

    project = '[project]\nname = "acme"\nversion = "1"\nrequires-python = ">=3.11"\n[project.scripts]\nacme-mcp = "acme:main"\n'
    place = Path(lab.write("acme/pyproject.toml", project)).parent
    lab.must_show("acme-mcp", "acme-server")
    env = {"UV_PYTHON": lab.python, "UV_OFFLINE": "1"}
    return lab.stdio(UV, "--directory", str(place), "run", "--no-sync", "acme-server", env=env)


@fault("launch-entry-point", needs=("node",), timeout=30)
def npm_program_that_the_package_lacks(lab: Lab) -> dict[str, Any]:
    npm_package(lab, "acme-one", {"a.js": JS_SERVER}, bin={"acme-mcp": "a.js"})
    lab.must_show("acme-mcp", "npx -p acme-one acme-mcp")
    return npx(lab, "-y", "-p", "acme-one", "acme-server", registry=registry(lab))


@healthy(needs=("uvx",), timeout=40)
def uvx_offline_from_local_wheels(lab: Lab) -> dict[str, Any]:
    wheel(lab, "acme-clock", {"acme_clock.py": PY_SERVER}, scripts={"acme-clock": "acme_clock:main"})
    wheels = str(lab.tmp / "registry" / "wheels")
    return uvx(lab, "--offline", "--no-index", "--find-links", wheels, "acme-clock", registry="http://127.0.0.1:9")


@fault("launch-package-other-registry", needs=("node",), timeout=30)
def project_sends_public_packages_elsewhere(lab: Lab) -> dict[str, Any]:
    empty = registry(lab)
    place = Path(lab.write("project/.npmrc", f"registry={empty}\n")).parent
    lab.must_show(empty, "project/.npmrc")
    return lab.stdio(
        "npx", "-y", "@modelcontextprotocol/server-memory", cwd=str(place), env={"npm_config_update_notifier": "false"}
    )


def _npx_folder(lab: Lab, url: str, package: str) -> Path:
    """Lets npx fill its folder once, as a first start does."""
    env = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG")}
    env |= {"HOME": str(lab.home), "npm_config_registry": url, "npm_config_update_notifier": "false"}
    subprocess.run(
        ["npx", "-y", package], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, cwd=lab.tmp
    )
    return next((lab.home / ".npm" / "_npx").iterdir())


def _with_part(lab: Lab) -> str:
    code = JS_SERVER.replace("let rest", 'require("acme-part")\nlet rest')
    npm_package(lab, "acme-part", {"main.js": "module.exports = 1\n"}, main="main.js")
    npm_package(lab, "mcp-parts", {"index.js": code}, bin="index.js", dependencies={"acme-part": "^1.0.0"})
    return registry(lab)


@fault("launch-npx-cache", needs=("node",), timeout=30)
def file_of_a_dependency_was_never_unpacked(lab: Lab) -> dict[str, Any]:
    url = _with_part(lab)
    folder = _npx_folder(lab, url, "mcp-parts")
    (folder / "node_modules" / "acme-part" / "main.js").unlink()
    lab.must_show(str(folder), "acme-part/main.js")
    return npx(lab, "-y", "mcp-parts", registry=url)


@healthy(needs=("node",), timeout=40)
def npx_installs_and_starts(lab: Lab) -> dict[str, Any]:
    npm_package(lab, "mcp-weather", {"index.js": JS_SERVER}, bin={"mcp-weather": "index.js"})
    return npx(lab, "-y", "mcp-weather", registry=registry(lab))


@healthy(needs=("node",), timeout=40)
def npx_from_the_cache_while_the_registry_is_away(lab: Lab) -> dict[str, Any]:
    npm_package(lab, "mcp-weather", {"index.js": JS_SERVER}, bin={"mcp-weather": "index.js"})
    url = registry(lab)
    _npx_folder(lab, url, "mcp-weather")
    return npx(lab, "-y", "--offline", "mcp-weather", registry=url)


@healthy(needs=("uvx",), timeout=40)
def uvx_with_another_program_name(lab: Lab) -> dict[str, Any]:
    wheel(lab, "acme-tools", {"acme_tools.py": PY_SERVER}, scripts={"acme-tools-mcp": "acme_tools:main"})
    return uvx(lab, "--from", "acme-tools", "acme-tools-mcp", registry=registry(lab))


@healthy(needs=("node",), timeout=40)
def npm_warnings_on_stderr(lab: Lab) -> dict[str, Any]:
    """What npm prints above a healthy server must not count."""
    noise = (
        'console.error("npm warn deprecated glob@7.2.3: Glob versions prior to v9 are no longer supported")\n'
        'console.error("npm warn exec The following package was not found and will be installed: mcp-x@1.0.0")\n'
        'console.error("npm error code E404")\n'
    )
    return lab.stdio(lab.node, lab.write("server.js", JS_SERVER.replace("let rest", noise + "let rest", 1)))


@healthy(needs=("node",), timeout=40)
def npx_of_an_installed_project(lab: Lab) -> World:
    """npx runs what the project has installed, and asks no registry."""
    place = lab.tmp / "project"
    lab.write("project/package.json", json.dumps({"name": "p", "private": True, "dependencies": {"mcp-own": "1.0.0"}}))
    manifest = {"name": "mcp-own", "version": "1.0.0", "bin": {"mcp-own": "index.js"}}
    lab.write("project/node_modules/mcp-own/package.json", json.dumps(manifest))
    lab.write("project/node_modules/mcp-own/index.js", JS_SERVER, 0o755)
    lab.write("project/node_modules/.bin/.keep", "")
    (place / "node_modules" / ".bin" / "mcp-own").symlink_to("../mcp-own/index.js")
    return World(entry=npx(lab, "mcp-own", registry="http://127.0.0.1:9", cwd=str(place)))
