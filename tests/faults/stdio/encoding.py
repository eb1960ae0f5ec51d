"""Output in other encodings."""

from tests.faults.healthy.stdio import raw
from tests.lab import Lab, fault


@fault("stdio-encoding")
def latin_1(lab: Lab):
    lab.must_show("e9")
    return raw(
        lab,
        """
TOOLS[0]["description"] = "Météo"
def send(m):
    m.get("result", {}).get("serverInfo", {}).update(name="Météo")
    sys.stdout.buffer.write(json.dumps(m, ensure_ascii=False).encode("latin-1") + b"\\n"); sys.stdout.buffer.flush()
""",
    )


@fault("stdio-encoding")
def code_page_cannot_encode(lab: Lab):
    """PYTHONIOENCODING=cp1252 is what a Windows console of Western Europe gives."""
    lab.must_show("PYTHONUTF8=1", "charmap")
    entry = raw(
        lab,
        """
def send(m):
    m.get("result", {}).get("serverInfo", {}).update(name="ready ✓")
    print(json.dumps(m, ensure_ascii=False), flush=True)
""",
    )
    return {**entry, "env": {"PYTHONIOENCODING": "cp1252"}}


@fault("stdio-encoding")
def utf_16(lab: Lab):
    lab.must_show("ff fe")
    return raw(
        lab,
        """
first = True
def send(m):
    global first
    b = (json.dumps(m) + "\\r\\n").encode("utf-16-le")
    sys.stdout.buffer.write((b"\\xff\\xfe" if first else b"") + b); sys.stdout.buffer.flush(); first = False
""",
    )


@fault("stdio-encoding")
def byte_order_mark(lab: Lab):
    lab.must_show("ef bb bf")
    return raw(lab, "sys.stdout.buffer.write(b'\\xef\\xbb\\xbf'); sys.stdout.buffer.flush()\n")


@fault("stdio-encoding")
def gbk(lab: Lab):
    return raw(
        lab,
        """
def send(m):
    m.get("result", {}).get("serverInfo", {}).update(name="天气服务器")
    sys.stdout.buffer.write(json.dumps(m, ensure_ascii=False).encode("gbk") + b"\\n"); sys.stdout.buffer.flush()
""",
    )
