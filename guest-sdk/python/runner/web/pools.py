"""`urllib3` and with it `requests`, over the host."""

import ssl

from runner.web import trust
from runner.web.connection import Connection


def adapt_connections(module) -> None:
    """Makes the connections of `urllib3.connection` end at the host."""

    def connect(connection):
        connection.sock = _opened(connection, "http")

    def connect_securely(connection):
        _check(connection)
        if module.resolve_cert_reqs(connection.cert_reqs) == ssl.CERT_NONE:
            trust.warn(trust.ALWAYS_VERIFIED)
        connection.sock = _opened(connection, "https")
        connection.is_verified = True

    module.HTTPConnection.connect = connect
    module.HTTPSConnection.connect = connect_securely


def adapt_waiting(module) -> None:
    """Spares `urllib3.util.wait` to ask the operating system whether the other side has hung up."""
    module.wait_for_read = lambda sock, timeout=None: False


def adapt_adapters(module) -> None:
    """Takes the place of a search for files with certificates in `requests.adapters`."""
    module.HTTPAdapter.cert_verify = _cert_verify


def _check(connection) -> None:
    if connection.cert_file or connection.key_file:
        raise OSError(trust.NO_CLIENT_CERTIFICATES)
    if connection.assert_fingerprint or connection.assert_hostname:
        # Asked to trust one certificate only; to trust more would be wrong.
        raise ssl.SSLError("a certificate cannot be compared in the sandbox: TLS is done by the host")


def _opened(connection, scheme: str) -> Connection:
    if getattr(connection, "proxy", None) or connection._tunnel_host:
        raise OSError(trust.NO_PROXIES)
    return Connection(scheme, connection.host, connection.port, connection.timeout, at_once=False)


def _cert_verify(adapter, conn, url, verify, cert):
    if cert:
        raise OSError(trust.NO_CLIENT_CERTIFICATES)
    if not url.lower().startswith("https"):
        return
    if verify is not True and verify:
        trust.warn(trust.OWN_AUTHORITIES)
    conn.cert_reqs = "CERT_REQUIRED" if verify else "CERT_NONE"
