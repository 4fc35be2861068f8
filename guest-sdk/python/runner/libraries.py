"""The packages that every plugin finds, imported while the runner is built."""

import importlib
import pkgutil

PACKAGES = ("certifi", "charset_normalizer", "idna", "influxdata_plugin_utils", "requests", "tzdata", "urllib3")
# For browsers, for other implementations of TLS, and for the command line.
_LEFT_OUT = ("urllib3.contrib", "urllib3.http2", "charset_normalizer.cli", "idna.cli", "requests.help", "tzdata.zoneinfo")


def load() -> None:
    """Imports all of them; one that is missing ends the build."""
    for name in PACKAGES:
        _with_submodules(name)
    import certifi

    # A file that nobody can read, for those who only pass its name on.
    path = "/etc/ssl/cert.pem"
    certifi.where = certifi.core.where = lambda: path
    importlib.import_module("requests.certs").where = certifi.where


def _with_submodules(name: str) -> None:
    if name in _LEFT_OUT or name.endswith("__main__"):
        return
    module = importlib.import_module(name)
    for _, submodule, _ in pkgutil.iter_modules(getattr(module, "__path__", ())):
        _with_submodules(f"{name}.{submodule}")
