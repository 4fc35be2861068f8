"""Runs this Python's pip as if it ran in the sandbox: python -c SOURCE MARKERS ARGUMENT..."""

import sys

# Before anything else is imported: older ones would look where the user stands.
if sys.version_info < (3, 11):
    sys.exit(f"tidegate: this is Python {sys.version.split()[0]}, and 3.11 or newer is needed")

import json
import os
import runpy

try:
    from pip._vendor.packaging import markers
except ImportError:
    sys.exit("tidegate: this Python has no pip; `python3 -m ensurepip` installs it")

# What pip asks for credentials, and of the machine.
PROGRAMS = ("keyring", "lsb_release", "rustc", "uname")


def refuse_programs(event, arguments):
    """Whatever a package says: it is not built, since that is to run its author's code."""
    if event == "subprocess.Popen":
        program = os.path.basename(os.fsdecode(arguments[0]))
        if program not in PROGRAMS:
            raise PermissionError(f"a package is to be built or cloned, and only wheels are taken. program={program}")


sys.addaudithook(refuse_programs)

# pip asks which wheels fit for the Python that it is told of, but evaluates
# markers (`; sys_platform == "win32"`) for the one that it runs in.
here = markers.default_environment
there = json.loads(sys.argv.pop(1))
markers.default_environment = lambda: {**here(), **there}
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
