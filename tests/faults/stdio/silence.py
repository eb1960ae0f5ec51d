"""Servers that run and do not answer."""

from tests.faults.healthy.stdio import LOOP, RAW, raw
from tests.lab import Lab, fault

SILENT = "stdio-silent"


@fault(SILENT)
def never_answers(lab: Lab):
    return raw(lab, loop="for line in sys.stdin: pass\n")


@fault(SILENT)
def never_reads(lab: Lab):
    lab.must_show("not taken")
    return raw(lab, loop="while True: time.sleep(1)\n")


@fault(SILENT)
def answer_stays_in_the_buffer(lab: Lab):
    lab.must_show("PYTHONUNBUFFERED=1")
    return raw(lab, "def send(m): print(json.dumps(m))\n")


@fault(SILENT)
def reads_to_the_end_first(lab: Lab):
    lab.must_show("when the input ended")
    return raw(lab, loop="for line in sys.stdin.read().splitlines(): handle(json.loads(line))\n")


@fault(SILENT, needs=["node"])
def node_waits_for_something_else(lab: Lab):
    return lab.stdio(
        lab.node, "-e", "process.stdin.resume(); setInterval(() => {}, 1000); console.error('connecting to db ...')"
    )


@fault(SILENT)
def busy_loop(lab: Lab):
    lab.must_show("busy")
    return raw(lab, loop="while True: pass\n")


@fault(SILENT)
def stops_itself(lab: Lab):
    lab.must_show("stopped")
    return raw(lab, "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)\n")


@fault(SILENT)
def not_a_server_at_all(lab: Lab):
    return lab.stdio("sleep", "600")


@fault(SILENT)
def listens_but_not_for_http(lab: Lab):
    return raw(
        lab, "import socket\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n", "while True: time.sleep(1)\n"
    )


@fault("stdio-child-steals-stdin")
def starts_cat(lab: Lab):
    lab.must_show("cat")
    return raw(lab, "import subprocess\nsubprocess.run(['cat'], stdout=subprocess.DEVNULL)\n")


@fault("stdio-child-steals-stdin")
def starts_a_reader_behind_a_shell(lab: Lab):
    lab.must_show("cat")
    script = lab.write("server.py", RAW + "import subprocess\nsubprocess.run(['cat', '-'], stdout=sys.stderr)\n" + LOOP)
    return lab.stdio("sh", "-c", f"{lab.python} {script}; echo done >&2")


@fault(SILENT)
def perl_without_autoflush(lab: Lab):
    lab.must_show("when the input ended")
    return lab.stdio(
        "perl",
        lab.write(
            "server.pl",
            r"""
use JSON::PP;
while (my $line = <STDIN>) {
    my $m = decode_json($line); next unless exists $m->{id};
    print encode_json({ jsonrpc => "2.0", id => $m->{id}, result => { protocolVersion => "2025-06-18", capabilities => {},
        serverInfo => { name => "perl", version => "1" } } }), "\n";
}
""",
        ),
    )
