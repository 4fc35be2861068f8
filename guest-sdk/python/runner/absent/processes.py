"""`subprocess`, `multiprocessing`, and what of `os` and `signal` starts or ends processes."""

import multiprocessing
import multiprocessing.context
import multiprocessing.process
import os
import signal
import subprocess

from runner.absent.refusal import refusing, replace

_INSTEAD = "a plugin can start neither processes nor threads"


def install() -> None:
    """Replaces what would start a process, or end this one before the runner could say why."""
    subprocess.Popen.__init__ = refusing(OSError, f"subprocess is not there in the sandbox: {_INSTEAD}")
    replace(os, ("system", "popen"), OSError, _INSTEAD)
    os._exit = _exit
    os.abort = refusing(SystemExit, "os.abort")
    signal.raise_signal = _raise_signal(signal.raise_signal)
    multiprocessing.process.BaseProcess.start = refusing(OSError, f"multiprocessing is not there: {_INSTEAD}")
    _multiprocessing()


def _exit(status):
    raise SystemExit(status)


def _raise_signal(original):
    def raise_signal(signalnum, /):
        if signal.getsignal(signalnum) is signal.SIG_DFL:
            raise SystemExit(f"signal {signal.Signals(signalnum).name}")
        original(signalnum)

    return raise_signal


def _multiprocessing() -> None:
    names = (
        "Manager Pipe Lock RLock Condition Semaphore BoundedSemaphore Event Barrier Queue JoinableQueue SimpleQueue"
        " Pool RawValue RawArray Value Array freeze_support set_start_method set_forkserver_preload set_executable"
    ).split()
    replace(multiprocessing, names, OSError, _INSTEAD)
    for name in names:
        if hasattr(multiprocessing.context.BaseContext, name):
            refuse = refusing(OSError, f"multiprocessing.{name} is not there in the sandbox: {_INSTEAD}")
            setattr(multiprocessing.context.BaseContext, name, refuse)
