from componentize_py_types import Err
from wit_world.cases import variant

variant("QueryError", {"Invalid": ["value"], "Denied": ["value"], "Unavailable": ["value"]}, globals())


class Described:
    def __init__(self, name, database_type):
        self.name, self.database_type = name, database_type


opened = []
pieces = []
described = []
refusal = None


class Reader:
    def columns(self):
        return described

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def next(self, max_rows):
        return pieces.pop(0) if pieces else None


def open(sql, parameters, database):
    opened.append((sql, parameters, database))
    if refusal is not None:
        raise Err(refusal)
    return Reader()
