"""`ssl`: Python's own module over a `_ssl` without TLS, so that all of its names are there."""

import sys

from runner.absent import tls_core
from runner.absent.refusal import refusing
from runner.absent.tls_errors import NO_TLS, SSLError


def install() -> None:
    """Makes `ssl` importable; called before anything looks whether it is."""
    sys.modules["_ssl"] = tls_core
    import ssl

    refuse = refusing(SSLError, NO_TLS)
    ssl.SSLContext.wrap_socket = ssl.SSLContext.wrap_bio = refuse
    # Inherited from `socket`, whose own says nothing about TLS.
    ssl.SSLSocket.__init__ = ssl.SSLObject.__init__ = refuse
    ssl.SSLSocket._create = ssl.SSLObject._create = refuse
    ssl.get_server_certificate = refuse
