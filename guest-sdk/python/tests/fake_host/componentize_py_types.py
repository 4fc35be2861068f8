"""Stands in for the module that componentize-py brings."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Err(Exception):
    value: Any
