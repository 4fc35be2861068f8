"""The time zones of `zoneinfo`, kept in memory since there is no disk to read them from."""

import io
import zoneinfo
from importlib import resources
from zoneinfo import _common, _tzpath


def install() -> None:
    """Reads all zones of the package `tzdata`, which there is while the runner is built."""
    zones = _zones()
    names = frozenset(zones)

    def load(key):
        try:
            return io.BytesIO(zones[key])
        except KeyError:
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}") from None

    def available():
        return set(names)

    # Both ask for it by this name, `ZoneInfo` in C as well as that in Python.
    _common.load_tzdata = load
    _tzpath.available_timezones = zoneinfo.available_timezones = available
    zoneinfo.reset_tzpath(to=())


def _zones() -> dict[str, bytes]:
    package = resources.files("tzdata")
    once = {}
    zones = {}
    for name in package.joinpath("zones").read_text().split():
        content = package.joinpath("zoneinfo", *name.split("/")).read_bytes()
        # Of two names for one zone, both get the same bytes.
        zones[name] = once.setdefault(content, content)
    return zones
