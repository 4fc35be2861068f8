"""`urllib3` and with it `requests`, over the host."""

import ssl

import requests.adapters
from urllib3 import connection as connections
from urllib3.util.ssl_ import resolve_cert_reqs

from runner.web import trust
from runner.web.connection import Connection


def install() -> None:
    """Makes connections end at the host. `http.client` is theirs beneath that."""
    connections.HTTPConnection.connect = _connect
    connections.HTTPSConnection.connect = _connect_securely
    # Asks the operating system whether the other side has hung up.
    connections.HTTPConnection.is_connected = property(lambda connection: connection.sock is not None)
    requests.adapters.HTTPAdapter.cert_verify = _cert_verify


def _connect(connection):
    connection.sock = _opened(connection, "http")


def _connect_securely(connection):
    if connection.cert_file or connection.key_file:
        raise OSError(trust.NO_CLIENT_CERTIFICATES)
    if connection.assert_fingerprint or connection.assert_hostname:
        # Asked to trust one certificate only; to trust more would be wrong.
        raise ssl.SSLError("a certificate cannot be compared in the sandbox: TLS is done by the host")
    if resolve_cert_reqs(connection.cert_reqs) == ssl.CERT_NONE:
        trust.warn(trust.ALWAYS_VERIFIED)
    connection.sock = _opened(connection, "https")
    connection.is_verified = True


def _opened(connection, scheme: str) -> Connection:
    if connection.proxy or connection._tunnel_host:
        raise OSError(trust.NO_PROXIES)
    return Connection(scheme, connection.host, connection.port, connection.timeout, at_once=False)


def _cert_verify(adapter, conn, url, verify, cert):
    """Takes the place of a search for files with certificates."""
    if cert:
        raise OSError(trust.NO_CLIENT_CERTIFICATES)
    if not url.lower().startswith("https"):
        return
    if verify is not True and verify:
        trust.warn(trust.OWN_AUTHORITIES)
    conn.cert_reqs = "CERT_REQUIRED" if verify else "CERT_NONE"
