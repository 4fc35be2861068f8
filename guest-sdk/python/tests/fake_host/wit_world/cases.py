"""Makes the classes of variants and records as componentize-py names them."""

from dataclasses import make_dataclass
from typing import Any


def record(name, *fields):
    return make_dataclass(name, fields)


def variant(name, cases, module):
    for case, fields in cases.items():
        module[f"{name}_{case}"] = make_dataclass(f"{name}_{case}", fields)
    # Bindings have the union of the cases here, which only annotations use.
    module[name] = Any
