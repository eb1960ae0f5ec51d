"""Line ends."""

from __future__ import annotations

from tests.lab import Lab, fault, healthy

from . import SERVE


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


@fault("launch-crlf-script")
def first_line(lab: Lab):
    path = lab.write("server.sh", crlf(f"#!/bin/sh\nexec {lab.python} s.py\n"), 0o755)
    lab.must_show(path)
    return lab.stdio(path)


@fault("launch-crlf-script")
def first_line_with_env(lab: Lab):
    path = lab.write("server.py", crlf("#!/usr/bin/env python3\n" + SERVE), 0o755)
    lab.must_show(path)
    return lab.stdio(path)


@fault("launch-crlf-script")
def shell_reads_it(lab: Lab):
    path = lab.write("start.sh", crlf(f"#!/bin/bash\nset -e\ncd {lab.tmp}\nexec {lab.python} s.py\n"))
    lab.must_show(path)
    return lab.stdio("/bin/bash", path)


@healthy()
def python_reads_it(lab: Lab):
    return lab.stdio(lab.python, lab.write("s.py", crlf("#!/usr/bin/env python3\n" + SERVE)))
