"""What plugins ask of TLS, and the host decides."""

import warnings

ALWAYS_VERIFIED = "certificates are always verified in the sandbox, by the host: switching it off has no effect"
OWN_AUTHORITIES = "which certificates are trusted is the host's affair: those given here have no effect"
NO_CLIENT_CERTIFICATES = "client certificates cannot be used in the sandbox: TLS is done by the host"
NO_PROXIES = "proxies cannot be used in the sandbox: the host sends the request itself"


def warn(text: str) -> None:
    """Says that a wish has no effect; once a place and run, as Python does it."""
    warnings.warn(text, UserWarning, stacklevel=2)
