"""Stands in for `_ssl`, on which Python's own `ssl` is built: everything but TLS."""

import os

from runner.absent.refusal import refusing
from runner.absent.tls_errors import *  # noqa: F403 - as `_ssl` has them
from runner.absent.tls_errors import NO_TLS, SSLError
from runner.absent.tls_names import *  # noqa: F403 - as `_ssl` has them
from runner.absent.tls_names import CERT_NONE, CERT_REQUIRED, PROTOCOL_TLS_CLIENT, VERIFY_X509_TRUSTED_FIRST

# Libraries look whether it is OpenSSL, and new enough.
OPENSSL_VERSION = "OpenSSL 3.0.0 (in name only: TLS is done by the host)"
OPENSSL_VERSION_INFO = _OPENSSL_API_VERSION = (3, 0, 0, 0, 0)
OPENSSL_VERSION_NUMBER = 0x30000000
_DEFAULT_CIPHERS = "DEFAULT"

_PURPOSES = {
    "1.3.6.1.5.5.7.3.1": (129, "serverAuth", "TLS Web Server Authentication", "1.3.6.1.5.5.7.3.1"),
    "1.3.6.1.5.5.7.3.2": (130, "clientAuth", "TLS Web Client Authentication", "1.3.6.1.5.5.7.3.2"),
}

_refuse = refusing(SSLError, NO_TLS)


def _kept(name: str, default):
    # `ssl` sets these through the base class's descriptors.
    def read(context):
        return context._settings.get(name, default)

    def change(context, value):
        context._settings[name] = value

    return property(read, change)


class _SSLContext:
    """Keeps the settings that others make, so that they can be read back."""

    def __new__(cls, protocol, *_arguments, **_options):
        self = object.__new__(cls)
        self._settings = {"protocol": protocol}
        if protocol == PROTOCOL_TLS_CLIENT:
            self._settings |= {"verify_mode": CERT_REQUIRED, "check_hostname": True}
        return self

    protocol = property(lambda context: context._settings["protocol"])
    options = _kept("options", 0)
    verify_flags = _kept("verify_flags", VERIFY_X509_TRUSTED_FIRST)
    minimum_version = _kept("minimum_version", 771)
    maximum_version = _kept("maximum_version", -1)
    keylog_filename = _kept("keylog_filename", None)
    post_handshake_auth = _kept("post_handshake_auth", False)
    sni_callback = _kept("sni_callback", None)
    num_tickets = _kept("num_tickets", 2)
    security_level = property(lambda context: 2)
    _host_flags = _kept("host_flags", 4)
    _msg_callback = _kept("msg_callback", None)

    @property
    def verify_mode(self):
        return self._settings.get("verify_mode", CERT_NONE)

    @verify_mode.setter
    def verify_mode(self, value):
        if value == CERT_NONE and self.check_hostname:
            raise ValueError("Cannot set verify_mode to CERT_NONE when check_hostname is enabled.")
        self._settings["verify_mode"] = value

    @property
    def check_hostname(self):
        return self._settings.get("check_hostname", False)

    @check_hostname.setter
    def check_hostname(self, value):
        self._settings["check_hostname"] = bool(value)
        if value and self.verify_mode == CERT_NONE:
            self._settings["verify_mode"] = CERT_REQUIRED

    def _ignore(self, *_arguments, **_options):
        """The host trusts what it trusts, and chooses ciphers and protocols."""

    set_ciphers = set_ecdh_curve = _set_alpn_protocols = load_dh_params = _ignore
    load_verify_locations = set_default_verify_paths = _ignore
    set_psk_client_callback = set_psk_server_callback = _ignore
    load_cert_chain = refusing(SSLError, f"client certificates cannot be used: {NO_TLS}")
    _wrap_socket = _wrap_bio = _refuse

    def get_ciphers(self):
        return []

    def get_ca_certs(self, binary_form=False):
        return []

    def cert_store_stats(self):
        return {"x509": 0, "crl": 0, "x509_ca": 0}

    def session_stats(self):
        return dict.fromkeys(("number", "connect", "accept", "hits", "misses", "timeouts", "cache_full"), 0)


class MemoryBIO:
    """Cannot be made."""

    __init__ = _refuse


class SSLSession:
    """Is never made."""

    __init__ = _refuse


class _SSLSocket:
    """Is never made."""

    __init__ = _refuse


def txt2obj(txt, name=False):
    """Returns what an object identifier stands for."""
    if txt not in _PURPOSES:
        raise ValueError(f"unknown object {txt!r:.100}")
    return _PURPOSES[txt]


def nid2obj(nid):
    """Returns what a number stands for."""
    for purpose in _PURPOSES.values():
        if purpose[0] == nid:
            return purpose
    raise ValueError(f"unknown NID {nid}")


def get_default_verify_paths():
    """Returns where OpenSSL would look for trusted certificates."""
    return ("SSL_CERT_FILE", "/etc/ssl/cert.pem", "SSL_CERT_DIR", "/etc/ssl/certs")


def RAND_bytes(n, /):  # noqa: N802 - as `_ssl` has it
    """Returns random bytes."""
    return os.urandom(n)


def RAND_status():  # noqa: N802 - as `_ssl` has it
    """There is always chance enough."""
    return True


def RAND_add(string, entropy, /):  # noqa: N802 - as `_ssl` has it
    """The host's chance needs no help."""


_test_decode_cert = _refuse
