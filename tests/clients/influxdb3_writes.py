"""What users of influxdb3-python do to write."""

import datetime

import pandas
import polars
from calling import main, raised
from influxdb_client_3 import (
    SYNCHRONOUS,
    InfluxDBClient3,
    InfluxDBError,
    Point,
    PointSettings,
    WriteOptions,
    WritePrecision,
    write_client_options,
)
from influxdb_client_3.exceptions.exceptions import InfluxDBPartialWriteError

SECOND = 1_700_000_000
TIME = datetime.datetime.fromtimestamp(SECOND, datetime.timezone.utc)


def client(url, options=SYNCHRONOUS, **more):
    callbacks = more.pop("callbacks", {})
    options = write_client_options(write_options=options, **callbacks)
    return InfluxDBClient3(host=url, token="token", database="db", write_client_options=options, **more)


def rows(client, sql):
    return client.query(sql).to_pylist()


def points(url):
    """Points of every type, with default tags, one and many."""
    with client(url, point_settings=PointSettings(site="north")) as db:
        point = Point("cpu").tag("host", "a b").field("usage", 0.5).field("cores", 4).field("on", True)
        db.write(point.field("note", 'say "hi"').time(TIME))
        db.write([Point("cpu").tag("host", str(n)).field("usage", float(n)).time(TIME) for n in range(3)])
        first, *others = rows(db, "SELECT * FROM cpu ORDER BY cores NULLS LAST, host")
        time = first.pop("time")
        assert time.value == SECOND * 10**9, time
        wanted = {"host": "a b", "usage": 0.5, "cores": 4, "on": True, "note": 'say "hi"', "site": "north"}
        assert first == wanted, first
        assert [other["usage"] for other in others] == [0.0, 1.0, 2.0], others


def lines(url):
    """Line protocol as text, bytes, lists of them, and dictionaries."""
    with client(url) as db:
        db.write("cpu,host=a usage=1 1")
        db.write(b"cpu,host=b usage=2 1")
        db.write(["cpu,host=c usage=3 1", "cpu,host=d usage=4,big=18446744073709551615u 1"])
        db.write({"measurement": "cpu", "tags": {"host": "e"}, "fields": {"usage": 5.0}, "time": 1})
        found = rows(db, "SELECT host, usage, big FROM cpu ORDER BY host")
        assert [(row["host"], row["usage"]) for row in found] == [*zip("abcde", [1.0, 2.0, 3.0, 4.0, 5.0])], found
        assert found[3]["big"] == 2**64 - 1, found


def data_frames(url):
    """Data frames of pandas and polars."""
    times = pandas.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    columns = {"time": times, "room": ["a", "b", "a"], "temperature": [20.5, 21.0, None], "people": [1, 2, 3]}
    with client(url) as db:
        db.write_dataframe(pandas.DataFrame(columns), measurement="home", timestamp_column="time", tags=["room"])
        indexed = pandas.DataFrame(columns).set_index("time")
        db.write(indexed, data_frame_measurement_name="indexed", data_frame_tag_columns=["room"])
        polar = polars.from_pandas(pandas.DataFrame(columns))
        db.write_dataframe(polar, measurement="polar", timestamp_column="time", tags=["room"])
        for table in ["home", "indexed", "polar"]:
            frame = db.query(f"SELECT * FROM {table} ORDER BY time", mode="pandas")
            assert list(frame["room"]) == ["a", "b", "a"], frame
            assert list(frame["people"]) == [1, 2, 3], frame
            assert list(frame["temperature"])[:2] == [20.5, 21.0] and frame["temperature"].isna()[2], frame
            assert list(frame["time"].dt.tz_localize("UTC")) == list(times), frame


