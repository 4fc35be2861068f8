"""Modules that are changed as soon as they are imported, whoever brings them."""

from importlib.machinery import PathFinder

from runner.web import pools

_BY_NAME = {
    "requests.adapters": pools.adapt_adapters,
    "urllib3.connection": pools.adapt_connections,
    "urllib3.util.wait": pools.adapt_waiting,
}


class Finder:
    """Finds what others find, and sees to it that it ends at the host.

    A plugin may bring another `requests` than the runner's.
    """

    @staticmethod
    def find_spec(name, path=None, target=None):
        adapt = _BY_NAME.get(name)
        spec = None if adapt is None else PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, adapt)
        return spec


class _Loader:
    def __init__(self, loader, adapt):
        self._loader = loader
        self._adapt = adapt

    def __getattr__(self, name):
        # What else is asked of a loader, such as the source.
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        self._adapt(module)
