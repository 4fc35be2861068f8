"""The state in which every instance of the runner starts."""

import gc

import tidegate  # noqa: F401 - so that plugins can
from runner import libraries, logging_bridge, output, plugin_names, preload, surroundings, time_zones
from runner.absent import modules, processes, sockets, threads, tls


def prepare() -> None:
    """Does once, while the runner is built, what would otherwise be done in every run."""
    # Before anything is imported that looks for them, as the next two do.
    sockets.install()
    tls.install()
    from runner import event_loop
    from runner.web import standard

    preload.standard_library()
    threads.install()
    processes.install()
    # `requests` copies functions of `urllib`, which are replaced first.
    standard.install()
    libraries.load()
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
