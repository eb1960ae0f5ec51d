"""No secret, no control character and no endless text passes the gate."""

from __future__ import annotations

import base64
import json
import os
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_selfcheck.model import Secret, Source, Target
from mcp_selfcheck.redact import Gate, secrets_in, visible
from mcp_selfcheck.redact_words import is_wordy

EXAMPLES = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 300
CANARY = "Canary+/7d3f=a9 ✓b4c2'e1\"f0"


def target(**more: object) -> Target:
    return Target(name="x", client="unknown", source=Source(file="/x"), transport="stdio", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "spell",
    [
        lambda s: s,
        json.dumps,
        urllib.parse.quote,
        urllib.parse.quote_plus,
        lambda s: base64.b64encode(s.encode()).decode(),
        lambda s: base64.b64encode(b"a" + s.encode() + b"zz").decode(),
        lambda s: base64.urlsafe_b64encode(b"ab" + s.encode()).decode(),
        lambda s: s.encode().hex(),
        lambda s: s[:9],
        lambda s: s[5:],
        lambda s: f"'{s[:4]}\x1b[31m{s[4:]}'",
    ],
)
def test_no_spelling_of_a_known_secret_passes(spell: object) -> None:
    gate = Gate.for_target(target(env={"ACME": Secret(CANARY)}))
    shown = gate.line(f"before {spell(CANARY)} after")  # type: ignore[operator]
    assert "***" in shown
    for i in range(len(CANARY) - 7):
        assert CANARY[i : i + 8] not in shown
    assert shown.startswith("before ")


def test_every_place_of_a_target_is_known() -> None:
    gate = Gate.for_target(
        target(
            env={
                "A": Secret("env-canary-1234"),
                "DB": Secret("postgres://me:dbcanary99@host/db"),
                "K_TOKEN": Secret("ab12"),
            },
            headers={"Authorization": Secret("Bearer headercanary77"), "X-Key": Secret("plaincanary55")},
            args=(Secret("--key=argcanary33"),),
            url=Secret("https://u:urlcanary44@h/mcp?token=querycanary66&x=1"),
        )
    )
    text = "env-canary-1234 dbcanary99 ab12 headercanary77 plaincanary55 argcanary33 urlcanary44 querycanary66"
    assert set(gate.line(text)) == set("* ")


def test_what_is_no_secret_stays_readable() -> None:
    values = {
        "PORT": "3000",
        "DEBUG": "true",
        "ROOT": "/home/me/data",
        "API": "http://localhost:3000/v1",
        "LANG": "en_US.UTF-8",
    }
    gate = Gate.for_target(target(env={k: Secret(v) for k, v in values.items()}))
    text = "port 3000 in /home/me/data at http://localhost:3000/v1 true en_US.UTF-8"
    assert gate.line(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef1234567890",
        "sk-proj-abcdefghijklmnop1234",
        "ghp_abcdefghijklmnopqrst",
        "password=hunter2hunter2",
        '{"access_token": "zzzzyyyyxxxx"}',
        "postgres://me:hunter22@host",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh",
    ],
)
def test_patterns_catch_unknown_secrets(text: str) -> None:
    shown = Gate().line(text)
    assert "***" in shown
    assert not any(part in shown for part in ("abcdef1234", "hunter2", "zzzzyyyy", "efghijkl", "eyJzdWIi"))


@given(st.text())
@settings(max_examples=EXAMPLES, deadline=None)
def test_nothing_invisible_comes_out(text: str) -> None:
    shown = Gate().block(text, 10_000)
    assert visible(shown) == shown
    assert all(c in "\n\t" or (ord(c) >= 32 and not 0x7F <= ord(c) < 0xA0) for c in shown)
    shown.encode("utf-8")


@given(st.text(min_size=8, max_size=60), st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=EXAMPLES, deadline=None)
def test_no_eight_characters_of_a_secret_survive(secret: str, before: str, after: str) -> None:
    known = list(secrets_in("NAME", secret))
    shown = Gate(known).clean(before + secret + after)
    for s in (k.strip() for k in known):  # blanks around a secret are none of it
        if len(s) >= 8 and "*" not in s and not is_wordy(s):
            assert s[:8] not in shown
    assert Gate(known).clean(shown) == shown or "*" in secret


def test_long_text_keeps_its_beginning_and_its_end() -> None:
    shown = Gate().block("first\n" + "x" * 10_000 + "\nlast", 300)
    assert shown.startswith("first") and shown.endswith("last") and len(shown) < 320
    assert len(Gate().line("y" * 10_000, 80)) == 80


def test_terminal_sequences_are_gone() -> None:
    shown = Gate().line("a\x1b]52;c;ZXZpbA==\x07b\x1b]8;;http://x\x1b\\c\x1b[31md\x9b31me\u202ef")
    assert shown == "abcd\\x9b31me\\u202ef"


@pytest.mark.parametrize(
    ("header", "hidden", "kept"),
    [
        ("sid=5Md7ey", ["5Md7ey"], ["sid"]),  # shorter than what is known in pieces: the value is one of its own
        ("theme=dark; sid=5Md7ey", ["5Md7ey"], ["theme", "dark"]),
        ('Digest username="me", response="ab12fx"', ["ab12fx"], ["refused"]),
        ("Token token=5Md7ey", ["5Md7ey"], ["refused"]),
    ],
)
def test_each_value_inside_a_header_is_one_of_its_own(header: str, hidden: list[str], kept: list[str]) -> None:
    gate = Gate.for_target(target(headers={"Cookie": Secret(header)}))
    shown = gate.line(f"refused {hidden[0]!r}: {hidden[0]} (theme sid username dark)")
    assert not any(h in shown for h in hidden) and all(k in shown for k in kept)


@pytest.mark.parametrize(
    ("more", "hidden"),
    [
        ({"env": {"DB_PASSWORD": Secret("4711")}}, "4711"),
        ({"env": {"API_KEY": Secret("937d")}}, "937d"),
        ({"env": {"DATABASE": Secret("postgres://me:471108@db/app")}}, "471108"),
        ({"url": Secret("http://me:471108@127.0.0.1:9/mcp")}, "471108"),
        ({"url": Secret("http://127.0.0.1:9/mcp?token=500ms")}, "500ms"),
    ],
)
def test_a_number_is_a_secret_where_a_secret_stands(more: dict[str, object], hidden: str) -> None:
    shown = Gate.for_target(target(**more)).line(f"refused {hidden!r} after 3000 ms")
    assert hidden not in shown and "3000 ms" in shown
    plain = Gate.for_target(target(env={"CACHE_TTL": Secret("500ms"), "PORT": Secret("8080")}))
    assert plain.line("500ms on 8080") == "500ms on 8080"
