"""What a client keeps beside its config: which project servers the user has approved, and which are switched off."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .discover_places import Where
from .discover_read import read
from .model import Problem, Target


class State:
    """Reads the clients' state files once, and only when an entry of that client asks for them."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self._read: dict[str, Any] = {}

    def _data(self, path: str, format: Any = "jsonc") -> Mapping[str, Any]:
        """The content of a state file; empty when it is not there or not to be read."""
        file = self.where.expand(path) or ""
        if file not in self._read:
            data = read(file, format).data if file and os.path.isfile(file) else None
            self._read[file] = data if isinstance(data, Mapping) else {}
        found: Mapping[str, Any] = self._read[file]
        return found

    def apply(self, target: Target, *, given: bool = False) -> Target:
        """The target with what the client's state says about it: disabled, or a problem "pending-approval".

        For a file that a person named (`given`), silence of the state is no proof: then only a client that has been
        in that project before counts.
        """
        if target.client == "claude-code":
            return self._plugin(target) if "/plugins/" in target.source.file else self._claude_code(target)
        if target.client == "codex" and not given:
            return self._codex(target)
        if target.client in ("gemini-cli", "qwen-code"):
            return self._gemini(target)
        if target.client == "jetbrains-ai" and target.source.file.endswith("mcp.json"):
            return self._jetbrains(target)
        return target

    # --- Claude Code ---------------------------------------------------------------------------------------------
    def _claude_code(self, target: Target) -> Target:
        projects = self._data("{CLAUDE_CONFIG_DIR|~}/.claude.json").get("projects")
        projects = projects if isinstance(projects, Mapping) else {}
        if target.source.file.endswith("/.mcp.json") and "projects" not in target.source.pointer:
            folder = str(Path(target.source.file).parent)
            state = projects.get(folder)
            if target.name in _names(state, "disabledMcpjsonServers"):
                return replace(target, disabled=True)
            trusted = not isinstance(state, Mapping) or state.get("hasTrustDialogAccepted") is not False
            approved = self._settings(folder, trusted)
            approved_names = _names(state, "enabledMcpjsonServers") | approved[0]
            if isinstance(state, Mapping) and not approved[1] and target.name not in approved_names:
                return _pending(target, f"{folder}: {target.name} is not in enabledMcpjsonServers")
        here = next((projects[p] for p in self.where.projects if p in projects), None)
        if target.name in _names(here, "disabledMcpServers"):
            return replace(target, disabled=True)
        return target

    def _plugin(self, target: Target) -> Target:
        """A plugin that the settings switch off (“name@marketplace”: false); its folder tells both."""
        _, _, below = target.source.file.partition("/plugins/")
        parts = below.split("/")
        switches = self._data("{CLAUDE_CONFIG_DIR|~/.claude}/settings.json").get("enabledPlugins")
        if len(parts) > 3 and isinstance(switches, Mapping) and switches.get(f"{parts[2]}@{parts[1]}") is False:
            return replace(target, disabled=True)
        return target

    def _settings(self, folder: str, trusted: bool) -> tuple[set[str], bool]:
        """Names that settings files approve, and whether they approve all. A repository that the user has not trusted
        cannot approve itself: then only the user's own settings count."""
        names: set[str] = set()
        everything = False
        own = (f"{folder}/.claude/settings.json", f"{folder}/.claude/settings.local.json") if trusted else ()
        for path in ("~/.claude/settings.json", *own):
            data = self._data(path)
            names |= _names(data, "enabledMcpjsonServers")
            everything = everything or data.get("enableAllProjectMcpServers") is True
        return names, everything

    # --- Codex ---------------------------------------------------------------------------------------------------
    def _codex(self, target: Target) -> Target:
        if target.source.scope != "project":
            return target
        folder = str(Path(target.source.file).parent.parent)
        projects = self._data("{CODEX_HOME|~/.codex}/config.toml", "toml").get("projects")
        level = projects.get(folder) if isinstance(projects, Mapping) else None
        trust = level.get("trust_level") if isinstance(level, Mapping) else None
        if trust == "trusted":
            return target
        return _pending(target, f"{folder}: trust_level is {trust!r}" if trust else f"{folder} has no trust_level")

    # --- Gemini CLI and its fork ---------------------------------------------------------------------------------
    def _gemini(self, target: Target) -> Target:
        folder = ".gemini" if target.client == "gemini-cli" else ".qwen"
        settings = self._data(f"~/{folder}/settings.json")
        lists = settings.get("mcp")
        if target.name in _names(lists, "excluded"):
            return replace(target, disabled=True)
        if isinstance(lists, Mapping) and isinstance(lists.get("allowed"), list):
            allowed = _names(lists, "allowed")
            if allowed and target.name not in allowed:
                return replace(target, disabled=True)
        trusted = self._data(f"~/{folder}/trustedFolders.json")
        for project in self.where.projects:
            rule = trusted.get(project)
            if rule in ("TRUST_FOLDER", "TRUST_PARENT"):
                return target
            if rule == "DO_NOT_TRUST":
                return _pending(target, f"{project} is DO_NOT_TRUST in trustedFolders.json")
        return target

    # --- JetBrains AI Assistant ----------------------------------------------------------------------------------
    def _jetbrains(self, target: Target) -> Target:
        """Since 2025.3 the definitions stand in JSON; whether they are switched on stayed in the XML."""
        pattern = self.where.expand("{XDG_CONFIG}/JetBrains/*/options/llm.mcpServers.xml") or ""
        for file in sorted(glob.glob(pattern))[-1:]:
            servers = self._data(file, "xml").get("McpApplicationServerCommands")
            entry = servers.get(target.name) if isinstance(servers, Mapping) else None
            if isinstance(entry, Mapping) and str(entry.get("enabled", "")).lower() == "false":
                return replace(target, disabled=True)
        return target


def _names(holder: Any, key: str) -> set[str]:
    value = holder.get(key) if isinstance(holder, Mapping) else None
    return {v for v in value if isinstance(v, str)} if isinstance(value, list) else set()


def _pending(target: Target, detail: str) -> Target:
    problem = Problem(kind="pending-approval", fatal=True, line=target.source.line, detail=detail)
    return replace(target, problems=(*target.problems, problem))
