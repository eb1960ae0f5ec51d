"""The entry is used as it stands, but a value in it is not what was meant; proven by where the server then breaks."""

from __future__ import annotations

import re

from ...facts.config import ConfigFacts
from ...facts.http import HttpFacts
from ...facts.launch import LaunchFacts
from ...model import Confidence, Confirm, Edit, Problem, Proof, Trace, cause
from .later import (
    STDIO,
    change,
    died,
    explained,
    is_script,
    not_started,
    place,
    refused,
    said,
    said_last,
    spoke_of_login,
    text_at,
)

_CONFIRM = Confirm("diagnose", {})


def _cites(t: Trace, f: ConfigFacts, p: Problem, kind: str) -> tuple[str, ...]:
    """The problem, what stands at its path, and what the server said."""
    own = f"config.seen[{kind}]"
    first = f.problem(kind)
    if first is not p and f"{kind} {p.where}" in f.seen:
        own = f"config.seen[{kind} {p.where}]"
    cited = [own]
    if f.paths.get(p.where):
        cited.append(f"config.paths[{p.where}]")
    launch = t.get(LaunchFacts)
    if launch is not None and launch.run is not None:
        if launch.run.stderr:
            cited.append("launch.run.stderr")
        elif launch.run.spawn_error:
            cited.append("launch.run.spawn_error")
    return tuple(cited)


def _meant(f: ConfigFacts, p: Problem) -> str:
    """Where the value exists when read as it was meant, or ""."""
    return f.paths.get(p.where, "").partition("exists at ")[2]


def _edit(f: ConfigFacts, p: Problem, before: str, after: str) -> Edit | None:
    return change(f.file, p.line, f'"{before}"', f'"{after}"') if f.file and before and after else None


