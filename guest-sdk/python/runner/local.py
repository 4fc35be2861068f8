"""`influxdb3_local`, the first argument of every entry point."""

from componentize_py_types import Err
from wit_world.imports import write as host_write

from runner import log
from runner.cache import Cache
from runner.query import rows_of
from runner.staging import Staging, reason, shown
from runner.text import checked

_CACHE = Cache()
_staging = Staging()


class LocalApi:
    """What a plugin may do. It has exactly the members that InfluxDB 3 gives it."""

    __slots__ = ()

    def info(self, *args):
        log.send(log.INFO, " ".join(map(str, args)))

    def warn(self, *args):
        log.send(log.WARN, " ".join(map(str, args)))

    def error(self, *args):
        log.send(log.ERROR, " ".join(map(str, args)))

    def write(self, line_builder):
        _staging.add(None, _built(line_builder))

    def write_to_db(self, db_name, line_builder):
        _staging.add(checked("db_name", db_name), _built(line_builder))

    def write_sync(self, line_builder, no_sync):
        _write_now(None, _built(line_builder), no_sync)

    def write_sync_to_db(self, db_name, line_builder, no_sync):
        _write_now(checked("db_name", db_name), _built(line_builder), no_sync)

    def query(self, query, args=None, database=None):
        return rows_of(query, args, database)

    @property
    def cache(self):
        return _CACHE


LOCAL = LocalApi()


def begin() -> None:
    """Forgets what an earlier run of this instance left unwritten."""
    global _staging
    _staging = Staging()


def finish() -> None:
    """Hands over what the run wants written."""
    _staging.finish()


def _built(line_builder) -> str:
    return checked("line_builder", line_builder.build())


def _write_now(database, text, no_sync) -> None:
    durability = host_write.Durability.BUFFERED if no_sync else host_write.Durability.DURABLE
    try:
        host_write.write_now(text, database, durability)
    except Err as error:
        raise Exception(f"error writing line protocol to {shown(database)}: {reason(error.value, text)}") from None