def batching(url):
    """The batching writer, with its callbacks, flush and close."""
    written, failed = [], []
    callbacks = {
        "success_callback": lambda key, data: written.append((key, data)),
        "error_callback": lambda key, data, error: failed.append(str(error)),
    }
    options = WriteOptions(batch_size=100, flush_interval=600_000, max_retries=0)
    db = client(url, options, callbacks=callbacks)
    db.write([f"cpu,host=h{n % 7} usage={n} {n + 1}" for n in range(250)])
    db.flush()
    assert rows(db, "SELECT count(*) AS n FROM cpu") == [{"n": 250}]
    assert sorted(data.count(b"\n") + 1 for _, data in written) == [50, 100, 100], written
    assert written[0][0][0] == "db", written[0][0]
    db.write("cpu,host")
    db.flush()
    assert len(failed) == 1 and "Tag Set Malformed" in failed[0], failed
    db.write(Point("cpu").field("usage", 1.0).time(1_000))
    db.close()
    with client(url) as other:
        assert rows(other, "SELECT count(*) AS n FROM cpu") == [{"n": 251}]


def endpoints(url):
    """Both endpoints write the same, in every precision."""
    with client(url) as db:
        for v2 in [True, False]:
            for precision, unit in [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)]:
                table = f"{precision}_{v2}"
                db.write(f"{table} a=1i {SECOND * unit}", write_precision=precision, use_v2_api=v2)
                db.write(Point(table).field("a", 2).time(TIME), write_precision=precision, use_v2_api=v2)
                (found,) = rows(db, f'SELECT a, CAST(time AS BIGINT) AS time FROM "{table}"')
                assert found == {"a": 2, "time": SECOND * 10**9}, found


def no_sync(url):
    """Writes that need not be durable; only the newer endpoint has them."""
    with client(url, WriteOptions(write_type=SYNCHRONOUS.write_type, no_sync=True, use_v2_api=False)) as db:
        db.write("cpu usage=1 1")
        assert rows(db, "SELECT usage FROM cpu") == [{"usage": 1.0}]
    with client(url, WriteOptions(write_type=SYNCHRONOUS.write_type, no_sync=True)) as db:
        assert "no_sync" in raised(ValueError, lambda: db.write("cpu usage=1 1"))


def gzip(url):
    """Compressed bodies, at both endpoints."""
    with client(url, enable_gzip=True, gzip_threshold=10) as db:
        for v2 in [True, False]:
            db.write([f"cpu,host=h{n} usage={n} 1" for n in range(2_000)], use_v2_api=v2)
            assert rows(db, "SELECT count(*) AS n FROM cpu") == [{"n": 2_000}]


def errors(url):
    """Bad lines raise what the server says of them."""
    with client(url) as db:
        bad = "cpu usage=1 1\ncpu,host\ncpu usage=2 2"
        reason = raised(InfluxDBPartialWriteError, lambda: db.write(bad, use_v2_api=False))
        assert "partial write of line protocol occurred" in reason and "line 2: Tag Set Malformed" in reason, reason
        assert rows(db, "SELECT usage FROM cpu ORDER BY time") == [{"usage": 1.0}, {"usage": 2.0}]
        bad = bad.replace("cpu", "mem")
        reason = raised(InfluxDBError, lambda: db.write(bad, use_v2_api=False, accept_partial=False))
        assert "line protocol parsing error" in reason, reason
        reason = raised(InfluxDBError, lambda: db.write(bad, use_v2_api=True))
        assert "invalid" in reason and "Tag Set Malformed" in reason, reason
        tables = "SELECT table_name AS t FROM information_schema.tables WHERE table_schema = 'iox'"
        assert rows(db, tables) == [{"t": "cpu"}]
        reason = raised(InfluxDBError, lambda: db.write("cpu usage=1i 1", use_v2_api=False))
        assert "column type mismatch for column usage: existing: float64, new: int64" in reason, reason
        reason = raised(InfluxDBError, lambda: db.write("cpu usage=1 1", database="_x", use_v2_api=False))
        assert "db name did not start with a number or letter" in reason, reason


if __name__ == "__main__":
    main(globals())