@cause(
    "config-args-in-command", "config-semantics",
    title="Command and arguments are glued together",
    means="No shell splits the words. “command” is the program alone, and each argument is an item of its own in the "
    "list “args”; a blank inside one becomes part of its name.",
    who="you",
    fix="Write “command”: “{command}” and “args”: {args} in {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def args_in_command(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    if f is None:
        return None
    p = f.stops("args-in-command")
    if p is not None:
        what = {
            "string": "“args” is one string, not a list",
            "no list": "“command” is one string, not a list of the program and its arguments",
        }.get(p.note, "“command” is a list, not the program alone")
        values = {"file": f.file, "command": p.detail or (t.target.command if t.target and t.target.command else "<command>"),
                  "args": "[…]"}  # fmt: skip
        return Proof(
            f"{place(f, p)}: {what}; {f.client_name} refuses the entry.", ("config.seen[args-in-command]",), values
        )
    for p in f.all("args-in-command"):
        if p.note != "glued" and not_started(t) and (alone := f.which.get(p.after or "")):
            rest = _list((p.before or "").split())
            one = (
                f"is one ({alone})"
                if alone != "missing"
                else "is the launcher, which is not on the client's PATH either"
            )
            text = f"{place(f, p)}: there is no program “{p.detail}”; “{p.after}” alone {one}."
            cites = (*_cites(t, f, p, "args-in-command"), f"config.which[{p.after}]")
            values = {"file": f.file, "command": p.after or "", "args": rest}
            whole = (
                f.file.endswith(".json") and t.target is not None and not ({"args", "arguments"} & set(t.target.raw))
            )
            array = t.target is not None and t.target.raw.get("command") == "list"
            between = ", " + rest[1:-1] if array else f', "args": {rest}'
            both = change(f.file, p.line, f'"{p.detail}"', f'"{p.after}"{between}')
            return Proof(text, cites, values, edit=both if whole else _edit(f, p, p.detail, p.after or ""))
        if p.note == "glued" and not not_started(t) and _glued(t, p):
            text = f"{place(f, p)}: {p.where} is “{p.detail}”: one argument with a blank in it, where two are meant."
            values = {
                "file": f.file,
                "command": t.target.command or "" if t.target else "",
                "args": _list([p.before or "", *_words(p.after or "")]),
            }
            return Proof(text, _cites(t, f, p, "args-in-command"), values)
    return None


def _words(text: str) -> list[str]:
    """The words of what stands behind the first blank: further options; else it is one value, blanks and all."""
    return text.split() if re.search(r"\s-", text) or text.startswith("-") else [text]


def _list(words: list[str]) -> str:
    return "[" + ", ".join(f'"{w}"' for w in words) + "]"


def _glued(t: Trace, p: Problem) -> bool:
    """The program names the glued word, or its first argument was to tell it what to run."""
    if t.broken_at not in STDIO:
        return False
    return said(t, p.detail) or (
        died(t) and p.where == "args[0]" and (is_script(t, p.where) or t.broken_at == "launch")
    )


@cause(
    "config-tilde", "config-semantics",
    title="“~” stands in a path, and nothing expands it",
    means="Only a shell turns ~ into the home directory, and clients start servers without one. The path is looked up "
    "with a folder that is really named “~”.",
    who="you",
    fix="Write {meant} instead of {value} in {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def tilde(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    for p in f.all("tilde") if f is not None else ():
        assert f is not None
        hidden = p.where.startswith(("env.", "headers."))
        if hidden and not (died(t) and said(t, text_at(t, p.where))):
            continue
        meant = _meant(f, p)
        if not hidden and (not meant or not explained(t, f, p)):
            continue
        shown = p.where if hidden else p.detail
        text = f"{place(f, p)}: {p.where} is written with “~”" + (
            "." if hidden else f" ({p.detail}); the file is {meant}."
        )
        values = {"file": f.file, "value": shown, "meant": meant or "the whole path"}
        return Proof(text, _cites(t, f, p, "tilde"), values, edit=_edit(f, p, p.detail, meant))
    return None


@cause(
    "config-quotes-in-arg", "config-semantics",
    title="An argument has quote characters inside",
    means="JSON's own quotes already mark where a value begins and ends. Quotes inside them become part of the value, "
    "so the program looks for a name that has them.",
    who="you",
    fix="Write {meant} without the inner quotes in {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def quotes_in_arg(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    for p in f.all("quotes-in-arg") if f is not None else ():
        assert f is not None
        bare = (p.after or "").strip("\"'")
        if p.where == "command":
            if not not_started(t) or f.which.get(bare, "missing") == "missing":
                continue
            cites = (*_cites(t, f, p, "quotes-in-arg"), f"config.which[{bare}]")
        else:
            named = died(t) and said(t, p.detail)
            if not (_meant(f, p) and explained(t, f, p)) and not named:
                continue
            cites = _cites(t, f, p, "quotes-in-arg")
        text = f"{place(f, p)}: {p.where} is {p.detail}, with the quotes as part of it; without them it is there."
        if p.where != "command" and not _meant(f, p):
            text = f"{place(f, p)}: {p.where} is {p.detail}, with the quotes as part of it, and the server stumbles over it."
        return Proof(text, cites, {"file": f.file, "meant": p.after or bare})
    return None


@cause(
    "config-variable-not-expanded", "config-semantics",
    title="A variable in the entry stays unexpanded",
    means="Clients differ in which variables they replace, and in which fields. Where they do not, or where the variable "
    "is not set, the server gets the text itself, such as ${NAME}, instead of a value.",
    who="you",
    over=("upstream-auth",),
    fix="Write the value itself for {where} in {file}, or use a form that {client} expands and set the variable.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def variable_not_expanded(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    for p in f.all("variable-not-expanded") if f is not None else ():
        assert f is not None
        cite = _explains_value(t, f, p)
        if cite is None:
            continue
        why = {
            "unset": f"the variable {p.detail} is not set, so {f.client_name} leaves it as it is",
            "empty": f"the variable {p.detail} is not set and becomes empty",
            "no file": f"the file that {p.detail} names cannot be read",
        }.get(p.note, f"{f.client_name} does not expand {p.detail}, the server gets it as it is written")
        text = f"{place(f, p)}: in {p.where}, {why}{cite[1]}."
        values = {"file": f.file, "where": p.where, "client": f.client_name, "token": p.detail}
        cites = tuple(dict.fromkeys((*_cites(t, f, p, "variable-not-expanded"), *cite[0])))
        return Proof(text, cites, values, confidence=cite[2])
    return None


def _explains_value(t: Trace, f: ConfigFacts, p: Problem) -> tuple[tuple[str, ...], str, Confidence] | None:
    """Whether what broke is this value: further evidence, words for it, confidence."""
    if p.fatal:
        return ((), "", "proven") if f.fatal == p.kind else None
    status = refused(t)
    if p.where.startswith(("headers.", "url")):
        if status is not None:
            return (status[1],), f"; the server answers {status[0]}", "proven"
        return _url_value(t, p)
    if p.where in ("command", "cwd"):
        return ((), "", "proven") if explained(t, f, p) else None
    if not died(t) or not_started(t):
        return None
    if p.where.startswith("env."):
        name, value = p.where[4:], text_at(t, p.where)
        if said_last(t, name) or said(t, value) or said(t, p.detail):
            return (), "; the server ends and names it", "proven"
        return ((), "; the server ends and speaks of a refused login", "likely") if spoke_of_login(t) else None
    if f.paths.get(p.where) in ("file", "directory"):  # it is there, whatever it is called
        return None
    if explained(t, f, p) or (p.detail and said(t, p.detail)):
        return (), "; the server ends over it", "proven"
    return ((), "; the server ends and speaks of a refused login", "likely") if spoke_of_login(t) else None


def _url_value(t: Trace, p: Problem) -> tuple[tuple[str, ...], str, Confidence] | None:
    if p.note == "host" and t.broken_at == "dns":
        return (), "; that name does not resolve", "proven"
    if p.note == "host" and t.broken_at in ("tcp", "tls", "http", "auth"):
        return (), "; nothing of yours answers there", "likely"
    h = t.get(HttpFacts)
    if (
        p.where == "url"
        and p.note in ("literal", "unset")
        and t.broken_at == "http"
        and h
        and h.first
        and h.first.status == 404
    ):
        return ("http.first.status",), "; the server answers 404", "proven"
    return None


@cause(
    "config-placeholder", "config-semantics",
    title="A value is still the placeholder of the documentation",
    means="The entry was copied from a guide, and a value that you were to fill in is still the guide's own text.",
    who="you",
    over=("upstream-auth",),
    fix="Put the real value into {where} in {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def placeholder(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    for p in f.all("placeholder") if f is not None else ():
        assert f is not None
        cite = _explains_value(t, f, p)
        if cite is None:
            continue
        shown = f" ({p.detail})" if p.detail else ""
        text = f"{place(f, p)}: {p.where} still holds the text of an example{shown}{cite[1]}."
        cites = tuple(dict.fromkeys((*_cites(t, f, p, "placeholder"), *cite[0])))
        return Proof(text, cites, {"file": f.file, "where": p.where}, confidence=cite[2])
    return None


@cause(
    "config-relative-path", "config-semantics",
    title="A relative path, and the client starts elsewhere",
    means="A relative path counts from the folder in which the client starts its servers, which is often / or the home "
    "directory, not the folder of the config file or of your project.",
    who="you",
    fix="Write the whole path {meant} instead of {value} in {file}.",
    confirm_with=_CONFIRM,
)  # fmt: skip
def relative_path(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    for p in f.all("relative-path") if f is not None else ():
        assert f is not None
        if not explained(t, f, p):
            continue
        text = f"{place(f, p)}: {p.where} is {p.detail}. It is not in {p.note}, where {f.client_name} starts the server; it is {p.after}."
        values = {"file": f.file, "value": p.detail, "meant": p.after or ""}
        return Proof(text, _cites(t, f, p, "relative-path"), values, edit=_edit(f, p, p.detail, p.after or ""))
    return None


@cause(
    "config-minecraft-port", "config-semantics",
    title="The URL names the port of Minecraft, not of an MCP server",
    means="25565 is the port of Minecraft's game servers. MCP has no fixed port; guides for Minecraft bots mention this "
    "one for the game, and it ends up in the MCP entry.",
    who="you",
    fix="Use the URL that the MCP server prints when it starts, or an entry with its command, in {file}.",
    confirm_with=Confirm("check_port", {"port": "25565"}),
)  # fmt: skip
def minecraft_port(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    p = f.problem("minecraft-port") if f is not None else None
    if f is None or p is None or t.broken_at not in ("tcp", "proxy", "tls", "http", "handshake"):
        return None
    text = f"{place(f, p)}: the URL names port 25565, Minecraft's port, and no MCP server answers there."
    return Proof(text, ("config.seen[minecraft-port]",), {"file": f.file or "your client's config"})
