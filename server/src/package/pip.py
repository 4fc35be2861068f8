"""Runs this Python's pip as if it ran in the sandbox: python -c SOURCE MARKERS ARGUMENT..."""

import json
import runpy
import sys

if sys.version_info < (3, 11):
    sys.exit(f"tidegate: this is Python {sys.version.split()[0]}, and 3.11 or newer is needed")
try:
    from pip._vendor.packaging import markers
except ImportError:
    sys.exit("tidegate: this Python has no pip; `python3 -m ensurepip` installs it")

# pip asks which wheels fit for the Python that it is told of, but evaluates
# markers (`; sys_platform == "win32"`) for the one that it runs in.
here = markers.default_environment
there = json.loads(sys.argv.pop(1))
markers.default_environment = lambda: {**here(), **there}
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
