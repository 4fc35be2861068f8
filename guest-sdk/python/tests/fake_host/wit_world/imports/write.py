from enum import Enum

from componentize_py_types import Err
from wit_world.cases import record, variant

Durability = Enum("Durability", ["DURABLE", "BUFFERED"])
BadLine = record("BadLine", "line", "reason")
variant(
    "WriteError",
    {"BadLine": ["value"], "Invalid": ["value"], "Denied": ["value"], "Unavailable": ["value"]},
    globals(),
)

staged = []
written = []
refusal = None


def stage(lines, database):
    if refusal is not None:
        raise Err(refusal)
    staged.append((database, lines))


def write_now(lines, database, durability):
    if refusal is not None:
        raise Err(refusal)
    written.append((database, lines, durability.name))
