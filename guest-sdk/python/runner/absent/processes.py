"""`subprocess`, `multiprocessing` and what of `os` starts or ends processes."""

import multiprocessing
import multiprocessing.context
import multiprocessing.process
import os
import subprocess

from runner.absent.refusal import refusing, replace

_INSTEAD = "a plugin cannot start processes"


def install() -> None:
    """Replaces what would start a process; `os._exit` ends the run as `sys.exit` does."""
    subprocess.Popen.__init__ = refusing(OSError, f"subprocess is not there in the sandbox: {_INSTEAD}")
    replace(os, ("system", "popen"), OSError, _INSTEAD)
    # Either would end the instance before the runner could say what happened.
    os._exit = _exit
    os.abort = refusing(SystemExit, "os.abort")
    multiprocessing.process.BaseProcess.start = refusing(OSError, f"multiprocessing is not there: {_INSTEAD}")
    _multiprocessing()


def _exit(status):
    raise SystemExit(status)


def _multiprocessing() -> None:
    names = (
        "Manager Pipe Lock RLock Condition Semaphore BoundedSemaphore Event Barrier Queue JoinableQueue SimpleQueue"
        " Pool RawValue RawArray Value Array freeze_support set_start_method set_forkserver_preload set_executable"
    ).split()
    replace(multiprocessing.context.BaseContext, (), OSError, _INSTEAD)
    replace(multiprocessing, names, OSError, _INSTEAD)
    for name in names:
        if hasattr(multiprocessing.context.BaseContext, name):
            refuse = refusing(OSError, f"multiprocessing.{name} is not there in the sandbox: {_INSTEAD}")
            setattr(multiprocessing.context.BaseContext, name, refuse)
