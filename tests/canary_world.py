"""Worlds with a secret in one place, the ways in which programs repeat it, and the search for it in what was said."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from mcp_selfcheck.redact_values import looks_random
from mcp_selfcheck.redact_words import ORDINARY


@dataclass
class Planted:
    """A config entry with a secret in it: what stands in the file, in files beside it, and in our environment."""

    entry: dict[str, Any]
    environ: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # below the home directory
    top: dict[str, Any] = field(default_factory=dict)
    client: str = "claude-code"


def run(*args: str, **more: Any) -> dict[str, Any]:
    return {"command": "python3", "args": ["server.py", *args], **more}


def quoted(c: str) -> str:
    return urllib.parse.quote(c, safe="")


# Where a secret can stand, beside the entry too. Each makes a world of a secret.
PLACES: dict[str, Callable[[str], Planted]] = {
    "env, named": lambda c: Planted(run(env={"ACME_API_KEY": c})),
    "env, password": lambda c: Planted(run(env={"DB_PASSWORD": c})),
    "env, unnamed": lambda c: Planted(run(env={"ACME_NOTE": c})),
    "env, url": lambda c: Planted(run(env={"DATABASE": f"postgres://me:{quoted(c)}@db.acme.example/app"})),
    "env, webhook": lambda c: Planted(run(env={"SLACK_WEBHOOK_URL": f"https://hooks.acme.example/s/{quoted(c)}"})),
    "env, json": lambda c: Planted(run(env={"SETTINGS": json.dumps({"a": [{"client_secret": c}]})})),
    "env, pairs": lambda c: Planted(run(env={"CONN": f"Server=db;User Id=sa;Password={c.replace(';', '')};"})),
    "header, bearer": lambda c: Planted({"type": "http", "url": "http://127.0.0.1:9/mcp", "headers": {"Authorization": f"Bearer {c}"}}),
    "header, basic": lambda c: Planted({"type": "http", "url": "http://127.0.0.1:9/mcp", "headers": {
        "Authorization": "Basic " + base64.b64encode(f"me:{c}".encode()).decode()}}),
    "header, own": lambda c: Planted({"type": "http", "url": "http://127.0.0.1:9/mcp", "headers": {"X-Acme": c}}),
    "header, cookie": lambda c: Planted({"type": "http", "url": "http://127.0.0.1:9/mcp", "headers": {"Cookie": f"sid={c}"}}),
    "arg after flag": lambda c: Planted(run("--token", c)),
    "arg with flag": lambda c: Planted(run(f"--api-key={c}")),
    "arg, camel case": lambda c: Planted(run("--githubAccessToken", c)),
    "arg -e": lambda c: Planted(run("-e", f"KEY={c}")),
    "arg -eKEY": lambda c: Planted(run(f"-eKEY={c}")),
    "arg --env": lambda c: Planted(run(f"--env=ACME={c}")),
    "arg header": lambda c: Planted(run("--header", f"Authorization: Bearer {c}")),
    "arg -H": lambda c: Planted(run("-H", f"X-Key:{c}")),
    "arg assignment": lambda c: Planted(run(f"ACME_SECRET={c}")),
    "arg login": lambda c: Planted(run("-u", f"me:{c}")),
    "arg url": lambda c: Planted(run(f"redis://:{quoted(c)}@cache.acme.example:6379/0")),
    "arg git url": lambda c: Planted(run(f"--from=git+https://{quoted(c)}@git.acme.example/o/r")),
    "arg url query": lambda c: Planted(run(f"https://acme.example/mcp?api_key={quoted(c)}")),
    "arg json": lambda c: Planted(run("--config", json.dumps({"apiKey": c}))),
    "url password": lambda c: Planted({"type": "http", "url": f"http://me:{quoted(c)}@127.0.0.1:9/mcp"}),
    "url user": lambda c: Planted({"type": "http", "url": f"http://{quoted(c)}@127.0.0.1:9/mcp"}),
    "url query": lambda c: Planted({"type": "http", "url": f"http://127.0.0.1:9/mcp?x=1&token={quoted(c)}"}),
    "url fragment": lambda c: Planted({"type": "http", "url": f"http://127.0.0.1:9/mcp#access_token={quoted(c)}"}),
    "variable in env": lambda c: Planted(run(env={"K": "${ACME}"}), environ={"ACME": c}),
    "variable in arg": lambda c: Planted(run("--thing", "${ACME_TOKEN}"), environ={"ACME_TOKEN": c}),
    "variable in url": lambda c: Planted({"type": "http", "url": "http://127.0.0.1:9/mcp?x=${ACME_TOKEN}"}, environ={"ACME_TOKEN": quoted(c)}),
    "our environment": lambda c: Planted(run(), environ={"GITHUB_TOKEN": c}),
    "proxy": lambda c: Planted(run(), environ={"HTTPS_PROXY": f"http://me:{quoted(c)}@proxy.acme.example:3128"}),
    "envFile": lambda c: Planted(run(envFile="~/acme.env"), files={"acme.env": f"ACME_TOKEN='{c}'\n"}, client="vscode"),
    "--env-file": lambda c: Planted(run("--env-file", "acme.env", cwd="~"), files={"acme.env": f'export ACME_TOKEN="{c}"\n'}),
    ".env beside the server": lambda c: Planted(run(cwd="~"), files={".env": f"ACME_SECRET='{c}'\n"}),
    "inputs": lambda c: Planted(run(env={"K": "${input:k}"}), client="vscode", top={
        "inputs": [{"id": "k", "type": "promptString", "password": True, "default": c}]}),
    "headersHelper": lambda c: Planted({"type": "http", "url": "http://127.0.0.1:9/mcp", "headersHelper": f"get --token {shlex.quote(c)}"}),
    "oauth settings": lambda c: Planted(run(oauth={"clientId": "acme", "clientSecret": c})),
    "own key": lambda c: Planted(run(apiKey=c)),
    "oauth cache": lambda c: Planted(run(), files={".mcp-auth/mcp-remote-0.1/ab_tokens.json": json.dumps({"access_token": c, "token_type": "Bearer"})}),
    "npmrc": lambda c: Planted(run(), files={".npmrc": f"//npm.acme.example/:_authToken={c}\n"}),
    "git-credentials": lambda c: Planted(run(), files={".git-credentials": f"https://me:{quoted(c)}@git.acme.example\n"}),
    "client's login": lambda c: Planted(run(), files={".claude/.credentials.json": json.dumps({"mcpOAuth": {"acme|1": {"accessToken": c}}})}),
}  # fmt: skip
# Places whose syntax holds only secrets of one line, or of the form of a token.
ONE_LINE = re.compile(r"file|\.env|npmrc|git-cred|header|arg -e|arg --env|arg assign|arg -H|arg login|pairs")
LONG_ONLY = (
    "url user",
    "arg git url",
    "env, webhook",
    "git-credentials",
    "oauth cache",
    "client's login",
    "url query in arg",
)
# Places where the secret must look like one: a path.
PATHS: dict[str, Callable[[str], Planted]] = {
    "cwd": lambda c: Planted(run(cwd=f"/srv/{c}/app")),
    "command": lambda c: Planted({"command": f"/opt/{c}/bin/server", "args": []}),
    "arg path": lambda c: Planted(run(f"/data/{c}/notes.md")),
    "url path": lambda c: Planted({"type": "http", "url": f"http://127.0.0.1:9/{c}/mcp"}),
    "env path": lambda c: Planted(run(env={"DATA": f"/data/{c}/x"})),
}

HEX = st.text("0123456789abcdef", min_size=12, max_size=40)
ALNUM = st.text("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", min_size=10, max_size=40)


def _has_both(s: str) -> bool:
    varied = all(len(set(s[i : i + 8])) > 2 for i in range(len(s) - 7))
    return varied and sum(c.isdigit() for c in s) >= 2 and sum(c.isalpha() for c in s) >= 4


RANDOM = st.one_of(
    st.builds(lambda p, h: f"{p}{h}", st.sampled_from(["", "sk-", "acme_", "Kf3-", "ghp_", "tok."]), HEX | ALNUM),
    st.builds(lambda h: base64.b64encode(bytes.fromhex(h + "0" * (len(h) % 2))).decode(), HEX),
    st.uuids().map(str),
).filter(_has_both)
# Blanks, quotes, line ends, other alphabets, and what every escape and every markup uses.
ODD = st.builds(
    lambda a, mid, b: a + mid + b, ALNUM.filter(_has_both),
    st.sampled_from([" ", "  x ", '"', "'", "\\", "%", "&", "<b>", "ü", "密码", "🔑", "$", "`", "*", "[/x]", "+/", "=", ";", "\n", "\t"]), ALNUM,
)  # fmt: skip
SHORT = st.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNP23456789", min_size=4, max_size=7).filter(
    lambda s: any(c.isdigit() for c in s) and any(c.isalpha() for c in s)
)
PEM = st.builds(
    lambda a, b: "-----BEGIN PRIVATE KEY-----\n" + "\n".join((a * 8)[:64] + b[:8] for _ in range(3)) + "\n-----END PRIVATE KEY-----\n",
    ALNUM, ALNUM,
)  # fmt: skip
TOKENS = st.builds(lambda a, b: f"canary-{a}{b}", HEX, HEX).filter(lambda s: looks_random(s, 16) and _has_both(s))

SPELL: dict[str, Callable[[str], str]] = {
    "raw": lambda c: c,
    "json": json.dumps,
    "json twice": lambda c: json.dumps(json.dumps(c)),
    "json, utf-8": lambda c: json.dumps(c, ensure_ascii=False),
    "every character \\u": lambda c: "".join(f"\\u{ord(x):04x}" if ord(x) < 65536 else x for x in c),
    "every byte %": lambda c: "".join(f"%{b:02X}" for b in c.encode()),
    "url": quoted,
    "url twice": lambda c: quoted(quoted(c)),
    "form": urllib.parse.quote_plus,
    "base64": lambda c: base64.b64encode(c.encode()).decode(),
    "base64 behind 1": lambda c: base64.b64encode(b":" + c.encode() + b"\n").decode(),
    "base64 behind 2": lambda c: base64.b64encode(b"u:" + c.encode() + b"zz").decode(),
    "base64url": lambda c: base64.urlsafe_b64encode(b"abc" + c.encode()).decode().rstrip("="),
    "basic": lambda c: "Basic " + base64.b64encode(b"user:" + c.encode()).decode(),
    "hex": lambda c: c.encode().hex(),
    "HEX": lambda c: c.encode().hex().upper(),
    "python": repr,
    "bytes": lambda c: repr(c.encode()),
    "shell": shlex.quote,
    "html": html.escape,
    "reversed": lambda c: c[::-1],
    "upper": str.upper,
    "lower": str.lower,
    "first ten": lambda c: c[:10] + "...",
    "last ten": lambda c: "..." + c[-10:],
    "coloured": lambda c: f"\x1b[31m{c[:3]}\x1b[0m{c[3:]}",
    "wrapped": lambda c: c[: len(c) // 2] + "\n    " + c[len(c) // 2 :],
    "one by one": lambda c: "\n".join(c),
    "zero width": lambda c: "\u200b".join(c),
    "list": lambda c: str(["--key", c]),
}
# What needs a text that is long enough to be known in pieces.
FOR_LONG = ("first ten", "last ten", "wrapped", "one by one", "coloured", "zero width", "bytes", "base64 behind 1", "base64 behind 2",
            "base64url", "json twice", "url twice", "html", "reversed")  # fmt: skip

AROUND: tuple[Callable[[str], str], ...] = (
    lambda s: s,
    lambda s: f"Error: invalid API key {s}",
    lambda s: f"401 Unauthorized: token {s} was revoked\n    at login (/app/index.js:10:3)",
    lambda s: f'{{"jsonrpc":"2.0","id":1,"error":{{"code":-32000,"message":"bad key {s}"}}}}',
    lambda s: f"<html><body><h1>403</h1><p>{s}</p></body></html>",
    lambda s: f"set-cookie: sid={s}; Path=/",
    lambda s: f"connecting to postgres://me:{s}@db:5432/x failed",
    lambda s: (
        f'Traceback (most recent call last):\n  File "/app/s.py", line 3, in <module>\n    raise KeyError({s!r})\nKeyError: {s}'
    ),
    lambda s: "x" * 3000 + s + "y" * 3000,
    lambda s: f"KEY={s}",
    lambda s: f"/srv/{s}/file.txt: no such file",
    lambda s: f"Cannot find module '{s}'",
)


def planted(root: Path, made: Planted) -> Path:
    """Writes the world below `root` and returns the config file."""
    for name, text in made.files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    entry = {
        k: v.replace("~", str(root), 1) if isinstance(v, str) and v[:1] == "~" else v for k, v in made.entry.items()
    }
    key = "servers" if made.client == "vscode" else "mcpServers"
    file = root / "mcp.json"
    file.write_text(json.dumps({key: {"sick": entry}, **made.top}), "utf-8")
    return file


def forms(secret: str) -> Iterator[str]:
    """What must not be found: the secret and its first eight characters, in the spellings of the promise."""
    raw = secret.encode()
    for text in (secret, secret[:8] if len(secret) >= 8 else secret):
        yield text
        yield quoted(text)
        yield urllib.parse.quote_plus(text)
        yield json.dumps(text)[1:-1]
        yield text.encode().hex()
        yield "".join(f"\\u{ord(c):04x}" for c in text)
    yield secret[::-1]
    if len(secret) >= 8:
        yield shlex.quote(secret).strip("'")
        for pad in (0, 1, 2):
            coded = base64.b64encode(b"\0" * pad + raw).decode().rstrip("=")[4 if pad else 0 : -1]
            for at in range(0, max(1, len(coded) - 8), 8):
                yield coded[at : at + 8]
                yield coded[at : at + 8].replace("+", "-").replace("/", "_")


def _bare(text: str) -> str:
    return re.sub(r"[\s⏎│|\u200b]+", "", text).lower()


def leak(said: str, secret: str) -> str:
    """The form of the secret that stands in the text, "" when none does. Blanks and case make no difference."""
    secret = secret.strip()
    short = len(secret) < 8
    text = said.lower() if short else _bare(said)
    for form in forms(secret):
        wanted = form.lower() if short else _bare(form)
        if len(wanted) < 4 or (wanted.isalpha() and any(wanted in w for w in ORDINARY)):
            continue
        edge = r"(?<![a-z0-9]){}(?![a-z0-9])" if short else "{}"
        if found := re.search(edge.format(re.escape(wanted)), text):
            at = found.start()
            return f"{form!r} in {text[max(0, at - 120) : at + 60]!r}"
    return ""
