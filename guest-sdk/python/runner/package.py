"""Plugins of several files, imported from memory."""

import importlib
import sys
from importlib.machinery import ModuleSpec

# The host shows a plugin its own files, read-only, under this path.
_ROOT = "/plugin/"


class _Finder:
    """Finds and loads the modules of one plugin."""

    def __init__(self, code_by_path: dict):
        self._code = code_by_path
        self._paths = {module_name(path): path for path in code_by_path}

    def find_spec(self, name, path=None, target=None):
        file = self._paths.get(name)
        if file is None:
            return None
        spec = ModuleSpec(name, self, origin=_ROOT + file, is_package=file.endswith("/__init__.py"))
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(spec.origin.rpartition("/")[0])
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self._code[self._paths[module.__name__]], vars(module))


def module_name(path: str) -> str:
    """Returns the module that a file is: `a.b` for `a/b.py` as for `a/b/__init__.py`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def load(name: str, code_by_path: dict):
    """Imports the package `name` and returns its module."""
    sys.meta_path.insert(0, _Finder(code_by_path))
    # It comes before a library of the same name, as it does in InfluxDB 3,
    # where its folder stands first in the path.
    for module in [module for module in sys.modules if module == name or module.startswith(f"{name}.")]:
        del sys.modules[module]
    return importlib.import_module(name)
