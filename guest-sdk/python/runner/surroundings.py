"""What an instance finds around it: environment variables, the current folder, the path of imports."""

import os
import sys

# The host shows a plugin its own files and its packages, read-only, under these.
PLUGIN = "/plugin"
PACKAGES = "/packages"
_NOBODY = 65534


def forget() -> None:
    """Drops what is known of the machine that the runner is built on.

    Called while the runner is built: none of it is there in a run.
    """
    os.environ.clear()
    sys.path.clear()
    sys.path_importer_cache.clear()
    # Nothing can be kept beside a module.
    sys.dont_write_bytecode = True
    # WASI has no users, but packages ask who they are when they are imported.
    for name in ("getuid", "geteuid", "getgid", "getegid"):
        setattr(os, name, lambda: _NOBODY)


def enter(environment: list[tuple[str, str]]) -> None:
    """Sets the environment, and makes the plugin's folder the current one."""
    # One by one: WASI's own idea of them stems from when the runner was built.
    for name, value in environment:
        os.environ[name] = value
    directory = os.environ.get("PLUGIN_DIR")
    if directory is not None:
        os.chdir(directory)
