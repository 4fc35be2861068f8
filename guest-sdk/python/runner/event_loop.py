"""`asyncio` without sockets and threads: tasks, timers and queues."""

import asyncio
import time

_ALONE = "asyncio in the sandbox has no {0}: {1}"
_NO_NETWORK = "a plugin reaches others with urllib, http.client or requests"
_NO_THREADS = "do the work in order, or in tasks"
_NO_PROCESSES = "a plugin cannot start processes"
_DEADLOCK = "deadlock: every task waits for something that nothing in this run can bring about"


class _Timers:
    """Takes the selector's place: nothing but time can come from outside."""

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError(_DEADLOCK)
        if timeout > 0:
            time.sleep(timeout)
        return ()


class EventLoop(asyncio.BaseEventLoop):
    """Runs tasks; sleeps until the next timer when none is ready."""

    def __init__(self):
        super().__init__()
        self._selector = _Timers()

    def _process_events(self, event_list):
        """There are none."""

    def _write_to_self(self):
        """The loop sleeps only when nobody else is awake."""

    def run_in_executor(self, executor, func, *args):
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        raise RuntimeError(_ALONE.format("threads", _NO_THREADS))


def _refusing(kind, what, instead):
    async def refuse(*_arguments, **_options):
        raise OSError(_ALONE.format(what, instead))

    def refuse_at_once(*_arguments, **_options):
        raise OSError(_ALONE.format(what, instead))

    return refuse if kind == "async" else refuse_at_once


def _without(kind, what, instead, names):
    for name in names.split():
        setattr(EventLoop, name, _refusing(kind, what, instead))


_without(
    "async",
    "network",
    _NO_NETWORK,
    "create_connection create_server create_unix_connection create_unix_server create_datagram_endpoint"
    " connect_accepted_socket start_tls sendfile getaddrinfo getnameinfo sock_recv sock_recv_into sock_recvfrom"
    " sock_recvfrom_into sock_sendall sock_sendto sock_connect sock_accept sock_sendfile connect_read_pipe"
    " connect_write_pipe",
)
_without("at once", "network", _NO_NETWORK, "add_reader remove_reader add_writer remove_writer")
_without("async", "processes", _NO_PROCESSES, "subprocess_exec subprocess_shell")
_without("at once", "signals", "nobody sends a plugin any", "add_signal_handler remove_signal_handler")


def install() -> None:
    """Makes it the loop of `asyncio.run` and of all else that makes one."""
    asyncio.EventLoop = asyncio.SelectorEventLoop = EventLoop
    find = getattr(asyncio.events, "_get_event_loop_policy", asyncio.get_event_loop_policy)
    type(find())._loop_factory = EventLoop
