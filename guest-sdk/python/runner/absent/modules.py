"""Modules that are not there: the error says what is, and how others get in."""

import sys

_STANDARD = (
    "No module named '{0}': this part of the standard library needs native code, a screen or processes,"
    " and is not there in the sandbox"
)
_OTHER = (
    "No module named '{0}': there are the standard library, requests, influxdata_plugin_utils and what the plugin itself"
    " brings; `tidegate package` bundles pure-Python packages with a plugin; native extensions do not exist here"
)


class LastFinder:
    """Comes after all finders, and says more than Python does."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        # `importlib.util.find_spec`, by which libraries look what is there, gets
        # its None; an import statement would not get more than the name.
        if path is None and sys._getframe(2).f_code.co_name == "_find_and_load_unlocked":
            raise ModuleNotFoundError(text(name), name=name)
        return None


def text(name: str) -> str:
    """Returns what is said about a module that is not there."""
    return (_STANDARD if name in sys.stdlib_module_names else _OTHER).format(name)


def install() -> None:
    """Puts the finder last."""
    sys.meta_path.append(LastFinder)
