"""The state in which every instance of the runner starts."""

import gc

import tidegate  # noqa: F401 - so that plugins can
from runner import logging_bridge, output, plugin_names, preload, surroundings


def prepare() -> None:
    """Does once, while the runner is built, what would otherwise be done in every run."""
    preload.standard_library()
    plugin_names.install()
    logging_bridge.bridge()
    output.capture()
    surroundings.forget()
    # What is frozen is never visited again, so its pages stay shared by all
    # instances.
    gc.collect()
    gc.freeze()
