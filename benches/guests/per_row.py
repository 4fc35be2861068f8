"""Derives one line from each row, as `measured` does in Rust."""


def process_writes(influxdb3_local, table_batches, args=None):
    for batch in table_batches:
        for row in batch["rows"]:
            line = LineBuilder("derived")
            line.tag("host", row["host"]).float64_field("usage", row["usage"] * 2).time_ns(row["time"])
            influxdb3_local.write(line)
