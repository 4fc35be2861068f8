"""What Tidegate offers a plugin beyond InfluxDB 3's API.

A plugin that imports this module runs on Tidegate only.
"""

from runner.counters import compare_and_swap, increment
from runner.errors import CacheFull, Invalid
from runner.request import Request, request

__all__ = ["CacheFull", "Invalid", "Request", "compare_and_swap", "increment", "request"]
