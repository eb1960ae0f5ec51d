"""Proxy settings outside the environment: the desktop's, and those of an editor. Read, never followed: a PAC is named."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

# Where VS Code and its descendants keep `http.proxy`, below the configuration home.
EDITORS = {
    "vscode": ("Code/User/settings.json", "Code - Insiders/User/settings.json", "VSCodium/User/settings.json"),
    "cursor": ("Cursor/User/settings.json",),
    "windsurf": ("Windsurf/User/settings.json",),
}

DESKTOP = ("claude-desktop", *EDITORS)  # Electron programs: they read the desktop's setting on Linux, others do not


def system_settings(environ: Mapping[str, str], client: str) -> dict[str, str]:
    """Scheme → proxy URL, beside "no" (comma list), "pac" (URL) and "name" (whose setting it is). Empty when none."""
    editor = _editor(environ, client)
    if editor:
        return editor
    if sys.platform in ("win32", "darwin"):
        found = _native()
    else:
        found = _gnome(environ) if client in DESKTOP else {}
    return found


def _editor(environ: Mapping[str, str], client: str) -> dict[str, str]:
    """`http.proxy` and `http.noProxy` of the editor's settings (code.visualstudio.com/docs/setup/network)."""
    for place in EDITORS.get(client, ()):
        file = _config_home(environ) / place
        try:
            text = file.read_text("utf-8", "replace")[:1_000_000]
        except OSError:
            continue
        live = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        m = re.search(r'"http\.proxy"\s*:\s*"([^"]+)"', live)
        off = re.search(r'"http\.proxySupport"\s*:\s*"off"', live)
        if m and not off:
            no = re.search(r'"http\.noProxy"\s*:\s*\[([^\]]*)\]', live)
            rules = ",".join(re.findall(r'"([^"]+)"', no.group(1))) if no else ""
            return {"all": m.group(1), "no": rules, "name": f"http.proxy in {file}"}
    return {}


def _config_home(environ: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(environ.get("APPDATA", ""))
    home = Path(environ.get("HOME", "/"))
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config")


def _native() -> dict[str, str]:
    """Windows registry or macOS system configuration, by the standard library. Variables of ours do not count here."""
    getter = getattr(urllib.request, "getproxies_registry", None) or getattr(
        urllib.request, "getproxies_macosx_sysconf", None
    )
    found: dict[str, str] = dict(getter()) if getter else {}
    return found | {"name": "the system's proxy setting"} if found else {}


def _gnome(environ: Mapping[str, str]) -> dict[str, str]:
    """GNOME's setting, which Chromium and Electron read on Linux, when a desktop runs. Half a second at most."""
    program = shutil.which("gsettings", path=environ.get("PATH"))
    if not program or not (environ.get("XDG_CURRENT_DESKTOP") and environ.get("DBUS_SESSION_BUS_ADDRESS")):
        return {}

    def get(schema: str, key: str) -> str:
        try:
            done = subprocess.run(
                [program, "get", schema, key], capture_output=True, text=True, timeout=0.5, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip().strip("'")

    mode = get("org.gnome.system.proxy", "mode")
    if mode == "auto":
        return {"pac": get("org.gnome.system.proxy", "autoconfig-url"), "name": "GNOME's proxy setting"}
    if mode != "manual":
        return {}
    found = {"name": "GNOME's proxy setting"}
    for scheme in ("http", "https", "socks"):
        host, port = (get(f"org.gnome.system.proxy.{scheme}", key) for key in ("host", "port"))
        if host and port.isdigit() and port != "0":
            found["all" if scheme == "socks" else scheme] = (
                f"{'socks5' if scheme == 'socks' else 'http'}://{host}:{port}"
            )
    found["no"] = ",".join(re.findall(r"'([^']+)'", get("org.gnome.system.proxy", "ignore-hosts")))
    return found if len(found) > 2 else {}
