"""`socket`: constants and conversions work, whatever would reach a network raises."""

import socket

from runner.absent.refusal import refusing, replace

_INSTEAD = "a plugin reaches others with urllib, http.client or requests"
_FUNCTIONS = (
    "close create_connection create_server dup fromfd fromshare getaddrinfo getfqdn gethostbyaddr gethostbyname"
    " gethostbyname_ex gethostname getnameinfo getprotobyname getservbyname getservbyport has_dualstack_ipv6"
    " if_indextoname if_nameindex if_nametoindex recv_fds send_fds sethostname socketpair CMSG_LEN CMSG_SPACE"
).split()


def install() -> None:
    """Replaces what opens, names or looks up.

    Called before anything is imported that tries out at import what sockets
    can do: a handle that is opened then would be part of the snapshot.
    """
    replace(socket, [name for name in _FUNCTIONS if hasattr(socket, name)], OSError, _INSTEAD)
    # The class stays, since others inherit from it when they are imported.
    socket.socket.__init__ = refusing(OSError, f"sockets are not there in the sandbox: {_INSTEAD}")
    socket.SocketType = socket.socket
    socket.has_ipv6 = False
