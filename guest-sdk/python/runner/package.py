"""Plugins of several files, imported from memory, and the packages that plugins bring along."""

import importlib
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location

from runner.surroundings import PACKAGES, PLUGIN

# What an instance cannot go on without.
_OURS = frozenset(("runner", "tidegate", "wit_world", "componentize_py_types", "componentize_py_runtime"))


class _Finder:
    """Finds the modules of one plugin."""

    def __init__(self, code_by_path: dict):
        self._code = {module_name(path): (f"{PLUGIN}/{path}", code) for path, code in code_by_path.items()}

    def find_spec(self, name, path=None, target=None):
        found = self._code.get(name)
        if found is None:
            return None
        file, code = found
        # What it needs to know of a package follows from the file's name.
        return spec_from_file_location(name, file, loader=_Loader(name, file, code))


class _Loader(SourceFileLoader):
    """Loads a module whose code is there already; its source and its data are in files."""

    def __init__(self, name, path, code):
        super().__init__(name, path)
        self._module_code = code

    def get_code(self, fullname):
        return self._module_code


def module_name(path: str) -> str:
    """Returns the module that a file is: `a.b` for `a/b.py` as for `a/b/__init__.py`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def load(name: str, code_by_path: dict):
    """Imports the package `name` and returns its module."""
    sys.meta_path.insert(0, _Finder(code_by_path))
    # It comes before a library of the same name, as it does in InfluxDB 3,
    # where its folder stands first in the path.
    _forget({name})
    return importlib.import_module(name)


def add_packages(tops: list[str]) -> None:
    """Lets the plugin import what lies under `/packages`, before what the runner carries itself.

    `tops` are the names of the files and folders there. None of them replaces a
    module of the standard library, as none does elsewhere.
    """
    sys.path.insert(0, PACKAGES)
    _forget({module_name(top) for top in tops} - sys.stdlib_module_names - _OURS)


def _forget(tops: set[str]) -> None:
    # Hardly ever any of them, and looking through all modules takes long.
    if tops.isdisjoint(sys.modules):
        return
    for module in [module for module in sys.modules if module.partition(".")[0] in tops]:
        del sys.modules[module]
