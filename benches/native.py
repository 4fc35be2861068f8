"""Runs a plugin under this interpreter, without any sandbox, and prints what it took as JSON.

    python native.py PLUGIN ROWS RUNS given|columns

`given` measures the plugin alone, over dicts that are there already. `columns`
measures what the sandbox does too: the runner's own code makes the dicts from
the host's raw buffers, and the lines are joined into one text. `LineBuilder` is
the runner's own in both.
"""

import builtins
import json
import sys
from pathlib import Path
from time import perf_counter_ns, process_time_ns

PYTHON = Path(__file__).resolve().parents[1] / "guest-sdk/python"
sys.path += [str(PYTHON), str(PYTHON / "tests"), str(PYTHON / "tests/fake_host")]

from columns_of import batch, coded, column, f64, time  # noqa: E402
from runner.line_builder import LineBuilder  # noqa: E402
from runner.rows import table_batches  # noqa: E402

HOSTS = 100
START = 1_767_225_600_000_000_000
WARM_UP = 3


class Local:
    """As much of `influxdb3_local` as the plugin uses."""

    def __init__(self):
        self.lines = []

    def write(self, line_builder):
        self.lines.append(line_builder.build())


def main(plugin: Path, rows: int, runs: int, variant: str) -> None:
    """Measures `runs` runs over `rows` rows, after a few to warm up."""
    builtins.LineBuilder = LineBuilder
    namespace = {}
    exec(compile(plugin.read_text(), plugin.name, "exec"), namespace)
    process = namespace["process_writes"]
    buffers = columns(rows)
    given = table_batches(buffers)

    def run():
        local = Local()
        process(local, table_batches(buffers) if variant == "columns" else given)
        return "\n".join(local.lines)

    for _ in range(WARM_UP):
        text = run()
    wall, cpu = perf_counter_ns(), process_time_ns()
    for _ in range(runs):
        run()
    cpu, wall = process_time_ns() - cpu, perf_counter_ns() - wall
    print(json.dumps({"wall_ns": wall / runs, "cpu_ns": cpu / runs, "text": text}))


def columns(rows: int) -> list:
    """The rows that rows.rs makes, as the sandbox's runner gets them."""
    hosts = coded([row % HOSTS for row in range(rows)], *[f"host-{host}" for host in range(HOSTS)])
    usage = f64(*[row % 1000 / 10 for row in range(rows)])
    times = time(*[START + row * 1_000_000_000 for row in range(rows)])
    return [batch("cpu", rows, column("host", hosts), column("usage", usage), column("time", times))]


if __name__ == "__main__":
    match sys.argv[1:]:
        case [plugin, rows, runs, ("given" | "columns") as variant]:
            main(Path(plugin), int(rows), int(runs), variant)
        case _:
            sys.exit(__doc__)
