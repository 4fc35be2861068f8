"""Python's `logging` and `warnings`, as log messages with their level kept."""

import logging

from runner import log

_OUR_OPTIONS = frozenset(("level", "format", "datefmt", "style"))


class HostHandler(logging.Handler):
    """Sends each record to the host's log."""

    def emit(self, record):
        try:
            # Warnings end in a newline.
            log.send(host_level(record.levelno), self.format(record).rstrip("\n"))
        except Exception:
            self.handleError(record)


def host_level(number: int):
    """Returns the host's level for one of `logging`."""
    if number >= logging.ERROR:
        return log.ERROR
    if number >= logging.WARNING:
        return log.WARN
    if number >= logging.INFO:
        return log.INFO
    return log.DEBUG


def bridge() -> None:
    """Puts a handler at the root that lets INFO and above through."""
    handler = HostHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.basicConfig = _basic_config(handler, logging.basicConfig)


def _basic_config(handler, original):
    # The real one does nothing if the root has a handler, so that a plugin's
    # `basicConfig(level=logging.DEBUG)` would go unheard.
    def basic_config(**options):
        """Configures the root logger; without a stream of one's own, the host's log stays."""
        if not _OUR_OPTIONS.issuperset(options):
            original(**options)
            return
        if "format" in options or "datefmt" in options:
            handler.setFormatter(
                logging.Formatter(options.get("format"), options.get("datefmt"), options.get("style", "%"))
            )
        if options.get("level") is not None:
            logging.getLogger().setLevel(options["level"])

    return basic_config
