"""A server that greets on stdout before it speaks the protocol."""

from pathlib import Path
from runpy import run_path

print("Weather server 2.1 is starting up …", flush=True)
print("Listening for requests on stdio.", flush=True)
run_path(str(Path(__file__).with_name("hello.py")), run_name="__main__")
