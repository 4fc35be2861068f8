"""The standard library, imported while the runner is built.

At run time there is nothing to import from but the packages that a plugin
brings along: what is not in the snapshot does not exist.
"""

import importlib
import io
import pkgutil
import sys
from contextlib import redirect_stderr, redirect_stdout

# These act when they are imported, or are of no use without a screen, a
# keyboard, a compiler or other processes.
_LEFT_OUT = frozenset(
    "__main__ _aix_support _android_support _apple_support _ios_support _osx_support _pyrepl antigravity ensurepip"
    " idlelib lib2to3 msilib pydoc_data test this tkinter turtle turtledemo venv".split()
)
_LEFT_OUT_WITHIN = ("test", "tests", "__main__")


def standard_library() -> list[str]:
    """Imports all that can be imported and returns the names of what cannot."""
    missing = []
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        for name in sorted(sys.stdlib_module_names - _LEFT_OUT):
            missing += _with_submodules(name)
    return missing


def _with_submodules(name: str) -> list[str]:
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit):
        return [name]
    missing = []
    for _, submodule, _ in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if submodule not in _LEFT_OUT_WITHIN:
            missing += _with_submodules(f"{name}.{submodule}")
    return missing
