"""What Tidegate offers a plugin beyond InfluxDB 3's API.

A plugin that imports this module runs on Tidegate only.
"""

from runner.counters import compare_and_swap, increment
from runner.errors import CacheFull, Invalid

__all__ = ["CacheFull", "Invalid", "compare_and_swap", "increment"]
