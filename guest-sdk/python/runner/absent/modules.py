"""Modules that are not there: a note on the error says what is, and how others get in.

A note, so that the error's own text stays Python's: tracebacks show notes.
"""

import sys

_STANDARD = (
    "This part of the standard library needs native code, a screen or processes, and is not there in the sandbox."
)
_OTHER = (
    "There are the standard library, requests, influxdata_plugin_utils and what the plugin itself brings;"
    " `tidegate package` bundles pure-Python packages with a plugin; native extensions do not exist here."
)


class LastFinder:
    """Comes after all finders, and says more than Python does."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        # `importlib.util.find_spec`, by which libraries look what is there, gets
        # its None; an import statement would not get more than the name.
        if path is None and sys._getframe(2).f_code.co_name == "_find_and_load_unlocked":
            raise not_found(name)
        return None


def not_found(name: str) -> ModuleNotFoundError:
    """Returns what is raised for a module that is not there."""
    error = ModuleNotFoundError(f"No module named {name!r}", name=name)
    error.add_note(_STANDARD if name in sys.stdlib_module_names else _OTHER)
    return error


def install() -> None:
    """Puts the finder last."""
    sys.meta_path.append(LastFinder)
