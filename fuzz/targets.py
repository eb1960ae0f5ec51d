"""One function for each reader of foreign bytes: `fuzz(data)` must return, whatever the bytes are, and keep its promise."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from mcp_selfcheck import guard, jsonc, jsonc_tolerant, logs, logs_lines, wire
from mcp_selfcheck.clients import CLIENTS
from mcp_selfcheck.clients_row import LogPlace
from mcp_selfcheck.discover import from_file
from mcp_selfcheck.discover_entry import Context, make
from mcp_selfcheck.discover_read import understand
from mcp_selfcheck.explain import explain
from mcp_selfcheck.model import Problem, Report, Source, Target
from mcp_selfcheck.redact import Gate, visible
from mcp_selfcheck.render import html, jsonform, markdown, text

_HOME = Path(tempfile.mkdtemp(prefix="fuzz"))
_LIMIT = 64 * 1024


def _seen(target: Target) -> None:
    """What is said of a target can be written, and shows nothing of what must not be shown."""
    for p in target.problems:
        assert isinstance(p, Problem) and p.kind
        assert p.line is None or p.line >= 1
    repr(target)


def _config(suffix: str) -> Callable[[bytes], None]:
    def fuzz(data: bytes) -> None:
        file = _HOME / f"mcp{suffix}"
        file.write_bytes(data[:_LIMIT])
        for target in from_file(file, environ={"HOME": str(_HOME), "K": "v"}, cwd=_HOME, home=_HOME):
            _seen(target)

    return fuzz


def json_config(data: bytes) -> None:
    _config(".json")(data)


def toml_config(data: bytes) -> None:
    _config(".toml")(data)


def yaml_config(data: bytes) -> None:
    _config(".yaml")(data)


def xml_config(data: bytes) -> None:
    document = understand("mcp.xml", "xml", data[:_LIMIT])
    assert document.fault is None or document.fault.kind
    _config(".xml")(data)


def jsonc_text(data: bytes) -> None:
    """A comment or a comma that is blanked moves no position; the tolerant reader reads what the strict one reads."""
    said = data[:_LIMIT].decode("utf-8", "replace")
    blank = jsonc.blank(said).text
    assert len(blank) == len(said) and blank.count("\n") == said.count("\n")
    strict = jsonc.parse(said)
    tolerant = jsonc_tolerant.Reader(said).read()
    try:
        wanted = json.loads(said)
    except (ValueError, RecursionError):
        return
    if not isinstance(strict, jsonc.Fault) and _flat(wanted):
        assert strict == wanted
        if isinstance(wanted, dict) and said.count("[") + said.count("{") < 60:
            assert tolerant == wanted


def _flat(value: object) -> bool:
    return "NaN" not in repr(value) and "nan" not in repr(value) and "inf" not in repr(value)


def entry(data: bytes) -> None:
    """Any JSON value as a server's entry, for every client."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    for client in CLIENTS:
        context = Context(client, {"K": "v", "HOME": "/nowhere"}, "/nowhere", "/nowhere")
        _seen(make("x", value, Source(file="/nowhere/mcp.json"), context))


def json_rpc(data: bytes) -> None:
    """Any split of the bytes gives the same messages."""
    cut = data[0] if data else 0
    stream = data[1:]
    whole = wire.LineReader(cap=500).feed(stream)
    reader = wire.LineReader(cap=500)
    parts = [m for at in range(0, len(stream), cut % 17 + 1) for m in reader.feed(stream[at : at + cut % 17 + 1])]
    assert parts == whole
    for message in whole:
        wire.safe(message.text).encode()


def sse(data: bytes) -> None:
    cut = data[0] if data else 0
    stream = data[1:]
    whole = wire.EventReader().feed(stream)
    reader = wire.EventReader()
    parts = [e for at in range(0, len(stream), cut % 17 + 1) for e in reader.feed(stream[at : at + cut % 17 + 1])]
    assert parts == whole


def redactor(data: bytes) -> None:
    """No eight characters of the secret stay, the second time changes nothing, and nothing invisible comes out."""
    size = data[0] % 40 + 8 if data else 8
    secret = "K7" + data[1 : size + 1].hex()[: size - 2].ljust(6, "q")
    said = data[size + 1 :].decode("utf-8", "surrogateescape")
    gate = Gate([secret])
    for whole in (said + secret, secret + said, said[: len(said) // 2] + secret + said[len(said) // 2 :]):
        shown = gate.block(whole, 10_000_000)
        assert secret[:8] not in shown
        assert gate.block(shown, 10_000_000) == shown
        assert visible(shown) == shown
        shown.encode()


def address(data: bytes) -> None:
    """What the guard lets pass for a foreign server is a global address and no other."""
    host = data[:200].decode("utf-8", "replace")
    found = guard.literal(host)
    try:
        guard.check_addresses(host, [host], guard.FOREIGN)
    except guard.Refused:
        pass
    else:
        assert found is not None and guard.classify(found)[0] == "global"
        mapped = getattr(found, "ipv4_mapped", None) or found
        assert mapped.is_global and not mapped.is_loopback and not mapped.is_multicast
    try:
        guard.rules_for_url(f"http://{host}/mcp")
    except guard.Refused:
        pass


def renderers(data: bytes) -> None:
    said = Gate().block(data[:_LIMIT].decode("utf-8", "surrogateescape"))
    made = Report(
        name=said[:100],
        client="unknown",
        source=Source(file=said[:50]),
        transport="stdio",
        verdict="unexplained",
        broken_at="launch",
    )
    for style in (text.Style(), text.Style(width=40, colour=True, unicode=False)):
        text.report(made, style).encode("utf-8" if style.unicode else "ascii")
    assert json.loads(jsonform.render([made]))["servers"][0]["name"] == said[:100]
    markdown.document([made]).encode()
    assert html.document([made]).count("</script") == html.app().count("</script")


def log_readers(data: bytes) -> None:
    for format, suffix in (("text", ".log"), ("jsonl", ".jsonl"), ("sqlite", ".sqlite")):
        file = _HOME / f"x{suffix}"
        file.write_bytes(data[:_LIMIT])
        lines = logs_lines.read_lines(file, LogPlace(path=str(file), format=format), _LIMIT)  # type: ignore[arg-type]
        said = logs_lines.last_start(logs_lines.of_server(lines, frozenset({"x"})), "x")
        for line in logs._shown(said, Gate()):
            line.encode()


def explaining(data: bytes) -> None:
    found = explain(data[:_LIMIT])
    assert len(found.candidates) <= 5
    text.explanation(found, text.Style()).encode()


TARGETS: dict[str, Callable[[bytes], None]] = {
    f.__name__: f
    for f in (
        json_config, toml_config, yaml_config, xml_config, jsonc_text, entry, json_rpc, sse, redactor, address, renderers,
        log_readers, explaining,
    )
}  # fmt: skip
