"""`threading`: locks and locals work, another thread cannot be started."""

import _queue
import _thread
import queue
import threading
import time

from runner.absent.refusal import refusing

_NO_THREADS = "threads cannot be started in the sandbox: do the work in order, or with asyncio"
_DEADLOCK = "deadlock: this waits for another thread, and there is none in the sandbox"


def install() -> None:
    """Replaces what starts a thread, and what would wait for one forever."""
    refuse = refusing(RuntimeError, _NO_THREADS)
    for module, names in (
        (_thread, ("start_new_thread", "start_new", "start_joinable_thread")),
        (threading, ("_start_new_thread", "_start_joinable_thread")),
    ):
        for name in names:
            if hasattr(module, name):
                setattr(module, name, refuse)
    threading.Condition.wait = _wait
    threading.Thread.join = _join(threading.Thread.join)
    threading.Lock = _thread.allocate_lock = Lock
    # That in C waits beneath all of this.
    queue.SimpleQueue = _queue.SimpleQueue = queue._PySimpleQueue


class Lock:
    """A lock that says so when it would wait forever; the one in C ends the instance."""

    __slots__ = ("__weakref__", "_locked")

    def __init__(self):
        self._locked = False

    def acquire(self, blocking=True, timeout=-1):
        if timeout < 0 and timeout != -1 or not blocking and timeout != -1:
            raise ValueError("timeout value must be a non-negative number, and only where acquire blocks")
        if not self._locked:
            self._locked = True
            return True
        if blocking and timeout == -1:
            raise RuntimeError(_DEADLOCK)
        if blocking:
            time.sleep(timeout)
        return False

    def release(self):
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        self._locked = False

    def locked(self):
        return self._locked

    def __reduce__(self):
        raise TypeError("cannot pickle '_thread.lock' object")

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_exception):
        self.release()


def _wait(condition, timeout=None):
    # Nobody can notify: Event, Barrier, Semaphore, queue.Queue and futures wait
    # by way of this.
    if not condition._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    if timeout is None:
        raise RuntimeError(_DEADLOCK)
    if timeout > 0:
        time.sleep(timeout)
    return False


def _join(original):
    def join(thread, timeout=None):
        if thread is threading.current_thread() or not thread._started.is_set():
            return original(thread, timeout)
        raise RuntimeError(_DEADLOCK)

    return join
