"""Which entry points a module binds, told from its code."""

import dis
import inspect
from collections.abc import Iterator
from types import CodeType

from wit_world.exports.source import EntryPoints

_BY_NAME = {
    "process_writes": EntryPoints.ON_WRITE,
    "process_scheduled_call": EntryPoints.ON_SCHEDULE,
    "process_request": EntryPoints.ON_REQUEST,
}
_BINDING = frozenset(("STORE_NAME", "STORE_GLOBAL"))
_STAR = "INTRINSIC_IMPORT_STAR"


def entry_points(code: CodeType) -> EntryPoints:
    """Returns the entry points that a module's top level binds, by `def`, import or otherwise.

    `from x import *` may bind any of them, so it counts as all.
    """
    found = EntryPoints(0)
    for instruction in dis.get_instructions(code):
        if instruction.opname in _BINDING:
            found |= _BY_NAME.get(instruction.argval, EntryPoints(0))
        elif instruction.opname == "IMPORT_STAR" or instruction.argrepr == _STAR:
            return EntryPoints.ON_WRITE | EntryPoints.ON_SCHEDULE | EntryPoints.ON_REQUEST
    return found


def coroutines(code: CodeType) -> Iterator[tuple[str, int]]:
    """Returns the entry points that a module's top level defines by `async def`, with their lines.

    Nobody would await them: a run would do nothing, and look like a success.
    """
    asynchronous = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and constant.co_name in _BY_NAME and constant.co_flags & asynchronous:
            yield constant.co_name, constant.co_firstlineno
