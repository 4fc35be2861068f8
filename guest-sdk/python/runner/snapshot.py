"""The state in which every instance of the runner starts."""

import gc

import tidegate  # noqa: F401 - so that plugins can
from runner import event_loop, libraries, logging_bridge, output, plugin_names, preload, surroundings, time_zones
from runner.absent import modules, processes, sockets, threads, tls


def prepare() -> None:
    """Does once, while the runner is built, what would otherwise be done in every run."""
    # Before what looks for them when it is imported.
    sockets.install()
    tls.install()
    preload.standard_library()
    threads.install()
    processes.install()
    _web()
    time_zones.install()
    event_loop.install()
    modules.install()
    plugin_names.install()
    logging_bridge.bridge()
    output.capture()
    surroundings.forget()
    # What is frozen is never visited again, so its pages stay shared by all
    # instances.
    gc.collect()
    gc.freeze()


def _web() -> None:
    from runner.web import standard

    # `requests` copies functions of `urllib`, which are replaced first.
    standard.install()
    libraries.load()
    from runner.web import pools

    pools.install()
