"""The plugin of this instance."""

import linecache
import marshal

from runner import package
from runner.errors import NeverAgain, RunFailed
from runner.failure import named

_MISSING = "the {0} function is not present in the plugin. Should be defined as: {0}{1}"
_SIGNATURES = {
    "process_writes": "(influxdb3_local, table_batches, args=None)",
    "process_scheduled_call": "(influxdb3_local, call_time, args=None)",
    "process_request": "(influxdb3_local, query_parameters, request_headers, request_body, args=None)"
    " -> Tuple[str, Optional[Dict[str, str]]]",
}

_files = {}
_package_name = None
_namespace = {}
_has_run = False


def load(payload: bytes) -> None:
    """Makes a compiled plugin the one of this instance and runs its top level.

    A single file runs in fresh globals without `__name__` and `__file__`, as
    InfluxDB 3 does it: `__name__` is then found in `builtins`.
    """
    global _files, _package_name, _namespace, _has_run
    _package_name, packages, _files = marshal.loads(payload)
    if packages:
        package.add_packages(packages)
    for path, (_, source) in _files.items():
        # The entry form of a source that is not read until somebody asks.
        linecache.cache[path] = (lambda source=source: source,)
    _has_run = False
    _namespace = _fresh_globals() if _package_name is None else vars(_imported())


def entry_point(name: str):
    """Returns the plugin's function for an event.

    In an instance that is used again a single file starts anew all the same,
    while what it has imported stays, as does a folder: both as in InfluxDB 3.
    """
    global _namespace, _has_run
    if _has_run and _package_name is None:
        _namespace = _fresh_globals()
    _has_run = True
    try:
        return _namespace[name]
    except KeyError:
        raise NeverAgain(_missing(name)) from None


def namespace() -> dict:
    """Returns the globals of the plugin's main module."""
    return _namespace


def files() -> dict:
    """Returns what the plugin consists of, by path."""
    return _files


def _fresh_globals() -> dict:
    ((code, _),) = _files.values()
    namespace = {}
    exec(code, namespace)
    return namespace


def _imported():
    try:
        return package.load(_package_name, {path: code for path, (code, _) in _files.items()})
    except Exception as error:
        raise RunFailed(
            f"Failed to import plugin module '{_package_name}': {named(error)}\n"
            "Hint: Check for syntax errors or missing dependencies in Python files."
        ) from error


def _missing(name: str) -> str:
    if _package_name is None:
        return _MISSING.format(name, _SIGNATURES[name])
    return (
        f"Failed to load function '{name}' from plugin module '{_package_name}':"
        f" AttributeError: module '{_package_name}' has no attribute '{name}'"
    )
