"""Programs of machine code for other computers."""

from __future__ import annotations

import shutil
import struct
import subprocess

import pytest

from tests.lab import Lab, fault, healthy

from . import SERVE

MINE = {"x86_64": 62, "aarch64": 183}


def elf(machine: int) -> bytes:
    """The smallest header of a 64-bit program for that machine (elf(5))."""
    ident = b"\x7fELF" + bytes((2, 1, 1, 0)) + bytes(8)
    return ident + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0x400078, 64, 0, 0, 64, 56, 0, 0, 0, 0) + bytes(64)


def compiled(lab: Lab, source: str, *flags: str) -> str:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not here")
    lab.write("p.c", source)
    subprocess.run(["gcc", "-o", str(lab.tmp / "server"), str(lab.tmp / "p.c"), *flags], check=True, timeout=60)
    return str(lab.tmp / "server")


@fault("launch-wrong-architecture")
def for_s390(lab: Lab):
    path = lab.write("server", elf(22), 0o755)
    lab.must_show(path, "s390x")
    return lab.stdio(path)


@fault("launch-wrong-architecture")
def for_macos(lab: Lab):
    path = lab.write("server", b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01" + bytes(200), 0o755)
    lab.must_show("macOS")
    return lab.stdio(path)


@fault("launch-wrong-architecture")
def behind_a_shell(lab: Lab):
    path = lab.write("server", elf(22), 0o755)
    return lab.stdio("/bin/bash", "-c", f"{path} --stdio")


@fault("launch-incompatible-binary")
def a_library_is_missing(lab: Lab):
    library = lab.write("l.c", "int lab(void) { return 1; }\n")
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not here")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", str(lab.tmp / "liblab_needed.so"), library], check=True, timeout=60
    )
    path = compiled(lab, "int lab(void); int main(void) { return lab(); }\n", f"-L{lab.tmp}", "-llab_needed")
    lab.must_show("liblab_needed.so")
    return lab.stdio(path)


@fault("launch-incompatible-binary")
def its_loader_is_missing(lab: Lab):
    path = compiled(lab, "int main(void) { return 0; }\n", "-Wl,--dynamic-linker=/lib/ld-musl-lab.so.1")
    lab.must_show("/lib/ld-musl-lab.so.1")
    return lab.stdio(path)


@fault("launch-os-unsupported")
def only_macos(lab: Lab):
    body = "import sys\nif sys.platform != 'darwin':\n    print('apple-notes: this server only works on macOS', file=sys.stderr); sys.exit(1)\n"
    lab.must_show("macOS")
    return lab.stdio(lab.python, lab.write("s.py", body + SERVE))


@fault("launch-os-unsupported", needs=("node",))
def node_says_unsupported(lab: Lab):
    return lab.stdio(
        lab.node,
        lab.write(
            "s.js", "if (process.platform !== 'win32') throw new Error('Unsupported platform: ' + process.platform);\n"
        ),
    )


@fault("launch-crashed")
def segmentation_fault(lab: Lab):
    lab.must_show("SIGSEGV")
    return lab.stdio(compiled(lab, "int main(void) { return *(volatile int *)0; }\n"))


@healthy()
def a_program_of_c(lab: Lab):
    source = (
        "#include <stdio.h>\n#include <string.h>\n#include <stdlib.h>\nint main(void){char b[65536];while(fgets(b,sizeof b,stdin)){"
        'char*i=strstr(b,"\\"id\\":");if(!i)continue;int n=atoi(i+5);if(strstr(b,"\\"initialize\\""))'
        'printf("{\\"jsonrpc\\":\\"2.0\\",\\"id\\":%d,\\"result\\":{\\"protocolVersion\\":\\"2025-11-25\\",\\"capabilities\\":{\\"tools\\":{}},'
        '\\"serverInfo\\":{\\"name\\":\\"c\\",\\"version\\":\\"1\\"}}}\\n",n);else if(strstr(b,"\\"ping\\""))'
        'printf("{\\"jsonrpc\\":\\"2.0\\",\\"id\\":%d,\\"result\\":{}}\\n",n);else '
        'printf("{\\"jsonrpc\\":\\"2.0\\",\\"id\\":%d,\\"result\\":{\\"tools\\":[{\\"name\\":\\"t\\",\\"description\\":\\"Does it.\\",\\"inputSchema\\":{\\"type\\":\\"object\\"}}]}}\\n",n);fflush(stdout);}return 0;}\n'
    )
    return lab.stdio(compiled(lab, source))
