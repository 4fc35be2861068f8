"""`http.client` and with it `urllib.request`, over the host."""

import http.client
import ssl
import sys
import urllib.request

from runner.web import adapted, trust
from runner.web.connection import Connection


def install() -> None:
    """Makes connections end at the host, also those of libraries that are imported from now on.

    Proxies of the environment count for nothing.
    """
    sys.meta_path.insert(0, adapted.Finder)
    http.client.HTTPConnection.connect = _connect
    http.client.HTTPSConnection.connect = _connect_securely
    urllib.request.getproxies = urllib.request.getproxies_environment = dict
    urllib.request.proxy_bypass = urllib.request.proxy_bypass_environment = lambda host, proxies=None: True


def _connect(connection):
    connection.sock = _opened(connection, "http")


def _connect_securely(connection):
    if connection._context.verify_mode == ssl.CERT_NONE:
        trust.warn(trust.ALWAYS_VERIFIED)
    connection.sock = _opened(connection, "https")


def _opened(connection, scheme: str) -> Connection:
    if connection._tunnel_host:
        raise OSError(trust.NO_PROXIES)
    return Connection(scheme, connection.host, connection.port, connection.timeout, at_once=True)
