from enum import Flag, auto

from wit_world.cases import record

File = record("File", "path", "content")
Compiled = record("Compiled", "code", "entry_points")
Diagnostic = record("Diagnostic", "file", "line", "column", "message")


class EntryPoints(Flag):
    ON_WRITE = auto()
    ON_SCHEDULE = auto()
    ON_REQUEST = auto()
